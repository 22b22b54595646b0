package catalogue_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// RC-15: what facets say of any query is what comes of dividing the records that it finds by hand, whatever the records
// hold, and each bucket's filter finds its records.
func TestFacets(t *testing.T) {
	s := cataloguetest.Open(t)
	random := rand.New(rand.NewPCG(5, 6))
	var changes []record.Change
	for i := range 300 {
		changes = append(changes, anyRecord(i, random))
	}
	applied(t, s, writer(""), changes...)
	rapid.Check(t, func(r *rapid.T) {
		x := exprs{randomly(r)}
		q := catalogue.Query{Limit: catalogue.MaxLimit}
		if e := x.expr(2); !x.one(3) && filter.Check(e, nil) == nil {
			q.Filter = e
		}
		if x.one(3) {
			q.Collections = []string{"c"}
		}
		page, err := s.Search(t.Context(), writer(""), q)
		if err != nil {
			r.Fatal(err)
		}
		var wanted []catalogue.Facet
		for i := range 1 + x.IntN(4) {
			wanted = append(wanted, x.facet(i))
		}
		divided, err := s.Facets(t.Context(), writer(""), q, wanted)
		if err != nil {
			r.Fatalf("%+v: %v", wanted, err)
		}
		if divided.Records != int64(len(page.Records)) || divided.Partial {
			r.Fatalf("%d records (partial: %v), not %d", divided.Records, divided.Partial, len(page.Records))
		}
		for i, w := range wanted {
			divides(r, w, divided.Facets[i], page.Records)
			finds(r, s, q, divided.Facets[i])
		}
	})
}

// facet is any facet.
func (x exprs) facet(i int) catalogue.Facet {
	f := catalogue.Facet{Name: fmt.Sprint(i), Limit: []int{0, 1, 3, 7, 2000}[x.IntN(5)],
		Order: pick(x.Rand, []catalogue.FacetOrder{"", catalogue.FacetByCount, catalogue.FacetByCountUpwards, catalogue.FacetByValue, catalogue.FacetByValueDownwards})}
	property := filter.Property(pick(x.Rand, properties_))
	switch x.IntN(4) {
	case 0:
		f.Kind, f.Property = catalogue.FacetTerms, pick(x.Rand, []filter.Property{property, property, "keywords", "collection", "type", "title", "abstract", "product_type", "id"})
		f.AtLeast = int64(x.IntN(4))
	case 1:
		f.Kind, f.Property = catalogue.FacetNumbers, property
		f.Width = pick(x.Rand, []float64{0, 0, 0.1, 1, 3, 1e-15, 1e15})
	case 2:
		f.Kind, f.Property = catalogue.FacetTimes, pick(x.Rand, []filter.Property{property, property, "datetime", "start_datetime", "end_datetime", "modified"})
		f.Unit = pick(x.Rand, []string{"", "", "year", "quarter", "month", "week", "day", "hour"})
	default:
		f.Kind = catalogue.FacetFilters
		for n := range 1 + x.IntN(3) {
			e := x.expr(1)
			if filter.Check(e, nil) != nil {
				e = nil
			}
			f.Filters = append(f.Filters, catalogue.NamedFilter{Name: fmt.Sprint("f", n), Filter: e})
		}
	}
	return f
}

// divides compares a facet with the records by hand.
func divides(r *rapid.T, w catalogue.Facet, got catalogue.FacetBuckets, found []record.Record) {
	for _, b := range got.Buckets {
		if n := holding(r, b.Filter, found); n != b.Count && (n < b.Count || !writesNumber(b.Value)) {
			r.Fatalf("%+v\n%+v: the filter holds for %d", w, b, n)
		}
	}
	switch w.Kind {
	case catalogue.FacetFilters:
		if len(got.Buckets) != len(w.Filters) {
			r.Fatalf("%+v\n%+v", w, got)
		}
		return
	case catalogue.FacetTerms:
		if want := termsByHand(w, found); fmt.Sprint(want) != brieflyTold(got) {
			r.Fatalf("%+v\ngot     %s\nby hand %v", w, brieflyTold(got), want)
		}
		return
	}
	values, all := valuesByHand(w, found), got.Others
	for i, b := range got.Buckets {
		all += b.Count
		low, high := inOrder(b.Min), inOrder(b.Max)
		if i > 0 && (w.Order == "" || w.Order == catalogue.FacetByValue) && low < inOrder(got.Buckets[i-1].Max) {
			r.Fatalf("%+v\n%+v: the ranges overlap", w, got)
		}
		last := w.Width == 0 && w.Unit == "" && high == slices.Max(values)
		if n := int64(len(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v < low || v > high || v == high && !last }))); n < b.Count || !last && n != b.Count {
			r.Fatalf("%+v\n%+v has %d", w, b, n)
		}
	}
	if all != int64(len(values)) || got.More != (got.Others > 0) || len(values) > 0 && len(got.Buckets) == 0 {
		r.Fatalf("%+v\n%+v: %d records in ranges, not %d", w, got, all, len(values))
	}
}

