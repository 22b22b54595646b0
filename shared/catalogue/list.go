package catalogue

import (
	"time"

	"perigee/shared/filter"
	"perigee/shared/scope"
)

// latestFirst is a list of rows of the readable workspaces, latest first, in pages.
type latestFirst struct {
	args       *filter.Compiler
	table, key string
	conditions string
	sc         scope.Scope
	binding    string
	limit      int
	places     [][]string
}

func newList(sc scope.Scope, table, key string, limit int) *latestFirst {
	l := &latestFirst{args: filter.NewCompiler(filter.Columns{}), table: table, key: key, sc: sc, limit: limit}
	l.conditions = table + ".workspace = any(" + l.args.Arg(sc.Readable()) + "::text[])"
	return l
}

// where adds a condition on a text, unless it is empty.
func (l *latestFirst) where(condition, value string) {
	if value != "" {
		l.conditions += " and " + condition + l.args.Arg(value) + "::text"
	}
}

// sql adds what comes after the token, the order and the limit to a query.
func (l *latestFirst) sql(query, after string) (string, error) {
	l.binding = binding(l.sc, query+l.conditions, l.args.Args())
	keys := []orderKey{
		{l.table + ".time", "timestamptz", true, false}, {l.table + ".workspace", "text", false, false}, {l.table + "." + l.key, "text", false, false},
	}
	t, err := parseToken(after, l.binding, len(keys))
	if err != nil {
		return "", err
	}
	if t != nil {
		l.conditions += " and " + behind(l.args, keys, token{Keys: t.Keys})
	}
	return query + " where " + l.conditions + orderBy(keys, false, func(i int) string { return keys[i].expression }) +
		" limit " + l.args.Arg(l.limit+1) + "::bigint", nil
}

// read notes where a row stands.
func (l *latestFirst) read(at time.Time, workspace, key string) {
	l.places = append(l.places, []string{at.Format(time.RFC3339Nano), workspace, key})
}

// next is the token of the following page, empty when there is none.
func (l *latestFirst) next() string {
	if len(l.places) <= l.limit {
		return ""
	}
	return token{Keys: l.places[l.limit-1], For: l.binding}.String()
}
