package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path"
	"strings"

	"github.com/paulmach/orb"
	"golang.org/x/sync/errgroup"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

const (
	maxCoverages = 500 // of one item
	files        = 16  // looked at side by side for one item
)

// missing is the failure of an item whose files are not all there, or not whole. It may be registered when they come.
type missing struct {
	error
	absent []string          // hrefs
	broken map[string]string // hrefs and the ETags of what lies there
}

func (m missing) Unwrap() error { return m.error }

// finding is what became of one asset.
type finding struct {
	coverage record.Coverage
	outline  orb.Geometry // of its grid, as far as that is known
	ok       bool
	missing  string // href of a file that is not there
	broken   string // href of a file that cannot be read
	etag     string // of the broken file
	err      error
}

// coverages looks at the wanted assets side by side, and gives the outline of the largest, too. All that are missing and all that
// are broken are told together.
func (r *registrar) coverages(ctx context.Context, sc scope.Scope, place string, assets []wanted) ([]record.Coverage, orb.Geometry, error) {
	if len(assets) > maxCoverages {
		return nil, nil, fault.At(fault.Invalid, "assets", "the item has %d rasters, more than the %d that are drawn", len(assets), maxCoverages)
	}
	found := make([]finding, len(assets))
	var group errgroup.Group
	group.SetLimit(files)
	for i, w := range assets {
		href := stac.ResolveHref(place, w.asset.Href)
		name, key, ok := r.places.object(href)
		if !ok && !r.places.outside(sc.Workspace, href) {
			found[i].err = nowhere(w, href)
			continue
		}
		group.Go(func() error {
			if ok {
				found[i] = r.find(ctx, sc, w, href, name, key)
			} else {
				found[i] = r.outside(ctx, w, href, at(w))
			}
			return nil
		})
	}
	group.Wait()
	if err := failures(assets, found); err != nil {
		return nil, nil, err
	}
	var coverages []record.Coverage
	var largest orb.Geometry
	for _, f := range found {
		if f.ok {
			coverages = append(coverages, f.coverage)
		}
		if f.outline != nil && (largest == nil || geo.Area(f.outline) > geo.Area(largest)) {
			largest = f.outline
		}
	}
	return coverages, largest, nil
}

// failures joins what went wrong with the assets. One that may pass decides alone.
func failures(assets []wanted, found []finding) error {
	lacking := missing{broken: map[string]string{}}
	var errs []error
	first := ""
	for i, f := range found {
		switch {
		case f.missing != "":
			first = cmp.Or(first, assets[i].asset.Key)
			lacking.absent = append(lacking.absent, f.missing)
			continue
		case f.err == nil:
			continue
		case !fault.KindOf(f.err).Permanent():
			return f.err
		case f.broken != "":
			lacking.broken[f.broken] = f.etag
		}
		errs = append(errs, f.err)
	}
	if len(lacking.absent) > 0 {
		absent := fault.At(fault.Invalid, "assets."+first+".href", "the item refers to files that are not there: %s", strings.Join(lacking.absent, ", "))
		errs = append([]error{absent}, errs...)
	}
	if len(lacking.absent)+len(lacking.broken) == 0 {
		return errors.Join(errs...)
	}
	lacking.error = errors.Join(errs...)
	return lacking
}

// nowhere is what is wrong with an asset whose file nobody here looks at. Such files are kept in the record only.
func nowhere(w wanted, href string) error {
	if strings.Contains(href, "://") || w.optional {
		return nil
	}
	return fault.At(fault.Invalid, at(w), "the asset %q has the address %q, which leads nowhere: the document does not say where it lies", w.asset.Key, href)
}

// at is where an item names the file of an asset.
func at(w wanted) string { return "assets." + w.asset.Key + ".href" }

// find makes the coverage of an asset, which is an object.
func (r *registrar) find(ctx context.Context, sc scope.Scope, w wanted, href, name, key string) finding {
	at := at(w)
	if sc.Workspace == scope.System && r.objects.foreign(name) {
		return r.outside(ctx, w, href, at)
	}
	switch err := r.mayRead(sc.Workspace, name); {
	case err != nil && w.placed:
		return finding{err: fault.At(fault.Forbidden, at, "the asset %q lies at %s: %w", w.asset.Key, href, err)}
	case err != nil: // no product type asks for it: items of others name what nobody here reads
		slog.Info("a file in a bucket of others is not drawn", "asset", w.asset.Key, "href", href, "why", err)
		return finding{}
	}
	object, err := r.head(ctx, name, key)
	switch {
	case fault.KindOf(err) == fault.NotFound && w.optional:
		slog.Info("a picture or mask is not there", "asset", w.asset.Key, "href", href)
		return finding{}
	case fault.KindOf(err) == fault.NotFound:
		return finding{missing: bucket.Href(name, key)}
	case err != nil:
		return finding{err: located(err, at, "the asset %q", w.asset.Key)}
	}
	return r.drawn(ctx, w, object, at)
}

