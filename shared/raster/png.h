#include <stdint.h>

// perigee_png_rows lays the pixels of a picture out as the rows of a PNG: one channel (grey), two (grey and alpha), three or
// four, each row behind its filter byte, as differences to the row above. With grey, what is fully transparent becomes a
// level, if that is not negative; with alpha, it has no colour.
void perigee_png_rows(const uint8_t *pixels, int64_t stride, int32_t width, int32_t height, int32_t channels, int32_t transparent, uint8_t *out);

// What perigee_png_count and perigee_png_code make of bytes: single ones, and runs of zeros behind a zero, whose lengths are
// 8 times 1 to 32.
#define PERIGEE_PNG_RUNS 32

// perigee_png_count counts the bytes, and behind these the runs by their lengths.
void perigee_png_count(const uint8_t *bytes, int64_t n, uint32_t counts[256 + PERIGEE_PNG_RUNS]);

// A place to write bits to, and those that are not written yet.
struct perigee_bits {
	uint64_t bits;
	int32_t have;
	int64_t at;
};

// perigee_png_code writes the codes of the bytes and runs. A code is its bits, and how many they are in the highest byte: of
// a byte at most 14, of a run at most 24. out has room for two bytes for each byte, and 16 more.
struct perigee_bits perigee_png_code(const uint8_t *bytes, int64_t n, const uint32_t codes[256 + PERIGEE_PNG_RUNS], uint8_t *out, struct perigee_bits b);

// perigee_crc32 and perigee_adler32 go on with the checksums of PNG and of zlib.
uint32_t perigee_crc32(uint32_t sum, const uint8_t *bytes, int64_t n);
uint32_t perigee_adler32(uint32_t sum, const uint8_t *bytes, int64_t n);

// perigee_deflate compresses bytes by looking for repetitions, as a zlib stream; its size, 0 if there is no room for it.
int64_t perigee_deflate(const uint8_t *bytes, int64_t n, uint8_t *out, int64_t room);

// perigee_deflate_bound is the room that perigee_deflate needs at most.
int64_t perigee_deflate_bound(int64_t n);
