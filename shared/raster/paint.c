#include "paint.h"

#include "fast.h"

#include <string.h>

#define ROW 256

static inline __attribute__((always_inline)) void shade(const float *values, struct perigee_stretch s, int32_t n, uint8_t *levels, uint8_t *alpha) {
	for (int32_t i = 0; i < n; i++) {
		const float v = values[i];
		float level = (v - s.low) * s.scale + .5f;
		level = level > 0 ? level : 0; // also what is no number
		level = level < 255 ? level : 255;
		const int data = (v - v == 0) & (v != s.none);
		levels[i] = (uint8_t)(int32_t)level;
		alpha[i] &= (uint8_t)-data;
	}
}

// Mixes a pixel with one below it; colours are not multiplied by opacity.
static void under(uint8_t *pixel, uint32_t red, uint32_t green, uint32_t blue, uint32_t alpha) {
	const uint32_t rest = alpha * (255 - pixel[3]), above = pixel[3] * 255u, total = above + rest;
	pixel[0] = (uint8_t)((pixel[0] * above + red * rest + total / 2) / total);
	pixel[1] = (uint8_t)((pixel[1] * above + green * rest + total / 2) / total);
	pixel[2] = (uint8_t)((pixel[2] * above + blue * rest + total / 2) / total);
	pixel[3] = (uint8_t)((total + 127) / 255);
}

PERIGEE_FAST
struct perigee_span perigee_paint(const float *red, const float *green, const float *blue, struct perigee_stretch stretch_red, struct perigee_stretch stretch_green,
	struct perigee_stretch stretch_blue, int32_t channels, int32_t n, uint8_t *pixels) {
	uint8_t r[ROW], g[ROW], b[ROW], a[ROW];
	memset(a, 255, n);
	shade(red, stretch_red, n, r, a);
	if (channels == 1) {
		memcpy(g, r, n);
		memcpy(b, r, n);
	} else {
		shade(green, stretch_green, n, g, a);
		shade(blue, stretch_blue, n, b, a);
	}
	struct perigee_span open = {n, 0};
	for (int32_t i = 0; i < n; i++) {
		uint8_t *pixel = pixels + 4 * i;
		if (a[i] != 0 && pixel[3] != 255) {
			if (pixel[3] == 0) {
				pixel[0] = r[i], pixel[1] = g[i], pixel[2] = b[i], pixel[3] = 255;
				continue;
			}
			under(pixel, r[i], g[i], b[i], a[i]);
		}
		if (pixel[3] != 255) {
			open.first = i < open.first ? i : open.first;
			open.last = i + 1;
		}
	}
	return open;
}
