package stacapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/ogcapi"
)

// Each case names the places that the answer finds fault with.
func TestRefusals(t *testing.T) {
	h, _ := catalogueOf(t)
	const square = `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`
	cases := []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "/stac/search?limit=0&bbox=1&datetime=x&colour=red", "", 400, "bbox datetime limit colour"},
		{"GET", "/stac/search?bbox=0,0,1,1&intersects=" + `{"type":"Point","coordinates":[0,0]}`, "", 400, "intersects"},
		{"GET", "/stac/search?intersects={}", "", 400, "intersects"},
		{"GET", "/stac/search?f=xml", "", 400, "f"},
		{"GET", "/stac/search?token=forged", "", 400, "token"},
		{"GET", "/stac/search?sortby=,&fields=" + strings.Repeat("a.", 20), "", 400, "sortby fields"},
		{"GET", "/stac/search?sortby=geometry", "", 400, "sortby"},
		{"GET", "/stac/search?sortby=a,b,c,d,e,f,g,h,i,j,k", "", 400, "sortby"},
		{"GET", "/stac?x=1", "", 400, "x"},
		{"GET", "/stac/conformance?x=1", "", 400, "x"},
		{"GET", "/stac/api?f=html", "", 400, "f"},
		{"GET", "/stac/collections?limit=-1&x=1", "", 400, "limit x"},
		{"GET", "/stac/collections/S2MSI2A?x=1", "", 400, "x"},
		{"GET", "/stac/collections/none", "", 404, ""},
		{"GET", "/stac/collections/none/items", "", 404, ""},
		{"GET", "/stac/collections/none/items/x", "", 404, ""},
		{"GET", "/stac/collections/S2MSI2A/items?collections=x", "", 400, "collections"},
		{"GET", "/stac/collections/S2MSI2A/items?collections=S2MSI2A,x", "", 400, "collections"},
		{"GET", "/stac/collections/S2MSI2A/items?collections=S2MSI2A", "", 200, ""}, // as pystac-client asks
		{"GET", "/stac/collections/S2MSI2A/items/x", "", 404, ""},
		{"GET", "/stac/nothing", "", 404, ""},
		{"GET", "/stac/../etc/passwd", "", 404, ""},
		{"PUT", "/stac/search", "", 405, ""},
		{"POST", "/stac/search?limit=1", "{}", 400, "limit"},
		{"POST", "/stac/search", `[1]`, 400, ""},
		{"POST", "/stac/search", `{"limit":`, 400, ""},
		{"POST", "/stac/search", `{"limit":0,"bbox":"1,2,3,4","datetime":5,"ids":5,"collections":[1],"colour":"red"}`, 400, "limit collections ids bbox datetime colour"},
		{"POST", "/stac/search", `{"bbox":[0,1,1,0]}`, 400, "bbox"},
		{"POST", "/stac/search", `{"bbox":[null,0,1,1],"ids":["a",null]}`, 400, "ids bbox"},
		{"POST", "/stac/search", `{"bbox":[0,0,1,1],"intersects":` + square + `}`, 400, "intersects"},
		{"POST", "/stac/search", `{"intersects":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[5,5]]]}}`, 400, "intersects.coordinates[0]"},
		{"POST", "/stac/search", `{"datetime":"1985"}`, 400, "datetime"},
		{"POST", "/stac/search", `{"token":"forged"}`, 400, "token"},
		{"POST", "/stac/search", `{"sortby":[{"field":"id","direction":"up"}],"fields":["id"]}`, 400, "sortby fields"},
		{"POST", "/stac/search", `{"sortby":"id"}`, 400, "sortby"},
		{"POST", "/stac/search", `{"sortby":[],"query":{},"filter":null,"limit":99999}`, 200, ""},
		{"POST", "/stac/search", `{"collections":"S2MSI2A","ids":"x"}`, 200, ""}, // as some clients send it
		{"POST", "/stac/search", `{"fields":null}`, 400, "fields"},
		{"POST", "/stac/search", `{"fields":{"includes":["id"]}}`, 400, "fields"},
		{"POST", "/stac/search", ``, 200, ""},
		{"GET", "/stac/search?limit=99999&datetime=../2026-03-02T00:00:00Z", "", 200, ""},
	}
	for _, c := range cases {
		w := send(t, h, c.method, (&urlTarget{c.target}).String(), strings.NewReader(c.body), "Content-Type", "application/json")
		if w.Code != c.status {
			t.Errorf("%s %s %s: %d %s", c.method, c.target, c.body, w.Code, w.Body)
			continue
		}
		if c.status == 200 {
			continue
		}
		var p ogcapi.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != c.status || p.Detail == "" {
			t.Errorf("%s %s: %s", c.method, c.target, w.Body)
		}
		var at []string
		for _, f := range p.Errors {
			at = append(at, f.Locator)
		}
		if got := strings.Join(at, " "); got != c.want {
			t.Errorf("%s %s %s: faults at %q, want %q: %s", c.method, c.target, c.body, got, c.want, w.Body)
		}
	}
}

