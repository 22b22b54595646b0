package raster

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// Map is what to draw.
type Map struct {
	CRS           geo.CRS
	Bounds        orb.Bound // easting or longitude first
	Width, Height int
	Scenes        []Scene     // the first is on top
	Background    *color.RGBA // nil: white
	Transparent   bool        // nothing shows where nothing is drawn; the background is not used
	Resampling    Resampling  // bilinear when empty; classes are always taken from the nearest pixel
}

// Resampling is how a pixel of the map is computed from those of a coverage around its place. Where the map is coarser,
// all but Nearest take in all that a pixel shows.
type Resampling string

// The ways of resampling, by gdalwarp's names.
const (
	Nearest  Resampling = "nearest"
	Bilinear Resampling = "bilinear"
	Cubic    Resampling = "cubic"
)

// Scene is a product to draw, and how: from the top its lines, its picture, its area and its heat, each if it is given.
type Scene struct {
	Coverages []record.Coverage
	Browse    product.Browse
	Style     *Style         // the colours of a browse with one channel; black to white when nil
	Footprint []byte         // well-known binary in longitude and latitude (EWKB), or nothing: where the product certainly ends
	Masks     []Mask         // a pixel of picture, area or heat shows where all of them let it; lines are not masked
	Outline   *Outline       // nil: none
	Area      *Area          // nil: none
	Heat      []orb.Geometry // polygons in longitude and latitude, whose number over a pixel is coloured by Style
	HeatRange [2]float64     // that the style spans; 0 to the greatest number in the map when both are 0
	Variables map[string]any // what var gives in expressions: float64 or string
}

// Draw draws a map. Scenes that cannot be drawn as they are registered are left out and named in Picture.Flaws, unless
// there is no other; what may pass, such as a storage that does not answer, fails the whole map.
func (r *Renderer) Draw(ctx context.Context, m Map) (_ *Picture, err error) {
	defer recovered(&err)
	if err := r.check(m); err != nil {
		return nil, err
	}
	d := newDrawing(r, m, m.Width, m.Height)
	d.pic.CRS, d.pic.Bounds = m.CRS, m.Bounds
	if !m.Transparent {
		if d.pic.Background = m.Background; m.Background == nil {
			d.pic.Background = &color.RGBA{255, 255, 255, 255}
		}
	}
	if err := d.chunks(ctx); err != nil {
		return nil, err
	}
	d.pic.Blocks = int(d.blocks.Load())
	for _, l := range d.looks {
		if l != nil {
			d.pic.Scenes++
		}
	}
	slices.SortFunc(d.pic.Flaws, func(a, b Flaw) int { return a.Scene - b.Scene })
	if n := len(d.pic.Flaws); n > 0 && n == len(m.Scenes) {
		return nil, d.pic.Flaws[0].Err
	}
	return d.pic, nil
}

func (r *Renderer) check(m Map) error {
	switch {
	case m.Width < 1 || m.Height < 1:
		return fault.At(fault.Invalid, "width", "a map has a width and a height of at least one pixel, not %d x %d", m.Width, m.Height)
	case m.Width > r.cfg.MaxPixels/m.Height:
		return fault.At(fault.Invalid, "width", "a map has at most %d pixels; %d x %d are more", r.cfg.MaxPixels, m.Width, m.Height)
	case len(m.Scenes) > r.cfg.MaxScenes:
		return fault.At(fault.Invalid, "layers", "a map shows at most %d scenes, not %d", r.cfg.MaxScenes, len(m.Scenes))
	case !slices.Contains([]Resampling{"", Nearest, Bilinear, Cubic}, m.Resampling):
		return fault.At(fault.Invalid, "interpolation", "a map can be resampled as nearest, bilinear or cubic, not as %q", m.Resampling)
	case !(m.Bounds.Max[0] > m.Bounds.Min[0] && m.Bounds.Max[1] > m.Bounds.Min[1]):
		return fault.At(fault.Invalid, "bbox", "the bounds of a map enclose nothing: %v", m.Bounds)
	}
	// How many pixels the map lies from the origin.
	far := max(math.Abs(m.Bounds.Min[0]), math.Abs(m.Bounds.Max[0]))/(m.Bounds.Max[0]-m.Bounds.Min[0])*float64(m.Width) +
		max(math.Abs(m.Bounds.Min[1]), math.Abs(m.Bounds.Max[1]))/(m.Bounds.Max[1]-m.Bounds.Min[1])*float64(m.Height)
	const tiny = 1e-12 // units of the system
	if !(far < 1<<40) || m.Bounds.Max[0]-m.Bounds.Min[0] < tiny || m.Bounds.Max[1]-m.Bounds.Min[1] < tiny {
		return fault.At(fault.Invalid, "bbox", "the bounds of a map are too small or too far away: %v", m.Bounds)
	}
	return nil
}

