// Package cog writes cloud-optimised GeoTIFFs (OGC 21-026): tiled, compressed with DEFLATE and the horizontal
// predictor, with internal overviews, all directories before the pixels.
package cog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Raster is an image in a UTM zone, as it goes into a file. Samples are kept as uint16 whatever their size in the file.
type Raster struct {
	Width, Height int
	Bands         [][]uint16 // Width*Height samples each
	Bits          int        // 8 or 16
	NoData        *uint16
	X, Y, Step    float64 // upper left corner and pixel size in metres
	EPSG          int
	Colour        bool // the bands are red, green and blue
	Classes       bool // overviews take the commonest value instead of the average
}

// Block is the side of a tile in pixels.
const Block = 512

// Write writes r with its overviews, halved until one block holds them.
func Write(w io.Writer, r Raster) error {
	return write(w, Levels(r))
}

// Levels gives a raster and its overviews, finest first.
func Levels(r Raster) []Raster {
	levels := []Raster{r}
	for l := r; max(l.Width, l.Height) > Block; {
		l = Half(l)
		levels = append(levels, l)
	}
	return levels
}

func write(w io.Writer, levels []Raster) error {
	tiles := make([][][]byte, len(levels))
	for i, l := range levels {
		var err error
		if tiles[i], err = compress(l); err != nil {
			return err
		}
	}
	head, err := directories(levels, tiles)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for i := len(levels) - 1; i >= 0; i-- {
		for _, t := range tiles[i] {
			if err := writeTile(w, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// ghost is what GDAL's readers look for behind the header (GDAL, "COG driver", header ghost area).
const ghost = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\nBLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "

const leader, trailer = 4, 4

// writeTile writes a tile between its size and its last four bytes, as the ghost area promises.
func writeTile(w io.Writer, t []byte) error {
	var size [leader]byte
	binary.LittleEndian.PutUint32(size[:], uint32(len(t)))
	for _, part := range [][]byte{size[:], t, t[len(t)-trailer:]} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// directories lays the file out and gives everything before the pixels.
func directories(levels []Raster, tiles [][][]byte) ([]byte, error) {
	var start bytes.Buffer
	start.WriteString("II*\x00\x00\x00\x00\x00")
	fmt.Fprintf(&start, "GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n%s", len(ghost), ghost)
	if start.Len()%2 == 1 {
		start.WriteByte(0)
	}
	size := start.Len()
	for i, l := range levels {
		size += len(newDirectory(l, i, make([]uint32, len(tiles[i])), make([]uint32, len(tiles[i]))).encode(0, false))
	}
	offsets, counts, err := layout(size, tiles)
	if err != nil {
		return nil, err
	}
	head := start.Bytes()
	binary.LittleEndian.PutUint32(head[4:], uint32(len(head)))
	for i, l := range levels {
		head = append(head, newDirectory(l, i, offsets[i], counts[i]).encode(len(head), i < len(levels)-1)...)
	}
	return head, nil
}

// layout says where the tiles will be: coarsest level first.
func layout(at int, tiles [][][]byte) (offsets, counts [][]uint32, err error) {
	offsets, counts = make([][]uint32, len(tiles)), make([][]uint32, len(tiles))
	for i := len(tiles) - 1; i >= 0; i-- {
		for _, t := range tiles[i] {
			offsets[i] = append(offsets[i], uint32(at+leader))
			counts[i] = append(counts[i], uint32(len(t)))
			at += leader + len(t) + trailer
		}
	}
	if at > math.MaxUint32 {
		return nil, nil, fmt.Errorf("the raster takes %d bytes, more than a classic TIFF can hold", at)
	}
	return offsets, counts, nil
}