// urlTarget escapes what a table spells plainly.
type urlTarget struct{ plain string }

func (u *urlTarget) String() string {
	return strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22", "[", "%5B", "]", "%5D").Replace(u.plain)
}

func TestSearchParameters(t *testing.T) {
	h, _ := catalogueOf(t)
	both, s2, lonely := "S2A_33UXP_20260430 lonely", "S2A_33UXP_20260430", "lonely"
	cases := []struct{ get, post, want string }{
		{"", `{}`, both},
		{"bbox=16,47,18,49", `{"bbox":[16,47,18,49]}`, s2},
		{"bbox=16,47,0,18,49,9000", `{"bbox":[16,47,0,18,49,9000]}`, s2},
		{"bbox=170,-20,-170,0", `{"bbox":[170,-20,-170,0]}`, lonely},
		{"datetime=2026-03-15T00:00:00Z", `{"datetime":"2026-03-15T00:00:00Z"}`, lonely},
		{"datetime=2026-04-30T10:00:31Z/..", `{"datetime":"2026-04-30T10:00:31Z/.."}`, s2},
		{"collections=S2MSI2A,none", `{"collections":["S2MSI2A","none"]}`, s2},
		{"collections=uncollected", `{"collections":["uncollected"]}`, lonely},
		{"collections=&ids=", `{"collections":[],"ids":[]}`, both},
		{"ids=lonely,x", `{"ids":["lonely","x"]}`, lonely},
		{"ids=lonely&bbox=0,0,1,1", `{"ids":["lonely"],"bbox":[0,0,1,1]}`, ""},
		{`intersects={"type":"Point","coordinates":[17,48]}`, `{"intersects":{"type":"Point","coordinates":[17,48]}}`, s2},
	}
	for _, c := range cases {
		byGet := get(t, h, "/stac/search?"+(&urlTarget{c.get}).String())
		byPost := send(t, h, http.MethodPost, "/stac/search", strings.NewReader(c.post))
		for _, w := range []*httptest.ResponseRecorder{byGet, byPost} {
			if got := strings.Join(decode(t, w).ids(), " "); got != c.want {
				t.Errorf("%s %s: %q, want %q", c.get, c.post, got, c.want)
			}
		}
	}
}

// answer is what the tests read of a list of items.
type answer struct {
	Features []struct {
		ID         string `json:"id"`
		Collection string `json:"collection"`
	} `json:"features"`
	Links    []map[string]any `json:"links"`
	Returned int              `json:"numberReturned"`
	Matched  *int             `json:"numberMatched"`
}

func decode(t testing.TB, w *httptest.ResponseRecorder) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if a.Returned != len(a.Features) {
		t.Errorf("numberReturned is %d of %d", a.Returned, len(a.Features))
	}
	return a
}

func (a answer) ids() []string {
	var ids []string
	for _, f := range a.Features {
		ids = append(ids, f.ID)
	}
	return ids
}

func (a answer) link(rel string) map[string]any {
	for _, l := range a.Links {
		if l["rel"] == rel {
			return l
		}
	}
	return nil
}

func FuzzSearchBody(f *testing.F) {
	f.Add([]byte(`{"limit":1,"bbox":[1,2,3,4],"datetime":"../2026-01-01T00:00:00Z","ids":["a"],"token":"x"}`))
	f.Add([]byte(`{"intersects":{"type":"GeometryCollection","geometries":[]},"sortby":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := openBody(body)
		if err != nil {
			return
		}
		q, err := b.readQuery()
		if err == nil && (q.Limit < 1 || q.Limit > maxLimit) {
			t.Fatalf("limit %d", q.Limit)
		}
	})
}

// The answer to a body, or a query, of very many unknown fields is small.
func TestRefusalsAreBounded(t *testing.T) {
	h, _ := catalogueOf(t)
	var fields, query []string
	for i := range 5000 {
		fields, query = append(fields, fmt.Sprintf(`"f%d":1`, i)), append(query, fmt.Sprintf("f%d=1", i))
	}
	for _, w := range []*httptest.ResponseRecorder{
		send(t, h, http.MethodPost, "/stac/search", strings.NewReader("{"+strings.Join(fields, ",")+"}")),
		get(t, h, "/stac/search?"+strings.Join(query, "&")),
	} {
		if w.Code != 400 || w.Body.Len() > 20_000 || !strings.Contains(w.Body.String(), `"locator":"f1"`) {
			t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
		}
	}
}
