package story

import (
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"perigee/manifests"
)

// Where a story's own subscriber listens beside a cluster, and what pods call it there.
const (
	subscriberAt  = "127.0.0.1:9091"
	subscriberURL = "http://host.lab:9091"
)

// ownKey finds what a story has brought of its own.
type ownKey struct{}

// own are objects of a story's own, which the house has from `up` to `down`, and a subscriber that the test serves.
type own struct {
	texts  []string
	remove func() error // from the cluster

	mu       sync.Mutex
	refusing bool
	asked    []string // ids of events
}

func ownOf(ts *testscript.TestScript) *own { return ts.Value(ownKey{}).(*own) }

// objects FILE... gives the house objects of the story's own before `up`. ${NAME} in them is a variable of the story.
func addObjects(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		ownOf(ts).texts = append(ownOf(ts).texts, os.Expand(ts.ReadFile(file), ts.Getenv))
	}
}

// onLaptop writes the manifests of the runner with the story's own, and gives their folder.
func (o *own) onLaptop(dir string) error {
	for name, layer := range map[string]fs.FS{"base": manifests.Base(), "local": manifests.Local()} {
		if err := os.CopyFS(filepath.Join(dir, name), layer); err != nil {
			return err
		}
	}
	list := filepath.Join(dir, "base", "kustomization.yaml")
	listed, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "base", "own.yaml"), []byte(strings.Join(o.texts, "\n---\n")), 0o644); err != nil {
		return err
	}
	return os.WriteFile(list, append(listed, "  - own.yaml\n"...), 0o644)
}

// onCluster applies the story's own objects; down takes them away again.
func (o *own) onCluster() error {
	if len(o.texts) == 0 {
		return nil
	}
	text := strings.Join(o.texts, "\n---\n")
	o.remove = func() error {
		_, err := kubectl(text, "delete", "--ignore-not-found", "--filename", "-")
		return err
	}
	if _, err := kubectl(text, "apply", "--filename", "-"); err != nil {
		return err
	}
	_, err := kubectl(text, "wait", "--for=condition=Ready", "--timeout=60s", "--filename", "-")
	return err
}

// subscriber refuses|takes serves a function that refuses every event, or takes it; SUBSCRIBER is its address.
func subscriber(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || args[0] != "refuses" && args[0] != "takes" {
		ts.Fatalf("usage: subscriber refuses|takes")
	}
	o := ownOf(ts)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refusing = args[0] == "refuses"
	if ts.Getenv("SUBSCRIBER") == "" {
		ts.Check(o.serve(ts))
	}
}

func (o *own) serve(ts *testscript.TestScript) error {
	at := "127.0.0.1:0"
	if onCluster() {
		at = subscriberAt
	}
	listener, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: o}
	go server.Serve(listener)
	ts.Defer(func() { server.Close() })
	ts.Setenv("SUBSCRIBER", "http://"+listener.Addr().String())
	if onCluster() {
		ts.Setenv("SUBSCRIBER", subscriberURL)
	}
	return nil
}

// ServeHTTP is the subscriber.
func (o *own) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, r.Header.Get("Ce-Id"))
	if o.refusing {
		http.Error(w, "told to refuse", http.StatusServiceUnavailable)
	}
}

// asked N waits until the subscriber was asked N times, each time for the same event; more often is a failure.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	o, times := ownOf(ts), 0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		o.mu.Lock()
		times = len(o.asked)
		for _, id := range o.asked {
			if id != o.asked[0] {
				times = -1
			}
		}
		said := strings.Join(o.asked, " ")
		o.mu.Unlock()
		if times < 0 {
			ts.Fatalf("the subscriber was asked for several events: %s", said)
		}
		if fmt.Sprint(times) == args[0] {
			return
		}
	}
	ts.Fatalf("the subscriber was asked %d times, not %s", times, args[0])
}
