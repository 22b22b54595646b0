package csw

import (
	"cmp"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/cql"
	"perigee/shared/filter/fes"
	"perigee/shared/filter/literal"
	"perigee/shared/filter/wkt"
	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// conditionsKVP reads all that key-value pairs say of the records: constraint, and of 3.0.0 (12-176r7, 7.3.4) q, bbox, recordIds,
// geometry, lat, lon and radius, and time, with the parameters of Earth observation. It is nil when they say nothing.
func conditionsKVP(p *ows.Params) filter.Expr {
	var parts filter.And
	add := func(e filter.Expr) {
		if e != nil {
			parts = append(parts, e)
		}
	}
	add(constraintKVP(p))
	if words := p.Get("q"); words != "" {
		add(filter.AnyText{Words: words})
	}
	if ids := p.List("recordIds"); ids != nil {
		add(filter.OneOf(filter.PropertyID, ids...))
	}
	if box := boxKVP(p); box != nil {
		add(filter.Intersects(box))
	}
	add(geometryKVP(p))
	add(radiusKVP(p))
	add(timeKVP(p))
	add(earthKVP(p))
	if len(parts) == 0 {
		return nil
	}
	return parts
}

// parse reads a constraint.
func (c constraint) parse() (filter.Expr, error) {
	var e filter.Expr
	var err error
	switch {
	case c.Filter != nil:
		e, err = fes.Parse(c.Filter, names{})
	case c.Filter2 != nil:
		e, err = fes.Parse(c.Filter2, names{})
	case c.CQL != nil:
		if e, err = cql.Parse(strings.TrimSpace(*c.CQL), names{}); err == nil {
			e = caseless(e)
		}
	default: // the schema does not allow it
		err = ows.NoApplicableCode.At(fault.Invalid, "Constraint", "the constraint holds no ogc:Filter, no fes:Filter and no CqlText")
	}
	if err != nil {
		return nil, err
	}
	return Certain(e), nil
}

// caseless is a condition whose patterns take no regard to case. CQL (07-006r1, clause 6.2.2) does not say whether those of LIKE do;
// catalogues find titles however they are written. A title is also looked for in all text, of which it is a part, for that is quick.
func caseless(e filter.Expr) filter.Expr {
	return filter.Rewrite(e, func(e filter.Expr) filter.Expr {
		like, _ := e.(filter.Like)
		pattern, plain := unfolded(like.Pattern).(filter.Text)
		property, is := unfolded(like.Operand).(filter.Property)
		if !plain || !is {
			return e
		}
		folded := filter.Like{Operand: filter.CaseI{Operand: property}, Pattern: filter.CaseI{Operand: pattern}}
		if property == filter.PropertyTitle {
			return filter.And{filter.AnyText{Pattern: "%" + string(pattern) + "%"}, folded}
		}
		return folded
	})
}

// unfolded is an operand as it is written, of ILIKE too.
func unfolded(o filter.Operand) filter.Operand {
	if folded, is := o.(filter.CaseI); is {
		return folded.Operand
	}
	return o
}

func constraintKVP(p *ows.Params) filter.Expr {
	text := p.Get("constraint")
	if text == "" {
		return nil
	}
	var c constraint
	var err error
	switch language := strings.ToUpper(p.Need("constraintLanguage")); language {
	case "CQL_TEXT":
		c.CQL = &text
	case "FILTER":
		err = ows.DecodeXML([]byte(text), &c.Filter)
	case "":
		return nil
	default:
		err = ows.Invalid("constraintLanguage", "%q is not CQL_TEXT or FILTER", language)
	}
	if err != nil {
		p.Fail(err)
		return nil
	}
	e, err := c.parse()
	p.Fail(err)
	return e
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
		return nil
	}
	return g
}

// relations are the spatial relations of 3.0.0 (12-176r7, table 6), by their names in lower case.
var relations = map[string]filter.SpatialOp{
	"": filter.SIntersects, "intersects": filter.SIntersects, "equals": filter.SEquals, "disjoint": filter.SDisjoint, "touches": filter.STouches,
	"within": filter.SWithin, "overlaps": filter.SOverlaps, "crosses": filter.SCrosses, "contains": filter.SContains,
}

