package trace

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const known = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestParse(t *testing.T) {
	if p := Parse(known); string(p) != known || p.ID() != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("a well-formed parent became %q", p)
	}
	for _, bad := range []string{"", "00", strings.ToUpper(known), "ff" + known[2:], strings.Replace(known, "0af7651916cd43dd8448eb211c80319c", strings.Repeat("0", 32), 1)} {
		if p := Parse(bad); string(p) == bad || !valid(string(p)) {
			t.Errorf("%q became %q", bad, p)
		}
	}
}

// A caller that speaks a later version of the format keeps its trace (W3C Trace Context, versioning of traceparent).
func TestParseOfLaterVersions(t *testing.T) {
	for _, later := range []string{"01" + known[2:], "01" + known[2:] + "-more"} {
		if p := Parse(later); p != known {
			t.Errorf("%q became %q", later, p)
		}
	}
	for _, bad := range []string{known + "-more", "01" + known[2:] + "more", "0x" + known[2:]} {
		if p := Parse(bad); p.ID() == Parent(known).ID() {
			t.Errorf("%q became %q", bad, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(known)
	f.Add("01" + known[2:] + "-more")
	f.Fuzz(func(t *testing.T, s string) {
		if p := Parse(s); !valid(string(p)) || !valid(string(p.Child())) || p.Child().ID() != p.ID() {
			t.Errorf("%q became %q", s, p)
		}
	})
}

func TestChildKeepsTheTrace(t *testing.T) {
	child := Parent(known).Child()
	if !valid(string(child)) || child.ID() != Parent(known).ID() || child == Parent(known) {
		t.Errorf("child %q", child)
	}
}

func TestTransportHandsTheTraceOn(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get(Header) }))
	defer server.Close()
	ctx := NewContext(context.Background(), known)
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	response, err := (&http.Client{Transport: Transport(http.DefaultTransport)}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if Parent(got).ID() != Parent(known).ID() {
		t.Errorf("the server saw %q", got)
	}
}
