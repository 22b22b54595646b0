package raster

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

// tiled makes a file of tiles whose values tell their band and place.
func tiled(t *testing.T, kind godal.DataType, bands int, options ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "A.tif")
	made{kind: kind, bands: bands, width: 701, height: 600, epsg: 32633, transform: utm10m, options: append([]string{"TILED=YES"}, options...),
		value:  func(x, y, b int) float64 { return float64((x*31+y*17+b*1009)%251) - 20*float64(x%3) },
		finish: func(ds *godal.Dataset) error { return ds.SetNoData(7) }}.create(t, path)
	return path
}

// What is decoded here is what GDAL decodes, in all layouts of the kind that is; the others are left to GDAL.
func TestTilesAreThoseOfGDAL(t *testing.T) {
	deflate := "COMPRESS=DEFLATE"
	for name, c := range map[string]struct {
		kind    godal.DataType
		bands   int
		options []string
		ours    bool
	}{
		"bytes":                      {godal.Byte, 1, []string{deflate}, true},
		"bytes, differences":         {godal.Byte, 3, []string{deflate, "PREDICTOR=2"}, true},
		"words":                      {godal.UInt16, 1, []string{deflate, "PREDICTOR=2"}, true},
		"four words":                 {godal.UInt16, 4, []string{deflate, "PREDICTOR=2"}, true},
		"four words, as they are":    {godal.UInt16, 4, []string{deflate}, true},
		"six words":                  {godal.UInt16, 6, []string{deflate, "PREDICTOR=2"}, true},
		"signed words":               {godal.Int16, 2, []string{deflate, "PREDICTOR=2"}, true},
		"words by band":              {godal.UInt16, 3, []string{deflate, "PREDICTOR=2", "INTERLEAVE=BAND"}, true},
		"floats":                     {godal.Float32, 2, []string{deflate}, true},
		"floats, differences":        {godal.Float32, 3, []string{deflate, "PREDICTOR=3"}, true},
		"one float, differences":     {godal.Float32, 1, []string{deflate, "PREDICTOR=3"}, true},
		"not compressed":             {godal.UInt16, 3, nil, true},
		"large tiles":                {godal.UInt16, 2, []string{deflate, "BLOCKXSIZE=512", "BLOCKYSIZE=1024"}, true},
		"BigTIFF":                    {godal.UInt16, 4, []string{deflate, "BIGTIFF=YES"}, true},
		"holes":                      {godal.UInt16, 1, []string{deflate, "SPARSE_OK=TRUE"}, true},
		"small tiles":                {godal.UInt16, 1, []string{deflate, "BLOCKXSIZE=128", "BLOCKYSIZE=128"}, false},
		"floats, differences of all": {godal.Float32, 1, []string{deflate, "PREDICTOR=2"}, false},
		"big-endian":                 {godal.UInt16, 1, []string{deflate, "ENDIANNESS=BIG"}, false},
		"LZW":                        {godal.UInt16, 1, []string{"COMPRESS=LZW"}, false},
		"twelve bits":                {godal.UInt16, 1, []string{deflate, "NBITS=12"}, false},
		"doubles":                    {godal.Float64, 1, []string{deflate}, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := tiled(t, c.kind, c.bands, c.options...)
			r := renderer(t, filepath.Dir(path))
			f, err := r.store.file(t.Context(), path, "")
			if err != nil {
				t.Fatal(err)
			}
			facts, err := f.facts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if (facts.tiff != nil) != c.ours {
				t.Fatalf("it is decoded here: %v", facts.tiff != nil)
			}
			compareUnits(t, r, f, facts)
		})
	}
}

// compareUnits reads every unit of every band, alone and with the others, by its own means and by GDAL's.
func compareUnits(t *testing.T, r *Renderer, f *file, facts *facts) {
	t.Helper()
	levels := levelsOf(facts.grid())
	var inputs []*input
	for band := range facts.bands {
		inputs = append(inputs, &input{file: f, band: band + 1, levels: levels})
	}
	(&look{inputs: inputs}).pair()
	for _, l := range levels[:1+len(facts.overviews)] {
		for i := range l.columns() * l.rows() {
			col, row := i%l.columns(), i/l.columns()
			in := inputs[i%len(inputs)]
			got, err := r.need(t.Context(), in, l, col, row, col, row)
			if err != nil {
				t.Fatal(err)
			}
			want, err := f.read(t.Context(), []int{in.band}, l.index, [2]int{l.width, l.height}, l.unit(col, row))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got[0].samples, want[0].samples) {
				t.Fatalf("level %d, tile %d,%d, band %d is not what GDAL reads", l.index, col, row, in.band)
			}
		}
	}
}

