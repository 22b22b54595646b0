package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// RC-06: whatever records name as theirs is a collection, whether it was registered, is a record of another kind, or is
// only named; collections are found as records are.
func TestCollections(t *testing.T) {
	s := filled(t)
	for query, want := range map[string]string{
		"":                              "metadata:main S2 series named only",
		"limit=1":                       "metadata:main S2 series named only",
		"limit=2":                       "metadata:main S2 series named only",
		"offset=1":                      "S2 series named only",
		"q=optical":                     "S2",
		"q=test,documents":              "metadata:main series",
		"type=series":                   "metadata:main S2 series",
		"bbox=4,5.5,6,6.5":              "metadata:main series",
		"bbox=4,40.5,6,40.7&limit=1":    "metadata:main S2",
		"datetime=2026-02-01T00:00:00Z": "S2",
		"ids=S2,series,none":            "S2 series",
		"filter=title+LIKE+'%25ent%25'": "S2",
		"filter=keywords+LIKE+'msi'+OR+id='series'&sortby=-title&limit=1": "S2 series",
		"externalIds=urn:s:":  "series",
		"license=proprietary": "S2",
	} {
		var met []string
		target := s.URL + "/records/collections?" + query
		for pages := 0; target != "" && pages < 10; pages++ {
			var page document
			s.get(t, target, &page)
			for _, c := range page.Collections {
				met = append(met, c.ID)
				if c.ItemType != "record" || c.Title == "" || c.link("items") == "" {
					t.Errorf("%+v", c)
				}
			}
			if limit := strings.Contains(query, "limit=1"); limit && len(page.Collections) > 1 || page.NumberReturned != len(page.Collections) {
				t.Errorf("%s: %d collections, %d returned", target, len(page.Collections), page.NumberReturned)
			}
			target = page.link("next")
		}
		if got := strings.Join(met, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	var found document
	if s.get(t, "/records/collections?q=optical", &found); found.NumberMatched == nil || *found.NumberMatched != 1 {
		t.Errorf("%v matched", found.NumberMatched)
	}
	for _, wrong := range []string{"limit=0", "bbox=1", "sortby=nothing:here", "colour=red", "token=forged"} {
		if r := s.get(t, "/records/collections?"+wrong, nil); r.StatusCode != 400 {
			t.Errorf("%s: %d", wrong, r.StatusCode)
		}
	}
	for id, want := range map[string]string{"metadata:main": "Test", "S2": "Sentinel-2", "series": "A series", "named%20only": "named only"} {
		var c document
		if s.get(t, "/records/collections/"+id, &c); c.Title != want || c.Type != "Collection" || len(c.CRS) != 123 {
			t.Errorf("%s: %+v", id, c)
		}
		for _, below := range []string{"/queryables", "/sortables", "/schema", "/facets", "/federatedCatalogs"} {
			if r := s.get(t, "/records/collections/"+id+below, nil); r.StatusCode != 200 {
				t.Errorf("%s%s: %d", id, below, r.StatusCode)
			}
		}
	}
}

// What records are found by is learnt from them, and told with its type and its few values.
func TestQueryables(t *testing.T) {
	s := filled(t)
	var schema struct {
		Properties map[string]struct {
			Type, Format string
			Enum         []string
		}
	}
	s.get(t, "/records/collections/S2/queryables", &schema)
	clouds, platform := schema.Properties["eo:cloud_cover"], schema.Properties["platform"]
	if clouds.Type != "number" || platform.Type != "string" || strings.Join(platform.Enum, " ") != "p0 p1 p2" || schema.Properties["geometry"].Format != "geometry-any" {
		t.Errorf("%+v", schema.Properties)
	}
}

// RC-05: any queryable is a parameter: numbers, truth values and times are compared as such, and a list has what is asked for.
func TestQueryablesAreParameters(t *testing.T) {
	s := filled(t)
	s.apply(t, scope.System, item(t, strings.Replace(scene("S2", 9), `"platform":"p0"`, `"instruments":["msi","other"],"proj:epsg":32633,"x:fine":true,"x:seen":"2026-02-01T00:00:00Z","x:name":"a,b"`, 1)))
	for query, want := range map[string]string{
		"instruments=msi":                            "s09",
		"instruments=ms":                             "",
		"instruments=msi&instruments=other":          "400",
		"proj:epsg=32633.0":                          "s09",
		"proj:epsg=north":                            "400",
		"x:fine=true":                                "s09",
		"x:fine=false":                               "",
		"x:seen=2026-02-01T01:00:00%2B01:00":         "s09",
		"x:name=a,b":                                 "s09",
		"x:name=a":                                   "",
		"datetime=2026-01-10T00:00:00Z&x:fine=true":  "s09",
		"created=2020-01-01T00:00:00Z":               "",
		"description=fields and ice&proj:epsg=32633": "s09",
	} {
		r, err := http.Get(s.URL + "/records/collections/S2/items?" + strings.ReplaceAll(query, " ", "+"))
		if err != nil {
			t.Fatal(err)
		}
		var page document
		if err := json.NewDecoder(r.Body).Decode(&page); err != nil {
			t.Error(err)
		}
		r.Body.Close()
		got := ids(page.Features)
		if r.StatusCode != 200 {
			got = strconv.Itoa(r.StatusCode)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// RC-23, RC-05: a record is made of what its resource came as; a native one comes back as it came.
func TestRecords(t *testing.T) {
	s := filled(t)
	s.apply(t, scope.System, record.Record{
		Key: record.Key{Collection: "S2", ID: "drawn"}, Type: record.TypeItem, Document: []byte(scene("S2", 9)), MediaType: "application/geo+json", Links: record.ServiceLinks(record.Key{Collection: "S2", ID: "drawn"}),
	})
	var d struct {
		document
		Assets     json.RawMessage
		ConformsTo []string
	}
	s.get(t, "/records/collections/S2/items/s03", &d)
	if d.Properties["eo:cloud_cover"] != 30.5 || d.Properties["type"] != "dataset" || d.Properties["title"] != "Scene 3" || string(d.Time) != `{"timestamp":"2026-01-04T00:00:00Z"}` || d.Assets != nil {
		t.Errorf("%+v", d)
	}
	rels := map[string]string{}
	for _, l := range d.Links {
		rels[l.Rel+" "+l.Name] = l.Href
	}
	for rel, want := range map[string]string{
		"enclosure B04": s.URL + "/stac/collections/S2/items/s03/assets/B04",
		"preview thumb": "https://t.example/t.png",
		"license ":      "https://l.example/l",
		"self ":         s.URL + "/records/collections/S2/items/s03",
		"profile ":      "http://www.opengis.net/def/profile/OGC/0/ogc-record",
		"collection ":   s.URL + "/records/collections/S2",
	} {
		if rels[rel] != want {
			t.Errorf("%s is %q, want %q", rel, rels[rel], want)
		}
	}
	var native struct {
		Properties json.RawMessage
		Links      []json.RawMessage
	}
	s.get(t, items+"/part", &native)
	if string(native.Properties) != `{"type":"dataset","title":"A part","x":1.50}` || !strings.Contains(string(native.Links[len(native.Links)-1]), `"href":"https://o.example/about.html","hreflang":"en"`) {
		t.Errorf("%s %s", native.Properties, native.Links)
	}
}
