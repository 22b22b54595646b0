//go:build e2e

package story

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/shared/bucket"
	"perigee/test/gate"
)

// The trouble that a cluster is given. What it is answered with is the question, so that some of it is waited for.
const (
	away    = 30 * time.Second // for which a store is
	uploads = 100              // while pods are deleted
	pace    = 300 * time.Millisecond
	between = 3 * time.Second  // two troubles
	promise = 15 * time.Second // within which a reader is told that a store is away
)

// Where the stores listen that lie behind a gate; the gates are where functions look for them.
const (
	databaseBehind = "127.0.0.1:15432"
	objectsBehind  = "127.0.0.1:19000"
)

// TestStoresAway takes the database away from the functions of a cluster, then the object store, while items go on being
// stored. Readers are told to come back, within a bounded time; afterwards everything goes on by itself, nothing is lost.
func TestStoresAway(t *testing.T) {
	database, objects := gate.New(t, "127.0.0.1:5432"), gate.New(t, "127.0.0.1:9000")
	database.Lead(databaseBehind)
	objects.Lead(objectsBehind)
	h := openHouse(t, "--database", databaseBehind, "--store", objectsBehind)
	h.endpoint = "http://" + objectsBehind
	h.prepare()
	readers := h.readers()
	h.eventually("all can be read", func() error { return h.answered(readers, http.StatusOK) })

	database.Shut()
	h.store(0)
	h.delete("csw") // whose next pod starts without a database
	h.eventually("readers are told that the database is away", func() error { return h.answered(readers, http.StatusServiceUnavailable) })
	h.store(1)
	time.Sleep(away)
	h.must(h.answered(readers, http.StatusServiceUnavailable))
	h.recovery("database", database, readers, 2)

	objects.Shut()
	h.store(2)
	h.delete("render") // what it has read is answered all the same
	drawn := map[string]string{"map": readers["map"]}
	h.eventually("readers are told that the object store is away", func() error { return h.answered(drawn, http.StatusServiceUnavailable) })
	h.must(h.answered(map[string]string{"STAC": readers["STAC"], "CSW": readers["CSW"]}, http.StatusOK))
	time.Sleep(away)
	h.recovery("object store", objects, readers, 3)
	h.must(h.noLetters())
}

// recovery gives a store back, and waits until all is as if it had never been away.
func (h *house) recovery(what string, store *gate.Gate, readers map[string]string, items int) {
	h.Helper()
	began := time.Now()
	store.Open()
	h.eventually("all can be read again", func() error { return h.answered(readers, http.StatusOK) })
	read := time.Since(began)
	h.eventually("what came meanwhile is registered", func() error { return h.complete(items) })
	fmt.Printf("trouble %s away for %s and more: readers have 503 with Retry-After, read again after %s, all %d items there after %s\n",
		what, away, read.Round(100*time.Millisecond), items, time.Since(began).Round(100*time.Millisecond))
}

// TestPodsGo deletes pods and rolls revisions out while items are uploaded and people read. Those who read notice nothing
// unless their request was in the hands of a pod that was killed; every item is registered once.
func TestPodsGo(t *testing.T) {
	h := openHouse(t)
	h.prepare()
	told := &own{texts: []string{witnessTrigger}}
	server := h.subscribe(told)
	defer server.Close()
	h.must(told.onCluster())
	defer func() { h.must(told.remove()) }()
	readers := h.readers()
	h.eventually("all can be read", func() error { return h.answered(readers, http.StatusOK) })

	flow := h.flow(readers)
	kills := h.torment(flow.uploaded)
	flow.end()
	h.eventually("every item is registered", func() error { return h.complete(uploads) })
	h.eventually("a subscriber knows of every item", func() error { return told.once(uploads) })
	h.must(h.noLetters())
	flow.judge(kills)
}

const witnessTrigger = `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: witness
  namespace: perigee
spec:
  broker: default
  filters:
    - cesql: type LIKE 'org.ogc.api.collection.item.%' AND collection = 'TROUBLE'
  subscriber:
    uri: ` + subscriberURL + `
`

// subscribe lets pods reach a subscriber of the test.
func (h *house) subscribe(o *own) *http.Server {
	listener, err := net.Listen("tcp", subscriberAt)
	h.must(err)
	server := &http.Server{Handler: o}
	go server.Serve(listener)
	return server
}

