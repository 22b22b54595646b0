package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/source"
)

// upstream is a STAC API of a number of items, in pages of ten.
type upstream struct {
	url   string
	items int

	mutex   sync.Mutex
	answers map[int]int // by page: another status than 200
	asked   []url.Values
	header  http.Header
}

func newUpstream(t *testing.T, items int) *upstream {
	u := &upstream{items: items, answers: map[int]int{}}
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	u.url = server.URL
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.header = q.Header
	if q.URL.Path == "/" {
		fmt.Fprint(w, `{"conformsTo": [], "links": [{"rel": "search", "href": "/search"}]}`)
		return
	}
	u.asked = append(u.asked, q.URL.Query())
	page, _ := strconv.Atoi(q.URL.Query().Get("page"))
	if status := u.answers[page]; status != 0 {
		w.Header().Set("Retry-After", "0")
		http.Error(w, "no", status)
		return
	}
	var items []string
	for i := page * 10; i < min(u.items, page*10+10); i++ {
		items = append(items, itemText(fmt.Sprintf("i%03d", i), "S2"))
	}
	links := ""
	if page*10+10 < u.items {
		links = fmt.Sprintf(`{"rel": "next", "href": "/search?page=%d"}`, page+1)
	}
	fmt.Fprintf(w, `{"type": "FeatureCollection", "features": [%s], "links": [%s]}`, strings.Join(items, ","), links)
}

func (u *upstream) answer(page, status int) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.answers[page] = status
}

// configured makes a worker of a configuration, whose only time to wait is a moment.
func (w *world) configured(text string, change func(*config)) *harvest {
	w.t.Helper()
	h := w.worker()
	var err error
	if h.harvesters, err = source.Load("f", []byte(text)); err != nil {
		w.t.Fatal(err)
	}
	c := config{Endpoint: h.means.address(), IngestBucket: w.bucket, CacheBucket: "cache", Timeout: 10 * time.Second, Tries: 1}
	if change != nil {
		change(&c)
	}
	own, lists := h.means.own, h.means.ownLists
	if h.means, err = newMeans(c); err != nil {
		w.t.Fatal(err)
	}
	h.means.own, h.means.ownLists = own, lists
	h.patience, h.backlog = c.Patience, c.Backlog
	w.through(h)
	return h
}

// contents are the ids of the documents that were asked for by what they say since, in order.
func (w *world) contents() (ids []string) {
	w.t.Helper()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, e := range w.sent {
		var asked eventing.RegisterRequest
		if e.Type() != eventing.TypeRegisterRequested || json.Unmarshal(e.Data(), &asked) != nil {
			continue
		}
		for _, d := range asked.Documents {
			var said struct{ ID string }
			if err := json.Unmarshal(d.Content, &said); err != nil || d.Href != "" || d.Time.IsZero() {
				w.t.Errorf("%s at %s: %v", d.Content, d.Href, err)
			}
			ids = append(ids, said.ID)
		}
	}
	w.sent = nil
	return ids
}

func upTo(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("i%03d", i))
	}
	return ids
}

func (w *world) wantContents(want []string) {
	w.t.Helper()
	if got := w.contents(); !slices.Equal(got, want) {
		w.t.Errorf("asked for %v, not %v", got, want)
	}
}

const searching = "harvesters:\n  api: {resource: {type: STACAPI, stacapi: {url: %q, filesystem: f}}, mode: replace}\nfilesystems: {f: {type: http, http: {token: secret}}}"

// HRV-05, HRV-17: all pages of a service are walked, with the operator's credentials, and each item is asked for by what it says.
func TestPages(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 35)
	w.configured(fmt.Sprintf(searching, u.url+"/"), nil)
	w.handled(wanted("1", "api", "", ""))
	w.wantContents(upTo(35))
	if run := w.latest(""); run.Status != catalogue.HarvestFinished || run.Found != 35 || run.Visited != 5 || u.header.Get("Authorization") != "Bearer secret" {
		t.Errorf("%+v, %v", run, u.header)
	}
}

// HRV-17: items go to the queue that the configuration says, which is that of a route; both names of the queue of items are that
// of the route of items.
func TestQueues(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 2)
	for queue, route := range map[string]string{"register": "items", "register_queue": "items", "landsat_queue": "landsat_queue"} {
		w.configured(strings.Replace(fmt.Sprintf(searching, u.url+"/"), "mode: replace", "mode: replace, queue: "+queue, 1), nil)
		w.handled(wanted(queue, "api", "", ""))
		w.wantRegistered(" "+route+" replace ", " "+route+" replace ")
	}
}

