#include "direct.h"

#include "fast.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PHASES 256
#define OUTSIDE INT32_MIN

typedef float four __attribute__((vector_size(16)));
typedef int32_t ints __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) four load(const float *p) {
	four r;
	memcpy(&r, p, sizeof r);
	return r;
}

static inline __attribute__((always_inline)) four all(float v) { return (four){v, v, v, v}; }

// Takes a where the mask is set, elsewhere b.
static inline __attribute__((always_inline)) four choose(ints mask, four a, four b) { return (four)(((ints)a & mask) | ((ints)b & ~mask)); }

// A pixel next to no data or to the edge, as sampler.mend computes it: it has data if the nearest pixel has, and is the
// average of those around that have.
static __attribute__((noinline)) four mend(const struct perigee_plane *p, const float *corner, const float *wx, const float *wy, int32_t u, int32_t v) {
	const four near = load(p->samples + 4 * ((int64_t)(((v + PHASES / 2) >> 8) - p->top) * p->width + ((u + PHASES / 2) >> 8) - p->left));
	four sum = {0}, total = {0};
	for (int32_t j = 0; j < p->taps_y; j++, corner += 4 * p->width) {
		for (int32_t k = 0; k < p->taps_x; k++) {
			const four sample = load(corner + 4 * k), w = all(wx[k] * wy[j]);
			const ints known = sample == sample;
			sum += choose(known, sample * w, all(0));
			total += choose(known, w, all(0));
		}
	}
	return choose(near == near, sum / total, near);
}

// The colours of a pixel, as the lowest three bytes; false if one of them is no data.
static inline __attribute__((always_inline)) int coloured(four value, four low, four scale, uint32_t *out) {
	four level = (value - low) * scale + all(.5f);
#ifdef __SSE2__
	const __m128i whole = _mm_cvttps_epi32(_mm_max_ps(_mm_min_ps(level, all(255)), all(0))), words = _mm_packs_epi32(whole, whole);
	*out = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(words, words)) & 0xffffff;
	return (_mm_movemask_ps(_mm_cmpord_ps(value - value, value)) & 7) == 7;
#else
	const ints known = value - value == all(0);
	level = choose(level > all(0), level, all(0));
	level = choose(level < all(255), level, all(255));
	const ints whole = __builtin_convertvector(level, ints);
	*out = (uint32_t)whole[0] | (uint32_t)whole[1] << 8 | (uint32_t)whole[2] << 16;
	return known[0] & known[1] & known[2];
#endif
}

// Mixes a pixel with an opaque one below it; colours are not multiplied by opacity.
static void under(uint8_t *pixel, uint32_t colour) {
	const uint32_t above = pixel[3] * 255u, rest = 255 * (255u - pixel[3]), total = above + rest;
	for (int k = 0; k < 3; k++) pixel[k] = (uint8_t)((pixel[k] * above + (colour >> (8 * k) & 255) * rest + total / 2) / total);
	pixel[3] = (uint8_t)((total + 127) / 255);
}

// TX and TY are the taps, as constants where they are few. All that the loop needs is kept in variables of its own: the
// bytes it writes could be anything else, for all that the compiler knows.
#define ROWS(TX, TY)                                                                                                      \
	for (int32_t row = rows.begin; row < rows.end; row++) {                                                               \
		const int32_t *const u = rows.u + row * 256, *const v = rows.v + row * 256;                                       \
		const int32_t begin = rows.lo[row], end = rows.hi[row];                                                           \
		uint8_t *const line_of = pixels + (row - rows.begin) * stride - 4 * (int64_t)rows.column;                                                                   \
		int32_t first = end, last = begin;                                                                                \
		for (int32_t i = begin; i < end; i++) {                                                                           \
			uint8_t *const pixel = line_of + 4 * (int64_t)i;                                                              \
			const int32_t ui = u[i], vi = v[i];                                                                           \
			if (ui != OUTSIDE && pixel[3] != 255) {                                                                       \
				const int32_t pu = ui & (PHASES - 1), pv = vi & (PHASES - 1);                                             \
				const float *const corner = samples + 4 * (((vi >> 8) + first_y[pv]) * width + (ui >> 8) + first_x[pu]);  \
				const float *const wx = weights_x + pu * (TX), *const wy = weights_y + pv * (TY), *at = corner;           \
				four sum = {0};                                                                                           \
				for (int32_t j = 0; j < (TY); j++, at += 4 * width) {                                                     \
					four line = {0};                                                                                      \
					for (int32_t k = 0; k < (TX); k++) line += load(at + 4 * k) * all(wx[k]);                             \
					sum += line * all(wy[j]);                                                                             \
				}                                                                                                         \
				uint32_t colour;                                                                                          \
				int known = coloured(sum, l, s, &colour);                                                                 \
				if (__builtin_expect(!known, 0)) known = coloured(mend(&p, corner, wx, wy, ui, vi), l, s, &colour);        \
				if (known && pixel[3] == 0) {                                                                             \
					colour |= 0xff000000u;                                                                                \
					memcpy(pixel, &colour, 4);                                                                            \
					continue;                                                                                             \
				}                                                                                                         \
				if (known) under(pixel, colour);                                                                          \
			}                                                                                                             \
			if (pixel[3] != 255) {                                                                                        \
				first = i < first ? i : first;                                                                            \
				last = i + 1;                                                                                             \
			}                                                                                                             \
		}                                                                                                                 \
		rows.lo[row] = first;                                                                                             \
		rows.hi[row] = last;                                                                                              \
	}

PERIGEE_FAST
void perigee_direct(struct perigee_plane p, struct perigee_rows rows, const float low[4], const float scale[4], uint8_t *pixels, int64_t stride) {
	const four l = load(low), s = load(scale);
	const int64_t width = p.width;
	const float *const samples = p.samples - 4 * (p.top * width + p.left), *const weights_x = p.weights_x, *const weights_y = p.weights_y;
	const int32_t *const first_x = p.first_x, *const first_y = p.first_y;
	const int32_t taps_x = p.taps_x, taps_y = p.taps_y;
	if (taps_x == 2 && taps_y == 2) {
		ROWS(2, 2)
	} else if (taps_x == 3 && taps_y == 3) {
		ROWS(3, 3)
	} else if (taps_x == 4 && taps_y == 4) {
		ROWS(4, 4)
	} else {
		ROWS(taps_x, taps_y)
	}
}
