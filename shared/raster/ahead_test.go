package raster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

// distant answers after a round trip, which passes by the clock of a bubble: how long a map takes is how many of them had to
// wait for each other.
type distant struct{ folderObjects }

const trip = 30 * time.Millisecond

func (d distant) Size(ctx context.Context, href string) (int64, string, error) {
	time.Sleep(trip)
	return d.folderObjects.Size(ctx, href)
}

func (d distant) ReadRange(ctx context.Context, href, etag string, offset, n int64) ([]byte, error) {
	time.Sleep(trip)
	return d.folderObjects.ReadRange(ctx, href, etag, offset, n)
}

// A map of files that are far away takes few round trips, however many files it shows: of one file its size, its directories
// and its tiles; where one scene does not fill the map, the next ones are read beside it.
func TestFewRoundTrips(t *testing.T) {
	var all []record.Coverage
	for i := range 6 {
		c := synthetic(t, "A", cog.Raster{Width: 700, Height: 700, X: 600000 + float64(i)*500, Y: 5400000, Step: 10}, func(x, y float64) uint16 {
			if y > 5393500+float64(i)*1000 { // the lower ones show below
				return 0
			}
			return uint16(x+y) | 1
		})
		c.ETag = "v1"
		all = append(all, inFolder(c))
	}
	for name, c := range map[string]struct {
		scenes int
		most   time.Duration // round trips
	}{"one": {1, 3}, "six": {6, 9}} {
		synctest.Test(t, func(t *testing.T) {
			r, err := New(Config{Objects: distant{}})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			m := mapOf(all[0], 600)
			m.Scenes, m.Width, m.Height = nil, 200, 200
			for _, one := range all[:c.scenes] {
				m.Scenes = append(m.Scenes, Scene{Coverages: []record.Coverage{one}, Browse: grey("A")})
			}
			began := time.Now()
			draw(t, r, m)
			if trips := time.Since(began) / trip; trips > c.most {
				t.Errorf("%s: %d round trips", name, trips)
			}
			began = time.Now()
			if draw(t, r, m); time.Since(began) > 0 {
				t.Errorf("%s: drawing it again took %d round trips", name, time.Since(began)/trip)
			}
			m.Bounds.Min[0], m.Bounds.Max[0] = m.Bounds.Min[0]-3000, m.Bounds.Max[0]-3000 // other pixels of the same files
			began = time.Now()
			if draw(t, r, m); time.Since(began)/trip > 1 {
				t.Errorf("%s: with directories that are known, %d round trips", name, time.Since(began)/trip)
			}
		})
	}
}