// drawing is a map being drawn.
type drawing struct {
	r        *Renderer
	m        Map
	lattice  lattice
	pic      *Picture
	places   []orb.Geometry // by scene: its footprint, nil where that is not known
	vertices atomic.Int64   // that geometries may still have
	blocks   atomic.Int64   // that had to be decoded
	making   []sync.Mutex   // by scene, held while its look is made

	mu    sync.Mutex
	looks []*look // by scene, made when a chunk first needs it
	flaws map[int]bool
}

// newDrawing begins a drawing of a map into a picture.
func newDrawing(r *Renderer, m Map, width, height int) *drawing {
	d := &drawing{
		r: r, m: m, lattice: latticeOf(m), looks: make([]*look, len(m.Scenes)), making: make([]sync.Mutex, len(m.Scenes)), places: places(m.Scenes),
		pic: newPicture(width, height),
	}
	d.vertices.Store(maxVertices)
	return d
}

// chunks draws all chunks, several at a time.
func (d *drawing) chunks(ctx context.Context) error {
	all := d.lattice.chunks()
	if len(all) == 1 {
		return d.chunk(ctx, all[0])
	}
	g, ctx := newGroup(ctx, 4*workers()) // more than can compute: some wait for the storage
	for _, c := range all {
		g.run(func() error { return d.chunk(ctx, c) })
	}
	return g.Wait()
}

// chunk draws the scenes into a chunk, from the top, until nothing below shows.
func (d *drawing) chunk(ctx context.Context, c chunk) error {
	p := painters.Get().(*painter)
	defer painters.Put(p)
	p.begin(d, c)
	ahead := d.lookAhead(ctx, c)
	defer ahead.stop()
	for i, s := range d.m.Scenes {
		if p.full() {
			return nil
		}
		if err := cancelled(ctx); err != nil {
			return err
		}
		if !p.near(d.places[i]) {
			continue
		}
		ahead.from(p, i)
		if err := d.scene(ctx, p, i, s); err != nil {
			return err
		}
	}
	return nil
}

// scene draws a scene into a chunk; a scene that cannot be drawn as it is registered is noted.
func (d *drawing) scene(ctx context.Context, p *painter, i int, s Scene) error {
	l, err := d.look(ctx, i, s)
	if err == nil && l != nil {
		err = p.layers(ctx, l)
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		return nil
	case kind == fault.Invalid && fault.LocatorOf(err) == "crs":
		return err
	case kind.Permanent(), errors.Is(err, errReplaced):
		d.flaw(i, err)
		return nil
	default:
		return fmt.Errorf("scene %d of the map: %w", i+1, err)
	}
}

// look gives the look of a scene; nil when the scene has a flaw.
func (d *drawing) look(ctx context.Context, i int, s Scene) (*look, error) {
	d.mu.Lock()
	l, flawed := d.looks[i], d.flaws[i]
	d.mu.Unlock()
	if l != nil || flawed {
		return l, nil
	}
	d.making[i].Lock() // other chunks will need the same
	defer d.making[i].Unlock()
	return d.lookNow(ctx, i, s)
}

// lookNow makes the look of a scene, unless it was made meanwhile.
func (d *drawing) lookNow(ctx context.Context, i int, s Scene) (*look, error) {
	d.mu.Lock()
	l, flawed := d.looks[i], d.flaws[i]
	d.mu.Unlock()
	if l != nil || flawed {
		return l, nil
	}
	over, err := d.overlay(ctx, s)
	if err != nil {
		return nil, err
	}
	if over.has() && !pictured(s.Browse) {
		l = &look{}
	} else if l, err = d.r.prepare(ctx, s, d.m.Resampling); err != nil {
		return nil, err
	}
	l.over = over
	for _, in := range l.inputs {
		in.decoded = &d.blocks
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks[i] = l
	return l, nil
}

// pictured tells whether a browse shows anything.
func pictured(b product.Browse) bool { return !b.IsZero() }

func (d *drawing) flaw(i int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.flaws[i] {
		return
	}
	if d.flaws == nil {
		d.flaws = map[int]bool{}
	}
	d.flaws[i], d.looks[i] = true, nil
	d.pic.Flaws = append(d.pic.Flaws, Flaw{Scene: i, Err: err})
}
