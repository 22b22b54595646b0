// Package chaos runs a real house while its parts are killed at random moments and its stores are away, and holds it to
// its promises: every item registered exactly once, no event lost, none stuck, and readers told when to come back.
//
//	go test ./test/chaos                        the short form, after make build
//	go test ./test/chaos -items 500 -seed 7 -away 30s
//
// A run prints its seed, from which all that happens by chance is drawn.
package chaos

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/manifests"
	"perigee/shared/bucket"
)

var (
	number = flag.Int("items", 30, "items that flow while parts are killed")
	seed   = flag.Uint64("seed", 0, "seed of all chance; 0 takes one from the clock")
	away   = flag.Duration("away", 2*time.Second, "how long a store is away")
)

// patience bounds every wait for what must come about, on machines that have other things to do.
const patience = 4 * time.Minute

// house is a local-runner with a state and manifests of its own, which can be started again and again.
type house struct {
	t         *testing.T
	bin       string
	dir       string
	manifests string

	mu      sync.Mutex
	url     string
	objects *bucket.Client
	cmd     *exec.Cmd
	said    *bytes.Buffer
}

// newHouse makes the folders; nothing runs yet. The state lies on a short path, because the socket of a database has to fit
// into 107 bytes, and where another user can pass.
func newHouse(t *testing.T) *house {
	t.Helper()
	bin, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(bin, "local-runner")); err != nil {
		t.Fatalf("%v: run `make build` first, or `make test`", err)
	}
	dir, err := os.MkdirTemp("", "perigee-chaos-")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, bin: bin, dir: dir, manifests: filepath.Join(dir, "manifests")}
	t.Cleanup(func() {
		h.stop()
		if t.Failed() {
			t.Logf("the runner said:\n%s", h.said)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	h.write("base", manifests.Base(), nil)
	h.write("local", manifests.Local(), nil)
	return h
}

// write copies a layer of the manifests, with replacements in every file.
func (h *house) write(layer string, files fs.FS, replaced map[string]string) {
	h.t.Helper()
	names, err := fs.Glob(files, "*.yaml")
	if err != nil || len(names) == 0 {
		h.t.Fatalf("no manifests: %v", err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			h.t.Fatal(err)
		}
		for from, to := range replaced {
			text = bytes.ReplaceAll(text, []byte(from), []byte(to))
		}
		h.keep(filepath.Join(layer, name), string(text))
	}
}

func (h *house) keep(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.manifests, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// add adds a manifest to the base.
func (h *house) add(name, text string) {
	h.t.Helper()
	h.keep(filepath.Join("base", name), text)
	list := filepath.Join(h.manifests, "base", "kustomization.yaml")
	listed, err := os.ReadFile(list)
	if err != nil {
		h.t.Fatal(err)
	}
	h.keep("base/kustomization.yaml", string(listed)+"  - "+name+"\n")
}

var readyLine = regexp.MustCompile(`ready (http://\S+?)/? `)

// start starts the runner on its state, wherever there is a port for it, and waits until it is ready.
func (h *house) start() error {
	cmd := exec.Command(filepath.Join(h.bin, "local-runner"), "up", "--listen", "127.0.0.1:0", "--state", h.state(), "--sample", "0", "--manifests", h.manifests)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	said := &bytes.Buffer{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := readyLine.FindStringSubmatch(lines.Text() + " "); found != nil {
			go io.Copy(io.Discard, out)
			return h.settle(cmd, said, found[1])
		}
	}
	err = cmd.Wait()
	return fmt.Errorf("the runner did not become ready: %w: %s", err, said)
}

func (h *house) state() string { return filepath.Join(h.dir, "state") }

// settle takes over what a started runner says of itself.
func (h *house) settle(cmd *exec.Cmd, said *bytes.Buffer, url string) error {
	var at struct{ Endpoint, Region, AccessKey, SecretKey string }
	text, err := os.ReadFile(filepath.Join(h.state(), "runner.json"))
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cmd, h.said, h.url = cmd, said, url
	h.objects = bucket.Open(bucket.Config{Endpoint: at.Endpoint, Region: at.Region, AccessKey: at.AccessKey, SecretKey: at.SecretKey})
	return err
}

func (h *house) store() *bucket.Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.objects
}

func (h *house) stop() {
	if h.cmd == nil {
		return
	}
	h.cmd.Process.Signal(os.Interrupt)
	h.cmd.Wait()
	h.cmd = nil
}

// put stores an object, again and again until the store has it.
func (h *house) put(key, text string) error {
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_, err = h.store().Put(ctx, "ingest", key, []byte(text), bucket.PutOptions{})
		cancel()
		if err == nil {
			return nil
		}
	}
	return err
}

// get asks for a path; no answer is the status 0.
func (h *house) get(path string) (status int, body []byte, header http.Header) {
	client := &http.Client{Timeout: patience}
	answer, err := client.Get(h.url + path)
	if err != nil {
		return 0, []byte(err.Error()), nil
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	if err != nil {
		return 0, []byte(err.Error()), nil
	}
	return answer.StatusCode, body, answer.Header
}

func (h *house) getJSON(path string, into any) error {
	status, body, _ := h.get(path)
	if status != http.StatusOK {
		return fmt.Errorf("%s is answered %d %.500s", path, status, body)
	}
	return json.Unmarshal(body, into)
}

// eventually waits until there is nothing to complain about.
func (h *house) eventually(what string, complaint func() error) {
	h.t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if err = complaint(); err == nil {
			return
		}
	}
	h.t.Fatalf("%s: %v", what, err)
}

// items are the titles of all items of a collection by their ids; one that is there twice has both.
func (h *house) items(collection string) (map[string]string, error) {
	found := map[string]string{}
	for path := "/stac/search?limit=100&collections=" + collection; path != ""; {
		var page struct {
			Features []struct {
				ID         string
				Properties struct{ Title string }
			}
			Links []struct{ Rel, Href string }
		}
		if err := h.getJSON(path, &page); err != nil {
			return nil, err
		}
		path = ""
		for _, f := range page.Features {
			found[f.ID] += f.Properties.Title
		}
		for _, link := range page.Links {
			if link.Rel == "next" {
				path = strings.TrimPrefix(link.Href, h.url)
			}
		}
	}
	return found, nil
}

// quiet complains when something is dead, or still on its way.
func (h *house) quiet() error {
	var letters struct {
		DeadLetters []struct{ Type, Subject, Reason string }
	}
	if err := h.getJSON("/dead-letters?f=json", &letters); err != nil {
		return err
	}
	var overview struct {
		Triggers []struct {
			Name    string
			Pending int
		}
		Kept int `json:"dead_letters_kept"`
	}
	if err := h.getJSON("/_runner/?f=json", &overview); err != nil {
		return err
	}
	if len(letters.DeadLetters) > 0 || overview.Kept > 0 {
		return fmt.Errorf("dead letters: %d kept by the broker, and %+v", overview.Kept, letters.DeadLetters)
	}
	for _, trigger := range overview.Triggers {
		if trigger.Pending > 0 {
			return fmt.Errorf("%d events of the trigger %s are on their way", trigger.Pending, trigger.Name)
		}
	}
	return nil
}

// item is the text of a STAC item without assets.
func item(collection, id, title string) string {
	return fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": %q, "collection": %q, "geometry": {"type": "Point", "coordinates": [14, 48]},
		"properties": {"datetime": "2026-06-01T10:00:31Z", "title": %q}, "links": [], "assets": {}}`, id, collection, title)
}
