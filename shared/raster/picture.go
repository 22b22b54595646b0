package raster

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// Picture is a drawn map: red, green, blue and alpha (not multiplied into the colours), row by row.
type Picture struct {
	Pix           []uint8
	Stride        int // bytes from a row to the next
	Width, Height int
	Background    *color.RGBA // what shows where nothing was drawn; nil: nothing does
	Flaws         []Flaw      // scenes that are missing in it
	Scenes        int         // that were looked at for it
	Blocks        int         // of files that had to be decoded for it
	CRS           geo.CRS     // where it lies; 0: nowhere
	Bounds        orb.Bound
}

// Flaw is a scene that cannot be drawn as it is registered: its file is broken, gone, or another one by now, or has not
// the bands that the browse needs.
type Flaw struct {
	Scene int // its place in Map.Scenes
	Err   error
}

func newPicture(width, height int) *Picture {
	p := &Picture{Stride: 4 * width, Width: width, Height: height}
	if n := 4 * width * height; n == tilePixels {
		pix := tilePix.Get().(*[tilePixels]uint8)
		clear(pix[:])
		p.Pix = pix[:]
	} else {
		p.Pix = make([]uint8, n)
	}
	return p
}

// tilePixels are the bytes of a picture of the most common size, a tile; tilePix keeps their memory between pictures.
const tilePixels = 4 * 256 * 256

var tilePix = sync.Pool{New: func() any { return new([tilePixels]uint8) }}

// Release gives the memory of a picture back, which nobody uses any more.
func (p *Picture) Release() {
	if len(p.Pix) == tilePixels && cap(p.Pix) == tilePixels {
		tilePix.Put((*[tilePixels]uint8)(p.Pix))
	}
	p.Pix = nil
}

func (p *Picture) row(y int) []uint8 { return p.Pix[y*p.Stride:][:4*p.Width] }

// Empty tells whether nothing was drawn.
func (p *Picture) Empty() bool {
	for y := range p.Height {
		row := p.row(y)
		for i := 3; i < len(row); i += 4 {
			if row[i] != 0 {
				return false
			}
		}
	}
	return true
}

// Opaque tells whether every pixel was drawn and hides what is below.
func (p *Picture) Opaque() bool {
	for y := range p.Height {
		all := uint64(math.MaxUint64)
		row := p.row(y)
		for ; len(row) >= 8; row = row[8:] {
			all &= binary.LittleEndian.Uint64(row)
		}
		if (all&(all>>32))>>24&255 != 255 || len(row) > 0 && row[3] != 255 {
			return false
		}
	}
	return true
}

// SubPicture is a part of the picture, sharing its pixels. The part must lie within.
func (p *Picture) SubPicture(r image.Rectangle) *Picture {
	sub := *p
	sub.Pix = p.Pix[r.Min.Y*p.Stride+4*r.Min.X:]
	dx, dy := (p.Bounds.Max[0]-p.Bounds.Min[0])/float64(p.Width), (p.Bounds.Max[1]-p.Bounds.Min[1])/float64(p.Height)
	sub.Bounds.Min = orb.Point{p.Bounds.Min[0] + float64(r.Min.X)*dx, p.Bounds.Max[1] - float64(r.Max.Y)*dy}
	sub.Bounds.Max = orb.Point{p.Bounds.Min[0] + float64(r.Max.X)*dx, p.Bounds.Max[1] - float64(r.Min.Y)*dy}
	sub.Width, sub.Height = r.Dx(), r.Dy()
	return &sub
}

// Image is the picture for package image, laid over its background if it has one. It shares the pixels otherwise.
func (p *Picture) Image() *image.NRGBA {
	if p.Background != nil && !p.Opaque() {
		p = p.over(*p.Background)
	}
	return &image.NRGBA{Pix: p.Pix, Stride: p.Stride, Rect: image.Rect(0, 0, p.Width, p.Height)}
}

// over is a copy laid over a colour.
func (p *Picture) over(background color.RGBA) *Picture {
	out := newPicture(p.Width, p.Height)
	out.Flaws, out.CRS, out.Bounds = p.Flaws, p.CRS, p.Bounds
	below := [3]uint32{uint32(background.R), uint32(background.G), uint32(background.B)}
	for y := range p.Height {
		from, to := p.row(y), out.row(y)
		for i := 0; i < len(from); i += 4 {
			a := uint32(from[i+3])
			for c := range below {
				to[i+c] = uint8((uint32(from[i+c])*a + below[c]*(255-a) + 127) / 255)
			}
			to[i+3] = 255
		}
	}
	return out
}

// The formats a picture can be written in.
const (
	PNG     = "image/png"
	JPEG    = "image/jpeg"
	WebP    = "image/webp" // with loss; not in every build of GDAL
	GeoTIFF = "image/tiff"
)

// Formats lists the formats that can be written in this process.
func Formats() []string {
	if prepareGDAL() != nil || !slices.Contains(registered(), "WEBP") {
		return []string{PNG, JPEG, GeoTIFF}
	}
	return []string{PNG, JPEG, WebP, GeoTIFF}
}

// Encode writes the picture in a format, by its media type. JPEG knows no transparency: the picture is laid over its
// own background, or else over the one given. The others show only the picture's own.
func (p *Picture) Encode(format string, background color.RGBA) ([]byte, error) {
	if p.Background != nil {
		background = *p.Background
	}
	if p.Background != nil && format != JPEG && !p.Opaque() {
		p = p.over(background)
	}
	switch format {
	case PNG:
		return encodePNG(p)
	case JPEG:
		return encodeJPEG(p, background)
	case GeoTIFF:
		return encodeGeoTIFF(p)
	case WebP:
		if slices.Contains(Formats(), WebP) {
			return encodeWebP(p)
		}
	}
	return nil, fault.At(fault.Invalid, "format", "a map can be written as %s, not as %q", strings.Join(Formats(), ", "), format)
}
