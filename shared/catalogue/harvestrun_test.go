package catalogue_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

const long = time.Hour

func startOf(id string) catalogue.HarvestStart {
	return catalogue.HarvestStart{Run: catalogue.HarvestRun{ID: id, Harvester: "h", Time: time.Now()}, Root: "s3://b/catalog.json"}
}

func started(t *testing.T, s *catalogue.Store, sc scope.Scope, start catalogue.HarvestStart) catalogue.HarvestRun {
	t.Helper()
	run, created, err := s.StartHarvest(t.Context(), sc, start)
	if err != nil || !created {
		t.Fatalf("%+v, %v: %v", run, created, err)
	}
	return run
}

func leased(t *testing.T, s *catalogue.Store, sc scope.Scope, id string, holding time.Duration) catalogue.HarvestRun {
	t.Helper()
	run, held, err := s.LeaseHarvest(t.Context(), sc, id, holding)
	if err != nil || !held {
		t.Fatalf("%+v, %v: %v", run, held, err)
	}
	return run
}

func nodesOf(t *testing.T, s *catalogue.Store, sc scope.Scope, run catalogue.HarvestRun) []catalogue.HarvestNode {
	t.Helper()
	nodes, err := s.HarvestNodes(t.Context(), sc, run, 100)
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func stepped(t *testing.T, s *catalogue.Store, sc scope.Scope, run catalogue.HarvestRun, step catalogue.HarvestStep) catalogue.HarvestRun {
	t.Helper()
	run, err := s.StepHarvest(t.Context(), sc, run, step, long)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func hrefs(nodes []catalogue.HarvestNode) string {
	var all []string
	for _, n := range nodes {
		all = append(all, fmt.Sprintf("%s@%d", n.Href, n.Depth))
	}
	return strings.Join(all, " ")
}

// A run from its start to its end: nodes are visited once, in the order they are met, and counted; failed ones keep their
// reasons.
func TestHarvest(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("ws")
	start := startOf("one")
	start.Run.Values = json.RawMessage(`{"resource": {"root_path": "x"}}`)
	start.Event = &catalogue.Event{ID: "harvest/ws/one/0", Type: catalogue.EventHarvestRequested, Subject: "one", Data: json.RawMessage(`{"run": "one"}`)}
	started(t, s, sc, start)
	if again, created, err := s.StartHarvest(t.Context(), sc, start); err != nil || created || again.ID != "one" {
		t.Errorf("started twice: %+v, %v: %v", again, created, err)
	}
	waiting, err := s.HarvestEvents(t.Context(), sc, 0)
	if err != nil || len(waiting) != 1 || waiting[0].Subject != "one" || waiting[0].Workspace != "ws" {
		t.Errorf("the outbox holds %+v: %v", waiting, err)
	}
	run := leased(t, s, sc, "one", long)
	root := nodesOf(t, s, sc, run)
	if hrefs(root) != "s3://b/catalog.json@0" {
		t.Errorf("begins at %s", hrefs(root))
	}
	run = stepped(t, s, sc, run, catalogue.HarvestStep{Visited: root, Found: 1, Requested: 1,
		Below:  []catalogue.HarvestNode{{Href: "s3://b/2", Depth: 1}, {Href: "s3://b/1", Depth: 1}, {Href: "s3://b/2", Depth: 1}, {Href: "s3://b/catalog.json", Depth: 1}},
		Failed: []catalogue.HarvestFailure{{Href: "http://x", Reason: "elsewhere\x00"}},
	})
	if run.Status != catalogue.HarvestRunning || run.Nodes != 3 || run.Visited != 1 || run.Cursor != 1 || run.Failed != 1 {
		t.Errorf("after a step: %+v", run)
	}
	below := nodesOf(t, s, sc, run)
	if hrefs(below) != "s3://b/2@1 s3://b/1@1" {
		t.Errorf("goes on at %s", hrefs(below))
	}
	run = stepped(t, s, sc, run, catalogue.HarvestStep{Visited: below, Found: 1, Filtered: 1, Failed: []catalogue.HarvestFailure{{Href: "s3://b/1", Reason: "broken"}}})
	if run.Status != catalogue.HarvestFinished || run.Ended.IsZero() || run.Visited != 3 {
		t.Errorf("at the end: %+v", run)
	}
	found, err := s.HarvestRun(t.Context(), sc, "one")
	if err != nil || fmt.Sprint(found.Failures) != "[{s3://b/1 broken} {http://x elsewhere\uFFFD}]" && fmt.Sprint(found.Failures) != "[{http://x elsewhere\uFFFD} {s3://b/1 broken}]" {
		t.Errorf("failures %v: %v", found.Failures, err)
	}
	if found.Found != 2 || found.Requested != 1 || found.Filtered != 1 || found.Failed != 2 || string(found.Values) != `{"resource": {"root_path": "x"}}` {
		t.Errorf("counts %+v", found)
	}
	if more, err := s.ForgetHarvestNodes(t.Context(), sc); more || err != nil {
		t.Errorf("forgetting: %v, %v", more, err)
	}
	if found, err := s.HarvestRun(t.Context(), sc, "one"); err != nil || len(found.Failures) != 2 {
		t.Errorf("after it, the failures are %v: %v", found.Failures, err)
	}
}

// Only the latest holder writes, only where it thinks the cursor is, and never after the end.
func TestHarvestIsFenced(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("")
	started(t, s, sc, startOf("one"))
	first := leased(t, s, sc, "one", -time.Second) // its time is over at once
	second := leased(t, s, sc, "one", long)
	if third, held, err := s.LeaseHarvest(t.Context(), sc, "one", long); held || err != nil || third.Moved(second) || !second.Moved(first) {
		t.Errorf("held by two: %+v: %v", third, err)
	}
	conflict := func(what string, err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v", what, err)
		}
	}
	step := catalogue.HarvestStep{Visited: nodesOf(t, s, sc, first), Below: []catalogue.HarvestNode{{Href: "s3://b/x", Depth: 1}}}
	_, err := s.StepHarvest(t.Context(), sc, first, step, long)
	conflict("a step of the former holder", err)
	conflict("its sign of life", s.RenewHarvest(t.Context(), sc, first, long))
	conflict("its giving back", s.ReleaseHarvest(t.Context(), sc, first))
	if n := nodesOf(t, s, sc, second); hrefs(n) != "s3://b/catalog.json@0" {
		t.Errorf("the refused step left %s", hrefs(n))
	}
	after := stepped(t, s, sc, second, step)
	_, err = s.StepHarvest(t.Context(), sc, second, step, long)
	conflict("the same step again", err)
	if err := s.RenewHarvest(t.Context(), sc, after, long); err != nil {
		t.Error(err)
	}
	if run, err := s.CancelHarvest(t.Context(), sc, "one"); err != nil || run.Status != catalogue.HarvestCancelled {
		t.Errorf("%+v: %v", run, err)
	}
	_, err = s.StepHarvest(t.Context(), sc, after, catalogue.HarvestStep{}, long)
	conflict("a step after the end", err)
	if _, err := s.CancelHarvest(t.Context(), sc, "one"); err != nil {
		t.Errorf("cancelled again: %v", err)
	}
	if _, held, err := s.LeaseHarvest(t.Context(), sc, "one", long); held || err != nil {
		t.Errorf("held after the end: %v, %v", held, err)
	}
}

// A step that hands on writes its event and gives the run back, in one; at the end there is nothing to hand on.
func TestHarvestIsHandedOn(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("ws")
	started(t, s, sc, startOf("one"))
	onward := &catalogue.Event{ID: "e1", Type: catalogue.EventHarvestRequested, Subject: "one", Data: json.RawMessage(`{}`)}
	run := leased(t, s, sc, "one", long)
	stepped(t, s, sc, run, catalogue.HarvestStep{Visited: nodesOf(t, s, sc, run), Below: []catalogue.HarvestNode{{Href: "s3://b/x", Depth: 1}}, Continue: onward})
	waiting, err := s.HarvestEvents(t.Context(), sc, 0)
	if err != nil || len(waiting) != 1 || waiting[0].ID != "e1" {
		t.Fatalf("the outbox holds %+v: %v", waiting, err)
	}
	if err := s.Sent(t.Context(), sc, []string{"e1"}); err != nil {
		t.Fatal(err)
	}
	run = leased(t, s, sc, "one", long)
	onward.ID = "e2"
	if run = stepped(t, s, sc, run, catalogue.HarvestStep{Visited: nodesOf(t, s, sc, run), Continue: onward}); run.Status != catalogue.HarvestFinished {
		t.Errorf("%+v", run)
	}
	if waiting, err := s.HarvestEvents(t.Context(), sc, 0); err != nil || len(waiting) != 0 {
		t.Errorf("the outbox holds %+v: %v", waiting, err)
	}
}

// Of many that want to start at once what has to be alone, one does.
func TestOneHarvestAlone(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("")
	var group sync.WaitGroup
	var made sync.Map
	for i := range 6 {
		group.Go(func() {
			start := startOf(fmt.Sprint("run", i))
			start.Alone = true
			run, created, err := s.StartHarvest(t.Context(), sc, start)
			if err != nil {
				t.Error(err)
			}
			made.Store(run.ID, true)
			if created != (run.ID == start.Run.ID) {
				t.Errorf("%s: created %v, but %s", start.Run.ID, created, run.ID)
			}
		})
	}
	group.Wait()
	n := 0
	made.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d harvests are on their way", n)
	}
	for i := range 60 {
		if _, _, err := s.StartHarvest(t.Context(), sc, startOf(fmt.Sprint("more", i))); err != nil {
			if fault.KindOf(err) != fault.Conflict || i != 49 {
				t.Errorf("the %dth: %v", i, err)
			}
			break
		}
	}
}

