package raster

import (
	"context"
	"crypto/sha256"
	hexadecimal "encoding/hex"
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
)

// Cut is a part of a coverage that becomes a file of its own.
type Cut struct {
	Coverage   record.Coverage
	Bands      []int // by their places among those of the coverage, from 0; none: all
	Box        Box
	CRS        geo.CRS  // of the file; 0: that of the coverage, whose pixels then stay as they are unless they are scaled
	Scale      [2]Scale // along columns and rows
	Resampling Resampling
	Encoding   Encoding
}

// Box bounds a cut, easting or longitude first.
type Box struct {
	CRS      geo.CRS // 0: that of the coverage
	Min, Max [2]*float64
}

// Scale says how many pixels come out: a number of them, or a factor of those that there are; the zero value leaves them.
type Scale struct {
	Size   int
	Factor float64
}

// of is the number of pixels that n become.
func (s Scale) of(n int) int {
	switch {
	case s.Size > 0:
		return s.Size
	case s.Factor > 0:
		return int(max(1, min(math.Round(float64(n)*s.Factor), maxSide+1)))
	}
	return n
}

// The bounds of a cut.
const (
	maxStreamed = 3 << 30  // bytes of samples that are sent as they are read
	maxHeld     = 64 << 20 // bytes of samples that are held in memory, because they are compressed, scaled or warped
)

// Piece is a cut that is planned: where it lies is known, and nothing of it is read.
type Piece struct {
	Grid geo.Grid // of the file
	Tag  string   // entity tag, without quotes: the same for the same file
	Type string   // media type

	r     *Renderer
	file  *file
	cut   Cut
	plan  cutPlan
	bands []int // of the file, counted from 1
}

// Cut plans a cut. What is asked for that there is not is an Invalid failure: located at "subset" where the box lies outside,
// at "crs" where a system is not known, at "bands", "scale" or "format", and at "size" where it is too much.
func (r *Renderer) Cut(ctx context.Context, c Cut) (_ *Piece, err error) {
	defer recovered(&err)
	p := preparation{r: r, ctx: ctx, look: &look{}}
	if c.Coverage, err = p.complete(c.Coverage); err != nil {
		return nil, err
	}
	if err := c.Encoding.check(); err != nil {
		return nil, err
	}
	piece := &Piece{r: r, cut: c, Type: c.Encoding.Type}
	if piece.bands, err = c.bands(); err != nil {
		return nil, err
	}
	if piece.plan, err = r.planCut(c); err != nil {
		return nil, err
	}
	if piece.file, err = r.store.file(ctx, c.Coverage.Href, c.Coverage.ETag); err != nil {
		return nil, err
	}
	piece.Grid = piece.plan.grid
	if err := piece.fits(); err != nil {
		return nil, err
	}
	piece.Tag, err = piece.tag()
	return piece, err
}

// bands are the places of the bands in the file.
func (c Cut) bands() ([]int, error) {
	all := make([]int, len(c.Coverage.Bands))
	for i, b := range c.Coverage.Bands {
		all[i] = max(b.Index, 1)
	}
	if len(all) == 0 {
		for i := range max(c.Coverage.Grid.Bands, 1) {
			all = append(all, i+1)
		}
	}
	if len(c.Bands) == 0 {
		return all, nil
	}
	chosen := make([]int, len(c.Bands))
	for i, at := range c.Bands {
		if at < 0 || at >= len(all) {
			return nil, fault.At(fault.Invalid, "bands", "there is no band %d; there are %d", at+1, len(all))
		}
		chosen[i] = all[at]
	}
	return chosen, nil
}

// fits is a failure for a cut that is too large for the way it is made.
func (p *Piece) fits() error {
	g, limit, advice := p.Grid, int64(maxHeld), "; as plain GeoTIFF, neither compressed nor scaled nor in another reference system, there may be more"
	if p.Streamed() {
		limit, advice = maxStreamed, ""
	}
	if g.Width > maxSide || g.Height > maxSide {
		return fault.At(fault.Invalid, "size", "%d x %d pixels are too many: a side has at most %d", g.Width, g.Height, maxSide)
	}
	if size := int64(g.Width) * int64(g.Height) * int64(len(p.bands)) * bytesPerSample(g.DataType); size > limit {
		return fault.At(fault.Invalid, "size", "%d x %d pixels of %d bands are %d bytes, more than %d%s", g.Width, g.Height, len(p.bands), size, limit, advice)
	}
	return nil
}

// bytesPerSample is the bytes of a sample of a type, by GDAL's name.
func bytesPerSample(dataType string) int64 {
	switch dataType {
	case "Byte", "Int8":
		return 1
	case "UInt16", "Int16":
		return 2
	case "UInt32", "Int32", "Float32", "CInt16":
		return 4
	case "CFloat64":
		return 16
	}
	return 8
}

