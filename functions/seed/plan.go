package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/bits"
	"slices"
	"sync"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/overview"
	"perigee/shared/record"
)

// The modes of a job.
const (
	modeSeed   = "seed"   // draw what is not kept or not current
	modeReseed = "reseed" // draw everything
	modeDelete = "delete" // remove what is kept
)

// order says exactly what a job does. It is kept with the job, and every worker makes the same plan of it, whatever its
// own settings are.
type order struct {
	Mode    string        `json:"mode"`
	Subject string        `json:"subject"` // the layer or item whose revisions count
	Format  string        `json:"format"`  // media type
	MinZoom int           `json:"minzoom"`
	MaxZoom int           `json:"maxzoom"`
	Parts   []part        `json:"parts"`
	Areas   [][]orb.Bound `json:"areas"` // longitude, latitude; none crosses the date line
	Block   int           `json:"block"` // tiles along a side of a block

	// Overviews are the areas in which the overview mosaic of the subject is made before the tiles: they are drawn of it.
	Overviews []int `json:"overviews,omitempty"`

	sets grid.List // that tiles are kept in
}

// part is a pyramid of tiles.
type part struct {
	Layer   string `json:"layer"`
	Style   string `json:"style"`
	Grid    string `json:"grid"`
	Time    string `json:"time,omitempty"` // as record.ParseInterval reads it; empty: any
	Area    int    `json:"area"`           // which of the areas
	MaxZoom int    `json:"maxzoom"`        // down to which level the layer is kept in the grid
}

func readOrder(job catalogue.SeedJob, sets grid.List) (order, error) {
	o := order{sets: sets}
	if err := json.Unmarshal(job.Request, &o); err != nil {
		return o, fault.Classify(fault.Invalid, err, "the request of job %s cannot be read", job.ID)
	}
	for _, p := range o.Parts {
		if p.Area < 0 || p.Area >= len(o.Areas) || o.Block < 1 || o.Block > maxSide {
			return o, fault.New(fault.Invalid, "the request of job %s has no area %d, or blocks of %d tiles", job.ID, p.Area, o.Block)
		}
	}
	for _, area := range o.Overviews {
		if area < 0 || area >= len(o.Areas) {
			return o, fault.New(fault.Invalid, "the request of job %s has no area %d", job.ID, area)
		}
	}
	return o, nil
}

// interval is the time of a part.
func (p part) interval() (record.Interval, error) {
	if p.Time == "" {
		return record.Interval{}, nil
	}
	return record.ParseInterval(p.Time)
}

// rectangle is some columns and rows of tiles, the last ones included.
type rectangle struct{ col0, row0, col1, row1 int }

func (r rectangle) tiles() int64 { return int64(r.col1-r.col0+1) * int64(r.row1-r.row0+1) }

