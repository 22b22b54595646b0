#include "widen.h"

#include "fast.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
// Eight samples of a band as two times four numbers.
static inline __attribute__((always_inline)) void eight(const uint16_t *from, __m128i none, __m128i some, __m128 *low, __m128 *high) {
	const __m128i zero = _mm_setzero_si128(), v = _mm_loadu_si128((const __m128i *)from);
	const __m128i bad = _mm_and_si128(_mm_cmpeq_epi16(v, none), some); // all bits set are NaN
	*low = _mm_or_ps(_mm_cvtepi32_ps(_mm_unpacklo_epi16(v, zero)), _mm_castsi128_ps(_mm_unpacklo_epi16(bad, bad)));
	*high = _mm_or_ps(_mm_cvtepi32_ps(_mm_unpackhi_epi16(v, zero)), _mm_castsi128_ps(_mm_unpackhi_epi16(bad, bad)));
}
#endif

static inline __attribute__((always_inline)) void row(float *to, const uint16_t *const bands[4], const int32_t none[4], int64_t n) {
	int64_t i = 0;
#ifdef __SSE2__
	__m128i value[4], some[4];
	for (int k = 0; k < 4; k++) {
		value[k] = _mm_set1_epi16((short)none[k]);
		some[k] = _mm_set1_epi16(none[k] < 0 ? 0 : -1);
	}
	for (; i + 8 <= n; i += 8) {
		__m128 low[4], high[4];
		for (int k = 0; k < 4; k++) eight(bands[k] + i, value[k], some[k], &low[k], &high[k]);
		_MM_TRANSPOSE4_PS(low[0], low[1], low[2], low[3]);
		_MM_TRANSPOSE4_PS(high[0], high[1], high[2], high[3]);
		for (int k = 0; k < 4; k++) {
			_mm_storeu_ps(to + 4 * (i + k), low[k]);
			_mm_storeu_ps(to + 4 * (i + 4 + k), high[k]);
		}
	}
#endif
	for (; i < n; i++)
		for (int k = 0; k < 4; k++) to[4 * i + k] = bands[k][i] == none[k] ? __builtin_nanf("") : (float)bands[k][i];
}

PERIGEE_FAST
void perigee_widen(float *to, const uint16_t *a, const uint16_t *b, const uint16_t *c, const uint16_t *d, const int32_t none[4], struct perigee_part part) {
	for (int64_t y = 0; y < part.height; y++) {
		const int64_t from = y * part.from_stride;
		const uint16_t *const bands[4] = {a + from, b + from, c + from, d + from};
		row(to + 4 * y * part.to_stride, bands, none, part.width);
	}
}