// A run that nobody holds and that stands still is found; one that is held, or moves, or has ended is not.
func TestStalledHarvests(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("ws")
	for _, id := range []string{"held", "dead", "ended", "waiting"} {
		start := startOf(id)
		start.Run.Harvester = id
		started(t, s, sc, start)
	}
	behind := startOf("behind the one that is held")
	behind.Run.Harvester = "held"
	started(t, s, sc, behind)
	leased(t, s, sc, "held", long)
	leased(t, s, sc, "dead", -time.Second)
	if _, err := s.CancelHarvest(t.Context(), sc, "ended"); err != nil {
		t.Fatal(err)
	}
	admin := scope.New(scope.System, "test", scope.Admin)
	stalled, err := s.StalledHarvests(t.Context(), admin, -time.Minute, 0)
	if err != nil || len(stalled) != 2 || stalled[0].ID != "dead" || stalled[1].ID != "waiting" {
		t.Errorf("%+v: %v", stalled, err)
	}
	if stalled, err := s.StalledHarvests(t.Context(), admin, time.Hour, 0); err != nil || len(stalled) != 0 {
		t.Errorf("%+v: %v", stalled, err)
	}
	if _, err := s.StalledHarvests(t.Context(), sc, 0, 0); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a workspace sees all: %v", err)
	}
}

