package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// RC-07: what is aggregated of a real catalogue, with and without bounds, is what its items are.
func TestAggregate(t *testing.T) {
	s := filled(t)
	for query, want := range map[string]string{
		"aggregations=total_count,datetime_min,datetime_max,collection_frequency":                                     "12 2026-01-01T00:00:00Z 2026-01-12T00:00:00Z [A 4 named only 4 uncollected 4]",
		"aggregations=total_count,datetime_min,datetime_max,collection_frequency&bbox=3.5,40.5,4.5,40.6":              "2 2026-01-04T00:00:00Z 2026-01-05T00:00:00Z [A 1 named only 1]",
		"collections=A&aggregations=datetime_max,datetime_frequency,total_count&datetime_frequency_interval=month":    "2026-01-10T00:00:00Z [2026-01-01T00:00:00Z 4] 4",
		"aggregations=datetime_frequency&datetime=2026-01-03T00:00:00Z/2026-01-04T12:00:00Z":                          "[2026-01-03T00:00:00Z 1 2026-01-04T00:00:00Z 1]", // by itself by day
		"aggregations=datetime_frequency&datetime_frequency_interval=year":                                            "[2026-01-01T00:00:00Z 12]",
		"aggregations=gsd_frequency,gsd_min,gsd_max&q=item03,item04":                                                  "[10-11 2] 10 10",
		"aggregations=centroid_geohash_grid_frequency&ids=item03&centroid_geohash_grid_frequency_precision=4":         "[sp4q 1]",
		"aggregations=grid_geotile_frequency&ids=item03&grid_geotile_frequency_precision=29":                          "[29/273655034/202271161 1]",
		"aggregations=grid_geohash_frequency&ids=item03&grid_geohash_frequency_precision=12":                          "[sp4qrsu9egjn 1]",
		"aggregations=centroid_geotile_grid_frequency&filter=id='item03'&centroid_geotile_grid_frequency_precision=3": "[3/4/3 1]",
		"aggregations=datetime_min,total_count&query=%7B%22id%22:%7B%22in%22:[%22ITEM07%22,%22item08%22]%7D%7D":       "2026-01-08T00:00:00Z 2",
		"aggregations=datetime_min,total_count&collections=none":                                                      "<nil> 0",
	} {
		var told struct {
			Aggregations []struct {
				Value   any
				Buckets []struct {
					Key       string
					Frequency int
				}
			}
		}
		r := s.get(t, s.URL+"/stac/aggregate?"+query, &told)
		var parts []string
		for _, a := range told.Aggregations {
			if a.Buckets == nil {
				parts = append(parts, fmt.Sprint(a.Value))
				continue
			}
			var buckets []string
			for _, b := range a.Buckets {
				buckets = append(buckets, fmt.Sprint(b.Key, " ", b.Frequency))
			}
			parts = append(parts, "["+strings.Join(buckets, " ")+"]")
		}
		if got := strings.Join(parts, " "); got != want {
			t.Errorf("%s: %d %s, want %s", query, r.StatusCode, got, want)
		}
	}
	var listed struct{ Aggregations []struct{ Name string } }
	s.get(t, s.URL+"/stac/collections/A/aggregations", &listed)
	names, _ := json.Marshal(listed)
	if !strings.Contains(string(names), `"gsd_frequency"`) {
		t.Errorf("%s", names)
	}
}
