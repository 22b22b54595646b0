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

// What a pixel is made by, each in a variable of its own: what bytes are written could be anything that is pointed to, for
// all that the compiler knows. The taps are constants where they are few.
struct maker {
	const struct perigee_plane *plane; // for mend
	const float *samples;              // of the position 0, 0
	int64_t width;
	const int32_t *first_x, *first_y;
	const float *weights_x, *weights_y;
	four low, scale;
};

// Where the kernel of a position begins, and its weights.
struct spot {
	const float *corner, *wx, *wy;
};

static inline __attribute__((always_inline)) struct spot spot_of(const struct maker *m, int taps_x, int taps_y, int32_t u, int32_t v) {
	const int32_t pu = u & (PHASES - 1), pv = v & (PHASES - 1);
	const float *const corner = m->samples + 4 * (((v >> 8) + m->first_y[pv]) * m->width + (u >> 8) + m->first_x[pu]);
	return (struct spot){corner, m->weights_x + pu * taps_x, m->weights_y + pv * taps_y};
}

// What a position shows.
static inline __attribute__((always_inline)) four shown(const struct maker *m, int taps_x, int taps_y, struct spot s) {
	const float *at = s.corner;
	four sum = {0};
	for (int32_t j = 0; j < taps_y; j++, at += 4 * m->width) {
		four line = {0};
		for (int32_t k = 0; k < taps_x; k++) line += load(at + 4 * k) * all(s.wx[k]);
		sum += line * all(s.wy[j]);
	}
	return sum;
}

// Draws a pixel that looks at a position, and tells whether it is opaque then.
static inline __attribute__((always_inline)) int draw(const struct maker *m, int taps_x, int taps_y, int32_t u, int32_t v, uint8_t *pixel) {
	if (pixel[3] == 255) return 1;
	const struct spot s = spot_of(m, taps_x, taps_y, u, v);
	const four sum = shown(m, taps_x, taps_y, s);
	uint32_t colour;
	if (__builtin_expect(!coloured(sum, m->low, m->scale, &colour), 0) && !coloured(mend(m->plane, s.corner, s.wx, s.wy, u, v), m->low, m->scale, &colour)) return 0;
	if (pixel[3] == 0) {
		colour |= 0xff000000u;
		memcpy(pixel, &colour, 4);
		return 1;
	}
	under(pixel, colour);
	return pixel[3] == 255;
}

// Draws four pixels of a ray at once, if nothing is drawn there yet and all of them show data; false, and none is, otherwise.
static inline __attribute__((always_inline)) int draw_four(const struct maker *m, int taps_x, int taps_y, int64_t u, int64_t v, struct perigee_ray r, uint8_t *pixels) {
#ifdef __SSE2__
	const __m128i opaque = _mm_set1_epi32((int)0xff000000), there = _mm_loadu_si128((const __m128i *)pixels);
	if (_mm_movemask_epi8(_mm_cmpeq_epi32(_mm_and_si128(there, opaque), _mm_setzero_si128())) != 0xffff) return 0;
	__m128i levels[4];
	__m128 known = _mm_castsi128_ps(_mm_set1_epi32(-1));
	for (int k = 0; k < 4; k++, u += r.du, v += r.dv) {
		const four value = shown(m, taps_x, taps_y, spot_of(m, taps_x, taps_y, (int32_t)(u >> 32) - PHASES / 2, (int32_t)(v >> 32) - PHASES / 2));
		const four level = (value - m->low) * m->scale + all(.5f);
		known = _mm_and_ps(known, _mm_cmpord_ps(value - value, value));
		levels[k] = _mm_cvttps_epi32(_mm_max_ps(_mm_min_ps(level, all(255)), all(0)));
	}
	if (__builtin_expect((_mm_movemask_ps(known) & 7) != 7, 0)) return 0;
	const __m128i bytes = _mm_packus_epi16(_mm_packs_epi32(levels[0], levels[1]), _mm_packs_epi32(levels[2], levels[3]));
	_mm_storeu_si128((__m128i *)pixels, _mm_or_si128(bytes, opaque));
	return 1;
#else
	(void)m, (void)taps_x, (void)taps_y, (void)u, (void)v, (void)r, (void)pixels;
	return 0;
#endif
}

static inline __attribute__((always_inline)) void along_rays(const struct maker *m, int taps_x, int taps_y, struct perigee_sights s, struct perigee_canvas c) {
	for (int32_t row = c.row; row < c.row + c.rows; row++) { // what is left, turned inside out: nothing
		const int32_t lo = c.lo[row];
		c.lo[row] = c.hi[row], c.hi[row] = lo;
	}
	for (int64_t k = 0; k < s.n; k++) {
		const struct perigee_ray r = s.rays[k];
		uint8_t *const pixels = c.pixels + (r.row - c.row) * c.stride + 4 * (int64_t)(r.column - c.column);
		int64_t u = r.u, v = r.v;
		for (int32_t i = 0; i < r.n; i++, u += r.du, v += r.dv) {
			if (i + 4 <= r.n && draw_four(m, taps_x, taps_y, u, v, r, pixels + 4 * (int64_t)i)) {
				i += 3, u += 3 * r.du, v += 3 * r.dv;
				continue;
			}
			if (draw(m, taps_x, taps_y, (int32_t)(u >> 32) - PHASES / 2, (int32_t)(v >> 32) - PHASES / 2, pixels + 4 * (int64_t)i)) continue;
			c.lo[r.row] = r.column + i < c.lo[r.row] ? r.column + i : c.lo[r.row];
			c.hi[r.row] = r.column + i + 1 > c.hi[r.row] ? r.column + i + 1 : c.hi[r.row];
		}
	}
}

static inline __attribute__((always_inline)) void one_by_one(const struct maker *m, int taps_x, int taps_y, struct perigee_sights s, struct perigee_canvas c) {
	for (int32_t row = c.row; row < c.row + c.rows; row++) {
		const int32_t *const u = s.u + row * 256, *const v = s.v + row * 256;
		uint8_t *const pixels = c.pixels + (row - c.row) * c.stride - 4 * (int64_t)c.column;
		const int32_t begin = c.lo[row], end = c.hi[row];
		int32_t first = end, last = begin;
		for (int32_t i = begin; i < end; i++) {
			if (u[i] == OUTSIDE ? pixels[4 * (int64_t)i + 3] == 255 : draw(m, taps_x, taps_y, u[i], v[i], pixels + 4 * (int64_t)i)) continue;
			first = i < first ? i : first;
			last = i + 1;
		}
		c.lo[row] = first, c.hi[row] = last;
	}
}

#define DRAW(TX, TY) (sights.n > 0 ? along_rays(&m, TX, TY, sights, canvas) : one_by_one(&m, TX, TY, sights, canvas))

PERIGEE_FAST
void perigee_direct(struct perigee_plane p, struct perigee_sights sights, const float low[4], const float scale[4], struct perigee_canvas canvas) {
	const struct maker m = {&p, p.samples - 4 * (p.top * p.width + p.left), p.width, p.first_x, p.first_y, p.weights_x, p.weights_y, load(low), load(scale)};
	if (p.taps_x == 2 && p.taps_y == 2)
		DRAW(2, 2);
	else if (p.taps_x == 3 && p.taps_y == 3)
		DRAW(3, 3);
	else if (p.taps_x == 4 && p.taps_y == 4)
		DRAW(4, 4);
	else
		DRAW(p.taps_x, p.taps_y);
}