// Runs belong to their workspace; the list is paged.
func TestHarvestRuns(t *testing.T) {
	s := cataloguetest.Open(t)
	for i := range 5 {
		start := startOf(fmt.Sprint(i))
		start.Run.Time = time.Now().Add(time.Duration(i) * time.Second)
		started(t, s, writer("ws"), start)
	}
	started(t, s, writer("other"), startOf("4"))
	stranger := scope.New("ws", "")
	var seen []string
	for q := (catalogue.HarvestQuery{Limit: 2, Harvester: "h", Status: catalogue.HarvestRunning}); ; {
		page, next, err := s.HarvestRuns(t.Context(), stranger, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page {
			seen = append(seen, r.ID)
		}
		if q.After = next; next == "" {
			break
		}
	}
	if strings.Join(seen, "") != "43210" {
		t.Errorf("listed %v", seen)
	}
	if _, err := s.HarvestRun(t.Context(), writer("other"), "0"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of another workspace: %v", err)
	}
	run := leased(t, s, writer("ws"), "0", long)
	if nodes := nodesOf(t, s, writer("other"), run); len(nodes) != 0 {
		t.Errorf("another workspace sees %v", nodes)
	}
	if _, err := s.StepHarvest(t.Context(), writer("other"), run, catalogue.HarvestStep{}, long); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another workspace writes: %v", err)
	}
	for what, err := range map[string]error{
		"start":  second(s.StartHarvest(t.Context(), stranger, startOf("x"))),
		"lease":  second(s.LeaseHarvest(t.Context(), stranger, "4", long)),
		"renew":  s.RenewHarvest(t.Context(), stranger, run, long),
		"cancel": first(s.CancelHarvest(t.Context(), stranger, "4")),
		"step":   first(s.StepHarvest(t.Context(), stranger, run, catalogue.HarvestStep{}, long)),
		"nodes":  first(s.HarvestNodes(t.Context(), stranger, run, 1)),
		"events": first(s.HarvestEvents(t.Context(), stranger, 1)),
		"forget": first(s.ForgetHarvestNodes(t.Context(), stranger)),
	} {
		if fault.KindOf(err) != fault.Unauthorised {
			t.Errorf("%s by a stranger: %v", what, err)
		}
	}
}

