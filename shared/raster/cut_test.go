package raster

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
)

// cutBench is a folder of files and what cuts them.
type cutBench struct {
	dir string
	r   *Renderer
}

func newCutBench(t testing.TB) cutBench {
	t.Helper()
	if _, err := exec.LookPath("gdal_translate"); err != nil {
		t.Skip("gdal_translate is not here (apt install gdal-bin)")
	}
	dir := t.TempDir()
	r, err := New(Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return cutBench{dir, r}
}

func (b cutBench) run(t testing.TB, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir, command.Env = b.dir, append(os.Environ(), "GDAL_DISABLE_READDIR_ON_OPEN=FALSE", "GDAL_PAM_ENABLED=NO", "CPL_LOG=")
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, said)
	}
	return string(said)
}

// source makes a file of noise of a type with some bands, in UTM.
func (b cutBench) source(t testing.TB, dataType string, bands, width, height int, options ...string) record.Coverage {
	t.Helper()
	raw := make([]byte, width*height*bands*int(bytesPerSample(dataType)))
	state := uint32(7)
	for i := range raw {
		state = state*1664525 + 1013904223
		raw[i] = byte(state >> 24)
		if strings.HasPrefix(dataType, "Float") {
			raw[i] &= 0x3f // numbers, and no others
		}
	}
	header := fmt.Sprintf("ENVI\nsamples = %d\nlines = %d\nbands = %d\ndata type = %d\ninterleave = bip\nbyte order = 0\n", width, height, bands,
		map[string]int{"Byte": 1, "Int16": 2, "Int32": 3, "Float32": 4, "Float64": 5, "UInt16": 12, "UInt32": 13}[dataType])
	for name, body := range map[string][]byte{"raw": raw, "raw.hdr": []byte(header)} {
		if err := os.WriteFile(filepath.Join(b.dir, name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-q", "-of", "GTiff", "-a_srs", "EPSG:32633", "-a_ullr", "500000", fmt.Sprint(5400000), fmt.Sprint(500000 + 10*width), fmt.Sprint(5400000 - 10*height), "-a_nodata", "7"}
	for _, o := range options {
		args = append(args, "-co", o)
	}
	b.run(t, "gdal_translate", append(args, "raw", "source.tif")...)
	c := record.Coverage{Asset: "B04", Href: filepath.Join(b.dir, "source.tif")}
	d, err := b.r.Describe(t.Context(), c.Href)
	if err != nil {
		t.Fatal(err)
	}
	c.Grid, c.Bands = d.Grid, d.Bands
	return c
}

// cut makes a file, and tells how GDAL sees it.
func (b cutBench) cut(t *testing.T, c Cut) (path string, piece *Piece) {
	t.Helper()
	piece, err := b.r.Cut(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	content, err := piece.Open(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(content)
	if err != nil || int64(len(body)) != content.Size() {
		t.Fatalf("%d bytes of %d: %v", len(body), content.Size(), err)
	}
	path = filepath.Join(b.dir, "cut."+Extension(piece.Type))
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, piece
}

// checksums are what gdalinfo computes of the bands, and where the file lies.
func (b cutBench) checksums(t *testing.T, path string) string {
	t.Helper()
	var kept []string
	for _, line := range strings.Split(b.run(t, "gdalinfo", "-checksum", path), "\n") {
		for _, wanted := range []string{"Checksum", "Origin", "Pixel Size", "NoData", "Size is", "Type="} {
			if strings.Contains(line, wanted) && !strings.Contains(line, "Block=") {
				kept = append(kept, strings.TrimSpace(line))
			} else if wanted == "Type=" && strings.Contains(line, wanted) {
				kept = append(kept, strings.SplitN(line[strings.Index(line, wanted):], ",", 2)[0])
			}
		}
	}
	return strings.Join(kept, "\n")
}

func at(v float64) *float64 { return &v }

// RND-10: a window of a coverage has the pixels that gdal_translate takes out of the file, of every type, in strips and tiles,
// by pixel and by band, compressed and not.
func TestCutsAreWhatGDALCuts(t *testing.T) {
	b := newCutBench(t)
	encodings := []Encoding{
		{Type: GeoTIFF}, {Type: GeoTIFF, ByBand: true}, {Type: GeoTIFF, Tile: [2]int{64, 32}}, {Type: GeoTIFF, Tile: [2]int{64, 64}, ByBand: true},
		{Type: GeoTIFF, Compression: "DEFLATE", Predictor: 2, Tile: [2]int{256, 256}}, {Type: GeoTIFF, Compression: "LZW"},
	}
	for _, source := range []struct {
		dataType string
		bands    int
		options  []string
	}{
		{"Byte", 3, []string{"TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE"}}, {"UInt16", 1, []string{"TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128"}},
		{"Int16", 2, nil}, {"Float32", 1, []string{"COMPRESS=LZW"}}, {"Float64", 1, nil}, {"UInt32", 1, nil},
	} {
		coverage := b.source(t, source.dataType, source.bands, 301, 217, source.options...)
		b.run(t, "gdal_translate", "-q", "-srcwin", "13", "21", "200", "150", "source.tif", "want.tif")
		want := b.checksums(t, "want.tif")
		box := Box{Min: [2]*float64{at(500130), at(5400000 - 1710)}, Max: [2]*float64{at(502130), at(5400000 - 210)}}
		for _, e := range encodings {
			if e.Predictor == 2 && strings.HasPrefix(source.dataType, "Float") {
				e.Predictor = 0
			}
			path, piece := b.cut(t, Cut{Coverage: coverage, Box: box, Encoding: e})
			if got := b.checksums(t, path); got != want {
				t.Errorf("%s %+v:\n%s\nwant\n%s", source.dataType, e, got, want)
			}
			if piece.Grid.Width != 200 || piece.Grid.Height != 150 || piece.Grid.Transform[0] != 500130 || piece.Grid.Transform[3] != 5399790 {
				t.Errorf("%+v", piece.Grid)
			}
		}
	}
}

// Parts of a file that is sent as it is read are those of the whole, whatever the order in which they are asked for.
func TestPartsOfCuts(t *testing.T) {
	b := newCutBench(t)
	coverage := b.source(t, "UInt16", 2, 301, 217, "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64")
	for _, e := range []Encoding{{Type: GeoTIFF}, {Type: GeoTIFF, ByBand: true}, {Type: GeoTIFF, Tile: [2]int{64, 32}}} {
		piece, err := b.r.Cut(t.Context(), Cut{Coverage: coverage, Bands: []int{1, 0}, Encoding: e})
		if err != nil {
			t.Fatal(err)
		}
		content, err := piece.Open(t.Context(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []int64{int64(len(whole)) - 9, 0, 1000, int64(len(whole)) / 2, 7} {
			part := make([]byte, min(5000, int64(len(whole))-from))
			if _, err := content.Seek(from, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(content, part); err != nil || string(part) != string(whole[from:][:len(part)]) {
				t.Errorf("%+v from %d: %v", e, from, err)
			}
		}
	}
}

// RND-10: scaled and warped cuts are those of gdal_translate and gdalwarp.
func TestScaledAndWarpedCuts(t *testing.T) {
	b := newCutBench(t)
	coverage := b.source(t, "UInt16", 1, 400, 300, "TILED=YES")
	b.run(t, "gdaladdo", "-q", "-r", "average", "source.tif", "2", "4")
	d, err := b.r.Describe(t.Context(), coverage.Href)
	if err != nil {
		t.Fatal(err)
	}
	coverage.Grid = d.Grid
	b.run(t, "gdal_translate", "-q", "-outsize", "100", "60", "-r", "bilinear", "source.tif", "want.tif")
	path, _ := b.cut(t, Cut{Coverage: coverage, Scale: [2]Scale{{Factor: .25}, {Size: 60}}, Resampling: Bilinear, Encoding: Encoding{Type: GeoTIFF}})
	if got, want := b.checksums(t, path), b.checksums(t, "want.tif"); got != want {
		t.Errorf("scaled:\n%s\nwant\n%s", got, want)
	}
	path, piece := b.cut(t, Cut{Coverage: coverage, CRS: geo.WebMercator, Resampling: Nearest, Encoding: Encoding{Type: GeoTIFF, Compression: "DEFLATE"}})
	g := piece.Grid
	box := g.Bounds()
	b.run(t, "gdalwarp", "-q", "-t_srs", "EPSG:3857", "-te", fmt.Sprint(box.Min[0]), fmt.Sprint(box.Min[1]), fmt.Sprint(box.Max[0]), fmt.Sprint(box.Max[1]),
		"-ts", fmt.Sprint(g.Width), fmt.Sprint(g.Height), "source.tif", "warped.tif")
	if got, want := b.checksums(t, path), b.checksums(t, "warped.tif"); got != want {
		t.Errorf("warped:\n%s\nwant\n%s", got, want)
	}
	for format, e := range map[string]Encoding{"PNG": {Type: PNG}, "JP2OpenJPEG": {Type: "image/jp2"}} {
		path, _ := b.cut(t, Cut{Coverage: coverage, Encoding: e})
		if said := b.run(t, "gdalinfo", path); !strings.Contains(said, "Driver: "+format) || !strings.Contains(said, "Size is 400, 300") {
			t.Errorf("%s: %s", format, said)
		}
	}
}

// What cannot be had is refused by what was wrong with it.
func TestCutsThatCannotBe(t *testing.T) {
	b := newCutBench(t)
	coverage := b.source(t, "UInt16", 1, 100, 100)
	plain := Encoding{Type: GeoTIFF}
	for where, c := range map[string]Cut{
		"subset": {Box: Box{Min: [2]*float64{at(1), nil}, Max: [2]*float64{at(2), nil}}, Encoding: plain},
		"crs":    {CRS: 999999, Encoding: plain}, "format": {Encoding: Encoding{Type: JPEG}}, "bands": {Bands: []int{1}, Encoding: plain},
		"size": {Scale: [2]Scale{{Factor: 1000}, {Factor: 1000}}, Encoding: plain},
	} {
		c.Coverage = coverage
		piece, err := b.r.Cut(t.Context(), c)
		if err == nil {
			_, err = piece.Open(t.Context(), time.Minute)
		}
		if fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != where {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// A window of 2048 x 2048 pixels of a band, plain and compressed.
func BenchmarkCut(b *testing.B) {
	bench := newCutBench(b)
	coverage := bench.source(b, "UInt16", 1, 4096, 4096, "TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "COMPRESS=DEFLATE", "PREDICTOR=2")
	box := Box{Min: [2]*float64{at(510000), at(5400000 - 30480)}, Max: [2]*float64{at(530480), at(5390000)}}
	for name, e := range map[string]Encoding{"plain": {Type: GeoTIFF}, "deflate": {Type: GeoTIFF, Compression: "DEFLATE", Predictor: 2}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				piece, err := bench.r.Cut(b.Context(), Cut{Coverage: coverage, Box: box, Encoding: e})
				if err != nil {
					b.Fatal(err)
				}
				content, err := piece.Open(b.Context(), time.Minute)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, content); err != nil || n != content.Size() {
					b.Fatal(n, err)
				}
			}
		})
	}
}