func holding(r *rapid.T, e filter.Expr, found []record.Record) (n int64) {
	p, err := filter.Prepare(e, nil)
	if err != nil {
		r.Fatalf("%+v: %v", e, err)
	}
	for _, rec := range found {
		if p.Holds(rec) {
			n++
		}
	}
	return n
}

// writesNumber tells of a term that texts may write too.
func writesNumber(v any) bool {
	_, ok := v.(float64)
	return ok
}

// finds asks the catalogue for what is in a bucket.
func finds(r *rapid.T, s *catalogue.Store, q catalogue.Query, got catalogue.FacetBuckets) {
	if len(got.Buckets) == 0 {
		return
	}
	b := got.Buckets[rapid.IntRange(0, len(got.Buckets)-1).Draw(r, "bucket")]
	q.Filter, q.Limit, q.Count = filter.And{q.Filter, b.Filter}, -1, true
	page, err := s.Search(r.Context(), writer(""), q)
	if err != nil || int64(*page.Matched) != b.Count && (int64(*page.Matched) < b.Count || !writesNumber(b.Value)) {
		r.Fatalf("%+v: %v %v", b, page.Matched, err)
	}
}

// term is a term and how many records have it.
type term struct {
	value any
	n     int64
}

// termsByHand counts the terms of a facet: as brieflyTold writes them.
func termsByHand(w catalogue.Facet, found []record.Record) string {
	counts := map[any]int64{}
	for _, rec := range found {
		of := map[any]bool{}
		for _, v := range listed(w.Property, rec) {
			switch v := v.(type) {
			case bool, string:
				of[v] = true
			case int:
				of[float64(v)] = true
			case float64:
				if v == 0 || math.Abs(v) > 1e-300 && math.Abs(v) < 1e300 {
					of[v+0] = true // no zero is less than another
				}
			}
		}
		for v := range of {
			counts[v]++
		}
	}
	var all []term
	for v, n := range counts {
		if n >= w.AtLeast {
			all = append(all, term{v, n})
		}
	}
	slices.SortFunc(all, func(a, b term) int {
		value := compareTerms(a.value, b.value)
		switch w.Order {
		case catalogue.FacetByValue:
			return value
		case catalogue.FacetByValueDownwards:
			return -value
		case catalogue.FacetByCountUpwards:
			return cmp.Or(cmp.Compare(a.n, b.n), value)
		}
		return cmp.Or(cmp.Compare(b.n, a.n), value)
	})
	return told(w.Limit, all)
}

// listed are the values of a property, or the elements of it.
func listed(p filter.Property, rec record.Record) []any {
	name := func(s string) []any {
		if s == "" {
			return nil
		}
		return []any{s}
	}
	switch p {
	case "id":
		return []any{rec.ID}
	case "collection":
		return []any{rec.Collection}
	case "type":
		return []any{rec.Type}
	case "title":
		return name(rec.Title)
	case "abstract":
		return name(rec.Abstract)
	case "product_type":
		return name(rec.ProductType)
	case "keywords":
		var all []any
		for _, k := range rec.Keywords {
			all = append(all, k)
		}
		return all
	}
	if list, ok := rec.Properties[string(p)].([]any); ok {
		return list
	}
	return []any{rec.Properties[string(p)]}
}

