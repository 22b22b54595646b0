package grid

import (
	"math"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	_ "perigee/test/draws" // the same each time
)

func bound(west, south, east, north float64) orb.Bound {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

func TestCellsOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		bounds orb.Bound
		cells  []int
	}{
		{"the north west corner", bound(-180, 89, -179, 90), []int{0}},
		{"the south east corner", bound(179, -90, 180, -89), []int{511}},
		{"one cell exactly", bound(0, 0, 11.25, 11.25), []int{7*32 + 16}},
		{"across a corner of four", bound(-1, -1, 1, 1), []int{7*32 + 15, 7*32 + 16, 8*32 + 15, 8*32 + 16}},
		{"a point", bound(16, 48, 16, 48), []int{3*32 + 17}},
		{"a point on a corner", bound(0, 0, 0, 0), []int{8*32 + 16}},
		{"a point at the pole and the date line", bound(180, -90, 180, -90), []int{511}},
		{"across the date line", bound(179, 1, -179, 2), []int{7 * 32, 7*32 + 31}},
		{"across the date line, nearly around", bound(-1, 1, -11, 2), cellsBetween(7, 0, 14, 15, 31)},
		{"outside the world", bound(-200, 91, -190, 95), []int{0}},
		{"not a number", bound(math.NaN(), 0, 1, 1), nil},
		{"infinite", bound(0, 0, math.Inf(1), 1), nil},
		{"upside down", bound(0, 2, 1, 1), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := CellsOf(c.bounds); !slices.Equal(got, c.cells) {
				t.Errorf("cells %v, want %v", got, c.cells)
			}
		})
	}
}

// cellsBetween lists columns of a row, given as from, to, from, to …
func cellsBetween(row int, ranges ...int) []int {
	var cells []int
	for i := 0; i < len(ranges); i += 2 {
		for column := ranges[i]; column <= ranges[i+1]; column++ {
			cells = append(cells, row*CellColumns+column)
		}
	}
	return cells
}

func TestTheWholeWorldIsEveryCell(t *testing.T) {
	got := CellsOf(bound(-180, -90, 180, 90))
	if len(got) != CellColumns*CellRows || got[0] != 0 || got[511] != 511 {
		t.Errorf("%d cells, %v", len(got), got)
	}
}

func cell(i int) orb.Bound {
	west, north := float64(i%CellColumns)*CellSize-180, 90-float64(i/CellColumns)*CellSize
	return bound(west, north-CellSize, west+CellSize, north)
}

// A cell is listed exactly when it shares an area with the bounds.
func TestCellsOfProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w, e := rapid.IntRange(-180, 179).Draw(r, "west"), rapid.IntRange(1, 360).Draw(r, "width")
		s, n := rapid.IntRange(-90, 89).Draw(r, "south"), rapid.IntRange(1, 180).Draw(r, "height")
		b := bound(float64(w), float64(s), math.Min(180, float64(w+e)), math.Min(90, float64(s+n)))
		var want []int
		for i := range CellColumns * CellRows {
			c := cell(i)
			if c.Min[0] < b.Max[0] && c.Max[0] > b.Min[0] && c.Min[1] < b.Max[1] && c.Max[1] > b.Min[1] {
				want = append(want, i)
			}
		}
		if got := CellsOf(b); !slices.Equal(got, want) {
			r.Fatalf("%v: cells %v, want %v", b, got, want)
		}
	})
}

func TestCellBounds(t *testing.T) {
	for cell := range CellColumns * CellRows {
		if got := CellsOf(CellBounds(cell)); len(got) != 1 || got[0] != cell {
			t.Fatalf("the place of cell %d is in the cells %v", cell, got)
		}
	}
	if got := CellsOf(CellBounds(Everywhere)); len(got) != CellColumns*CellRows {
		t.Errorf("everywhere has %d cells", len(got))
	}
}