// The overviews of a COG are found, and decoded likewise.
func TestTilesOfOverviews(t *testing.T) {
	c := synthetic(t, "A", cog.Raster{Width: 1200, Height: 1100, X: 600000, Y: 5400000, Step: 10}, func(x, y float64) uint16 { return uint16(x*7+y) | 1 })
	r := renderer(t, filepath.Dir(c.Href))
	f, err := r.store.file(t.Context(), c.Href, "")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := f.facts(t.Context())
	if err != nil || facts.tiff == nil || len(facts.tiff.levels) != 1+len(facts.overviews) || len(facts.overviews) == 0 {
		t.Fatalf("%+v, %v", facts, err)
	}
	compareUnits(t, r, f, facts)
}

// A tile that is broken is GDAL's to complain of; one that lies beyond the end of its file is said to.
func TestBrokenTiles(t *testing.T) {
	path := tiled(t, godal.UInt16, 1, "COMPRESS=DEFLATE", "PREDICTOR=2")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := renderer(t, filepath.Dir(path))
	d, err := r.Describe(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	c := record.Coverage{Asset: "A", Href: path, Grid: d.Grid, Bands: d.Bands}
	c.Bands[0].Name = "A"
	f, err := r.store.file(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := f.facts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	st, err := f.stream(t.Context(), targetOf(path))
	if err != nil {
		t.Fatal(err)
	}
	defer st.disk.Close()
	at, err := facts.tiff.tile(st, 0, 1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(file []byte) []byte{
		"garbled": func(file []byte) []byte { copy(file[at.at+20:], "nothing that could be decompressed"); return file },
		"another checksum": func(file []byte) []byte {
			file[at.at+at.n-1] ^= 1
			return file
		},
		"cut off": func(file []byte) []byte { return file[:at.at+at.n/2] },
		"far away": func(file []byte) []byte {
			binary.LittleEndian.PutUint32(file[facts.tiff.levels[0].offsets.at:], 0xfffffff0)
			return file
		},
		"long": func(file []byte) []byte {
			binary.LittleEndian.PutUint32(file[facts.tiff.levels[0].sizes.at:], 0x7fffffff)
			return file
		},
	} {
		other := filepath.Join(filepath.Dir(path), name+".tif")
		if err := os.WriteFile(other, change(append([]byte(nil), good...)), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Href = other
		if _, err := r.Draw(t.Context(), mapOf(c, 200)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), other) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is in a file, it is looked at in time, and what is found lies in it.
func FuzzTIFF(f *testing.F) {
	for _, options := range [][]string{{"COMPRESS=DEFLATE", "PREDICTOR=2"}, {"BIGTIFF=YES"}} {
		path := filepath.Join(f.TempDir(), "A.tif")
		made{kind: godal.UInt16, bands: 2, width: 300, height: 300, options: append([]string{"TILED=YES"}, options...), value: func(int, int, int) float64 { return 1 }}.create(f, path)
		file, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file[:min(len(file), 2000)])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		o := &memoryObjects{data: map[string][]byte{object: file}, etag: "v1"}
		s, err := newStore(o, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		st := &stream{store: s, version: version{object, "v1"}, ctx: context.Background(), size: int64(len(file))}
		found, err := readTIFF(st)
		if err != nil {
			t.Fatalf("a file that can be read answers %v", err)
		}
		if found == nil {
			return
		}
		for i, l := range found.levels {
			if found.tileBytes(l) > maxLargeBlockBytes || l.width > maxSide || l.height > maxSide {
				t.Fatalf("level %d has tiles of %d bytes", i, found.tileBytes(l))
			}
			if e, err := found.tile(st, i, 1, int(l.across())-1, int(l.down())-1); err == nil && e.n > 0 && e.at+e.n > int64(len(file)) {
				t.Fatalf("a tile lies at %+v of %d bytes", e, len(file))
			}
		}
		_ = found.agrees(&facts{bands: found.bands, overviews: []geo.Size{{}}})
	})
}
