package catalogue_test

import (
	"fmt"
	"testing"
	"time"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/filter"
)

// Types and collections are counted by tallies, within what a scope reads, also after records went.
func TestTallied(t *testing.T) {
	s := cataloguetest.Open(t)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	apply(t, s, writer(""), item("A", "1", at), item("A", "2", at), item("B", "3", at))
	apply(t, s, writer("ws-a"), item("C", "4", at))
	gone := item("B", "3", at)
	gone.Delete = true
	apply(t, s, writer(""), gone)
	for property, want := range map[filter.Property]string{
		filter.PropertyType: "[{item 2}] true", filter.PropertyCollection: "[{A 2}] true", filter.PropertyTitle: "[] false",
	} {
		values, known, err := s.Tallied(t.Context(), writer(""), property)
		if got := fmt.Sprint(values, known); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", property, got, err, want)
		}
	}
	if values, _, err := s.Tallied(t.Context(), writer("ws-a").Including(""), filter.PropertyCollection); err != nil || fmt.Sprint(values) != "[{A 2} {C 1}]" {
		t.Errorf("%v %v", values, err)
	}
}
