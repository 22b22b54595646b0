#include "tile.h"

#include "fast.h"

#include <stddef.h>
#include <string.h>

// What is not wanted goes to a row that nobody reads.
#define WIDEST 1024

#define SPLIT(NAME, TYPE)                                                                                                 \
	static inline __attribute__((always_inline)) void NAME(const uint8_t *tile, struct perigee_layout l, int32_t first, void *const out[4]) {                   \
		TYPE nowhere[WIDEST];                                                                                             \
		const int64_t lane = l.bands;                                                                                     \
		const int many = l.bands - first < 4 ? l.bands - first : 4;                                                       \
		for (int32_t row = 0; row < l.rows; row++) {                                                                      \
			const TYPE *from = (const TYPE *)tile + row * (int64_t)l.width * lane + first;                                \
			TYPE *to[4];                                                                                                  \
			for (int k = 0; k < 4; k++) to[k] = out[k] == NULL ? nowhere : (TYPE *)out[k] + row * (int64_t)l.columns;     \
			if (l.predictor != 2) {                                                                                       \
				for (int k = 0; k < many; k++)                                                                            \
					if (out[k] != NULL)                                                                                   \
						for (int32_t i = 0; i < l.columns; i++) to[k][i] = from[i * lane + k];                            \
			} else if (lane == 4 && many == 4) {                                                                          \
				TYPE a = 0, b = 0, c = 0, d = 0;                                                                          \
				for (int32_t i = 0; i < l.columns; i++, from += 4) {                                                      \
					to[0][i] = a += from[0];                                                                              \
					to[1][i] = b += from[1];                                                                              \
					to[2][i] = c += from[2];                                                                              \
					to[3][i] = d += from[3];                                                                              \
				}                                                                                                         \
			} else {                                                                                                      \
				for (int k = 0; k < many; k++) {                                                                          \
					TYPE sum = 0;                                                                                         \
					if (out[k] != NULL)                                                                                   \
						for (int32_t i = 0; i < l.columns; i++) to[k][i] = sum += from[i * lane + k];                     \
				}                                                                                                         \
			}                                                                                                             \
		}                                                                                                                 \
	}

SPLIT(split8, uint8_t)
SPLIT(split16, uint16_t)
SPLIT(split32, uint32_t)

// Undoes the predictor of floating point numbers: each row holds the highest bytes of all its samples first, then the
// next, as differences to the byte that lies a pixel before.
static void unplane(uint8_t *tile, struct perigee_layout l) {
	const int64_t samples = (int64_t)l.width * l.bands;
	uint32_t row_of[4 * WIDEST];
	for (int32_t row = 0; row < l.rows; row++, tile += 4 * samples) {
		for (int64_t i = l.bands; i < 4 * samples; i++) tile[i] += tile[i - l.bands];
		for (int64_t from = 0; from < samples; from++)
			row_of[from] = (uint32_t)tile[from] << 24 | (uint32_t)tile[samples + from] << 16 | (uint32_t)tile[2 * samples + from] << 8 | tile[3 * samples + from];
		memcpy(tile, row_of, (size_t)(4 * samples));
	}
}

PERIGEE_FAST
void perigee_split(uint8_t *tile, struct perigee_layout l, int32_t first, void *a, void *b, void *c, void *d) {
	void *const out[4] = {a, b, c, d};
	if (l.predictor == 3) unplane(tile, l);
	switch (l.size) {
	case 1:
		split8(tile, l, first, out);
		break;
	case 2:
		split16(tile, l, first, out);
		break;
	case 4:
		split32(tile, l, first, out);
		break;
	}
}
