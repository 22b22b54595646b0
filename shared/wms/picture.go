package wms

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"perigee/shared/ows"
)

// picture answers failures as a picture of the size and format that the request asks for: of the background alone, or
// with the text of the failures written on it. It is not ok when the request does not tell its size or format.
func (c *call) picture(form string, list []ows.Exception) (Image, bool) {
	again := &call{service: c.service, r: c.r, params: ows.KVP(c.r), version: c.version, pictures: true}
	width, height := again.size("width", c.config.MaxWidth), again.size("height", c.config.MaxHeight)
	format, background := again.format(), readColour(again.params)
	if width == 0 || height == 0 || format == "" || background.A == 0 {
		return Image{}, false
	}
	if format == PNG && again.params.Bool("transparent", false) {
		background = color.RGBA{}
	}
	ink := contrast(background)
	canvas := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{background, ink}) // all background
	if form == inImage {
		write(canvas, textOf(list), ink)
	}
	return encode(canvas, format)
}

func encode(canvas *image.Paletted, format string) (Image, bool) {
	var b bytes.Buffer
	var err error
	if format == JPEG {
		err = jpeg.Encode(&b, canvas, nil)
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, canvas)
	}
	return Image{Type: format, Body: b.Bytes()}, err == nil
}