// compareTerms has truth values before numbers and numbers before texts.
func compareTerms(a, b any) int {
	if kinds := cmp.Compare(fmt.Sprintf("%T", a), fmt.Sprintf("%T", b)); kinds != 0 {
		return kinds
	}
	switch a := a.(type) {
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

// told writes the terms within a limit, and how many records the others have.
func told(limit int, all []term) string {
	if limit == 0 {
		limit = 10
	}
	var others int64
	for _, t := range all[min(limit, len(all)):] {
		others += t.n
	}
	return fmt.Sprintf("%v, more: %v, others: %d", all[:min(limit, len(all))], len(all) > limit, others)
}

func brieflyTold(got catalogue.FacetBuckets) string {
	var all []term
	for _, b := range got.Buckets {
		all = append(all, term{b.Value, b.Count})
	}
	return fmt.Sprintf("%v, more: %v, others: %d", all, got.More, got.Others)
}

// valuesByHand are what is divided into ranges: numbers, or times as microseconds.
func valuesByHand(w catalogue.Facet, found []record.Record) []float64 {
	var values []float64
	for _, rec := range found {
		is := filter.Compare{Op: filter.GreaterOrEqual, Left: w.Property, Right: filter.Number(-1e299)}
		if w.Kind == catalogue.FacetTimes {
			is.Right = filter.Timestamp{Time: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)}
		}
		if !filter.Holds(is, rec) {
			continue
		}
		if v := valueOf(w, rec); w.Width == 0 || math.Abs(v) <= 9e15*w.Width {
			values = append(values, v)
		}
	}
	return values
}

// valueOf finds a value by halving: the greatest that the property is not less than.
func valueOf(w catalogue.Facet, rec record.Record) float64 {
	notBelow := func(v float64) bool {
		literal := filter.Operand(filter.Number(v))
		if w.Kind == catalogue.FacetTimes {
			literal = filter.Timestamp{Time: time.UnixMicro(int64(v)).UTC()}
		}
		return filter.Holds(filter.Compare{Op: filter.GreaterOrEqual, Left: w.Property, Right: literal}, rec)
	}
	if w.Kind == catalogue.FacetTimes {
		low, high := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
		for low < high {
			if middle := low + (high-low+1)/2; notBelow(float64(middle)) {
				low = middle
			} else {
				high = middle - 1
			}
		}
		return float64(low)
	}
	for _, v := range slices.Concat(someNumbers, []float64{2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14}) {
		if notBelow(v) && !filter.Holds(filter.Compare{Op: filter.Greater, Left: w.Property, Right: filter.Number(v)}, rec) {
			return v
		}
	}
	return math.NaN()
}

func inOrder(v any) float64 {
	if t, ok := v.(time.Time); ok {
		return float64(t.UnixMicro())
	}
	return v.(float64)
}

// A property that has an index is divided as filters then know it.
func TestFacetsOfIndexedProperties(t *testing.T) {
	url := cataloguetest.URL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var changes []record.Change
	for i := range 60 {
		c := item("S2", fmt.Sprint(i), noon)
		c.Record.Properties = map[string]any{"level": []any{"L1C", "L2A", 7.0, []any{"L1C"}}[i%4], "cover": []any{float64(i), "12", "much"}[i%3], "made": []any{"2024-05-01T10:00:00Z", "2024-06-01", "never", nil}[i%4]}
		changes = append(changes, c)
	}
	applied(t, s, writer(""), changes...)
	if err := catalogue.BuildIndexes(t.Context(), url, map[string]string{"level": "string", "cover": "number", "made": "instant"}, func(string) {}); err != nil {
		t.Fatal(err)
	}
	divided, err := s.Facets(t.Context(), writer(""), catalogue.Query{}, []catalogue.Facet{
		{Name: "levels", Kind: catalogue.FacetTerms, Property: "level"},
		{Name: "covers", Kind: catalogue.FacetTerms, Property: "cover", Limit: 1},
		{Name: "made", Kind: catalogue.FacetTerms, Property: "made"},
		{Name: "tens", Kind: catalogue.FacetNumbers, Property: "cover", Width: 10, Limit: 2},
		{Name: "months", Kind: catalogue.FacetTimes, Property: "made", Unit: "month"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `levels [{L1C 15} {L2A 15}], more: false, others: 0
covers [{12 21}], more: true, others: 19
made [{2024-05-01T10:00:00Z 15} {2024-06-01 15}], more: false, others: 0
tens 0-10 4 10-20 23, others: 13
months 2024-05-2024-06 15 2024-06-2024-07 15, others: 0
`
	if got := facetsTold(divided); got != want {
		t.Errorf("%s", got)
	}
	for _, f := range divided.Facets {
		for _, b := range f.Buckets {
			if page := search(t, s, writer(""), catalogue.Query{Filter: b.Filter, Count: true}); int64(*page.Matched) != b.Count {
				t.Errorf("%s: %+v finds %d", f.Name, b, *page.Matched)
			}
		}
	}
}

func facetsTold(divided catalogue.Faceted) string {
	var text strings.Builder
	for _, f := range divided.Facets {
		if f.Kind == catalogue.FacetTerms {
			fmt.Fprintln(&text, f.Name, brieflyTold(f))
			continue
		}
		text.WriteString(f.Name)
		for _, b := range f.Buckets {
			if from, ok := b.Min.(time.Time); ok {
				fmt.Fprintf(&text, " %s-%s %d", from.Format("2006-01"), b.Max.(time.Time).Format("2006-01"), b.Count)
			} else {
				fmt.Fprintf(&text, " %v-%v %d", b.Min, b.Max, b.Count)
			}
		}
		fmt.Fprintf(&text, ", others: %d\n", f.Others)
	}
	return text.String()
}

// No more records are looked at than was said, and that is told.
func TestFacetsOfAPart(t *testing.T) {
	s := cataloguetest.Open(t)
	for i := range 8 {
		applied(t, s, writer(""), item("S2", fmt.Sprint(i), noon))
	}
	for limit, want := range map[int]catalogue.Faceted{5: {Records: 6, Partial: true}, 7: {Records: 8, Partial: true}, 8: {Records: 8}, 0: {Records: 8}} {
		got, err := s.Facets(t.Context(), writer(""), catalogue.Query{CountUpTo: limit}, []catalogue.Facet{{Kind: catalogue.FacetTerms, Property: "collection"}})
		if err != nil || got.Records != want.Records || got.Partial != want.Partial || got.Facets[0].Buckets[0].Count != want.Records {
			t.Errorf("up to %d: %+v %v", limit, got, err)
		}
	}
	if got, err := s.Facets(t.Context(), writer(""), catalogue.Query{}, nil); err != nil || got.Records != 8 {
		t.Errorf("no facet: %+v %v", got, err)
	}
}

func TestFacetsThatAreRefused(t *testing.T) {
	s := cataloguetest.Open(t)
	for _, f := range []catalogue.Facet{
		{Kind: "median"}, {Kind: catalogue.FacetTerms, Property: "n", Order: "chance"}, {Kind: catalogue.FacetTerms}, {Kind: catalogue.FacetTerms, Property: "a\x00"}, {Kind: catalogue.FacetTerms, Property: "geometry"},
		{Kind: catalogue.FacetTerms, Property: "datetime"}, {Kind: catalogue.FacetNumbers, Property: "title"}, {Kind: catalogue.FacetNumbers, Property: "n", Width: -1},
		{Kind: catalogue.FacetNumbers, Property: "n", Width: math.NaN()}, {Kind: catalogue.FacetNumbers, Property: "n", Width: 1e16},
		{Kind: catalogue.FacetTimes, Property: "n", Unit: "fortnight"}, {Kind: catalogue.FacetTimes, Property: "time"}, {Kind: catalogue.FacetFilters},
		{Kind: catalogue.FacetFilters, Filters: []catalogue.NamedFilter{{"bad", filter.Compare{Op: filter.Equal, Left: filter.Number(1), Right: filter.Text("a")}}}},
		{Kind: catalogue.FacetFilters, Filters: []catalogue.NamedFilter{{"crossing", filter.Intersects(crossing)}}},
	} {
		if got, err := s.Facets(t.Context(), writer(""), catalogue.Query{}, []catalogue.Facet{f}); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%+v: %+v %v", f, got, err)
		}
	}
	if _, err := s.Facets(t.Context(), writer(""), catalogue.Query{}, make([]catalogue.Facet, 21)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "20") {
		t.Errorf("%v", err)
	}
}

// crossing crosses itself.
var crossing = orb.Polygon{{{0, 0}, {1, 1}, {1, 0}, {0, 1}, {0, 0}}}
