package csw

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/fes"
	"perigee/shared/metadata"
	"perigee/shared/ows"
	"perigee/shared/scope"
)

// getRecords is a GetRecords request (07-006r1, clause 10.8; 12-176r7, clause 7.3).
type getRecords struct {
	view
	RequestID string
	Result    string // hits: only count; results; validate: only say that the request can be answered
	Start     int    // startPosition, counted from 1
	Max       int    // maxRecords
	Filter    filter.Expr
	Sort      []Sort
	Handlers  []string // that the answer is to be sent to
	distribution
}

// The results that a request of 2.0.2 asks for. 3.0.0 asks for no more than the count by maxRecords=0.
const (
	resultHits     = "hits"
	resultResults  = "results"
	resultValidate = "validate"
)

// The bounds of paging.
const (
	defaultRecords = 10
	maxRecords     = 1000
	maxStart       = 1_000_000
	maxIDs         = 100 // of a GetRecordById
)

// parseRecords reads a GetRecords request by key-value pairs. Everything that is wrong is noted in p.
func (h handler) parseRecords(e *edition, p *ows.Params) getRecords {
	q := getRecords{
		view:      parseView(e, p, true),
		RequestID: p.Get("requestId"),
		Result:    resultOf(e, p),
		Start:     p.Int("startPosition", 1, 1, maxStart),
		Max:       h.maximum(p),
		Sort:      sortKVP(p),
	}
	q.distribution = parseDistribution(p)
	if types := p.List("typeNames"); types == nil && e == csw2 {
		p.Fail(ows.Missing("typeNames"))
	} else {
		checkTypes(e, p, types)
	}
	q.Handlers = h.handlers(p, []string{p.Get(handlerParameter)})
	q.Filter = conditionsKVP(p)
	return q
}

// resultOf is what a request asks for. Without a word 2.0.2 counts (07-006r1, table 29) and 3.0.0 gives records.
func resultOf(e *edition, p *ows.Params) string {
	if e == csw3 {
		return p.Choice("resultType", resultResults, resultHits, resultResults, resultValidate)
	}
	return p.Choice("resultType", resultHits, resultHits, resultResults, resultValidate)
}

// maximum is how many records are asked for at most, which this service bounds too.
func (h handler) maximum(p *ows.Params) int {
	usual, most := h.paging()
	if strings.EqualFold(p.Get("maxRecords"), "unlimited") {
		return most
	}
	return min(p.Int("maxRecords", usual, 0, math.MaxInt32), most)
}

// outputFormats are the media types of records, the default first.
func outputFormats(e *edition) []string {
	if e == csw3 {
		return []string{mediaXML, mediaAtom, mediaJSON, mediaText}
	}
	return []string{mediaXML, mediaJSON, mediaText}
}

// advertised are media types of answers without those that are names of another.
func advertised(formats []string) []string {
	return slices.DeleteFunc(slices.Clone(formats), func(f string) bool { return f == mediaText })
}

// parseView reads how records are to be answered. several are those of GetRecords, which may name elements.
func parseView(e *edition, p *ows.Params, several bool) view {
	offered := schemas(e)
	format := p.Choice("outputFormat", mediaXML, outputFormats(e)...)
	uri := e.namespace
	if format == mediaAtom {
		uri = namespaceAtom
	}
	asked := p.Choice("outputSchema", uri, uris(offered)...)
	v := view{
		Schema:     offered[max(0, slices.IndexFunc(offered, func(f *metadata.Format) bool { return f.Namespace == asked }))],
		ElementSet: p.Choice("elementSetName", dublincore.Summary, dublincore.Brief, dublincore.Summary, dublincore.Full),
	}
	if !several {
		return v
	}
	if v.Elements = elements(p); p.Get("elementName") != "" {
		v.ElementSet = ""
		if e == csw3 {
			v.Elements = withCore(v.Elements)
		}
	}
	return v
}

// withCore are elements with those that the briefest record of 3.0.0 has to have (record.xsd, BriefRecordType).
func withCore(all []string) []string {
	for _, core := range []string{"dc:title", "dc:identifier"} {
		if !slices.Contains(all, core) {
			all = append([]string{core}, all...)
		}
	}
	return all
}

