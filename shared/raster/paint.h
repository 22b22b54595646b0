#include <stdint.h>

// How the values of a channel become levels from 0 to 255, and the value that is no data.
struct perigee_stretch {
	float low, scale, none;
};

// Which pixels are still open: from first to before last.
struct perigee_span {
	int32_t first, last;
};

// perigee_paint lays up to 256 pixels of one or three channels under those that are there.
struct perigee_span perigee_paint(const float *red, const float *green, const float *blue, struct perigee_stretch stretch_red, struct perigee_stretch stretch_green,
	struct perigee_stretch stretch_blue, int32_t channels, int32_t n, uint8_t *pixels);
