package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/stac"
)

// square is what geometries of all types lie in.
const square = `[[[20.1,20.1],[20.9,20.1],[20.9,20.9],[20.1,20.9],[20.1,20.1]]]`

func (v validator) itemSearch() {
	if searches := slices.DeleteFunc(slices.Clone(v.landing.Links), func(l stac.Link) bool { return l.Rel != "search" }); len(searches) != 2 || searches[0].Href != searches[1].Href || searches[0].Method == searches[1].Method {
		v.Errorf("%+v", searches)
	}
	for limit, status := range map[int]int{1: 200, 2: 200, 10: 200, 1000: 200, 10000: 200, 1000000: 200, -1: 400, 0: 400} {
		v.search(url.Values{"limit": {fmt.Sprint(limit)}}, map[string]any{"limit": limit}, status)
	}
	for _, c := range []struct {
		query  string
		body   any
		status int
	}{
		{"100.0,0.0,105.0,1.0", []float64{100, 0, 105, 1}, 200}, {"100.0,0.0,0.0,105.0,1.0,1.0", []float64{100, 0, 0, 105, 1, 1}, 200},
		{"[100.0, 0.0, 105.0, 1.0]", "100.0, 0.0, 105.0, 1.0", 400}, {"100.0, 1.0, 105.0, 0.0", []float64{100, 1, 105, 0}, 400},
		{"0", []float64{0}, 400}, {"0,0", []float64{0, 0}, 400}, {"0,0,0", []float64{0, 0, 0}, 400}, {"0,0,0,1,1", []float64{0, 0, 0, 1, 1}, 400}, {"0,0,0,1,1,1,1", []float64{0, 0, 0, 1, 1, 1, 1}, 400},
	} {
		v.search(url.Values{"bbox": {c.query}}, map[string]any{"bbox": c.body}, c.status)
	}
	v.ask(http.MethodGet, v.URL+"/stac/search", map[string]any{"bbox": []float64{100, 0, 105, 1}}, 200) // a body that means nothing
	v.search(url.Values{"bbox": {"0,0,1,1"}, "intersects": {`{"type":"Polygon","coordinates":` + square + `}`}},
		map[string]any{"bbox": []int{0, 0, 1, 1}, "intersects": json.RawMessage(`{"type":"Polygon","coordinates":` + square + `}`)}, 400)
	for kind, coordinates := range map[string]string{
		"Point": `[20.5,20.5]`, "LineString": `[[19,20.5],[22,20.5]]`, "Polygon": square, "MultiPoint": `[[20.5,20.5],[0,0]]`, "MultiLineString": `[[[19,20.5],[22,20.5]],[[0,0],[1,1]]]`,
		"MultiPolygon": `[` + square + `]`, "GeometryCollection": "",
	} {
		geometry := fmt.Sprintf(`{"type":%q,"coordinates":%s}`, kind, coordinates)
		if coordinates == "" {
			geometry = `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[20.5,20.5]},{"type":"LineString","coordinates":[[0,0],[1,1]]}]}`
		}
		found := v.search(url.Values{"intersects": {geometry}, "collections": {"V"}}, map[string]any{"intersects": json.RawMessage(geometry), "collections": []string{"V"}}, 200)
		if len(found) != 10 {
			v.Errorf("%s finds %d items", geometry, len(found))
		}
	}
	hole := `{"type":"Polygon","coordinates":[[[10,10],[30,10],[30,30],[10,30],[10,10]],[[19,19],[19,22],[22,22],[22,19],[19,19]]]}`
	if found := v.search(url.Values{"intersects": {hole}}, map[string]any{"intersects": json.RawMessage(hole)}, 200); len(found) != 0 {
		v.Errorf("within the hole are %q", ids(found))
	}
	if found := v.search(url.Values{"ids": {"v01,v02"}}, map[string]any{"ids": []string{"v01", "v02"}}, 200); len(found) != 2 {
		v.Errorf("by id %q", ids(found))
	}
	elsewhere := v.search(url.Values{"ids": {"v01"}, "collections": {"V"}, "bbox": {"22,22,23,23"}}, map[string]any{"ids": []string{"v01"}, "collections": []string{"V"}, "bbox": []int{22, 22, 23, 23}}, 200)
	if len(elsewhere) != 0 {
		v.Error("ids override the place")
	}
	for _, collections := range [][]string{{"A"}, {"V"}, {"A", "V", "named only"}, {"none"}} {
		for _, f := range v.search(url.Values{"collections": {strings.Join(collections, ",")}, "limit": {"100"}}, map[string]any{"collections": collections, "limit": 100}, 200) {
			if !slices.Contains(collections, f.Collection) {
				v.Errorf("%q has %s/%s", collections, f.Collection, f.ID)
			}
		}
	}
	v.paging()
}

