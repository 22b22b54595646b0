#include <stdint.h>

// perigee_resample weighs the samples about n positions and tells how many of the pixels it noted in bad.
int32_t perigee_resample(const float *planes, int32_t lanes, int64_t width, int32_t left, int32_t top,
	const int32_t *u, const int32_t *v, int32_t n,
	const int32_t *first_x, const float *weights_x, int32_t taps_x, const int32_t *first_y, const float *weights_y, int32_t taps_y,
	float *rows, int32_t stride, int32_t used, int32_t *bad);
