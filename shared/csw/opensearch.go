package csw

import (
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/opensearch"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// The namespaces of OpenSearch 1.1 and its extensions (OGC 10-032r8, 13-026r9).
const (
	namespaceAtom       = "http://www.w3.org/2005/Atom"
	namespaceOpenSearch = "http://a9.com/-/spec/opensearch/1.1/"
	namespaceGeo        = "http://a9.com/-/opensearch/extensions/geo/1.0/"
	namespaceTime       = "http://a9.com/-/opensearch/extensions/time/1.0/"
	namespaceEO         = "http://a9.com/-/opensearch/extensions/eo/1.0/"
)

// searched adds to the pairs of a search what OpenSearch leaves out: the service, and how its answers look.
func searched(query string) *ows.Params {
	p := ows.ParseKVP(query)
	for _, pair := range [][2]string{{"service", "CSW"}, {"version", csw3.number}, {"request", "GetRecords"}} {
		if !p.Has(pair[0]) {
			query += "&" + pair[0] + "=" + pair[1]
		}
	}
	feed := p.Get("outputSchema") == "" || p.Get("outputSchema") == namespaceAtom
	if p.Get("outputFormat") == "" && feed && !strings.EqualFold(p.Get("request"), "GetCapabilities") {
		query += "&outputFormat=" + url.QueryEscape(mediaAtom)
	}
	return ows.ParseKVP(query)
}

// earth are the parameters of the extension for Earth observation, and the properties that they ask for, in lower case.
var earth = map[string]filter.Property{
	"eo:producttype": productType, "eo:parentidentifier": filter.PropertyCollection, "eo:platform": "platform", "eo:instrument": "instruments",
	"eo:sensortype": "sensorType", "eo:cloudcover": "eo:cloud_cover", "eo:snowcover": "eo:snow_cover", "eo:processinglevel": "processing:level",
	"eo:orbitnumber": "sat:absolute_orbit", "eo:orbitdirection": "sat:orbit_state", "eo:track": "sat:relative_orbit",
	"eo:illuminationelevationangle": "view:sun_elevation", "eo:illuminationazimuthangle": "view:sun_azimuth", "eo:spectralrange": spectralRange,
}

// earthNames names the parameters in the templates of the description.
var earthNames = []string{
	"eo:productType", "eo:parentIdentifier", "eo:platform", "eo:instrument", "eo:sensorType", "eo:cloudCover", "eo:snowCover", "eo:processingLevel",
	"eo:orbitNumber", "eo:orbitDirection", "eo:track", "eo:illuminationElevationAngle", "eo:illuminationAzimuthAngle", "eo:spectralRange",
}

// parameter is a name of the extension as a property of records (filter.Names).
type parameter struct{}

func (parameter) Property(name string) (filter.Property, bool, error) {
	return earth[strings.ToLower(name)], false, nil
}

// Value is a direction as STAC has it, in lower case.
func (parameter) Value(property filter.Property, value string) string {
	if property == "sat:orbit_state" {
		return strings.ToLower(value)
	}
	return value
}

// earthKVP reads the parameters of Earth observation (13-026r9, clause 8.4), whose values may be sets and ranges (RC-04).
func earthKVP(p *ows.Params) filter.Expr {
	var parts filter.And
	for _, name := range earthNames {
		value := p.Get(name)
		if value == "" {
			continue
		}
		e, err := opensearch.Parse(name, value, parameter{})
		if err != nil {
			p.Fail(err)
			continue
		}
		parts = append(parts, Certain(e))
	}
	if len(parts) == 0 {
		return nil
	}
	return parts
}

// searchDocument is OpenSearchDescription (OpenSearch 1.1 draft 6).
type searchDocument struct {
	XMLName     xml.Name    `xml:"OpenSearchDescription"`
	Root        []xml.Attr  `xml:",any,attr"`
	ShortName   string      `xml:"ShortName"`
	Description string      `xml:"Description"`
	Tags        string      `xml:"Tags,omitempty"`
	URLs        []searchURL `xml:"Url"`
	LongName    string      `xml:"LongName"`
	Query       struct {
		Role  string `xml:"role,attr"`
		Terms string `xml:"searchTerms,attr"`
	} `xml:"Query"`
	Developer string `xml:"Developer,omitempty"`
	Contact   string `xml:"Contact,omitempty"`
	Right     string `xml:"SyndicationRight"`
	Adult     bool   `xml:"AdultContent"`
	Language  string `xml:"Language"`
	Output    string `xml:"OutputEncoding"`
	Input     string `xml:"InputEncoding"`
}

type searchURL struct {
	Type     string `xml:"type,attr"`
	Rel      string `xml:"rel,attr,omitempty"`
	Template string `xml:"template,attr"`
}

// The bounds of a short and a long name (OpenSearch 1.1, Description elements).
const (
	shortName = 16
	longName  = 48
)

// searchDescription tells how the catalogue is searched by OpenSearch (12-176r7, clause 6.5.6).
func (h handler) searchDescription(address string) (ows.Document, error) {
	asking := address + "?mode=opensearch&service=CSW&version=" + csw3.number + "&request=GetRecords&elementSetName=full&typeNames=csw:Record"
	about := "&q={searchTerms?}&bbox={geo:box?}&geometry={geo:geometry?}&lat={geo:lat?}&lon={geo:lon?}&radius={geo:radius?}&recordIds={geo:uid?}" +
		"&time={time:start?}/{time:end?}&startPosition={startIndex?}&maxRecords={count?}"
	for _, name := range earthNames {
		about += "&" + name + "={" + name + "?}"
	}
	d := searchDocument{
		Root:      ows.Attributes("xmlns", namespaceOpenSearch, "xmlns:geo", namespaceGeo, "xmlns:time", namespaceTime, "xmlns:eo", namespaceEO),
		ShortName: cut(h.Service.Title, shortName), LongName: cut(h.Service.Title, longName), Description: h.Service.Abstract, Tags: strings.Join(h.Service.Keywords, " "),
		URLs: []searchURL{
			{Type: mediaAtom, Rel: "results", Template: asking + "&outputFormat=" + url.QueryEscape(mediaAtom) + about},
			{Type: mediaXML, Rel: "results", Template: asking + "&outputFormat=" + url.QueryEscape(mediaXML) + about},
			{Type: mediaOSDD, Rel: "self", Template: address + "?mode=opensearch&service=CSW&version=" + csw3.number + "&request=GetCapabilities"},
		},
		Developer: h.Service.Provider.Name, Contact: h.Service.Provider.Contact.Email, Right: "open", Language: "en", Output: "UTF-8", Input: "UTF-8",
	}
	d.Query.Role, d.Query.Terms = "example", "sea"
	made, err := document(d)
	made.Type = mediaOSDD
	return made, err
}

// cut is as many characters of a text as may be.
func cut(text string, most int) string {
	characters := []rune(text)
	if len(characters) <= most {
		return text
	}
	return strings.TrimSpace(string(characters[:most]))
}

// feedDocument is atom:feed (RFC 4287, clause 4.1.1) with what OpenSearch says of results; entries follow within it.
type feedDocument struct {
	XMLName xml.Name    `xml:"feed"`
	Root    []xml.Attr  `xml:",any,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Total   int         `xml:"os:totalResults"`
	Start   int         `xml:"os:startIndex"`
	PerPage int         `xml:"os:itemsPerPage"`
	Query   searchQuery `xml:"os:Query"`
	Links   []feedLink  `xml:"link"`
	Entries []byte      `xml:",innerxml"`
}

type searchQuery struct {
	Role  string `xml:"role,attr"`
	Terms string `xml:"searchTerms,attr,omitempty"`
}

type feedLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

// feed is what was found as a feed (RC-09), with links to the pages before and behind.
func (h handler) feed(r results, found []record.Record, q *request) (ows.Document, error) {
	address := r.base + h.Path
	asked := address
	if q.body == nil {
		asked += "?" + q.URL.RawQuery
	}
	d := feedDocument{
		Root: ows.Attributes("xmlns", namespaceAtom, "xmlns:os", namespaceOpenSearch), ID: asked, Title: h.Service.Title,
		Updated: r.now.UTC().Truncate(time.Second).Format(time.RFC3339), Author: h.Service.Provider.Name, Total: r.matched, Start: r.asked.Start, PerPage: r.asked.Max,
		Query: searchQuery{"request", q.p.Get("q")}, Entries: r.flat(r.asked.records(nil, found, r.base)),
		Links: []feedLink{
			{"self", mediaAtom, asked}, {"search", mediaOSDD, address + "?mode=opensearch&service=CSW&version=" + csw3.number + "&request=GetCapabilities"},
		},
	}
	if d.Author == "" {
		d.Author = h.Service.Title
	}
	if q.body == nil {
		d.Links = append(d.Links, r.pages(address, q, len(found)+r.sum())...)
	}
	made, err := document(d)
	made.Type = mediaAtom
	return made, fault.Classify(fault.KindOf(err), err, "a feed")
}

// pages are links to the pages beside this one.
func (r results) pages(address string, q *request, returned int) []feedLink {
	at := func(rel string, start int) feedLink {
		values, _ := ows.ParseQuery(q.URL.RawQuery) // it was answered
		for name := range values {
			if strings.EqualFold(name, "startPosition") {
				values.Del(name)
			}
		}
		return feedLink{rel, mediaAtom, address + "?" + values.Encode() + "&startPosition=" + strconv.Itoa(start)}
	}
	var links []feedLink
	if r.asked.Start > 1 {
		links = append(links, at("first", 1), at("previous", max(1, r.asked.Start-r.asked.Max)))
	}
	if next := r.next(returned); next > 0 && r.asked.Max > 0 {
		links = append(links, at("next", next))
	}
	return slices.Clip(links)
}
