package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/csw"
	"perigee/shared/metadata"
	"perigee/shared/outward"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// writing is who writes the catalogue, in the place of register: documents of metadata in XML only.
type writing struct{ store *catalogue.Store }

func (w writing) ApplyAll(r *http.Request, changes []transaction.Change) ([]transaction.Result, error) {
	sc := scope.FromContext(r.Context()).Scope
	all := make([]record.Change, len(changes))
	for i, c := range changes {
		expected := &record.Condition{Absent: c.Operation == transaction.Create, Versions: c.Versions}
		expected.Present = !expected.Absent && c.Operation != transaction.Put
		rec := record.Record{Key: record.Key{Collection: c.Collection, ID: c.ID}}
		if c.Operation != transaction.Delete {
			var err error
			if rec, err = metadata.Decode(c.Document); err != nil {
				return nil, err
			}
			rec.Collection, rec.Document, rec.MediaType, rec.Version = c.Collection, c.Document, "application/xml", ows.ETag(c.Document)
		}
		rec.Workspace = sc.Workspace
		all[i] = record.Change{Record: rec, Delete: c.Operation == transaction.Delete, Replace: true, If: expected}
	}
	applied, err := w.store.ApplyAll(r.Context(), sc, all)
	if err != nil {
		return nil, err
	}
	results := make([]transaction.Result, len(changes))
	for i, a := range applied {
		if a.Err != nil {
			return nil, a.Err
		}
		results[i] = transaction.Result{Collection: a.Key.Collection, ID: a.Key.ID, Outcome: a.Outcome}
	}
	return results, nil
}

// Apply takes each change for itself.
func (w writing) Apply(r *http.Request, changes []transaction.Change) ([]transaction.Result, error) {
	results := make([]transaction.Result, len(changes))
	for i := range changes {
		one, err := w.ApplyAll(r, changes[i:i+1])
		if results[i].Err = err; err == nil {
			results[i] = one[0]
		}
	}
	return results, nil
}

func service() ows.Service { return ows.Service{Title: "test"} }

// written serves a catalogue to somebody who may write it.
func written(t *testing.T) *httptest.Server {
	t.Helper()
	store := cataloguetest.Open(t)
	offered, err := offers(records{store: store}, service(), config{})
	if err != nil {
		t.Fatal(err)
	}
	offered.Transactions, offered.Fetcher = writing{store}, web{outward.New(outward.Config{Guard: outward.Open()})}
	h := csw.New(offered)
	s := httptest.NewServer(nil)
	t.Cleanup(s.Close)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test", scope.Writer), Base: s.URL}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
	return s
}

// RC-01, RC-03, RC-10: the requests of the suites of CITE and of the ISO profile get, on records that were inserted by Transaction,
// what their expected answers mean, as conformance/pycsw_suite.py judges.
func TestSuites(t *testing.T) {
	shared := owstest.Shared(t)
	script := filepath.Join(shared, "conformance", "pycsw_suite.py")
	if out, err := exec.Command("/usr/bin/python3", "-c", "import lxml").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: the judge needs python3-lxml: %s", out)
	}
	for _, suite := range []string{"cite", "apiso"} {
		t.Run(suite, func(t *testing.T) {
			s := written(t)
			args := []string{script, "--suites", filepath.Join(shared, "data", "pycsw-suites"), "--suite", suite, "--base", s.URL, "--load", "csw-t", "-v"}
			if save := os.Getenv("PERIGEE_SAVE"); save != "" {
				args = append(args, "--save", save)
			}
			out, err := exec.Command("/usr/bin/python3", args...).CombinedOutput()
			t.Logf("%s", out)
			if err != nil || strings.Contains(string(out), "not inserted") {
				t.Error(err)
			}
		})
	}
}
