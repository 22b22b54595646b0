package raster

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// written counts the files that GDAL wrote in memory, for their names.
var written atomic.Uint64

// byGDAL lets GDAL write a picture in memory.
func byGDAL(p *Picture, driver godal.DriverName, extension string, finish func(*godal.Dataset) error, options ...string) (_ []byte, err error) {
	defer recovered(&err)
	if err := errorsOf(prepareGDAL(), godal.RegisterRaster(godal.Memory)); err != nil {
		return nil, err
	}
	var m messages
	quiet := godal.ErrLogger(m.handle)
	bands := 4
	if p.Opaque() {
		bands = 3
	}
	ds, err := godal.Create(godal.Memory, "", bands, godal.Byte, p.Width, p.Height, quiet)
	if err != nil {
		return nil, failed(&m, err)
	}
	defer ds.Close()
	if err := ds.Write(0, 0, p.packed(bands), p.Width, p.Height, quiet); err != nil {
		return nil, failed(&m, err)
	}
	if bands == 4 {
		if err := ds.Bands()[3].SetColorInterp(godal.CIAlpha, quiet); err != nil {
			return nil, failed(&m, err)
		}
	}
	if finish != nil {
		if err := finish(ds); err != nil {
			return nil, failed(&m, err)
		}
	}
	name := fmt.Sprintf("/vsimem/picture-%d.%s", written.Add(1), extension)
	defer godal.VSIUnlink(name, quiet)
	switches := []string{"-of", string(driver)}
	for _, o := range options {
		switches = append(switches, "-co", o)
	}
	out, err := ds.Translate(name, switches, quiet)
	if err != nil {
		return nil, failed(&m, err)
	}
	if err := out.Close(quiet); err != nil {
		return nil, failed(&m, err)
	}
	file, err := godal.VSIOpen(name, quiet)
	if err != nil {
		return nil, failed(&m, err)
	}
	defer file.Close()
	return io.ReadAll(file)
}

func failed(m *messages, err error) error {
	return fault.Classify(fault.Internal, err, "writing a picture: %s", m.text(""))
}

func errorsOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// packed is the picture without gaps between its rows, with three or four bytes a pixel.
func (p *Picture) packed(bands int) []byte {
	out := make([]byte, 0, p.Width*p.Height*bands)
	for y := range p.Height {
		row := p.row(y)
		if bands == 4 {
			out = append(out, row...)
			continue
		}
		for i := 0; i < len(row); i += 4 {
			out = append(out, row[i], row[i+1], row[i+2])
		}
	}
	return out
}

// encodeGeoTIFF writes a picture with the place where it lies.
func encodeGeoTIFF(p *Picture) ([]byte, error) {
	return byGDAL(p, "GTiff", "tif", func(ds *godal.Dataset) error {
		if p.CRS == 0 {
			return nil
		}
		sr, err := godal.NewSpatialRefFromEPSG(p.CRS.EPSG())
		if err != nil {
			return err
		}
		defer sr.Close()
		b := p.Bounds
		return errorsOf(ds.SetSpatialRef(sr), ds.SetGeoTransform([6]float64{
			b.Min[0], (b.Max[0] - b.Min[0]) / float64(p.Width), 0, b.Max[1], 0, -(b.Max[1] - b.Min[1]) / float64(p.Height),
		}))
	}, "COMPRESS=DEFLATE", "PREDICTOR=2", "TILED=YES", "ZLEVEL=1")
}

// webpQuality is the quality of pictures with loss, 1 to 100.
const webpQuality = "QUALITY=75"

func encodeWebP(p *Picture) ([]byte, error) { return byGDAL(p, "WEBP", "webp", nil, webpQuality) }
