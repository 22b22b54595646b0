#include "inflate.h"

#include "fast.h"

#include <libdeflate.h>
#include <stddef.h>
#include <string.h>

// Decodes DEFLATE (RFC 1951) as satellite images have it: much noise, so that literals and matches of a few bytes follow
// each other without a rule. A look-up gives a literal and the length behind it at once, which leaves the processor less
// to guess wrong, and two streams can be decoded side by side. What is rare is decoded symbol by symbol.

#define ALWAYS static inline __attribute__((always_inline))
#define LIKELY(c) __builtin_expect(!!(c), 1)
#define RARE(c) __builtin_expect(!!(c), 0)

#define LITERAL_BITS 12  // by which literals and lengths are looked up
#define DISTANCE_BITS 9  // by which distances are looked up
#define LITERALS 288     // literals, the end of a block and lengths
#define DISTANCES 32
#define LONGEST 15       // bits of a code at most
#define END 256          // of a block
#define MARGIN 32        // bytes of input and of output from the end at which every byte is looked at

// A canonical code: how many symbols have codes of each length, and the symbols in the order of their codes.
struct code {
	uint16_t count[LONGEST + 1], symbols[LITERALS];
};

enum state { HEAD, BODY, DONE, BROKEN };

// A stream that is being decoded. Bits are taken from the lowest; have tells how many there are, all others are 0.
struct stream {
	const uint8_t *in, *in_end, *in_fast;
	uint8_t *out, *begin, *end, *out_fast;
	uint64_t bits;
	uint32_t have;
	enum state state;
	int last; // the block is the last one
	struct code literals, distances;
	uint32_t by_literal[1 << LITERAL_BITS], by_distance[1 << DISTANCE_BITS], single[1 << (LITERAL_BITS - 1)];
};

// An entry of by_literal: in its lowest 6 bits how many bits it takes, then in 2 bits how many literals it has, then in 2
// bytes these, then the length of the match behind them, 0 for none. Of what is rare, where that is 1, the bytes of the
// literals hold the symbol.
#define ONE_LITERAL (1u << 6)
#define TWO_LITERALS (2u << 6)
#define SPECIAL (1u << 24)
#define UNKNOWN (SPECIAL | 0xffffu << 8) // a code of more bits
#define SHORT 10                         // the longest match without further bits

// An entry of by_distance: how many bits it takes, then how many of them are the code's, then in 2 bytes the distance that
// the others are added to; 0 for a code of more bits, and for none.

