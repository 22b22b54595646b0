package catalogue

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/scope"
)

const (
	defaultLimit = 10
	maxOffset    = 1_000_000
	maxList      = 10_000 // of ids or collections
)

// Search answers a query, in one round trip.
func (s *Store) Search(ctx context.Context, sc scope.Scope, q Query) (Page, error) {
	if err := sc.Valid(); err != nil {
		return Page{}, err
	}
	q = q.plainly()
	h, err := s.hintsFor(ctx, q)
	if err != nil {
		return Page{}, err
	}
	h.brief, h.gather, h.counted = q.Limit >= 0 && s.brief(sc), s.together, s.counts.has
	page, lasting, err := s.search(ctx, sc, q, h)
	if err == nil && lasting {
		h.brief = false
		page, _, err = s.search(ctx, sc, q, h)
	}
	return page, err
}

// search answers a query as it is planned by hints, and tells whether they were wrong about what lasts.
func (s *Store) search(ctx context.Context, sc scope.Scope, q Query, h hints) (page Page, lasting bool, err error) {
	p, err := planSearch(sc, q, h)
	if err != nil {
		return Page{}, false, err
	}
	read := reading{plan: p}
	var counted counting
	questions, err := valid(p.geometries)
	if err != nil {
		return Page{}, false, err
	}
	if q.Limit >= 0 {
		questions = append(questions, question{p.sql, p.args, read.rows})
	}
	if q.Count && (q.Limit < 0 || p.tallied) {
		questions = append(questions, s.counted(p, &counted)...)
	}
	if p.once && len(p.geometries) == 0 {
		questions = s.kept(questions)
	}
	var last []string
	if p.brief {
		questions = append(questions, whereLasting(sc, &last))
	}
	if err := s.ask(ctx, "search", questions...); err != nil {
		return Page{}, false, err
	}
	if p.together && (read.matched > h.gather || q.Offset > 0 && len(read.records) == 0) {
		h.gather = 0
		return s.search(ctx, sc, q, h)
	}
	s.lasting.note(last)
	s.usage.note(ctx, s, p.properties)
	if q.Limit >= 0 {
		page = read.page()
	}
	if len(last) > 0 || !q.Count {
		return page, len(last) > 0, nil
	}
	if read.matched > 0 {
		counted = counting{done: true, matched: read.matched}
	}
	if err := s.number(ctx, p, read, q.Offset, &counted); err != nil {
		return Page{}, false, err
	}
	page.Matched, page.Estimated = &counted.matched, counted.estimated
	return page, false, nil
}

// plainly is a query that says by its types what its filter does: tallies know of them.
func (q Query) plainly() Query {
	if len(q.Types) > 0 {
		return q
	}
	var rest filter.And
	for _, part := range conjuncts(q.Filter) {
		if types := typesNamed(part); len(types) > 0 && q.Types == nil {
			q.Types = types
		} else if part != nil {
			rest = append(rest, part)
		}
	}
	switch {
	case q.Types == nil:
		return q
	case len(rest) == 0:
		q.Filter = nil
	default:
		q.Filter = rest
	}
	return q
}

// typesNamed are the types of which a condition demands one, as filter.OneOf does.
func typesNamed(e filter.Expr) []string {
	switch e := e.(type) {
	case filter.Compare:
		if text, is := e.Right.(filter.Text); is && e.Op == filter.Equal && e.Left == filter.Operand(filter.PropertyType) {
			return []string{string(text)}
		}
	case filter.In:
		if e.Operand != filter.Operand(filter.PropertyType) {
			return nil
		}
		var types []string
		for _, value := range e.Values {
			text, is := value.(filter.Text)
			if !is {
				return nil
			}
			types = append(types, string(text))
		}
		return types
	}
	return nil
}

