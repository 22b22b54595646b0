package raster

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
)

// inFormat writes a file of terrain in a format of GDAL's; false when this build has none.
func inFormat(t *testing.T, dir, name, driver string, switches ...string) (string, bool) {
	t.Helper()
	first := filepath.Join(dir, "first.tif")
	if _, err := os.Stat(first); err != nil {
		grown(made{kind: godal.UInt16, epsg: 4326, transform: [6]float64{15, .001, 0, 48, 0, -.001}, finish: noData(65535)})(t, first)
	}
	ds, err := godal.Open(first)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	path := filepath.Join(dir, name)
	out, err := ds.Translate(path, append([]string{"-of", driver}, switches...), godal.ErrLogger(new(messages).handle))
	if err != nil {
		return "", false
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path, true
}

func zipped(t *testing.T, method uint16, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: "product/IMG_DATA/" + filepath.Base(path), Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarred(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteHeader(&tar.Header{Name: "product/" + filepath.Base(path), Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// RND-17, RND-19: all formats that GDAL has a driver for are drawn, from a folder and from an object store, and inside
// zip and tar.
func TestFormatsOfFiles(t *testing.T) {
	dir := t.TempDir()
	if err := prepareGDAL(); err != nil {
		t.Fatal(err)
	}
	hrefs := map[string]string{} // by what they are, below dir
	offer := func(name, file, driver, within string, switches ...string) {
		if _, ok := inFormat(t, dir, file, driver, switches...); ok {
			hrefs[name] = file + within
		} else {
			t.Logf("%s: this build of GDAL does not write it", name)
		}
	}
	offer("GeoTIFF", "a.tif", "GTiff", "")
	offer("JPEG 2000", "a.jp2", "JP2OpenJPEG", "", "-co", "QUALITY=100", "-co", "REVERSIBLE=YES")
	offer("Zarr", "a.zarr", "Zarr", "")
	for name, archive := range map[string][]byte{
		"in.zip": zipped(t, zip.Store, filepath.Join(dir, "a.tif"), filepath.Join(dir, "a.jp2")), "deflated.zip": zipped(t, zip.Deflate, filepath.Join(dir, "a.tif")),
		"in.tar": tarred(t, filepath.Join(dir, "a.tif"), filepath.Join(dir, "a.jp2")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), archive, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hrefs["GeoTIFF in zip"], hrefs["JPEG 2000 in zip"] = "in.zip!/product/IMG_DATA/a.tif", "in.zip!/product/IMG_DATA/a.jp2"
	hrefs["GeoTIFF deflated"], hrefs["GeoTIFF in tar"] = "deflated.zip!/product/IMG_DATA/a.tif", "in.tar!/product/a.tif"
	hrefs["JPEG 2000 in tar"] = "in.tar!/product/a.jp2"
	objects := &memoryObjects{data: map[string][]byte{}, etag: "v1"}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		objects.data["s3://bucket"+strings.TrimPrefix(path, dir)] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Config{Root: dir, Objects: objects})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var want *Picture
	for _, name := range append([]string{"GeoTIFF"}, slices.DeleteFunc(sortedKeys(hrefs), func(n string) bool { return n == "GeoTIFF" })...) {
		for _, base := range []string{dir + "/", "s3://bucket/"} {
			href := base + hrefs[name]
			d, err := r.Describe(context.Background(), href)
			if err != nil {
				t.Errorf("%s (%s): %v", name, href, err)
				continue
			}
			c := record.Coverage{Asset: "A", Href: href, Grid: d.Grid, Bands: d.Bands}
			c.Bands[0].Name = "A"
			if c.Grid.CRS != 4326 || c.Grid.Width != specimenSide || c.Grid.Transform[1] < .00099 {
				t.Errorf("%s (%s): the grid is %+v", name, href, c.Grid)
				continue
			}
			p := draw(t, r, Map{CRS: 4326, Bounds: c.Grid.Bounds(), Width: 300, Height: 300, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: grey("A")}}, Transparent: true, Resampling: Nearest})
			if want == nil {
				want = p
			}
			differing := 0
			for i := range p.Pix {
				if p.Pix[i] != want.Pix[i] {
					differing++
				}
			}
			if p.Empty() || differing > 4*300 { // a border may round to the other side
				t.Errorf("%s (%s): %d bytes of the picture differ", name, href, differing)
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func TestHrefsAreTakenApart(t *testing.T) {
	for href, want := range map[string]target{
		"s3://b/a.tif":             {object: "s3://b/a.tif"},
		"s3://b/a#b!/c.tif":        {object: "s3://b/a#b!/c.tif"},
		"s3://b/a.zip!/b/c.tif":    {object: "s3://b/a.zip", within: "b/c.tif"},
		"s3://b/a.ZIP!/c.nc#sst":   {object: "s3://b/a.ZIP", within: "c.nc", variable: "sst"},
		"s3://b/a.nc#sst":          {object: "s3://b/a.nc", variable: "sst"},
		"s3://b/a.zarr#group/band": {object: "s3://b/a.zarr", variable: "group/band"},
	} {
		if got := targetOf(href); got != want {
			t.Errorf("%s is %+v", href, got)
		}
	}
	for _, href := range []string{"a.zip!/../b.tif", "a.zip!//etc/passwd", "a.zip!/a}{.tif", "a.zip!/b.zip", "a.nc#x\":y", "a.zarr#../x", "a.zip!/" + strings.Repeat("x", 2000)} {
		if err := targetOf(href).check(); err == nil {
			t.Errorf("%s is accepted", href)
		}
	}
}

// A call of GDAL that takes too long costs its request, and nothing else.
func TestSlowFileIsGivenUp(t *testing.T) {
	o, c := inMemory(t, 300)
	o.block = make(chan struct{})
	stuck := stubborn{o}
	r := overObjects(t, stuck)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Draw(ctx, mapOf(c, 100)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a file that does not answer gives %v", err)
	}
	close(o.block)
	draw(t, r, mapOf(c, 100))
	if _, err := r.Draw(context.Background(), Map{CRS: 32633, Bounds: mapOf(c, 100).Bounds, Width: 9, Height: 9, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: "A"}}}}}); err != nil {
		t.Error(err)
	}
}

// stubborn are objects that do not look at the context.
type stubborn struct{ *memoryObjects }

func (s stubborn) ReadRange(_ context.Context, href, etag string, offset, n int64) ([]byte, error) {
	return s.memoryObjects.ReadRange(context.Background(), href, etag, offset, n)
}
