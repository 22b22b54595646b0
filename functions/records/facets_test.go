package main

import (
	"fmt"
	"strings"
	"testing"
)

// RC-15: facets count what is found, and the condition of a bucket finds as many as it counts.
func TestFacets(t *testing.T) {
	s := filled(t)
	type bucket struct {
		Value, Min, Max any
		Count           int
		Filter, Href    string
	}
	type faceted struct {
		NumberMatched  int
		NumberReturned int
		Facets         map[string]struct {
			Type, Property string
			Buckets        []bucket
			More           bool
		}
	}
	said := func(buckets []bucket) string {
		var all []string
		for _, b := range buckets {
			name := fmt.Sprint(b.Value)
			if b.Value == nil {
				name = fmt.Sprint(b.Min, "–", b.Max)
			}
			all = append(all, fmt.Sprintf("%s %d", name, b.Count))
		}
		return strings.Join(all, ", ")
	}
	for query, want := range map[string]map[string]string{
		"facets=true":                                             {"type": "dataset 9, series 2", "keywords": "ice 4, sea 4, k0 1, k1 1, k2 1, k3 1, k4 1, k5 1, k7 1, k8 1"},
		"facets=title:2:value_asc&q=ice&limit=0":                  {"title": "Scene 1 1, Scene 3 1"},
		"facets=collection:2&limit=0":                             {"collection": "S2 6, named only 2"},
		"facets=platform:5:value_desc&limit=0":                    {"platform": "p2 3, p1 3, p0 2"},
		"facets=eo:cloud_cover:2&collection=S2":                   {"eo:cloud_cover": "0.5–25.5 3, 25.5–50.5 3"},
		"facets=clouds&limit=0&q=ice":                             {"clouds": "clear 1, cloudy 3"},
		"facets=datetime:month&limit=0&type=dataset":              {"datetime": "2025-05-01T00:00:00Z–2025-06-01T00:00:00Z 1, 2026-01-01T00:00:00Z–2026-02-01T00:00:00Z 8"},
		"facets=clouds,type:1&filter=eo:cloud_cover+>+35&limit=1": {"clouds": "clear 0, cloudy 4", "type": "dataset 4"},
	} {
		var page faceted
		s.get(t, items+"?"+query, &page)
		if strings.Contains(query, "limit=0") && (page.NumberReturned != 0 || page.NumberMatched == 0) {
			t.Errorf("%s: %d of %d", query, page.NumberReturned, page.NumberMatched)
		}
		for name, buckets := range want {
			if got := said(page.Facets[name].Buckets); got != buckets {
				t.Errorf("%s: %s is %q, want %q", query, name, got, buckets)
			}
			for _, b := range page.Facets[name].Buckets {
				var again document
				if s.get(t, b.Href, &again); again.NumberMatched == nil || *again.NumberMatched != b.Count {
					t.Errorf("%s: %s: %s finds %v, not %d", query, name, b.Href, again.NumberMatched, b.Count)
				}
			}
		}
	}
	for _, wrong := range []string{"facets=nothing", "facets=geometry", "facets=type:0", "facets=type:x", "facets=keywords:month", "facets=a,b,c,d,e,f,g,h,i,j,k", "limit=0"} {
		if r := s.get(t, items+"?"+wrong, nil); r.StatusCode != 400 {
			t.Errorf("%s: %d", wrong, r.StatusCode)
		}
	}
}