// tag tells cuts apart by the file and all that is asked of it.
func (p *Piece) tag() (string, error) {
	asked, err := json.Marshal([]any{p.file.href, p.file.etag, p.bands, p.plan.window.x, p.plan.window.y, p.plan.window.width, p.plan.window.height, p.plan.grid, p.cut.Resampling, p.cut.Encoding, p.nodata()})
	if err != nil {
		return "", fault.Classify(fault.Internal, err, "naming a part of %s", p.file.href)
	}
	sum := sha256.Sum256(asked)
	return hexadecimal.EncodeToString(sum[:16]), nil
}

// nodata is the value of no data that the coverage is registered with and that its file may not know of.
func (p *Piece) nodata() *float64 {
	for _, b := range p.cut.Coverage.Bands {
		if max(b.Index, 1) == p.bands[0] && b.NoData != nil {
			return b.NoData
		}
	}
	return p.cut.Coverage.Grid.NoData
}

// Streamed tells whether the samples go out as they are read.
func (p *Piece) Streamed() bool {
	e := p.cut.Encoding
	known, _ := samples(p.Grid.DataType, 0)
	return !p.plan.warped && !p.plan.scaled && e.Type == GeoTIFF && e.Compression == "" && known != nil && p.Grid.Bend == nil
}

// Content is the bytes of a file and how many there are.
type Content interface {
	io.ReadSeeker
	Size() int64
}

