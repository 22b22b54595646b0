package records

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/literal"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
)

// The bounds of lists in a query.
const (
	maxTerms  = 100 // of q, type, externalIds
	maxIDs    = 10_000
	maxQuery  = 16 << 10 // bytes of q
	maxOffset = 1_000_000
)

// empty are the parameters that say nothing when they have no value (/req/record-core-query-parameters/empty-value).
var empty = []string{
	"bbox", "datetime", "limit", "q", "type", "ids", "externalIds", "sortby", "offset", "startindex", "token", "filter", "filter-lang", "filter-crs",
	"bbox-crs", "crs", "profile", "facets",
}

// readQuery reads the parameters that all lists share (20-004r1, /req/record-core-query-parameters).
func readQuery(p *ogcapi.Params, limit, most int) Query {
	p.DropEmpty(empty...)
	q := Query{IDs: p.List("ids"), Geometry: readBBox(p), Time: p.Datetime(), After: p.Text("token"), Sort: readSort(p)}
	if p.Text("limit") != "0" || p.Text("facets") == "" { // who asks for facets may want nothing else
		q.Limit = p.Limit(limit, most)
	}
	q.Offset = readOffset(p)
	if len(q.IDs) > maxIDs {
		p.Fail(fault.At(fault.Invalid, "ids", "ids has %d values, at most %d are possible", len(q.IDs), maxIDs))
	}
	if q.After != "" && q.Offset > 0 {
		p.Fail(fault.At(fault.Invalid, "offset", "a page begins at a token or at an offset, not at both"))
	}
	q.and(readText(p))
	q.and(readTypes(p))
	q.and(readExternalIDs(p))
	q.and(readFilter(p))
	return q
}

// and bounds a query by one more condition.
func (q *Query) and(e filter.Expr) {
	switch all := q.Filter.(type) {
	case nil:
		q.Filter = e
	case filter.And:
		if e != nil {
			q.Filter = append(all, e)
		}
	default:
		if e != nil {
			q.Filter = filter.And{all, e}
		}
	}
}

// Free tells whether a query has no condition.
func (q Query) Free() bool {
	return q.Filter == nil && len(q.IDs) == 0 && q.Geometry == nil && q.Time.IsZero()
}

// holds tells whether a record satisfies the conditions of a query.
func (q Query) holds(rec record.Record) (bool, error) {
	all := filter.And{}
	for _, e := range []filter.Expr{filter.OneOf(filter.PropertyID, q.IDs...), q.Filter} {
		if e != nil {
			all = append(all, e)
		}
	}
	if q.Geometry != nil {
		all = append(all, filter.Intersects(q.Geometry))
	}
	if !q.Time.IsZero() {
		all = append(all, filter.During(q.Time))
	}
	prepared, err := filter.Prepare(all, nil)
	return err == nil && prepared.Holds(rec), err
}

// readOffset reads offset, or startindex, as it was called.
func readOffset(p *ogcapi.Params) int {
	name := "offset"
	if p.Has("startindex") {
		if p.Has("offset") {
			p.Fail(fault.At(fault.Invalid, "startindex", "startindex is another name of offset: only one of them may be given"))
		}
		name = "startindex"
	}
	text := p.Text(name)
	if text == "" {
		return 0
	}
	offset, err := strconv.Atoi(text)
	if err != nil || offset < 0 {
		p.Fail(fault.At(fault.Invalid, name, "%s is %q, not a whole number from 0", name, text))
		return 0
	}
	if offset > maxOffset {
		p.Fail(fault.At(fault.Invalid, name, "%s is %d, at most %d records are passed over: the links next of pages lead to all of them", name, offset, maxOffset))
		return 0
	}
	return offset
}

// readBBox reads bbox in the reference system of bbox-crs (18-058r1, 6.2).
func readBBox(p *ogcapi.Params) orb.Geometry {
	crs := readCRS(p, "bbox-crs")
	if crs == geo.CRS84 {
		return p.BBox()
	}
	text := p.Text("bbox")
	if text == "" {
		return nil
	}
	var v []float64
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			p.Fail(fault.At(fault.Invalid, "bbox", "bbox has %q where a number belongs", part))
			return nil
		}
		v = append(v, n)
	}
	if len(v) != 4 && len(v) != 6 {
		p.Fail(fault.At(fault.Invalid, "bbox", "bbox has %d numbers, not 4 or 6", len(v)))
		return nil
	}
	half := len(v) / 2
	box, err := literal.Box(crs, [2]float64{v[0], v[1]}, [2]float64{v[half], v[half+1]})
	if err != nil {
		p.Fail(fault.At(fault.Invalid, "bbox", "bbox: %w", err))
		return nil
	}
	return box
}

// readText reads q: any of the terms between commas; the words of a term stand behind each other
// (/req/record-core-query-parameters/q-definition).
func readText(p *ogcapi.Params) filter.Expr {
	text := p.Text("q")
	if len(text) > maxQuery {
		p.Fail(fault.At(fault.Invalid, "q", "q is longer than %d bytes", maxQuery))
		return nil
	}
	var any filter.Or
	for term := range strings.SplitSeq(text, ",") {
		if words := strings.Join(strings.Fields(term), " "); words != "" {
			any = append(any, filter.AnyText{Words: words, Pattern: phrase(words)})
		}
	}
	switch {
	case len(any) > maxTerms:
		p.Fail(fault.At(fault.Invalid, "q", "q has %d terms, at most %d are possible", len(any), maxTerms))
	case len(any) == 1:
		return any[0]
	case len(any) > 1:
		return any
	}
	return nil
}