// once complains of items of which a subscriber was told by no event, or by several different ones.
func (o *own) once(n int) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	ids := slices.Compact(slices.Sorted(slices.Values(o.asked)))
	if len(ids) != n {
		return fmt.Errorf("%d different events of %d items: %.600q", len(ids), n, ids)
	}
	return nil
}

// readers are requests of all kinds by what they are.
func (h *house) readers() map[string]string {
	var item struct {
		ID         string     `json:"id"`
		Collection string     `json:"collection"`
		BBox       [4]float64 `json:"bbox"`
	}
	text, err := os.ReadFile(h.item)
	h.must(err)
	h.must(json.Unmarshal(text, &item))
	b := item.BBox
	return map[string]string{
		"STAC":  "/stac/search?ids=" + item.ID,
		"items": "/stac/collections/" + item.Collection + "/items/" + item.ID,
		"CSW":   "/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=brief&id=" + item.ID,
		"map":   fmt.Sprintf("/ows?service=WMS&version=1.3.0&request=GetMap&layers=S2L2A&styles=&crs=CRS:84&width=64&height=64&format=image/png&bbox=%v,%v,%v,%v", b[0], b[1], b[2], b[3]),
	}
}

// serving are the functions that a reader needs.
var serving = map[string][]string{"STAC": {"stac"}, "items": {"stac"}, "CSW": {"csw"}, "map": {"render"}}

// answered complains of readers who are not answered with the status, or not in time; 503 has to say when to come back.
func (h *house) answered(readers map[string]string, want int) error {
	var wrong []error
	for who, path := range readers {
		began := time.Now()
		status, body, header := h.fetch(path)
		took := time.Since(began)
		if status != want {
			wrong = append(wrong, fmt.Errorf("%s is answered %d after %s: %.300s", who, status, took.Round(time.Millisecond), body))
		}
		if after, err := strconv.Atoi(header.Get("Retry-After")); status == http.StatusServiceUnavailable && (err != nil || after < 1) {
			wrong = append(wrong, fmt.Errorf("%s is answered 503 with Retry-After %q: %.300s", who, header.Get("Retry-After"), body))
		}
		if took > promise {
			wrong = append(wrong, fmt.Errorf("%s is answered after %s", who, took.Round(time.Millisecond)))
		}
	}
	return errors.Join(wrong...)
}

// fetch asks for a path; no answer is the status 0.
func (h *house) fetch(path string) (status int, body []byte, header http.Header) {
	request, err := http.NewRequest(http.MethodGet, h.url+path, nil)
	h.must(err)
	request.Header.Set("Authorization", "Bearer "+h.token)
	answer, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return 0, []byte(err.Error()), nil
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(answer.Body); err != nil {
		return 0, []byte(err.Error()), nil
	}
	return answer.StatusCode, body, answer.Header
}

// eventually waits until there is nothing to complain about.
func (h *house) eventually(what string, complaint func() error) {
	h.Helper()
	var err error
	for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if err = complaint(); err == nil {
			return
		}
	}
	h.Fatalf("%s: %v", what, err)
}

// store uploads an item.
func (h *house) store(i int) {
	h.Helper()
	id := fmt.Sprintf("trouble-%03d", i)
	text := fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": %q, "collection": "TROUBLE", "geometry": {"type": "Point", "coordinates": [14, 48]},
		"properties": {"datetime": "2026-06-01T10:00:31Z"}, "links": [], "assets": {}}`, id)
	_, err := h.objects().Put(context.Background(), "ingest", "trouble/"+id+".json", []byte(text), bucket.PutOptions{})
	if err != nil {
		h.Error(err)
	}
}

// complete complains of items that are not there.
func (h *house) complete(n int) error {
	var page struct{ NumberReturned int }
	status, body, _ := h.fetch("/stac/search?limit=1000&collections=TROUBLE")
	if status != http.StatusOK {
		return fmt.Errorf("the search is answered %d: %.300s", status, body)
	}
	if err := json.Unmarshal(body, &page); err != nil || page.NumberReturned != n {
		return fmt.Errorf("%d of %d items are there: %v", page.NumberReturned, n, err)
	}
	return nil
}

// noLetters complains of events that were given up.
func (h *house) noLetters() error {
	var list struct {
		DeadLetters []struct{ Type, Subject, Reason string }
	}
	status, body, _ := h.fetch("/dead-letters?f=json")
	if status != http.StatusOK {
		return fmt.Errorf("the dead letters are answered %d: %.300s", status, body)
	}
	if err := json.Unmarshal(body, &list); err != nil || len(list.DeadLetters) > 0 {
		return fmt.Errorf("dead letters %+v: %v", list.DeadLetters, err)
	}
	return nil
}

// delete deletes the pods of a function, as a node does that is emptied.
func (h *house) delete(function string, args ...string) {
	_, err := kubectl("", append([]string{"delete", "pods", "--wait=false", "--ignore-not-found", "--selector", "serving.knative.dev/service=" + function}, args...)...)
	if err != nil {
		h.Error(err)
	}
}

// roll makes a new revision of a function.
func (h *house) roll(function, note string) {
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"example.org/rolled":%s}}}}}`, note)
	if _, err := kubectl("", "patch", "ksvc", function, "--type", "merge", "--patch", patch); err != nil {
		h.Error(err)
	}
}