// Runs of one harvester do not interleave: a later one is not taken up while an earlier one is on its way, and is found when
// that has ended. Those of other harvesters and workspaces do not wait.
func TestHarvestsOfOneHarvesterFollowEachOther(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("ws")
	started(t, s, sc, startOf("first"))
	started(t, s, sc, startOf("second"))
	started(t, s, writer("other"), startOf("second"))
	if run, held, err := s.LeaseHarvest(t.Context(), sc, "second", long); err != nil || held || !run.Waiting {
		t.Errorf("%+v, %v: %v", run, held, err)
	}
	leased(t, s, writer("other"), "second", long)
	leased(t, s, sc, "first", long)
	if run, found, err := s.WaitingHarvest(t.Context(), sc, "h"); err != nil || !found || run.ID != "second" {
		t.Errorf("%+v, %v: %v", run, found, err)
	}
	if _, err := s.CancelHarvest(t.Context(), sc, "first"); err != nil {
		t.Fatal(err)
	}
	leased(t, s, sc, "second", long)
	if run, found, err := s.WaitingHarvest(t.Context(), sc, "h"); err != nil || found {
		t.Errorf("%+v, %v: %v", run, found, err)
	}
}

// A run that failed goes on from where it could not, with its event in the outbox; one that has not failed does not.
func TestResumeHarvest(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("ws")
	started(t, s, sc, startOf("run"))
	run := leased(t, s, sc, "run", long)
	nodes := nodesOf(t, s, sc, run)
	page := catalogue.HarvestNode{Href: "page 2"}
	run, err := s.StepHarvest(t.Context(), sc, run, catalogue.HarvestStep{Visited: nodes, Below: []catalogue.HarvestNode{page}}, long)
	if err != nil {
		t.Fatal(err)
	}
	event := catalogue.Event{ID: "resumed", Type: catalogue.EventHarvestRequested, Subject: "run", Data: []byte("{}")}
	if _, err := s.ResumeHarvest(t.Context(), sc, "run", event); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a running one: %v", err)
	}
	failed := []catalogue.HarvestFailure{{Href: "page 2", Reason: "broken"}, {Href: "page 2#item", Reason: "no geometry"}}
	run, err = s.StepHarvest(t.Context(), sc, run, catalogue.HarvestStep{Visited: nodesOf(t, s, sc, run), Failed: failed, Error: "page 2 is broken"}, long)
	if err != nil || run.Status != catalogue.HarvestFailed {
		t.Fatalf("%+v: %v", run, err)
	}
	if _, err := s.ForgetHarvestNodes(t.Context(), sc); err != nil {
		t.Fatal(err)
	}
	run, err = s.ResumeHarvest(t.Context(), sc, "run", event)
	if err != nil || run.Status != catalogue.HarvestRunning || run.Error != "" || !run.Ended.IsZero() {
		t.Fatalf("%+v: %v", run, err)
	}
	if left := nodesOf(t, s, sc, leased(t, s, sc, "run", long)); len(left) != 1 || left[0].Href != "page 2" {
		t.Errorf("left are %v", left)
	}
	if events, err := s.HarvestEvents(t.Context(), sc, 10); err != nil || len(events) != 1 || events[0].ID != "resumed" {
		t.Errorf("%v: %v", events, err)
	}
	if _, err := s.ResumeHarvest(t.Context(), sc, "nobody", event); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

