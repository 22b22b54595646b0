#include <stdint.h>

// A part of four bands that lie alike, and where it goes to; strides are samples of a band from a row to the next.
struct perigee_part {
	int64_t width, height, from_stride, to_stride;
};

// perigee_widen lays four bands side by side as floating point numbers, a sample of each, then the next of each. What
// stands for no data in a band becomes NaN; a negative number stands for nothing.
void perigee_widen(float *to, const uint16_t *a, const uint16_t *b, const uint16_t *c, const uint16_t *d, const int32_t none[4], struct perigee_part part);
