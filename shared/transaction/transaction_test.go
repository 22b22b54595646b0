package transaction_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
	_ "perigee/test/draws" // the same each time
)

// Documents arrive byte for byte, whatever they are made of.
func TestChangesArriveAsTheyWereSaid(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		changes := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) transaction.Change {
			c := transaction.Change{
				Operation: rapid.SampledFrom([]transaction.Operation{transaction.Create, transaction.Patch, transaction.Delete}).Draw(r, "operation"),
				Kind:      record.TypeItem, Collection: rapid.String().Draw(r, "collection"), ID: rapid.String().Draw(r, "id"),
				Unmodified: rapid.SampledFrom([]time.Time{{}, time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}).Draw(r, "unmodified"),
			}
			if d := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(r, "document"); len(d) > 0 {
				c.Document = bytes.Repeat(d, rapid.SampledFrom([]int{1, 1, 3000}).Draw(r, "times"))
			}
			return c
		}), 1, 5).Draw(r, "changes")
		var wire bytes.Buffer
		if err := transaction.WriteChanges(&wire, changes); err != nil {
			r.Fatal(err)
		}
		got, err := transaction.ReadChanges(&wire)
		if err != nil || !reflect.DeepEqual(got, changes) {
			r.Fatalf("%+v, %v", got, err)
		}
	})
}

func TestResultsArriveAsTheyWereSaid(t *testing.T) {
	long := strings.Repeat("\x01", 2000)
	sent := []transaction.Result{
		{Collection: "C", ID: "a", Outcome: record.Created, Version: "v", MediaType: "application/json", Document: []byte("{\n}")},
		{ID: "b", Err: errors.Join(fault.At(fault.Invalid, "id", "wrong"), fault.New(fault.Forbidden, "not yours"))},
		{ID: "c", Err: fault.At(fault.Outdated, long, "%s", long)},
	}
	var wire bytes.Buffer
	if err := transaction.WriteResults(&wire, sent); err != nil {
		t.Fatal(err)
	}
	text := wire.String()
	got, err := transaction.ReadResults(&wire, 3)
	if err != nil || !reflect.DeepEqual(got[0], sent[0]) {
		t.Fatalf("%+v, %v", got, err)
	}
	all := fault.All(got[1].Err)
	if len(all) != 2 || fault.KindOf(all[0]) != fault.Invalid || fault.LocatorOf(all[0]) != "id" || all[0].Error() != "wrong" || fault.KindOf(all[1]) != fault.Forbidden {
		t.Errorf("%v", all)
	}
	if fault.KindOf(got[2].Err) != fault.Outdated || len(got[2].Err.Error()) > 600 {
		t.Errorf("%v", got[2].Err)
	}
	for _, broken := range []string{"", text[:20], strings.Join(strings.SplitAfter(text, "\n")[:2], "")} {
		if _, err := transaction.ReadResults(strings.NewReader(broken), 3); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%q: %v", broken, err)
		}
	}
}

func TestBrokenChanges(t *testing.T) {
	for name, wire := range map[string]string{
		"no line": `{"operation":"create"}`, "no JSON": "create\n", "too long a line": `{"id":"` + strings.Repeat("x", 70_000) + "\"}\n",
		"too large": `{"size":99999999}` + "\n", "negative": `{"size":-1}` + "\n", "broken off": `{"size":9}` + "\nabc", "longer": `{"size":1}` + "\nabc\n",
		"no end": `{"size":3}` + "\nabc", "too many": strings.Repeat("{}\n", transaction.MaxChanges+1),
	} {
		if got, err := transaction.ReadChanges(strings.NewReader(wire)); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %d changes, %v", name, len(got), err)
		}
	}
}

func FuzzReadChanges(f *testing.F) {
	f.Add([]byte("{\"operation\":\"create\",\"size\":2}\n{}\n{}\n"))
	f.Fuzz(func(t *testing.T, wire []byte) {
		changes, err := transaction.ReadChanges(bytes.NewReader(wire))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := transaction.WriteChanges(&again, changes); err != nil {
			t.Fatal(err)
		}
		back, err := transaction.ReadChanges(&again)
		if err != nil || !reflect.DeepEqual(back, changes) {
			t.Errorf("%+v came back as %+v, %v", changes, back, err)
		}
	})
}

