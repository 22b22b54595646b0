package raster

// #cgo LDFLAGS: -ldeflate
// #include "inflate.h"
import "C"

// sideBySide is how many streams are decoded together.
const sideBySide = 2

// inflate decodes zlib streams (RFC 1950) into the memory that is given for each, which they have to fill. It gives nothing
// for one that is empty or broken.
func inflate(packed [][]byte, plain [sideBySide][]byte) [sideBySide][]byte {
	var streams [sideBySide]C.struct_perigee_packed
	size := 0
	for i, p := range packed {
		if len(p) > 0 {
			size = len(plain[i])
			streams[i] = C.struct_perigee_packed{in: (*C.uint8_t)(&p[0]), n_in: C.int64_t(len(p)), out: (*C.uint8_t)(&plain[i][0])}
		}
	}
	whole := C.perigee_inflate(streams[0], streams[1], C.int64_t(size))
	for i := range plain {
		if whole>>i&1 == 0 {
			plain[i] = nil
		}
	}
	return plain
}
