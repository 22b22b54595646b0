package parquet

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"perigee/shared/fault"
)

// expander decompresses the pages of a file.
type expander struct {
	most int64 // bytes of a page
	zstd *zstd.Decoder
}

// expand gives the bytes of a page, of which it is known how many there are; whatever else comes out is a fault.
func (e *expander) expand(codec int, compressed []byte, size int) ([]byte, error) {
	switch codec {
	case codecNone:
		if len(compressed) != size {
			return nil, invalid("has a page of %d bytes that claims to have %d", len(compressed), size)
		}
		return compressed, nil
	case codecSnappy:
		if n, err := snappy.DecodedLen(compressed); err != nil || n != size {
			return nil, invalid("has a page that cannot be decompressed")
		}
		plain, err := snappy.Decode(make([]byte, size), compressed)
		if err != nil {
			return nil, invalid("has a page that cannot be decompressed: %w", err)
		}
		return plain, nil
	case codecGzip:
		r, err := gzip.NewReader(bytes.NewReader(compressed))
		if err != nil {
			return nil, invalid("has a page that cannot be decompressed: %w", err)
		}
		return whole(r, size)
	case codecZstd:
		return e.expandZstd(compressed, size)
	}
	names := map[int]string{3: "LZO", 4: "BROTLI", 5: "LZ4", 7: "LZ4_RAW"}
	return nil, invalid("is compressed by the codec %d %s, which is not read here, but SNAPPY, GZIP and ZSTD are", codec, names[codec])
}

func (e *expander) expandZstd(compressed []byte, size int) ([]byte, error) {
	if e.zstd == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(uint64(e.most)))
		if err != nil {
			return nil, fault.Classify(fault.Internal, err, "the decompression of Parquet pages")
		}
		e.zstd = d
	}
	plain, err := e.zstd.DecodeAll(compressed, make([]byte, 0, size))
	if err != nil || len(plain) != size {
		return nil, invalid("has a page of %d bytes that cannot be decompressed: %v", size, err)
	}
	return plain, nil
}

// whole reads exactly so many bytes.
func whole(r io.Reader, size int) ([]byte, error) {
	plain := make([]byte, size)
	if _, err := io.ReadFull(r, plain); err != nil {
		return nil, invalid("has a page that cannot be decompressed: %w", err)
	}
	if n, _ := r.Read(make([]byte, 1)); n > 0 {
		return nil, invalid("has a page that is larger than it claims to be")
	}
	return plain, nil
}