// Open makes the file, or, where its samples go out as they lie, what reads them. Making it, and each reading, is given up
// after some time.
func (p *Piece) Open(ctx context.Context, patience time.Duration) (_ Content, err error) {
	defer recovered(&err)
	if p.Streamed() {
		return p.stream(ctx, patience)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.write(ctx)
}

// cutPlan is what of a file becomes which grid.
type cutPlan struct {
	window window   // of the file
	grid   geo.Grid // of the result
	warped bool
	scaled bool
}

// planCut finds the window of a cut, and the grid that comes out.
func (r *Renderer) planCut(c Cut) (cutPlan, error) {
	g := c.Coverage.Grid
	native, asked, err := r.cutBounds(c.Box, g)
	if fault.LocatorOf(err) == "crs" {
		err = fault.At(fault.Invalid, "subsettingCrs", "%v", err)
	}
	if err != nil {
		return cutPlan{}, err
	}
	p := cutPlan{window: windowOf(native, g), grid: g}
	if p.window.width <= 0 || p.window.height <= 0 {
		return p, fault.At(fault.Invalid, "subset", "the subset lies outside the coverage")
	}
	p.grid.Overviews, p.grid.Width, p.grid.Height = nil, p.window.width, p.window.height
	if out := coded(c.CRS); c.CRS != 0 && !alike(out, systemOf(g)) {
		return r.planWarp(c, p, asked)
	}
	width, height := c.Scale[0].of(p.window.width), c.Scale[1].of(p.window.height)
	p.scaled = width != p.window.width || height != p.window.height
	p.grid.Width, p.grid.Height, p.grid.Transform = width, height, placed(g.Transform, p.window, width, height)
	return p, nil
}

// placed is the transform of a window of a grid that has become so many pixels.
func placed(t [6]float64, w window, width, height int) [6]float64 {
	x, y := float64(w.x), float64(w.y)
	t[0], t[3] = t[0]+x*t[1]+y*t[2], t[3]+x*t[4]+y*t[5]
	across, down := float64(w.width)/float64(width), float64(w.height)/float64(height)
	t[1], t[4], t[2], t[5] = t[1]*across, t[4]*across, t[2]*down, t[5]*down
	return t
}

// planWarp lays the grid of another system over a window: with square pixels, of which the diagonal has as many as that of
// the window.
func (r *Renderer) planWarp(c Cut, p cutPlan, asked orb.Bound) (cutPlan, error) {
	g := c.Coverage.Grid
	out := coded(c.CRS)
	bounds := asked
	if boxSystem := boxSystem(c.Box, g); !alike(boxSystem, out) {
		var err error
		if bounds, err = r.transformed(boundsOf(g, p.window), systemOf(g), out); err != nil {
			return p, err
		}
	}
	across, up := bounds.Max[0]-bounds.Min[0], bounds.Max[1]-bounds.Min[1]
	pixel := math.Hypot(across, up) / math.Hypot(float64(p.window.width), float64(p.window.height))
	if !(pixel > 0) || math.IsInf(pixel, 0) {
		return p, fault.At(fault.Invalid, "crs", "the subset has no extent in %s", c.CRS)
	}
	count := func(length float64) int { return int(max(1, min(math.Round(length/pixel), maxSide+1))) }
	width, height := c.Scale[0].of(count(across)), c.Scale[1].of(count(up))
	p.warped = true
	p.grid.CRS, p.grid.WKT, p.grid.Bend = c.CRS, "", nil
	p.grid.Width, p.grid.Height = width, height
	p.grid.Transform = [6]float64{bounds.Min[0], max(across, pixel) / float64(width), 0, bounds.Max[1], 0, -max(up, pixel) / float64(height)}
	return p, nil
}

func boxSystem(b Box, g geo.Grid) system {
	if b.CRS == 0 {
		return systemOf(g)
	}
	return coded(b.CRS)
}

// alike tells whether coordinates of one system are those of the other.
func alike(a, b system) bool { return a.crs.EPSG() == b.crs.EPSG() && a.wkt == b.wkt }

// cutBounds is what of a grid lies in a box: in its own system, and in that of the box.
func (r *Renderer) cutBounds(box Box, g geo.Grid) (native, asked orb.Bound, err error) {
	whole := g.Bounds()
	from := boxSystem(box, g)
	if asked, err = r.transformed(whole, systemOf(g), from); err != nil {
		return native, asked, err
	}
	limits := asked
	for i := range 2 {
		if box.Min[i] != nil {
			asked.Min[i] = *box.Min[i]
		}
		if box.Max[i] != nil {
			asked.Max[i] = *box.Max[i]
		}
	}
	if box.Min == [2]*float64{} && box.Max == [2]*float64{} {
		return whole, asked, nil
	}
	for i := range 2 {
		if asked.Min[i] > limits.Max[i] || asked.Max[i] < limits.Min[i] || asked.Min[i] > asked.Max[i] {
			return native, asked, fault.At(fault.Invalid, "subset", "%g to %g lies outside the coverage, which reaches from %g to %g", asked.Min[i], asked.Max[i], limits.Min[i], limits.Max[i])
		}
		asked.Min[i], asked.Max[i] = max(asked.Min[i], limits.Min[i]), min(asked.Max[i], limits.Max[i])
	}
	native, err = r.transformed(asked, from, systemOf(g))
	return native, asked, err
}

// windowOf is the pixels of a grid that bounds touch by more than a trifle, at least one in each direction.
func windowOf(b orb.Bound, g geo.Grid) window {
	west, north, east, south := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, x := range []float64{b.Min[0], (b.Min[0] + b.Max[0]) / 2, b.Max[0]} {
		for _, y := range []float64{b.Min[1], (b.Min[1] + b.Max[1]) / 2, b.Max[1]} {
			col, row := g.Pixel(x, y)
			west, east, north, south = min(west, col), max(east, col), min(north, row), max(south, row)
		}
	}
	x, width := pixelsBetween(west, east, g.Width)
	y, height := pixelsBetween(north, south, g.Height)
	return window{x, y, width, height}
}

// pixelsBetween is the first of n pixels that lies between two positions, and how many do.
func pixelsBetween(from, to float64, n int) (first, count int) {
	const trifle = 1e-4
	if !(from < float64(n)+trifle && to > -trifle) {
		return 0, 0
	}
	low := int(max(0, min(math.Floor(from+trifle), float64(n-1))))
	high := int(max(float64(low+1), min(math.Ceil(to-trifle), float64(n))))
	return low, high - low
}

// boundsOf is the extent of a window of a grid.
func boundsOf(g geo.Grid, w window) orb.Bound {
	part := g
	part.Transform, part.Width, part.Height = placed(g.Transform, w, w.width, w.height), w.width, w.height
	if g.Bend == nil {
		return part.Bounds()
	}
	b := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, corner := range [][2]int{{0, 0}, {w.width, 0}, {0, w.height}, {w.width, w.height}} {
		x, y := g.World(float64(w.x+corner[0]), float64(w.y+corner[1]))
		b = b.Extend(orb.Point{x, y})
	}
	return b
}

// cutResamplings are the ways of resampling of cuts, by GDAL's names.
var cutResamplings = map[Resampling]string{
	"": "near", Nearest: "near", Bilinear: "bilinear", Cubic: "cubic", "cubicspline": "cubicspline", "lanczos": "lanczos", "average": "average", "mode": "mode",
}

// Resamplings lists the ways of resampling of cuts.
func Resamplings() []Resampling {
	return slices.DeleteFunc([]Resampling{Nearest, Bilinear, Cubic, "cubicspline", "lanczos", "average", "mode"}, func(r Resampling) bool { return cutResamplings[r] == "" })
}
