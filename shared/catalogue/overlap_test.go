package catalogue_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/filter"
)

// Keys and offsets lead through the order by overlap alike, forwards and backwards; many records have the same share.
func TestPagesByOverlap(t *testing.T) {
	s := cataloguetest.Open(t)
	for i := range 30 {
		c := item("C", fmt.Sprintf("i%02d", i), time.Date(2026, 1, 1+i%3, 0, 0, 0, 0, time.UTC))
		west := float64(i%6) - 3
		c.Record.Footprint = orb.Bound{Min: orb.Point{west, 0}, Max: orb.Point{west + 4, 4 + float64(i%2)/3}}.ToPolygon()
		apply(t, s, writer(""), c)
	}
	q := catalogue.Query{Filter: filter.Intersects(orb.Bound{Max: orb.Point{4, 4}}.ToPolygon()), Limit: 100, Sort: []catalogue.Sort{{Property: catalogue.Overlap, Desc: true}}}
	whole, err := s.Search(t.Context(), writer(""), q)
	if err != nil || len(whole.Records) != 30 {
		t.Fatal(err, len(whole.Records))
	}
	var byKey, byOffset, back []string
	q.Limit = 7
	var last catalogue.Page
	for at := q; ; {
		page, err := s.Search(t.Context(), writer(""), at)
		if err != nil {
			t.Fatal(err)
		}
		byKey, last = append(byKey, ids(page.Records)...), page
		if page.Next == "" {
			break
		}
		at.After = page.Next
	}
	for at := q; last.Prev != ""; {
		at.After = last.Prev
		if last, err = s.Search(t.Context(), writer(""), at); err != nil {
			t.Fatal(err)
		}
		back = append(ids(last.Records), back...)
	}
	for at := q; at.Offset < 30; at.Offset += 7 {
		page, err := s.Search(t.Context(), writer(""), at)
		if err != nil {
			t.Fatal(err)
		}
		byOffset = append(byOffset, ids(page.Records)...)
	}
	if want := ids(whole.Records); !slices.Equal(byKey, want) || !slices.Equal(byOffset, want) || !slices.Equal(back, want[:len(back)]) || len(back) != 28 {
		t.Errorf("%v\nby keys %v\nby offset %v\nback %v", want, byKey, byOffset, back)
	}
	q.Filter = nil
	if _, err := s.Search(t.Context(), writer(""), q); fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "sortby" {
		t.Errorf("without a place: %v", err)
	}
}

// A box that is thinner than the database tells apart finds all of its points, not only the first that is compared.
func TestThinBox(t *testing.T) {
	s := cataloguetest.Open(t)
	for i := range 6 {
		c := item("c", strconv.Itoa(i), noon)
		c.Record.Footprint = orb.Point{2, 0}
		applied(t, s, writer(""), c)
	}
	for _, box := range []orb.Geometry{filter.Box(1, -4.5e-13, 3, 4.5e-13), filter.Box(2-4.5e-13, -1, 2+4.5e-13, 1), filter.Box(2, -1, 2, 1), filter.Box(2-4.5e-13, 0, 2+4.5e-13, 4.5e-13)} {
		if got := search(t, s, writer(""), catalogue.Query{Geometry: box, Count: true, Sort: []catalogue.Sort{{Property: filter.PropertyID}}}); *got.Matched != 6 || len(got.Records) != 6 {
			t.Errorf("%v: %d are counted, %d found", box, *got.Matched, len(got.Records))
		}
	}
}