// expression is the whole query as one filter.
func (q Query) expression() filter.Expr {
	var all filter.And
	add := func(e filter.Expr) {
		if e != nil {
			all = append(all, e)
		}
	}
	add(filter.OneOf(filter.PropertyType, q.Types...))
	add(filter.OneOf(filter.PropertyCollection, q.Collections...))
	add(filter.OneOf(filter.PropertyID, q.IDs...))
	if q.Geometry != nil {
		add(filter.Intersects(q.Geometry))
	}
	if !q.Time.IsZero() {
		add(filter.During(q.Time))
	}
	if q.Text != "" {
		add(filter.AnyText{Words: q.Text})
	}
	add(q.Filter)
	return all
}

// searchPlan is a query as statements.
type searchPlan struct {
	sql        string
	args       []any
	countSQL   string
	countArgs  []any
	geometries []orb.Geometry // that the database is to check first
	keys       []orderKey
	after      *token
	linked     bool // the places of the pages before and behind are told
	binding    string
	limit      int
	skipped    bool // records come before the page
	hints      hints
	countUpTo  int
	tallied    bool     // all records are counted by what tallies have of them
	counted    countKey // the identity of its count, where it was made already (key)
	estimate   string   // the statement whose rows are estimated when there are too many to be counted
	properties []string // that the query compares or sorts by
	bare       bool     // records are their keys and documents
	brief      bool     // records that last were left out, for it is not known that there are any
	function   bool     // the database has a function for it (planned)
	worded     bool     // words are counted
	together   bool     // what matches is found once, for the page and its number
	once       bool     // its plan serves whatever the arguments are
}

func planSearch(sc scope.Scope, q Query, h hints) (*searchPlan, error) {
	q.Sort = withoutNewest(q.Sort)
	p := &searchPlan{limit: min(q.Limit, MaxLimit), skipped: q.After != "" || q.Offset > 0, hints: h, bare: q.DocumentsOnly, countUpTo: q.CountUpTo}
	if q.Limit == 0 {
		p.limit = defaultLimit
	}
	if err := checkQuery(q); err != nil {
		return nil, err
	}
	c := filter.NewCompiler(h.columns())
	condition, err := p.asked(c, q, q)
	if err != nil {
		return nil, err
	}
	p.geometries = doubtful(c.Args())
	p.linked = q.Limit >= 0 && (!q.Untokened || q.After != "")
	if p.linked {
		p.binding = binding(sc, condition.shared(true)+condition.cheap+condition.exact+orderBy(p.keys, false, p.expression), c.Args())
	}
	if whole := q; h.exact {
		q.Filter = withoutText(q.Filter)
		c = filter.NewCompiler(h.columns())
		if condition, err = p.asked(c, q, whole); err != nil {
			return nil, err
		}
	}
	if p.after, err = parseToken(q.After, p.binding, len(p.keys)); err != nil {
		return nil, err
	}
	p.properties = propertiesOf(condition.cheap+orderBy(p.keys, false, p.expression), c.Args())
	condition.cheap += h.condition(c)
	condition.brief = h.brief && len(condition.times) > 0
	p.brief = condition.brief
	if p.function = p.planned(q, condition); p.function {
		p.brief = false
		c = filter.NewCompiler(h.columns())
		condition = condition.argued(c)
	}
	if q.Count {
		if err := p.planCount(sc, q); err != nil {
			return nil, err
		}
	}
	p.together = p.gathers(q, condition)
	p.once = p.function || p.plain(q) || p.together && onlyBounds(q) || p.tallied && q.Limit < 0
	if q.Limit < 0 {
		return p, nil
	}
	p.sql = p.pageSQL(c, sc, q, condition)
	p.args, err = arguments(c.Args())
	return p, err
}

// asked is the condition of a query; its order is that of the whole one, of which words may have taken a part.
func (p *searchPlan) asked(c *filter.Compiler, q, whole Query) (condition condition, err error) {
	if condition, err = compile(c, q.expression()); err != nil {
		return condition, err
	}
	p.keys, err = orderOf(c, q.Sort, p.hints.types, whole.expression())
	return condition, err
}

// gathers tells whether all that matches is found for a page anyway, so that it is counted with it: what lies in a place, in an order
// that has nothing to do with places. What was counted by itself before was too much.
func (p *searchPlan) gathers(q Query, condition condition) bool {
	return q.Count && q.CountUpTo == 0 && q.Limit >= 0 && q.After == "" && len(condition.geometries) > 0 && !p.isNewest(q) &&
		p.hints.gather > 0 && !p.hints.counted(p.key())
}

