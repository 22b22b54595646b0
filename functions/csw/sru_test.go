package main

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// RC-08: queries of SRU are answered by the database, every index and relation that is offered.
func TestSRU(t *testing.T) {
	server := newServer(t)
	for query, want := range map[string]int{
		"water":                                 5,
		`"fields and water"`:                    5,
		`"water fields"`:                        0,
		"wat*":                                  5,
		"ield":                                  5,
		"cql.anywhere = ield":                   0,
		"cql.anywhere all \"scene fields\"":     5,
		"dc.title = scene":                      5,
		`dc.title == "Scene 3"`:                 1,
		"dc:title like '%CENE 3'":               1,
		"identifier = S2_3":                     1,
		`identifier any "S2_3 S2_4"`:            2,
		"identifier = S2_?":                     5,
		"type = dataset":                        5,
		"type = series":                         1,
		"relation = S2":                         6,
		"description any \"water\"":             5,
		"subject = nothing":                     0,
		"date >= 2026-06-03":                    3,
		`date within "2026-06-01 2026-06-02"`:   2,
		"eo:cloud_cover < 20 and title = scene": 2,
		"water not eo:cloud_cover < 20":         3,
		"modified > 2020-01-01":                 6,
	} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/csw?mode=sru&operation=searchRetrieve&version=1.1&query="+url.QueryEscape(query), nil))
		var read struct {
			Matched     int      `xml:"numberOfRecords"`
			IDs         []string `xml:"records>record>recordData>dc>identifier"`
			Diagnostics []string `xml:"diagnostics>diagnostic>details"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &read); err != nil || read.Matched != want || len(read.IDs) != want || len(read.Diagnostics) > 0 {
			t.Errorf("%s finds %d %v, not %d: %v %v", query, read.Matched, read.IDs, want, err, read.Diagnostics)
		}
	}
}
