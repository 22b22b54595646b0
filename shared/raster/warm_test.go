package raster

import (
	"context"
	"testing"
)

// What was warmed needs no reading any more.
func TestWarm(t *testing.T) {
	o, c := inMemory(t, 600)
	r := overObjects(t, o)
	m := mapOf(c, 300)
	if err := r.Warm(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	before := len(o.reads)
	if draw(t, r, m); len(o.reads) != before || before == 0 {
		t.Errorf("%d reads to warm, %d to draw", before, len(o.reads)-before)
	}
}
