package raster

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

const jpegQuality = 85

// encodeJPEG writes a picture laid over a colour.
func encodeJPEG(p *Picture, background color.RGBA) ([]byte, error) {
	if !p.Opaque() {
		p = p.over(background)
	}
	var out bytes.Buffer
	out.Grow(p.Width * p.Height / 4)
	// Of an opaque picture, RGBA and NRGBA are the same bytes; the encoder is quicker with RGBA.
	err := jpeg.Encode(&out, &image.RGBA{Pix: p.Pix, Stride: p.Stride, Rect: image.Rect(0, 0, p.Width, p.Height)}, &jpeg.Options{Quality: jpegQuality})
	return out.Bytes(), err
}