// elements reads elementName, which is asked instead of elementSetName.
func elements(p *ows.Params) []string {
	var all []string
	offered := dublincore.Elements()
	for _, name := range p.List("elementName") {
		local := withoutPrefix(withoutPath(name))
		i := slices.IndexFunc(offered, func(o string) bool { return strings.EqualFold(withoutPrefix(o), elementOf(local)) })
		if i >= 0 {
			all = append(all, offered[i])
		} else if !isQueryable(local) {
			p.Fail(ows.Invalid("elementName", "records have no element %q, but %s", name, strings.Join(offered, ", ")))
		}
	}
	if p.Get("elementName") != "" && p.Get("elementSetName") != "" {
		p.Fail(ows.NoApplicableCode.At(fault.Invalid, "elementName", "elementName and elementSetName are given, of which only one may be"))
	}
	return all
}

// elementOf is the element of Dublin Core that has what a queryable of the ISO profile asks for.
func elementOf(local string) string {
	if dc, known := map[string]string{"description": "abstract", "datestamp": "modified", "tempextent_begin": "temporal", "tempextent_end": "temporal"}[strings.ToLower(local)]; known {
		return dc
	}
	return local
}

// checkTypes notes a type of records that there is not. Records are of every type: they are answered in each.
func checkTypes(e *edition, p *ows.Params, types []string) {
	offered := schemas(e)
	for _, name := range types {
		if !hasType(offered, name) {
			p.Fail(ows.Invalid("typeNames", "there are records of the types %s, not %q", strings.Join(typesOf(offered), ", "), name))
		}
	}
}

// sortKVP reads sortBy: names, each followed by :A or :D, or by a space and ASC or DESC.
func sortKVP(p *ows.Params) []Sort {
	var keys []Sort
	for _, entry := range p.List("sortBy") {
		name, order := entry, ""
		if i := strings.LastIndexAny(entry, ": "); i > 0 && slices.Contains([]string{"A", "D", "ASC", "DESC"}, strings.ToUpper(entry[i+1:])) {
			name, order = entry[:i], strings.ToUpper(entry[i+1:])
		}
		keys = sortKey(p, keys, name, strings.HasPrefix(order, "D"))
	}
	return keys
}

func sortKey(p *ows.Params, keys []Sort, name string, desc bool) []Sort {
	property, text, err := names{}.Property(name)
	switch {
	case err != nil:
		p.Fail(ows.Invalid("sortBy", "%v", err))
	case text:
		p.Fail(ows.Invalid("sortBy", "records cannot be sorted by %s", name))
	default:
		keys = append(keys, Sort{stored(property), desc})
	}
	return keys
}

// descending tells whether an order of Filter Encoding (04-095, sort.xsd; 09-026r2, sort.xsd) is downwards; what is none is noted.
func descending(p *ows.Params, order string) bool {
	switch strings.ToUpper(strings.TrimSpace(order)) {
	case "", "ASC", "A":
		return false
	case "DESC", "D":
		return true
	}
	p.Fail(ows.Invalid("sortBy", "the order %.50q is not ASC or DESC", order))
	return false
}

// constraint is csw:Constraint.
type constraint struct {
	Filter  *fes.Element `xml:"http://www.opengis.net/ogc Filter"`
	Filter2 *fes.Element `xml:"http://www.opengis.net/fes/2.0 Filter"`
	CQL     *string      `xml:"CqlText"`
}

// getRecordsXML is csw:GetRecords of either version (http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd,
// http://schemas.opengis.net/cat/csw/3.0/cswGetRecords.xsd).
type getRecordsXML struct {
	RequestID    string          `xml:"requestId,attr"`
	ResultType   string          `xml:"resultType,attr"`
	OutputFormat string          `xml:"outputFormat,attr"`
	OutputSchema string          `xml:"outputSchema,attr"`
	Start        string          `xml:"startPosition,attr"`
	Max          string          `xml:"maxRecords,attr"`
	Handlers     []string        `xml:"ResponseHandler"`
	Distributed  *distributedXML `xml:"DistributedSearch"`
	Query        *struct {
		TypeNames  string      `xml:"typeNames,attr"`
		ElementSet string      `xml:"ElementSetName"`
		Elements   []string    `xml:"ElementName"`
		Constraint *constraint `xml:"Constraint"`
		SortBy     struct {
			Properties []struct {
				Name  string `xml:"PropertyName"`
				Value string `xml:"ValueReference"`
				Order string `xml:"SortOrder"`
			} `xml:"SortProperty"`
		} `xml:"SortBy"`
	} `xml:"Query"`
}

