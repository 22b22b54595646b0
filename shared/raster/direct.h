#include <stdint.h>

// A plane that four bands share, and the kernels by which it is read: what perigee_resample is given.
struct perigee_plane {
	const float *samples;
	int64_t width;
	int32_t left, top;
	const int32_t *first_x, *first_y;
	const float *weights_x, *weights_y;
	int32_t taps_x, taps_y;
};

// A run of pixels of a row whose positions are on a line, in 1/256 pixels of the plane times 2^32: that of the first, more
// by half a pixel, and how far the next is.
struct perigee_ray {
	int32_t row, column, n;
	int64_t u, v, du, dv;
};

// Where the pixels of a chunk look: by rays, or, where these are not straight, each by itself, 256 to a row.
struct perigee_sights {
	const struct perigee_ray *rays;
	int64_t n; // 0: u and v tell
	const int32_t *u, *v;
};

// The part of a picture that is drawn: where the pixel of a row and a column is, and the columns of each row that are open:
// before, all that is to be drawn; afterwards, what is left of it.
struct perigee_canvas {
	uint8_t *pixels; // of the first row and column
	int64_t stride;
	int32_t row, column, rows;
	int32_t *lo, *hi; // by row of the chunk
};

// perigee_direct resamples three bands, stretches them and lays them as red, green and blue under what is drawn.
void perigee_direct(struct perigee_plane p, struct perigee_sights sights, const float low[4], const float scale[4], struct perigee_canvas canvas);
