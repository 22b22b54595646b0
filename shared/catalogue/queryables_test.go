package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// brief is what of a queryable tests compare.
func brief(all []catalogue.Queryable) []string {
	var lines []string
	for _, q := range all {
		lines = append(lines, fmt.Sprintf("%s %s/%s %v declared=%v", q.Name, q.Type, q.Format, q.Enum, q.Declared))
	}
	return lines
}

func queryables(t *testing.T, s *catalogue.Store, collections ...string) []string {
	t.Helper()
	found, err := s.Queryables(t.Context(), writer(""), collections)
	if err != nil {
		t.Fatal(err)
	}
	return brief(found)
}

// What records have is learnt from them, by any process, and comes together where collections differ.
func TestQueryablesAreLearnt(t *testing.T) {
	url := cataloguetest.URL(t)
	var stores []*catalogue.Store
	for range 2 {
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		stores = append(stores, s)
	}
	for i := range 120 {
		c := item([]string{"a", "b"}[i%2], fmt.Sprint(i), noon)
		c.Record.Properties = map[string]any{
			"cover": float64(i), "platform": fmt.Sprint("p", i%3), "id text": fmt.Sprint("x", i), "when": "2024-05-01T12:00:00Z", "day": "2024-05-01",
			"instruments": []any{"msi"}, "flag": i%2 == 0, "nothing": nil, "mixed": []any{1.0, "a", true}[i%3],
		}
		if i%2 == 1 {
			c.Record.Properties["cover"] = float64(i) + 0.5
		}
		applied(t, stores[i/10%2], writer(""), c)
	}
	common := []string{"day string/date [] declared=false", "flag boolean/ [] declared=false", "id text string/ [] declared=false",
		"instruments array/ [msi] declared=false"}
	want := slices.Concat([]string{"cover integer/ [] declared=false"}, common)
	if got := queryables(t, stores[0], "a"); !slices.Equal(got[:5], want) || !slices.Contains(got, "platform string/ [p0 p1 p2] declared=false") || !slices.Contains(got, "when string/date-time [] declared=false") {
		t.Errorf("%q", got)
	}
	want[0] = "cover number/ [] declared=false"
	if got := queryables(t, stores[0]); !slices.Equal(got[:5], want) || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "nothing") }) {
		t.Errorf("%q", got)
	}
	if got := queryables(t, stores[0], "none", "a\x00"); got != nil {
		t.Errorf("%q", got)
	}
	if found, err := stores[0].Queryables(t.Context(), writer("w"), nil); err != nil || found != nil {
		t.Errorf("another workspace: %v %v", found, err)
	}
}

