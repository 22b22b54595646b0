package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

func TestDescribe(t *testing.T) {
	r, all := products(t)
	d, err := r.Describe(context.Background(), coverage(t, all[0], "B04").Href)
	if err != nil {
		t.Fatal(err)
	}
	g := d.Grid
	if g.CRS != 32633 || g.Width != sampleSize || g.Height != sampleSize || g.DataType != "UInt16" || g.Bands != 1 || g.BlockWidth != 512 || g.BlockHeight != 512 || g.NoData == nil || *g.NoData != 0 {
		t.Errorf("the grid is %+v", g)
	}
	if len(g.Overviews) != 2 || g.Overviews[0].Width != 550 || g.Overviews[1].Height != 275 || g.Transform[1] != 10 || g.Transform[3] != 5400000 {
		t.Errorf("the grid is %+v", g)
	}
	b := d.Bands[0]
	if b.Name != "b1" || b.Index != 1 || b.Minimum == nil || *b.Minimum < 100 || *b.Maximum < 1500 || *b.Maximum > 5000 {
		t.Errorf("the band is %+v", b)
	}
	bound := d.Footprint.Bound()
	if math.Abs(bound.Min[0]-16.23) > .05 || math.Abs(bound.Max[1]-48.75) > .05 {
		t.Errorf("the footprint is %v", bound)
	}
}

func TestDescriptionGoesThroughJSON(t *testing.T) {
	r, all := products(t)
	d, err := r.Describe(context.Background(), coverage(t, all[0], "TCI").Href)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back Description
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(d, back) {
		t.Errorf("%+v became %+v", d, back)
	}
}

// small is a good file of 600 x 400 pixels.
func small(t testing.TB) []byte {
	t.Helper()
	c := synthetic(t, "A", cog.Raster{Width: 600, Height: 400, X: 600000, Y: 5400000, Step: 10}, func(x, y float64) uint16 { return uint16(x*7+y) | 1 })
	file, err := os.ReadFile(c.Href)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// broken are files that are no rasters, each with what the failure has to say.
func broken(t *testing.T) map[string][]byte {
	good := small(t)
	patched := func(tag uint16, value uint32) []byte {
		b := bytes.Clone(good)
		at := binary.LittleEndian.Uint32(b[4:])
		n := int(binary.LittleEndian.Uint16(b[at:]))
		for i := range n {
			e := b[int(at)+2+12*i:]
			if binary.LittleEndian.Uint16(e) == tag {
				binary.LittleEndian.PutUint16(e[2:], 4)
				binary.LittleEndian.PutUint32(e[8:], value)
				return b
			}
		}
		t.Fatalf("no tag %d", tag)
		return nil
	}
	all := map[string][]byte{
		"empty":                   {},
		"text":                    []byte("This is not a raster."),
		"json":                    []byte(`{"type":"Feature"}`),
		"png":                     []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"),
		"vrt":                     []byte(`<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand band="1"><SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>`),
		"header only":             good[:8],
		"huge width":              patched(256, 0x7fffffff),
		"huge height":             patched(257, 0x7fffffff),
		"no width":                patched(256, 0),
		"huge tiles":              patched(322, 1<<20),
		"unknown compression":     patched(259, 12345),
		"directory out of bounds": append([]byte("II*\x00\xff\xff\xff\x7f"), good[8:]...),
		"directory is itself":     append([]byte("II*\x00\x00\x00\x00\x00"), good[8:]...),
		"big tiff, nothing in it": []byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"),
	}
	for _, share := range []int{1, 10, 25, 50, 75, 90, 99} {
		all["cut at "+string(rune('0'+share/10))+string(rune('0'+share%10))+" %"] = good[:len(good)*share/100]
	}
	return all
}

func TestBrokenFilesAreRefusedInWords(t *testing.T) {
	dir := t.TempDir()
	r := renderer(t, dir)
	for name, file := range broken(t) {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+".tif")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		d, err := r.Describe(context.Background(), path)
		if fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v %+v", name, err, d)
			continue
		}
		if text := err.Error(); strings.Count(text, filepath.Base(path)) != 1 || strings.Contains(text, scheme) || strings.Contains(text, "\n") || len(text) > 1000 {
			t.Errorf("%s: the failure reads %q", name, text)
		}
	}
}

// A file that is cut off after it was registered fails in words when its pixels are needed.
func TestPixelsThatAreMissingAreNoticed(t *testing.T) {
	c := stored(t, "A", small(t))
	if err := os.Truncate(c.Href, int64(len(small(t))/2)); err != nil {
		t.Fatal(err)
	}
	_, err := renderer(t, filepath.Dir(c.Href)).Draw(context.Background(), mapOf(c, 600))
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "A.tif") {
		t.Errorf("the failure is %v", err)
	}
}

func FuzzDescribe(f *testing.F) {
	c := synthetic(f, "A", cog.Raster{Width: 20, Height: 20, X: 600000, Y: 5400000, Step: 10}, func(x, y float64) uint16 { return 7 })
	good, err := os.ReadFile(c.Href)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("II*\x00"))
	dir := f.TempDir()
	r, err := New(Config{Root: dir})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		out, err := os.CreateTemp(dir, "*.tif")
		if err != nil {
			t.Fatal(err)
		}
		defer os.Remove(out.Name())
		defer out.Close()
		if _, err := out.Write(file); err != nil {
			t.Fatal(err)
		}
		d, err := r.Describe(context.Background(), out.Name())
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatalf("%v: %v", fault.KindOf(err), err)
		}
		if err != nil || !d.Grid.Valid() {
			return
		}
		c := record.Coverage{Href: out.Name(), Grid: d.Grid, Bands: d.Bands}
		m := Map{CRS: d.Grid.CRS, Bounds: d.Grid.Bounds(), Width: 50, Height: 40, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: grey("b1")}}}
		if _, err := r.Draw(context.Background(), m); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Fatalf("drawing: %v: %v", fault.KindOf(err), err)
		}
	})
}
