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

// The rows of a chunk: where its pixels look, and which of them are open.
struct perigee_rows {
	const int32_t *u, *v; // 256 to a row
	int32_t begin, end;   // of the rows
	int32_t column;       // of the first pixel in memory
	int32_t *lo, *hi;     // by row: what is to be drawn; afterwards, which of it is still open
};

// perigee_direct resamples three bands, stretches them and lays them as red, green and blue under what is drawn. pixels
// begins with the first row and the column that are told.
void perigee_direct(struct perigee_plane p, struct perigee_rows rows, const float low[4], const float scale[4], uint8_t *pixels, int64_t stride);
