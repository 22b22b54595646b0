package raster

// arrangement is how the samples of a file are laid out.
type arrangement struct {
	width, height, bands int
	sample               int // bytes
	planar               bool
	blockWidth           int // of a tile, or the width
	blockHeight          int // of a tile, or the rows of a strip
	rows                 int // that are read at once
	first                int // row of the grid that the rows read are counted from
}

// tiled tells whether the file has tiles.
func (s arrangement) tiled() bool { return s.blockWidth != s.width }

// planes is how often all pixels come, and together the samples of each.
func (s arrangement) planes() (planes, together int) {
	if s.planar {
		return s.bands, 1
	}
	return 1, s.bands
}

func (s arrangement) across() int { return (s.width + s.blockWidth - 1) / s.blockWidth }
func (s arrangement) down() int   { return (s.height + s.blockHeight - 1) / s.blockHeight }

// block is the bytes of a tile, or of a strip, of which the last is shorter.
func (s arrangement) block(row int) int64 {
	_, together := s.planes()
	height := s.blockHeight
	if !s.tiled() {
		height = min(height, s.height-row*height)
	}
	return int64(s.blockWidth) * int64(height) * int64(together*s.sample)
}

// plane is the bytes of all blocks of a plane.
func (s arrangement) plane() int64 {
	_, together := s.planes()
	if s.tiled() {
		return s.block(0) * int64(s.across()) * int64(s.down())
	}
	return int64(s.width) * int64(s.height) * int64(together*s.sample)
}

// size is the bytes of all samples.
func (s arrangement) size() int64 {
	planes, _ := s.planes()
	return s.plane() * int64(planes)
}

// The sizes of what is read and of what is written at once.
const (
	stripBytes = 256 << 10
	slabBytes  = 8 << 20
	maxSlab    = 32 << 20
	tileSide   = 256
)

// arrangementOf lays out a piece: its strips are of some rows, and what is read at once ends where the blocks of the file do.
func (p *Piece) arrangementOf() arrangement {
	e, g := p.cut.Encoding, p.Grid
	s := arrangement{width: g.Width, height: g.Height, bands: len(p.bands), sample: int(bytesPerSample(g.DataType)), planar: e.ByBand && len(p.bands) > 1, first: p.plan.window.y}
	_, together := s.planes()
	row := s.width * together * s.sample
	if e.Tile != [2]int{} {
		s.blockWidth, s.blockHeight = e.Tile[0], e.Tile[1]
		s.rows, s.first = s.blockHeight, 0
		return s
	}
	s.blockWidth, s.blockHeight = s.width, min(s.height, max(1, stripBytes/row))
	block := max(p.cut.Coverage.Grid.BlockHeight, 1)
	switch {
	case block*row > maxSlab:
		s.rows = max(1, slabBytes/row)
	default:
		s.rows = block * max(1, slabBytes/(block*row))
	}
	return s
}

// around is the rows that are read with one.
func (s arrangement) around(row int) (begin, end int) {
	at := (s.first + row) / s.rows * s.rows
	return max(at-s.first, 0), min(at+s.rows-s.first, s.height)
}

// tiles cuts rows into tiles, which are filled up with zeros.
func (s arrangement) tiles(raw []byte) []byte {
	if len(raw) == 0 {
		return nil
	}
	_, together := s.planes()
	pixel := together * s.sample
	stride, wide, rows := s.width*pixel, s.blockWidth*pixel, len(raw)/(s.width*pixel)
	out := make([]byte, s.block(0)*int64(s.across()))
	for col := range s.across() {
		tile := out[int64(col)*s.block(0):]
		for y := range rows {
			copy(tile[y*wide:][:wide], raw[y*stride+col*wide:(y+1)*stride])
		}
	}
	return out
}
