package cog

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// compress cuts a level into tiles, row by row, and compresses them on all processors.
func compress(r Raster) ([][]byte, error) {
	cols, rows := (r.Width+Block-1)/Block, (r.Height+Block-1)/Block
	tiles := make([][]byte, cols*rows)
	errs := make([]error, cols*rows)
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			raw := make([]byte, Block*Block*len(r.Bands)*r.Bits/8)
			for i := range next {
				cut(raw, r, i%cols*Block, i/cols*Block)
				tiles[i], errs[i] = deflate(raw)
			}
		})
	}
	for i := range tiles {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return tiles, nil
}

func deflate(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, 5)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// cut fills raw with the tile at column x and row y: pixel interleaved, each sample as the difference to its left
// neighbour (TIFF 6.0, section 14). Beyond the edge of the image the last pixels are repeated.
func cut(raw []byte, r Raster, x, y int) {
	n := len(r.Bands)
	for b, band := range r.Bands {
		for j := range Block {
			row := band[min(y+j, r.Height-1)*r.Width:][:r.Width]
			previous := uint16(0)
			for i := range Block {
				v := row[min(x+i, r.Width-1)]
				at := (j*Block+i)*n + b
				if r.Bits == 8 {
					raw[at] = byte(v - previous)
				} else {
					binary.LittleEndian.PutUint16(raw[2*at:], v-previous)
				}
				previous = v
			}
		}
	}
}
