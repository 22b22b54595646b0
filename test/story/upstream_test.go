package story

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// upstream VARIABLE TABLE starts a service elsewhere that answers what the table says, and puts its address into the variable.
// A line of the table is a path, what its query has to contain, and the file that is answered: "/search page=2 second.json".
// ${VARIABLE} in a file is the address, and so are other variables; a file that is called 503 or so is that status.
func upstream(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: upstream VARIABLE TABLE")
	}
	var lines [][]string
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if fields := strings.Fields(line); len(fields) > 1 {
			lines = append(lines, fields)
		}
	}
	texts := map[string]string{}
	for _, l := range lines {
		if name := l[len(l)-1]; len(name) != 3 {
			texts[name] = ts.ReadFile(name)
		}
	}
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String()
	if onCluster() {
		ts.Check(server.Listener.Close())
		server.Listener, address = besideCluster(ts)
	}
	ts.Setenv(args[0], address)
	for name, text := range texts {
		texts[name] = os.Expand(text, ts.Getenv)
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		for _, l := range lines {
			if status := answered(l, q); status != "" && texts[status] == "" {
				http.Error(w, "no", map[string]int{"503": http.StatusServiceUnavailable, "400": http.StatusBadRequest}[status])
				return
			} else if status != "" {
				_, _ = w.Write([]byte(texts[status])) // the client may be gone
				return
			}
		}
		http.Error(w, "nothing is at "+q.URL.String(), http.StatusNotFound)
	})
	server.Start()
	ts.Defer(server.Close)
}

// upstreamPorts are those at which pods reach services elsewhere, beside a cluster (manifests/deploy/lab.sh leads to them).
var upstreamPorts = []string{"9092", "9093"}

// besideCluster listens at the first of them that is free, and gives the address by which pods know it.
func besideCluster(ts *testscript.TestScript) (net.Listener, string) {
	var all []error
	for _, port := range upstreamPorts {
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			return listener, "http://host.lab:" + port
		}
		all = append(all, err)
	}
	ts.Fatalf("there is no room for one more service elsewhere: %v", errors.Join(all...))
	return nil, ""
}

// answered is the file of a line that a request fits.
func answered(line []string, q *http.Request) string {
	if line[0] != q.URL.Path {
		return ""
	}
	query, last := "&"+q.URL.RawQuery+"&", len(line)-1
	for _, wanted := range line[1:last] {
		if !strings.Contains(query, "&"+wanted+"&") {
			return ""
		}
	}
	return line[last]
}

// fill FILE… puts the values of variables into files.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(os.Expand(ts.ReadFile(name), ts.Getenv)), 0o600))
	}
}
