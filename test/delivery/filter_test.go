package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"go.uber.org/zap"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	"knative.dev/eventing/pkg/eventfilter"
	"knative.dev/eventing/pkg/eventfilter/attributes"
	"knative.dev/eventing/pkg/eventfilter/subscriptionsapi"
	"pgregory.net/rapid"

	"perigee/local-runner/broker"
)

// The names and values are few, so that filters and events meet often.
var (
	names  = []string{"type", "source", "subject", "id", "time", "dataschema", "schemaurl", "datacontenttype", "datamediatype", "specversion", "collection", "workspace", "count", "flag", "nobody"}
	values = []string{"a", "ab", "abc", "b", "S2", "7", "12", "true", "1.0", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "text/plain", "text/plain; charset=utf-8", "http://a", "ä", "%", "_"}
)

func drawValues(t *rapid.T) map[string]string {
	return rapid.MapOfN(rapid.SampledFrom(names), rapid.SampledFrom(values), 1, 2).Draw(t, "values")
}

// drawFilter draws a filter, with others in it down to a depth.
func drawFilter(t *rapid.T, depth int) broker.Filter {
	kinds := []string{"exact", "prefix", "suffix", "cesql"}
	if depth > 0 {
		kinds = append(kinds, "all", "any", "not")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "dialect") {
	case "exact":
		return broker.Filter{Exact: drawValues(t)}
	case "prefix":
		return broker.Filter{Prefix: drawValues(t)}
	case "suffix":
		return broker.Filter{Suffix: drawValues(t)}
	case "cesql":
		return broker.Filter{CESQL: drawExpression(t, 2)}
	case "all":
		return broker.Filter{All: drawFilters(t, depth-1, 1)}
	case "any":
		return broker.Filter{Any: drawFilters(t, depth-1, 1)}
	}
	inner := drawFilter(t, depth-1)
	return broker.Filter{Not: &inner}
}

func drawFilters(t *rapid.T, depth, least int) []broker.Filter {
	all := make([]broker.Filter, rapid.IntRange(least, 3).Draw(t, "filters"))
	for i := range all {
		all[i] = drawFilter(t, depth)
	}
	return all
}

// drawExpression draws CloudEvents SQL that comes to true or false.
func drawExpression(t *rapid.T, depth int) string {
	name := rapid.SampledFrom(names).Draw(t, "name")
	value := rapid.SampledFrom(values).Draw(t, "value")
	forms := []string{
		"%[1]s = '%[2]s'", "%[1]s != '%[2]s'", "%[1]s <> %[1]s", "%[1]s LIKE '%[2]s%%'", "%[1]s NOT LIKE '_%%'", "%[1]s IN ('a', '%[2]s')", "EXISTS %[1]s",
		"%[1]s > 7", "%[1]s <= 12", "LENGTH(%[1]s) = 2", "INT(%[1]s) = 7", "IS_INT(%[1]s)", "BOOL(%[1]s)", "LEFT(%[1]s, 1) = 'a'", "CONCAT(%[1]s, 'b') = 'ab'", "UPPER(%[1]s) = 'AB'",
		"%[1]s + 1 > 7", "10 / %[1]s > 1", "10 %% (%[1]s - 7) = 0", "TRUE", "FALSE", "SUBSTRING(%[1]s, 2) = 'b'", "-%[1]s < 0",
	}
	text := fmt.Sprintf(rapid.SampledFrom(forms).Draw(t, "form"), name, value)
	if i := strings.Index(text, "%!(EXTRA"); i >= 0 { // a form that uses none of the two
		text = text[:i]
	}
	if depth == 0 || !rapid.Bool().Draw(t, "nest") {
		return text
	}
	return fmt.Sprintf(rapid.SampledFrom([]string{"(%s) AND (%s)", "(%s) OR (%s)", "(%s) XOR NOT (%s)"}).Draw(t, "connective"), text, drawExpression(t, depth-1))
}

