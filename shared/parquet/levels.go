package parquet

import "encoding/binary"

// appendHybrid writes numbers of a width in runs and packs of eight (format: Encodings, RLE / bit-packing hybrid).
func appendHybrid(out []byte, numbers []uint8, width int) []byte {
	packed := -1 // where the header of the pack that is open is to be
	groups := 0
	closePack := func() {
		if packed >= 0 {
			header := binary.AppendUvarint(nil, uint64(groups)<<1|1)
			out = append(out[:packed], append(header, out[packed:]...)...)
			packed, groups = -1, 0
		}
	}
	for at := 0; at < len(numbers); {
		run := 1
		for at+run < len(numbers) && numbers[at+run] == numbers[at] {
			run++
		}
		if run >= 8 || at+run == len(numbers) {
			closePack()
			out = append(binary.AppendUvarint(out, uint64(run)<<1), numbers[at])
			at += run
			continue
		}
		if packed < 0 {
			packed = len(out)
		}
		out = appendPack(out, numbers[at:min(at+8, len(numbers))], width)
		groups++
		at += 8
	}
	closePack()
	return out
}

// appendPack packs up to eight numbers, the first in the lowest bits; missing ones are 0.
func appendPack(out []byte, numbers []uint8, width int) []byte {
	var bits uint64
	for i, n := range numbers {
		bits |= uint64(n) << (i * width)
	}
	for range width {
		out = append(out, byte(bits))
		bits >>= 8
	}
	return out
}

// hybrid reads numbers of a width one by one.
type hybrid struct {
	data  []byte
	width int
	run   uint64 // numbers that are left of a run
	same  uint32 // which it repeats
	pack  uint64 // numbers that are left of packs
	bit   int    // where in data the next of them begins
}

func (h *hybrid) next() (uint32, bool) {
	for h.run == 0 && h.pack == 0 {
		if !h.open() {
			return 0, false
		}
	}
	if h.run > 0 {
		h.run--
		return h.same, true
	}
	h.pack--
	v, ok := unpack(h.data, h.bit, h.width)
	if h.bit += h.width; h.pack == 0 {
		h.data, h.bit = h.data[min(h.bit/8, len(h.data)):], 0
	}
	return v, ok
}

// open reads the header of a run or of packs.
func (h *hybrid) open() bool {
	if h.width == 0 {
		h.run = 1 << 62 // the numbers are all 0, and nothing is written of them
		return true
	}
	header, n := binary.Uvarint(h.data)
	if n <= 0 {
		return false
	}
	h.data = h.data[n:]
	if header&1 == 1 {
		groups := header >> 1
		if groups == 0 || groups > uint64(len(h.data)) { // a group takes a byte at least
			return false
		}
		h.pack, h.bit = groups*8, 0
		return true
	}
	size := (h.width + 7) / 8
	if len(h.data) < size {
		return false
	}
	h.same = 0
	for i := range size {
		h.same |= uint32(h.data[i]) << (8 * i)
	}
	h.run, h.data = header>>1, h.data[size:]
	return true
}

// unpack reads a number of at most 32 bits at a bit of data. Packs at the end may be cut short: their last numbers are not
// asked for.
func unpack(data []byte, bit, width int) (uint32, bool) {
	if bit+width > len(data)*8 {
		return 0, false
	}
	var v uint64
	for i, shift := bit/8, -(bit % 8); shift < width; i, shift = i+1, shift+8 {
		if shift < 0 {
			v |= uint64(data[i]) >> -shift
		} else {
			v |= uint64(data[i]) << shift
		}
	}
	return uint32(v & (1<<width - 1)), true
}

// widthOf is how many bits the numbers up to a greatest one have.
func widthOf(greatest int) int {
	width := 0
	for ; greatest > 0; greatest >>= 1 {
		width++
	}
	return width
}
