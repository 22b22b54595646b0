package catalogue_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// fill makes many items by one statement, spread over the world and over years.
const fill = `insert into perigee.record (workspace, collection, id, type, title, abstract, keywords, start_time, end_time, footprint, product_type,
		layers, drawable, standalone, properties, links, text, words, version, created, modified, source_href, source_time)
	select '', 'S2', 'item' || n, case when n % 500 = 0 then 'collection' else 'item' end, 'item ' || n, '', '{}', t, t,
		ST_MakeEnvelope(x, y, x + 1, y + 1, 4326), 'S2', '{S2,all}', true, n % 97 = 0, jsonb_build_object('eo:cloud_cover', n % 100), '[]',
		'item ' || n || ' of the test tile' || n % 1000 || ' number' || n, array_to_tsvector(array['item', 'of', 'the', 'test', 'tile' || n % 1000, 'number' || n, n::text]), n::text, now(), now(), 's3://x/' || n, now()
	from (select n, '2020-01-01'::timestamptz + n * interval '1 hour' t, n * 7919 % 359 - 180 x, n * 1049 % 179 - 90 y from generate_series(1, 30000) n) made`

// RC-19: the questions that are asked all day read by index, not row by row: what the database would do is asked of itself.
func TestQuestionsAreAnsweredByIndexes(t *testing.T) {
	s, conn := opened(t)
	for _, statement := range []string{fill, "insert into perigee.coverage select pk, '{}', '[]' from perigee.record", "vacuum analyze"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	items, sc := []string{record.TypeItem}, writer("")
	month := record.Interval{Start: time.Date(2021, 3, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)}
	for _, c := range []struct {
		name  string
		index string
		query catalogue.Query
	}{
		{"newest", "record_latest", catalogue.Query{Types: items}},
		{"newest of a collection", "record_latest_of_collection", catalogue.Query{Types: items, Collections: []string{"S2"}}},
		{"the page behind", "record_latest", catalogue.Query{Types: items, After: search(t, s, sc, catalogue.Query{Types: items}).Next}},
		{"within a box", "record_footprint", catalogue.Query{Filter: filter.Spatial{Op: filter.SWithin, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: box(10, 45, 12, 47)}}}},
		{"what a point lies in", "record_footprint", catalogue.Query{Filter: filter.Spatial{Op: filter.SContains, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: orb.Point{10.5, 45.5}}}}},
		{"a box within an or", "record_footprint", catalogue.Query{Filter: filter.Or{filter.Intersects(box(10, 45, 11, 46)), filter.Intersects(box(-50, 5, -49, 6))}}},
		{"across the date line", "record_footprint", catalogue.Query{Filter: filter.Spatial{Op: filter.SOverlaps, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: filter.Box(179, 5, -179, 6)}}}},
		{"near a point", "record_footprint", catalogue.Query{Filter: filter.Distance{Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: orb.Point{10.5, 45.5}}, Metres: 10_000}}},
		{"during an hour", "record_latest", catalogue.Query{Filter: filter.Temporal{Op: filter.TDuring, Left: filter.PropertyTime,
			Right: filter.Interval{Start: filter.Timestamp{Time: month.Start}, End: filter.Timestamp{Time: month.Start.Add(time.Hour)}}}}},
		{"words", "record_words", catalogue.Query{Text: "number12345"}},
		{"a substring", "record_words", catalogue.Query{Filter: filter.AnyText{Pattern: "m 1234"}}},
		{"a title like a pattern", "record_words", catalogue.Query{Filter: filter.Certain{Expr: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("item 1234_")}}}},
		{"an id", "record_by_id", catalogue.Query{IDs: []string{"item777"}}},
		{"ids", "record_by_id", catalogue.Query{IDs: []string{"item777", "item778"}}},
		{"collections", "record_collections", catalogue.Query{Types: []string{record.TypeCollection}, Sort: []catalogue.Sort{{Property: "id"}}}},
		{"names of collections", "record_latest_of_collection", catalogue.Query{Types: items, Limit: 1, Sort: []catalogue.Sort{{Property: "collection"}},
			Filter: filter.Compare{Op: filter.Greater, Left: filter.PropertyCollection, Right: filter.Text("A")}}},
	} {
		sql, args, err := s.SearchSQL(t.Context(), sc, c.query)
		uses(t, conn, c.name, c.index, sql, args, err)
		sql, args, err = s.SearchSQL(t.Context(), sc.Including("w"), withoutToken(c.query))
		uses(t, conn, c.name+" of two workspaces", c.index, sql, args, err)
	}
	for _, c := range []struct {
		name  string
		index string
		query catalogue.Query
	}{
		{"a small box", "record_footprint", catalogue.Query{Types: items, Geometry: box(10, 45, 11, 46)}},
		{"a small box and a month", "record_latest_of_place", catalogue.Query{Types: items, Geometry: box(10, 45, 12, 47), Time: month}},
		{"a large box and an hour", "record_latest", catalogue.Query{Types: items, Geometry: box(-90, -80, 90, 80), Time: record.Interval{Start: month.Start, End: month.Start}}},
		{"a large box of a collection", "record_latest_of_collection", catalogue.Query{Collections: []string{"S2"}, Geometry: box(-90, -80, 90, 80)}},
		{"a small box across the date line", "record_latest_of_place", catalogue.Query{Types: items, Geometry: filter.Box(179, 5, -179, 6)}},
	} {
		plan, err := s.Explain(t.Context(), sc, c.query)
		if err != nil || !strings.Contains(plan, " using "+c.index+" on record ") || strings.Contains(plan, "Seq Scan on record") {
			t.Errorf("%s does not use %s: %v\n%s", c.name, c.index, err, plan)
		}
	}
	for _, c := range []struct {
		name  string
		index string
		query catalogue.ProductQuery
	}{
		{"products of a tile", "record_footprint", catalogue.ProductQuery{Layer: "S2", Geometry: box(10, 45, 11, 46)}},
		{"products of the world", "record_latest", catalogue.ProductQuery{Layer: "S2", Geometry: box(-180, -90, 180, 90), Limit: 20}},
		{"a product", "record_by_id", catalogue.ProductQuery{ID: "item777"}},
		{"no product", "record_shown", catalogue.ProductQuery{Layer: "unknown"}},
	} {
		sql, args, err := catalogue.ProductSQL(sc, c.query)
		uses(t, conn, c.name, c.index, sql, args, err)
	}
}