// paging walks as pystac-client does: by links with GET, by bodies that are merged with POST.
func (v validator) paging() {
	var byGet, byPost []string
	for next := v.URL + "/stac/search?limit=5&collections=V"; next != ""; {
		page := v.ask(http.MethodGet, next, nil, 200)
		byGet, next = append(byGet, ids(page.Features)...), page.link("next").Href
	}
	body := map[string]any{"limit": 5, "collections": []string{"V"}}
	for more := true; more; {
		page := v.ask(http.MethodPost, v.URL+"/stac/search", body, 200)
		byPost, more = append(byPost, ids(page.Features)...), false
		for _, l := range page.Links {
			if l.Rel != "next" {
				continue
			}
			if more = true; l.Method != http.MethodPost || !l.Merge || l.Href != v.URL+"/stac/search" {
				v.Fatalf("%+v", l)
			}
			if err := json.Unmarshal(l.Body, &body); err != nil { // into what was sent
				v.Fatal(err)
			}
		}
	}
	if len(byGet) != 12 || !slices.Equal(byGet, byPost) || len(slices.Compact(slices.Sorted(slices.Values(byGet)))) != 12 {
		v.Errorf("pages have %q by GET, %q by POST", byGet, byPost)
	}
}

func (v validator) datetimes() {
	for status, all := range map[int][]string{
		200: {"2026-02-01T00:00:00Z", "1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-00:00", "1996-12-19T16:39:57+08:00", "../1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.52Z/..", "/1985-04-12T23:20:50.52Z",
			"1985-04-12T23:20:50.52Z/", "1985-04-12T23:20:50.52+01:00/1986-04-12T23:20:50.52+01:00", "1937-01-01T12:00:27.8710+01:00", "1985-04-12t23:20:50.000z", "1996-12-19T16:39:57+00:00", "1996-12-19T16:39:57-08:00", "1985-04-12T23:20:50.52Z/1986-04-12T23:20:50.52Z", "1985-04-12T23:20:50.52-01:00/1986-04-12T23:20:50.52-01:00",
			"1937-01-01T12:00:27.87+01:00", "1937-01-01T12:00:27.8+01:00", "1937-01-01T12:00:27.8Z", "2020-07-23T00:00:00.000+03:00", "2020-07-23T00:00:00+03:00", "2020-07-23T00:00:00Z", "2020-07-23T00:00:00.0Z", "2020-07-23T00:00:00.01Z", "2020-07-23T00:00:00.012Z",
			"2020-07-23T00:00:00.0123Z", "2020-07-23T00:00:00.01234Z", "2020-07-23T00:00:00.012345Z", "2020-07-23T00:00:00.0123456Z", "2020-07-23T00:00:00.01234567Z", "2020-07-23T00:00:00.012345678Z"},
		400: {"/", "../..", "/..", "../", "/1984-04-12T23:20:50.52Z/1985-04-12T23:20:50.52Z", "1984-04-12T23:20:50.52Z/1985-04-12T23:20:50.52Z/", "/1984-04-12T23:20:50.52Z/1985-04-12T23:20:50.52Z/", "1985-04-12", "1937-01-01T12:00:27.87+0100",
			"37-01-01T12:00:27.87Z", "1985-12-12T23:20:50.52", "21985-12-12T23:20:50.52Z", "1985-13-12T23:20:50.52Z", "1985-12-32T23:20:50.52Z", "1985-12-01T25:20:50.52Z", "1985-12-01T00:60:50.52Z",
			"1985-12-01T00:06:61.52Z", "1985-04-12T23:20:50.Z", "1985-04-12T23:20:50,Z", "1990-12-31T23:59:61Z", "1986-04-12T23:20:50.52Z/1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50,52Z"},
	} {
		for _, text := range all {
			v.search(url.Values{"datetime": {text}}, map[string]any{"datetime": text}, status)
		}
	}
}