// archives are the endings of the names by which render knows archives, by their media types.
var archives = map[string]string{"application/zip": ".zip", "application/x-tar": ".tar"}

// inArchive is the address of the file within the archive at an address, where the asset lies in one (REG-28). An archive
// is known by its name; one that is called otherwise is not read.
func inArchive(w wanted, href string) (string, error) {
	if w.asset.Within == "" {
		return href, nil
	}
	extension := strings.ToLower(path.Ext(href))
	if extension != ".zip" && extension != ".tar" {
		named := cmp.Or(archives[w.asset.Type], archives[w.asset.Packed])
		return "", fault.At(fault.Unsupported, at(w), "the asset %q lies in an archive that is not called %s", w.asset.Key, cmp.Or(named, "….zip or ….tar"))
	}
	return href + "!/" + strings.TrimPrefix(w.asset.Within, "/"), nil
}

// outside makes the coverage of a file that lies outside the object store, where render may read it. One that is not there,
// or is no raster, is kept in the record only, as all of them are elsewhere: nobody here answers for it.
func (r *registrar) outside(ctx context.Context, w wanted, href, at string) finding {
	found := r.described(ctx, w, bucket.Object{}, href, at)
	if found.missing == "" && found.err == nil || found.err != nil && !fault.KindOf(found.err).Permanent() {
		return found
	}
	slog.Info("a file outside the object store is not drawn", "asset", w.asset.Key, "href", href, "why", found.err)
	return finding{}
}

// head looks at an object. References in documents are URIs by the letter and plain names by custom: when there is no
// object of the name as it stands, the unescaped name is tried.
func (r *registrar) head(ctx context.Context, name, key string) (bucket.Object, error) {
	object, err := r.objects.own.Head(ctx, name, key)
	if fault.KindOf(err) != fault.NotFound || !strings.Contains(key, "%") {
		return object, err
	}
	plain, unescaped := url.PathUnescape(key)
	if unescaped != nil || plain == key {
		return object, err
	}
	return r.objects.own.Head(ctx, name, plain)
}

// drawn asks what the file is and puts that together with what the item and the product type say.
func (r *registrar) drawn(ctx context.Context, w wanted, object bucket.Object, at string) finding {
	href, err := inArchive(w, bucket.Href(object.Bucket, object.Key))
	if err != nil {
		return finding{err: err}
	}
	return r.described(ctx, w, object, href, at)
}

func (r *registrar) described(ctx context.Context, w wanted, object bucket.Object, href, at string) finding {
	file, err := r.grids.describe(ctx, href, object.ETag)
	switch kind := fault.KindOf(err); {
	case err == nil:
	case kind == fault.NotFound:
		return finding{missing: href}
	case kind == fault.Unsupported && !w.placed:
		slog.Info("an asset cannot be drawn", "asset", w.asset.Key, "href", href, "why", err)
		return finding{}
	case kind == fault.Invalid:
		return finding{broken: href, etag: object.ETag, err: located(err, at, "the asset %q cannot be read", w.asset.Key)}
	default:
		return finding{err: located(err, at, "the asset %q (%s)", w.asset.Key, href)}
	}
	grid, err := gridOf(w.asset, file)
	if err != nil && w.placed {
		return finding{err: fault.At(fault.Invalid, at, "the asset %q (%s) %w", w.asset.Key, href, err)}
	}
	if err != nil {
		slog.Info("an asset has no place on earth", "asset", w.asset.Key, "href", href, "why", err)
		return finding{}
	}
	var outline orb.Geometry
	if file.Footprint != nil {
		outline = file.Footprint.Geometry()
	}
	return finding{ok: true, outline: outline, coverage: record.Coverage{
		Asset: w.asset.Key, Type: w.kind.Name, Href: href, ETag: cmp.Or(object.ETag, file.ETag), Roles: w.asset.Roles, Grid: grid, Bands: bandsOf(w, file.Bands),
	}}
}

func located(err error, at, format string, args ...any) error {
	kind := fault.KindOf(err)
	return fault.At(kind, at, format+": %w", append(args, err)...)
}

// gridOf is the grid of the file. Where the item describes a grid of the file's size, its word counts for the place:
// a file may carry none (REG-25).
func gridOf(asset stac.Asset, file description) (geo.Grid, error) {
	grid := file.Grid
	said, ok := asset.Grid()
	if ok && said.Width == grid.Width && said.Height == grid.Height {
		grid.CRS, grid.WKT, grid.Transform = said.CRS, "", said.Transform
	}
	if grid.Valid() {
		return grid, nil
	}
	if ok {
		return grid, fault.New(fault.Invalid, "has no georeference, and proj:shape says %d x %d pixels where the file has %d x %d", said.Width, said.Height, grid.Width, grid.Height)
	}
	return grid, fault.New(fault.Invalid, "has no georeference, and the item does not give it whole (proj:epsg or proj:code, proj:shape, proj:transform)")
}