// What is asked for most is planned once for each connection, whatever workspace and collection it is about: that plan reads by index too.
func TestPlansThatAreKept(t *testing.T) {
	s, conn := opened(t)
	for _, statement := range []string{fill, "insert into perigee.document select pk, 'text/plain', 'x' from perigee.record", "vacuum analyze", "set plan_cache_mode = force_generic_plan"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	items, sc := []string{record.TypeItem}, writer("")
	behind := search(t, s, sc, catalogue.Query{Types: items}).Next
	for _, c := range []struct {
		name  string
		index string
		query catalogue.Query
	}{
		{"newest", "record_latest", catalogue.Query{Types: items}},
		{"newest of all types", "record_latest", catalogue.Query{Limit: 100, DocumentsOnly: true}},
		{"newest of a collection", "record_latest_of_collection", catalogue.Query{Types: items, Collections: []string{"S2"}, Limit: 100}},
		{"the page behind", "record_latest", catalogue.Query{Types: items, After: behind}},
	} {
		sql, args, err := s.SearchSQL(t.Context(), sc, c.query)
		keeps(t, conn, c.name, c.index, sql, args, err)
		sql, args, err = s.SearchSQL(t.Context(), sc.Including("w"), withoutToken(c.query))
		keeps(t, conn, c.name+" of two workspaces", c.index, sql, args, err)
	}
}

// keeps is uses for a plan that knows nothing of the arguments.
func keeps(t *testing.T, conn *pgx.Conn, name, index, sql string, args []any, err error) {
	t.Helper()
	if err == nil {
		_, err = conn.Exec(t.Context(), "prepare kept as "+sql)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer func() {
		if _, err := conn.Exec(t.Context(), "deallocate kept"); err != nil {
			t.Error(err)
		}
	}()
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = fmt.Sprintf("'%v'", arg)
	}
	uses(t, conn, name, index, "execute kept("+strings.Join(texts, ", ")+")", nil, nil)
}

// A declared property is asked for by the expression that its index is built over.
func TestDeclaredPropertiesAreAnsweredByIndexes(t *testing.T) {
	_, conn := opened(t)
	columns := filter.Columns{Properties: "properties", Functions: "perigee"}
	for _, c := range []struct {
		property filter.Property
		is       filter.Type
		e        filter.Expr
	}{
		{"eo:cloud_cover", filter.TypeNumber, filter.Compare{Op: filter.Less, Left: filter.Property("eo:cloud_cover"), Right: filter.Number(-5)}},
		{"grid's", filter.TypeText, filter.In{Operand: filter.Property("grid's"), Values: []filter.Operand{filter.Text("a"), filter.Text("b")}}},
		{"level", filter.TypeText, filter.Like{Operand: filter.Property("level"), Pattern: filter.Text("L2%")}},
		{"made", filter.TypeTimestamp, filter.Compare{Op: filter.Equal, Left: filter.Property("made"), Right: filter.Date{Time: noon}}},
		{"made", filter.TypeTimestamp, filter.Compare{Op: filter.Less, Left: filter.Property("made"), Right: filter.Timestamp{Time: noon}}},
	} {
		expression, ok := columns.Indexed(c.property, c.is)
		if !ok {
			t.Fatalf("%s has no index", c.property)
		}
		for _, statement := range []string{"drop index if exists perigee.declared", "create index declared on perigee.record ((" + expression + "))"} {
			if _, err := conn.Exec(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		columns.Types = filter.TypeMap{c.property: c.is}
		compiler := filter.NewCompiler(columns)
		condition, err := compiler.Compile(c.e)
		if _, failed := conn.Exec(t.Context(), "set enable_seqscan = off"); failed != nil {
			t.Fatal(failed)
		}
		uses(t, conn, string(c.property), "declared", "select from perigee.record where "+condition, compiler.Args(), err)
	}
}

func withoutToken(q catalogue.Query) catalogue.Query {
	q.After = ""
	return q
}

// uses asks for the plan of a statement with its arguments, and fails when it reads records otherwise than by the index.
func uses(t *testing.T, conn *pgx.Conn, name, index, sql string, args []any, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var plan []byte
	if err := conn.QueryRow(t.Context(), "explain (format json) "+sql, args...).Scan(&plan); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if !json.Valid(plan) || !strings.Contains(string(plan), `"`+index+`"`) || strings.Contains(string(plan), `"Seq Scan"`) {
		t.Errorf("%s does not use %s:\n%s", name, index, plan)
	}
}
