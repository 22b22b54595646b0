package opensearch

import (
	"encoding/xml"
	"net/http"
	"time"

	"perigee/shared/ows"
	"perigee/shared/record"
)

const namespaceAtom = "http://www.w3.org/2005/Atom"

// extensions are the prefixes of what feeds have beside their own elements.
var extensions = []string{
	"xmlns:opensearch", namespaceOpenSearch, "xmlns:geo", namespaceGeo, "xmlns:time", namespaceTime, "xmlns:eo", namespaceEO, "xmlns:cql", namespaceCQL,
	"xmlns:dc", "http://purl.org/dc/elements/1.1/", "xmlns:georss", "http://www.georss.org/georss", "xmlns:gml", "http://www.opengis.net/gml",
	"xmlns:media", "http://search.yahoo.com/mrss/", "xmlns:owc", "http://www.opengis.net/owc/1.0",
}

// atomFeed is atom:feed (RFC 4287 clause 4.1.1).
type atomFeed struct {
	XMLName    xml.Name    `xml:"feed"`
	Attributes []xml.Attr  `xml:",any,attr"`
	ID         string      `xml:"id"`
	Title      string      `xml:"title"`
	Updated    string      `xml:"updated"`
	Author     string      `xml:"author>name"`
	Generator  string      `xml:"generator"`
	Total      int         `xml:"opensearch:totalResults"`
	Start      int         `xml:"opensearch:startIndex"`
	PerPage    int         `xml:"opensearch:itemsPerPage"`
	Query      echo        `xml:"opensearch:Query"`
	Links      []link      `xml:"link"`
	Entries    []atomEntry `xml:"entry"`
}

// atomEntry is atom:entry (RFC 4287 clause 4.1.2).
type atomEntry struct {
	ID         string        `xml:"id"`
	Title      string        `xml:"title"`
	Updated    string        `xml:"updated"`
	Summary    *atomText     `xml:"summary"`
	Categories []category    `xml:"category"`
	Links      []link        `xml:"link"`
	Identifier string        `xml:"dc:identifier"`
	Date       string        `xml:"dc:date,omitempty"`
	Parent     string        `xml:"dc:isPartOf,omitempty"`
	Box        string        `xml:"georss:box,omitempty"`
	Where      *where        `xml:"georss:where"`
	Media      *mediaGroup   `xml:"media:group"`
	Offerings  []owcOffering `xml:"owc:offering"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type category struct {
	Term string `xml:"term,attr"`
}

// mediaGroup is media:group with the roles of pictures (10-157r4 annex D).
type mediaGroup struct {
	Contents []mediaContent `xml:"media:content"`
}

type mediaContent struct {
	URL      string        `xml:"url,attr"`
	Medium   string        `xml:"medium,attr"`
	Type     string        `xml:"type,attr,omitempty"`
	Category mediaCategory `xml:"media:category"`
}

type mediaCategory struct {
	Scheme string `xml:"scheme,attr"`
	Text   string `xml:",chardata"`
}

// owcOffering is owc:offering (12-084r2 clause 7.2.5).
type owcOffering struct {
	Code       string         `xml:"code,attr"`
	Operations []owcOperation `xml:"owc:operation"`
}

type owcOperation struct {
	Code   string `xml:"code,attr"`
	Method string `xml:"method,attr"`
	Type   string `xml:"type,attr"`
	Href   string `xml:"href,attr"`
}

func writeAtom(w http.ResponseWriter, r *http.Request, f feed) error {
	document := atomFeed{
		Attributes: ows.Attributes(append([]string{"xmlns", namespaceAtom}, extensions...)...),
		ID:         f.self, Title: f.title, Updated: atomTime(f.updated), Author: "Perigee", Generator: "Perigee",
		Total: f.matched, Start: f.start, PerPage: f.perPage, Query: f.echo(), Links: f.links,
	}
	for _, e := range f.entries {
		document.Entries = append(document.Entries, e.atom())
	}
	return serve(w, r, "application/atom+xml", document)
}

// serve answers with an XML document.
func serve(w http.ResponseWriter, r *http.Request, mediaType string, document any) error {
	body, err := ows.Marshal(document)
	if err != nil {
		return err
	}
	ows.Document{Type: mediaType, Body: body}.Serve(w, r)
	return nil
}

// atomTime is a time that every feed must have: long ago where none is known.
func atomTime(t time.Time) string {
	if t.IsZero() {
		t = time.Unix(0, 0)
	}
	return record.Instant(t)
}

func (e entry) atom() atomEntry {
	one := atomEntry{
		ID: e.self, Title: e.title(), Updated: atomTime(e.Modified), Identifier: e.ID, Date: when(e.Time), Box: box(e.Footprint), Where: place(e.Footprint),
		Links: append([]link{{Rel: "self", Type: "application/atom+xml", Href: e.self}}, e.links...), Media: e.media(), Offerings: e.offerings(),
	}
	if e.Collection != "" && e.Type == record.TypeItem {
		one.Parent = e.Collection
	}
	if text := e.summary(); text != "" {
		one.Summary = &atomText{"html", text}
	}
	for _, word := range e.Keywords {
		one.Categories = append(one.Categories, category{word})
	}
	return one
}

// media are the pictures of a product by their roles.
func (e entry) media() *mediaGroup {
	const scheme = "http://www.opengis.net/spec/EOMPOM/1.0"
	var all []mediaContent
	if e.quicklook != "" {
		all = append(all, mediaContent{e.quicklook, "image", "image/png", mediaCategory{scheme, "QUICKLOOK"}})
	}
	if e.thumbnail != "" {
		all = append(all, mediaContent{e.thumbnail, "image", "", mediaCategory{scheme, "THUMBNAIL"}})
	}
	if len(all) == 0 {
		return nil
	}
	return &mediaGroup{all}
}

// offerings are the services by which a product can be seen and had (RND-15).
func (e entry) offerings() []owcOffering {
	if e.maps == "" {
		return nil
	}
	return []owcOffering{{
		Code: "http://www.opengis.net/spec/owc-atom/1.0/req/wms",
		Operations: []owcOperation{
			{"GetCapabilities", http.MethodGet, "text/xml", e.maps}, {"GetMap", http.MethodGet, "image/png", e.quicklook},
		},
	}}
}
