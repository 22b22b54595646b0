#include "resample.h"

#include "fast.h"

#include <string.h>

// Four samples of one pixel, one for each band that lies on the same grid. The compiler makes one instruction of an
// operation on them where the processor has it.
typedef float four __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) four load(const float *p) {
	four r;
	memcpy(&r, p, sizeof r);
	return r;
}

#define PHASES 256
#define OUTSIDE INT32_MIN

// Weighs the samples about n positions. Where some are no data, NaN, the pixel is noted in bad; where the position lies
// outside, the pixel is NaN and not noted.
#define FOURS(TX, TY)                                                                                                     \
	for (int32_t i = 0; i < n; i++) {                                                                                     \
		if (u[i] == OUTSIDE) {                                                                                            \
			for (int32_t b = 0; b < used; b++) rows[b * (int64_t)stride + i] = __builtin_nanf("");                        \
			continue;                                                                                                     \
		}                                                                                                                 \
		const int32_t pu = u[i] & (PHASES - 1), pv = v[i] & (PHASES - 1);                                                 \
		const float *at = planes + 4 * (((v[i] >> 8) + first_y[pv] - top) * width + (u[i] >> 8) + first_x[pu] - left);    \
		const float *wx = weights_x + pu * (TX), *wy = weights_y + pv * (TY);                                             \
		four sum = {0};                                                                                                   \
		for (int32_t j = 0; j < (TY); j++, at += 4 * width) {                                                             \
			four line = {0};                                                                                              \
			for (int32_t k = 0; k < (TX); k++) line += load(at + 4 * k) * wx[k];                                          \
			sum += line * wy[j];                                                                                          \
		}                                                                                                                 \
		int any = 0;                                                                                                      \
		for (int32_t b = 0; b < used; b++) {                                                                              \
			rows[b * (int64_t)stride + i] = sum[b];                                                                       \
			any |= sum[b] != sum[b];                                                                                      \
		}                                                                                                                 \
		if (any) bad[found++] = i;                                                                                        \
	}

#define ONES(TX, TY)                                                                                                      \
	for (int32_t i = 0; i < n; i++) {                                                                                     \
		if (u[i] == OUTSIDE) {                                                                                            \
			rows[i] = __builtin_nanf("");                                                                                 \
			continue;                                                                                                     \
		}                                                                                                                 \
		const int32_t pu = u[i] & (PHASES - 1), pv = v[i] & (PHASES - 1);                                                 \
		const float *at = planes + ((v[i] >> 8) + first_y[pv] - top) * width + (u[i] >> 8) + first_x[pu] - left;          \
		const float *wx = weights_x + pu * (TX), *wy = weights_y + pv * (TY);                                             \
		float sum = 0;                                                                                                    \
		for (int32_t j = 0; j < (TY); j++, at += width) {                                                                 \
			float line = 0;                                                                                               \
			for (int32_t k = 0; k < (TX); k++) line += at[k] * wx[k];                                                     \
			sum += line * wy[j];                                                                                          \
		}                                                                                                                 \
		rows[i] = sum;                                                                                                    \
		if (sum != sum) bad[found++] = i;                                                                                 \
	}

PERIGEE_FAST
int32_t perigee_resample(const float *planes, int32_t lanes, int64_t width, int32_t left, int32_t top,
	const int32_t *u, const int32_t *v, int32_t n,
	const int32_t *first_x, const float *weights_x, int32_t taps_x, const int32_t *first_y, const float *weights_y, int32_t taps_y,
	float *rows, int32_t stride, int32_t used, int32_t *bad) {
	int32_t found = 0;
	if (lanes == 4) {
		if (taps_x == 2 && taps_y == 2) {
			FOURS(2, 2)
		} else if (taps_x == 3 && taps_y == 3) {
			FOURS(3, 3)
		} else if (taps_x == 4 && taps_y == 4) {
			FOURS(4, 4)
		} else {
			FOURS(taps_x, taps_y)
		}
	} else {
		if (taps_x == 2 && taps_y == 2) {
			ONES(2, 2)
		} else if (taps_x == 3 && taps_y == 3) {
			ONES(3, 3)
		} else if (taps_x == 4 && taps_y == 4) {
			ONES(4, 4)
		} else {
			ONES(taps_x, taps_y)
		}
	}
	return found;
}
