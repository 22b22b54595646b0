package catalogue_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// varied makes many items by one statement: of several collections, all over the world, in five years, with declared
// properties of every type.
const varied = `insert into perigee.record (workspace, collection, id, type, title, abstract, keywords, start_time, end_time, footprint, product_type,
		layers, drawable, standalone, properties, links, text, words, version, created, modified, source_href, source_time)
	select '', 'C' || n % 7, 'item' || n, 'item', 'item ' || n, '', case when n % 5 = 0 then array['common', 'rare' || n % 900] else '{}' end, t, t,
		ST_MakeEnvelope(x, y, x + 1, y + 1, 4326), 'S2', '{}', false, false,
		jsonb_build_object('eo:cloud_cover', n * 7919 % 10007 / 100.0, 'tile', 'T' || n % 3000 || 'Xy', 'instruments', jsonb_build_array('all', 'i' || n % 700), 'gsd', n % 60), '[]',
		'item ' || n || ' scene of place' || n % 1500, array_to_tsvector(array['item', 'scene', 'of', 'place' || n % 1500, n::text]), n::text, now(), now(), 's3://x/' || n, now()
	from (select n, '2019-01-01'::timestamptz + n * interval '87 minutes' t, n * 7919 % 35900 / 100.0 - 180 x, n * 1049 % 17900 / 100.0 - 90 y from generate_series(1, 30000) n) made`

// question is a kind of question with the statements that answer it.
type explained struct {
	name         string
	query        catalogue.Query
	aggregations []catalogue.Aggregation
	facets       []catalogue.Facet
	index        string // that is used among others; empty: any
}

func explainedQuestions() []explained {
	items := []string{record.TypeItem}
	day := func(n int) time.Time { return time.Date(2021, 3, n, 0, 0, 0, 0, time.UTC) }
	period := record.Interval{Start: day(1), End: day(60)}
	of := func(e filter.Expr) catalogue.Query {
		return catalogue.Query{Types: items, Filter: e, DocumentsOnly: true}
	}
	tile, instruments := filter.Property("tile"), filter.Property("instruments")
	folded := func(o filter.Operand) filter.Operand { return filter.CaseI{Operand: o} }
	continent := catalogue.Query{Types: items, Geometry: box(-20, -30, 50, 35), DocumentsOnly: true}
	return []explained{
		{name: "collection, box and time", query: catalogue.Query{Types: items, Collections: []string{"C3"}, Geometry: box(10, 40, 18, 47), Time: period, DocumentsOnly: true}},
		{name: "a small box", query: catalogue.Query{Types: items, Geometry: box(10, 45, 11, 46), DocumentsOnly: true}},
		{name: "a continent", query: continent},
		{name: "1000 of a continent", query: catalogue.Query{Types: items, Geometry: continent.Geometry, Limit: 1000, DocumentsOnly: true}},
		{name: "a declared number, sorted", query: catalogue.Query{Types: items, Collections: []string{"C2"}, Time: period, Sort: []catalogue.Sort{{Property: "eo:cloud_cover"}}, DocumentsOnly: true}},
		{name: "a declared number, compared", query: of(filter.Compare{Op: filter.Less, Left: filter.Property("eo:cloud_cover"), Right: filter.Number(0.5)})},
		{name: "free text", query: catalogue.Query{Types: items, Text: "scene place777", DocumentsOnly: true}, index: "record_words"},
		{name: "1000 of a collection and a time", query: catalogue.Query{Types: items, Collections: []string{"C1"}, Time: record.Interval{Start: day(1), End: day(300)}, Limit: 1000, DocumentsOnly: true}},
		{name: "months of a region", query: catalogue.Query{Types: items, Geometry: box(5, 40, 25, 55), Limit: -1},
			aggregations: []catalogue.Aggregation{{Name: "months", Kind: catalogue.AggregateTime, Unit: "month"}}},
		{name: "a count of a box", query: catalogue.Query{Types: items, Geometry: box(5, 40, 25, 55), Limit: -1, Count: true}},
		{name: "a count of everything", query: catalogue.Query{Limit: -1, Count: true}},
		{name: "facets of a box", query: catalogue.Query{Types: items, Geometry: box(5, 40, 15, 50), Limit: -1}, facets: []catalogue.Facet{
			{Kind: catalogue.FacetTerms, Property: "instruments"}, {Kind: catalogue.FacetNumbers, Property: "eo:cloud_cover"}, {Kind: catalogue.FacetTimes, Property: "datetime", Unit: "month"}}},
		{name: "a substring of any text", query: of(filter.AnyText{Pattern: "lace777%"}), index: "record_words"},
		{name: "a substring of many words", query: of(filter.AnyText{Pattern: "lace7%"}), index: "record_words"},
		{name: "a title like a pattern of many words", query: of(filter.Certain{Expr: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("item 123%")}}), index: "record_words"},
		{name: "a title like a pattern of many words, the oldest first", query: catalogue.Query{Filter: filter.Certain{Expr: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("item 123%")}},
			Sort: []catalogue.Sort{{Property: filter.PropertyDatetime}}}, index: "record_words"},
		{name: "free text, by identifiers", query: catalogue.Query{Text: "place777", Sort: []catalogue.Sort{{Property: filter.PropertyID}}}, index: "record_words"},
		{name: "LIKE on a declared text", query: of(filter.Like{Operand: tile, Pattern: filter.Text("%2977X%")}), index: "tile_folded"},
		{name: "LIKE of any case on a declared text", query: of(filter.Like{Operand: folded(tile), Pattern: folded(filter.Text("t2977%"))}), index: "tile_folded"},
		{name: "a declared text", query: of(filter.Compare{Op: filter.Equal, Left: tile, Right: filter.Text("T2977Xy")}), index: "tile"},
		{name: "a declared text of a language without types", query: of(filter.Compare{Op: filter.Equal, Left: tile, Right: filter.Untyped{Text: "T2977Xy"}}), index: "tile"},
		{name: "a declared text of any case", query: of(filter.Compare{Op: filter.Equal, Left: folded(tile), Right: filter.Text("t2977XY")}), index: "tile_folded"},
		{name: "a declared array that contains", query: of(filter.Array{Op: filter.AContains, Left: instruments, Right: filter.List{filter.Text("i77")}}), index: "instruments"},
		{name: "a declared array that equals", query: of(filter.Array{Op: filter.AEquals, Left: instruments, Right: filter.List{filter.Text("i77"), filter.Text("all")}}), index: "instruments"},
		{name: "a declared array that overlaps", query: of(filter.Array{Op: filter.AOverlaps, Left: instruments, Right: filter.List{filter.Text("i77"), filter.Text("i78")}}), index: "instruments"},
		{name: "a keyword", query: of(filter.Array{Op: filter.AContains, Left: filter.PropertyKeywords, Right: filter.List{filter.Text("rare35")}}), index: "record_keywords"},
		{name: "a keyword of a language without types", query: of(filter.Compare{Op: filter.Equal, Left: filter.PropertyKeywords, Right: filter.Untyped{Text: "rare35"}}), index: "record_keywords"},
		{name: "an id and another condition", query: catalogue.Query{IDs: []string{"item777"}, Filter: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("%7%")}}},
	}
}

