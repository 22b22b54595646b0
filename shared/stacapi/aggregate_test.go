package stacapi

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/ogcapi"
)

// toldAggregations is an AggregationCollection as clients read it.
type toldAggregations struct {
	Type         string
	Aggregations []struct {
		Name, Interval string
		DataType       string `json:"data_type"`
		KeyType        string `json:"frequency_distribution_data_type"`
		Value          any
		Overflow       *int
		Buckets        []struct {
			Key       string
			DataType  string `json:"data_type"`
			Frequency int
			From, To  any
		}
	}
	Links []map[string]any
}

func aggregated(t *testing.T, w *httptest.ResponseRecorder) (m toldAggregations, told string) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Code != 200 || m.Type != "AggregationCollection" {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	for _, a := range m.Aggregations {
		told += fmt.Sprintf("%s %s %v %s:", a.Name, strings.TrimPrefix(a.DataType+" "+a.KeyType, "frequency_distribution "), a.Value, a.Interval)
		for _, b := range a.Buckets {
			told += fmt.Sprintf(" [%s %d %v %v]", b.Key, b.Frequency, b.From, b.To)
		}
		told += "\n"
	}
	return m, told
}

// RC-07: aggregations, by GET and by POST, of all collections and of one, and how wide their buckets are.
func TestAggregate(t *testing.T) {
	h, _ := catalogueOf(t)
	post := func(target, body string) *httptest.ResponseRecorder {
		return send(t, h, "POST", target, strings.NewReader(body), "Content-Type", ogcapi.MediaTypeJSON)
	}
	for name, c := range map[string]struct {
		w    *httptest.ResponseRecorder
		want string
	}{
		"nothing":    {get(t, h, "/stac/aggregate"), ""},
		"more said":  {get(t, h, "/stac/aggregate?aggregations=total_count&datetime_frequency_interval=month&centroid_geohash_grid_frequency_precision=12&grid_geotile_frequency_precision=29"), "total_count integer  2 :\n"},
		"count":      {get(t, h, "/stac/aggregate?aggregations=total_count"), "total_count integer  2 :\n"},
		"of some":    {get(t, h, "/stac/aggregate?aggregations=total_count&ids=lonely&query=%7B%7D&q=lonely"), "total_count integer  1 :\n"},
		"ends":       {get(t, h, "/stac/aggregate?aggregations=datetime_min,datetime_max"), "datetime_min datetime  2026-03-01T00:00:00Z :\ndatetime_max datetime  2026-04-30T10:00:31Z :\n"},
		"of nothing": {post("/stac/aggregate", `{"ids":["none"],"aggregations":["datetime_min","collection_frequency"]}`), "datetime_min datetime  <nil> :\ncollection_frequency string <nil> :\n"},
		"by month": {get(t, h, "/stac/aggregate?aggregations=datetime_frequency&datetime_frequency_interval=month"),
			"datetime_frequency datetime <nil> month: [2026-03-01T00:00:00Z 1 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z] [2026-04-01T00:00:00Z 1 2026-04-01T00:00:00Z 2026-05-01T00:00:00Z]\n"},
		"by itself": {get(t, h, "/stac/aggregate?aggregations=datetime_frequency&collections=S2MSI2A"), // few months: by day
			"datetime_frequency datetime <nil> day: [2026-04-30T00:00:00Z 1 2026-04-30T00:00:00Z 2026-05-01T00:00:00Z]\n"},
		"collections": {post("/stac/aggregate", `{"aggregations":["collection_frequency"]}`), "collection_frequency string <nil> : [S2MSI2A 1 <nil> <nil>] [uncollected 1 <nil> <nil>]\n"},
		"clouds": {get(t, h, "/stac/collections/S2MSI2A/aggregate?aggregations=cloud_cover_frequency,total_count"),
			"cloud_cover_frequency numeric <nil> 10: [10-20 1 10 20]\ntotal_count integer  1 :\n"},
		"narrow": {post("/stac/collections/S2MSI2A/aggregate", `{"aggregations":["cloud_cover_frequency"],"cloud_cover_frequency_interval":0.5}`), "cloud_cover_frequency numeric <nil> 0.5: [12.5-13 1 12.5 13]\n"},
	} {
		if _, told := aggregated(t, c.w); told != c.want {
			t.Errorf("%s: %s, want %s", name, told, c.want)
		}
	}
}

