package main

import (
	"context"
	"image"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// Info tells what lies under a pixel of a map: the products that have a value there, or whose outline is shown and
// encloses it.
func (p *painter) Info(ctx context.Context, sc scope.Scope, m wms.Map, at image.Point, most int) ([]wms.Feature, error) {
	known, err := p.views.of(ctx, sc)
	if err != nil {
		return nil, late(ctx, err)
	}
	pixel := pixelOf(m, at)
	shown, _, err := p.shownAt(ctx, sc, known, pixel, asking{zoom: zoomOf(m), exact: true})
	if err != nil || len(shown) == 0 {
		return nil, late(ctx, err)
	}
	leave, err := p.turn(ctx, foreground)
	if err != nil {
		return nil, late(ctx, err)
	}
	defer leave()
	samples, err := p.raster.Sample(ctx, shown.drawing(pixel), 0, 0, len(shown))
	if err != nil {
		return nil, late(ctx, err)
	}
	features, err := p.features(ctx, sc, pixel, shown, samples, most)
	return features, late(ctx, err)
}

// pixelOf is a pixel of a map, as a map.
func pixelOf(m wms.Map, at image.Point) wms.Map {
	width, height := (m.Bounds.Max[0]-m.Bounds.Min[0])/float64(m.Width), (m.Bounds.Max[1]-m.Bounds.Min[1])/float64(m.Height)
	west, north := m.Bounds.Min[0]+float64(at.X)*width, m.Bounds.Max[1]-float64(at.Y)*height
	m.Bounds = orb.Bound{Min: orb.Point{west, north - height}, Max: orb.Point{west + width, north}}
	m.Width, m.Height = 1, 1
	return m
}

func (p *painter) features(ctx context.Context, sc scope.Scope, pixel wms.Map, shown sights, samples []raster.Sample, most int) ([]wms.Feature, error) {
	of := map[int]raster.Sample{}
	for _, s := range samples {
		of[s.Scene] = s
	}
	var features []wms.Feature
	for i, one := range shown {
		sample, sampled := of[i]
		if len(features) == most {
			break
		}
		if !sampled && len(one.Coverages) > 0 && one.look.Kind != product.LookOutlined {
			continue // its picture has nothing here
		}
		feature, err := p.feature(ctx, sc, one)
		if err != nil {
			return nil, err
		}
		feature.Place = placeOf(pixel, sample, sampled)
		feature.measured(sample)
		features = append(features, feature.Feature)
	}
	return features, nil
}

// found is a feature being made.
type found struct{ wms.Feature }

// feature is what the catalogue knows of a product.
func (p *painter) feature(ctx context.Context, sc scope.Scope, one sight) (found, error) {
	f := found{wms.Feature{
		Layer: one.layer, Collection: one.product.Collection, ID: one.product.ID, Title: one.product.ID,
		Time: one.product.Time, Footprint: footprintOf(one.product), Href: documentPath(one.product.Key),
	}}
	rec, err := p.store.Record(ctx, sc, record.TypeItem, one.product.Collection, one.product.ID)
	if fault.KindOf(err) == fault.NotFound {
		return f, nil // gone in the meantime
	}
	if err != nil {
		return f, err
	}
	f.Title, f.Properties = rec.Title, rec.Properties
	return f, nil
}

// measured adds the values of a sample.
func (f *found) measured(sample raster.Sample) {
	number := func(v float64, valid bool) *float64 {
		if !valid {
			return nil
		}
		return &v
	}
	for _, b := range sample.Bands {
		f.Bands = append(f.Bands, wms.Value{Name: b.Name, Says: b.CommonName, Number: number(b.Physical, b.Valid)})
	}
	for _, c := range sample.Channels {
		f.Channels = append(f.Channels, wms.Value{Name: c.Name, Says: c.Expression, Number: number(c.Value, c.Valid)})
	}
	if sample.Colour.A > 0 {
		colour := sample.Colour
		f.Colour = &colour
	}
}

// placeOf is where a pixel lies, in longitude and latitude.
func placeOf(pixel wms.Map, sample raster.Sample, sampled bool) orb.Point {
	if projection, ok := geo.Plain(pixel.CRS); ok && !sampled {
		centre := pixel.Bounds.Center()
		lon, lat := projection.Inverse(centre[0], centre[1])
		return orb.Point{lon, lat}
	}
	return orb.Point{sample.Lon, sample.Lat}
}