// What a collection says counts as long as it says so.
func TestQueryablesAreDeclared(t *testing.T) {
	s := cataloguetest.Open(t)
	collection := func(document string, hour int) record.Change {
		c := item("", "S2", noon)
		c.Record.Type, c.Record.Document = record.TypeCollection, []byte(document)
		c.Source = record.Source{Time: noon.Add(1e9 * 3600 * 1)}
		c.Source.Time = noon.AddDate(0, 0, hour)
		return c
	}
	applied(t, s, writer(""), collection(`{"queryables": {"properties": {"eo:cloud_cover": {"type": "number", "title": "Clouds"}, "bad\u0000": {}, "odd": 7}},
		"summaries": {"platform": ["a", "b"], "gsd": {"minimum": 10, "maximum": 60.5}, "strange": 7, "eo:cloud_cover": [1]}}`, 0))
	want := []string{"eo:cloud_cover number/ [] declared=true", "gsd number/ [] declared=false", "odd / [] declared=true", "platform string/ [a b] declared=false"}
	if got := queryables(t, s, "S2"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	applied(t, s, writer(""), item("S2", "a", noon), collection(`{"queryables": ["platform"]}`, 1))
	want = []string{"eo:cloud_cover number/ [] declared=false", "gsd number/ [] declared=false", "odd / [] declared=false", "platform string/ [a b sentinel-2a] declared=true"}
	if got := queryables(t, s, "S2"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	gone := collection("", 2)
	gone.Delete = true
	applied(t, s, writer(""), gone)
	if got := queryables(t, s, "S2"); !slices.Contains(got, "platform string/ [a b sentinel-2a] declared=false") {
		t.Errorf("%q", got)
	}
	applied(t, s, writer(""), collection(`not JSON`, 3), collection(`{"queryables": 7, "summaries": []}`, 4))
}

// hostile is the name of a property that means something in SQL.
const hostile = `a'b"; drop table perigee.record; -- \' $1 %s`

// What was configured, and what a collection declares, has an index, which filters and orders use; what nobody asks for any
// more loses it.
func TestIndexesOfQueryables(t *testing.T) {
	url := cataloguetest.URL(t)
	conn := connect(t, url)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	declares := item("", "S2", noon)
	declares.Record.Type, declares.Record.Document = record.TypeCollection, fmt.Appendf(nil, `{"queryables": {%q: {"type": "string"}, "when": {"type": "string", "format": "date-time"}}}`, hostile)
	applied(t, s, writer(""), declares)
	var changes []record.Change
	for i := range 900 {
		c := item("S2", fmt.Sprint(i), noon.AddDate(0, 0, i%50))
		c.Record.Properties = map[string]any{"eo:cloud_cover": float64(i * 7 % 1000), hostile: fmt.Sprint("text", i), "when": noon.AddDate(0, 0, i).Format("2006-01-02T15:04:05Z")}
		if i%5 == 0 {
			delete(c.Record.Properties, "eo:cloud_cover")
		}
		changes = append(changes, c)
	}
	applied(t, s, writer(""), changes...)
	build := func(configured map[string]string) (steps int) {
		t.Helper()
		if err := catalogue.BuildIndexes(t.Context(), url, configured, func(string) { steps++ }); err != nil {
			t.Fatal(err)
		}
		return steps
	}
	if steps := build(map[string]string{"eo:cloud_cover": "number"}); steps != 3 {
		t.Errorf("%d steps", steps)
	}
	if steps := build(map[string]string{"eo:cloud_cover": "number"}); steps != 0 {
		t.Errorf("%d steps when nothing is new", steps)
	}
	index := map[string]string{}
	for _, line := range lines(t, conn, "select name, index from perigee.queryable_index where ready") {
		name, of, _ := strings.Cut(strings.Trim(line, "()"), ",queryable_")
		index[strings.Trim(name, `"`)[:4]] = "queryable_" + of
	}
	if _, err := conn.Exec(t.Context(), "set enable_seqscan = off"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		of    string
		query catalogue.Query
	}{
		{"eo:c", catalogue.Query{Sort: []catalogue.Sort{{Property: "eo:cloud_cover"}}, Limit: 5}},
		{"eo:c", catalogue.Query{Sort: []catalogue.Sort{{Property: "eo:cloud_cover", Desc: true}}, Limit: 5}},
		{"eo:c", catalogue.Query{Filter: filter.Compare{Op: filter.Equal, Left: filter.Property("eo:cloud_cover"), Right: filter.Number(7)}}},
		{hostile[:4], catalogue.Query{Filter: filter.Compare{Op: filter.Equal, Left: filter.Property(hostile), Right: filter.Text("text7")}}},
		{hostile[:4], catalogue.Query{Sort: []catalogue.Sort{{Property: hostile}}, Limit: 5}},
		{"when", catalogue.Query{Sort: []catalogue.Sort{{Property: "when", Desc: true}}, Limit: 5}},
	} {
		sql, args, err := s.SearchSQL(t.Context(), writer(""), c.query)
		uses(t, conn, fmt.Sprintf("%+v", c.query), index[c.of], sql, args, err)
	}
	for _, desc := range []bool{false, true} {
		q := catalogue.Query{Sort: []catalogue.Sort{{Property: "eo:cloud_cover", Desc: desc}}, Limit: 70}
		found := allPages(t, s, q)
		if slices.Sort(found); len(slices.Compact(found)) != 901 {
			t.Errorf("%d records by pages", len(found))
		}
		q.Limit = catalogue.MaxLimit
		whole := search(t, s, writer(""), q).Records
		if first := whole[0].Properties["eo:cloud_cover"]; (first == nil) == desc {
			t.Errorf("descending %v begins with %v", desc, first)
		}
	}
	long := item("S2", "long", noon) // longer than what an index takes, however it is compressed
	random, letters := rand.New(rand.NewPCG(3, 4)), make([]byte, 20_000)
	for i := range letters {
		letters[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)]
	}
	long.Record.Properties = map[string]any{hostile: string(letters)}
	applied(t, s, writer(""), long)
	if found := search(t, s, writer(""), catalogue.Query{Filter: filter.Compare{Op: filter.Equal, Left: filter.Property(hostile), Right: filter.Text(letters[:16_000])}}); len(found.Records) != 0 {
		t.Errorf("%d records have the beginning of a text", len(found.Records))
	}
	if steps := build(nil); steps != 1 {
		t.Errorf("%d steps when one goes", steps)
	}
	if err := catalogue.BuildIndexes(t.Context(), url, map[string]string{"a": "geometry"}, func(string) {}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}
