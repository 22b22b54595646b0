package raster

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

// looped is a file whose directories follow each other in a ring: the last names the first as the next.
func looped(t *testing.T) []byte {
	t.Helper()
	c := synthetic(t, "A", cog.Raster{Width: 1200, Height: 1200, X: 600000, Y: 5400000, Step: 10}, func(x, y float64) uint16 { return uint16(x*7+y) | 1 })
	file, err := os.ReadFile(c.Href)
	if err != nil {
		t.Fatal(err)
	}
	first := binary.LittleEndian.Uint32(file[4:])
	for at, n := first, 0; n < 20; n++ {
		next := file[at+2+12*uint32(binary.LittleEndian.Uint16(file[at:])):]
		if binary.LittleEndian.Uint32(next) == 0 {
			binary.LittleEndian.PutUint32(next, first)
			return file
		}
		at = binary.LittleEndian.Uint32(next)
	}
	t.Fatal("the last directory was not found")
	return nil
}

// crowded is a file that claims so many bands.
func crowded(bands uint16) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	entries := [][3]uint32{{256, 4, 64}, {257, 4, 64}, {258, 3, 8}, {259, 3, 1}, {262, 3, 1}, {273, 4, 8}, {277, 3, uint32(bands)}, {278, 4, 64}, {279, 4, 4096}}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, e[2])
	}
	return append(b, make([]byte, 5000)...)
}

// bomb is an archive of little that unpacks to much.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("a.tif")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write([]byte("II*\x00\xf0\xff\xff\x01")) // its directory lies at the end of what it unpacks to
	zeros := make([]byte, 1<<20)
	for range 32 {
		_, _ = f.Write(zeros)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files of all formats that are cut off, changed or made to harm answer in words, in time, and take no more than their
// share of memory: whatever is in them, the next request is served.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	if err := prepareGDAL(); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"ring.tif": looped(t), "crowd.tif": crowded(60000), "crowd1000.tif": crowded(1000), "bomb.zip": bomb(t), "zip.tar": []byte("PK\x03\x04"), "text.nc": []byte("CDF\x01 and nothing"),
		"text.h5": []byte("\x89HDF\r\n\x1a\n and nothing"), "text.jp2": []byte("\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 ")}
	dice := rand.New(rand.NewPCG(7, 11))
	for name, driver := range map[string]string{"a.tif": "GTiff", "a.jp2": "JP2OpenJPEG", "a.nc": "netCDF", "b.h5": "netCDF"} {
		var switches []string
		if name == "b.h5" {
			switches = []string{"-co", "FORMAT=NC4"}
		}
		path, ok := inFormat(t, dir, name, driver, switches...)
		if !ok {
			continue
		}
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		packed := zipped(t, zip.Store, path)
		for i := range 12 {
			cut := good[:len(good)*i/12]
			changed := bytes.Clone(good)
			for range 1 + i*3 {
				changed[dice.IntN(min(len(changed), 4000))] = byte(dice.Uint32())
			}
			lying := bytes.Clone(packed)
			lying[dice.IntN(len(lying))] ^= 0xff
			lying[len(lying)-1-dice.IntN(120)] ^= 0x55
			number := string(rune('a' + i))
			files["cut-"+number+"-"+name], files["changed-"+number+"-"+name], files["lying-"+number+"-"+name+".zip"] = cut, changed, lying
		}
	}
	r := renderer(t, dir)
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if inner, ok := strings.CutSuffix(name, ".zip"); ok {
			if path += "!/a.tif"; name != "bomb.zip" {
				path = strings.TrimSuffix(path, "!/a.tif") + "!/product/IMG_DATA/" + inner[strings.LastIndex(inner, "-")+1:]
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		d, err := r.Describe(ctx, path)
		if kind := fault.KindOf(err); err != nil && (!kind.Permanent() || strings.Contains(err.Error(), scheme)) {
			t.Errorf("%s: %v: %v", name, kind, err)
		}
		if err == nil && d.Grid.Width > 0 && d.Grid.Height > 0 {
			c := record.Coverage{Asset: "A", Href: path, Grid: d.Grid, Bands: d.Bands}
			if c.Grid.CRS == 0 {
				c.Grid.CRS, c.Grid.Transform = geo.CRS84, [6]float64{0, 1e-3, 0, 0, 0, -1e-3}
			}
			m := Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{15, 47}, Max: orb.Point{16, 48}}, Width: 40, Height: 40, Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: grey("b1")}}}
			if _, err := r.Draw(ctx, m); err != nil && !fault.KindOf(err).Permanent() {
				t.Errorf("%s is drawn with %v: %v", name, fault.KindOf(err), err)
			}
		}
		cancel()
	}
	if d, err := r.Describe(context.Background(), filepath.Join(dir, "first.tif")); err != nil || d.Grid.Width != specimenSide {
		t.Errorf("after all of that, a good file answers %v", err)
	}
}
