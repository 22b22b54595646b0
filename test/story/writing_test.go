package story

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// send METHOD [-header 'K: V']... STATUS URL [BODY] FILE sends a request, expects a status, and keeps the answer and its
// header, as get does.
func send(ts *testscript.TestScript, neg bool, args []string) {
	header := http.Header{"Content-Type": {"application/json"}}
	method := ""
	if len(args) > 0 {
		method, args = args[0], args[1:]
	}
	for len(args) > 2 && args[0] == "-header" {
		k, v, _ := strings.Cut(args[1], ":")
		header.Set(k, strings.TrimSpace(v))
		args = args[2:]
	}
	if len(args) != 3 && len(args) != 4 || neg {
		ts.Fatalf("usage: send METHOD [-header 'K: V']... STATUS URL [BODY] FILE")
	}
	var body io.Reader
	if len(args) == 4 {
		body = strings.NewReader(ts.ReadFile(args[2]))
	}
	kept := args[len(args)-1]
	status, answer, head := fetch(ts, method, args[1], header, body)
	var lines bytes.Buffer
	ts.Check(head.Write(&lines))
	ts.Check(os.WriteFile(ts.MkAbs(kept), answer, 0o644))
	ts.Check(os.WriteFile(ts.MkAbs(kept+".header"), lines.Bytes(), 0o644))
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("%s %s was answered %d: %.2000s", method, args[1], status, answer)
	}
}

var etagLine = regexp.MustCompile(`(?mi)^Etag: (\S+)`)

// etag FILE sets ETAG to the entity tag of an answer that was kept.
func etag(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: etag FILE")
	}
	found := etagLine.FindStringSubmatch(ts.ReadFile(args[0] + ".header"))
	if found == nil {
		ts.Fatalf("%s has no entity tag", args[0])
	}
	ts.Setenv("ETAG", found[1])
}
