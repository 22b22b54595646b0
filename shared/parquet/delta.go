package parquet

import "encoding/binary"

// delta reads whole numbers as differences in blocks (format: Encodings, delta encoding).
type delta struct {
	node  *Node
	data  []byte
	left  uint64 // numbers that are not read yet
	value int64
	first bool

	blockSize, miniblocks, perMini uint64

	least  int64  // difference of the block
	widths []byte // of the miniblocks that are left of the block
	packed []byte // of the miniblock that is open
	bit    int
	width  int
	mini   uint64 // numbers that are left of the miniblock
}

func newDelta(n *Node, data []byte) (*delta, error) {
	d := &delta{node: n, data: data, first: true}
	d.blockSize, d.miniblocks, d.left = d.unsigned(), d.unsigned(), d.unsigned()
	d.value = d.signed()
	if d.data == nil || d.blockSize == 0 || d.blockSize > 1<<20 || d.miniblocks == 0 || d.miniblocks > 512 || d.blockSize%d.miniblocks != 0 || d.blockSize/d.miniblocks%8 != 0 {
		return nil, errValues(n)
	}
	d.perMini = d.blockSize / d.miniblocks
	return d, nil
}

func (d *delta) unsigned() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.data = nil
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *delta) signed() int64 {
	v := d.unsigned()
	return int64(v>>1) ^ -int64(v&1)
}

func (d *delta) next() (int64, bool) {
	if d.left == 0 {
		return 0, false
	}
	d.left--
	if d.first {
		d.first = false
		return d.value, true
	}
	for d.mini == 0 {
		if !d.open() {
			return 0, false
		}
	}
	d.mini--
	difference := unpackLong(d.packed, d.bit, d.width)
	d.bit += d.width
	d.value += d.least + int64(difference)
	return d.value, true
}

// open begins the next miniblock, and the next block before it when the last one is used up.
func (d *delta) open() bool {
	if len(d.widths) == 0 {
		d.least = d.signed()
		if uint64(len(d.data)) < d.miniblocks {
			return false
		}
		d.widths, d.data = d.data[:d.miniblocks], d.data[d.miniblocks:]
	}
	d.width, d.widths = int(d.widths[0]), d.widths[1:]
	size := int(d.perMini) / 8 * d.width
	if d.width > 64 || len(d.data) < size {
		return false
	}
	d.packed, d.data = d.data[:size], d.data[size:]
	d.bit, d.mini = 0, d.perMini
	return true
}

// rest is what stands behind the numbers, all of which were read.
func (d *delta) rest() []byte { return d.data }

// unpackLong reads a number of at most 64 bits.
func unpackLong(data []byte, bit, width int) uint64 {
	var v uint64
	for i := 0; i < width; {
		at := bit + i
		take := min(8-at%8, width-i)
		v |= uint64(data[at/8]>>(at%8)) & (1<<take - 1) << i
		i += take
	}
	return v
}

// deltaValues are whole numbers.
type deltaValues struct{ *delta }

func (v *deltaValues) next() (Value, error) {
	n, ok := v.delta.next()
	if !ok {
		return Value{}, errValues(v.node)
	}
	if v.node.Type == Int32 {
		n = int64(int32(n))
	}
	return Value{Int: n}, nil
}

// lengths reads as many lengths as a page may have texts, and gives what stands behind them.
func lengths(n *Node, data []byte, most int) ([]int32, []byte, error) {
	d, err := newDelta(n, data)
	if err != nil {
		return nil, nil, err
	}
	if d.left > uint64(most) {
		return nil, nil, errValues(n)
	}
	all := make([]int32, 0, d.left)
	for d.left > 0 {
		v, ok := d.next()
		if !ok || v < 0 || v > 1<<30 {
			return nil, nil, errValues(n)
		}
		all = append(all, int32(v))
	}
	return all, d.rest(), nil
}

// deltaLength is texts behind their lengths.
type deltaLength struct {
	node    *Node
	lengths []int32
	data    []byte
}

func newDeltaLength(n *Node, h header, data []byte) (values, error) {
	if n.Type != ByteArray {
		return nil, errValues(n)
	}
	all, rest, err := lengths(n, data, h.values)
	return &deltaLength{n, all, rest}, err
}

func (v *deltaLength) next() (Value, error) {
	if len(v.lengths) == 0 || int(v.lengths[0]) > len(v.data) {
		return Value{}, errValues(v.node)
	}
	n := v.lengths[0]
	text := v.data[:n]
	v.lengths, v.data = v.lengths[1:], v.data[n:]
	return Value{Bytes: text}, nil
}

// deltaBytes are texts that begin like the one before.
type deltaBytes struct {
	node     *Node
	prefixes []int32
	suffixes deltaLength
	last     []byte
}

func newDeltaBytes(n *Node, h header, data []byte) (values, error) {
	if n.Type != ByteArray && n.Type != FixedLenByteArray {
		return nil, errValues(n)
	}
	prefixes, rest, err := lengths(n, data, h.values)
	if err != nil {
		return nil, err
	}
	suffixes, rest, err := lengths(n, rest, h.values)
	return &deltaBytes{node: n, prefixes: prefixes, suffixes: deltaLength{n, suffixes, rest}}, err
}

func (v *deltaBytes) next() (Value, error) {
	if len(v.prefixes) == 0 || int(v.prefixes[0]) > len(v.last) {
		return Value{}, errValues(v.node)
	}
	suffix, err := v.suffixes.next()
	if err != nil {
		return Value{}, err
	}
	v.last = append(v.last[:v.prefixes[0]], suffix.Bytes...)
	v.prefixes = v.prefixes[1:]
	if v.node.Type == FixedLenByteArray && len(v.last) != v.node.Length {
		return Value{}, errValues(v.node)
	}
	return Value{Bytes: v.last}, nil
}
