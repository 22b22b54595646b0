package csw

import (
	"cmp"
	"encoding/xml"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/filter/cql"
	"perigee/shared/filter/fes"
	"perigee/shared/filter/literal"
	"perigee/shared/geo"
	"perigee/shared/ows"
)

// getRecords is a GetRecords request (07-006r1, clause 10.8).
type getRecords struct {
	RequestID  string
	Hits       bool     // resultType=hits: only count
	ElementSet string   // brief, summary, full; empty when there are Elements
	Elements   []string // the elements asked for one by one, some of dublincore.Elements
	Start      int      // startPosition, counted from 1
	Max        int      // maxRecords
	Filter     filter.Expr
	Sort       []Sort
}

// getRecordByID is a GetRecordById request (07-006r1, clause 10.9).
type getRecordByID struct {
	IDs        []string
	ElementSet string
}

// The bounds of paging.
const (
	defaultRecords = 10
	maxRecords     = 1000
	maxStart       = 1_000_000
	maxIDs         = 100 // of a GetRecordById
)

// outputFormats are the media types of answers; the first is the default.
var outputFormats = []string{"application/xml", "text/xml"}

// parseKVP reads a GetRecords request by key-value pairs. Everything that is wrong is noted in p.
func parseKVP(p *ows.Params) getRecords {
	checkOutput(p)
	q := getRecords{
		RequestID:  p.Get("requestId"),
		Hits:       hits(p, p.Get("resultType")),
		ElementSet: p.Choice("elementSetName", dublincore.Summary, dublincore.Brief, dublincore.Summary, dublincore.Full),
		Elements:   elements(p),
		Start:      p.Int("startPosition", 1, 1, maxStart),
		Max:        min(p.Int("maxRecords", defaultRecords, 0, math.MaxInt32), maxRecords),
		Sort:       sortKVP(p),
	}
	if len(q.Elements) > 0 {
		q.ElementSet = ""
	}
	for _, name := range p.List("typeNames") {
		checkType(p, name)
	}
	var parts filter.And
	if e := constraintKVP(p); e != nil {
		parts = append(parts, e)
	}
	if words := p.Get("q"); words != "" {
		parts = append(parts, filter.AnyText{Words: words})
	}
	if box := boxKVP(p); box != nil {
		parts = append(parts, filter.Intersects(box))
	}
	if len(parts) > 0 {
		q.Filter = parts
	}
	return q
}

// elements reads elementName, which is asked instead of elementSetName.
func elements(p *ows.Params) []string {
	var all []string
	offered := dublincore.Elements()
	for _, name := range p.List("elementName") {
		i := slices.IndexFunc(offered, func(o string) bool { return strings.EqualFold(withoutPrefix(o), withoutPrefix(name)) })
		if i < 0 {
			p.Fail(ows.Invalid("elementName", "records have no element %q, but %s", name, strings.Join(offered, ", ")))
			continue
		}
		all = append(all, offered[i])
	}
	if len(all) > 0 && p.Get("elementSetName") != "" {
		p.Fail(ows.Invalid("elementName", "elementName and elementSetName are given, of which only one may be"))
	}
	return all
}

// boxKVP reads bbox, nil without one: longitude and latitude, or the axes of the reference system that it names.
func boxKVP(p *ows.Params) orb.Geometry {
	box, ok := p.BBox("bbox")
	if !ok {
		return nil
	}
	g, err := literal.Box(cmp.Or(box.CRS, geo.CRS84), box.Lower, box.Upper)
	if err == nil {
		err = geo.Check(g)
	}
	if err != nil {
		p.Fail(ows.Invalid("bbox", "%v", err))
	}
	return g
}

// checkOutput notes an output format or schema that is not offered.
func checkOutput(p *ows.Params) {
	p.Choice("outputFormat", outputFormats[0], outputFormats...)
	p.Choice("outputSchema", dublincore.NamespaceCSW, dublincore.NamespaceCSW)
}

