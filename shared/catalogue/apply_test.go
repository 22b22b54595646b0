package catalogue_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// opened is a store, and a connection of the test's own to the same database.
func opened(t testing.TB) (*catalogue.Store, *pgx.Conn) {
	t.Helper()
	url := cataloguetest.URL(t)
	store, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store, connect(t, url)
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := catalogue.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// lines are the rows of a query, each as one text.
func lines(t testing.TB, conn *pgx.Conn, query string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "select (x.*)::text from ("+query+") x")
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestARecordComesBackAsItWasWritten(t *testing.T) {
	s := cataloguetest.Open(t)
	c := drawn(item("S2", "ü/+% 1", noon.Add(123456789)), "S2")
	c.Record.Document = []byte("{ \"id\" : \"ü/+% 1\",\r\n\t\"number\": 1.00e2, \"id\": \"twice\" }\n")
	c.Record.Abstract, c.Record.Keywords = "words\nof it", []string{"sea", "", "ice, drift"}
	c.Record.Links = []record.Link{{Rel: "data", Href: "s3://ingest/x.tif", Name: "x", Protocol: "OGC:WMS"}}
	c.Record.Time.End = c.Record.Time.Start.Add(time.Minute)
	applied(t, s, writer(""), c)
	got, err := s.Record(t.Context(), writer(""), record.TypeItem, "S2", "ü/+% 1")
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Document) != string(c.Record.Document) || got.MediaType != c.Record.MediaType {
		t.Errorf("the document is %q, %s", got.Document, got.MediaType)
	}
	if len(got.Version) < 16 || time.Since(got.Modified) > time.Minute || !got.Created.Equal(got.Modified) {
		t.Errorf("version %q, created %v, modified %v", got.Version, got.Created, got.Modified)
	}
	want := c.Record
	want.Shown = true // it has a coverage and a layer
	want.Time.Start, want.Time.End = want.Time.Start.Truncate(time.Microsecond), want.Time.End.Truncate(time.Microsecond)
	want.Source, want.Version, want.Created, want.Modified = c.Source.Href, got.Version, got.Created, got.Modified
	if a, b := inJSON(t, got), inJSON(t, want); a != b {
		t.Errorf("read    %s\nwritten %s", a, b)
	}
}

func inJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// REG-21: the same document again changes nothing; a different one replaces when that was asked for.
func TestReplacing(t *testing.T) {
	s := cataloguetest.Open(t)
	first := drawn(item("S2", "a", noon), "S2")
	second := drawn(item("S2", "a", noon.Add(time.Second)), "S2")
	second.Record.Document = []byte(`{"id":"a","n":2}`)
	second.Coverages = nil
	refused := second
	refused.Replace = false
	for _, step := range []struct {
		change  record.Change
		outcome record.Outcome
		events  int
	}{{first, record.Created, 1}, {first, record.Unchanged, 1}, {refused, "", 1}, {second, record.Replaced, 2}, {second, record.Unchanged, 2}, {first, record.Stale, 2}} {
		got := apply(t, s, writer(""), step.change)[0]
		if got.Outcome != step.outcome || (got.Err != nil) != (step.outcome == "") {
			t.Errorf("%q, %v; want %q", got.Outcome, got.Err, step.outcome)
		}
		if events := outbox(t, s, writer("")); len(events) != step.events {
			t.Errorf("after %q there are %d events", step.outcome, len(events))
		}
	}
	products, err := s.Products(t.Context(), writer(""), catalogue.ProductQuery{ID: "a"})
	if err != nil || len(products) != 0 {
		t.Errorf("%d products are left of a record without coverages, %v", len(products), err)
	}
}

