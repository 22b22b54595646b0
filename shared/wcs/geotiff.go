package wcs

import (
	"strconv"
	"strings"
)

// Compressions are those of GeoTIFF (12-100r1 table 3) that are written here, by their names in requests.
var Compressions = []string{"None", "PackBits", "LZW", "JPEG", "Deflate"}

const huffman = "huffman" // is of two colours only

// The bounds of tiles, whose sides are multiples of 16 (TIFF 6.0 section 15).
const (
	tileStep    = 16
	maxTile     = 4096
	defaultTile = 256
)

// readGeoTIFF reads the parameters of the GeoTIFF extension (12-100r1). They mean nothing to other formats.
func (c *call) readGeoTIFF(format string) GeoTIFF {
	if format != "image/tiff" {
		return GeoTIFF{}
	}
	var g GeoTIFF
	get := func(name string) string { return c.params.Get("geotiff:" + name) }
	switch compression := strings.ToLower(get("compression")); compression {
	case "", "none":
	case "packbits", "lzw", "jpeg", "deflate":
		g.Compression = compression
	case huffman:
		c.params.Fail(failing(CompressionNotSupported, "geotiff:compression", "the compression Huffman is not offered; there are %s", strings.Join(Compressions, ", ")))
	default:
		c.params.Fail(failing(CompressionInvalid, "geotiff:compression", "%q is no compression; there are %s", compression, strings.Join(Compressions, ", ")))
	}
	if quality := get("jpeg_quality"); quality != "" {
		n, err := strconv.Atoi(quality)
		if err != nil || n < 1 || n > 100 || g.Compression != "jpeg" {
			c.params.Fail(failing(JPEGQualityInvalid, "geotiff:jpeg_quality", "%q is no quality from 1 to 100 of the compression JPEG", quality))
		}
		g.Quality = n
	}
	g.Predictor = c.predictor(get("predictor"), g.Compression)
	switch interleave := strings.ToLower(get("interleave")); interleave {
	case "", "pixel":
	case "band":
		g.ByBand = true
	default:
		c.params.Fail(failing(InterleavingInvalid, "geotiff:interleave", "%q is no order of samples; there are Pixel and Band", interleave))
	}
	g.Tile = c.tile(get("tiling"), get("tilewidth"), get("tileheight"))
	return g
}

func (c *call) predictor(asked, compression string) int {
	predictor, known := map[string]int{"": 0, "none": 0, "horizontal": 2, "floatingpoint": 3}[strings.ToLower(asked)]
	switch {
	case !known:
		c.params.Fail(failing(PredictorInvalid, "geotiff:predictor", "%q is no predictor; there are None, Horizontal and FloatingPoint", asked))
	case predictor > 0 && compression != "lzw" && compression != "deflate":
		c.params.Fail(failing(PredictorNotSupported, "geotiff:predictor", "a predictor needs the compression LZW or Deflate"))
	}
	return predictor
}

func (c *call) tile(tiling, width, height string) (tile [2]int) {
	switch strings.ToLower(tiling) {
	case "", "false":
		if width != "" || height != "" {
			c.params.Fail(failing(TilingInvalid, "geotiff:tiling", "tiles have a size where geotiff:tiling is true"))
		}
		return tile
	case "true":
	default:
		c.params.Fail(failing(TilingInvalid, "geotiff:tiling", "%q is neither true nor false", tiling))
		return tile
	}
	for i, side := range []string{width, height} {
		if tile[i] = defaultTile; side == "" {
			continue
		}
		n, err := strconv.Atoi(side)
		if err != nil || n < tileStep || n > maxTile || n%tileStep != 0 {
			c.params.Fail(failing(TilingInvalid, [2]string{"geotiff:tilewidth", "geotiff:tileheight"}[i], "%q is no side of a tile, which is a multiple of %d up to %d", side, tileStep, maxTile))
			continue
		}
		tile[i] = n
	}
	return tile
}