// HRV-21: how far a harvester came is what its finished runs say, and no others.
func TestWatermark(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("ws")
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	for i, end := range []string{"finish", "fail", "run"} {
		start := startOf(end)
		start.Run.Since, start.Run.Until = at.Add(time.Duration(i)*time.Hour), at.Add(time.Duration(i+1)*time.Hour)
		started(t, s, sc, start)
		run := leased(t, s, sc, end, long)
		if !run.Until.Equal(start.Run.Until) || !run.Since.Equal(start.Run.Since) {
			t.Errorf("%+v", run)
		}
		step := catalogue.HarvestStep{Visited: nodesOf(t, s, sc, run)}
		if end == "fail" {
			step.Error = "broken"
		}
		if end != "run" {
			if _, err := s.StepHarvest(t.Context(), sc, run, step, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	if mark, err := s.Watermark(t.Context(), sc, "h", nil); err != nil || !mark.Equal(at.Add(time.Hour)) {
		t.Errorf("%v: %v", mark, err)
	}
	if mark, err := s.Watermark(t.Context(), sc, "h", []byte(`{"x": 1}`)); err != nil || !mark.IsZero() {
		t.Errorf("with other values: %v: %v", mark, err)
	}
	if mark, err := s.Watermark(t.Context(), sc, "another", nil); err != nil || !mark.IsZero() {
		t.Errorf("%v: %v", mark, err)
	}
}

// What a run asked for waits until its registration is told, whatever came of it; asked again, it does not count twice.
func TestHarvestBacklog(t *testing.T) {
	s, sc := cataloguetest.Open(t), writer("ws")
	started(t, s, sc, startOf("run"))
	run := leased(t, s, sc, "run", long)
	waiting := func(want int) {
		t.Helper()
		if n, err := s.HarvestBacklog(t.Context(), sc, run, time.Hour); err != nil || n != want {
			t.Errorf("%d wait, not %d: %v", n, want, err)
		}
	}
	requests := []catalogue.HarvestRequest{{ID: "harvest/ws/run/items/1", Documents: 100}, {ID: "harvest/ws/run/items/2", Documents: 7}}
	for range 2 {
		if err := s.AskHarvest(t.Context(), sc, run, requests); err != nil {
			t.Fatal(err)
		}
	}
	waiting(107)
	if err := s.SaveRegistrations(t.Context(), sc, []record.Registration{{ID: "a", Event: requests[0].ID}, {ID: "b", Event: requests[0].ID, Status: "failed"}}); err != nil {
		t.Fatal(err)
	}
	waiting(7)
	if n, err := s.HarvestBacklog(t.Context(), sc, run, -time.Hour); err != nil || n != 0 {
		t.Errorf("%d are waited for beyond all patience: %v", n, err)
	}
}

func first[A any](_ A, err error) error          { return err }
func second[A, B any](_ A, _ B, err error) error { return err }

// The version that harvests need is that of their migration, whatever number it gets.
func TestReadyToHarvest(t *testing.T) {
	if err := cataloguetest.Open(t).ReadyToHarvest(t.Context()); err != nil {
		t.Error(err)
	}
	files, err := fs.Glob(catalogue.Migrations(), "*_harvest*.sql")
	if err != nil || len(files) != 2 || !strings.HasPrefix(files[1], fmt.Sprintf("%05d_", catalogue.HarvestVersion)) {
		t.Errorf("harvests need version %d, their migrations are %v: %v", catalogue.HarvestVersion, files, err)
	}
}
