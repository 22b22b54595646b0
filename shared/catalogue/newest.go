package catalogue

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The planner misjudges "the newest of …" in two ways: it walks back through all time for what is not there, or it gathers
// and sorts all that ever was for ten records. So what is read is bounded here, by what the tallies know: by place and
// collection where there is a geometry, and by time.

const (
	few        = 10_100 // records of a page that every place may be asked for
	narrow     = 60     // places that are looked through one by one; where there are more, most of the newest are there
	gatherable = 300    // records that are all found, and sorted, sooner than otherwise
	examined   = 4000   // records that are looked through, newest first, before another way is taken

	examinedLong = 100_000 // the same, where the other way is to find most of what there is
)

// The pyramid of places; see the function perigee.place.
const (
	finestPlaces = 6
	finestSize   = 5.625 // degrees
	placeLevel   = 2048
	placeRow     = 64
)

// placesOf are the places of footprints that may touch any of the bounds: those whose cell, half a cell wider on all
// sides, does.
func placesOf(all []orb.Bound) []int {
	places := []int{0}
	size := finestSize
	for level := finestPlaces; level > 0; level, size = level-1, size*2 {
		for _, b := range all {
			places = append(places, placesAt(b, level, size)...)
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

func placesAt(b orb.Bound, level int, size float64) []int {
	columns := 1 << level
	half := size/2 + edge
	first, last := int(math.Floor((b.Min[0]-half+180)/size)), int(math.Floor((b.Max[0]+half+180)/size))
	last = min(last, first+columns-1)
	south, north := placeRows(b, half, size, columns/2)
	var places []int
	for row := south; row <= north; row++ {
		for column := first; column <= last; column++ {
			places = append(places, level*placeLevel+row*placeRow+(column%columns+columns)%columns)
		}
	}
	return places
}

func placeRows(b orb.Bound, half, size float64, rows int) (south, north int) {
	row := func(latitude float64) int { return min(max(int(math.Floor((latitude+90)/size)), 0), rows-1) }
	return row(b.Min[1] - half), row(b.Max[1] + half)
}

// isNewest tells whether records are asked for newest first, forward.
func (p *searchPlan) isNewest(q Query) bool {
	return len(q.Sort) == 0 && (p.after == nil || !p.after.Back && !p.after.With)
}

// found is the statement that finds a page, and perhaps more, as keys called as the columns of the page; order is that of
// records called r.
func (p *searchPlan) found(c *filter.Compiler, sc scope.Scope, q Query, condition condition, columns string) finding {
	limit, back := p.limit+1+q.Offset, p.after != nil && p.after.Back
	order := orderBy(p.keys, back, p.expression)
	switch only := onlyBounds(q); {
	case p.together:
		return finding{sql: condition.each(c, sc, columns, "", p.hints.gather+1)}
	case p.function:
		return finding{p.byPlace(c, sc, q, condition, columns, limit), true}
	case p.hints.rare && len(q.IDs) == 0:
		return finding{condition.gathered(c, sc, columns, order, limit), condition.parts(sc) == 1}
	case !p.isNewest(q):
	case len(condition.geometries) > 0 && only:
		return finding{sql: p.around(c, sc, q, condition, columns, order, limit)}
	case p.hints.frequent && len(q.IDs) == 0:
		recent := func(n int) string { return condition.recent(c, sc, q, columns, limit, n, p.upto(c, condition)) }
		return finding{sql: p.first(c, recent(examined), p.first(c, recent(examinedLong), condition.gathered(c, sc, columns, order, limit), limit), limit)}
	}
	return finding{condition.each(c, sc, columns, order, limit), condition.parts(sc) == 1}
}

// finding is a statement that finds the records of a page: perhaps more, and in no order, unless it is the whole answer.
type finding struct {
	sql   string
	whole bool
}

// around finds the newest in a place: in a wide one among the newest of all, else in each of the small ones that it consists of.
func (p *searchPlan) around(c *filter.Compiler, sc scope.Scope, q Query, condition condition, columns, order string, limit int) string {
	places := placesOf(geo.Bounds(condition.geometries[0]))
	near := func(upto string) string { return condition.near(c, sc, q, places, columns, order, limit, upto) }
	sure := func() string { return p.first(c, near(p.upto(c, condition)), near(""), limit) }
	if len(places) <= narrow {
		return sure()
	}
	return p.first(c, condition.recent(c, sc, q, columns, limit, examined, p.upto(c, condition)), sure(), limit)
}

// onlyBounds tells whether nothing but types, collections, places and times is asked for.
func onlyBounds(q Query) bool { return len(q.IDs) == 0 && q.Text == "" && boundsOnly(q.Filter) }

// planned tells whether the database has a function for the question: a few of the newest in one place.
func (p *searchPlan) planned(q Query, condition condition) bool {
	return p.isNewest(q) && onlyBounds(q) && len(condition.geometries) == 1 && len(condition.times) <= 1 && p.limit+1+q.Offset <= few
}

// plain tells whether the newest of all records are asked for, or of one collection, or the first by their identifiers, for a usual
// page: whatever workspace and collection that is, an index gives them in their order.
func (p *searchPlan) plain(q Query) bool {
	first := q.After == "" && len(q.Collections) == 0 && len(q.Sort) == 1 && q.Sort[0].Property == filter.PropertyID
	return q.Limit >= 0 && (p.isNewest(q) || first) && unbounded(q) && q.Offset == 0 && len(q.Collections) <= 1 && usual(p.limit+1) &&
		(len(q.Types) == 0 || len(q.Types) == 1 && q.Types[0] == record.TypeItem)
}

// usual tells whether a page has a size that many pages have, and one record more.
func usual(limit int) bool {
	return slices.Contains([]int{1, 2, 5, 10, 12, 20, 24, 25, 30, 50, 100, 200, 250, 500, 1000}, limit-1)
}

// limited is how many records are wanted: a number where it is usual, so that a plan that is kept knows it, else an argument.
func limited(c *filter.Compiler, limit int) string {
	if usual(limit) {
		return strconv.Itoa(limit)
	}
	return c.Arg(limit) + "::bigint"
}

// argued is what a function of the database needs of a condition.
func (s condition) argued(c *filter.Compiler) condition {
	needed := condition{geometries: s.geometries}
	for _, t := range s.times {
		needed.times = append(needed.times, boundBy(c, t.interval))
	}
	return needed
}

// byPlace asks the function perigee.around, which is planned once, in every readable workspace.
func (p *searchPlan) byPlace(c *filter.Compiler, sc scope.Scope, q Query, condition condition, columns string, limit int) string {
	places := placesOf(geo.Bounds(condition.geometries[0]))
	order := " order by a.datetime desc, a.collection, a.id, a.workspace limit " + c.Arg(limit) + "::bigint"
	arguments := []string{c.Arg(list(q.Types)) + "::text[]", c.Arg(list(q.Collections)) + "::text[]", c.Arg(condition.geometries[0]) + "::geometry",
		boxesOf(c, condition.geometries[0]), c.Arg(places) + "::integer[]"}
	arguments = append(arguments, condition.period()...)
	arguments = append(arguments, p.place(c)...)
	look, sort := 0, gatherable
	if len(places) > narrow {
		look = max(5*examined, 100*limit)
	}
	arguments = append(arguments, c.Arg(limit)+"::bigint", c.Arg(sort)+"::bigint", c.Arg(look)+"::bigint")
	var parts []string
	for _, workspace := range readable(sc) {
		parts = append(parts, "select * from perigee.around("+c.Arg(workspace)+"::text, "+strings.Join(arguments, ", ")+")")
	}
	return "select " + columns + " from (select a.* from (" + strings.Join(parts, " union all ") + ") a" + order + ") a join perigee.record r on r.pk = a.pk"
}

// list is an argument that is null when it is empty.
func list(texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	return texts
}

// boxesOf are the boxes of a geometry, part by part, as an argument.
func boxesOf(c *filter.Compiler, g orb.Geometry) string {
	parts := filter.BoxesOf(g)
	texts := make([]string, len(parts))
	for i, b := range parts {
		texts[i] = c.Arg(b) + "::geometry"
	}
	return "array[" + strings.Join(texts, ", ") + "]"
}

// period is the time that is asked for, as two arguments.
func (s condition) period() []string {
	ends := []string{"null::timestamptz", "null::timestamptz"}
	for _, t := range s.times {
		if t.start != "" {
			ends[0] = t.start
		}
		if t.end != "" {
			ends[1] = t.end
		}
	}
	return ends
}

// place is where the page begins, newest first, as four arguments.
func (p *searchPlan) place(c *filter.Compiler) []string {
	values := []string{"null::timestamptz", "null::text", "null::text", "null::text"}
	if p.after == nil {
		return values
	}
	for i, key := range p.after.Keys {
		values[i] = c.Arg(key) + "::text"
	}
	values[0] += "::timestamptz"
	return values
}

// first is the answer of one statement when that suffices, else that of another, which is not carried out before.
func (p *searchPlan) first(c *filter.Compiler, quick, sure string, limit int) string {
	enough := c.Arg(limit) + "::bigint"
	return "(with quick as materialized (select * from (" + quick + ") q" + orderBy(p.keys, false, p.column) + " limit " + enough + ")" +
		" select * from quick where (select count(*) from quick) >= " + enough +
		" union all select * from (" + sure + ") sure where (select count(*) from quick) < " + enough + ")"
}

// condition adds what a query of words tells of the records. The planner is not to see words that few have: for each that it does not know it
// takes one of 200 records to have it, so that it would rather read all records than ask the index for some words of which each is of a few.
// What it knows many to have it is to see: it finds a page of them in its order, and need not gather them all.
func (h hints) condition(c *filter.Compiler) string {
	switch {
	case h.never:
		return " and false"
	case h.words != "" && h.rare:
		return " and r.words @@ (select " + c.Arg(h.words) + "::text::tsquery)"
	case h.words != "":
		return " and r.words @@ " + c.Arg(h.words) + "::text::tsquery"
	}
	return ""
}

// withoutNewest leaves out the order that holds anyway.
func withoutNewest(sort []Sort) []Sort {
	if len(sort) == 1 && sort[0] == (Sort{Property: filter.PropertyDatetime, Desc: true}) {
		return nil
	}
	return sort
}

// upto is the time that what is asked for begins at most at, as an argument; null when there is none.
func (p *searchPlan) upto(c *filter.Compiler, condition condition) string {
	ends := []string{"null::timestamptz"}
	for _, t := range condition.times {
		if t.end != "" {
			ends = append(ends, t.end)
		}
	}
	if p.after != nil {
		ends = append(ends, c.Arg(p.after.Keys[0])+"::text::timestamptz")
	}
	return "least(" + strings.Join(ends, ", ") + ")"
}

// near looks through each collection in each place by itself, as far as its tallies say that there is something.
// With upto, a time, it begins where there should be twice as many records as are wanted until then.
func (s condition) near(c *filter.Compiler, sc scope.Scope, q Query, in []int, columns, order string, limit int, upto string) string {
	places := c.Arg(in) + "::integer[]"
	collections, among := collectionsOf(c, q)
	wanted := c.Arg(limit) + "::bigint"
	inside := s.inside()
	var parts []string
	for _, workspace := range readable(sc) {
		name := c.Arg(workspace) + "::text"
		from := ""
		if upto != "" {
			from = " and r.datetime >= (select perigee.since(" + name + ", " + collections + ", " + places + ", " + upto + ", " + c.Arg(2*limit) + "::bigint))" + short
		}
		where := " from perigee.record r where r.workspace = " + name + " and r.place = t.place and r.collection = t.collection and not r.lasts and " +
			s.shared(false) + s.cheap + from + inside
		found := s.newest(columns, where, wanted)
		parts = append(parts, "(select found.* from (select t.collection, t.place from perigee.tally t where t.workspace = "+name+" and t.place = any("+places+")"+
			among+s.months()+" group by 1, 2 having sum(t.n) > 0 offset 0) t cross join lateral ("+found+") found)")
		if !s.brief {
			parts = append(parts, "("+s.compared(columns, " from perigee.record r where r.workspace = "+name+" and "+s.lasting()+order, " limit "+wanted)+")")
		}
	}
	return strings.Join(parts, " union all ")
}

// inside is touching, but not for the index of footprints, which would be asked anew for each place.
func (s condition) inside() string {
	var text string
	for _, box := range s.boxes {
		text += " and (" + box + ") is true"
	}
	return text
}

// collectionsOf are the collections of a query as an argument, and as a condition on tallies called t.
func collectionsOf(c *filter.Compiler, q Query) (collections, among string) {
	if len(q.Collections) == 0 {
		return "null::text[]", ""
	}
	collections = c.Arg(q.Collections) + "::text[]"
	return collections, " and t.collection = any(" + collections + ")"
}

// months bounds the tallies of what does not last by time.
func (s condition) months() string {
	var text string
	for _, t := range s.times {
		if t.start != "" {
			text += " and t.month >= perigee.month(" + t.start + " - interval '24 hours')"
		}
		if t.end != "" {
			text += " and t.month <= perigee.month(" + t.end + ")"
		}
	}
	return text
}

// short has the planner take a time whose beginning it does not know for short: of a beginning alone it believes that a
// third of all records lies behind it, and reads them all.
const short = " and r.datetime <= 'infinity'"

// recent looks through the newest records only, so many as are to be examined. No index but that of time helps: another one
// would find all that ever was.
func (s condition) recent(c *filter.Compiler, sc scope.Scope, q Query, columns string, limit, examine int, upto string) string {
	most, wanted := c.Arg(max(examine, 40*limit))+"::bigint", c.Arg(limit)+"::bigint"
	one := ""
	if len(q.Collections) == 1 {
		one = " and r.collection = " + c.Arg(q.Collections[0]) + "::text"
	}
	var parts []string
	for _, workspace := range readable(sc) {
		newest := "select r.* from perigee.record r where r.workspace = " + c.Arg(workspace) + "::text" + one +
			" and r.datetime <= coalesce(" + upto + ", 'infinity') order by r.datetime desc fetch first (" + most + ") rows with ties"
		where := " from (" + newest + ") r where (" + s.any() + s.cheap + ") is true" + s.inside()
		parts = append(parts, "("+s.newest(columns, where, wanted)+")")
	}
	return strings.Join(parts, " union all ")
}

// any is the condition on time of records that last or not.
func (s condition) any() string {
	if len(s.times) == 0 {
		return ""
	}
	return s.shared(true)
}

// gathered finds all records first and orders them then.
func (s condition) gathered(c *filter.Compiler, sc scope.Scope, columns, order string, limit int) string {
	upTo := " limit " + c.Arg(limit) + "::bigint"
	var parts []string
	for _, workspace := range readable(sc) {
		for _, kind := range s.kinds() {
			from := " from (select r.* from perigee.record r where r.workspace = " + c.Arg(workspace) + "::text and " + kind + " offset 0) r" + order
			parts = append(parts, "("+s.compared(columns, from, upTo)+")")
		}
	}
	return strings.Join(parts, " union all ")
}
