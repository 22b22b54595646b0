package raster

import (
	"encoding/binary"
	"slices"
)

// palette is a list of at most 256 colours, with a table to find them.
type palette struct {
	colours [][4]uint8
	table   [1024]uint16 // index+1 by a hash of the colour
}

// index finds a colour or adds it; false when there are too many.
func (p *palette) index(c uint32) (uint8, bool) {
	for at := c * 0x9E3779B1 >> 22; ; at = (at + 1) & 1023 {
		i := p.table[at]
		if i == 0 {
			if len(p.colours) == 256 {
				return 0, false
			}
			var rgba [4]uint8
			binary.LittleEndian.PutUint32(rgba[:], c)
			p.colours = append(p.colours, rgba)
			p.table[at] = uint16(len(p.colours))
			return uint8(len(p.colours) - 1), true
		}
		if binary.LittleEndian.Uint32(p.colours[i-1][:]) == c {
			return uint8(i - 1), true
		}
	}
}

// census is what a look over all pixels tells.
type census struct {
	palette *palette // nil: more than 256 colours
	grey    bool
	opaque  bool
	binary  bool // every pixel is opaque or fully transparent
	levels  [256]bool
}

// colour reads a pixel; all that is fully transparent is the same colour.
func colour(px []uint8) uint32 {
	c := binary.LittleEndian.Uint32(px)
	if c>>24 == 0 {
		return 0
	}
	return c
}

// take looks at the pixels until nothing but opacity is left to learn.
func take(p *Picture) census {
	s := census{palette: &palette{colours: make([][4]uint8, 0, 256)}, grey: true, opaque: true, binary: true}
	last, known := uint32(0), false
	for y := range p.Height {
		row := p.row(y)
		for i := 0; i < len(row); i += 4 {
			c := colour(row[i : i+4 : i+4])
			if known && c == last {
				continue
			}
			last, known = c, true
			if s.note(c); s.palette == nil && !s.grey {
				s.opaque = p.Opaque()
				return s
			}
		}
	}
	return s
}

func (s *census) note(c uint32) {
	if s.palette != nil {
		if _, ok := s.palette.index(c); !ok {
			s.palette = nil
		}
	}
	r, g, b, a := uint8(c), uint8(c>>8), uint8(c>>16), uint8(c>>24)
	switch a {
	case 255:
		s.levels[r] = true
	case 0:
		s.opaque = false
		return
	default:
		s.opaque, s.binary = false, false
	}
	if r != g || g != b {
		s.grey = false
	}
}

func layoutOf(p *Picture) pngLayout {
	s := take(p)
	switch {
	case s.palette != nil:
		depth := uint8(8)
		for _, d := range []uint8{4, 2, 1} {
			if len(s.palette.colours) <= 1<<d {
				depth = d
			}
		}
		return pngLayout{colour: pngPalette, depth: depth, channels: 1, palette: s.palette}
	case s.grey && s.opaque:
		return pngLayout{colour: pngGrey, depth: 8, channels: 1, transparent: -1}
	case s.grey:
		if level, ok := s.unused(); ok {
			return pngLayout{colour: pngGrey, depth: 8, channels: 1, transparent: level}
		}
		return pngLayout{colour: pngGreyAlpha, depth: 8, channels: 2, transparent: -1}
	case s.opaque:
		return pngLayout{colour: pngRGB, depth: 8, channels: 3, transparent: -1}
	}
	return pngLayout{colour: pngRGBA, depth: 8, channels: 4, transparent: -1}
}

// unused finds a grey level that no opaque pixel has, to stand for transparency.
func (s *census) unused() (int, bool) {
	for level, used := range s.levels {
		if !used {
			return level, s.binary
		}
	}
	return 0, false
}

// indices appends the rows of a palette's indices, each after its filter byte: none, of those of the standard (W3C PNG, 9.2).
func (l pngLayout) indices(rows []byte, p *Picture) []byte {
	size := (p.Width*int(l.depth) + 7) / 8
	rows = slices.Grow(rows, (size+1)*p.Height)
	for y := range p.Height {
		rows = append(rows, 0)
		rows = rows[:len(rows)+size]
		l.packIndices(rows[len(rows)-size:], p.row(y))
	}
	return rows
}

func (l pngLayout) packIndices(dst []byte, row []uint8) {
	clear(dst)
	perByte := 8 / int(l.depth)
	for i, x := 0, 0; i < len(row); i, x = i+4, x+1 {
		index, _ := l.palette.index(colour(row[i : i+4 : i+4]))
		shift := 8 - int(l.depth)*(x%perByte+1)
		dst[x/perByte] |= index << shift
	}
}
