package chaos

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// inbox takes the answers of requests that were acknowledged.
type inbox struct {
	*httptest.Server
	mu  sync.Mutex
	got map[string][]string // by path
}

func newInbox(t *testing.T) *inbox {
	b := &inbox{got: map[string][]string{}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.got[r.URL.Path] = append(b.got[r.URL.Path], string(text))
		switch {
		case strings.HasPrefix(r.URL.Path, "/never/"):
			http.Error(w, "nobody lives here", http.StatusGone)
		case strings.HasPrefix(r.URL.Path, "/late/") && len(b.got[r.URL.Path]) < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(b.Close)
	return b
}

// of complains where something was not answered by what an answer has.
func (b *inbox) of(n int, parts map[string]string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for kind, part := range parts {
		for i := range n {
			at := fmt.Sprintf("/%s/%d", kind, i)
			if len(b.got[at]) == 0 {
				return fmt.Errorf("%s was not answered", at)
			}
			for _, text := range b.got[at] {
				if !strings.Contains(text, part) {
					return fmt.Errorf("%s was answered %.500s", at, text)
				}
			}
		}
	}
	return nil
}

// times complains where an address was not posted to so many times.
func (b *inbox) times(path string, n int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.got[path]) != n {
		return fmt.Errorf("%s was posted to %d times, not %d", path, len(b.got[path]), n)
	}
	return nil
}

// resources are documents elsewhere. The first who asks for one waits until the connection ends.
type resources struct {
	*httptest.Server
	mu      sync.Mutex
	seen    map[string]bool
	reached chan string
}

func newResources(t *testing.T, n int) *resources {
	s := &resources{seen: map[string]bool{}, reached: make(chan string, n)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		before := s.seen[r.URL.Path]
		s.seen[r.URL.Path] = true
		s.mu.Unlock()
		if !before {
			s.reached <- r.URL.Path
			<-r.Context().Done()
			return
		}
		fmt.Fprintf(w, `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>harvested%s</dc:identifier><dc:title>Far away</dc:title><dc:type>dataset</dc:type></csw:Record>`, strings.ReplaceAll(r.URL.Path, "/", "-"))
	}))
	t.Cleanup(s.Close)
	return s
}

// TestAcknowledgedKilled kills csw right after it acknowledged requests, and while it does what they ask for, and who writes for it: each answer arrives, and each
// record is there exactly once (RC-01, RC-10). A handler that is away is told when it is back; one that never takes its
// answer leaves a dead letter with the reason.
func TestAcknowledgedKilled(t *testing.T) {
	t.Parallel()
	chance := newChance(t)
	n := min(max(3, *number/10), 20)
	source, box := newResources(t, n), newInbox(t)
	h := newHouse(t)
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	kills := 0
	for i := range n {
		if err := h.acknowledged(harvesting(fmt.Sprintf("%s/%d", source.URL, i), fmt.Sprintf("%s/harvest/%d", box.URL, i))); err != nil {
			t.Fatal(err)
		}
		if chance.IntN(2) == 0 { // or at once
			<-source.reached
		}
		kills += h.killed("csw", 9)
		if err := h.acknowledged(finding(fmt.Sprintf("%s/records/%d", box.URL, i))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(chance.IntN(20)) * time.Millisecond) // chance is what this is about
		kills += h.killed("csw", 9) + h.killed("register", chance.IntN(2))
	}
	if kills == 0 {
		t.Error("nobody was killed")
	}
	h.eventually("everything is answered", func() error {
		h.hanging(source)
		return box.of(n, map[string]string{"harvest": "<csw:TransactionResponse", "records": "<csw:SearchResults"})
	})
	h.eventually("nothing is left to do", h.quiet)
	t.Logf("%d requests acknowledged; csw and register were killed %d times", 2*n, kills)
	if err := h.harvested(n); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/never/0", "/late/0"} {
		if err := h.acknowledged(finding(box.URL + path)); err != nil {
			t.Fatal(err)
		}
	}
	h.eventually("who comes back has its answer at the third time", func() error { return box.times("/late/0", 3) })
	h.eventually("what nobody takes is a dead letter", func() error {
		return h.dead("perigee.csw.answered", "127.0.0.1", "answers 410: \"nobody lives here")
	})
}

// hanging ends what waits at a source since its asker was killed before it came there.
func (h *house) hanging(source *resources) {
	select {
	case <-source.reached:
		h.killed("csw", 9)
	default:
	}
}

// harvesting is a Harvest of a resource, answered to a handler.
func harvesting(source, handler string) string {
	return `<csw:Harvest xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2"><csw:Source>` + source + `</csw:Source><csw:ResourceType>http://www.opengis.net/cat/csw/2.0.2</csw:ResourceType><csw:ResponseHandler>` + handler + `</csw:ResponseHandler></csw:Harvest>`
}

// finding is a GetRecords, answered to a handler.
func finding(handler string) string {
	return `<csw:GetRecords xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2" resultType="results"><csw:ResponseHandler>` + handler + `</csw:ResponseHandler><csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName></csw:Query></csw:GetRecords>`
}

// acknowledged sends a request until it is acknowledged, and complains where it is answered.
func (h *house) acknowledged(body string) error {
	var status int
	var text []byte
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		response, err := http.Post(h.url+"/csw", "application/xml", strings.NewReader(body))
		if err != nil {
			continue
		}
		text, _ = io.ReadAll(response.Body)
		response.Body.Close()
		if status = response.StatusCode; status < 500 {
			break
		}
	}
	if status != http.StatusOK || !strings.Contains(string(text), "Acknowledgement") {
		return fmt.Errorf("%d %.500s", status, text)
	}
	return nil
}

// harvested complains of records that are not there exactly once.
func (h *house) harvested(n int) error {
	query := url.Values{"service": {"CSW"}, "version": {"2.0.2"}, "request": {"GetRecords"}, "typeNames": {"csw:Record"}, "resultType": {"results"}, "elementSetName": {"brief"}, "maxRecords": {"1000"}}
	status, body, _ := h.get("/csw?" + query.Encode())
	var ids, want []string
	for _, part := range strings.Split(string(body), "<dc:identifier>")[1:] {
		id, _, _ := strings.Cut(part, "<")
		ids = append(ids, id)
	}
	for i := range n {
		want = append(want, fmt.Sprintf("harvested-%d", i))
	}
	slices.Sort(ids)
	slices.Sort(want)
	if status != http.StatusOK || !slices.Equal(ids, want) {
		return fmt.Errorf("%d: there are %v, not %v", status, ids, want)
	}
	return nil
}

// dead complains where no event of a type and a subject is a dead letter for a reason.
func (h *house) dead(kind, subject, reason string) error {
	var letters struct {
		DeadLetters []struct{ Type, Subject, Reason string }
	}
	if err := h.getJSON("/dead-letters?f=json", &letters); err != nil {
		return err
	}
	for _, l := range letters.DeadLetters {
		if l.Type == kind && l.Subject == subject && strings.Contains(l.Reason, reason) {
			return nil
		}
	}
	return errors.Join(errors.New("there is none"), fmt.Errorf("%+v", letters.DeadLetters))
}