// kill is when the pods of a function were killed without warning.
type kill struct {
	function string
	at       time.Time
}

// torment deletes pods, kills some without warning, and rolls revisions out, until done.
func (h *house) torment(done <-chan struct{}) []kill {
	victims := []string{"stac", "csw", "render", "register", "intake", "seed"}
	var kills []kill
	var all []string
	for n := 0; ; n++ {
		select {
		case <-done:
			h.calm(victims)
			fmt.Printf("trouble %s\n", strings.Join(all, ", "))
			return kills
		case <-time.After(between):
		}
		victim := victims[n%len(victims)]
		switch how := rand.IntN(3); how {
		case 0:
			h.delete(victim)
			all = append(all, "deleted "+victim)
		case 1:
			h.roll(victim, strconv.Quote(strconv.Itoa(n)))
			all = append(all, "rolled "+victim)
		default:
			kills = append(kills, kill{victim, time.Now()})
			h.delete(victim, "--grace-period=0", "--force")
			all = append(all, "killed "+victim)
		}
	}
}

// calm takes back what rolling has left.
func (h *house) calm(functions []string) {
	for _, function := range functions {
		h.roll(function, "null")
	}
	_, err := kubectl("", "wait", "--for=condition=Ready", "ksvc", "--all", "--timeout=300s")
	h.must(err)
}

// flow is what goes on while pods go: uploads, and people who read.
type flow struct {
	h        *house
	uploaded chan struct{}
	stop     context.CancelFunc
	all      sync.WaitGroup
	mu       sync.Mutex
	n        int
	failures []failure
}

// failure is a request that was not answered well.
type failure struct {
	who, what  string
	began, end time.Time
}

func (h *house) flow(readers map[string]string) *flow {
	ctx, stop := context.WithCancel(h.Context())
	f := &flow{h: h, uploaded: make(chan struct{}), stop: stop}
	for who, path := range readers {
		f.all.Go(func() {
			for ctx.Err() == nil {
				f.read(who, path)
				time.Sleep(pace / 3)
			}
		})
	}
	go func() {
		defer close(f.uploaded)
		for i := range uploads {
			h.store(i)
			time.Sleep(pace)
		}
	}()
	return f
}

func (f *flow) read(who, path string) {
	began := time.Now()
	status, body, _ := f.h.fetch(path)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n++; status != http.StatusOK {
		f.failures = append(f.failures, failure{who, fmt.Sprintf("%d %.200s", status, body), began, time.Now()})
	}
}

func (f *flow) end() { f.stop(); f.all.Wait() }

// excused tells whether a request was on its way when a function that it needs was killed without warning: for a moment the
// cluster goes on sending requests to where its pods had been.
func (f failure) excused(kills []kill) bool {
	const moment = 2 * time.Second
	return slices.ContainsFunc(kills, func(k kill) bool {
		return slices.Contains(serving[f.who], k.function) && !f.end.Before(k.at) && f.began.Before(k.at.Add(moment))
	})
}

// judge prints what became of the requests.
func (f *flow) judge(kills []kill) {
	hit := 0
	for _, one := range f.failures {
		if one.excused(kills) {
			hit++
			continue
		}
		f.h.Errorf("%s at %s, after %s: %s", one.who, one.began.Format(time.TimeOnly), one.end.Sub(one.began).Round(time.Millisecond), one.what)
	}
	fmt.Printf("trouble %d requests beside %d uploads: %d failed in the hands of %d kills, %d otherwise\n", f.n, uploads, hit, len(kills), len(f.failures)-hit)
}