// parseRecordsXML reads a csw:GetRecords element. It goes through the same checks as key-value pairs.
func (h handler) parseRecordsXML(q *request) getRecords {
	var x getRecordsXML
	if err := ows.DecodeChecked(q.body, &x); err != nil {
		q.p.Fail(err)
		return getRecords{}
	}
	if x.Query == nil {
		q.p.Fail(ows.Missing("Query"))
		return getRecords{}
	}
	if h.AsPycsw && x.Query.Constraint != nil { // without a word it counts where nothing else is asked
		x.ResultType = cmp.Or(x.ResultType, resultResults)
	}
	values := map[string][]string{
		"startPosition": {x.Start}, "maxRecords": {x.Max}, "resultType": {x.ResultType}, "elementSetName": {x.Query.ElementSet},
		"outputFormat": {x.OutputFormat}, "outputSchema": {x.OutputSchema}, "requestId": {x.RequestID},
		"typeNames": {strings.Join(strings.Fields(x.Query.TypeNames), ",")}, "elementName": {strings.Join(x.Query.Elements, ",")},
	}
	x.Distributed.values(values)
	kvp := ows.NewParams(values)
	q.needsSet(kvp)
	asked := h.parseRecords(q.edition, kvp)
	asked.Handlers = h.handlers(kvp, x.Handlers)
	if x.Distributed != nil {
		asked.distribution.only = x.Distributed.Only
	}
	for _, s := range x.Query.SortBy.Properties {
		asked.Sort = sortKey(kvp, asked.Sort, s.Name+s.Value, descending(kvp, s.Order))
	}
	q.p.Fail(kvp.Err())
	if x.Query.Constraint != nil {
		var err error
		asked.Filter, err = x.Query.Constraint.parse()
		q.p.Fail(err)
	}
	return asked
}

// getRecords does GetRecords.
func (h handler) getRecords(q *request) (ows.Document, error) {
	var asked getRecords
	if q.body != nil {
		asked = h.parseRecordsXML(q)
	} else {
		q.needsSet(q.p)
		asked = h.parseRecords(q.edition, q.p)
	}
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	if asked.Result == resultValidate {
		return document(h.acknowledgement(q, asked.RequestID))
	}
	return h.inTime(q, asked.Handlers, asked.RequestID, func(q *request) (ows.Document, error) { return h.findRecords(q, asked) })
}

func (h handler) findRecords(q *request, asked getRecords) (ows.Document, error) {
	in := scope.FromContext(q.Context())
	if h.AsPycsw {
		asked.Filter, asked.Sort, asked.AsPycsw = asPycsw(asked.Filter), sortedAsPycsw(asked.Sort), true
	}
	asked.Item = h.itemAddress()
	wanted := Query{Filter: asked.Filter, Sort: asked.Sort, Offset: asked.Start - 1, Limit: asked.Max, Documents: asked.documents()}
	if asked.Result == resultHits {
		wanted.Limit = 0
	}
	begun := h.now()
	found, matched, err := h.find(q.Context(), in.Scope, wanted, asked.view)
	if ids := q.p.Get("recordIds"); err == nil && matched == 0 && h.AsPycsw && ids != "" {
		err = q.unknown("recordIds", ids)
	}
	if err != nil {
		return ows.Document{}, err
	}
	results := results{edition: q.edition, asked: asked, matched: matched, base: in.Base}
	if err := h.distribute(q, asked, &results, len(found)); err != nil {
		return ows.Document{}, err
	}
	results.now, results.took = h.now(), h.now().Sub(begun)
	if q.format == mediaAtom {
		return h.feed(results, found, q)
	}
	body, err := results.encode(found, q.room)
	return ows.Document{Type: mediaXML, Body: body}, err
}
