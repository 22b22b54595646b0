package parquet

import (
	"encoding/binary"
	"math"
)

// Value is a value of a column: Int of the whole numbers and truth values, Float of the others, Bytes of the rest. The
// bytes hold until the next value is read.
type Value struct {
	Int   int64
	Float float64
	Bytes []byte
}

// values are those of a page, one by one.
type values interface {
	next() (Value, error)
}

func errValues(n *Node) error {
	return invalid("has the column %q, whose values are malformed", n.Name)
}

// decoderOf reads values in the encoding of a page (format: Encodings).
func decoderOf(n *Node, h header, data []byte, dict *dictionary) (values, error) {
	switch h.encoding {
	case encodingPlain:
		return &plainValues{node: n, data: data}, nil
	case encodingPlainDictionary, encodingRLEDictionary:
		if dict == nil {
			return nil, invalid("has the column %q, whose dictionary is missing", n.Name)
		}
		if len(data) == 0 {
			return &dictionaryValues{dict: dict}, nil
		}
		if data[0] > 32 {
			return nil, errValues(n)
		}
		return &dictionaryValues{dict: dict, indices: hybrid{data: data[1:], width: int(data[0])}}, nil
	case encodingRLE:
		if n.Type != Boolean || len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
			return nil, errValues(n)
		}
		return &runValues{node: n, bits: hybrid{data: data[4:], width: 1}}, nil
	case encodingDeltaBinary:
		if n.Type != Int32 && n.Type != Int64 {
			return nil, errValues(n)
		}
		d, err := newDelta(n, data)
		return &deltaValues{d}, err
	case encodingDeltaLength:
		return newDeltaLength(n, h, data)
	case encodingDeltaByteArray:
		return newDeltaBytes(n, h, data)
	case encodingByteStreamSplit:
		size := n.size()
		if size == 0 || len(data)%size != 0 {
			return nil, errValues(n)
		}
		return &splitValues{node: n, data: data, count: len(data) / size, value: make([]byte, size)}, nil
	}
	return nil, invalid("has the column %q, which is encoded by %d, which is not read here", n.Name, h.encoding)
}

// size is how many bytes the values of a column have; 0: they differ.
func (n *Node) size() int {
	return map[Type]int{Int32: 4, Int64: 8, Int96: 12, Float: 4, Double: 8, FixedLenByteArray: n.Length}[n.Type]
}

// fixed is the value of bytes of the column's size.
func (n *Node) fixed(text []byte) Value {
	switch n.Type {
	case Int32:
		v := binary.LittleEndian.Uint32(text)
		if n.Logical == Unsigned {
			return Value{Int: int64(v)}
		}
		return Value{Int: int64(int32(v))}
	case Int64:
		return Value{Int: int64(binary.LittleEndian.Uint64(text))}
	case Float:
		return Value{Float: float64(math.Float32frombits(binary.LittleEndian.Uint32(text)))}
	case Double:
		return Value{Float: math.Float64frombits(binary.LittleEndian.Uint64(text))}
	}
	return Value{Bytes: text}
}

// plainValues stand one behind the other.
type plainValues struct {
	node *Node
	data []byte
	bit  int
}

func (p *plainValues) next() (Value, error) {
	switch p.node.Type {
	case Boolean:
		if p.bit >= len(p.data)*8 {
			return Value{}, errValues(p.node)
		}
		v := Value{Int: int64(p.data[p.bit/8] >> (p.bit % 8) & 1)}
		p.bit++
		return v, nil
	case ByteArray:
		if len(p.data) < 4 {
			return Value{}, errValues(p.node)
		}
		n := binary.LittleEndian.Uint32(p.data)
		if uint64(n) > uint64(len(p.data)-4) {
			return Value{}, errValues(p.node)
		}
		v := Value{Bytes: p.data[4 : 4+n]}
		p.data = p.data[4+n:]
		return v, nil
	}
	size := p.node.size()
	if len(p.data) < size {
		return Value{}, errValues(p.node)
	}
	v := p.node.fixed(p.data[:size])
	p.data = p.data[size:]
	return v, nil
}

// dictionary has the values of a column once each.
type dictionary struct {
	node  *Node
	data  []byte
	count int
	ends  []uint32 // of texts, whose lengths stand before them
}

func newDictionary(n *Node, data []byte, count int) (*dictionary, error) {
	d := &dictionary{node: n, data: data, count: count}
	if n.Type == Boolean {
		return nil, errValues(n)
	}
	if n.Type != ByteArray {
		if int64(count)*int64(n.size()) > int64(len(data)) {
			return nil, errValues(n)
		}
		return d, nil
	}
	if int64(count)*4 > int64(len(data)) {
		return nil, errValues(n)
	}
	d.ends = make([]uint32, 0, count)
	at := uint64(0)
	for range count {
		if uint64(len(data)) < at+4 {
			return nil, errValues(n)
		}
		at += 4 + uint64(binary.LittleEndian.Uint32(data[at:]))
		if at > uint64(len(data)) {
			return nil, errValues(n)
		}
		d.ends = append(d.ends, uint32(at))
	}
	return d, nil
}

func (d *dictionary) at(i uint32) (Value, error) {
	switch {
	case int64(i) >= int64(d.count):
		return Value{}, errValues(d.node)
	case d.node.Type != ByteArray:
		size := d.node.size()
		return d.node.fixed(d.data[int(i)*size : (int(i)+1)*size]), nil
	case i == 0:
		return Value{Bytes: d.data[4:d.ends[0]]}, nil
	}
	return Value{Bytes: d.data[d.ends[i-1]+4 : d.ends[i]]}, nil
}

// dictionaryValues are named by their indices.
type dictionaryValues struct {
	dict    *dictionary
	indices hybrid
}

func (v *dictionaryValues) next() (Value, error) {
	i, ok := v.indices.next()
	if !ok {
		return Value{}, errValues(v.dict.node)
	}
	return v.dict.at(i)
}

// runValues are truth values in runs.
type runValues struct {
	node *Node
	bits hybrid
}

func (v *runValues) next() (Value, error) {
	bit, ok := v.bits.next()
	if !ok {
		return Value{}, errValues(v.node)
	}
	return Value{Int: int64(bit)}, nil
}

// splitValues have the first bytes of all, then the second ones, and so on.
type splitValues struct {
	node      *Node
	data      []byte
	at, count int
	value     []byte
}

func (v *splitValues) next() (Value, error) {
	if v.at >= v.count {
		return Value{}, errValues(v.node)
	}
	for i := range v.value {
		v.value[i] = v.data[i*v.count+v.at]
	}
	v.at++
	return v.node.fixed(v.value), nil
}
