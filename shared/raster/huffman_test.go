package raster

import (
	"bytes"
	"compress/zlib"
	"io"
	"testing"

	"pgregory.net/rapid"

	_ "perigee/test/draws" // the same each time
)

// A code has no gaps, keeps to the limit, and what comes more often has no longer code.
func TestCodesAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(7, 15).Draw(t, "limit")
		counts := rapid.SliceOfN(rapid.Uint32Range(0, 1<<20), 2, min(286, 1<<limit)).Draw(t, "counts")
		if rapid.Bool().Draw(t, "steep") { // as deep as a tree can be
			a, b := uint32(1), uint32(1)
			for i := range min(len(counts), 40) {
				counts[i] = a
				a, b = b, a+b
			}
		}
		counts[0], counts[1] = max(counts[0], 1), max(counts[1], 1)
		lengths, room := lengthsOf(counts, limit), 0
		for i, l := range lengths {
			if (l == 0) != (counts[i] == 0) || int(l) > limit {
				t.Fatalf("%d comes %d times and has %d bits", i, counts[i], l)
			}
			if l > 0 {
				room += 1 << (limit - int(l))
			}
			for k := range i {
				if counts[k] > counts[i] && lengths[k] > l && l > 0 {
					t.Fatalf("%d times take %d bits, %d times %d", counts[k], lengths[k], counts[i], l)
				}
			}
		}
		if room != 1<<limit {
			t.Fatalf("the codes fill %d of %d", room, 1<<limit)
		}
	})
}

// Whatever the bytes are, they come back.
func TestBytesReadBackFromZlib(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var plain []byte
		for range rapid.IntRange(1, 8).Draw(t, "pieces") {
			piece := rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "bytes")
			if rapid.Bool().Draw(t, "zeros") {
				piece = make([]byte, rapid.IntRange(1, 3000).Draw(t, "n"))
			}
			plain = append(plain, bytes.Repeat(piece, rapid.SampledFrom([]int{1, 3, 6000}).Draw(t, "times"))...)
		}
		w := &bitWriter{}
		if !photograph(w, plain) {
			if err := deflate(w, plain); err != nil {
				t.Fatal(err)
			}
		}
		r, err := zlib.NewReader(bytes.NewReader(w.out))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes come back as %d: %v", len(plain), len(got), err)
		}
	})
}
