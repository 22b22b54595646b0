package story

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The stage of the stories is this machine, or the cluster that these variables name (manifests/deploy/e2e.sh sets them).
const (
	clusterURL    = "PERIGEE_CLUSTER_URL"    // of the Gateway
	clusterEvents = "PERIGEE_CLUSTER_EVENTS" // of the Broker's ingress, as this machine reaches it
	clusterInside = "PERIGEE_CLUSTER_INSIDE" // of Knative's ingress for cluster-local services
	clusterTag    = "PERIGEE_CLUSTER_TAG"    // of the images
)

// The token issuer beside the cluster: where it listens, and what the overlay lab calls it.
const (
	issuerAt  = "127.0.0.1:9090"
	issuerURL = "http://host.lab:9090"
)

// onCluster tells whether the stage is a cluster.
func onCluster() bool { return os.Getenv(clusterURL) != "" }

// namespace is where the cluster has the house.
const namespace = "perigee"

// emptying bounds how long pods may take to go after the last request.
const emptying = 5 * time.Minute

// upOnCluster gives the functions of the cluster a new database and object store, or those of before where the story has
// stopped them. Before and after a story no function has a pod; they go while the stores are still there.
func upOnCluster(ts *testscript.TestScript) {
	ts.Check(zeroPods(ts.Logf))
	ts.Check(ownOf(ts).onCluster())
	fresh := !exists(filepath.Join(ts.Getenv("STATE"), "lock"))
	startRunner(ts, backingArgs(ts.Getenv("STATE"))...)
	if fresh {
		ts.Check(script("migrate.sh"))
	}
	awaitAnswer(ts, ts.Getenv("URL")+"/stac")
}

// backingArgs are those of the runner that gives a cluster its stores.
func backingArgs(state string) []string {
	return []string{"backing", "--state", state, "--url", os.Getenv(clusterURL), "--inside", os.Getenv(clusterInside), "--events", os.Getenv(clusterEvents),
		"--issuer", issuerAt, "--issuer-url", issuerURL}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// script runs one of manifests/deploy.
func script(name string, args ...string) error {
	out, err := exec.Command(filepath.Join("../../manifests/deploy", name), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// kubectl runs one command in the namespace and gives what it prints.
func kubectl(stdin string, args ...string) (string, error) {
	cmd := exec.Command("kubectl", append([]string{"--namespace", namespace}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// zeroPods waits until no function has a pod.
func zeroPods(logf func(string, ...any)) error {
	began := time.Now()
	for {
		pods, err := kubectl("", "get", "pods", "--selector", "serving.knative.dev/service", "--output", "name")
		if err != nil {
			return err
		}
		if strings.TrimSpace(pods) == "" {
			logf("no function has a pod, after %s", time.Since(began).Round(time.Second))
			return nil
		}
		if time.Since(began) > emptying {
			return fmt.Errorf("there are still pods after %s:\n%s", emptying, pods)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

// awaitAnswer waits until an address answers 200: routes are live a moment after their objects are ready.
func awaitAnswer(ts *testscript.TestScript, address string) {
	status := 0
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if status, _, _ = fetch(ts, "GET", address, nil, nil); status == 200 {
			return
		}
	}
	ts.Fatalf("%s is answered %d", address, status)
}

// oneByOne runs the stories of a cluster in a row: they share its functions.
type oneByOne struct{ *testing.T }

// Parallel does nothing.
func (oneByOne) Parallel() {}

// Run runs a story.
func (t oneByOne) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(oneByOne{t}) })
}

// Verbose tells whether -v was given.
func (oneByOne) Verbose() bool { return testing.Verbose() }