func drawEvent(t *rapid.T) event.Event {
	e := event.New()
	draw := func() string { return rapid.SampledFrom(values[:8]).Draw(t, "attribute") }
	e.SetID(draw())
	e.SetType(draw())
	e.SetSource(draw())
	maybe := func(set func()) {
		if rapid.Bool().Draw(t, "there") {
			set()
		}
	}
	maybe(func() { e.SetSubject(draw()) })
	maybe(func() { e.SetTime(time.Date(2026, 1, 1, 0, 0, 0, rapid.IntRange(0, 1).Draw(t, "ns"), time.UTC)) })
	maybe(func() { e.SetDataSchema("http://" + draw()) })
	maybe(func() { e.SetDataContentType(rapid.SampledFrom(values[11:13]).Draw(t, "type")) })
	maybe(func() { e.SetExtension("collection", draw()) })
	maybe(func() { e.SetExtension("workspace", draw()) })
	maybe(func() { e.SetExtension("count", rapid.Int32Range(0, 12).Draw(t, "count")) })
	maybe(func() { e.SetExtension("flag", rapid.Bool().Draw(t, "flag")) })
	return e
}

// arrived is an event as Knative's filter has it: its broker hands events on over HTTP, in the binary mode.
func arrived(t *rapid.T, e event.Event) event.Event {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	if err := cehttp.WriteRequest(context.Background(), binding.ToMessage(&e), r); err != nil {
		t.Fatal(err)
	}
	got, err := binding.ToEvent(context.Background(), cehttp.NewMessageFromHttpRequest(r))
	if err != nil {
		t.Fatal(err)
	}
	return *got
}

// theirs is the same filters in Knative's type.
func theirs(t *rapid.T, filters []broker.Filter) []eventingv1.SubscriptionsAPIFilter {
	text, err := json.Marshal(filters)
	if err != nil {
		t.Fatal(err)
	}
	var all []eventingv1.SubscriptionsAPIFilter
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFilters: the same filters take the same events.
func TestFilters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filters := drawFilters(t, 2, 0)
		ours, err := broker.Compile(filters)
		if err != nil {
			t.Fatalf("%v: %v", filters, err)
		}
		all := theirs(t, filters)
		if err := eventingv1.ValidateSubscriptionAPIFiltersList(context.Background(), all); err != nil {
			t.Fatalf("Knative refuses %v: %v", filters, err)
		}
		knative := subscriptionsapi.CreateSubscriptionsAPIFilters(zap.NewNop(), all) // its Cleanup races with its own reordering
		for range 10 {
			e := drawEvent(t)
			want := knative.Filter(context.Background(), arrived(t, e)) != eventfilter.FailFilter
			if got, err := ours.Match(e); err != nil || got != want {
				t.Fatalf("%v on %v: %v (%v), Knative %v", filters, e, got, err, want)
			}
		}
	})
}

// TestAttributeFilters is the same for the old form of a filter.
func TestAttributeFilters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wanted := rapid.MapOfN(rapid.SampledFrom(names), rapid.SampledFrom(append([]string{""}, values...)), 1, 2).Draw(t, "wanted")
		ours, err := broker.Compile(broker.Attributes(wanted))
		if err != nil {
			t.Fatal(err)
		}
		e := drawEvent(t)
		want := attributes.NewAttributesFilter(wanted).Filter(context.Background(), arrived(t, e)) != eventfilter.FailFilter
		if got, err := ours.Match(e); err != nil || got != want {
			t.Fatalf("%v on %v: %v (%v), Knative %v", wanted, e, got, err, want)
		}
	})
}

// TestInvalidFilters: what Knative's webhook refuses is refused at load. (The other way round need not hold: what Knative
// takes and then ignores is refused too.)
func TestInvalidFilters(t *testing.T) {
	odd := rapid.SampledFrom([]string{"", "type", "Type", "1a", "a-b", "ä", "a b"})
	texts := rapid.SampledFrom([]string{"", "TRUE", "type =", "(", "type = 'a", "'a' LIKE", "x IN (", "%%", "type = 'a' AND"})
	rapid.Check(t, func(t *rapid.T) {
		f := broker.Filter{CESQL: texts.Draw(t, "cesql")}
		if rapid.Bool().Draw(t, "exact") {
			f.Exact = rapid.MapOfN(odd, rapid.SampledFrom([]string{"", "a"}), 0, 2).Draw(t, "values")
		}
		if rapid.Bool().Draw(t, "not") {
			f.Not = &broker.Filter{CESQL: texts.Draw(t, "inner")}
		}
		if rapid.Bool().Draw(t, "any") {
			f.Any = []broker.Filter{{Suffix: rapid.MapOfN(odd, rapid.Just("a"), 0, 2).Draw(t, "suffix")}}
		}
		if refused := eventingv1.ValidateSubscriptionAPIFiltersList(context.Background(), theirs(t, []broker.Filter{f})); refused != nil && f.Validate() == nil {
			t.Fatalf("%+v is taken, Knative says: %v", f, refused)
		}
	})
}
