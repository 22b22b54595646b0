package main

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"perigee/shared/record"
	"perigee/shared/stac"
)

// layer is what the tile cache tells of a layer.
type layer struct {
	Item   string      `json:"item"`
	Browse string      `json:"browse"`
	Bounds *[4]float64 `json:"bounds"`
	Dates  []string    `json:"dates"`
	Tiles  string      `json:"tiles"`
	Layers []layer     `json:"layers"`
}

// drawn asks for the tile in the middle of the item at its time, as a map would.
func (w *way) drawn(ctx context.Context, status record.Registration) error {
	read, err := stac.DecodeItem(w.document.made)
	if err != nil || read.Geometry == nil {
		return nil // it was registered: there is nothing to draw
	}
	address, err := w.tileAddress(ctx, read)
	if err != nil || address == "" {
		w.told = append(w.told, "no map layer shows it")
		return err
	}
	began := time.Now()
	if _, err := w.get(ctx, address); err != nil {
		w.told = append(w.told, "tile ✗")
		return err
	}
	w.told = append(w.told, "tile "+brief(time.Since(began)))
	return nil
}

// tileAddress looks for a layer that shows the item. One that the item has brought may take a moment to be listed; an
// item of which nothing can be drawn has none.
func (w *way) tileAddress(ctx context.Context, read *stac.Item) (string, error) {
	day, middle := read.Time.End.UTC().Format(time.DateOnly), read.Geometry.Bound().Center()
	for end := time.Now().Add(w.slack); ; {
		var list struct{ Layers []layer }
		if err := w.getJSON(ctx, w.prefix+"/cache/layers.json", &list); err != nil {
			return "", err
		}
		if found := find(list.Layers, func(l layer) bool { return l.shows(read.ID, day, middle) }); found != nil {
			return found.tile(middleTile(read.Geometry.Bound()), day), nil
		}
		if time.Now().After(end) {
			return "", nil
		}
		if err := sleep(ctx, longestPause); err != nil {
			return "", err
		}
	}
}

// find is the first layer of a tree that fits, nil when none does.
func find(layers []layer, fits func(layer) bool) *layer {
	for i, l := range layers {
		if fits(l) {
			return &layers[i]
		}
		if found := find(l.Layers, fits); found != nil {
			return found
		}
	}
	return nil
}

// shows tells whether a layer is the item's own, or has something at its day and place.
func (l layer) shows(id, day string, at orb.Point) bool {
	if l.Item != "" {
		return l.Item == id
	}
	return l.Browse == "" && l.Bounds != nil && slices.Contains(l.Dates, day) &&
		orb.Bound{Min: orb.Point{l.Bounds[0], l.Bounds[1]}, Max: orb.Point{l.Bounds[2], l.Bounds[3]}}.Contains(at)
}

func (l layer) tile(t maptile.Tile, day string) string {
	address := strings.NewReplacer("{z}", strconv.Itoa(int(t.Z)), "{x}", fmt.Sprint(t.X), "{y}", fmt.Sprint(t.Y)).Replace(l.Tiles)
	if l.Item != "" {
		return address
	}
	return address + "?time=" + url.QueryEscape(day)
}

// closest is the deepest tile that is asked for.
const closest = 12

// middleTile is the web map tile at the middle of some bounds, about as large as they are.
func middleTile(b orb.Bound) maptile.Tile {
	width := math.Max(b.Max[0]-b.Min[0], 1e-6)
	zoom := math.Min(closest, math.Max(0, math.Floor(math.Log2(360/width))))
	return maptile.At(b.Center(), maptile.Zoom(zoom))
}
