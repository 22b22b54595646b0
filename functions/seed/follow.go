package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
	"perigee/shared/trace"
	"perigee/shared/wmts"
)

// changed handles events of items. They only say that there is something to look at: what changed, the catalogue's
// revisions tell, be it by these events or by others, where an item is and where it was.
func (s *seeder) changed(ctx context.Context, sc scope.Scope, named []record.Key) error {
	if s.config.MaxZoom < s.config.MinZoom {
		return nil
	}
	return s.rounds.look(ctx, sc.Workspace, named, func(ctx context.Context, items []record.Key) error {
		if err := s.follow(ctx, sc, items...); err != nil {
			return err
		}
		return s.revive(ctx, sc)
	})
}

// follow starts a job for each layer with changes that no job is at work for. Changes of a layer that has one wait for
// its end, so that a burst of them is seeded a few times and not once each.
func (s *seeder) follow(ctx context.Context, sc scope.Scope, items ...record.Key) error {
	extents, products, err := s.look(ctx, sc)
	if err != nil {
		return err
	}
	nodes := wmts.Flatten(products.LayerTree(extents))
	jobs, err := s.store.FollowChanges(ctx, sc, items, func(layer string, due []catalogue.SeedDue) (catalogue.SeedJob, []catalogue.SeedDue, error) {
		return s.planChanges(shown(products, nodes, layer), layer, due)
	})
	if err != nil {
		return err
	}
	for _, job := range jobs {
		// Many items may have a part in a job: it has a trace of its own, and the log tells which led to it.
		own := trace.New()
		slog.Info("a job follows changes", "job", job.ID, "layer", job.Layer, "workspace", sc.Workspace, "items", len(items), "trace", trace.FromContext(ctx).ID(), "leads_to", own.ID())
		if current := job.Current(); current != nil {
			if err := s.announce(trace.NewContext(ctx, own), sc, job, current); err != nil {
				return err
			}
		}
	}
	return nil
}

// shown are the layers that show a layer of the store and are worth seeding: the configured ones, else the layer itself.
func shown(products product.Config, nodes []product.Node, base string) []product.Node {
	var configured, itself []product.Node
	for _, n := range nodes {
		switch {
		case n.Base != base:
		case slices.ContainsFunc(products.Layers, func(l product.Layer) bool { return l.ID == n.Name }):
			configured = append(configured, n)
		case n.Browse == "":
			itself = append(itself, n)
		}
	}
	if len(configured) > 0 {
		return configured
	}
	return itself
}

// planChanges makes a job of the changes of a layer: the tiles without a time, and those of the newest days. Further
// days wait for the next job. Changes of a layer that is no more are dropped.
func (s *seeder) planChanges(nodes []product.Node, layer string, due []catalogue.SeedDue) (catalogue.SeedJob, []catalogue.SeedDue, error) {
	cells, taken := s.take(due)
	o := order{
		sets: s.sets,
		Mode: modeSeed, Subject: layer, Format: tilecache.PNG, MinZoom: s.config.MinZoom, MaxZoom: s.config.MaxZoom, Block: s.config.Block,
	}
	if len(nodes) == 0 {
		return catalogue.SeedJob{}, due, nil
	}
	for _, day := range slices.SortedFunc(maps.Keys(cells), time.Time.Compare) {
		area := areaOf(cells[day], nodes[0].Bounds)
		if len(area) == 0 {
			continue
		}
		o.Areas = append(o.Areas, area)
		if day.IsZero() && s.config.Overviews && nodes[0].ItemID == "" {
			o.Overviews = append(o.Overviews, len(o.Areas)-1)
		}
		for _, n := range nodes {
			o.Parts = append(o.Parts, s.partsOf(n, timeOf(day), len(o.Areas)-1)...)
		}
	}
	for wanted := o.MaxZoom; o.tiles() > s.config.MaxTiles; o.MaxZoom-- {
		if o.MaxZoom == wanted {
			slog.Warn("the changes of a layer are too many tiles: lower levels are left out", "layer", layer, "tiles", o.tiles(), "limit", s.config.MaxTiles)
		}
	}
	levels := o.levels()
	if len(levels) == 0 {
		return catalogue.SeedJob{}, taken, nil
	}
	job, err := newJob(layer, o, levels)
	return job, taken, err
}

// take chooses what one job does: the cells of the tiles without a time, and of the newest days.
func (s *seeder) take(due []catalogue.SeedDue) (cells map[time.Time][]int, taken []catalogue.SeedDue) {
	cells = map[time.Time][]int{}
	for _, d := range due { // the newest days come first
		_, has := cells[d.Day]
		days := len(cells)
		if _, timeless := cells[time.Time{}]; timeless {
			days--
		}
		if !d.Day.IsZero() && !has && days >= s.config.Days {
			if s.config.Days == 0 {
				taken = append(taken, d)
			}
			continue
		}
		cells[d.Day] = append(cells[d.Day], d.Cell)
		taken = append(taken, d)
	}
	return cells, taken
}

// timeOf is the time of the tiles of a day, as maps ask for it.
func timeOf(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}

// areaOf makes boxes of cells: runs of them side by side. Everywhere is as far as the layer reaches.
func areaOf(cells []int, bounds orb.Bound) []orb.Bound {
	slices.Sort(cells)
	cells = slices.Compact(cells)
	var area []orb.Bound
	for i, cell := range cells {
		if cell == grid.Everywhere {
			if bounds != (orb.Bound{}) {
				area = append(area, bounds)
			}
			continue
		}
		box := grid.CellBounds(cell)
		if n := len(area) - 1; i > 0 && n >= 0 && cell%grid.CellColumns > 0 && cells[i-1] == cell-1 {
			area[n].Max[0] = box.Max[0]
			continue
		}
		area = append(area, box)
	}
	return area
}

// partsOf are the pyramids of a layer in the grids in which it is kept.
func (s *seeder) partsOf(n product.Node, when string, area int) []part {
	var parts []part
	for _, g := range n.Grids {
		if set, err := s.setOf(g.Name); err == nil {
			parts = append(parts, part{Layer: n.Name, Style: n.Styles[0], Grid: set.ID, Time: when, Area: area, MaxZoom: min(g.Zoom, set.Levels-1)})
		}
	}
	return parts
}

func (s *seeder) setOf(name string) (grid.Set, error) {
	set, err := s.sets.Named(name)
	if err != nil {
		return set, fault.At(fault.Invalid, "grid", "%v", err)
	}
	return set, nil
}

func newJob(layer string, o order, levels []catalogue.SeedLevel) (catalogue.SeedJob, error) {
	request, err := json.Marshal(o)
	if err != nil {
		return catalogue.SeedJob{}, fault.Classify(fault.Internal, err, "the request of a job cannot be kept")
	}
	return catalogue.SeedJob{ID: newID(), Layer: layer, Mode: o.Mode, Request: request, Levels: levels}, nil
}
