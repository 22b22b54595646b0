package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"
	"pgregory.net/rapid"

	"perigee/shared/catalogue"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
	_ "perigee/test/draws" // the same each time
)

// located is a catalogue that looks where products lie.
type located struct{ *memory }

func (l located) Products(_ context.Context, _ scope.Scope, q catalogue.ProductQuery) ([]record.Product, error) {
	l.asked = append(l.asked, q)
	var found []record.Product
	for _, p := range l.products {
		if geo.Intersects(footprintOf(p), q.Geometry) && len(found) < q.Limit {
			found = append(found, p)
		}
	}
	return found, nil
}

func at2(west, south, side float64) orb.Polygon {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + side, south + side}}.ToPolygon()
}

func productAt(id string, where orb.Geometry) record.Product {
	return record.Product{Key: record.Key{Collection: "S2L2A", ID: id}, Footprint: ewkb.MustMarshal(where, 4326)}
}

func idsOf(products []record.Product) (ids []string) {
	for _, p := range products {
		ids = append(ids, p.ID)
	}
	return ids
}

// What is remembered is what the catalogue would answer, wherever a map lies, however large it is and however many
// products there are.
func TestFindsAgreeWithTheCatalogue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := located{&memory{}}
		for i := range rapid.IntRange(0, 40).Draw(t, "products") {
			where := at2(rapid.Float64Range(-180, 170).Draw(t, "west"), rapid.Float64Range(-90, 80).Draw(t, "south"), rapid.Float64Range(0.01, 10).Draw(t, "side"))
			store.products = append(store.products, productAt(fmt.Sprint(i), where))
		}
		f := newFinds(store)
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		for range 20 {
			var area orb.Geometry = at2(rapid.Float64Range(-180, 170).Draw(t, "x"), rapid.Float64Range(-90, 80).Draw(t, "y"), rapid.Float64Range(0.001, 10).Draw(t, "size"))
			if rapid.Float64Range(0, 1).Draw(t, "line") < .1 {
				area = orb.MultiPolygon{at2(170, 0, 10), at2(-180, 0, 10)} // across the date line
			}
			got, err := f.products(context.Background(), system, "S2L2A", question{area: area, limit: limit}, record.Interval{})
			want, _ := store.Products(context.Background(), system, catalogue.ProductQuery{Geometry: area, Limit: limit})
			if err != nil || !slices.Equal(idsOf(got), idsOf(want)) {
				t.Fatalf("%v: %v, want %v: %v", area, idsOf(got), idsOf(want), err)
			}
		}
	})
}

// Maps that lie side by side ask the catalogue once; when something changed there, they ask again, and a map that is asked
// for with a revision is made of what was there at that revision at least.
func TestNeighboursAskNothing(t *testing.T) {
	store := located{&memory{products: []record.Product{productAt("a", at2(14, 47, 1))}}}
	f := newFinds(store)
	ask := func(x float64, revision int64) []string {
		t.Helper()
		products, err := f.products(t.Context(), system, "S2L2A", question{area: at2(x, 47.1, .01), limit: 5, revision: revision}, record.Interval{})
		if err != nil {
			t.Fatal(err)
		}
		return idsOf(products)
	}
	for x := 14.001; x < 14.02; x += .001 {
		if got := ask(x, 0); len(got) != 1 {
			t.Fatalf("at %g: %v", x, got)
		}
	}
	if n := len(store.asked); n != 1 {
		t.Errorf("20 maps took %d questions", n)
	}
	cell := grid.CellsOf(orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{14.1, 47.1}})[0]
	store.products = append(store.products, productAt("b", at2(14, 47, 1)))
	store.revised = []catalogue.Revision{{Layer: "S2L2A", Cell: cell, Bucket: 24000, Revision: 1}}
	if got := ask(14.005, 1); len(got) != 2 {
		t.Errorf("at the first revision there are %v", got)
	}
	store.products = store.products[:1]
	store.revised = []catalogue.Revision{{Layer: "S2L2A", Cell: cell, Bucket: 24000, Revision: 2}}
	f.revisions = newFinds(store).revisions // as after a second
	if got := ask(14.005, 0); len(got) != 1 {
		t.Errorf("at the second revision there are %v", got)
	}
	store.revised = []catalogue.Revision{{Layer: "OTHER", Cell: cell, Bucket: 24000, Revision: 3}, {Layer: "S2L2A", Cell: cell + 1, Bucket: 24000, Revision: 4}, store.revised[0]}
	asked := len(store.asked)
	if ask(14.005, 4); len(store.asked) != asked {
		t.Error("changes of another layer, or elsewhere, are a reason to ask")
	}
}

// What is remembered is bounded.
func TestFindsForget(t *testing.T) {
	store := located{&memory{}}
	for i := range 60 {
		store.products = append(store.products, productAt(fmt.Sprint(i), at2(0, 0, 10)))
	}
	f := newFinds(store)
	for i := range 400 {
		from := time.Unix(int64(i), 0)
		if _, err := f.products(t.Context(), system, "S2L2A", question{area: at2(1, 1, .1), limit: 500}, record.Interval{Start: from, End: from}); err != nil {
			t.Fatal(err)
		}
	}
	if f.kept > maxKept || len(f.known) != f.order.Len() || f.order.Len() != maxKept/61 {
		t.Errorf("%d products of %d answers are kept", f.kept, f.order.Len())
	}
}
