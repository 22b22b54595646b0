package records

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
)

// FacetKind says by what records are divided (OGC API - Records - Part 2, draft).
type FacetKind string

// The kinds of facets; the standard calls those of numbers and times histograms.
const (
	FacetTerms   FacetKind = "term"
	FacetNumbers FacetKind = "numbers"
	FacetTimes   FacetKind = "times"
	FacetFilters FacetKind = "filter"
)

// Facet is one way to divide the records that a query finds.
type Facet struct {
	Name     string
	Kind     FacetKind
	Property filter.Property // not of filters
	Limit    int             // buckets at most
	ByValue  bool            // in the order of values, not of counts
	Upwards  bool            // the least first
	Unit     string          // of ranges of times: year, month, day, …; empty: Limit ranges of equal length
	Filters  []NamedFilter
}

// NamedFilter is a condition by the name of its bucket, as CQL2 text.
type NamedFilter struct {
	Name   string
	Text   string
	Filter filter.Expr
}

// FacetBuckets are the parts into which a facet divides records. More tells that there are others beyond the limit.
type FacetBuckets struct {
	Buckets []FacetBucket
	More    bool
}

// FacetBucket is a part of the records that a query finds: those with a value, or with one in a range.
type FacetBucket struct {
	Value    any // a term or the name of a filter; nil of a range
	Min, Max any // of a range: numbers or times
	Count    int64
	Filter   filter.Expr // finds them
}

const (
	maxFacets        = 10
	maxFacetBuckets  = 1000
	defaultFacetSize = 10
)

// facetBy finds how records are divided by a property; ok tells whether they are.
func facetBy(name, typ, format string) (Facet, bool) {
	property, all, err := names{}.Property(name)
	f := Facet{Name: name, Property: property, Limit: defaultFacetSize}
	if err != nil || all {
		return f, false
	}
	switch property {
	case filter.PropertyID, filter.PropertyAbstract, filter.PropertyGeometry, filter.PropertyTime:
		return f, false
	case filter.PropertyType, filter.PropertyTitle, filter.PropertyCollection, filter.PropertyKeywords:
		f.Kind = FacetTerms
		return f, true
	case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyEnd, filter.PropertyCreated, filter.PropertyModified:
		f.Kind = FacetTimes
		return f, true
	}
	switch {
	case typ == "number" || typ == "integer":
		f.Kind = FacetNumbers
	case format != "":
		f.Kind = FacetTimes
	case typ == "object":
		return f, false
	default:
		f.Kind = FacetTerms
	}
	return f, true
}

// alwaysFaceted are the properties of all records by which they are divided.
var alwaysFaceted = []string{"type", "title", "collection", "keywords", "datetime", "start_datetime", "end_datetime", "created", "updated"}

// offeredFacets are the ways to divide the records of collections, by name.
func (a api) offeredFacets(ctx context.Context, on asked, collections []string) (map[string]Facet, error) {
	found, err := a.Store.Queryables(ctx, on.scope, collections)
	if err != nil {
		return nil, err
	}
	all := offeredBy(found)
	for name, filters := range a.filters {
		all[name] = Facet{Name: name, Kind: FacetFilters, Filters: filters}
	}
	return all, nil
}

// offeredBy are the ways to divide records by their properties, by name.
func offeredBy(found []Queryable) map[string]Facet {
	all := map[string]Facet{}
	add := func(name, typ, format string) {
		if f, ok := facetBy(name, typ, format); ok {
			all[name] = f
		}
	}
	for _, q := range found {
		if q.offered() {
			add(q.Name, q.Type, q.Format)
		}
	}
	for _, name := range alwaysFaceted {
		add(name, "", "")
	}
	return all
}

// namedFilters reads the facets of a configuration that are conditions with names.
func namedFilters(config map[string]map[string]string) (map[string][]NamedFilter, error) {
	all := map[string][]NamedFilter{}
	for facet, filters := range config {
		for name, text := range filters {
			e, err := cql2.ParseText(text, names{})
			if err != nil {
				return nil, fault.At(fault.Invalid, facet+"."+name, "the filter of the bucket %q of the facet %q: %w", name, facet, err)
			}
			all[facet] = append(all[facet], NamedFilter{Name: name, Text: text, Filter: inRecords(e)})
		}
		slices.SortFunc(all[facet], func(a, b NamedFilter) int { return cmp.Compare(a.Name, b.Name) })
	}
	return all, nil
}

