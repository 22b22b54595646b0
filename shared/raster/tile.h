#include <stdint.h>

// How the samples of a tile of a TIFF lie (TIFF 6.0, sections 14 and 15).
struct perigee_layout {
	int32_t predictor;     // 1: none, 2: differences to the left, 3: such of the bytes of floating point numbers
	int32_t size;          // bytes of a sample
	int32_t bands;         // samples that lie together, those of a pixel
	int32_t width, height; // of the tile
	int32_t columns, rows; // that are wanted, from the upper left
};

// perigee_split takes up to four bands, from one on, out of a tile and undoes the predictor. A band without a place is not
// wanted. The bytes of a tile of floating point numbers are put in order where they lie.
void perigee_split(uint8_t *tile, struct perigee_layout l, int32_t first, void *a, void *b, void *c, void *d);