func hits(p *ows.Params, resultType string) bool {
	switch strings.ToLower(resultType) {
	case "", "hits":
		return true
	case "results":
		return false
	}
	p.Fail(ows.Invalid("resultType", "%q is not hits or results", resultType))
	return false
}

func checkType(p *ows.Params, name string) {
	if _, local, _ := strings.Cut(name, ":"); name != "Record" && local != "Record" {
		p.Fail(ows.Invalid("typeNames", "there are records of the type csw:Record, not %q", name))
	}
}

func constraintKVP(p *ows.Params) filter.Expr {
	constraint := p.Get("constraint")
	if constraint == "" {
		return nil
	}
	var e filter.Expr
	var err error
	switch language := strings.ToUpper(p.Need("constraintLanguage")); language {
	case "CQL_TEXT":
		e, err = cql.Parse(constraint, names{})
	case "FILTER":
		var element fes.Element
		if err = ows.DecodeXML([]byte(constraint), &element); err == nil {
			e, err = fes.Parse(&element, names{})
		}
	case "":
	default:
		err = ows.Invalid("constraintLanguage", "%q is not CQL_TEXT or FILTER", language)
	}
	if err != nil {
		p.Fail(err)
	}
	return e
}

// sortKVP reads sortBy: names, each followed by :A or :D.
func sortKVP(p *ows.Params) []Sort {
	var keys []Sort
	for _, entry := range p.List("sortBy") {
		name, order := entry, "A"
		if i := strings.LastIndexByte(entry, ':'); i > 0 && slices.Contains([]string{"A", "D"}, strings.ToUpper(entry[i+1:])) {
			name, order = entry[:i], strings.ToUpper(entry[i+1:])
		}
		keys = sortKey(p, keys, name, order == "D")
	}
	return keys
}

func sortKey(p *ows.Params, keys []Sort, name string, desc bool) []Sort {
	property, text, err := names{}.Property(name)
	if err == nil && (text || property == filter.PropertyGeometry) {
		err = ows.Invalid("sortBy", "records cannot be sorted by %s", name)
	}
	if err != nil {
		p.Fail(err)
		return keys
	}
	return append(keys, Sort{property, desc})
}

// getRecordsXML is csw:GetRecords (http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd).
type getRecordsXML struct {
	Service      string `xml:"service,attr"`
	Version      string `xml:"version,attr"`
	RequestID    string `xml:"requestId,attr"`
	ResultType   string `xml:"resultType,attr"`
	OutputFormat string `xml:"outputFormat,attr"`
	OutputSchema string `xml:"outputSchema,attr"`
	Start        string `xml:"startPosition,attr"`
	Max          string `xml:"maxRecords,attr"`
	Query        *struct {
		TypeNames  string   `xml:"typeNames,attr"`
		ElementSet string   `xml:"ElementSetName"`
		Elements   []string `xml:"ElementName"`
		Constraint *struct {
			Filter *fes.Element `xml:"Filter"`
			CQL    string       `xml:"CqlText"`
		} `xml:"Constraint"`
		SortBy struct {
			Properties []struct {
				Name  string `xml:"PropertyName"`
				Order string `xml:"SortOrder"`
			} `xml:"SortProperty"`
		} `xml:"SortBy"`
	} `xml:"Query"`
}

