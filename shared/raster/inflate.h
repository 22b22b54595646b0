#include <stdint.h>

// A zlib stream (RFC 1950) and where its bytes go to.
struct perigee_packed {
	const uint8_t *in;
	int64_t n_in;
	uint8_t *out;
};

// perigee_inflate decodes a stream, or two side by side, each of which has to give exactly n_out bytes. With two, the
// processor works on one while it waits for the other: it takes some two thirds of the time of one after the other. Bit 0
// of what it returns tells whether the first is whole, bit 1 whether the second is; one without in is none.
int32_t perigee_inflate(struct perigee_packed a, struct perigee_packed b, int64_t n_out);
