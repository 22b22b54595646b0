package cog

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
)

// directory is an image file directory of TIFF 6.0.
type directory struct {
	entries []entry
}

type entry struct {
	tag, kind uint16
	count     uint32
	data      []byte
}

const (
	kindASCII, kindShort, kindLong, kindDouble = 2, 3, 4, 12
)

func (d *directory) shorts(tag uint16, v ...uint16) {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, x)
	}
	d.entries = append(d.entries, entry{tag, kindShort, uint32(len(v)), b})
}

func (d *directory) longs(tag uint16, v ...uint32) {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	d.entries = append(d.entries, entry{tag, kindLong, uint32(len(v)), b})
}

func (d *directory) doubles(tag uint16, v ...float64) {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	d.entries = append(d.entries, entry{tag, kindDouble, uint32(len(v)), b})
}

func (d *directory) ascii(tag uint16, s string) {
	d.entries = append(d.entries, entry{tag, kindASCII, uint32(len(s) + 1), append([]byte(s), 0)})
}

// newDirectory describes one level; the finest one (level 0) carries the georeference.
func newDirectory(r Raster, level int, offsets, counts []uint32) *directory {
	d := &directory{}
	n := len(r.Bands)
	if level > 0 {
		d.longs(254, 1) // NewSubfileType: a reduced image
	}
	d.longs(256, uint32(r.Width))
	d.longs(257, uint32(r.Height))
	d.shorts(258, slices.Repeat([]uint16{uint16(r.Bits)}, n)...)
	d.shorts(259, 8) // DEFLATE
	photometric, extra := uint16(1), n-1
	if r.Colour {
		photometric, extra = 2, n-3
	}
	d.shorts(262, photometric)
	d.shorts(277, uint16(n))
	d.shorts(284, 1) // pixel interleaved
	d.shorts(317, 2) // horizontal predictor
	d.shorts(322, Block)
	d.shorts(323, Block)
	d.longs(324, offsets...)
	d.longs(325, counts...)
	if extra > 0 {
		d.shorts(338, make([]uint16, extra)...)
	}
	d.shorts(339, slices.Repeat([]uint16{1}, n)...)
	if level == 0 {
		d.georeference(r)
	}
	if r.NoData != nil {
		d.ascii(42113, strconv.Itoa(int(*r.NoData)))
	}
	return d
}

// georeference writes the keys of a UTM zone of WGS 84 (OGC 19-008r4, GeoTIFF 1.1).
func (d *directory) georeference(r Raster) {
	d.doubles(33550, r.Step, r.Step, 0)
	d.doubles(33922, 0, 0, 0, r.X, r.Y, 0)
	d.shorts(34735, 1, 1, 0, 4,
		1024, 0, 1, 1, // GTModelType: projected
		1025, 0, 1, 1, // GTRasterType: pixel is area
		3072, 0, 1, uint16(r.EPSG),
		3076, 0, 1, 9001) // metres
}

// encode gives the bytes of the directory at an offset of the file, followed by those values that do not fit into it.
func (d *directory) encode(at int, more bool) []byte {
	le := binary.LittleEndian
	table := le.AppendUint16(nil, uint16(len(d.entries)))
	values := at + 2 + 12*len(d.entries) + 4
	var outside []byte
	for _, e := range d.entries {
		table = le.AppendUint16(table, e.tag)
		table = le.AppendUint16(table, e.kind)
		table = le.AppendUint32(table, e.count)
		if len(e.data) <= 4 {
			table = append(table, append(e.data, 0, 0, 0, 0)[:4]...)
			continue
		}
		table = le.AppendUint32(table, uint32(values+len(outside)))
		outside = append(outside, e.data...)
		if len(outside)%2 == 1 {
			outside = append(outside, 0)
		}
	}
	next := uint32(0)
	if more {
		next = uint32(values + len(outside))
	}
	return append(le.AppendUint32(table, next), outside...)
}
