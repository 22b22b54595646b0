package raster

import "context"

// Warm reads what a map needs into the cache of decoded blocks, without drawing it.
func (r *Renderer) Warm(ctx context.Context, m Map) (err error) {
	defer recovered(&err)
	if err := r.check(m); err != nil {
		return err
	}
	d := newDrawing(r, m, 1, 1)
	for _, c := range d.lattice.chunks() {
		for i, s := range m.Scenes {
			if err := d.warm(ctx, c, i, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *drawing) warm(ctx context.Context, c chunk, i int, s Scene) error {
	p := painters.Get().(*painter)
	defer painters.Put(p)
	p.begin(d, c)
	if !p.near(d.places[i]) {
		return nil
	}
	l, err := d.look(ctx, i, s)
	if err != nil || l == nil {
		return err
	}
	for g, grid := range l.grids {
		if seen, err := p.look(g, grid); err != nil || !seen {
			return err
		}
	}
	for k, in := range l.inputs {
		s := p.sights[l.of[k]]
		x0, y0 := max(s.box.x, 0), max(s.box.y, 0)
		x1, y1 := min(s.box.x+s.box.width, s.level.width), min(s.box.y+s.box.height, s.level.height)
		if x0 >= x1 || y0 >= y1 {
			continue
		}
		if _, err := d.r.need(ctx, in, s.level, x0/s.level.blockWidth, y0/s.level.blockHeight, (x1-1)/s.level.blockWidth, (y1-1)/s.level.blockHeight); err != nil {
			return err
		}
	}
	return nil
}
