package catalogue

import (
	"context"
	"encoding/json"
	"fmt"

	"perigee/shared/filter"
	"perigee/shared/scope"
)

// counting is how many records match.
type counting struct {
	done      bool
	matched   int
	estimated bool
}

// planCount writes the statement that counts. What is bounded by types and collections only is known without counting.
func (p *searchPlan) planCount(sc scope.Scope, q Query) error {
	c := filter.NewCompiler(p.hints.columns())
	if unbounded(q) {
		p.countUpTo, p.tallied = 0, true
		p.countSQL = "select coalesce(sum(t.n), 0)::bigint from perigee.tally t where t.workspace = any(" + c.Arg(readable(sc)) +
			"::text[]) and t.place = -3 and t.month = -1" + typesOf(c, q) + among(c, q)
		p.countArgs = c.Args()
		return nil
	}
	p.worded = p.countUpTo == 0 && (p.hints.words != "" || q.Text != "")
	if p.hints.exact {
		q.Filter = withoutText(q.Filter)
	}
	condition, err := compile(c, q.expression())
	if err != nil {
		return err
	}
	condition.cheap += p.hints.condition(c)
	if p.countUpTo > 0 {
		p.estimate = "select 1 from " + condition.all(c, sc, "1")
		p.countSQL = "select count(*) from (" + p.estimate + " limit " + c.Arg(p.countUpTo+1) + "::bigint) counted"
	} else {
		p.countSQL = "select count(*) from " + condition.all(c, sc, "1")
	}
	if p.worded && onlyWords(q) {
		p.countSQL = "select case when exists (select from perigee.tally t where t.place = -3 and t.month = -1 and t.n <> 0 and t.workspace <> all(" + c.Arg(readable(sc)) +
			"::text[])) then (" + p.countSQL + ") else (select count(*) from perigee.record r where " + condition.cheap + ") end"
	}
	p.countArgs, err = arguments(c.Args())
	return err
}

// onlyWords tells whether nothing is asked of records but words. Where nobody else has records an index counts them alone, for it
// knows which there are, and not whose.
func onlyWords(q Query) bool {
	for _, part := range conjuncts(q.Filter) {
		if text, is := part.(filter.AnyText); part != nil && (!is || text.Pattern != "") {
			return false
		}
	}
	return len(q.Types) == 0 && len(q.Collections) == 0 && len(q.IDs) == 0 && q.Geometry == nil && q.Time.IsZero()
}

// counted is count as it is asked. Of words the planner believes that they cost nothing to compare, where each has to be unpacked: an
// index is to find them, and to remember every record that it found.
func (s *Store) counted(p *searchPlan, into *counting) []question {
	if !p.worded {
		return []question{s.count(p, into)}
	}
	return []question{{sql: "select set_config('enable_seqscan', 'off', true), set_config('work_mem', '32MB', true)"}, s.count(p, into)}
}

// number tells how many records there are, once a page was read: one that is not full ends with the last of them.
func (s *Store) number(ctx context.Context, p *searchPlan, read reading, offset int, counted *counting) error {
	switch {
	case counted.done:
	case p.after == nil && !read.more && (offset == 0 || len(read.records) > 0):
		counted.matched = offset + len(read.records)
		return nil
	default:
		if err := s.ask(ctx, "count", s.counted(p, counted)...); err != nil {
			return err
		}
	}
	return s.estimate(ctx, p, counted)
}

// estimate asks the planner for how many records there are, when there are more than were to be counted.
func (s *Store) estimate(ctx context.Context, p *searchPlan, counted *counting) error {
	if p.countUpTo == 0 || counted.matched <= p.countUpTo {
		return nil
	}
	var found bool
	var text []byte
	args := p.countArgs[:len(p.countArgs)-1] // without the limit
	if err := s.ask(ctx, "estimate a count", question{"explain (format json) " + p.estimate, args, one(&found, &text)}); err != nil {
		return err
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) == 0 {
		return fmt.Errorf("read a plan of the database: %w", err)
	}
	counted.matched, counted.estimated = max(counted.matched, int(plans[0].Plan.Rows)), true
	return nil
}
