package raster

import (
	"cmp"
	"slices"
)

// lengthsOf gives each symbol the length of its code, by how often it comes: the best lengths that are not longer than a
// limit (RFC 1951, 3.2.1). The code has no gaps; at least two symbols must come.
func lengthsOf(counts []uint32, limit int) []uint8 {
	type node struct {
		count       uint64
		left, right int // -1: a symbol
		symbol      int
	}
	var nodes []node
	for symbol, n := range counts {
		if n > 0 {
			nodes = append(nodes, node{uint64(n), -1, -1, symbol})
		}
	}
	slices.SortFunc(nodes, func(a, b node) int { return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.symbol, b.symbol)) })
	leaves := len(nodes)
	lengths := make([]uint8, len(counts))
	if leaves < 2 {
		return lengths
	}
	leaf, inner := 0, leaves
	next := func() int { // the rarest that has no parent
		if leaf < leaves && (inner == len(nodes) || nodes[leaf].count <= nodes[inner].count) {
			leaf++
			return leaf - 1
		}
		inner++
		return inner - 1
	}
	for range leaves - 1 {
		a := next()
		b := next()
		nodes = append(nodes, node{nodes[a].count + nodes[b].count, a, b, -1})
	}
	depths := make([]int, len(nodes))
	for i := len(nodes) - 1; i >= leaves; i-- {
		depths[nodes[i].left], depths[nodes[i].right] = depths[i]+1, depths[i]+1
	}
	shorten(depths[:leaves], limit)
	for i, n := range nodes[:leaves] {
		lengths[n.symbol] = uint8(depths[i])
	}
	return lengths
}

// shorten makes a code whose lengths keep to a limit of one that may not; the rarest symbols come first. What the long ones
// save, the rarest of the others pay.
func shorten(depths []int, limit int) {
	room, used := 1<<limit, 0 // in codes of the longest kind
	for i := range depths {
		depths[i] = min(depths[i], limit)
		used += room >> depths[i]
	}
	for i := 0; used > room; i = (i + 1) % len(depths) {
		for depths[i] < limit && used > room {
			depths[i]++
			used -= room >> depths[i]
		}
	}
	for i := len(depths) - 1; i >= 0; i-- {
		for used < room && depths[i] > 1 && used+room>>depths[i] <= room {
			used += room >> depths[i]
			depths[i]--
		}
	}
}

// codesOf are the codes of lengths (RFC 1951, 3.2.2), with the bit that is written first lowest.
func codesOf(lengths []uint8) []uint32 {
	var count, next [16]uint32
	for _, l := range lengths {
		if l > 0 {
			count[l]++
		}
	}
	code := uint32(0)
	for l := 1; l < len(next); l++ {
		code = (code + count[l-1]) << 1
		next[l] = code
	}
	codes := make([]uint32, len(lengths))
	for symbol, l := range lengths {
		if l == 0 {
			continue
		}
		c := next[l]
		next[l]++
		for range l {
			codes[symbol] = codes[symbol]<<1 | c&1
			c >>= 1
		}
	}
	return codes
}

// bitWriter writes bits, the lowest first.
type bitWriter struct {
	out  []byte
	bits uint64
	have int
}

func (w *bitWriter) put(bits uint32, n int) {
	w.bits |= uint64(bits) << w.have
	for w.have += n; w.have >= 8; w.have -= 8 {
		w.out = append(w.out, byte(w.bits))
		w.bits >>= 8
	}
}

// align fills the last byte.
func (w *bitWriter) align() {
	if w.have > 0 {
		w.put(0, 8-w.have)
	}
}

// The symbols of DEFLATE (RFC 1951, 3.2.5 and 3.2.7).
const (
	symbolEnd     = 256
	symbolLengths = 257
	symbolsInAll  = 286
	repeatLast    = 16
	repeatZero    = 17
	repeatZeros   = 18
)

// lengthOf is the symbol of a length from 3 to 258, its further bits, and how many these are.
func lengthOf(n int) (symbol int, bits uint32, extra int) {
	switch {
	case n == 258:
		return 285, 0, 0
	case n < 11:
		return symbolLengths + n - 3, 0, 0
	}
	for extra = 1; n-3 >= 8<<extra; {
		extra++
	}
	step := (n - 3) >> extra // 4 to 7
	return symbolLengths + 4*extra + step, uint32(n - 3 - step<<extra), extra
}

// codeOrder is the order in which the lengths of the code of lengths are told.
var codeOrder = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicHead writes the head of a block with codes of its own: those of literals and lengths, and one distance.
func (w *bitWriter) dynamicHead(lengths []uint8, last bool) {
	n := len(lengths)
	for n > symbolLengths && lengths[n-1] == 0 {
		n--
	}
	tokens, counts := tokensOf(append(slices.Clone(lengths[:n]), 1))
	of := lengthsOf(counts, 7)
	codes := codesOf(of)
	known := len(codeOrder)
	for known > 4 && of[codeOrder[known-1]] == 0 {
		known--
	}
	final := uint32(0)
	if last {
		final = 1
	}
	w.put(final, 1)
	w.put(2, 2)
	w.put(uint32(n-symbolLengths), 5)
	w.put(0, 5)
	w.put(uint32(known-4), 4)
	for _, symbol := range codeOrder[:known] {
		w.put(uint32(of[symbol]), 3)
	}
	for _, t := range tokens {
		w.put(codes[t.symbol], int(of[t.symbol]))
		w.put(t.bits, t.extra)
	}
}

// told is a symbol of the code of lengths and the bits that follow it.
type told struct {
	symbol int
	bits   uint32
	extra  int
}

// tokensOf writes lengths with repetitions.
func tokensOf(lengths []uint8) (tokens []told, counts []uint32) {
	counts = make([]uint32, 19)
	add := func(t told) {
		tokens = append(tokens, t)
		counts[t.symbol]++
	}
	for i := 0; i < len(lengths); {
		n := 1
		for i+n < len(lengths) && lengths[i+n] == lengths[i] {
			n++
		}
		l := int(lengths[i])
		i += n
		if l > 0 {
			add(told{symbol: l})
			n--
		}
		for n > 0 {
			switch {
			case n < 3:
				add(told{symbol: l})
				n--
			case l > 0:
				k := min(n, 6)
				add(told{repeatLast, uint32(k - 3), 2})
				n -= k
			case n < 11:
				add(told{repeatZero, uint32(n - 3), 3})
				n = 0
			default:
				k := min(n, 138)
				add(told{repeatZeros, uint32(k - 11), 7})
				n -= k
			}
		}
	}
	return tokens, counts
}
