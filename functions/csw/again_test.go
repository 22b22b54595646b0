package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/csw"
	"perigee/shared/fault"
	"perigee/shared/scope"
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

// RC-01, RC-10: answers go to public addresses and those that are let through; what lies inside is refused before anything is sent, be it
// told by its address or found out when it is dialled.
func TestAnswersStayOutside(t *testing.T) {
	var got string
	client := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.Header.Get("Content-Type") + " " + string(text)
	}))
	t.Cleanup(client.Close)
	asking := `<csw:GetRecords xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2" resultType="results"><csw:ResponseHandler>` + client.URL + `/in</csw:ResponseHandler><csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName></csw:Query></csw:GetRecords>`
	for reach, want := range map[string]string{"": "forbidden", "127.0.0.0/8": ""} {
		sender, err := newAnswers(config{Reach: strings.Split(reach, ",")})
		if err != nil {
			t.Fatal(err)
		}
		later := csw.NewLater(sender)
		s := answering(t, later)
		response, err := http.Post(s.URL+"/csw", "application/xml", strings.NewReader(asking))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		finish(later)
		switch {
		case want == "" && (response.StatusCode != http.StatusOK || !strings.Contains(string(text), "Acknowledgement") || !strings.HasPrefix(got, "POST application/xml <?xml") || !strings.Contains(got, "<csw:GetRecordsResponse")):
			t.Errorf("%d %s, sent %s", response.StatusCode, text, got)
		case want != "" && (response.StatusCode != http.StatusForbidden || !strings.Contains(string(text), `locator="responseHandler"`) || got != ""):
			t.Errorf("%d %s, sent %s", response.StatusCode, text, got)
		}
		got = ""
	}
	guarded, err := newAnswers(config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := guarded.Send(context.Background(), strings.Replace(client.URL, "127.0.0.1", "localhost", 1), "application/xml", []byte("<x/>")); fault.KindOf(err) != fault.Forbidden || got != "" {
		t.Errorf("%v, sent %s", err, got)
	}
}

// answering serves a catalogue of one record to somebody who may write, and answers later.
func answering(t *testing.T, later *csw.Later) *httptest.Server {
	t.Helper()
	store := cataloguetest.Open(t)
	h := csw.New(csw.Config{Store: records{store: store}, Service: service(), Path: "/csw", Later: later})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "test", scope.Writer)})))
	}))
	t.Cleanup(s.Close)
	return s
}
