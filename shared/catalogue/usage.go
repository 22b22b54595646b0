package catalogue

import (
	"context"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// usage counts how often properties are asked for, so that those which often are get an index.
type usage struct {
	mu    sync.Mutex
	asked map[string]int64
	since time.Time
}

const (
	notedAtMost = 200 // properties between two writings
	notedEach   = 30 * time.Second
)

// note counts properties, and now and then writes the counts. A role that may only read may not: then they are lost.
func (u *usage) note(ctx context.Context, s *Store, properties []string) {
	if len(properties) == 0 {
		return
	}
	names, counts := u.add(properties)
	if len(names) == 0 {
		return
	}
	err := s.ask(ctx, "note what is asked for", question{
		sql:  "insert into perigee.queryable_use (name, asked, time) select name, asked, now() from unnest($1::text[], $2::bigint[]) i(name, asked)",
		args: []any{names, counts},
	})
	if err != nil {
		slog.Debug("the use of properties was not noted", "error", err)
	}
}

// add gives what is to be written, when it is time to.
func (u *usage) add(properties []string) (names []string, counts []int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.asked == nil {
		u.asked, u.since = map[string]int64{}, time.Now()
	}
	for _, name := range properties {
		if len(name) <= longestName && (u.asked[name] > 0 || len(u.asked) < notedAtMost) {
			u.asked[name]++
		}
	}
	if time.Since(u.since) < notedEach {
		return nil, nil
	}
	names = slices.Sorted(maps.Keys(u.asked))
	counts = column(names, func(name string) int64 { return u.asked[name] })
	u.asked, u.since = map[string]int64{}, time.Now()
	return names, counts
}

// propertyForm is how statements speak of a property: its name is an argument, or, where it has an index, a literal.
var propertyForm = regexp.MustCompile(`r\.properties -> (?:\$(\d+)::text|'((?:[^']|'')*)')`)

// propertiesOf are the names of properties that a statement speaks of, each once.
func propertiesOf(sql string, args []any) []string {
	var names []string
	for _, found := range propertyForm.FindAllStringSubmatch(sql, -1) {
		name := strings.ReplaceAll(found[2], "''", "'")
		if found[1] != "" {
			n, err := strconv.Atoi(found[1])
			if err != nil || n > len(args) {
				continue
			}
			name, _ = args[n-1].(string)
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