// RC-19: no question reads all records one after the other, whichever way the database takes of those that a statement
// leaves open to it: they are carried out, and what was never executed does not count.
func TestNoQuestionReadsAllRecords(t *testing.T) {
	url := cataloguetest.URL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), varied); err != nil {
		t.Fatal(err)
	}
	indexes := map[string]string{"eo:cloud_cover": "number", "tile": "string", "instruments": "array"}
	if err := catalogue.BuildIndexes(t.Context(), url, indexes, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "vacuum analyze"); err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for _, line := range lines(t, conn, "select index || ' ' || name from perigee.queryable_index") {
		index, name, _ := strings.Cut(strings.Trim(line, `()"`), " ")
		named[index], named[index+"_folded"] = name, name+"_folded"
	}
	check := func(name, index string, statements ...catalogue.Statement) {
		t.Helper()
		for _, statement := range statements {
			plan, err := s.ExplainStatement(t.Context(), statement)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			used, all := executed(plan, named)
			if all {
				t.Errorf("%s reads all records:\n%s", name, strings.Join(plan, "\n"))
			}
			if index != "" && !slices.Contains(used, index) {
				t.Errorf("%s does not use %s but %v:\n%s", name, index, used, strings.Join(plan, "\n"))
			}
			t.Logf("%-45s %s %s", name, took.FindString(strings.Join(plan, "\n")), strings.Join(used, " "))
		}
	}
	for _, q := range explainedQuestions() {
		for form, sc := range map[string]func() []catalogue.Statement{
			"":                   func() []catalogue.Statement { return statements(t, s, q, false) },
			" of two workspaces": func() []catalogue.Statement { return statements(t, s, q, true) },
		} {
			check(q.name+form, q.index, sc()...)
		}
	}
	check("an id", "record_by_id", catalogue.RecordStatement(writer(""), record.TypeItem, "C0", "item777"))
	check("an id alone", "record_by_id", catalogue.RecordStatement(writer("").Including("w"), "", "", "item777"))
}

func statements(t *testing.T, s *catalogue.Store, q explained, several bool) []catalogue.Statement {
	t.Helper()
	sc := writer("")
	if several {
		sc = sc.Including("w")
	}
	all, err := s.Statements(t.Context(), sc, q.query, q.aggregations, q.facets)
	if err != nil {
		t.Fatalf("%s: %v", q.name, err)
	}
	return all
}

// The nodes of a plan that read records: all of them, or by an index.
var (
	wholeScan = regexp.MustCompile(`Seq Scan on (perigee\.)?record\b`)
	took      = regexp.MustCompile(`Execution Time: [0-9.]+ ms`)
	indexScan = regexp.MustCompile(`(?:Index(?: Only)? Scan(?: Backward)? using|Bitmap Index Scan on) (\w+)`)
)

// executed are the indexes that a plan that was carried out used, and whether it read all records.
func executed(plan []string, named map[string]string) (used []string, all bool) {
	indexes := map[string]bool{}
	for _, line := range strings.Split(strings.Join(plan, "\n"), "\n") {
		if strings.Contains(line, "(never executed)") {
			continue
		}
		all = all || wholeScan.MatchString(line)
		if found := indexScan.FindStringSubmatch(line); found != nil {
			name := found[1]
			if property, ok := named[name]; ok {
				name = property
			}
			indexes[name] = true
		}
	}
	return slices.Sorted(maps.Keys(indexes)), all
}
