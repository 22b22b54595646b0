package catalogue_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// A page of what lies in a place is the same, and so is the number, whether all that matches is found together or apart, and whether
// the records are given whole or as their documents.
func TestTogetherAndApart(t *testing.T) {
	s := cataloguetest.Open(t)
	random := rand.New(rand.NewPCG(18, 9))
	for _, workspace := range []string{"", "w"} {
		var changes []record.Change
		for i := range 80 {
			changes = append(changes, anyRecord(i, random))
		}
		applied(t, s, writer(workspace), changes...)
	}
	rapid.Check(t, func(r *rapid.T) {
		sc := rapid.SampledFrom([]scope.Scope{writer(""), writer("").Including("w", "none")}).Draw(r, "scope")
		west, south := rapid.Float64Range(-180, 170).Draw(r, "west"), rapid.Float64Range(-90, 80).Draw(r, "south")
		q := catalogue.Query{
			Geometry: filter.Box(west, south, rapid.Float64Range(west, 180).Draw(r, "east"), rapid.Float64Range(south, 90).Draw(r, "north")),
			Sort:     append(anySort(r), catalogue.Sort{Property: filter.PropertyID, Desc: rapid.Bool().Draw(r, "desc")}), Count: true,
			Limit: rapid.IntRange(1, 20).Draw(r, "limit"), Offset: rapid.IntRange(0, 30).Draw(r, "offset"),
			Documents: true, DocumentsOnly: rapid.Bool().Draw(r, "only"),
		}
		s.GatherAtMost(0)
		apart := ask(r, s, sc, q)
		all := ask(r, s, sc, catalogue.Query{Geometry: q.Geometry, Limit: catalogue.MaxLimit})
		if *apart.Matched != len(all.Records) {
			r.Fatalf("%d are counted of %d", *apart.Matched, len(all.Records))
		}
		s.GatherAtMost(rapid.SampledFrom([]int{1, 10, 1000}).Draw(r, "at most"))
		together := ask(r, s, sc, q)
		if !slices.Equal(keys(together.Records), keys(apart.Records)) || *together.Matched != *apart.Matched || together.Next != apart.Next {
			r.Fatalf("together %q of %d, apart %q of %d", keys(together.Records), *together.Matched, keys(apart.Records), *apart.Matched)
		}
		for i := range together.Records {
			if string(together.Records[i].Document) != string(apart.Records[i].Document) || together.Records[i].ID == "" {
				r.Fatalf("%+v, %+v", together.Records[i], apart.Records[i])
			}
		}
	})
}

// Records of a type are counted by what is known of types, and those of a filter besides are as before.
func TestTypesOfAFilter(t *testing.T) {
	s := cataloguetest.Open(t)
	random := rand.New(rand.NewPCG(28, 9))
	var changes []record.Change
	for i := range 80 {
		changes = append(changes, anyRecord(i, random))
	}
	applied(t, s, writer(""), changes...)
	for _, types := range [][]string{{record.TypeItem}, {record.TypeItem, record.TypeCollection}, {"none"}} {
		want := search(t, s, writer(""), catalogue.Query{Types: types, Count: true, Limit: catalogue.MaxLimit})
		for _, e := range []filter.Expr{filter.OneOf(filter.PropertyType, types...), filter.And{filter.OneOf(filter.PropertyType, types...), filter.OneOf(filter.PropertyType, types...)}} {
			got := search(t, s, writer(""), catalogue.Query{Filter: e, Count: true, Limit: catalogue.MaxLimit})
			if *got.Matched != *want.Matched || !slices.Equal(keys(got.Records), keys(want.Records)) {
				t.Errorf("%v: %d, want %d", types, *got.Matched, *want.Matched)
			}
		}
	}
}

// A substring of one word, and several of them, are counted as they are found.
func TestWordsAreCounted(t *testing.T) {
	s := cataloguetest.Open(t)
	for _, workspace := range []string{"", "w"} {
		for _, title := range []string{"sea ice", "sea surface", "service of ice", "seaside", "notice"} {
			c := item("c", title[:3]+workspace+title, noon)
			c.Record.Title = title
			applied(t, s, writer(workspace), c)
		}
		for _, want := range []struct {
			patterns []string
			matched  int
		}{{[]string{"%ice%"}, 3}, {[]string{"%sea%"}, 3}, {[]string{"%sea%", "%ice%"}, 1}, {[]string{"%sea ice%"}, 1}, {[]string{"%none%", "%sea%"}, 0}} {
			var all filter.And
			for _, p := range want.patterns {
				all = append(all, filter.AnyText{Pattern: p})
			}
			for _, limit := range []int{-1, 2} {
				if got := search(t, s, writer(workspace), catalogue.Query{Filter: all, Count: true, Limit: limit}); *got.Matched != want.matched {
					t.Errorf("%q of %q: %d, want %d", want.patterns, workspace, *got.Matched, want.matched)
				}
			}
		}
	}
}
