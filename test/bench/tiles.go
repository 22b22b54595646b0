package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
)

// tiles measures tiles of the sample at level 13: drawn at the first request, and from the cache afterwards.
func (h *house) tiles(ctx context.Context) ([]result, error) {
	body, err := get(ctx, h.url+"/stac/search?limit=1")
	if err != nil {
		return nil, err
	}
	var found struct {
		Features []struct {
			BBox [4]float64 `json:"bbox"`
		} `json:"features"`
	}
	if err := json.Unmarshal(body, &found); err != nil || len(found.Features) == 0 {
		return nil, fmt.Errorf("no item to make tiles of: %w", err)
	}
	b := found.Features[0].BBox
	from, to, _ := grid.WGS84.Covering(orb.Bound{Min: orb.Point{b[0], b[1]}, Max: orb.Point{b[2], b[3]}}, 13)
	var miss, hit []time.Duration
	for _, times := range []*[]time.Duration{&miss, &hit} {
		for row := from.Row; row <= to.Row; row += 2 { // blocks of two by two are drawn at once
			for col := from.Col; col <= to.Col; col += 2 {
				begun := time.Now()
				if _, err := get(ctx, fmt.Sprintf("%s/cache/wmts/1.0.0/S2L2A__TRUE_COLOR/default/WGS84/13/%d/%d.png", h.url, row, col)); err != nil {
					return nil, err
				}
				*times = append(*times, time.Since(begun))
			}
		}
	}
	return []result{{"tile, drawn at the first request", spread(miss), ""}, {"tile, from the cache", spread(hit), ""}}, nil
}

// untilZero waits until no function has an instance.
func (h *house) untilZero(ctx context.Context) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		body, err := get(ctx, h.url+"/_runner/?f=json")
		if err != nil {
			return err
		}
		var page struct {
			Functions []struct {
				Instances int `json:"instances"`
			} `json:"functions"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(body)))
		}
		running := 0
		for _, f := range page.Functions {
			running += f.Instances
		}
		if running == 0 {
			return nil
		}
	}
	return fmt.Errorf("the functions did not stop")
}
