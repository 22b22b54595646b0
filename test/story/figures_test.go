//go:build e2e

package story

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/bucket"
	"perigee/shared/grid"
)

// rounds is how often each start from nothing is measured; the middle one counts.
const rounds = 3

// settling is what a node gets to come to rest between two starts, so that one is not measured with the other.
const settling = 2 * time.Second

// TestFigures measures a cluster: how long a request waits whose function has no pod, beside one to a function that does
// nothing. The figures are printed with what was promised of them, and decide nothing: machines differ.
func TestFigures(t *testing.T) {
	if !onCluster() {
		t.Fatalf("%s does not name a cluster: make e2e does", clusterURL)
	}
	h := openHouse(t)
	h.deployEmpty()
	h.prepare()
	floor := h.coldStarts()
	h.uploadFromZero(floor)
	h.burst(floor)
}

// house is the cluster as the figures see it.
type house struct {
	*testing.T
	url, state, bin string
	endpoint        string // of the object store
	token           string // that opens the house
	item            string // the document that is uploaded
	key             string // of its folder
	tile            string // level and place of the middle of the scene
}

func openHouse(t *testing.T, args ...string) *house {
	t.Helper()
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	state, err := os.MkdirTemp("", "perigee-figures-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(state) })
	if err := os.Chmod(state, 0o755); err != nil {
		t.Fatal(err)
	}
	h := &house{T: t, url: os.Getenv(clusterURL), bin: bin, state: state, endpoint: "http://127.0.0.1:9000"}
	h.must(zeroPods(t.Logf))
	h.startBacking(args...)
	h.must(script("migrate.sh"))
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// startBacking starts the stores; further arguments are handed on.
func (h *house) startBacking(args ...string) {
	cmd := exec.Command(filepath.Join(h.bin, "local-runner"), append(backingArgs(h.state), args...)...)
	log := &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = log, log
	h.must(cmd.Start())
	h.Cleanup(func() {
		if err := zeroPods(h.Logf); err != nil {
			h.Error(err)
		}
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	for end := time.Now().Add(patience); !strings.Contains(log.String(), "ready "); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			h.Fatalf("the stores are not ready:\n%s", log.String())
		}
	}
	_, said, _ := strings.Cut(h.run("local-runner", "env", "--state", h.state), "PERIGEE_TOKEN=")
	h.token, _, _ = strings.Cut(said, "\n")
	h.token = strings.Trim(h.token, "'")
}

// deployEmpty gives the cluster the empty function, behind the same Gateway and the same ingress as the others.
func (h *house) deployEmpty() {
	backend, err := kubectl("", "get", "httproute", "perigee", "--output", "jsonpath={.spec.rules[0].backendRefs[0].namespace} {.spec.rules[0].backendRefs[0].name}")
	h.must(err)
	parts := strings.Fields(backend)
	if len(parts) != 2 {
		h.Fatalf("the routes lead to %q", backend)
	}
	_, err = kubectl(fmt.Sprintf(emptyFunction, os.Getenv(clusterTag), parts[0], parts[1]), "apply", "--filename", "-")
	h.must(err)
	h.Cleanup(func() { kubectl("", "delete", "ksvc/empty", "httproute/empty", "--ignore-not-found") })
	_, err = kubectl("", "wait", "--for=condition=Ready", "ksvc/empty", "--timeout=120s")
	h.must(err)
}

const emptyFunction = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: empty
  labels:
    networking.knative.dev/visibility: cluster-local
spec:
  template:
    spec:
      automountServiceAccountToken: false
      containers:
        - image: dev.local/perigee-empty:%s
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: empty
spec:
  parentRefs: [{name: perigee}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /empty}}]
      filters: [{type: URLRewrite, urlRewrite: {hostname: empty.perigee.svc.cluster.local}}]
      backendRefs: [{namespace: %s, name: %s, port: 80}]