func checkQuery(q Query) error {
	switch {
	case q.After != "" && q.Offset > 0:
		return fault.At(fault.Invalid, "offset", "a page begins at a token or at an offset, not at both")
	case q.Offset < 0 || q.Offset > maxOffset:
		return fault.At(fault.Invalid, "offset", "an offset is between 0 and %d", maxOffset)
	case len(q.IDs) > maxList || len(q.Collections) > maxList:
		return fault.At(fault.Invalid, "ids", "a query may name at most %d ids or collections", maxList)
	}
	return nil
}

func (p *searchPlan) expression(i int) string { return p.keys[i].expression }
func (p *searchPlan) column(i int) string     { return p.keys[i].column(i) }

// pageSQL finds the keys of the page first, and reads only the records of the page whole.
func (p *searchPlan) pageSQL(c *filter.Compiler, sc scope.Scope, q Query, condition condition) string {
	back := p.after != nil && p.after.Back
	if p.after != nil && !p.function {
		condition.cheap += " and " + behind(c, p.keys, *p.after)
	}
	var keys, values strings.Builder
	for i := range p.keys {
		keys.WriteString(", " + p.expression(i) + " " + p.column(i))
		if !p.sent(i) {
			values.WriteString("page." + p.column(i) + ", ")
		}
	}
	if q.DocumentsOnly {
		return p.ordered(c, q, p.found(c, sc, q, condition, "r.pk"+keys.String()+bareColumns)) + values.String() + barePage + documentColumns +
			" from page left join perigee.document d on d.record = page.pk" + orderBy(p.keys, back, func(i int) string { return "page." + p.column(i) })
	}
	document, join := noDocumentColumns, ""
	if q.Documents {
		document, join = documentColumns, documentJoin
	}
	return p.ordered(c, q, p.found(c, sc, q, condition, "r.pk"+keys.String())) + values.String() + recordColumns + document +
		" from page join perigee.record r on r.pk = page.pk" + join +
		orderBy(p.keys, back, func(i int) string { return "page." + p.column(i) })
}

// ordered begins a statement with the page of what was found.
func (p *searchPlan) ordered(c *filter.Compiler, q Query, found finding) string {
	if found.whole && q.Offset == 0 {
		return "with page as (" + found.sql + ") select "
	}
	back := p.after != nil && p.after.Back
	if p.together {
		return "with matched as materialized (" + found.sql + "), page as (select * from matched" + orderBy(p.keys, back, p.column) +
			" limit " + c.Arg(p.limit+1) + "::bigint offset " + c.Arg(q.Offset) + "::bigint) select (select count(*) from matched)::text as matched, "
	}
	return "with page as (select * from (" + found.sql + ") found" + orderBy(p.keys, back, p.column) +
		" limit " + c.Arg(p.limit+1) + "::bigint offset " + c.Arg(q.Offset) + "::bigint) select "
}

// doubtful are the geometries among arguments that may cross themselves.
func doubtful(args []any) []orb.Geometry {
	var all []orb.Geometry
	for _, arg := range args {
		if g, ok := arg.(orb.Geometry); ok && !plainBox(g) {
			all = append(all, g)
		}
	}
	return all
}

// valid has the database check geometries, before the questions in which it would else answer wrongly.
func valid(geometries []orb.Geometry) ([]question, error) {
	if len(geometries) == 0 {
		return nil, nil
	}
	encoded := make([][]byte, len(geometries))
	for i, g := range geometries {
		var err error
		if encoded[i], err = encode(g); err != nil {
			return nil, err
		}
	}
	var wrong []invalidGeometry
	check := validity(encoded, &wrong)
	read := check.rows
	check.rows = func(rows pgx.Rows) error {
		if err := read(rows); err != nil || len(wrong) == 0 {
			return err
		}
		return wrong[0].fault()
	}
	return []question{check}, nil
}
