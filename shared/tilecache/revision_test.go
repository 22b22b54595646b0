package tilecache

import (
	"math"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/record"
	_ "perigee/test/draws" // the same each time
)

// naive answers Needed by walking over every change that ever was.
type naive []Revision

func (n naive) needed(workspace, layer string, cells []int, from, to int) int64 {
	var latest int64
	for _, r := range n {
		place := r.Cell == grid.Everywhere
		for _, c := range cells {
			place = place || r.Cell == c
		}
		when := r.Bucket == AnyBucket || r.Bucket >= from && r.Bucket <= to
		if r.Workspace == workspace && r.Layer == layer && place && when {
			latest = max(latest, r.Revision)
		}
	}
	return latest
}

func TestRevisionMapAgreesWithNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known, model := NewRevisionMap(), naive{}
		workspaces, layers := []string{"", "w"}, []string{"a", "b"}
		const from, to = 2020 * 12, 2021*12 + 5
		latest := map[string]int64{}
		t.Repeat(map[string]func(*rapid.T){
			"change": func(t *rapid.T) {
				r := Revision{
					Workspace: rapid.SampledFrom(workspaces).Draw(t, "workspace"), Layer: rapid.SampledFrom(layers).Draw(t, "layer"),
					Cell: rapid.IntRange(-1, 5).Draw(t, "cell"), Bucket: rapid.IntRange(from-1, to).Draw(t, "bucket"),
				}
				if r.Bucket == from-1 {
					r.Bucket = AnyBucket
				}
				latest[r.Workspace]++
				r.Revision = latest[r.Workspace]
				known.Add([]Revision{r}, map[string]int64{r.Workspace: r.Revision})
				model = append(model, r)
			},
			"ask": func(t *rapid.T) {
				workspace, layer := rapid.SampledFrom(workspaces).Draw(t, "workspace"), rapid.SampledFrom(layers).Draw(t, "layer")
				cells := rapid.SliceOfDistinct(rapid.IntRange(0, 5), rapid.ID).Draw(t, "cells")
				i, first, last := drawInterval(t, from, to)
				if got, want := known.Needed(workspace, layer, cells, i), model.needed(workspace, layer, cells, first, last); got != want {
					t.Fatalf("Needed(%q, %q, %v, %v) = %d, want %d", workspace, layer, cells, i, got, want)
				}
			},
		})
	})
}

// drawInterval makes an interval between two months, either of them open at times.
func drawInterval(t *rapid.T, from, to int) (i record.Interval, first, last int) {
	first = rapid.IntRange(from, to).Draw(t, "first")
	last = rapid.IntRange(first, to).Draw(t, "last")
	day := func(month int) time.Time {
		return time.Date(month/12, time.Month(month%12+1), 10, 0, 0, 0, 0, time.UTC)
	}
	i = record.Interval{Start: day(first), End: day(last).AddDate(0, 0, rapid.IntRange(0, 18).Draw(t, "days"))}
	if rapid.Bool().Draw(t, "open start") {
		i.Start, first = time.Time{}, math.MinInt32
	}
	if rapid.Bool().Draw(t, "open end") {
		i.End, last = time.Time{}, math.MaxInt32
	}
	return i, first, last
}

func TestCellsCoverTheTile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.SampledFrom(grid.Sets()).Draw(t, "set")
		z := rapid.IntRange(0, 12).Draw(t, "z")
		cols, rows := set.Size(z)
		at := grid.Tile{Z: z, Col: rapid.IntRange(0, cols-1).Draw(t, "col"), Row: rapid.IntRange(0, rows-1).Draw(t, "row")}
		has := map[int]bool{}
		for _, c := range Cells(set, at) {
			has[c] = true
		}
		b := set.Bounds(at)
		p, _ := geo.Plain(set.CRS)
		lon, lat := p.Inverse(
			b.Min[0]+rapid.Float64Range(0, 1).Draw(t, "x")*(b.Max[0]-b.Min[0]),
			b.Min[1]+rapid.Float64Range(0, 1).Draw(t, "y")*(b.Max[1]-b.Min[1]))
		point := orb.Point{lon, lat}
		if !has[grid.CellsOf(orb.Bound{Min: point, Max: point})[0]] {
			t.Fatalf("tile %s of %s does not list the cell of %v", at, set.ID, point)
		}
	})
}
