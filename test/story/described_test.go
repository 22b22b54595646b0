package story

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// described ROOT DESCRIPTION [-NAME VALUE]... asks the house for every resource that a description in OpenAPI tells of, with what the
// parameters of its path are filled in: compressed, by HEAD, by who has it, from a page of another origin, and with parameters
// that there are not.
func described(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args)%2 != 0 || neg {
		ts.Fatalf("usage: described ROOT DESCRIPTION [-NAME VALUE]...")
	}
	fill := map[string]string{}
	for i := 2; i < len(args); i += 2 {
		fill[strings.TrimPrefix(args[i], "-")] = url.PathEscape(args[i+1])
	}
	_, text, _ := fetch(ts, http.MethodGet, args[0]+args[1], http.Header{}, nil)
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	ts.Check(json.Unmarshal(text, &doc))
	asked := 0
	for path, operations := range doc.Paths {
		if address, whole := filledIn(path, fill); whole && operations["get"] != nil {
			askEveryWay(ts, args[0]+strings.TrimSuffix(address, "/"))
			asked++
		}
	}
	if asked < 15 {
		ts.Fatalf("only %d resources are described whose path is known", asked)
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// filledIn is a path with its parameters filled in, and whether all are known.
func filledIn(path string, fill map[string]string) (address string, whole bool) {
	whole = true
	address = pathParameter.ReplaceAllStringFunc(path, func(name string) string {
		value, known := fill[strings.Trim(name, "{}")]
		whole = whole && known
		return value
	})
	return address, whole
}

// askEveryWay asks for a resource in every way in which each has to answer.
func askEveryWay(ts *testscript.TestScript, address string) {
	status, body, head := fetch(ts, http.MethodGet, address, http.Header{"Accept-Encoding": {"gzip"}, "Origin": {"https://elsewhere.example"}}, nil)
	if status != http.StatusOK {
		ts.Fatalf("%s was answered %d: %.500s", address, status, body)
	}
	if head.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(bytes.NewReader(body))
		ts.Check(err)
		_, err = io.Copy(io.Discard, unzipped)
		ts.Check(err)
	} else if len(body) > 4000 {
		ts.Fatalf("%s is %d bytes that are not compressed", address, len(body))
	}
	if head.Get("Access-Control-Allow-Origin") != "*" {
		ts.Fatalf("%s is closed to other origins: %v", address, head)
	}
	if status, body, _ := fetch(ts, http.MethodHead, address, http.Header{}, nil); status != http.StatusOK || len(body) > 0 {
		ts.Fatalf("HEAD %s was answered %d with %d bytes", address, status, len(body))
	}
	if status, _, allowed := fetch(ts, http.MethodOptions, address, http.Header{"Origin": {"https://elsewhere.example"}, "Access-Control-Request-Method": {"GET"}}, nil); status != http.StatusNoContent || !strings.Contains(allowed.Get("Access-Control-Allow-Methods"), "GET") {
		ts.Fatalf("OPTIONS %s was answered %d: %v", address, status, allowed)
	}
	if tag := head.Get("Etag"); tag != "" { // an export is not whole when it begins
		if status, body, _ := fetch(ts, http.MethodGet, address, http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {tag}}, nil); status != http.StatusNotModified {
			ts.Fatalf("%s was answered %d to who has it: %.300s", address, status, body)
		}
	} else if !strings.HasSuffix(address, "/export") {
		ts.Fatalf("%s has no entity tag", address)
	}
	status, body, head = fetch(ts, http.MethodGet, address+"?colour=red&shade=dark", http.Header{}, nil)
	var problem struct{ Errors []struct{ Locator string } }
	var located []string
	if err := json.Unmarshal(body, &problem); err == nil {
		for _, e := range problem.Errors {
			located = append(located, e.Locator)
		}
	}
	if status != http.StatusBadRequest || head.Get("Content-Type") != "application/problem+json" || !slices.Equal(located, []string{"colour", "shade"}) {
		ts.Fatalf("%s with parameters that there are not was answered %d: %.500s", address, status, body)
	}
}
