package filter

import (
	"strings"

	"perigee/shared/record"
)

// anyText looks for words, and for a pattern without regard to case, in the text of a record.
func (r *resolver) anyText(e AnyText) (condition, error) {
	if err := textual(e.Words + e.Pattern); err != nil {
		return condition{}, err
	}
	var conditions []condition
	if e.Words != "" {
		conditions = append(conditions, withWords(Words(e.Words)))
	}
	if e.Pattern != "" {
		conditions = append(conditions, withPattern("%"+strings.ToLower(escaped(e.Pattern))+"%"))
	}
	return both(conditions...), nil
}

func withWords(words []string) condition {
	if len(words) == 0 {
		return always(no)
	}
	return condition{
		sql: func(c *Compiler, _ place) string {
			return c.columns.Words + " @@ " + c.Arg("'"+strings.Join(words, "' & '")+"'") + "::text::tsquery"
		},
		eval: func(rec *record.Record) truth {
			there := make(map[string]bool)
			for _, w := range Words(TextOf(*rec)) {
				there[w] = true
			}
			result := yes
			for _, w := range words {
				result = min(result, truthOf(there[w]))
			}
			return result
		},
	}
}

func withPattern(pattern string) condition {
	return condition{
		// The planner knows nothing of long texts, and would take it that hardly any has the pattern: of a case it believes that half do.
		sql: func(c *Compiler, _ place) string {
			return "case when " + c.columns.Text + " like " + c.Arg(pattern) + "::text then true else false end"
		},
		eval: func(rec *record.Record) truth { return truthOf(matches(strings.ToLower(TextOf(*rec)), pattern)) },
	}
}