// phrase is the pattern of words that have to stand behind each other; a single word needs none.
func phrase(words string) string {
	if len(filter.Words(words)) < 2 {
		return ""
	}
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(words)
}

func readTypes(p *ogcapi.Params) filter.Expr {
	words := p.List("type")
	if tooMany(p, "type", words) {
		return nil
	}
	var all []string
	for _, word := range words {
		all = append(all, typesOf(word)...)
	}
	return filter.OneOf(filter.PropertyType, all...)
}

func tooMany(p *ogcapi.Params, name string, values []string) bool {
	if len(values) > maxTerms {
		p.Fail(fault.At(fault.Invalid, name, "%s has %d values, at most %d are possible", name, len(values), maxTerms))
		return true
	}
	return false
}

// externalIDs is the property in which the catalogue keeps by which identifiers others know a record: each by itself, behind
// its scheme and a colon, and the scheme with its colon alone.
const externalIDs = "externalIds"

// readExternalIDs reads identifiers with or without the scheme that they are of, or the scheme alone, a colon behind it
// (/req/record-core-query-parameters/externalIds-response).
func readExternalIDs(p *ogcapi.Params) filter.Expr {
	values := p.List("externalIds")
	if len(values) == 0 || tooMany(p, "externalIds", values) {
		return nil
	}
	var list filter.List
	var dois []string
	for _, value := range values {
		list = append(list, filter.Text(value))
		switch doi, qualified := strings.CutPrefix(value, schemeDOI+":"); {
		case qualified && doi != "":
			dois = append(dois, doi)
		case !qualified:
			dois = append(dois, value)
		}
	}
	any := filter.Or{filter.OneOf(filter.PropertyID, slices.Concat(values, dois)...), filter.Array{Op: filter.AOverlaps, Left: filter.Property(externalIDs), Right: list}}
	if len(dois) > 0 {
		any = append(any, filter.OneOf("sci:doi", dois...))
	}
	if slices.Contains(values, schemeDOI+":") {
		any = append(any, filter.Not{Expr: filter.IsNull{Operand: filter.Property("sci:doi")}}, filter.Like{Operand: filter.PropertyID, Pattern: filter.Text("10.%/%")})
	}
	return any
}

// readOthers reads every other parameter that is a queryable: records that have the value
// (19-079r2, /req/queryables-query-parameters).
func (a api) readOthers(ctx context.Context, on asked, p *ogcapi.Params, q *Query) error {
	others := p.Others()
	if len(others) == 0 {
		return nil
	}
	if tooMany(p, "parameters", others) {
		return nil
	}
	have, err := a.knownQueryables(ctx, on, q.Collections, others)
	if err != nil {
		return err
	}
	for _, name := range others {
		property, text, err := names{}.Property(name)
		typ, has := have(property)
		if err != nil || property == filter.PropertyGeometry || property == filter.PropertyTime || !text && !has {
			continue // Err reports it as unknown
		}
		value := p.Text(name)
		switch {
		case text:
			q.and(filter.AnyText{Words: value, Pattern: phrase(value)})
		case property == filter.PropertyType:
			q.and(filter.OneOf(property, typesOf(value)...))
		default:
			e, err := equals(property, value, typ)
			if err == nil {
				err = filter.Check(e, nil)
			}
			p.Fail(at(name, err))
			q.and(e)
		}
	}
	return nil
}

// equals is the condition that a property has a value, which is written as those of the property's type are.
func equals(property filter.Property, value string, typ Queryable) (filter.Expr, error) {
	e := filter.Compare{Op: filter.Equal, Left: property, Right: filter.Untyped{Text: value}}
	switch {
	case typ.Format == "date-time":
		at, err := ogcapi.Datetime(value)
		if err != nil || !at.Start.Equal(at.End) {
			return nil, fault.New(fault.Invalid, "%s is %q, where a date-time such as 2026-04-30T10:00:31Z belongs", property, value)
		}
		e.Right = filter.Timestamp{Time: at.Start}
	case typ.Type == "number" || typ.Type == "integer":
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fault.New(fault.Invalid, "%s is %q, where a number belongs", property, value)
		}
	case typ.Type == "boolean" && value != "true" && value != "false":
		return nil, fault.New(fault.Invalid, "%s is %q, where true or false belongs", property, value)
	}
	return e, nil
}

// at is the failure of a parameter.
func at(name string, err error) error {
	if err == nil {
		return nil
	}
	return fault.At(fault.Invalid, name, "%w", err)
}

// knownQueryables tells which properties records have and, of those that are not known by themselves, of what type they
// are. The catalogue is asked only when there is one.
func (a api) knownQueryables(ctx context.Context, on asked, collections []string, wanted []string) (func(filter.Property) (Queryable, bool), error) {
	inCore := func(p filter.Property) bool { return filter.Core(p) || coreProperties[string(p)] != "" }
	learnt := map[filter.Property]Queryable{}
	have := func(p filter.Property) (Queryable, bool) {
		q, has := learnt[p]
		return q, has || inCore(p)
	}
	if !slices.ContainsFunc(wanted, func(name string) bool { p, _, err := names{}.Property(name); return err == nil && !inCore(p) }) {
		return have, nil
	}
	found, err := a.Store.Queryables(ctx, on.scope, collections)
	for _, f := range found {
		learnt[filter.Property(f.Name)] = f
	}
	return have, err
}
