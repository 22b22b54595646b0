package catalogue_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/record"
)

// The elevations of a layer are those that its items tell as numbers: one by one, or, where there are many, as far as they
// reach.
func TestElevations(t *testing.T) {
	s := cataloguetest.Open(t)
	if found, err := s.Elevations(t.Context(), writer("")); err != nil || found != nil {
		t.Errorf("an empty catalogue: %v, %v", found, err)
	}
	at := func(id string, elevation any, layers ...string) record.Change {
		c := drawn(item("S2", id, noon), layers...)
		if elevation != nil {
			c.Record.Properties["elevation"] = elevation
		}
		return c
	}
	changes := []record.Change{at("a", 10.0, "few"), at("b", 300.5, "few"), at("c", 10.0, "few", "both"), at("d", "high", "few"), at("e", nil, "none")}
	for i := range 60 {
		changes = append(changes, at(fmt.Sprint("m", i), float64(i), "many"))
	}
	applied(t, s, writer(""), changes...)
	found, err := s.Elevations(t.Context(), writer(""))
	want := []catalogue.Elevations{{Layer: "both", Low: 10, High: 10, Values: []float64{10}}, {Layer: "few", Low: 10, High: 300.5, Values: []float64{10, 300.5}}, {Layer: "many", Low: 0, High: 59}}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("%+v, %v", found, err)
	}
}

// elevated makes twenty thousand items of two layers at a hundred elevations, and as many of another without.
const elevated = `insert into perigee.record (workspace, collection, id, type, title, abstract, keywords, footprint, product_type,
		layers, drawable, standalone, properties, links, text, words, version, created, modified, source_href, source_time)
	select '', 'C', 'item' || n, 'item', '', '', '{}', null, '', array['L' || n % 3], true, false,
		case when n % 3 < 2 then jsonb_build_object('elevation', n % 3 * 1000 + n % 100) else '{}' end, '[]', '', '', n::text, now(), now(), 's3://x/' || n, now()
	from generate_series(1, 30000) n`

// However many items have elevations, as many index entries are read as there are different ones, or as are told one by one.
func TestElevationsAreLookedUp(t *testing.T) {
	url := cataloguetest.URL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	conn := connect(t, url)
	for _, statement := range []string{elevated, "insert into perigee.queryable (workspace, collection, name, type, format, options, many, seen, declared, title, modified) values ('', 'C', 'elevation', 'number', '', '{}', false, 1, false, '', now())", "vacuum analyze perigee.record"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	plan, err := s.ExplainStatement(t.Context(), catalogue.ElevationStatement(writer("")))
	if err != nil {
		t.Fatal(err)
	}
	read, text := 0.0, strings.Join(plan, "\n")
	for _, node := range recordNode.FindAllStringSubmatch(text, -1) {
		rows, _ := strconv.ParseFloat(node[2], 64)
		loops, _ := strconv.ParseFloat(node[3], 64)
		read += max(rows, 1) * loops
		if node[1] == "" {
			t.Errorf("records are read without the index:\n%s", text)
		}
	}
	if read < 10 || read > 400 {
		t.Errorf("%.0f index entries are read:\n%s", read, text)
	}
	found, err := s.Elevations(t.Context(), writer(""))
	want := []catalogue.Elevations{{Layer: "L0", Low: 0, High: 99}, {Layer: "L1", Low: 1000, High: 1099}}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("%+v, %v", found, err)
	}
}

// recordNode is a node of a plan that was carried out and reads records: by the index of elevations, or otherwise.
var recordNode = regexp.MustCompile(`(using record_elevation )?on (?:perigee\.)?record\b[^\n]*actual[^\n]*rows=([0-9.]+) loops=([0-9]+)`)