`

// prepare uploads a scene, so that there is something to find and to draw.
func (h *house) prepare() {
	scenes := filepath.Join(h.TempDir(), "scene")
	h.run("scenes", "-dir", scenes, "-n", "1", "-dates", "1", "-size", "512", "-seed", "1")
	found, err := filepath.Glob(filepath.Join(scenes, "*", "*.json"))
	if err != nil || len(found) != 1 {
		h.Fatalf("%d scenes: %v", len(found), err)
	}
	h.item, h.key = found[0], filepath.Base(filepath.Dir(found[0]))
	h.run("local-runner", "upload", "--state", h.state, scenes)
	var item struct {
		BBox [4]float64 `json:"bbox"`
	}
	text, err := os.ReadFile(h.item)
	h.must(err)
	h.must(json.Unmarshal(text, &item))
	middle := orb.Point{(item.BBox[0] + item.BBox[2]) / 2, (item.BBox[1] + item.BBox[3]) / 2}
	place, _, _ := grid.WGS84.Covering(orb.Bound{Min: middle, Max: middle}, 12)
	h.tile = fmt.Sprintf("%d/%d/%d", place.Z, place.Row, place.Col)
}

func (h *house) run(program string, args ...string) string {
	h.Helper()
	out, err := exec.Command(filepath.Join(h.bin, program), args...).CombinedOutput()
	if err != nil {
		h.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

// ask fetches an address of the house and tells how long it took.
func (h *house) ask(path string) (status int, took time.Duration) { return h.askHost(h.url+path, "") }

// askHost fetches an address under the name of a host, or under its own, and tells how long it took.
func (h *house) askHost(address, host string) (status int, took time.Duration) {
	began := time.Now()
	request, err := http.NewRequestWithContext(h.Context(), http.MethodGet, address, nil)
	h.must(err)
	request.Host = host
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		h.Errorf("%s: %v", address, err)
		return 0, time.Since(began)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		h.Errorf("%s: %v", address, err)
	}
	return answer.StatusCode, time.Since(began)
}

// What a function that does nothing but start may take beyond the empty one: those that are static, and render.
const beyondStatic, beyondRender = 150 * time.Millisecond, 400 * time.Millisecond

// starting are the functions whose starts are measured, each by a request that it answers itself without asking another one.
var starting = []struct {
	name, path string
	status     int
	beyond     time.Duration
}{
	{"empty", "/empty", http.StatusOK, 0},
	{"viewer", "/", http.StatusOK, beyondStatic},
	{"stac", "/stac", http.StatusOK, beyondStatic},
	{"csw", "/csw?service=CSW&version=2.0.2&request=GetCapabilities", http.StatusOK, beyondStatic},
	{"records", "/records", http.StatusOK, beyondStatic},
	{"opensearch", "/opensearch", http.StatusOK, beyondStatic},
	{"register", "/registrations?f=json", http.StatusOK, beyondStatic},
	{"harvest", "/harvest-runs?f=json", http.StatusOK, beyondStatic},
	{"seed", "/seed/jobs?f=json", http.StatusOK, beyondStatic},
	{"dead-letter", "/dead-letters?f=json", http.StatusUnauthorized, beyondStatic}, // no token is shown, which would have to be checked
	{"workspace", "/workspaces", http.StatusUnauthorized, beyondStatic},
	{"intake", "", http.StatusMethodNotAllowed, beyondStatic}, // which the cluster alone reaches; it is sent notifications
	{"tile", "/cache/layers.json", http.StatusOK, beyondStatic},
	{"render", "/ows?service=WMS&request=GetCapabilities", http.StatusOK, beyondRender},
}

// start asks one of them by its route, or inside the cluster where it has none.
func (h *house) start(name, path string) (status int, took time.Duration) {
	if path == "" {
		return h.askHost(os.Getenv(clusterInside)+"/", name+"."+namespace+".svc.cluster.local")
	}
	return h.ask(path)
}

// coldStarts measures requests to functions without pods, one after the other, and gives the floor: that of the empty one.
func (h *house) coldStarts() time.Duration {
	times := make([][]time.Duration, len(starting))
	for range rounds {
		h.must(zeroPods(h.Logf))
		for _, i := range rand.Perm(len(starting)) { // the node is busy with the pod before: none is always the first
			s := starting[i]
			status, took := h.start(s.name, s.path)
			if status != s.status {
				h.Errorf("%s is answered %d, not %d", s.name, status, s.status)
			}
			times[i] = append(times[i], took)
			time.Sleep(settling)
		}
	}
	floor := middle(times[0])
	for i, s := range starting {
		h.figure("request at zero: "+s.name, middle(times[i]), floor+s.beyond, spread(times[i]))
	}
	return floor
}

func middle(all []time.Duration) time.Duration { return slices.Sorted(slices.Values(all))[len(all)/2] }

func spread(all []time.Duration) string {
	return fmt.Sprintf("%d to %d ms in %d rounds", slices.Min(all).Milliseconds(), slices.Max(all).Milliseconds(), len(all))
}

// figure prints one figure beside what was promised.
func (h *house) figure(what string, took, promised time.Duration, more string) {
	kept := "within"
	if took > promised {
		kept = "BEYOND"
	}
	fmt.Printf("figure  %-34s %6d ms  %s %6d ms  %s\n", what, took.Milliseconds(), kept, promised.Milliseconds(), more)
}

// uploadFromZero measures from the upload of one more item until a search finds it, everything at zero.
func (h *house) uploadFromZero(floor time.Duration) {
	text, err := os.ReadFile(h.item)
	h.must(err)
	var item map[string]any
	h.must(json.Unmarshal(text, &item))
	item["id"] = "again"
	text, err = json.Marshal(item)
	h.must(err)
	h.must(zeroPods(h.Logf))
	began := time.Now()
	_, err = h.objects().Put(h.Context(), "ingest", "scene/"+h.key+"/again.json", text, bucket.PutOptions{})
	h.must(err)
	for !strings.Contains(h.text("/stac/search?ids=again"), `"id":"again"`) {
		if time.Since(began) > patience {
			h.Fatalf("the search does not find it: %s", h.text("/stac/search?ids=again"))
		}
		time.Sleep(50 * time.Millisecond)
	}
	h.figure("upload to searchable, all at zero", time.Since(began), 3*floor+2*time.Second, "")
}

// objects is the object store beside the cluster.
func (h *house) objects() *bucket.Client {
	return bucket.Open(bucket.Config{Endpoint: h.endpoint, Region: "us-east-1", AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), PathStyle: true})
}

// text is the answer of an address of the house without its white space.
func (h *house) text(path string) string {
	answer, err := http.Get(h.url + path)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	h.must(err)
	return strings.Join(strings.Fields(string(text)), "")
}

// burst asks for forty tiles at once, as a browser does, where neither tile nor render has a pod.
func (h *house) burst(floor time.Duration) {
	h.must(zeroPods(h.Logf))
	var z, row, col int
	if _, err := fmt.Sscanf(h.tile, "%d/%d/%d", &z, &row, &col); err != nil {
		h.Fatal(err)
	}
	var all sync.WaitGroup
	statuses, began := make([]int, 40), time.Now()
	for i := range statuses {
		all.Go(func() {
			statuses[i], _ = h.ask(fmt.Sprintf("/cache/wmts/1.0.0/S2L2A__TRUE_COLOR/default/WGS84/%d/%d/%d.png", z, row-2+i/8, col-4+i%8))
		})
	}
	all.Wait()
	took, failed := time.Since(began), 0
	for _, status := range statuses {
		if status >= 500 || status == 0 {
			failed++
		}
	}
	if failed > 0 {
		h.Errorf("%d of 40 tiles failed: %v", failed, statuses)
	}
	h.figure("burst of 40 tiles from zero", took, floor+2*time.Second, fmt.Sprintf("%d of them failed", failed))
}
