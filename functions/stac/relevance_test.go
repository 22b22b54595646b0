package main

import (
	"fmt"
	"strings"
	"testing"

	"perigee/shared/scope"
)

// RC-05: what has the words of q in its title comes before what has them among its keywords, and that before the rest.
func TestRelevance(t *testing.T) {
	s := start(t)
	for i, properties := range []string{`"title":"Radar"`, `"title":"Fields","keywords":["radar"]`, `"title":"Seas","description":"by radar"`, `"title":"Seas"`} {
		s.register(t, scope.System, fmt.Sprintf("s3://%s/%d.json", s.bucket, i), fmt.Appendf(nil, `{"type":"Feature","stac_version":"1.0.0","id":"item%d","collection":"A",`+
			`"geometry":{"type":"Point","coordinates":[1,2]},"bbox":[1,2,1,2],"properties":{"datetime":"2026-01-%02dT00:00:00Z",%s},"links":[],"assets":{}}`, i, i+1, properties))
	}
	for query, want := range map[string]string{
		"q=radar":                     "item2 item1 item0",
		"q=radar&sortby=-relevance":   "item0 item1 item2",
		"q=radar&sortby=%2Brelevance": "item2 item1 item0",
	} {
		var found document
		if s.get(t, s.URL+"/stac/search?"+query, &found); strings.Join(ids(found.Features), " ") != want {
			t.Errorf("%s: %v, want %s", query, ids(found.Features), want)
		}
	}
}
