package main

import (
	"context"
	"strings"
	"time"

	"perigee/shared/geo"
	"perigee/shared/raster"
	"perigee/shared/scope"
	"perigee/shared/wcs"
)

// Cut plans to take a part out of a coverage.
func (c coverages) Cut(ctx context.Context, _ scope.Scope, cut wcs.Cut) (wcs.Piece, error) {
	source := cut.Coverage.Source.(covered)
	planned, err := c.raster.Cut(ctx, raster.Cut{
		Coverage: source.coverage, Bands: cut.Fields, Box: raster.Box{CRS: cut.SubsettingCRS, Min: cut.Min, Max: cut.Max}, CRS: cut.OutputCRS,
		Scale: [2]raster.Scale{raster.Scale(cut.Scale[0]), raster.Scale(cut.Scale[1])}, Resampling: interpolations[cut.Interpolation],
		Encoding: raster.Encoding{
			Type: cut.Format, Compression: strings.ToUpper(cut.GeoTIFF.Compression), Quality: cut.GeoTIFF.Quality, Predictor: cut.GeoTIFF.Predictor,
			ByBand: cut.GeoTIFF.ByBand, Tile: cut.GeoTIFF.Tile,
		},
	})
	if err != nil {
		return nil, late(ctx, err)
	}
	return piece{c.painter, planned}, nil
}

// interpolations are the ways of resampling by the names of the protocol.
var interpolations = map[string]raster.Resampling{
	"": raster.Nearest, "nearest-neighbor": raster.Nearest, "bilinear": raster.Bilinear, "cubic": raster.Cubic, "cubic-spline": "cubicspline",
	"lanczos": "lanczos", "average": "average", "mode": "mode",
}

// piece is a planned part of a coverage (wcs.Piece).
type piece struct {
	painter *painter
	planned *raster.Piece
}

// Place is the grid of the part.
func (p piece) Place() geo.Grid { return p.planned.Grid }

// EntityTag is the same for the same file.
func (p piece) EntityTag() string { return p.planned.Tag }

// Open makes the file. What has to be computed takes a turn, as maps do; what is sent as it is read does not.
func (p piece) Open(ctx context.Context, patience time.Duration) (wcs.Content, error) {
	if !p.planned.Streamed() {
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		leave, err := p.painter.turn(waiting, foreground)
		if err != nil {
			return nil, late(waiting, err)
		}
		defer leave()
	}
	content, err := p.planned.Open(ctx, patience)
	if err != nil {
		return nil, err
	}
	return content, nil
}