// rectangles are the tiles of a level that an area touches. Those that are side by side and share columns are joined,
// as both halves of a box across the date line do at low levels.
func rectangles(set grid.Set, area []orb.Bound, z int) []rectangle {
	var all []rectangle
	for _, b := range area {
		if r, ok := covering(set, b, z); ok {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b rectangle) int {
		return cmp.Or(cmp.Compare(a.row0, b.row0), cmp.Compare(a.row1, b.row1), cmp.Compare(a.col0, b.col0), cmp.Compare(a.col1, b.col1))
	})
	var joined []rectangle
	for _, r := range all {
		if n := len(joined) - 1; n >= 0 && joined[n].row0 == r.row0 && joined[n].row1 == r.row1 && r.col0 <= joined[n].col1 {
			joined[n].col1 = max(joined[n].col1, r.col1)
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

// covering is the rectangle of tiles that share an area with a box. What lies beyond the poles of the set has none.
func covering(set grid.Set, b orb.Bound, z int) (rectangle, bool) {
	if z >= set.Levels {
		return rectangle{}, false
	}
	projection, ok := geo.Plain(set.CRS)
	if !ok { // only PROJ knows where the box lies: the level as a whole, of which most may be found empty
		cols, rows := set.Size(z)
		return rectangle{0, 0, cols - 1, rows - 1}, true
	}
	_, lowest := projection.Inverse(set.Extent.Min[0], set.Extent.Min[1])
	_, highest := projection.Inverse(set.Extent.Max[0], set.Extent.Max[1])
	if b.Max[1] < lowest || b.Min[1] > highest {
		return rectangle{}, false
	}
	west, south := projection.Forward(b.Min[0], max(b.Min[1], lowest))
	east, north := projection.Forward(b.Max[0], min(b.Max[1], highest))
	edge := set.Resolution(z) * grid.TileSize * 1e-6 // a box that ends on a tile's border does not touch the next tile
	west, east = inward(west, east, edge)
	south, north = inward(south, north, edge)
	from, to, ok := set.Covering(orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, z)
	return rectangle{from.Col, from.Row, to.Col, to.Row}, ok
}

func inward(low, high, by float64) (float64, float64) {
	if high-low <= 2*by {
		return (low + high) / 2, (low + high) / 2
	}
	return low + by, high - by
}

// tiles counts the tiles of a job, without listing them. Boxes of an area that share tiles are counted each.
func (o order) tiles() int64 {
	var n int64
	for _, p := range o.Parts {
		set, err := o.sets.Named(p.Grid)
		if err != nil {
			continue
		}
		for z := o.MinZoom; z <= min(o.MaxZoom, p.MaxZoom); z++ {
			for _, r := range rectangles(set, o.Areas[p.Area], z) {
				n += r.tiles()
			}
		}
	}
	return n
}

// block is what one event has done: the tiles of a square of tiles that the job is about.
type block struct {
	part     int
	col, row int    // counted in blocks
	has      uint64 // bit row*side+col: that tile of the square
}

// tiles lists the tiles of a block.
func (b block) tiles(z, side int) []grid.Tile {
	var all []grid.Tile
	for i := range side * side {
		if b.has&(1<<i) != 0 {
			all = append(all, grid.Tile{Z: z, Col: b.col*side + i%side, Row: b.row*side + i/side})
		}
	}
	return all
}

func (b block) count() int64 { return int64(bits.OnesCount64(b.has)) }

// blocks lists the blocks of a level, each tile in one of them: part by part, row by row.
func (o order) blocks(z int) []block {
	if z < 0 {
		return o.chunks(z)
	}
	var all []block
	for i, p := range o.Parts {
		set, err := o.sets.Named(p.Grid)
		if err != nil || z > p.MaxZoom {
			continue
		}
		squares := map[block]uint64{}
		for _, r := range rectangles(set, o.Areas[p.Area], z) {
			o.mark(squares, i, r)
		}
		first := len(all)
		for b := range maps.Keys(squares) {
			b.has = squares[b]
			all = append(all, b)
		}
		slices.SortFunc(all[first:], func(a, b block) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col)) })
	}
	return all
}

// mark enters the tiles of a rectangle into the squares that they lie in.
func (o order) mark(squares map[block]uint64, part int, r rectangle) {
	side := o.Block
	for row := r.row0 / side; row <= r.row1/side; row++ {
		for col := r.col0 / side; col <= r.col1/side; col++ {
			var has uint64
			for y := max(r.row0, row*side); y <= min(r.row1, row*side+side-1); y++ {
				for x := max(r.col0, col*side); x <= min(r.col1, col*side+side-1); x++ {
					has |= 1 << ((y%side)*side + x%side)
				}
			}
			squares[block{part: part, col: col, row: row}] |= has
		}
	}
}

// levels are the levels of a job that have tiles.
func (o order) levels() []catalogue.SeedLevel {
	var all []catalogue.SeedLevel
	for z := levelOf(overview.Finest); z < 0 && len(o.Overviews) > 0; z++ {
		if n := int64(len(o.chunks(z))); n > 0 {
			all = append(all, catalogue.SeedLevel{Level: z, Blocks: n, Tiles: n})
		}
	}
	for z := o.MinZoom; z <= o.MaxZoom; z++ {
		level := catalogue.SeedLevel{Level: z}
		for _, b := range o.blocks(z) {
			level.Blocks++
			level.Tiles += b.count()
		}
		if level.Blocks > 0 {
			all = append(all, level)
		}
	}
	return all
}

// plans remembers the blocks of the levels that are being worked on.
type plans struct {
	mu    sync.Mutex
	known []plan
}

// plan is a level of a job, ready to be worked on.
type plan struct {
	job    string
	level  int
	order  order
	blocks []block
}

const maxPlans = 4

func (p *plans) of(job catalogue.SeedJob, level int, sets grid.List) (plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.known, func(k plan) bool { return k.job == job.ID && k.level == level }); i >= 0 {
		return p.known[i], nil
	}
	o, err := readOrder(job, sets)
	if err != nil {
		return plan{}, err
	}
	made := plan{job.ID, level, o, o.blocks(level)}
	p.known = append(p.known, made)
	p.known = p.known[max(0, len(p.known)-maxPlans):]
	return made, nil
}