func outbox(t testing.TB, s *catalogue.Store, sc scope.Scope) []catalogue.Event {
	t.Helper()
	events, err := s.Outbox(t.Context(), sc, catalogue.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// New coverages under the same document are a change: their files were replaced.
func TestNewFilesUnderTheSameDocument(t *testing.T) {
	s := cataloguetest.Open(t)
	c := drawn(item("S2", "a", noon), "S2")
	applied(t, s, writer(""), c)
	c.Coverages[0].ETag = "e2"
	if got := applied(t, s, writer(""), c)[0]; got != record.Replaced {
		t.Errorf("a new file is %q", got)
	}
	c.Layers = append(c.Layers, "more")
	if got := applied(t, s, writer(""), c)[0]; got != record.Replaced {
		t.Errorf("a new layer is %q", got)
	}
	events := outbox(t, s, writer(""))
	if len(events) != 3 || events[0].ID == events[1].ID || events[1].ID == events[2].ID {
		t.Errorf("the events are %+v", events)
	}
}

// RC-14: every change is told, in the form of OGC API PubSub.
func TestEvents(t *testing.T) {
	s := cataloguetest.Open(t)
	collection := item("", "S2", noon)
	collection.Record.Type, collection.Record.Title = record.TypeCollection, "Sentinel 2"
	applied(t, s, writer("w"), item("S2", "a", noon), collection)
	changed := item("S2", "a", noon.Add(time.Hour))
	changed.Record.Document = []byte("{}")
	applied(t, s, writer("w"), changed)
	applied(t, s, writer("w"), record.Change{Delete: true, Source: record.Source{Href: changed.Source.Href, Time: noon.Add(2 * time.Hour)}},
		record.Change{Delete: true, Record: record.Record{Key: record.Key{ID: "S2"}}, Source: record.Source{Time: noon.Add(2 * time.Hour)}})
	var got []string
	for _, e := range outbox(t, s, writer("w")) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s", e.Type, e.Workspace, e.Collection, e.Subject, e.Data))
		if time.Since(e.Time) > time.Minute || !strings.HasPrefix(e.ID, "w/") {
			t.Errorf("event %s at %v", e.ID, e.Time)
		}
	}
	const place = `"geometry":{"type":"Polygon","coordinates":[[[10,45],[11,45],[11,46],[10,46],[10,45]]]},"bbox":[10,45,11,46],"properties":{"eo:cloud_cover":20.5,"platform":"sentinel-2a"}}`
	want := []string{
		catalogue.EventCollectionCreate + ` w S2 S2 {"type":"Collection","id":"S2","title":"Sentinel 2",` + place,
		catalogue.EventItemCreate + ` w S2 a {"type":"Feature","id":"a","collection":"S2",` + place,
		catalogue.EventItemReplace + ` w S2 a {"type":"Feature","id":"a","collection":"S2",` + place,
		catalogue.EventCollectionDelete + ` w S2 S2 "S2"`,
		catalogue.EventItemDelete + ` w S2 a "a"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("the events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEventsAreSentOnce(t *testing.T) {
	s := cataloguetest.Open(t)
	applied(t, s, writer("w"), item("S2", "a", noon), item("S2", "b", noon))
	applied(t, s, writer("v"), item("S2", "c", noon))
	first := outbox(t, s, writer("w"))[0]
	if err := s.Sent(t.Context(), writer("v"), []string{first.ID}); err != nil || len(outbox(t, s, writer("w"))) != 2 {
		t.Errorf("another workspace emptied the outbox, %v", err)
	}
	for range 2 {
		if err := s.Sent(t.Context(), writer("w"), []string{first.ID}); err != nil {
			t.Error(err)
		}
	}
	if left := outbox(t, s, writer("w")); len(left) != 1 || left[0].ID == first.ID {
		t.Errorf("left are %+v", left)
	}
	admin := scope.New("", "admin", scope.Admin)
	all, err := s.OutboxAll(t.Context(), admin, 10)
	if err != nil || len(all) != 2 {
		t.Fatalf("of all workspaces: %+v, %v", all, err)
	}
	if err := s.Sent(t.Context(), admin, []string{all[0].ID, all[1].ID}); err != nil || len(outbox(t, s, writer("v"))) != 0 {
		t.Errorf("the system did not empty the outbox, %v", err)
	}
}

// A refusal concerns one change; nothing of it is written, and all of the others.
func TestRefusals(t *testing.T) {
	s := cataloguetest.Open(t)
	bad := func(change func(*record.Change)) record.Change {
		c := item("S2", "bad", noon)
		change(&c)
		return c
	}
	bowTie := orb.Polygon{{{0, 0}, {2, 2}, {2, 0}, {0, 2}, {0, 0}}}
	for name, c := range map[string]record.Change{
		"Self-intersection": bad(func(c *record.Change) { c.Record.Footprint = bowTie }),
		"not closed":        bad(func(c *record.Change) { c.Record.Footprint = orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}} }),
		"not on the globe":  bad(func(c *record.Change) { c.Record.Footprint = orb.Point{45, 95} }),
		"no id":             bad(func(c *record.Change) { c.Record.ID = "" }),
		"a control char":    bad(func(c *record.Change) { c.Record.ID = "line\nbreak" }),
		"the collection":    bad(func(c *record.Change) { c.Record.Collection = "S2\x7f" }),
		"id has the length": bad(func(c *record.Change) { c.Record.ID = strings.Repeat("x", 801) }),
		"zero character":    bad(func(c *record.Change) { c.Record.Properties["x"] = "a\x00b" }),
		"not valid UTF-8":   bad(func(c *record.Change) { c.Record.Title = "\xff" }),
		"ends before":       bad(func(c *record.Change) { c.Record.Time.End = noon.Add(-time.Second) }),
		"written as JSON":   bad(func(c *record.Change) { c.Record.Properties["x"] = func() {} }),
		"nested deeper":     bad(func(c *record.Change) { c.Record.Properties["x"] = nested(200) }),
		"title has":         bad(func(c *record.Change) { c.Record.Title = strings.Repeat("x", 20_000) }),
		"the year 12000":    bad(func(c *record.Change) { c.Record.Time.End = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC) }),
		"layers has":        bad(func(c *record.Change) { c.Layers = []string{strings.Repeat("x", 900)} }),
		"a ring has 2":      bad(func(c *record.Change) { c.Record.Footprint = orb.Polygon{{{0, 0}, {0, 0}}} }),
		"overflows":         bad(func(c *record.Change) { c.Record.Properties["x"] = json.Number("1e200000") }),
		"properties has":    bad(func(c *record.Change) { c.Record.Properties["x"] = strings.Repeat("x", 5<<20) }),
	} {
		t.Run(name, func(t *testing.T) {
			got := apply(t, s, writer(""), item("S2", "before", noon), c, item("S2", "behind", noon))
			if got[0].Err != nil || got[2].Err != nil || got[0].Outcome == "" || got[2].Outcome == "" {
				t.Errorf("the others: %+v", got)
			}
			if err := got[1].Err; fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), name) || got[1].Outcome != "" {
				t.Errorf("%q, %v", got[1].Outcome, err)
			}
			if _, err := s.Record(t.Context(), writer(""), "", "", "bad"); fault.KindOf(err) != fault.NotFound {
				t.Errorf("it was written: %v", err)
			}
		})
	}
	if _, err := s.Apply(t.Context(), writer(""), make([]record.Change, catalogue.MaxChanges+1)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("too many changes: %v", err)
	}
}

func nested(levels int) any {
	if levels == 0 {
		return 1
	}
	return []any{nested(levels - 1)}
}

// Every change delivered twice, shuffled and in batches of any size ends in the same tables.
func TestAnyOrderEndsInTheSameTables(t *testing.T) {
	const state = `
		select 'record', workspace, collection, id, version, source_href, source_time, text, layers from perigee.record union all
		select 'document', '', r.collection, r.id, md5(d.bytes), media_type, null, '', null from perigee.document d join perigee.record r on r.pk = d.record union all
		select 'coverage', '', r.collection, r.id, v.coverages::text, a.href, null, '', v.hrefs
			from perigee.coverage v join perigee.record r on r.pk = v.record left join perigee.asset a on a.record = r.pk union all
		select 'orphan', '', '', '', '', href, null, '', null from perigee.asset where record not in (select pk from perigee.record) union all
		select 'day', workspace, layer, day::text, items::text, '', null, '', null from perigee.layer_day`
	history := changing(rand.New(rand.NewPCG(5, 6)))
	var want []string
	for round := range 4 {
		s, conn := opened(t)
		random := rand.New(rand.NewPCG(7, uint64(round)))
		changes := history
		if round > 0 {
			changes = slices.Concat(history, history)
			random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
		}
		for len(changes) > 0 {
			n := 1 + random.IntN(min(20, len(changes)))
			apply(t, s, writer("w"), changes[:n]...)
			changes = changes[n:]
		}
		got := lines(t, conn, state)
		slices.Sort(got)
		if round == 0 {
			want = got
		}
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Fatalf("shuffled\n%s\nstraight\n%s", strings.Join(only(got, want), "\n"), strings.Join(only(want, got), "\n"))
		}
	}
}

// changing is a history of a few documents that are written, moved and deleted at different times.
func changing(random *rand.Rand) []record.Change {
	var history []record.Change
	for i := range 60 {
		at := noon.Add(time.Duration(i) * time.Minute)
		href := fmt.Sprintf("s3://ingest/%d.json", random.IntN(6))
		if random.IntN(4) == 0 {
			history = append(history, record.Change{Delete: true, Source: record.Source{Href: href, Time: at}})
			continue
		}
		if random.IntN(12) == 0 {
			key := record.Key{ID: fmt.Sprintf("item%d", random.IntN(6))}
			history = append(history, record.Change{Delete: true, Anywhere: true, Record: record.Record{Key: key}, Source: record.Source{Time: at}})
			continue
		}
		c := drawn(item("S2", fmt.Sprintf("item%d", random.IntN(6)), noon.AddDate(0, 0, random.IntN(3))), "S2", "all")
		c.Source.Href, c.Source.Time = href, at
		c.Record.Document = fmt.Append(nil, random.IntN(3))
		if random.IntN(3) == 0 {
			c.Coverages, c.Layers = nil, nil
		}
		history = append(history, c)
	}
	return history
}

// REG-33: a deletion of an id that is told while what it deletes is being written leaves nothing, whichever is first.
func TestDeletionOfAnIDMeanwhile(t *testing.T) {
	s := cataloguetest.Open(t)
	for i := range 20 {
		id := fmt.Sprintf("item%d", i)
		later := record.Change{Delete: true, Anywhere: true, Record: record.Record{Key: record.Key{ID: id}}, Source: record.Source{Time: noon.Add(time.Hour)}}
		var both sync.WaitGroup
		for _, c := range []record.Change{item("S2", id, noon), later} {
			both.Go(func() {
				if got, err := s.Apply(t.Context(), writer(""), []record.Change{c}); err != nil || got[0].Err != nil {
					t.Errorf("%+v, %v", got, err)
				}
			})
		}
		both.Wait()
		if got, err := s.Record(t.Context(), writer(""), "", "", id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%+v is there, %v", got.Key, err)
		}
	}
}

func TestSourcesAreResolved(t *testing.T) {
	s := cataloguetest.Open(t)
	c := item("S2", "a", noon)
	applied(t, s, writer(""), c)
	key, version, deleted, err := s.ResolveSource(t.Context(), writer(""), c.Source.Href)
	if err != nil || key != (record.Key{Collection: "S2", ID: "a"}) || version != "v1" || deleted {
		t.Errorf("%+v %q %v %v", key, version, deleted, err)
	}
	applied(t, s, writer(""), record.Change{Delete: true, Source: record.Source{Href: c.Source.Href, Time: noon.Add(1)}},
		record.Change{Delete: true, Source: record.Source{Href: "s3://ingest/never.json", Time: noon}})
	if key, _, deleted, err = s.ResolveSource(t.Context(), writer(""), c.Source.Href); err != nil || key.ID != "a" || !deleted {
		t.Errorf("deleted: %+v %v %v", key, deleted, err)
	}
	if key, _, deleted, err = s.ResolveSource(t.Context(), writer(""), "s3://ingest/never.json"); err != nil || key.ID != "" || !deleted {
		t.Errorf("never read: %+v %v %v", key, deleted, err)
	}
	if _, _, _, err = s.ResolveSource(t.Context(), writer(""), "s3://ingest/unknown.json"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown: %v", err)
	}
}

// REG-14: the parts of a document are found by its address, and no other's.
func TestSourcesWithin(t *testing.T) {
	s := cataloguetest.Open(t)
	at := func(id, href string) record.Change {
		c := item("S2", id, noon)
		c.Source.Href = href
		return c
	}
	applied(t, s, writer(""), at("a", "https://a.example/"), at("b", "https://a.example/#b"), at("c", "https://a.example/#ü"), at("d", "https://a.example/$"), at("e", "https://a.example/#gone"))
	applied(t, s, writer(""), record.Change{Delete: true, Source: record.Source{Href: "https://a.example/#gone", Time: noon.Add(1)}})
	for prefix, want := range map[string]string{"https://a.example/#": "https://a.example/#b https://a.example/#ü", "https://b": "", "\xff": ""} {
		found, err := s.SourcesWithin(t.Context(), writer(""), prefix)
		if got := strings.Join(found, " "); err != nil || got != want {
			t.Errorf("within %q: %q, %v", prefix, got, err)
		}
	}
}

func TestSourcesOfAnAsset(t *testing.T) {
	s := cataloguetest.Open(t)
	a, b := drawn(item("S2", "a", noon), "S2"), drawn(item("S2", "b", noon), "S2")
	b.Coverages = slices.Concat(a.Coverages, b.Coverages)
	applied(t, s, writer(""), a, b)
	waiting := record.Registration{Href: "s3://ingest/waits.json", Status: catalogue.StatusFailed, Missing: []string{"s3://ingest/a/B04.tif", "x"}}
	done := record.Registration{Href: "s3://ingest/done.json", Status: "registered", Missing: []string{"s3://ingest/a/B04.tif"}}
	if err := s.SaveRegistrations(t.Context(), writer(""), []record.Registration{waiting, done}); err != nil {
		t.Fatal(err)
	}
	want := func(href string, hrefs ...string) {
		t.Helper()
		if got, err := s.SourcesOfAsset(t.Context(), writer(""), href); err != nil || !slices.Equal(got, hrefs) {
			t.Errorf("%s is referred to by %q, %v; want %q", href, got, err, hrefs)
		}
	}
	want("s3://ingest/a/B04.tif", a.Source.Href, b.Source.Href, waiting.Href)
	want("s3://ingest/b/B04.tif", b.Source.Href)
	want("s3://ingest/c/B04.tif")
	want(a.Source.Href, a.Source.Href)
	b.Coverages, b.Record.Document = a.Coverages, []byte("{}")
	applied(t, s, writer(""), b)
	want("s3://ingest/b/B04.tif")
	if got, err := s.SourcesOfAsset(t.Context(), writer("other"), "s3://ingest/a/B04.tif"); err != nil || len(got) > 0 {
		t.Errorf("another workspace sees %q, %v", got, err)
	}
}