// parseXML reads a csw:GetRecords element. It goes through the same checks as key-value pairs.
func parseXML(document []byte, p *ows.Params) getRecords {
	var x getRecordsXML
	if err := ows.DecodeXML(document, &x); err != nil {
		p.Fail(err)
		return getRecords{}
	}
	if x.Query == nil {
		p.Fail(ows.Missing("Query"))
		return getRecords{}
	}
	kvp := ows.NewParams(map[string][]string{
		"startPosition": {x.Start}, "maxRecords": {x.Max}, "resultType": {x.ResultType}, "elementSetName": {x.Query.ElementSet},
		"outputFormat": {x.OutputFormat}, "outputSchema": {x.OutputSchema}, "requestId": {x.RequestID},
		"typeNames": {strings.Join(strings.Fields(x.Query.TypeNames), ",")}, "elementName": {strings.Join(x.Query.Elements, ",")},
	})
	q := parseKVP(kvp)
	for _, s := range x.Query.SortBy.Properties {
		q.Sort = sortKey(kvp, q.Sort, s.Name, strings.EqualFold(s.Order, "DESC"))
	}
	p.Fail(kvp.Err())
	if c := x.Query.Constraint; c != nil {
		e, err := filter.Expr(nil), error(nil)
		if c.Filter != nil {
			e, err = fes.Parse(c.Filter, names{})
		} else {
			e, err = cql.Parse(strings.TrimSpace(c.CQL), names{})
		}
		p.Fail(err)
		q.Filter = e
	}
	return q
}

// getRecordByIDXML is csw:GetRecordById.
type getRecordByIDXML struct {
	OutputFormat string   `xml:"outputFormat,attr"`
	OutputSchema string   `xml:"outputSchema,attr"`
	IDs          []string `xml:"Id"`
	ElementSet   string   `xml:"ElementSetName"`
}

// parseByID reads a GetRecordById request for the identifiers; everything that is wrong is noted in p.
func parseByID(p *ows.Params, ids []string) getRecordByID {
	checkOutput(p)
	q := getRecordByID{
		ElementSet: p.Choice("elementSetName", dublincore.Summary, dublincore.Brief, dublincore.Summary, dublincore.Full),
	}
	for _, id := range ids {
		if id = strings.TrimSpace(id); id != "" {
			q.IDs = append(q.IDs, id)
		}
	}
	if len(q.IDs) == 0 {
		p.Fail(ows.Missing("Id"))
	}
	if len(q.IDs) > maxIDs {
		p.Fail(ows.Invalid("Id", "more than %d identifiers at once", maxIDs))
	}
	return q
}

func parseByIDXML(document []byte, p *ows.Params) getRecordByID {
	var x getRecordByIDXML
	if err := ows.DecodeXML(document, &x); err != nil {
		p.Fail(err)
		return getRecordByID{}
	}
	kvp := ows.NewParams(map[string][]string{
		"elementSetName": {x.ElementSet}, "outputFormat": {x.OutputFormat}, "outputSchema": {x.OutputSchema},
	})
	q := parseByID(kvp, x.IDs)
	p.Fail(kvp.Err())
	return q
}

// envelope reads what every request by XML has: its operation and version.
type envelope struct {
	Service string   `xml:"service,attr"`
	Version string   `xml:"version,attr"`
	Accept  []string `xml:"AcceptVersions>Version"`
	Formats []string `xml:"AcceptFormats>OutputFormat"`
}

// pairs reads the operation, service and version of a request by XML as key-value pairs. The namespace of the root
// decides the version where the attribute says otherwise, as some clients send.
func (e envelope) pairs(root xml.Name) *ows.Params {
	values := map[string][]string{"service": {e.Service}, "request": {root.Local}, "version": {e.Version}}
	if root.Space == dublincore.NamespaceCSW && root.Local != "GetCapabilities" {
		values["version"] = []string{version}
	}
	if len(e.Accept) > 0 {
		values["acceptVersions"] = []string{strings.Join(e.Accept, ",")}
	}
	if len(e.Formats) > 0 {
		values["acceptFormats"] = []string{strings.Join(e.Formats, ",")}
	}
	return ows.NewParams(values)
}

// readXML reads the body of a request: its pairs and its exact bytes.
func readXML(r *http.Request) (*ows.Params, []byte, error) {
	document, root, err := ows.ReadXML(r)
	if err != nil {
		return nil, nil, err
	}
	var e envelope
	if err := ows.DecodeXML(document, &e); err != nil {
		return nil, nil, err
	}
	return e.pairs(root), document, nil
}

func number(n int) string { return strconv.Itoa(n) }
