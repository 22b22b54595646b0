package main

import (
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
)

// RND-03: layers are collections, items of collections, and items that stand alone, each with its browses.
func TestFind(t *testing.T) {
	p := testPainter(t, testMemory())
	tests := []struct{ name, layer, item, browse string }{
		{"S2L2A", "S2L2A", "", ""},
		{"S2L2A__NDVI", "S2L2A", "", "NDVI"},
		{"EMPTY", "EMPTY", "", ""},
		{"LOOSE", "", "LOOSE", ""},
		{"LOOSE__OTHER", "", "LOOSE", "OTHER"},
		{"NEW", "", "NEW", ""},
		{"NEW__NDVI", "", "NEW", "NDVI"},
		{"OLD__1", "", "OLD__1", ""},
		{"OLD__1__TRUE_COLOR", "", "OLD__1", "TRUE_COLOR"},
	}
	for _, test := range tests {
		got, err := p.find(t.Context(), system, known(t, p, system), test.name)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if item := got.single; got.layer != test.layer || got.look != (product.Look{Kind: product.LookPicture, Browse: test.browse}) || (item != nil) != (test.item != "") || item != nil && item.ID != test.item {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	for _, name := range []string{"", "nowhere", "S2L2A__SEPIA", "LOOSE__SEPIA", "NEW__SEPIA", "__", "EMPTY__NDVI", "NEW_B99", "NEW_", "_B04", "NEW__heatmap", "S2L2A__masked_rain"} {
		if _, err := p.find(t.Context(), system, known(t, p, system), name); fault.KindOf(err) != fault.NotFound || fault.LocatorOf(err) != "layer" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// A single product is at a time exactly when the catalogue finds it there among those of a layer.
func TestSharesATime(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2024, 5, 1, hour, 0, 0, 0, time.UTC) }
	morning := record.Interval{Start: at(6), End: at(12)}
	for _, c := range []struct {
		name      string
		of, asked record.Interval
		shares    bool
	}{
		{"any time", morning, record.Interval{}, true},
		{"an instant within", morning, record.Interval{Start: at(7), End: at(7)}, true},
		{"its end", morning, record.Interval{Start: at(12), End: at(18)}, true},
		{"later", morning, record.Interval{Start: at(13)}, false},
		{"a product without a time", record.Interval{}, morning, false},
		{"a product without a time, at any", record.Interval{}, record.Interval{}, true},
		{"a product without an end", record.Interval{Start: at(6)}, record.Interval{Start: at(18)}, true},
	} {
		if got := shares(&record.Product{Time: c.of}, c.asked); got != c.shares {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
