package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// again has every request to harvest and to register delivered twice, in whatever order.
const again = `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata:
  name: %[1]s-again
  namespace: perigee
spec:
  broker: default
  filters:
    - exact:
        type: perigee.%[1]s.requested
  subscriber:
    ref:
      apiVersion: serving.knative.dev/v1
      kind: Service
      name: %[1]s
`

// perPage is how many items a page of the service elsewhere has.
const perPage = 10

// TestHarvestKilled has a service elsewhere harvested while harvest and register are killed without warning, every event comes
// twice, and up to four registrars with one request each take them in whatever order: the run ends, and each item is there
// exactly once (HRV-20, REG-21, REG-33).
func TestHarvestKilled(t *testing.T) {
	t.Parallel()
	chance := newChance(t)
	n := *number * 5
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		from, _ := strconv.Atoi(q.URL.Query().Get("from"))
		var features []string
		for i := from; i < min(n, from+perPage); i++ {
			features = append(features, item("HARVESTED", name(i), "first"))
		}
		links := ""
		if from+perPage < n {
			links = fmt.Sprintf(`{"rel": "next", "href": "?from=%d"}`, from+perPage)
		}
		fmt.Fprintf(w, `{"type": "FeatureCollection", "features": [%s], "links": [%s]}`, strings.Join(features, ","), links)
	}))
	t.Cleanup(service.Close)
	h := newHouse(t)
	h.registrars(4)
	h.add("harvest-again.yaml", fmt.Sprintf(again, "harvest"))
	h.add("register-again.yaml", fmt.Sprintf(again, "register"))
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	run, err := h.harvest(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	h.eventually("a registrar works", func() error {
		if h.registering() == 0 {
			return errors.New("none does")
		}
		return nil
	})
	kills, most := 0, 0
	for range 12 {
		time.Sleep(time.Duration(chance.IntN(200)) * time.Millisecond) // chance is what this is about
		most = max(most, h.registering())
		for _, p := range h.functions() {
			if program := filepath.Base(p.program); (program == "harvest" || program == "register") && chance.IntN(2) == 0 {
				syscall.Kill(p.pid, syscall.SIGKILL)
				kills++
			}
		}
	}
	t.Logf("%d items; %d instances killed; %d registrars at once", n, kills, most)
	h.eventually("the harvest is finished", func() error { return h.finished(run, n) })
	h.eventually("every item is registered, once", func() error { return h.once("HARVESTED", n) })
	h.eventually("nothing is left to do", h.quiet)
	if err := h.once("HARVESTED", n); err != nil {
		t.Error(err)
	}
}

// registrars lets so many instances of register work at once, each on one request, so that batches overtake one another.
func (h *house) registrars(n int) {
	h.t.Helper()
	const name = "base/register.yaml"
	text, err := os.ReadFile(filepath.Join(h.manifests, name))
	if err != nil {
		h.t.Fatal(err)
	}
	scaled := regexp.MustCompile(`(?m)max-scale: .*$`).ReplaceAllString(string(text), fmt.Sprintf("max-scale: %q", strconv.Itoa(n)))
	scaled = regexp.MustCompile(`(?m)containerConcurrency: .*$`).ReplaceAllString(scaled, "containerConcurrency: 1")
	h.keep(name, scaled)
}

// registering is how many instances of register there are.
func (h *house) registering() int {
	n := 0
	for _, p := range h.functions() {
		if filepath.Base(p.program) == "register" {
			n++
		}
	}
	return n
}

// harvest starts a harvest of a service.
func (h *house) harvest(service string) (run string, err error) {
	body := fmt.Sprintf(`{"name": "elsewhere", "resource": {"type": "STACAPI", "url": %q}}`, service+"/search")
	response, err := http.Post(h.url+"/harvest/elsewhere", "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var started struct{ ID, Detail string }
	if err := json.NewDecoder(response.Body).Decode(&started); err != nil || response.StatusCode != http.StatusAccepted {
		return "", fmt.Errorf("the harvest was answered %s: %s, %w", response.Status, started.Detail, err)
	}
	return started.ID, nil
}

// finished complains of a run that has not ended as it should.
func (h *house) finished(id string, n int) error {
	var run struct {
		Status, Error    string
		Found, Requested int
	}
	if err := h.getJSON("/harvest-runs/"+id+"?f=json", &run); err != nil {
		return err
	}
	if run.Status != "finished" || run.Found != n || run.Requested != n {
		return fmt.Errorf("the harvest is %+v", run)
	}
	return nil
}

// once complains of items that are not there exactly once.
func (h *house) once(collection string, n int) error {
	found, err := h.items(collection)
	if err != nil {
		return err
	}
	for i := range n {
		if found[name(i)] != "first" {
			return fmt.Errorf("%d of %d are there, but %s is %q", len(found), n, name(i), found[name(i)])
		}
	}
	if len(found) != n {
		return fmt.Errorf("%d are there, not %d", len(found), n)
	}
	return nil
}
