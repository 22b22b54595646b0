package records

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/shared/ogcapi"
)

// catalogueOfDays is another catalogue, whose records are days by their numbers, the latest first.
type catalogueOfDays struct{ days []int }

func dayOf(n int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"type":"Feature","id":"d%03d","conformsTo":["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"],"time":{"timestamp":"2026-06-01T00:00:%02d.%03dZ"},`+
		`"geometry":null,"properties":{"type":"dataset","title":"Day %[1]d","created":"2026-01-01T00:00:00Z","updated":"2026-01-01T00:00:00Z"},"links":[{"rel":"self","href":"javascript:alert(1)"}]}`, n, n/1000, n%1000))
}

func (c catalogueOfDays) Catalogues() []FederatedCatalogue {
	return []FederatedCatalogue{{ID: "days", Title: "Days", URL: "https://days.example/collections/all", Timeout: time.Second}}
}

func (c catalogueOfDays) Search(_ context.Context, of FederatedCatalogue, query url.Values) (FederatedPage, error) {
	from, _ := strconv.Atoi(query.Get("from"))
	limit, err := strconv.Atoi(query.Get("limit"))
	to := min(from+limit, len(c.days))
	n := len(c.days)
	page := FederatedPage{Matched: &n}
	for _, day := range c.days[min(from, to):to] {
		page.Features = append(page.Features, dayOf(day))
	}
	if to < n {
		page.Next = of.URL + "/items?" + url.Values{"from": {strconv.Itoa(to)}, "limit": {strconv.Itoa(limit)}}.Encode()
	}
	return page, err
}

// RC-12: whatever the catalogues have and however long pages are, a merged list meets every record once and in order.
func TestMergedListsMeetEveryRecordOnce(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		limit, days := 1+random.IntN(6), map[string][]int{here: {}, "a": {}, "b": {}}
		most := map[string]string{} // that a catalogue gives at once
		for _, id := range []string{here, "a", "b"} {
			most[id] = strconv.Itoa(1 + random.IntN(limit))
		}
		var want []string
		for n := range random.IntN(60) {
			id := []string{here, "a", "b"}[random.IntN(3)]
			days[id], want = append(days[id], n), append(want, fmt.Sprintf("d%03d", n))
		}
		slices.Reverse(want)
		for id := range days {
			slices.Reverse(days[id])
		}
		var met []string
		var at positions
		for pages := 0; ; pages++ {
			var sources []*source
			for _, id := range []string{here, "a", "b"} {
				s := &source{id: id, ended: true}
				if from, open := at.of(id); open {
					page, err := catalogueOfDays{days[id]}.Search(t.Context(), FederatedCatalogue{URL: "https://x.example"}, from.question(url.Values{"limit": {most[id]}}))
					if err != nil {
						t.Fatal(err)
					}
					s.features, s.from = page.Features, from
					to, more := following(page, url.Values{"limit": {""}})
					s.to, s.ended = to, !more
				}
				sources = append(sources, s)
			}
			found, next := merge(sources, nil, limit)
			for _, f := range found {
				met = append(met, idOf(f.feature))
			}
			if len(found) > limit || pages > 500 {
				t.Fatalf("seed %d: %d records of %d, page %d", seed, len(found), limit, pages)
			}
			if len(next) == 0 {
				break
			}
			q := Query{After: next.token()}
			p := ogcapi.NewParams(nil)
			if at = readPositions(p, &q); p.Err() != nil || at == nil {
				t.Fatal(p.Err())
			}
		}
		if !slices.Equal(met, want) {
			t.Fatalf("seed %d: %v, want %v", seed, met, want)
		}
	}
}

// RC-05, RC-12: what is answered of several catalogues is what the schemas say, merged and by itself, and no page leads where
// another catalogue wants a browser to go.
func TestFederatedAnswersFollowTheSchemas(t *testing.T) {
	_, m := catalogueOf(t)
	var documents []string
	for _, grouped := range []bool{false, true} {
		h, err := New(Config{Title: "Catalogue", Store: m, Federation: catalogueOfDays{[]int{9, 4}}, Grouped: grouped})
		if err != nil {
			t.Fatal(err)
		}
		h = behindEdge(h)
		const list = allMain + "/items?distributedSearch=true&limit=3"
		w := get(t, h, list)
		documents = append(documents, "records\t"+oneLine(t, w.Body.Bytes()))
		if !strings.Contains(w.Body.String(), `"id":"d009"`) {
			t.Errorf("%.2000s", w.Body)
		}
		page := get(t, h, list+"&f=html")
		if body := page.Body.String(); page.Code != http.StatusOK || !strings.Contains(body, "Day 9") || strings.Contains(body, "javascript:") {
			t.Errorf("%d, %d bytes", page.Code, len(body))
		}
		head := send(t, h, http.MethodHead, list, nil)
		if head.Code != http.StatusOK || head.Body.Len() > 0 {
			t.Errorf("HEAD: %d", head.Code)
		}
	}
	validate(t, documents)
}

func FuzzPositions(f *testing.F) {
	f.Add("m.e30")
	f.Add(positions{here: {Token: "x", Taken: 2, Last: "y"}, "a": {Query: map[string]string{"token": "z", "limit": "", "hopCount": "9"}}}.token())
	f.Fuzz(func(t *testing.T, token string) {
		q, p := Query{After: token}, ogcapi.NewParams(nil)
		for id := range readPositions(p, &q) {
			at, _ := readPositions(ogcapi.NewParams(nil), &Query{After: token}).of(id)
			s := &source{features: []json.RawMessage{dayOf(1)}, from: at}
			if over := s.passed(); over < 0 || over > 1 {
				t.Errorf("%q: %d records are passed over", token, over)
			}
			if got := at.question(url.Values{"limit": {"3"}}); got.Get("limit") != "3" || got.Has("hopCount") {
				t.Errorf("%q: %v", token, got)
			}
		}
	})
}
