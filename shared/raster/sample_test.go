package raster

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// GetFeatureInfo: the values of bands and of the browse at a point, the topmost scene first.
func TestSample(t *testing.T) {
	c := made{kind: godal.Int16, bands: 2, width: 200, height: 200, epsg: 32633, transform: utm10m, finish: noData(-1), value: func(x, y, band int) float64 {
		if x < 50 {
			return -1
		}
		return float64(x + 1000*band)
	}}.write(t, "data")
	c.Bands[0].Name, c.Bands[1].Name, c.Bands[1].CommonName, c.Bands[1].Scale, c.Bands[1].Offset = "A", "B", "nir", .5, -3
	r := renderer(t, filepath.Dir(c.Href))
	look := product.Browse{Grey: &product.Channel{Expression: "(B-A)/(B+A)", Range: []float64{0, 1}}}
	broken := c
	broken.Href = filepath.Join(filepath.Dir(c.Href), "gone.tif")
	m := Map{CRS: 32633, Bounds: c.Grid.Bounds(), Width: 200, Height: 200, Scenes: []Scene{
		{Coverages: []record.Coverage{broken}, Browse: look},
		{Area: &Area{Geometry: orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1, 1}}, Colour: red}}, // elsewhere
		{Coverages: []record.Coverage{c}, Browse: look},
		{Coverages: []record.Coverage{c}, Browse: product.Browse{Grey: &product.Channel{Expression: "tpi(A)", Range: []float64{-1, 1}}}},
	}}
	all, err := r.Sample(context.Background(), m, 120, 30, 10)
	if err != nil || len(all) != 2 || all[0].Scene != 2 || all[1].Scene != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	s := all[0]
	if len(s.Bands) != 2 || s.Bands[0] != (BandValue{Asset: "data", Name: "A", Value: 120, Valid: true, Physical: 120}) || s.Bands[1] != (BandValue{"data", "B", "nir", 1120, true, 557}) {
		t.Errorf("bands are %+v", s.Bands)
	}
	want := float64(float32(1000) / 1240)
	if len(s.Channels) != 1 || s.Channels[0].Name != "grey" || s.Channels[0].Expression != "(B-A)/(B+A)" || math.Abs(s.Channels[0].Value-want) > 1e-6 || s.Colour != (color.NRGBA{206, 206, 206, 255}) {
		t.Errorf("channels are %+v, the colour %v", s.Channels, s.Colour)
	}
	if math.Abs(s.Lon-16.376) > .01 || math.Abs(s.Lat-48.743) > .01 {
		t.Errorf("it lies at %f %f", s.Lon, s.Lat)
	}
	if v := all[1].Channels[0]; !v.Valid || v.Value != 0 {
		t.Errorf("a function that looks around gives %+v", v)
	}
	if all, err := r.Sample(context.Background(), m, 120, 30, 1); err != nil || len(all) != 1 {
		t.Errorf("one was asked for, and there are %d, %v", len(all), err)
	}
	if all, err := r.Sample(context.Background(), m, 20, 30, 5); err != nil || len(all) != 0 {
		t.Errorf("where there is no data: %+v, %v", all, err)
	}
	if _, err := r.Sample(context.Background(), m, 200, 0, 5); fault.KindOf(err) != fault.Invalid {
		t.Errorf("beside the map: %v", err)
	}
}

func TestWebPAndGeoTIFF(t *testing.T) {
	photo := painted(90, 80, func(x, y int) [4]uint8 {
		return [4]uint8{uint8(x * 2), uint8(y * 2), 100, uint8(min(x/45*255+y/40*255, 255))}
	})
	photo.CRS, photo.Bounds = 32633, orb.Bound{Min: orb.Point{600000, 5399200}, Max: orb.Point{600900, 5400000}}
	for _, format := range Formats() {
		b, err := photo.Encode(format, color.RGBA{255, 255, 255, 255})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if format != GeoTIFF && format != WebP {
			continue
		}
		path := filepath.Join(t.TempDir(), "picture")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		ds, err := godal.Open(path)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		defer ds.Close()
		pix := make([]byte, 4*90*80)
		if s := ds.Structure(); s.SizeX != 90 || s.SizeY != 80 || s.NBands != 4 {
			t.Errorf("%s: %+v", format, s)
			continue
		}
		if err := ds.Read(0, 0, pix, 90, 80); err != nil {
			t.Fatal(err)
		}
		if got := pix[4*(90*70+80):][:4]; format == GeoTIFF && !bytes.Equal(got, photo.row(70)[4*80:4*81]) || math.Abs(float64(got[0])-160) > 12 || got[3] != 255 {
			t.Errorf("%s: a pixel is %v", format, got)
		}
		if pix[3] != 0 {
			t.Errorf("%s: what is transparent has the opacity %d", format, pix[3])
		}
		if g, err := ds.GeoTransform(); format == GeoTIFF && (err != nil || g != [6]float64{600000, 10, 0, 5400000, 0, -10}) {
			t.Errorf("it lies at %v, %v", g, err)
		}
	}
	part := photo.SubPicture(image.Rect(10, 20, 30, 60))
	if want := (orb.Bound{Min: orb.Point{600100, 5399400}, Max: orb.Point{600300, 5399800}}); part.Bounds != want || part.CRS != geo.CRS(32633) {
		t.Errorf("a part lies at %v", part.Bounds)
	}
	b, err := part.Encode(GeoTIFF, color.RGBA{})
	if err != nil || len(b) < 100 {
		t.Errorf("a part is written as %d bytes, %v", len(b), err)
	}
}