// names are the members of the first item that is found.
func (v validator) names(method, query string, body any) (members map[string]json.RawMessage) {
	v.Helper()
	var page struct{ Features []map[string]json.RawMessage }
	text, err := json.Marshal(body)
	if err != nil {
		v.Fatal(err)
	}
	r, err := http.NewRequest(method, v.URL+"/stac/search"+query, strings.NewReader(string(text)))
	if err != nil {
		v.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	if v.read(v.T, answer, &page); answer.StatusCode != 200 || len(page.Features) == 0 {
		v.Fatalf("%s %s %s: %d", method, query, text, answer.StatusCode)
	}
	return page.Features[0]
}

func (v validator) fields() {
	byQuery := func(fields string) map[string]json.RawMessage {
		return v.names(http.MethodGet, "?limit=1&collections=V&fields="+url.QueryEscape(fields), nil)
	}
	byBody := func(fields any) map[string]json.RawMessage {
		return v.names(http.MethodPost, "", map[string]any{"fields": fields, "limit": 1, "collections": []string{"V"}})
	}
	has := func(what string, got map[string]json.RawMessage, yes, no string) {
		v.Helper()
		for _, name := range strings.Fields(yes) {
			if got[name] == nil {
				v.Errorf("%s: no %s", what, name)
			}
		}
		for _, name := range strings.Fields(no) {
			if got[name] != nil {
				v.Errorf("%s: %s is there", what, name)
			}
		}
	}
	const standard = "type stac_version id geometry bbox links assets properties"
	has("none", byQuery(""), standard, "")
	v.ask(http.MethodPost, v.URL+"/stac/search", map[string]any{"fields": nil}, 400)
	for _, fields := range []any{map[string]any{}, map[string]any{"include": nil, "exclude": nil}, map[string]any{"include": []string{}, "exclude": []string{}}} {
		if got := byBody(fields); strings.Contains(string(got["properties"]), "eo:cloud_cover") {
			v.Errorf("%v: %s", fields, got["properties"])
		} else {
			has(fmt.Sprint(fields), got, standard, "")
		}
	}
	for _, name := range []string{"type", "stac_version", "id", "geometry", "bbox", "links", "assets"} {
		for _, got := range []map[string]json.RawMessage{byQuery(name), byQuery("+" + name), byBody(map[string]any{"include": []string{name}})} {
			if has(name, got, name, ""); len(got) > 5 {
				v.Errorf("asked for %s, told %d members", name, len(got))
			}
		}
	}
	has("-geometry", byQuery("-geometry"), "id assets", "geometry")
	rest := byBody(map[string]any{"exclude": []string{"geometry"}})
	if has("exclude alone", rest, "id assets", "geometry"); !strings.Contains(string(rest["properties"]), "eo:cloud_cover") {
		v.Errorf("what is not excluded is %s", rest["properties"])
	}
	for _, include := range []any{[]string{}, nil} {
		fewer := byBody(map[string]any{"exclude": []string{"geometry"}, "include": include})
		if has("exclude of the standard ones", fewer, "id assets", "geometry"); strings.Contains(string(fewer["properties"]), "eo:cloud_cover") {
			v.Errorf("told is %s", fewer["properties"])
		}
	}
	for _, got := range []map[string]json.RawMessage{byQuery("-properties,+properties.eo:cloud_cover"), byBody(map[string]any{"exclude": []string{"properties"}, "include": []string{"properties.eo:cloud_cover"}})} {
		if has("nested", got, "properties", "geometry"); !strings.Contains(string(got["properties"]), "eo:cloud_cover") || len(got) != 5 {
			v.Errorf("nested: %q", got)
		}
	}
	has("both ways", byQuery("+geometry,-geometry"), "geometry", "assets")
	has("both ways", byBody(map[string]any{"exclude": []string{"geometry"}, "include": []string{"geometry"}}), "geometry", "assets")
}

func (v validator) sorts() {
	for by, ascending := range map[string]bool{"properties.datetime": true, "+properties.datetime": true, "-properties.datetime": false} {
		direction := map[bool]string{true: "asc", false: "desc"}[ascending]
		found := v.search(url.Values{"sortby": {by}, "limit": {"100"}, "collections": {"V"}},
			map[string]any{"sortby": []map[string]string{{"field": "properties.datetime", "direction": direction}}, "limit": 100, "collections": "V"}, 200)
		if got := ids(found); len(got) != 12 || slices.IsSorted(got) != ascending {
			v.Errorf("%s: %q", by, got)
		}
	}
}

func (v validator) queries() {
	for text, want := range map[string]int{
		`{"eo:cloud_cover":{"eq":10}}`: 1, `{"eo:cloud_cover":{"neq":10}}`: 11, `{"eo:cloud_cover":{"lt":10}}`: 2, `{"eo:cloud_cover":{"lte":10}}`: 3, `{"eo:cloud_cover":{"gt":10}}`: 9, `{"eo:cloud_cover":{"gte":"10"}}`: 10,
		`{"platform":{"startsWith":"sentinel"}}`: 12, `{"platform":{"endsWith":"2a"}}`: 6, `{"platform":{"contains":"inel-2"}}`: 12, `{"instruments":{"in":["msi","olci"]}}`: 12, `{"instruments":{"in":["olci"]}}`: 0,
	} {
		found := v.search(url.Values{"query": {text}, "limit": {"20"}, "collections": {"V"}}, map[string]any{"query": json.RawMessage(text), "limit": 20, "collections": "V"}, 200)
		if len(found) != want {
			v.Errorf("%s finds %q", text, ids(found))
		}
	}
}

func (v validator) filters() {
	for text, as := range map[string]string{
		"id = 'v01' AND collection = 'V'":     `{"op":"and","args":[{"op":"=","args":[{"property":"id"},"v01"]},{"op":"=","args":[{"property":"collection"},"V"]}]}`,
		"NOT id = 'v01'":                      `{"op":"not","args":[{"op":"=","args":[{"property":"id"},"v01"]}]}`,
		"collection <> 'V' OR id = 'v01'":     `{"op":"or","args":[{"op":"<>","args":[{"property":"collection"},"V"]},{"op":"=","args":[{"property":"id"},"v01"]}]}`,
		"eo:cloud_cover <= 10":                `{"op":"<=","args":[{"property":"eo:cloud_cover"},10]}`,
		"properties.eo:cloud_cover > 50":      `{"op":">","args":[{"property":"properties.eo:cloud_cover"},50]}`,
		"eo:cloud_cover BETWEEN 0 AND 50":     `{"op":"between","args":[{"property":"eo:cloud_cover"},0,50]}`,
		"eo:cloud_cover NOT BETWEEN 0 AND 50": `{"op":"not","args":[{"op":"between","args":[{"property":"eo:cloud_cover"},0,50]}]}`,
		"platform LIKE 'sentinel%'":           `{"op":"like","args":[{"property":"platform"},"sentinel%"]}`,
		"eo:cloud_cover IS NULL":              `{"op":"isNull","args":[{"property":"eo:cloud_cover"}]}`,
		"sentinel:data_coverage > 50 OR landsat:coverage_percent < 10 OR (sentinel:data_coverage IS NULL AND landsat:coverage_percent IS NULL)": `{"op":"or","args":[{"op":">","args":[{"property":"sentinel:data_coverage"},50]},{"op":"<","args":[{"property":"landsat:coverage_percent"},10]},{"op":"and","args":[{"op":"isNull","args":[{"property":"sentinel:data_coverage"}]},{"op":"isNull","args":[{"property":"landsat:coverage_percent"}]}]}]}`,
		"prop1 = prop2": `{"op":"=","args":[{"property":"prop1"},{"property":"prop2"}]}`,
		"datetime >= TIMESTAMP('2026-02-03T00:00:00Z')":                                      `{"op":">=","args":[{"property":"datetime"},{"timestamp":"2026-02-03T00:00:00Z"}]}`,
		"T_INTERSECTS(datetime, INTERVAL('2026-02-01T00:00:00Z','2026-02-03T00:00:00Z'))":    `{"op":"t_intersects","args":[{"property":"datetime"},{"interval":["2026-02-01T00:00:00Z","2026-02-03T00:00:00Z"]}]}`,
		"S_INTERSECTS(geometry, POLYGON((19 19, 22 19, 22 22, 19 22, 19 19)))":               `{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[19,19],[22,19],[22,22],[19,22],[19,19]]]}]}`,
		"collection = 'V' AND eo:cloud_cover <= 10 AND S_INTERSECTS(geometry, POINT(20 20))": `{"op":"and","args":[{"op":"=","args":[{"property":"collection"},"V"]},{"op":"<=","args":[{"property":"eo:cloud_cover"},10]},{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Point","coordinates":[20,20]}]}]}`,
	} {
		v.search(url.Values{"limit": {"20"}, "filter-lang": {"cql2-text"}, "filter": {text}}, map[string]any{"limit": 20, "filter-lang": "cql2-json", "filter": json.RawMessage(as)}, 200)
	}
}
