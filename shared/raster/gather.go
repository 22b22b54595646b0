package raster

import (
	"context"
	"slices"

	"perigee/shared/fault"
)

// ready looks where the chunk lies in the grids of a scene and reads what is seen there; false when that is nothing.
func (p *painter) ready(ctx context.Context, l *look) (bool, error) {
	for i, g := range l.grids {
		seen, err := p.look(i, g)
		if err != nil || !seen {
			return false, err
		}
		if s := p.sights[i]; madeOf(g.levels, s.level, s.box) > maxReduced {
			return false, fault.New(fault.Invalid, "%s is too large to be drawn at this scale without overviews", l.inputs[slices.Index(l.of, i)].file.href)
		}
	}
	return true, p.load(ctx, l)
}

// maxLanes is how many planes share their memory, so that one step works on all.
const maxLanes = 4

// arrange groups the inputs of each grid, at most maxLanes together, whose planes then share their memory.
func (p *painter) arrange(l *look) error {
	p.groups = p.groups[:0]
	for len(p.planes) < len(l.inputs) {
		p.planes = append(p.planes, &plane{})
	}
	for grid := range l.grids {
		if !p.sights[grid].fits() {
			return fault.New(fault.Internal, "a kernel reaches beyond what is read for it")
		}
		var group []int
		for i, of := range l.of {
			if of == grid {
				group = append(group, i)
			}
		}
		for len(group) > 0 {
			n := min(len(group), maxLanes)
			p.share(group[:n], p.sights[grid])
			group = group[n:]
		}
	}
	return nil
}

// share gives the planes of a group their memory, and rows for their samples.
func (p *painter) share(inputs []int, s *sight) {
	at := len(p.groups)
	if at == len(p.shared) {
		p.shared, p.lines, p.bads = append(p.shared, nil), append(p.lines, make([]float32, maxLanes*chunkSide)), append(p.bads, make([]int32, chunkSide))
	}
	a := sampler{s: s, bad: p.bads[at], inputs: inputs}
	lanes, size := 1, s.box.width*s.box.height
	if len(inputs) > 1 {
		lanes = maxLanes
	}
	p.shared[at] = slices.Grow(p.shared[at][:0], size*lanes)[:size*lanes]
	for lane, i := range inputs {
		*p.planes[i] = plane{samples: p.shared[at], lanes: lanes, lane: lane}
		for len(p.rows) <= i {
			p.rows = append(p.rows, nil)
		}
		p.rows[i] = p.lines[at][lane*chunkSide:][:chunkSide]
		a.planes, a.rows = append(a.planes, p.planes[i]), append(a.rows, p.rows[i])
	}
	p.groups = append(p.groups, a)
}

// all are the channels of a look, opacity last.
func (l *look) all() []*channel {
	var all []*channel
	for i := range l.channels {
		all = append(all, &l.channels[i])
	}
	if l.alpha != nil {
		all = append(all, l.alpha)
	}
	return all
}

// look computes where the chunk looks in a grid.
func (p *painter) look(i int, g sightGrid) (bool, error) {
	for len(p.sights) <= i {
		p.sights = append(p.sights, &sight{u: make([]int32, chunkSide*chunkSide), v: make([]int32, chunkSide*chunkSide)})
	}
	m, err := p.d.r.transforms.take(coded(p.d.m.CRS), systemOf(g.grid))
	if err != nil {
		return false, err
	}
	defer p.d.r.transforms.give(m)
	s := p.sights[i]
	s.grid, s.nearest, s.cubic, s.lattice, s.chunk, s.open, s.mapping = g.grid, g.nearest, g.cubic, p.d.lattice, p.c, &p.open, m
	seen := s.look(g.levels)
	s.mapping = nil
	return seen, nil
}

// load reads the planes of all inputs, of several files at the same time.
func (p *painter) load(ctx context.Context, l *look) error {
	if err := p.arrange(l); err != nil {
		return err
	}
	p.found = slices.Grow(p.found[:0], len(l.inputs))[:len(l.inputs)]
	clear(p.found)
	if err := p.loadFiles(ctx, l); err != nil {
		return err
	}
	for i := range p.groups {
		p.fill(l, &p.groups[i])
	}
	clear(p.found) // the cache decides how long blocks are kept
	return nil
}

func (p *painter) loadFiles(ctx context.Context, l *look) error {
	first := func(i int) bool { // of its file
		return !slices.ContainsFunc(l.inputs[:i], func(o *input) bool { return o.file == l.inputs[i].file })
	}
	if !slices.ContainsFunc(l.inputs[1:], func(o *input) bool { return o.file != l.inputs[0].file }) {
		return p.loadFile(ctx, l, l.inputs[0].file)
	}
	g, ctx := newGroup(ctx, readers)
	for i, in := range l.inputs {
		if first(i) {
			g.run(func() error { return p.loadFile(ctx, l, in.file) })
		}
	}
	return g.Wait()
}

// loadFile reads the planes of the inputs of a file.
func (p *painter) loadFile(ctx context.Context, l *look, f *file) error {
	for i, in := range l.inputs {
		if in.file != f {
			continue
		}
		if err := p.loadOne(ctx, l, i); err != nil {
			return err
		}
	}
	return nil
}

func (p *painter) loadOne(ctx context.Context, l *look, i int) error {
	s := p.sights[l.of[i]]
	if s.level.inside(s.box) {
		return p.find(ctx, l, i)
	}
	return p.d.r.gather(ctx, l.inputs[i], s.level, s.box, s.round, p.planes[i])
}