// facetDefinition describes a facet (…/extensions/facets/openapi/schemas/facets.yaml of opengeospatial/ogcapi-records).
type facetDefinition struct {
	Type       string            `json:"type"`
	Property   string            `json:"property,omitempty"`
	SortedBy   string            `json:"sortedBy,omitempty"`
	BucketType string            `json:"bucketType,omitempty"`
	MinOccurs  int               `json:"minOccurs,omitempty"`
	Filters    map[string]string `json:"filters,omitempty"`
}

func (f Facet) definition() facetDefinition {
	switch f.Kind {
	case FacetTerms:
		return facetDefinition{Type: "term", Property: f.Name, SortedBy: "count", MinOccurs: 1}
	case FacetFilters:
		d := facetDefinition{Type: "filter", Filters: map[string]string{}}
		for _, named := range f.Filters {
			d.Filters[named.Name] = named.Text
		}
		return d
	}
	return facetDefinition{Type: "histogram", Property: f.Name, SortedBy: "value", BucketType: "fixedBucketCount"}
}

// facets describes the ways to divide the records of a collection.
func (a api) facets(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	c, err := a.find(r.Context(), on, r.PathValue("collection"))
	if err != nil {
		return err
	}
	offered, err := a.offeredFacets(r.Context(), on, within(c.ID))
	if err != nil {
		return err
	}
	definitions := map[string]facetDefinition{}
	for name, f := range offered {
		definitions[name] = f.definition()
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.facetsPage(w, r, on, c, definitions)
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, struct {
		ID     string                     `json:"id"`
		Title  string                     `json:"title"`
		Facets map[string]facetDefinition `json:"facets"`
		Count  int                        `json:"defaultBucketCount"`
	}{c.ID, c.title(), definitions, defaultFacetSize})
}

// facetTokens are what may stand behind the name of a facet: how many buckets, in which order, of which length.
var (
	facetOrder = regexp.MustCompile(`^(?:(value|count)(?:_(asc|desc))?|(asc|desc))$`)
	facetUnits = []string{"year", "quarter", "month", "week", "day", "hour"}
)

// readFacets reads the parameter facets: names between commas, each with a number of buckets, an order and, of times, a
// unit behind colons (/req/advanced/query_facets_definition); true stands for those that are shown by default.
func (a api) readFacets(ctx context.Context, on asked, p *ogcapi.Params, collections []string) ([]Facet, error) {
	wanted, shown := p.List("facets"), false
	switch {
	case len(wanted) == 0 || len(wanted) == 1 && strings.EqualFold(wanted[0], "false"):
		return nil, nil
	case len(wanted) == 1 && strings.EqualFold(wanted[0], "true"):
		wanted, shown = a.Facets, true
	case len(wanted) > maxFacets:
		p.Fail(fault.At(fault.Invalid, "facets", "facets has %d names, at most %d are possible", len(wanted), maxFacets))
		return nil, nil
	}
	offered, err := a.offeredFacets(ctx, on, collections)
	if err != nil {
		return nil, err
	}
	var all []Facet
	for _, text := range wanted {
		f, err := readFacet(text, offered)
		if shown && err != nil {
			continue // no record has what the operator named
		}
		p.Fail(err)
		all = append(all, f)
	}
	return all, nil
}

// readFacet reads a name and the tokens behind it; a name may have colons itself.
func readFacet(text string, offered map[string]Facet) (Facet, error) {
	var tokens []string
	name := text
	for {
		if f, ok := offered[name]; ok {
			return f.with(tokens)
		}
		at := strings.LastIndexByte(name, ':')
		if at < 0 {
			return Facet{}, fault.At(fault.Invalid, "facets", "records are not divided by %q: /facets of the collection lists by what they are", text)
		}
		name, tokens = name[:at], append([]string{name[at+1:]}, tokens...)
	}
}