func TestRefusedAggregations(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, c := range []struct{ method, target, body, want string }{
		{"GET", "/stac/aggregate?aggregations=none,total_count&limit=5", "", "aggregations limit"},
		{"GET", "/stac/aggregate?aggregations=datetime_frequency&datetime_frequency_interval=decade", "", "datetime_frequency_interval"},
		{"GET", "/stac/aggregate?aggregations=cloud_cover_frequency&cloud_cover_frequency_interval=-1", "", "cloud_cover_frequency_interval"},
		{"GET", "/stac/aggregate?aggregations=cloud_cover_frequency&cloud_cover_frequency_interval=NaN", "", "cloud_cover_frequency_interval"},
		{"GET", "/stac/aggregate?aggregations=centroid_geohash_grid_frequency&centroid_geohash_grid_frequency_precision=13", "", "centroid_geohash_grid_frequency_precision"},
		{"GET", "/stac/aggregate?platform_frequency_interval=month", "", "platform_frequency_interval"}, // of what was not asked for
		{"GET", "/stac/aggregate?aggregations=" + strings.Repeat("a,", 30), "", "aggregations"},
		{"GET", "/stac/collections/S2MSI2A/aggregate?collections=x", "", "collections"},
		{"POST", "/stac/aggregate", `{"aggregations":7,"limit":1}`, "aggregations limit"},
		{"POST", "/stac/collections/S2MSI2A/aggregate", `{"collections":["x"],"aggregations":["centroid_geotile_grid_frequency"],"centroid_geotile_grid_frequency_precision":30}`, "collections centroid_geotile_grid_frequency_precision"},
	} {
		w := send(t, h, c.method, c.target, strings.NewReader(c.body), "Content-Type", ogcapi.MediaTypeJSON)
		var p ogcapi.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 400 {
			t.Errorf("%s %s %s: %d %s", c.method, c.target, c.body, w.Code, w.Body)
		}
		var at []string
		for _, f := range p.Errors {
			at = append(at, f.Locator)
		}
		if got := strings.Join(at, " "); got != c.want {
			t.Errorf("%s %s: faults at %q, want %q", c.target, c.body, got, c.want)
		}
	}
	for _, target := range []string{"/stac/collections/none/aggregate", "/stac/collections/none/aggregations"} {
		if w := get(t, h, target); w.Code != 404 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

// What is offered follows from the properties, and every name of it can be asked for.
func TestAggregationsAreOffered(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, target := range []string{"/stac/aggregations", "/stac/collections/S2MSI2A/aggregations"} {
		var listed struct {
			Aggregations []struct {
				Name     string
				DataType string `json:"data_type"`
				KeyType  string `json:"frequency_distribution_data_type"`
			}
			Links []map[string]any
		}
		w := get(t, h, target)
		if err := json.Unmarshal(w.Body.Bytes(), &listed); err != nil || len(listed.Links) < 4 {
			t.Fatal(err, w.Body)
		}
		types := map[string]string{}
		for _, a := range listed.Aggregations {
			types[a.Name] = strings.TrimPrefix(a.DataType+" "+a.KeyType, "frequency_distribution ")
			if w := get(t, h, strings.TrimSuffix(target, "ions")+"e?aggregations="+a.Name); w.Code != 200 {
				t.Errorf("%s: %d %s", a.Name, w.Code, w.Body)
			}
			if w := get(t, h, strings.TrimSuffix(target, "ions")+"e?f=html&aggregations="+a.Name); w.Code != 200 || !strings.Contains(w.Body.String(), "<h2>"+a.Name) {
				t.Errorf("%s for people: %d", a.Name, w.Code)
			}
		}
		if types["platform_frequency"] != "string" || types["eo:cloud_cover_min"] != "numeric " || types["instruments_frequency"] != "string" || types["id_frequency"] != "" {
			t.Errorf("%v", types)
		}
	}
}

func TestNiceWidth(t *testing.T) {
	for _, c := range []struct {
		least, greatest string
		want            float64
	}{
		{"0", "100", 10}, {"0", "99.5", 5}, {"0", "3", 0.2}, {"-5", "5", 1}, {"7", "7", 1}, {"", "", 1}, {"0", "1e300", 1e299}, {"1e-300", "1e-299", 1},
	} {
		if got := niceWidth(c.least, c.greatest); got < c.want*0.999 || got > c.want*1.001 {
			t.Errorf("%s to %s: %v", c.least, c.greatest, got)
		}
	}
}