// asked is a request of somebody in a workspace, as a function got it.
func asked(t *testing.T, workspace string, roles ...scope.Role) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://public.example/stac", nil)
	r.RemoteAddr = "192.0.2.7:1234"
	return r.WithContext(scope.NewContext(t.Context(), scope.Asked{Scope: scope.New(workspace, "anna", roles...)}))
}

func TestClientAsksOnBehalfOfWhoAsked(t *testing.T) {
	var got *http.Request
	var changes []transaction.Change
	register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		changes, _ = transaction.ReadChanges(r.Body)
		_ = transaction.WriteResults(w, []transaction.Result{{ID: "a", Outcome: record.Created, Version: "v"}})
	}))
	t.Cleanup(register.Close)
	client, err := transaction.NewClient(register.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	r := asked(t, "ws-a", scope.Writer)
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Origin", "https://page.example")
	r.Header.Set("Cookie", "secret")
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	results, err := client.Apply(r, []transaction.Change{{Operation: transaction.Create, Kind: record.TypeItem, Document: []byte("{ }")}})
	if err != nil || len(results) != 1 || results[0].Version != "v" || string(changes[0].Document) != "{ }" {
		t.Fatalf("%+v, %+v, %v", results, changes, err)
	}
	if got.URL.Path != "/workspaces/ws-a"+transaction.Path || got.Header.Get("Authorization") != "Bearer token" || got.Header.Get("Origin") != "https://page.example" ||
		strings.Join(got.Header.Values("X-Forwarded-For"), ",") != "198.51.100.1,192.0.2.7" || got.Header.Get("X-Forwarded-Host") != "public.example" || got.Header.Get("Cookie") != "" {
		t.Errorf("register was asked %s with %v", got.URL, got.Header)
	}
	r.Header.Set("X-Forwarded-Host", "other.example")
	if _, err := client.Apply(r, changes); err != nil || got.Header.Get("X-Forwarded-Host") != "other.example" {
		t.Errorf("%v, %v", got.Header, err)
	}
}

// Of changes that belong together the client tells each refusal, and none of those that only belong to one.
func TestClientAsksForAllOrNone(t *testing.T) {
	var path string
	register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		_ = transaction.WriteResults(w, []transaction.Result{{ID: "a", Err: fault.At(fault.Conflict, transaction.Together, "another")}, {ID: "b", Err: fault.At(fault.Conflict, "id", "it is there")}})
	}))
	t.Cleanup(register.Close)
	client, err := transaction.NewClient(register.URL)
	if err != nil {
		t.Fatal(err)
	}
	changes := []transaction.Change{{Operation: transaction.Create, ID: "a"}, {Operation: transaction.Create, ID: "b"}}
	_, err = client.ApplyAll(asked(t, "", scope.Writer), changes)
	if path != transaction.PathAll || len(fault.All(err)) != 1 || fault.KindOf(err) != fault.Conflict || err.Error() != `create of "b": it is there` {
		t.Errorf("%s: %v", path, err)
	}
}