// geometryKVP reads geometry, well-known text of longitudes and latitudes, and relation.
func geometryKVP(p *ows.Params) filter.Expr {
	text := p.Get("geometry")
	if text == "" {
		return nil
	}
	var reader wkt.Reader
	g, n, err := reader.Read(text)
	if err == nil && strings.TrimSpace(text[n:]) != "" {
		err = fault.New(fault.Invalid, "there is more behind the geometry: %.100q", text[n:])
	}
	if err == nil {
		err = geo.Check(g)
	}
	if err != nil {
		p.Fail(ows.Invalid("geometry", "%v", err))
		return nil
	}
	op, known := relations[strings.ToLower(p.Get("relation"))]
	if !known {
		p.Fail(ows.Invalid("relation", "there is no spatial relation %q", p.Get("relation")))
	}
	return filter.Spatial{Op: op, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: g}, MissingIsFalse: true}
}

// radiusKVP reads lat, lon and radius: a place and how many metres around it.
func radiusKVP(p *ows.Params) filter.Expr {
	if p.Get("lat") == "" && p.Get("lon") == "" && p.Get("radius") == "" {
		return nil
	}
	at := orb.Point{degrees(p, "lon", 180), degrees(p, "lat", 90)}
	p.Need("radius")
	radius := p.Float("radius", 1)
	if radius <= 0 {
		p.Fail(ows.Invalid("radius", "radius is %v, not a number of metres", radius))
	}
	return filter.Distance{Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: at}, Metres: radius}
}

func degrees(p *ows.Params, name string, most float64) float64 {
	p.Need(name)
	d := p.Float(name, 0)
	if math.Abs(d) > most {
		p.Fail(ows.Invalid(name, "%s is %v, not from -%v to %v", name, d, most, most))
	}
	return d
}

// timeKVP reads time, an instant or an interval, or its ends, start and stop, by which pycsw has them in its description of OpenSearch too;
// records match whose time shares an instant with it.
func timeKVP(p *ows.Params) filter.Expr {
	name, text := "time", p.Get("time")
	if start, stop := p.Get("start"), p.Get("stop"); (text == "" || text == "/") && start+stop != "" {
		name, text = "start", start+"/"+stop
	}
	if text == "" {
		return nil
	}
	when, err := record.ParseInterval(text)
	if err != nil {
		p.Fail(ows.Invalid(name, "%v", err))
		return nil
	}
	if trel := strings.ToLower(p.Get("trel")); trel != "" && trel != "anyinteracts" {
		p.Fail(ows.Invalid("trel", "the temporal relation %q is not offered, but AnyInteracts", p.Get("trel")))
	}
	if when.IsZero() {
		return nil
	}
	return filter.During(when)
}

// Certain makes a condition that of Filter Encoding: a record that lacks what a comparison is about does not fulfil it, and so
// fulfils its contrary. And what stands for several properties becomes a condition on any of them.
func Certain(e filter.Expr) filter.Expr {
	switch e := e.(type) {
	case filter.And:
		return filter.And(all(e))
	case filter.Or:
		return filter.Or(all(e))
	case filter.Not:
		return filter.Not{Expr: filter.Certain{Expr: Certain(e.Expr)}}
	}
	if about(e, filter.PropertyType) {
		return ofType(e)
	}
	if about(e, stampProperty) {
		return ofStamp(e)
	}
	for property, several := range either {
		if !about(e, property) {
			continue
		}
		var of []filter.Expr
		for _, one := range several {
			of = append(of, ofCollection(renamed(e, property, one)))
		}
		if _, none := e.(filter.IsNull); none {
			return filter.And(of)
		}
		return filter.Or(of)
	}
	return e
}

func all(parts []filter.Expr) []filter.Expr {
	out := make([]filter.Expr, len(parts))
	for i, part := range parts {
		out[i] = Certain(part)
	}
	return out
}

// about tells whether a condition speaks of a property.
func about(e filter.Expr, property filter.Property) bool {
	found := false
	each(e, func(o filter.Operand) filter.Operand {
		found = found || o == filter.Operand(property)
		return o
	})
	return found
}