func (f Facet) with(tokens []string) (Facet, error) {
	f.ByValue, f.Upwards = f.Kind != FacetTerms, f.Kind != FacetTerms
	for _, token := range tokens {
		n, failed := strconv.Atoi(token)
		order := facetOrder.FindStringSubmatch(token)
		switch {
		case failed == nil && n >= 1 && n <= maxFacetBuckets:
			f.Limit = n
		case order != nil:
			f.ByValue = order[1] == "value" || order[1] == "" && f.ByValue
			f.Upwards = order[2] == "asc" || order[3] == "asc"
		case f.Kind == FacetTimes && slices.Contains(facetUnits, token):
			f.Unit = token
		default:
			return f, fault.At(fault.Invalid, "facets", "%q stands behind %s, where 1 to %d buckets, value_asc, value_desc, count_asc or count_desc may", token, f.Name, maxFacetBuckets)
		}
	}
	return f, nil
}

// facetAnswer is a facet with its buckets as it is answered (/req/simple/query_response). The property of one that is made
// of filters is its name: the schema wants one.
type facetAnswer struct {
	Type     string         `json:"type"`
	Property string         `json:"property"`
	Buckets  []bucketAnswer `json:"buckets"`
	More     bool           `json:"more"`
}

// bucketAnswer is a bucket. Filter is the condition on its records in CQL2 text, Href where they are found among those that
// were asked for.
type bucketAnswer struct {
	Value  any    `json:"value,omitempty"`
	Min    any    `json:"min,omitempty"`
	Max    any    `json:"max,omitempty"`
	Count  int64  `json:"count"`
	Filter string `json:"filter,omitempty"`
	Href   string `json:"href,omitempty"`
}

// facetAnswers are facets with their buckets, by name.
func facetAnswers(wanted []Facet, found []FacetBuckets, href func(filter string) string) map[string]facetAnswer {
	all := map[string]facetAnswer{}
	for i, f := range wanted {
		d := f.definition()
		answer := facetAnswer{Type: d.Type, Property: cmp.Or(d.Property, f.Name), Buckets: []bucketAnswer{}, More: found[i].More}
		for _, b := range found[i].Buckets {
			switch {
			case b.Value == "": // records that belong to no collection
			case len(answer.Buckets) == f.Limit && f.Kind != FacetFilters:
				answer.More = true
			default:
				answer.add(f, b, href)
			}
		}
		all[f.Name] = answer
	}
	return all
}

// add adds a bucket; those of types that are the same to people are one.
func (a *facetAnswer) add(f Facet, b FacetBucket, href func(filter string) string) {
	text := filterOf(f, b)
	bucket := bucketAnswer{Value: b.Value, Min: shownEnd(b.Min), Max: shownEnd(b.Max), Count: b.Count, Filter: text, Href: href(text)}
	if f.Property == filter.PropertyType && f.Kind == FacetTerms {
		word, _ := b.Value.(string)
		bucket.Value = dublincore.TypeOf(word)
		if i := slices.IndexFunc(a.Buckets, func(other bucketAnswer) bool { return other.Value == bucket.Value }); i >= 0 {
			a.Buckets[i].Count += b.Count
			return
		}
	}
	a.Buckets = append(a.Buckets, bucket)
}

func shownEnd(v any) any {
	if at, ok := v.(time.Time); ok {
		return record.Instant(at)
	}
	return v
}

// filterOf is the condition on the records of a bucket in CQL2 text, by the names that filters use here; empty where there
// are no words for it.
func filterOf(f Facet, b FacetBucket) string {
	if f.Kind == FacetFilters {
		for _, named := range f.Filters {
			if named.Name == b.Value {
				return named.Text
			}
		}
	}
	text, err := cql2.Text(outward(b.Filter, f))
	if err != nil {
		return ""
	}
	return text
}

// outward is a condition by the names of records as clients know them.
func outward(e filter.Expr, f Facet) filter.Expr {
	named := func(o filter.Operand) filter.Operand {
		if o == f.Property {
			return filter.Property(f.Name)
		}
		if word, ok := o.(filter.Text); ok && f.Property == filter.PropertyType {
			return filter.Text(dublincore.TypeOf(string(word)))
		}
		return o
	}
	return filter.Rewrite(e, func(e filter.Expr) filter.Expr {
		switch e := e.(type) {
		case filter.Compare:
			return filter.Compare{Op: e.Op, Left: named(e.Left), Right: named(e.Right)}
		case filter.Array:
			return filter.Array{Op: e.Op, Left: named(e.Left), Right: named(e.Right)}
		}
		return e
	})
}
