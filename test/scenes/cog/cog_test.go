package cog

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"testing"
)

// page is a directory read back.
type page map[uint16][]byte

func (p page) number(t *testing.T, tag uint16) int {
	t.Helper()
	switch b := p[tag]; len(b) {
	case 2:
		return int(binary.LittleEndian.Uint16(b))
	case 4:
		return int(binary.LittleEndian.Uint32(b))
	default:
		t.Fatalf("tag %d has %d bytes", tag, len(b))
		return 0
	}
}

func read(t *testing.T, file []byte) []page {
	t.Helper()
	le := binary.LittleEndian
	sizes := map[uint16]int{2: 1, 3: 2, 4: 4, 12: 8}
	var pages []page
	for at := le.Uint32(file[4:]); at != 0; {
		p := page{}
		n := int(le.Uint16(file[at:]))
		last := uint16(0)
		for i := range n {
			e := file[int(at)+2+12*i:]
			tag, size := le.Uint16(e), sizes[le.Uint16(e[2:])]*int(le.Uint32(e[4:]))
			if tag <= last {
				t.Errorf("tag %d follows %d: not sorted", tag, last)
			}
			last = tag
			data := e[8:]
			if size > 4 {
				data = file[le.Uint32(e[8:]):]
			}
			p[tag] = data[:size]
		}
		pages = append(pages, p)
		at = le.Uint32(file[int(at)+2+12*n:])
	}
	return pages
}

// samples undoes compression and predictor of the first tile.
func samples(t *testing.T, file []byte, p page) []uint16 {
	t.Helper()
	offset, count := binary.LittleEndian.Uint32(p[324]), binary.LittleEndian.Uint32(p[325])
	if size := binary.LittleEndian.Uint32(file[offset-4:]); size != count {
		t.Errorf("the leader says %d bytes, the directory %d", size, count)
	}
	if !bytes.Equal(file[offset+count:][:4], file[offset+count-4:][:4]) {
		t.Error("the trailer does not repeat the last bytes")
	}
	z, err := zlib.NewReader(bytes.NewReader(file[offset:][:count]))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]uint16, Block*Block)
	for i := range out {
		out[i] = binary.LittleEndian.Uint16(raw[2*i:])
		if i%Block > 0 {
			out[i] += out[i-1]
		}
	}
	return out
}

func ramp(width, height int) Raster {
	nodata := uint16(0)
	r := Raster{Width: width, Height: height, Bits: 16, NoData: &nodata, X: 600000, Y: 5400000, Step: 10, EPSG: 32633, Bands: [][]uint16{make([]uint16, width*height)}}
	for i := range r.Bands[0] {
		r.Bands[0][i] = uint16(1 + i%width*3 + i/width)
	}
	return r
}

func TestWrittenFileReadsBack(t *testing.T) {
	r := ramp(1100, 700)
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	pages := read(t, b.Bytes())
	if len(pages) != 3 {
		t.Fatalf("%d directories, want 3", len(pages))
	}
	for i, want := range [][2]int{{1100, 700}, {550, 350}, {275, 175}} {
		if w, h := pages[i].number(t, 256), pages[i].number(t, 257); w != want[0] || h != want[1] {
			t.Errorf("level %d is %dx%d, want %v", i, w, h, want)
		}
	}
	if got := samples(t, b.Bytes(), pages[0]); got[5] != r.Bands[0][5] || got[Block*3+511] != r.Bands[0][1100*3+511] {
		t.Error("the samples of the first tile differ")
	}
	if first, last := binary.LittleEndian.Uint32(pages[0][324]), binary.LittleEndian.Uint32(pages[2][324]); last > first {
		t.Error("the coarsest level is not first in the file")
	}
	if string(pages[0][42113]) != "0\x00" || len(pages[0][34735]) != 40 || pages[1][33550] != nil {
		t.Error("no data value or georeference are not as expected")
	}
}

func TestOverviewsAverageWhatIsValid(t *testing.T) {
	nodata := uint16(0)
	r := Raster{Width: 5, Height: 2, Bits: 16, NoData: &nodata, Bands: [][]uint16{{0, 10, 0, 0, 20, 0, 20, 0, 0, 40}}}
	h := Half(r)
	if h.Width != 3 || h.Height != 1 {
		t.Fatalf("%dx%d", h.Width, h.Height)
	}
	// The columns of the overview are 5/3 wide: 0..1.67, 1.67..3.33, 3.33..5.
	want := []uint16{15, 15, 30}
	for i, v := range h.Bands[0] {
		if v != want[i] {
			t.Errorf("pixel %d is %d, want %d", i, v, want[i])
		}
	}
}

func TestOverviewsOfClassesTakeTheCommonest(t *testing.T) {
	nodata := uint16(0)
	for _, c := range []struct {
		in   []uint16
		want uint16
	}{{[]uint16{4, 6, 6, 5}, 6}, {[]uint16{0, 0, 0, 5}, 5}, {[]uint16{0, 0, 0, 0}, 0}, {[]uint16{4, 5, 6, 9}, 4}} {
		if got := Half(Raster{Width: 2, Height: 2, Bits: 8, Classes: true, NoData: &nodata, Bands: [][]uint16{c.in}}).Bands[0][0]; got != c.want {
			t.Errorf("%v gives %d, want %d", c.in, got, c.want)
		}
	}
}