// renamed is a condition on another property in place of one.
func renamed(e filter.Expr, from, to filter.Property) filter.Expr {
	return each(e, func(o filter.Operand) filter.Operand {
		if o == filter.Operand(from) {
			return to
		}
		return o
	})
}

// each is a condition whose operands are replaced, where they stand in it directly or folded.
func each(e filter.Expr, replace func(filter.Operand) filter.Operand) filter.Expr {
	of := func(o filter.Operand) filter.Operand {
		switch o := o.(type) {
		case filter.Property:
			return replace(o)
		case filter.CaseI:
			if p, is := o.Operand.(filter.Property); is {
				return filter.CaseI{Operand: replace(p)}
			}
		}
		return o
	}
	switch e := e.(type) {
	case filter.Compare:
		return filter.Compare{Op: e.Op, Left: of(e.Left), Right: of(e.Right)}
	case filter.Match:
		return filter.Match{Action: e.Action, Compare: filter.Compare{Op: e.Compare.Op, Left: of(e.Compare.Left), Right: of(e.Compare.Right)}}
	case filter.Like:
		return filter.Like{Operand: of(e.Operand), Pattern: e.Pattern}
	case filter.In:
		return filter.In{Operand: of(e.Operand), Values: e.Values}
	case filter.Between:
		return filter.Between{Operand: of(e.Operand), Low: of(e.Low), High: of(e.High)}
	case filter.IsNull:
		return filter.IsNull{Operand: of(e.Operand)}
	}
	return e
}

// ofCollection is a condition where a record in no collection has none: its collection is an empty text.
func ofCollection(e filter.Expr) filter.Expr {
	none := filter.Compare{Op: filter.Equal, Left: filter.PropertyCollection, Right: filter.Text("")}
	switch e := e.(type) {
	case filter.IsNull:
		if e.Operand == filter.Operand(filter.PropertyCollection) {
			return none
		}
	case filter.Like:
		if about(e, filter.PropertyCollection) {
			return filter.And{filter.Not{Expr: none}, e}
		}
	}
	return e
}

// ofStamp is a condition on when metadata were changed, by their own word or, of those that have none, by that of the catalogue.
func ofStamp(e filter.Expr) filter.Expr {
	const said filter.Property = record.PropertyDateStamp
	if _, none := e.(filter.IsNull); none {
		return filter.And{filter.IsNull{Operand: said}, renamed(e, stampProperty, filter.PropertyModified)}
	}
	return filter.Or{
		renamed(e, stampProperty, said),
		filter.And{filter.IsNull{Operand: said}, renamed(e, stampProperty, filter.PropertyModified)},
	}
}

// ofType is a condition on the type of records, in words that stand for several of them.
func ofType(e filter.Expr) filter.Expr {
	switch e := e.(type) {
	case filter.Match: // there is one type
		return ofType(e.Compare)
	case filter.Compare:
		word, is := wordOf(e.Right)
		switch {
		case is && e.Op == filter.Equal:
			return filter.OneOf(filter.PropertyType, typesCalled(word)...)
		case is && e.Op == filter.NotEqual:
			return filter.Not{Expr: filter.OneOf(filter.PropertyType, typesCalled(word)...)}
		}
	case filter.In:
		var called []string
		for _, value := range e.Values {
			word, is := wordOf(value)
			if !is {
				return e
			}
			called = append(called, typesCalled(word)...)
		}
		return filter.OneOf(filter.PropertyType, called...)
	case filter.Like:
		return liked(e)
	}
	return e
}

// wordOf is the text of a literal.
func wordOf(o filter.Operand) (word string, is bool) {
	switch o := o.(type) {
	case filter.Untyped:
		return o.Text, true
	case filter.Text:
		return string(o), true
	}
	return "", false
}

// liked is a pattern of the words for types: of those that stand for types by another name too.
func liked(e filter.Like) filter.Expr {
	of := filter.Or{e}
	for _, word := range []string{dublincore.TypeDataset, dublincore.TypeSeries} {
		told := each(e, func(filter.Operand) filter.Operand { return filter.Text(word) })
		if filter.Holds(told, record.Record{}) {
			of = append(of, filter.OneOf(filter.PropertyType, dublincore.RecordType(word)))
		}
	}
	return of
}
