#include "png.h"

#include "fast.h"

#include <libdeflate.h>
#include <stddef.h>
#include <string.h>

#define FILTER_UP 2

static inline __attribute__((always_inline)) void pack_grey(const uint8_t *px, int32_t n, int32_t transparent, uint8_t *to) {
	for (int32_t i = 0; i < n; i++) to[i] = px[4 * i + 3] == 0 && transparent >= 0 ? (uint8_t)transparent : px[4 * i];
}

static inline __attribute__((always_inline)) void pack_grey_alpha(const uint8_t *px, int32_t n, uint8_t *to) {
	for (int32_t i = 0; i < n; i++) {
		to[2 * i] = px[4 * i + 3] == 0 ? 0 : px[4 * i];
		to[2 * i + 1] = px[4 * i + 3];
	}
}

static inline __attribute__((always_inline)) void pack_rgb(const uint8_t *px, int32_t n, uint8_t *to) {
	int32_t i = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (; i + 4 <= n; i += 4, to += 12) { // four pixels are three words without their alpha
		uint32_t p[4], w[3];
		memcpy(p, px + 4 * i, sizeof p);
		w[0] = (p[0] & 0xffffff) | p[1] << 24;
		w[1] = (p[1] >> 8 & 0xffff) | p[2] << 16;
		w[2] = (p[2] >> 16 & 0xff) | p[3] << 8;
		memcpy(to, w, sizeof w);
	}
#endif
	for (; i < n; i++, to += 3) memcpy(to, px + 4 * i, 3);
}

static inline __attribute__((always_inline)) void pack_rgba(const uint8_t *px, int32_t n, uint8_t *to) {
	for (int32_t i = 0; i < n; i++) {
		uint32_t p;
		memcpy(&p, px + 4 * i, sizeof p);
		p = px[4 * i + 3] == 0 ? 0 : p;
		memcpy(to + 4 * i, &p, sizeof p);
	}
}

// Pixels of which the differences are laid out at once.
#define STRIP 256

// Lays a row of opaque pixels out as differences to the one above.
static inline __attribute__((always_inline)) void below(const uint8_t *px, const uint8_t *above, int32_t n, uint8_t *to) {
	uint8_t differences[4 * STRIP];
	for (int32_t first = 0; first < n; first += STRIP) {
		const int32_t some = n - first < STRIP ? n - first : STRIP;
		for (int32_t i = 0; i < 4 * some; i++) differences[i] = px[4 * first + i] - above[4 * first + i];
		pack_rgb(differences, some, to + 3 * first);
	}
}

PERIGEE_FAST
void perigee_png_rows(const uint8_t *pixels, int64_t stride, int32_t width, int32_t height, int32_t channels, int32_t transparent, uint8_t *out) {
	const int64_t size = (int64_t)width * channels;
	for (int32_t y = 0; y < height; y++) {
		const uint8_t *px = pixels + y * stride;
		uint8_t *to = out + y * (size + 1) + 1;
		to[-1] = FILTER_UP;
		switch (channels) {
		case 1:
			pack_grey(px, width, transparent, to);
			break;
		case 2:
			pack_grey_alpha(px, width, to);
			break;
		case 3:
			if (y > 0)
				below(px, px - stride, width, to);
			else
				pack_rgb(px, width, to);
			break;
		default:
			pack_rgba(px, width, to);
		}
	}
	for (int32_t y = height - 1; y > 0 && channels != 3; y--) { // from below, where the row above is still whole
		uint8_t *row = out + y * (size + 1) + 1;
		const uint8_t *above = row - (size + 1);
		for (int64_t i = 0; i < size; i++) row[i] -= above[i];
	}
}

static inline __attribute__((always_inline)) uint64_t eight(const uint8_t *p) {
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

// The length of the run that begins at a byte, in bytes; 0 if there is none.
static inline __attribute__((always_inline)) int64_t run(const uint8_t *bytes, int64_t i, int64_t n) {
	if (eight(bytes + i) != 0 || i == 0 || bytes[i - 1] != 0) return 0;
	int64_t end = i + 8;
	while (end - i < 8 * PERIGEE_PNG_RUNS && end + 8 <= n && eight(bytes + end) == 0) end += 8;
	return end - i;
}

PERIGEE_FAST
void perigee_png_count(const uint8_t *bytes, int64_t n, uint32_t counts[256 + PERIGEE_PNG_RUNS]) {
	uint32_t by[4][256] = {{0}}; // so that equal bytes side by side do not wait for each other
	int64_t i = 0;
	while (i + 8 <= n) {
		int64_t length = run(bytes, i, n);
		if (length > 0) {
			counts[255 + length / 8]++;
			i += length;
			continue;
		}
		for (int k = 0; k < 8; k++) by[k & 3][bytes[i + k]]++;
		i += 8;
	}
	for (; i < n; i++) by[0][bytes[i]]++;
	for (int v = 0; v < 256; v++) counts[v] += by[0][v] + by[1][v] + by[2][v] + by[3][v];
}

#define CODE(c) ((c) & 0xffffff)
#define LENGTH(c) ((int32_t)((c) >> 24))

// Appends a code.
#define PUT(c) (b.bits |= (uint64_t)CODE(c) << b.have, b.have += LENGTH(c))

// Writes whole bytes; fewer than eight bits stay.
#define FLUSH                                                                                                    \
	do {                                                                                                         \
		for (int k = 0; k < 8; k++) out[b.at + k] = (uint8_t)(b.bits >> (8 * k)); /* one store, if the order fits */ \
		b.at += b.have >> 3;                                                                                     \
		b.bits >>= b.have & ~7;                                                                                  \
		b.have &= 7;                                                                                             \
	} while (0)

PERIGEE_FAST
struct perigee_bits perigee_png_code(const uint8_t *bytes, int64_t n, const uint32_t codes[256 + PERIGEE_PNG_RUNS], uint8_t *out, struct perigee_bits b) {
	int64_t i = 0;
	while (i + 8 <= n) {
		int64_t length = run(bytes, i, n);
		if (length > 0) {
			PUT(codes[255 + length / 8]);
			FLUSH;
			i += length;
			continue;
		}
		for (int k = 0; k < 8; k += 4) { // 7 bits stay, and four times 14 come
			PUT(codes[bytes[i + k]]);
			PUT(codes[bytes[i + k + 1]]);
			PUT(codes[bytes[i + k + 2]]);
			PUT(codes[bytes[i + k + 3]]);
			FLUSH;
		}
		i += 8;
	}
	for (; i < n; i++) {
		PUT(codes[bytes[i]]);
		FLUSH;
	}
	return b;
}

uint32_t perigee_crc32(uint32_t sum, const uint8_t *bytes, int64_t n) { return libdeflate_crc32(sum, bytes, (size_t)n); }

uint32_t perigee_adler32(uint32_t sum, const uint8_t *bytes, int64_t n) { return libdeflate_adler32(sum, bytes, (size_t)n); }

// One for each thread that ever compresses.
static _Thread_local struct libdeflate_compressor *compressor;

#define QUICK 1

int64_t perigee_deflate(const uint8_t *bytes, int64_t n, uint8_t *out, int64_t room) {
	if (compressor == NULL) compressor = libdeflate_alloc_compressor(QUICK);
	if (compressor == NULL) return 0;
	return (int64_t)libdeflate_zlib_compress(compressor, bytes, (size_t)n, out, (size_t)room);
}

int64_t perigee_deflate_bound(int64_t n) { return (int64_t)libdeflate_zlib_compress_bound(NULL, (size_t)n); }