// HRV-20: a page that cannot be read fails the run, and resuming goes on there: nothing is left out and nothing asked for again.
func TestABrokenPageIsResumed(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 35)
	w.configured(fmt.Sprintf(searching, u.url+"/"), nil)
	u.answer(2, http.StatusBadRequest)
	w.handled(wanted("1", "api", "", ""))
	run := w.latest("")
	if run.Status != catalogue.HarvestFailed || !strings.Contains(run.Error, "the harvest cannot go on: "+u.url+"/search?page=2: ") || !strings.Contains(run.Error, "answers 400") {
		t.Fatalf("%+v", run)
	}
	w.wantContents(upTo(20))
	u.answer(2, 0)
	if status, words := w.ask(http.MethodPost, "/harvest-runs/"+run.ID+"/resume", ""); status != http.StatusUnauthorized {
		t.Errorf("by a stranger: %d %s", status, words)
	}
	if status, words := w.ask(http.MethodPost, "/harvest-runs/"+run.ID+"/resume", "", "Writer", "anna"); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, words)
	}
	w.drain()
	w.wantContents(upTo(35)[20:])
	if run := w.latest(""); run.Status != catalogue.HarvestFinished || run.Found != 35 || run.Error != "" {
		t.Errorf("%+v", run)
	}
	if status, words := w.ask(http.MethodPost, "/harvest-runs/"+run.ID+"/resume", "", "Writer", "anna"); status != http.StatusConflict {
		t.Errorf("finished: %d %s", status, words)
	}
}

// A service that is busy is asked again by the event, which comes again; one that stays so fails the run in the end.
func TestABusyService(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 15)
	h := w.configured(fmt.Sprintf(searching, u.url+"/"), nil)
	u.answer(1, http.StatusTooManyRequests)
	e := wanted("1", "api", "", "")
	if status, words := w.deliver(e); status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", status, words)
	}
	if run := w.latest(""); run.Status != catalogue.HarvestRunning || run.Found != 10 {
		t.Errorf("%+v", run)
	}
	u.answer(1, 0)
	w.handled(e)
	w.wantContents(upTo(15))
	u.answer(0, http.StatusServiceUnavailable)
	h.patience = time.Nanosecond
	w.handled(wanted("2", "api", "", ""))
	if run := w.latest(""); run.Status != catalogue.HarvestFailed || !strings.Contains(run.Error, "made no progress") {
		t.Errorf("%+v", run)
	}
}

// HRV-19: a configuration that comes along is harvested as anybody may ask: what lies inside is refused by address, by name, by
// redirection and as a next page, unless the deployment allows it.
func TestAdHoc(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 15)
	redirecting := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/" {
			http.Redirect(rw, q, u.url+"/", http.StatusFound)
			return
		}
		fmt.Fprintf(rw, `{"type": "FeatureCollection", "features": [%s], "links": [{"rel": "next", "href": %q}]}`, itemText("i", "S2"), u.url+"/search")
	}))
	t.Cleanup(redirecting.Close)
	named := strings.Replace(u.url, "127.0.0.1", "localhost", 1)
	outside := strings.Replace(redirecting.URL, "127.0.0.1", "localhost", 1)
	for _, c := range []struct {
		name, url, allow string
		status           int
		words            string // of the refusal, or of the run's error
		found            int64
	}{
		{"an address", u.url, "", http.StatusForbidden, "lies inside", 0},
		{"a name", named, "", http.StatusAccepted, "lies inside", 0},
		{"a redirection", outside + "/", "localhost", http.StatusAccepted, "lies inside", 0},
		{"a next page", outside + "/search", "localhost", http.StatusAccepted, "the harvest cannot go on", 1},
		{"what is allowed", u.url, "127.0.0.0/8", http.StatusAccepted, "", 15},
	} {
		w.configured("", func(k *config) { k.Allow = strings.Fields(c.allow) })
		body := fmt.Sprintf("- name: Custom-Config\n  resource: {type: STACAPI, url: %q}\n  queue: register\n  filter: {}\n", c.url)
		status, words := w.ask(http.MethodPost, "/harvest/Custom-Config", body, "Writer", "anna", "Content-Type", "application/yaml")
		if status != c.status || status != http.StatusAccepted && !strings.Contains(words, c.words) {
			t.Errorf("%s: %d %s", c.name, status, words)
			continue
		}
		if w.drain(); status == http.StatusAccepted {
			if run := w.latest(""); run.Harvester != "Custom-Config" || run.Found != c.found || (run.Error == "") != (c.words == "") || !strings.Contains(run.Error, c.words) {
				t.Errorf("%s: %+v", c.name, run)
			}
		}
	}
	w.configured("", nil)
	public := fmt.Sprintf("resource: {type: FileScheme, root_path: /in/, pattern: '*', source: {type: S3, public: true, bucket: b, endpoint_url: %q}}", strings.Replace(u.url, "127.0.0.1", "localhost", 1))
	if status, words := w.ask(http.MethodPost, "/harvest/x", public, "Writer", "anna", "Content-Type", "text/yaml"); status != http.StatusAccepted {
		t.Errorf("%d %s", status, words)
	}
	w.drain()
	if run := w.latest(""); run.Status != catalogue.HarvestFailed || !strings.Contains(run.Error, "lies inside") {
		t.Errorf("a store inside: %+v", run)
	}
	if status, words := w.ask(http.MethodPost, "/harvest/x", `{"resource": {"type": "STACAPI", "url": "http://a/"}}`); status != http.StatusUnauthorized {
		t.Errorf("by a stranger: %d %s", status, words)
	}
}

