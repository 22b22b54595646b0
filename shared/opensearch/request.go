package opensearch

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/cql"
	"perigee/shared/filter/literal"
	ranges "perigee/shared/filter/opensearch"
	"perigee/shared/filter/wkt"
	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// maxBody bounds a form, which holds a geometry at most.
const maxBody = 1 << 20

// pair is a parameter as it was sent.
type pair struct{ name, value string }

// read takes the parameters of a query, or of a form.
func (c *call) read() error {
	values := c.r.URL.Query()
	if c.r.Method == http.MethodPost {
		c.r.Body = http.MaxBytesReader(nil, c.r.Body, maxBody)
		if err := c.r.ParseForm(); err != nil {
			return fault.Classify(fault.Invalid, err, "reading the form")
		}
		values = c.r.Form
	}
	known := url.Values{}
	for _, name := range sorted(values) {
		key := strings.ToLower(name)
		key = cmp.Or(aliases[key], key)
		for _, value := range values[name] {
			if known.Add(key, value); strings.TrimSpace(value) != "" {
				c.pairs = append(c.pairs, pair{key, value})
			}
		}
	}
	c.params = ows.NewParams(known)
	return nil
}

func sorted(values url.Values) []string {
	var all []string
	for name := range values {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// query reads what is asked for; what is wrong is noted. Parameters that nobody knows do no harm.
func (c *call) query() Query {
	p := c.params
	q := Query{Offset: p.Int("startIndex", 0, 0, maxStart), Limit: min(p.Int("count", defaultCount, 0, math.MaxInt32), maxCount)}
	var all filter.And
	add := func(e filter.Expr) {
		if e != nil {
			all = append(all, e)
		}
	}
	add(c.words())
	if id := p.Get("uid"); id != "" {
		add(filter.OneOf(filter.PropertyID, id))
	}
	for _, e := range c.place() {
		add(e)
	}
	add(c.time())
	for _, o := range observation {
		for _, value := range p.Values(o.name) {
			add(c.observed(o, value))
		}
	}
	add(c.condition())
	if len(all) > 0 {
		q.Filter = all
	}
	return q
}

// maxWords bounds the words of a search.
const maxWords = 20

// words reads q: each of its words is to stand somewhere in the texts of a record, its identifier among them, be it within
// another word.
func (c *call) words() filter.Expr {
	var all filter.And
	for _, word := range strings.Fields(c.params.Get("q")) {
		if len(all) == maxWords {
			c.params.Fail(ows.Invalid("q", "more than %d words are searched", maxWords))
			break
		}
		all = append(all, filter.AnyText{Pattern: "%" + literally.Replace(word) + "%"})
	}
	if all == nil {
		return nil
	}
	return all
}

// literally takes the characters of patterns for themselves.
var literally = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// observed is the condition of a parameter of earth observation. Of a property that is a list one element has to fit.
func (c *call) observed(o parameter, value string) filter.Expr {
	e, err := ranges.Parse(o.name, value, names{})
	if err != nil {
		c.params.Fail(err)
		return nil
	}
	if one, ok := e.(filter.Compare); ok && isList(o.property) {
		return filter.Match{Action: filter.MatchAny, Compare: one}
	}
	return e
}

func isList(p filter.Property) bool { return p == "instruments" || p == "sar:polarizations" }

// condition reads cql.
func (c *call) condition() filter.Expr {
	text := c.params.Get("cql")
	if text == "" {
		return nil
	}
	e, err := cql.Parse(text, names{})
	if err != nil {
		c.params.Fail(ows.Invalid("cql", "%v", err))
	}
	return e
}

// place reads where: a box, a geometry, a place with what lies around it.
func (c *call) place() []filter.Expr {
	p := c.params
	relation := p.Choice("georel", relationIntersects, relationIntersects, relationContains, relationDisjoint)
	var all []filter.Expr
	if box, ok := p.BBox("bbox"); ok {
		g, err := literal.Box(cmp.Or(box.CRS, geo.CRS84), box.Lower, box.Upper)
		if err == nil {
			err = geo.Check(g)
		}
		if err != nil {
			p.Fail(ows.Invalid("bbox", "%v", err))
		} else {
			all = append(all, related(relation, g))
		}
	}
	if text := p.Get("geom"); text != "" {
		if g, err := geometry(text); err != nil {
			p.Fail(ows.Invalid("geom", "%v", err))
		} else {
			all = append(all, related(relation, g))
		}
	}
	if e := c.around(relation); e != nil {
		all = append(all, e)
	}
	return all
}

// geometry reads WKT.
func geometry(text string) (orb.Geometry, error) {
	var reader wkt.Reader
	g, n, err := reader.Read(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	if rest := strings.TrimSpace(strings.TrimSpace(text)[n:]); rest != "" {
		return nil, fault.New(fault.Invalid, "%.40q follows the geometry", rest)
	}
	return g, geo.Check(g)
}

// related is how footprints lie to a geometry: what it contains lies within it (10-032r8 clause 6.6).
func related(relation string, g orb.Geometry) filter.Expr {
	op := map[string]filter.SpatialOp{relationIntersects: filter.SIntersects, relationContains: filter.SWithin, relationDisjoint: filter.SDisjoint}[relation]
	return filter.Spatial{Op: op, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: g}, MissingIsFalse: true}
}

// around reads a place and how far around it is looked.
func (c *call) around(relation string) filter.Expr {
	p := c.params
	if !p.Has("lon") && !p.Has("lat") || p.Get("lon")+p.Get("lat") == "" {
		if p.Get("r") != "" {
			p.Fail(ows.Invalid("r", "there is a radius, but no place: lon and lat are missing"))
		}
		return nil
	}
	p.Need("lon")
	p.Need("lat")
	at := orb.Point{p.Float("lon", 0), p.Float("lat", 0)}
	if err := geo.Check(at); err != nil {
		p.Fail(ows.Invalid("lon", "%v", err))
		return nil
	}
	metres, err := literal.Metres(p.Float("r", 0), "m")
	switch {
	case err != nil:
		p.Fail(ows.Invalid("r", "%v", err))
		return nil
	case relation == relationContains && metres > 0:
		p.Fail(ows.Invalid("georel", "what lies within a radius is not asked for: intersects and disjoint are"))
		return nil
	case metres == 0:
		return related(relation, at)
	}
	return filter.Distance{Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: at}, Metres: metres, Beyond: relation == relationDisjoint}
}

// time reads when. What an interval contains begins and ends within it.
func (c *call) time() filter.Expr {
	p := c.params
	relation := p.Choice("timerel", relationIntersects, relationIntersects, relationContains, relationDuring, relationDisjoint, relationEquals)
	start, end := p.Get("start"), p.Get("end")
	if start+end == "" {
		return nil
	}
	interval, err := record.ParseInterval(cmp.Or(start, "..") + "/" + cmp.Or(end, ".."))
	if err != nil {
		at := "start"
		if start == "" {
			at = "end"
		}
		p.Fail(ows.Invalid(at, "%v", err))
		return nil
	}
	switch relation {
	case relationContains, relationDuring:
		return within(interval)
	case relationDisjoint, relationEquals:
		op := map[string]filter.TemporalOp{relationDisjoint: filter.TDisjoint, relationEquals: filter.TEquals}[relation]
		during := filter.During(interval).(filter.Temporal)
		during.Op = op
		return during
	}
	return filter.During(interval)
}

// within holds for what begins and ends within an interval, ends included.
func within(i record.Interval) filter.Expr {
	var all filter.And
	if !i.Start.IsZero() {
		all = append(all, filter.Compare{Op: filter.GreaterOrEqual, Left: filter.PropertyStart, Right: filter.Timestamp{Time: i.Start}})
	}
	if !i.End.IsZero() {
		all = append(all, filter.Compare{Op: filter.LessOrEqual, Left: filter.PropertyEnd, Right: filter.Timestamp{Time: i.End}})
	}
	return all
}
