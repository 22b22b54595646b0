package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// mask is a mask of a product. One without anything marked hides nothing, or, of what is valid, everything.
type mask struct {
	raster.Mask
	wanted bool // the layer has a mask
}

// there tells whether anything is marked.
func (m mask) there() bool { return m.Geometry != nil || len(m.Coverages) > 0 }

// hidesAll tells whether nothing of the product is left.
func (m mask) hidesAll() bool { return m.wanted && m.Validity && !m.there() }

// onGlobe is the mask's geometry in longitude and latitude, as far as its projection is computed here.
func (m mask) onGlobe() orb.Geometry {
	projection, ok := geo.Plain(m.CRS)
	if !ok || m.CRS == 0 || m.CRS.Geographic() {
		return m.Geometry
	}
	return mapPoints(orb.Clone(m.Geometry), func(p orb.Point) orb.Point {
		lon, lat := projection.Inverse(p[0], p[1])
		return orb.Point{lon, lat}
	})
}

func mapPoints(g orb.Geometry, f func(orb.Point) orb.Point) orb.Geometry {
	polygons, ok := g.(orb.MultiPolygon)
	if !ok {
		return g
	}
	for _, polygon := range polygons {
		for _, ring := range polygon {
			for i := range ring {
				ring[i] = f(ring[i])
			}
		}
	}
	return polygons
}

// mask finds the mask of a product that the layer asks for: a raster among its coverages, or polygons in a file that its
// document names. One that cannot be read is left out, as a picture would be.
func (l look) mask(ctx context.Context, one record.Product) (mask, error) {
	name := l.subject.look.Mask
	if name == "" {
		return mask{}, nil
	}
	kind, ok := typeOf(l.known.products.Config, one).Masks[name]
	found := mask{wanted: ok}
	found.Validity = kind.Validity
	if !ok || kind.Asset == "" {
		return found, nil
	}
	if coverage, ok := coverageOf(&one, kind.Asset); ok {
		if l.p.readable(one, coverage) {
			found.Coverages, found.Expression = []record.Coverage{coverage}, kind.Expression
		}
		return found, nil
	}
	var err error
	found.Geometry, found.CRS, err = l.p.polygons(ctx, l, one, kind)
	if err != nil && !fault.KindOf(err).Permanent() {
		return mask{}, err
	}
	if err != nil {
		slog.Warn("a mask is not drawn", "workspace", one.Workspace, "collection", one.Collection, "id", one.ID, "mask", name, "error", err)
	}
	return found, nil
}

// The bounds of a file of polygons, and of how long it is remembered.
const (
	maxMaskBytes = 8 << 20
	maskAge      = time.Minute
	maxMasks     = 500
)

// masks remembers the polygons of files.
type masks struct {
	mu    sync.Mutex
	known map[string]polygons
}

type polygons struct {
	geometry orb.Geometry
	crs      geo.CRS
	read     time.Time
}

// polygons reads the polygons of a mask from the file that the product's document names.
func (p *painter) polygons(ctx context.Context, l look, one record.Product, kind product.Mask) (orb.Geometry, geo.CRS, error) {
	key := strings.Join([]string{one.Workspace, one.Collection, one.ID, kind.Asset}, "\x00")
	if known, ok := p.masks.recent(key); ok {
		return known.geometry, known.crs, nil
	}
	rec, err := p.store.Record(ctx, l.sc, record.TypeItem, one.Collection, one.ID)
	if err != nil {
		return nil, 0, err
	}
	href, ok := stac.AssetHref(rec.Document, kind.Asset)
	if !ok {
		p.masks.keep(key, polygons{})
		return nil, 0, nil
	}
	href = stac.ResolveHref(rec.Source, href)
	if err := p.access.allow(one.Workspace, href); err != nil {
		return nil, 0, err
	}
	text, err := p.objects.whole(ctx, href, maxMaskBytes)
	if err != nil {
		return nil, 0, err
	}
	read := polygons{}
	if read.geometry, read.crs, err = readMask(href, text); err != nil {
		return nil, 0, err
	}
	p.masks.keep(key, read)
	return read.geometry, read.crs, nil
}

func (m *masks) recent(key string) (polygons, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.known[key]
	return known, ok && time.Since(known.read) < maskAge
}

func (m *masks) keep(key string, read polygons) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxMasks {
		m.known = map[string]polygons{}
	}
	read.read = time.Now()
	m.known[key] = read
}
