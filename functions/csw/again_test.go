package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// RC-10: what is harvested at an interval is kept with the records that it became, after it was harvested; a Harvest without an interval
// ends that first, be there something to read or not.
func TestHarvestInterval(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "gone") {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, strings.Replace(dublinCore("far", "Elsewhere"), "<csw:Record>", `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/">`, 1))
	}))
	t.Cleanup(upstream.Close)
	s, kept := writtenAnd(t)
	harvest := func(source, interval string) (int, string) {
		return posted(t, s, `<csw:Harvest xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2"><csw:Source>`+source+`</csw:Source><csw:ResourceType>http://www.opengis.net/cat/csw/2.0.2</csw:ResourceType>`+interval+`</csw:Harvest>`)
	}
	if status, text := harvest(upstream.URL, "<csw:HarvestInterval>P14D</csw:HarvestInterval>"); status != http.StatusOK || !strings.Contains(text, "<csw:totalInserted>1<") {
		t.Errorf("%d %s", status, text)
	}
	if all := *kept; len(all) != 1 || all[0].Source != upstream.URL || all[0].Interval != "P14D" || len(all[0].Records) != 1 || all[0].Records[0].ID != "far" {
		t.Errorf("%+v", all)
	}
	*kept = nil
	for interval, locator := range map[string]string{
		"<csw:HarvestInterval>fortnightly</csw:HarvestInterval>": "harvestInterval", "<csw:HarvestInterval>-P1D</csw:HarvestInterval>": "harvestInterval",
	} {
		if status, text := harvest(upstream.URL, interval); status != http.StatusBadRequest || !strings.Contains(text, `locator="`+locator+`"`) {
			t.Errorf("%s: %d %s", interval, status, text)
		}
	}
	if status, text := harvest(strings.Replace(upstream.URL, "://", "://me:secret@", 1), "<csw:HarvestInterval>P1D</csw:HarvestInterval>"); status != http.StatusBadRequest || !strings.Contains(text, `locator="source"`) || strings.Contains(text, "secret") {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := harvest(upstream.URL+"/gone", "<csw:HarvestInterval>P1D</csw:HarvestInterval>"); status == http.StatusOK || len(*kept) != 0 {
		t.Errorf("%d, kept %+v", status, *kept)
	}
	if status, _ := harvest(upstream.URL+"/gone", ""); status == http.StatusOK || len(*kept) != 1 || (*kept)[0].Interval != "" || (*kept)[0].Source != upstream.URL+"/gone" {
		t.Errorf("%d, kept %+v", status, *kept)
	}
}
