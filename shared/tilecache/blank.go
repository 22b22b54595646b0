package tilecache

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"sync"

	"perigee/shared/grid"
)

// blank is the tile with nothing on it: transparent, or white in a format that knows no transparency.
func blank(format string) Picture {
	if format == JPEG {
		return Picture{Body: blankJPEG(), MediaType: JPEG, Empty: true}
	}
	return Picture{Body: blankPNG(), MediaType: PNG, Empty: true}
}

// Neither encoder fails on a picture in memory of this size.
var blankPNG = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	tile := image.NewPaletted(image.Rect(0, 0, grid.TileSize, grid.TileSize), color.Palette{color.Transparent})
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	_ = encoder.Encode(&b, tile)
	return b.Bytes()
})

var blankJPEG = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	tile := image.NewGray(image.Rect(0, 0, grid.TileSize, grid.TileSize))
	for i := range tile.Pix {
		tile.Pix[i] = 0xff
	}
	_ = jpeg.Encode(&b, tile, nil)
	return b.Bytes()
})