// HRV-07: records of a catalogue go the ways of records, XML as a text.
func TestRecords(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		if strings.HasPrefix(q.URL.Path, "/csw") {
			fmt.Fprint(rw, `<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><csw:SearchResults numberOfRecordsMatched="1" nextRecord="0">
				<csw:Record><dc:identifier>x1</dc:identifier><dc:title>X</dc:title></csw:Record></csw:SearchResults></csw:GetRecordsResponse>`)
			return
		}
		fmt.Fprint(rw, `{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "r1", "geometry": null, "time": null, "properties": {"type": "dataset", "title": "R"}, "links": []}]}`)
	}))
	t.Cleanup(server.Close)
	w.configured(fmt.Sprintf("harvesters:\n  csw: {resource: {type: CSW, url: %q}}\n  records: {resource: {type: OGCAPIRecords, url: %q}}", server.URL+"/csw", server.URL+"/items"), nil)
	for name, want := range map[string]string{"csw": `xml "\u003ccsw:Record xmlns:csw=\"http://www.opengis.net/cat/csw/2.0.2\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\u003e`, "records": `json {"type": "Feature", "id": "r1"`} {
		w.handled(wanted(name, name, "", ""))
		w.mutex.Lock()
		var got []string
		for _, e := range w.sent {
			var asked eventing.RegisterRequest
			if e.Type() == eventing.TypeRegisterRequested && json.Unmarshal(e.Data(), &asked) == nil {
				got = append(got, extension(e, "route")+" "+string(asked.Documents[0].Content))
			}
		}
		w.sent = nil
		w.mutex.Unlock()
		if len(got) != 1 || !strings.HasPrefix(strings.NewReplacer(`": "`, `":"`, `", "`, `","`).Replace(got[0]), strings.NewReplacer(`": "`, `":"`, `", "`, `","`).Replace(want)) {
			t.Errorf("%s: %s, %+v", name, got, w.latest(""))
		}
	}
}

// While registration is behind, a harvest hands on without going on.
func TestBacklog(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 35)
	h := w.configured(fmt.Sprintf(searching, u.url+"/"), func(c *config) { c.Backlog = 9 })
	h.budget = 0
	w.handled(wanted("1", "api", "", "")) // the landing page
	for range 4 {
		e, more := w.take()
		if !more {
			t.Fatal("nobody goes on")
		}
		w.handled(e)
	}
	if run := w.latest(""); run.Found != 10 || run.Status != catalogue.HarvestRunning {
		t.Errorf("%+v", run)
	}
	w.mutex.Lock()
	for _, e := range w.sent {
		if e.Type() == eventing.TypeRegisterRequested {
			if err := w.store.SaveRegistrations(t.Context(), scope.New("", "test", scope.Writer), []record.Registration{{ID: "x", Event: e.ID()}}); err != nil {
				t.Error(err)
			}
		}
	}
	w.mutex.Unlock()
	h.backlog = 0
	w.drain()
	w.wantContents(upTo(35))
}

// Runs of one harvester follow each other, and the end of one wakes the next.
func TestRunsFollowEachOther(t *testing.T) {
	w, u := newWorld(t), newUpstream(t, 25)
	h := w.configured(fmt.Sprintf(searching, u.url+"/"), nil)
	h.budget = 0
	w.handled(wanted("1", "api", "", ""))
	w.handled(wanted("2", "api", "", ""))
	if run := w.latest(""); run.Visited != 0 || run.Status != catalogue.HarvestRunning {
		t.Errorf("%+v", run)
	}
	w.drain()
	w.wantContents(append(upTo(25), upTo(25)...))
}