static const uint16_t length_base[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_base[30] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t distance_extra[30] = {0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

ALWAYS uint64_t eight(const uint8_t *p) {
	uint64_t v;
	memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

ALWAYS void copy_eight(uint8_t *to, const uint8_t *from) {
	uint64_t v;
	memcpy(&v, from, sizeof v);
	memcpy(to, &v, sizeof v);
}

// Codes are read from their first bit on, which is the lowest.
static uint32_t reversed(uint32_t code, int length) {
	uint32_t r = 0;
	for (int i = 0; i < length; i++) r |= (code >> i & 1) << (length - 1 - i);
	return r;
}

// Makes the code of which the lengths are given, and tells how much of it is not used; less than 0 if it is none.
static int make(struct code *c, const uint8_t *lengths, int n) {
	memset(c->count, 0, sizeof c->count);
	for (int i = 0; i < n; i++) c->count[lengths[i]]++;
	c->count[0] = 0;
	int left = 1;
	for (int l = 1; l <= LONGEST; l++) {
		left = 2 * left - c->count[l];
		if (left < 0) return left;
	}
	uint16_t at[LONGEST + 1] = {0};
	for (int l = 1; l < LONGEST; l++) at[l + 1] = at[l] + c->count[l];
	for (int i = 0; i < n; i++)
		if (lengths[i] != 0) c->symbols[at[lengths[i]]++] = (uint16_t)i;
	return left;
}

// Does something for each code of at most so many bits, of a symbol and with a length, which is read as first.
#define EACH(c, most, ...)                                                                  \
	do {                                                                                    \
		uint32_t code = 0;                                                                  \
		for (int length = 1, at = 0; length <= (most); length++, code <<= 1)                \
			for (int k = 0; k < (c)->count[length]; k++, code++) {                          \
				const uint32_t symbol = (c)->symbols[at++], first = reversed(code, length); \
				__VA_ARGS__                                                                 \
			}                                                                               \
	} while (0)

ALWAYS uint32_t literal_entry(uint32_t symbol) {
	if (symbol < END) return ONE_LITERAL | symbol << 8;
	if (symbol > END && symbol <= END + SHORT - 2) return (symbol - END + 2) << 24;
	return SPECIAL | symbol << 8;
}

// Fills the tables of a block. Every entry is written: the codes are complete, or what is left of them is unknown.
PERIGEE_FAST
void perigee_inflate_tables(struct stream *s) {
	for (int i = 0; i < 1 << LITERAL_BITS; i++) s->by_literal[i] = UNKNOWN;
	EACH(&s->literals, LITERAL_BITS, {
		const uint32_t e = literal_entry(symbol) | (uint32_t)length;
		for (uint32_t i = first; i < 1 << LITERAL_BITS; i += 1u << length) s->by_literal[i] = e;
	});
	int shortest = 1;
	while (shortest < LONGEST && s->literals.count[shortest] == 0) shortest++;
	memcpy(s->single, s->by_literal, sizeof s->single);
	EACH(&s->literals, LITERAL_BITS - shortest, { // and what follows a literal, where its bits are known
		const uint32_t rest = LITERAL_BITS - (uint32_t)length;
		for (uint32_t i = 0; symbol < END && i < 1u << rest; i++) {
			const uint32_t e = s->single[i], takes = e & 63, match = e >> 24;
			if (takes > rest || match == 1) continue;
			const uint32_t both = symbol << 8 | ((uint32_t)length + takes);
			s->by_literal[first | i << length] = both | (match != 0 ? match << 24 | ONE_LITERAL : (e >> 8 & 255) << 16 | TWO_LITERALS);
		}
	});
	memset(s->by_distance, 0, sizeof s->by_distance);
	EACH(&s->distances, DISTANCE_BITS, {
		if (symbol >= 30) continue;
		const uint32_t e = (uint32_t)distance_base[symbol] << 16 | (uint32_t)length << 8 | ((uint32_t)length + distance_extra[symbol]);
		for (uint32_t i = first; i < 1 << DISTANCE_BITS; i += 1u << length) s->by_distance[i] = e;
	});
}

// Takes whole bytes in until there are 56 bits, or none left.
static void fill(struct stream *s) {
	for (; s->have < 56 && s->in < s->in_end; s->have += 8) s->bits |= (uint64_t)*s->in++ << s->have;
}

// Takes bits, of which there have to be enough; -1 otherwise. At most 32 at once.
static int64_t take(struct stream *s, uint32_t n) {
	fill(s);
	if (n > s->have) return -1;
	const int64_t v = (int64_t)(s->bits & (((uint64_t)1 << n) - 1));
	s->bits >>= n;
	s->have -= n;
	return v;
}

// Takes a symbol, bit by bit; -1 if there is none.
static int symbol_of(struct stream *s, const struct code *c) {
	fill(s);
	int32_t code = 0, first = 0, index = 0;
	for (uint32_t l = 1; l <= LONGEST && l <= s->have; l++) {
		code |= (int32_t)(s->bits >> (l - 1) & 1);
		const int32_t n = c->count[l];
		if (code - n < first) {
			take(s, l);
			return c->symbols[index + code - first];
		}
		index += n;
		first = (first + n) << 1;
		code <<= 1;
	}
	return -1;
}

// A block that is not compressed (RFC 1951, 3.2.4).
static enum state stored(struct stream *s) {
	take(s, s->have & 7);
	const int64_t n = take(s, 16), check = take(s, 16);
	if (n < 0 || check < 0 || (n ^ check) != 0xffff) return BROKEN;
	s->in -= s->have >> 3;
	s->bits = s->have = 0;
	if (s->in_end - s->in < n || s->end - s->out < n) return BROKEN;
	memcpy(s->out, s->in, (size_t)n);
	s->in += n;
	s->out += n;
	return s->last ? DONE : HEAD;
}

// The lengths of the codes of a block, those of distances behind all others (RFC 1951, 3.2.7); false if they are broken.
static int lengths_of(struct stream *s, uint8_t lengths[LITERALS + DISTANCES]) {
	static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	const int64_t literals = take(s, 5) + 257, distances = take(s, 5) + 1, known = take(s, 4) + 4;
	if (literals < 257 || distances < 1 || known < 4 || literals > 286) return 0;
	uint8_t of[19] = {0};
	for (int i = 0; i < known; i++) {
		const int64_t v = take(s, 3);
		if (v < 0) return 0;
		of[order[i]] = (uint8_t)v;
	}
	struct code code;
	if (make(&code, of, 19) != 0) return 0;
	uint8_t all[LITERALS + DISTANCES] = {0};
	for (int64_t i = 0; i < literals + distances;) {
		const int symbol = symbol_of(s, &code);
		if (symbol < 0) return 0;
		if (symbol < 16) {
			all[i++] = (uint8_t)symbol;
			continue;
		}
		static const uint8_t extra[3] = {2, 3, 7}, least[3] = {3, 3, 11};
		const int64_t more = take(s, extra[symbol - 16]), times = more + least[symbol - 16];
		if (more < 0 || i + times > literals + distances || (symbol == 16 && i == 0)) return 0;
		memset(all + i, symbol == 16 ? all[i - 1] : 0, (size_t)times);
		i += times;
	}
	memset(lengths, 0, LITERALS + DISTANCES);
	memcpy(lengths, all, (size_t)literals);
	memcpy(lengths + LITERALS, all + literals, (size_t)distances);
	return 1;
}

// The codes that are known beforehand (RFC 1951, 3.2.6).
static void fixed(uint8_t lengths[LITERALS + DISTANCES]) {
	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	memset(lengths + LITERALS, 5, DISTANCES);
}

// Reads the head of a block.
static enum state head(struct stream *s) {
	s->last = take(s, 1) == 1;
	uint8_t lengths[LITERALS + DISTANCES];
	switch (take(s, 2)) {
	case 0:
		return stored(s);
	case 1:
		fixed(lengths);
		break;
	case 2:
		if (!lengths_of(s, lengths)) return BROKEN;
		break;
	default:
		return BROKEN;
	}
	if (lengths[END] == 0 || make(&s->literals, lengths, LITERALS) != 0) return BROKEN;
	const int left = make(&s->distances, lengths + LITERALS, DISTANCES);
	if (left < 0 || (left > 0 && left != 1 << LONGEST && (left != 1 << (LONGEST - 1) || s->distances.count[1] != 1))) return BROKEN; // none, or one of one bit
	perigee_inflate_tables(s);
	return BODY;
}

// Appends a match; false if it begins before the output or ends behind it.
static int match(struct stream *s, int64_t distance, int64_t length) {
	if (distance > s->out - s->begin || length > s->end - s->out) return 0;
	const uint8_t *const from = s->out - distance;
	while (length > 0) { // what is there already is repeated, and is twice as much then
		const int64_t n = length < s->out - from ? length : s->out - from;
		memcpy(s->out, from, (size_t)n);
		s->out += n;
		length -= n;
	}
	return 1;
}

// Takes one symbol of a block, and all that belongs to it.
static enum state step(struct stream *s) {
	fill(s);
	const uint32_t e = s->by_literal[s->bits & ((1 << LITERAL_BITS) - 1)];
	int symbol = (int)(e >> 8 & 0xffff);
	if (e >> 24 != 1 || symbol == 0xffff)
		symbol = symbol_of(s, &s->literals);
	else if (take(s, e & 63) < 0)
		return BROKEN;
	if (symbol < 0) return BROKEN;
	if (symbol < END) {
		if (s->out == s->end) return BROKEN;
		*s->out++ = (uint8_t)symbol;
		return BODY;
	}
	if (symbol == END) return s->last ? DONE : HEAD;
	if (symbol > END + 29) return BROKEN;
	const int64_t length = take(s, length_extra[symbol - END - 1]);
	const int of = symbol_of(s, &s->distances);
	if (length < 0 || of < 0 || of > 29) return BROKEN;
	const int64_t distance = take(s, distance_extra[of]);
	if (distance < 0 || !match(s, distance + distance_base[of], length + length_base[symbol - END - 1])) return BROKEN;
	return BODY;
}

// The variables of a stream while it is decoded fast: its bits may be more than have tells, then these are those at in.
#define OPEN(x)                   \
	const uint8_t *x##_in = x->in; \
	uint8_t *x##_out = x->out;     \
	uint64_t x##_bits = x->bits;   \
	uint32_t x##_have = x->have, x##_entry

#define SHUT(x) (x->in = x##_in, x->out = x##_out, x->bits = x##_bits & (((uint64_t)1 << x##_have) - 1), x->have = x##_have)
#define REOPEN(x) (x##_in = x->in, x##_out = x->out, x##_bits = x->bits, x##_have = x->have)
#define ROOM(x) ((x##_in < x->in_fast) & (x##_out < x->out_fast))

// Fills up to 56 bits or more, and looks up what comes.
#define LOOK(x)                                                          \
	(x##_bits |= eight(x##_in) << x##_have, x##_in += (63 - x##_have) >> 3, \
		x##_have |= 56, x##_entry = x->by_literal[x##_bits & ((1 << LITERAL_BITS) - 1)])

#define DROP(x, n) (x##_bits >>= (n) & 63, x##_have -= (n) & 63)

// Decodes what an entry has: up to two literals, or up to one and a match. That takes at most 12 bits and 9 + 13; what is
// written beyond is written again. What is rare is decoded symbol by symbol; if the block ends with it, out is gone to.
#define STEP(x, out)                                                                                                      \
	do {                                                                                                                  \
		if (RARE(x##_entry >> 24 == 1)) {                                                                                 \
			SHUT(x);                                                                                                      \
			x->state = step(x);                                                                                           \
			REOPEN(x);                                                                                                    \
			if (x->state != BODY || !ROOM(x)) goto out;                                                                   \
			LOOK(x);                                                                                                      \
			break;                                                                                                        \
		}                                                                                                                 \
		const uint32_t length = x##_entry >> 24;                                                                          \
		x##_out[0] = (uint8_t)(x##_entry >> 8), x##_out[1] = (uint8_t)(x##_entry >> 16);                                  \
		x##_out += x##_entry >> 6 & 3;                                                                                    \
		DROP(x, x##_entry);                                                                                               \
		if (LIKELY(length != 0)) {                                                                                        \
			const uint32_t e = x->by_distance[x##_bits & ((1 << DISTANCE_BITS) - 1)];                                     \
			const uint32_t far = (e >> 16) + (uint32_t)((x##_bits & (((uint64_t)1 << (e & 63)) - 1)) >> (e >> 8 & 63));   \
			if (RARE((uint64_t)(far - 1) >= (uint64_t)(x##_out - x->begin))) {                                            \
				SHUT(x);                                                                                                  \
				x->state = matched(x, length);                                                                            \
				REOPEN(x);                                                                                                \
				if (x->state != BODY || !ROOM(x)) goto out;                                                               \
			} else {                                                                                                      \
				DROP(x, e);                                                                                               \
				if (LIKELY(far >= 8)) {                                                                                   \
					copy_eight(x##_out, x##_out - far);                                                                   \
					copy_eight(x##_out + 8, x##_out + 8 - far);                                                           \
				} else {                                                                                                  \
					for (uint32_t i = 0; i < length; i++) x##_out[i] = x##_out[(int64_t)i - far];                         \
				}                                                                                                         \
				x##_out += length;                                                                                        \
			}                                                                                                             \
		}                                                                                                                 \
		LOOK(x);                                                                                                          \
	} while (0)

// The rest of a match whose distance is not in the table, or is none.
static __attribute__((noinline)) enum state matched(struct stream *s, int64_t length) {
	const int of = symbol_of(s, &s->distances);
	if (of < 0 || of > 29) return BROKEN;
	const int64_t distance = take(s, distance_extra[of]);
	return distance >= 0 && match(s, distance + distance_base[of], length) ? BODY : BROKEN;
}

PERIGEE_FAST
void perigee_inflate_one(struct stream *a) {
	OPEN(a);
	if (!ROOM(a)) return;
	LOOK(a);
	while (ROOM(a)) STEP(a, out);
out:
	SHUT(a);
}

PERIGEE_FAST
void perigee_inflate_both(struct stream *a, struct stream *b) {
	OPEN(a);
	OPEN(b);
	if (!ROOM(a) || !ROOM(b)) return;
	LOOK(a);
	LOOK(b);
	while (ROOM(a) && ROOM(b)) {
		STEP(a, out);
		STEP(b, out);
	}
out:
	SHUT(a);
	SHUT(b);
}

// Opens a stream behind its head (RFC 1950, 2.2).
static void begin(struct stream *s, struct perigee_packed p, int64_t n_out) {
	s->state = BROKEN;
	if (p.n_in < 6 || (p.in[0] & 15) != 8 || p.in[0] >> 4 > 7 || (p.in[0] << 8 | p.in[1]) % 31 != 0 || (p.in[1] & 32) != 0) return;
	s->in = p.in + 2;
	s->in_end = p.in + p.n_in;
	s->in_fast = p.n_in > MARGIN ? s->in_end - MARGIN : p.in;
	s->out = s->begin = p.out;
	s->end = p.out + n_out;
	s->out_fast = n_out > MARGIN ? s->end - MARGIN : p.out;
	s->bits = s->have = 0;
	s->state = HEAD;
}

static int roomy(const struct stream *s) { return s->in < s->in_fast && s->out < s->out_fast; }

// Goes on with a stream until it can be decoded fast, or has ended.
static void settle(struct stream *s) {
	while (s->state == HEAD || (s->state == BODY && !roomy(s))) s->state = s->state == HEAD ? head(s) : step(s);
}

static void finish(struct stream *s) {
	for (settle(s); s->state == BODY; settle(s)) perigee_inflate_one(s);
}

// Tells whether a stream has given all, and what its checksum says.
static int whole(struct stream *s) {
	if (s->state != DONE || s->out != s->end) return 0;
	take(s, s->have & 7);
	uint32_t sum = 0;
	for (int i = 0; i < 4; i++) {
		const int64_t v = take(s, 8);
		if (v < 0) return 0;
		sum = sum << 8 | (uint32_t)v;
	}
	return libdeflate_adler32(1, s->begin, (size_t)(s->end - s->begin)) == sum;
}

// One for each thread that ever decodes: it has some ten thousand bytes, and is as good as new after every use.
static _Thread_local struct libdeflate_decompressor *decompressor;

// Decodes a stream that was compressed to less than a third: it holds long repetitions, which libdeflate copies faster.
static int flat(struct perigee_packed p, int64_t n_out) {
	if (decompressor == NULL) decompressor = libdeflate_alloc_decompressor();
	return decompressor != NULL && libdeflate_zlib_decompress(decompressor, p.in, (size_t)p.n_in, p.out, (size_t)n_out, NULL) == LIBDEFLATE_SUCCESS;
}

static int noisy(struct perigee_packed p, int64_t n_out) { return p.in != NULL && 3 * p.n_in > n_out; }

int32_t perigee_inflate(struct perigee_packed a, struct perigee_packed b, int64_t n_out) {
	const struct perigee_packed p[2] = {a, b};
	struct stream s[2];
	int32_t good = 0;
	for (int i = 0; i < 2; i++) {
		s[i].state = BROKEN;
		if (noisy(p[i], n_out))
			begin(&s[i], p[i], n_out);
		else if (p[i].in != NULL)
			good |= flat(p[i], n_out) << i;
	}
	for (;;) {
		settle(&s[0]);
		settle(&s[1]);
		if (s[0].state != BODY || s[1].state != BODY) break;
		perigee_inflate_both(&s[0], &s[1]);
	}
	finish(&s[0]);
	finish(&s[1]);
	return good | whole(&s[0]) | whole(&s[1]) << 1;
}