// RC-10: what was acknowledged before is asked without a token, by who names the workspace and the principal; who serves it has it by the paths
// that it has anyway, and with the right to write and no other.
func TestClientAsksForWhatWasAcknowledged(t *testing.T) {
	var at scope.Asked
	var path string
	register := httptest.NewServer(transaction.Behind(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, path = scope.FromContext(r.Context()), r.URL.RequestURI()
		if r.Header.Get("Authorization") != "" {
			t.Error("a token is shown")
		}
		if r.URL.Path == transaction.PathResources {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_ = transaction.WriteResults(w, []transaction.Result{{ID: "a"}})
	})))
	t.Cleanup(register.Close)
	client, err := transaction.NewClient(register.URL)
	if err != nil {
		t.Fatal(err)
	}
	behind := client.Acknowledged()
	for _, workspace := range []string{"", "ws-a"} {
		r := asked(t, workspace, scope.Admin)
		r.Header.Set("Authorization", "Bearer token")
		for want, ask := range map[string]func() error{
			transaction.Path:          func() error { _, err := behind.Apply(r, []transaction.Change{{ID: "a"}}); return err },
			transaction.PathAll:       func() error { _, err := behind.ApplyAll(r, []transaction.Change{{ID: "a"}}); return err },
			transaction.PathResources: func() error { return behind.Keep(r, transaction.Resource{Source: "http://a.example/"}) },
		} {
			if err := ask(); err != nil || path != want || at.Scope.Workspace != workspace || at.Scope.Principal != "anna" || !slices.Equal(at.Scope.Roles, []scope.Role{scope.Writer}) {
				t.Errorf("%v: %s by %+v", err, path, at)
			}
		}
	}
	if _, err := behind.Apply(asked(t, ""), nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("without a role: %v", err)
	}
	response, err := http.Post(register.URL+transaction.Acknowledged+"/transactions?workspace=ws-a", transaction.MediaType, nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("on nobody's behalf: %s", response.Status)
	}
}

func TestClientDoesNotAskForWhoMayNot(t *testing.T) {
	client, err := transaction.NewClient("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Apply(asked(t, ""), nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("without a role: %v", err)
	}
	if _, err := client.Apply(httptest.NewRequest(http.MethodPost, "/", nil), nil); fault.KindOf(err) != fault.Internal || err == nil {
		t.Errorf("without an edge: %v", err)
	}
	if _, err := client.Apply(asked(t, "", scope.Writer), nil); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("where nobody answers: %v", err)
	}
	for _, wrong := range []string{"", "register", "http://"} {
		if _, err := transaction.NewClient(wrong); fault.LocatorOf(err) != "REGISTER_URL" {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestClientTellsWhyRegisterRefuses(t *testing.T) {
	for status, want := range map[int]fault.Kind{
		401: fault.Unauthorised, 403: fault.Forbidden, 409: fault.Conflict, 503: fault.Unavailable, 502: fault.Unavailable, 302: fault.Unavailable, 404: fault.Unavailable, 400: fault.Internal,
	} {
		register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"detail":"the reason"}`))
		}))
		client, err := transaction.NewClient(register.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Apply(asked(t, "", scope.Writer), nil)
		if fault.KindOf(err) != want || !strings.Contains(err.Error(), "the reason") {
			t.Errorf("%d: %v", status, err)
		}
		register.Close()
	}
}

// RC-10: what is to be harvested again is asked for in the workspace of who asks, and a refusal is told as it was said.
func TestClientHasResourcesKept(t *testing.T) {
	status, path, body := http.StatusNoContent, "", ""
	register := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		path, body = r.URL.Path, string(text)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"detail": "there are too many"}`))
	}))
	t.Cleanup(register.Close)
	client, err := transaction.NewClient(register.URL)
	if err != nil {
		t.Fatal(err)
	}
	kept := transaction.Resource{Source: "http://a.example/", Type: "t", Interval: "P1D", Records: []transaction.RecordName{{ID: "a"}}}
	if err := client.Keep(asked(t, "ws-a", scope.Writer), kept); err != nil || path != "/workspaces/ws-a"+transaction.PathResources || body != `{"source":"http://a.example/","type":"t","interval":"P1D","records":[{"id":"a"}]}` {
		t.Errorf("%v: %s %s", err, path, body)
	}
	if err := client.Keep(asked(t, "ws-a"), kept); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("without a role: %v", err)
	}
	status = http.StatusConflict
	if err := client.Keep(asked(t, "", scope.Writer), transaction.Resource{Source: "http://a.example/"}); fault.KindOf(err) != fault.Conflict || err.Error() != "there are too many" || path != transaction.PathResources {
		t.Errorf("%v: %s", err, path)
	}
}
