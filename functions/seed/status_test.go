package main

import (
	"testing"

	"perigee/shared/catalogue"
)

// Chunks of the overview mosaic are no tiles, but how far a job is depends on them too.
func TestChunksAreToldApart(t *testing.T) {
	level := func(z int, total, drawn, skipped int64) catalogue.SeedLevel {
		return catalogue.SeedLevel{Level: z, Tiles: total, Blocks: total, Done: drawn + skipped, SeedCount: catalogue.SeedCount{Drawn: drawn, Skipped: skipped}}
	}
	for name, c := range map[string]struct {
		levels         []catalogue.SeedLevel
		tiles, chunks  tiles
		progress, over int
	}{
		"tiles alone": {[]catalogue.SeedLevel{level(0, 1, 1, 0), level(1, 4, 1, 0)}, tiles{Total: 5, Done: 2, Drawn: 2}, tiles{}, 40, 0},
		"both": {
			[]catalogue.SeedLevel{level(levelOf(1), 3, 2, 1), level(levelOf(0), 1, 1, 0), level(0, 1, 0, 0), level(1, 3, 0, 0)},
			tiles{Total: 4}, tiles{Total: 4, Done: 4, Drawn: 3, Skipped: 1}, 50, 2,
		},
	} {
		got, over := statusOf(catalogue.SeedJob{Levels: c.levels}, ""), 0
		for _, l := range got.Levels {
			if l.Overview {
				over++
			}
			if l.Level < 0 || l.Level > 1 {
				t.Errorf("%s: level %d", name, l.Level)
			}
		}
		if got.Tiles != c.tiles || got.Chunks != c.chunks || got.Progress != c.progress || over != c.over {
			t.Errorf("%s: %+v tiles, %+v chunks, %d %%, %d levels of the mosaic", name, got.Tiles, got.Chunks, got.Progress, over)
		}
	}
}
