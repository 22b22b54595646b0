package scene

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"

	"perigee/test/scenes/cog"
	"perigee/test/scenes/ground"
)

// writer writes the files of one product and notes them as assets.
type writer struct {
	dir     string
	product product
	image   *ground.Image
	assets  map[string]asset
}

var noData = uint16(0)

func (w *writer) raster(bits int, bands ...[]uint16) cog.Raster {
	return cog.Raster{Width: w.image.Width, Height: w.image.Height, Bands: bands, Bits: bits, NoData: &noData, X: w.product.x, Y: w.product.y, Step: step, EPSG: epsg}
}

// add writes a raster and notes it as an asset.
func (w *writer) add(key, file string, r cog.Raster, a asset) error {
	a.Href, a.Type = "./"+file, cogType
	a.EPSG, a.Shape = epsg, []int{r.Height, r.Width}
	a.Transform = []float64{r.Step, 0, r.X, 0, -r.Step, r.Y}
	w.assets[key] = a
	return writeRaster(filepath.Join(w.dir, file), r)
}

func reflectance(samples []uint16) rasterBand {
	zero, s := 0.0, describe(samples)
	return rasterBand{NoData: &zero, DataType: "uint16", Resolution: step, Scale: .0001, Statistics: &s}
}

func (w *writer) bands() error {
	for i, b := range bands {
		samples := w.image.Bands[i]
		a := asset{Title: b.Name + ", " + b.CommonName + ", 10 m", Roles: []string{"data", "reflectance"}, GSD: step, EOBands: []eoBand{b}, Raster: []rasterBand{reflectance(samples)}}
		if err := w.add(b.Name, b.Name+".tif", w.raster(16, samples), a); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) stack() error {
	a := asset{Title: "B02, B03, B04, B08, 10 m", Roles: []string{"data", "reflectance"}, GSD: step, EOBands: bands}
	for _, samples := range w.image.Bands {
		a.Raster = append(a.Raster, reflectance(samples))
	}
	return w.add("data", "data.tif", w.raster(16, w.image.Bands[:]...), a)
}

// visual is the true colour picture: the range 0..4000 on 1..255, 0 where nothing was seen.
func (w *writer) visual() error {
	a := asset{Title: "True colour picture", Roles: []string{"visual"}, GSD: step, EOBands: []eoBand{bands[2], bands[1], bands[0]}}
	var colours [][]uint16
	zero := 0.0
	for _, b := range []int{2, 1, 0} {
		out := make([]uint16, len(w.image.Bands[b]))
		for i, v := range w.image.Bands[b] {
			out[i] = stretch(v)
		}
		colours = append(colours, out)
		a.Raster = append(a.Raster, rasterBand{NoData: &zero, DataType: "uint8", Resolution: step})
	}
	r := w.raster(8, colours...)
	r.Colour = true
	return w.add("visual", "TCI.tif", r, a)
}

func stretch(v uint16) uint16 {
	if v == 0 {
		return 0
	}
	return uint16(max(min(int(v)*255/4000, 255), 1))
}

// classes writes the scene classification at 20 m: of four pixels the commonest class.
func (w *writer) classes() error {
	fine := make([]uint16, len(w.image.Class))
	for i, c := range w.image.Class {
		fine[i] = uint16(c)
	}
	r := w.raster(8, fine)
	r.Classes = true
	r = cog.Half(r)
	zero := 0.0
	a := asset{Title: "Scene classification, 20 m", Roles: []string{"data", "classification"}, GSD: r.Step, Raster: []rasterBand{{NoData: &zero, DataType: "uint8", Resolution: r.Step}}}
	return w.add("SCL", "SCL.tif", r, a)
}

const thumbnailSize = 343

// thumbnail is a picture in true colour, transparent where nothing was seen.
func (w *writer) thumbnail() error {
	r := w.raster(16, w.image.Bands[2], w.image.Bands[1], w.image.Bands[0])
	for r.Width > 2*thumbnailSize {
		r = cog.Half(r)
	}
	size := min(thumbnailSize, r.Width)
	out := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			at := y*r.Height/size*r.Width + x*r.Width/size
			if r.Bands[0][at] != 0 {
				out.SetNRGBA(x, y, color.NRGBA{uint8(stretch(r.Bands[0][at])), uint8(stretch(r.Bands[1][at])), uint8(stretch(r.Bands[2][at])), 255})
			}
		}
	}
	w.assets["thumbnail"] = asset{Href: "./thumbnail.png", Type: pngType, Title: "Thumbnail", Roles: []string{"thumbnail"}}
	f, err := os.Create(filepath.Join(w.dir, "thumbnail.png"))
	if err != nil {
		return err
	}
	if err := png.Encode(f, out); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
