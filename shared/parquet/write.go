package parquet

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"

	"perigee/shared/fault"
)

// The sizes by which a file is cut.
const (
	pageSize     = 1 << 20  // bytes of the values of a page
	groupSize    = 16 << 20 // bytes of the values of a row group
	groupRows    = 100_000
	longestBound = 64 // bytes of a text that is told as the least or greatest of its column
)

// Writer writes a file row by row: what is held is a row group.
type Writer struct {
	out     io.Writer
	root    *Node
	columns []*ColumnWriter
	encoder *zstd.Encoder

	offset int64
	rows   int64 // of the file
	group  int64 // rows of the row group that is open
	size   int   // bytes of it
	groups []writtenGroup
}

// ColumnWriter takes the values of a column in the order of the rows.
type ColumnWriter struct {
	node *Node
	of   *Writer

	defs, reps []uint8
	values     []byte
	bits       int // truth values in the last byte of values
	page       int // values and nulls of the page that is open
	chunk      writtenChunk
	pages      bytes.Buffer // compressed ones
}

// writtenChunk is what the footer tells of a column in a row group.
type writtenChunk struct {
	offset             int64
	values, nulls      int64
	plain              int64 // bytes of the pages before compression, with their headers
	compressed         int64
	least, greatest    []byte
	bounded, boundless bool // there are a least and a greatest value; they are not to be told
}

type writtenGroup struct {
	rows   int64
	chunks []writtenChunk
}

// NewWriter begins a file of a schema whose nodes have their levels (Columns).
func NewWriter(out io.Writer, root *Node) (*Writer, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(pageSize))
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "the compression of Parquet pages")
	}
	w := &Writer{out: out, root: root, encoder: encoder}
	for _, node := range Columns(root) {
		w.columns = append(w.columns, &ColumnWriter{node: node, of: w})
	}
	return w, w.write([]byte(magic))
}

func (w *Writer) write(text []byte) error {
	n, err := w.out.Write(text)
	w.offset += int64(n)
	return err
}

// Column is the writer of a column.
func (w *Writer) Column(index int) *ColumnWriter { return w.columns[index] }

func (c *ColumnWriter) levels(rep, def int) {
	c.reps, c.defs = append(c.reps, uint8(rep)), append(c.defs, uint8(def))
	c.page++
	c.of.size += 2
}

// Null says that there is no value, as far as the levels tell.
func (c *ColumnWriter) Null(rep, def int) {
	c.levels(rep, def)
	c.chunk.nulls++
}

// Bool takes a truth value.
func (c *ColumnWriter) Bool(rep int, v bool) {
	c.levels(rep, c.node.Def)
	if c.bits%8 == 0 {
		c.values = append(c.values, 0)
		c.of.size++
	}
	if v {
		c.values[len(c.values)-1] |= 1 << (c.bits % 8)
	}
	c.bits++
	c.chunk.boundless = true
}

// Int64 takes a whole number.
func (c *ColumnWriter) Int64(rep int, v int64) {
	c.levels(rep, c.node.Def)
	text := binary.LittleEndian.AppendUint64(nil, uint64(v))
	c.add(text)
	c.bound(text, func(a, b []byte) int {
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	})
}

// Double takes a number.
func (c *ColumnWriter) Double(rep int, v float64) {
	c.levels(rep, c.node.Def)
	text := binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))
	c.add(text)
	c.bound(text, func(a, b []byte) int {
		return cmp.Compare(math.Float64frombits(binary.LittleEndian.Uint64(a)), math.Float64frombits(binary.LittleEndian.Uint64(b)))
	})
}

// Bytes takes a text or other bytes.
func (c *ColumnWriter) Bytes(rep int, v []byte) {
	c.levels(rep, c.node.Def)
	c.add(binary.LittleEndian.AppendUint32(nil, uint32(len(v))))
	c.add(v)
	if len(v) > longestBound || c.node.Logical != String {
		c.chunk.boundless = true
	}
	c.bound(v, bytes.Compare)
}

func (c *ColumnWriter) add(v []byte) {
	c.values = append(c.values, v...)
	c.of.size += len(v)
}

func (c *ColumnWriter) bound(v []byte, compare func(a, b []byte) int) {
	if c.chunk.boundless {
		return
	}
	if !c.chunk.bounded || compare(v, c.chunk.least) < 0 {
		c.chunk.least = bytes.Clone(v)
	}
	if !c.chunk.bounded || compare(v, c.chunk.greatest) > 0 {
		c.chunk.greatest = bytes.Clone(v)
	}
	c.chunk.bounded = true
}

// EndRow ends a row: each column has got its values of it.
func (w *Writer) EndRow() error {
	w.rows++
	w.group++
	for _, c := range w.columns {
		if len(c.values) >= pageSize || c.page >= pageSize {
			if err := c.endPage(); err != nil {
				return err
			}
		}
	}
	if w.size >= groupSize || w.group >= groupRows {
		return w.endGroup()
	}
	return nil
}

// endPage compresses the page that is open (format: DataPageHeader).
func (c *ColumnWriter) endPage() error {
	if c.page == 0 {
		return nil
	}
	var plain []byte
	for _, level := range []struct {
		numbers []uint8
		most    int
	}{{c.reps, c.node.Rep}, {c.defs, c.node.Def}} {
		if level.most > 0 {
			text := appendHybrid(nil, level.numbers, widthOf(level.most))
			plain = append(binary.LittleEndian.AppendUint32(plain, uint32(len(text))), text...)
		}
	}
	plain = append(plain, c.values...)
	compressed := c.of.encoder.EncodeAll(plain, nil)
	if len(plain) > math.MaxInt32 || len(compressed) > math.MaxInt32 {
		return fault.New(fault.Invalid, "a value of the column %q is too large for a Parquet page", c.node.Name)
	}
	h := &thriftWriter{}
	h.open()
	h.int32(1, pageData)
	h.int32(2, len(plain))
	h.int32(3, len(compressed))
	h.structure(5, func() {
		h.int32(1, c.page)
		h.int32(2, encodingPlain)
		h.int32(3, encodingRLE)
		h.int32(4, encodingRLE)
	})
	h.close()
	c.pages.Write(h.out)
	c.pages.Write(compressed)
	c.chunk.values += int64(c.page)
	c.chunk.plain += int64(len(h.out) + len(plain))
	c.chunk.compressed += int64(len(h.out) + len(compressed))
	c.defs, c.reps, c.values, c.bits, c.page = c.defs[:0], c.reps[:0], c.values[:0], 0, 0
	return nil
}

func (w *Writer) endGroup() error {
	if w.group == 0 {
		return nil
	}
	group := writtenGroup{rows: w.group}
	for _, c := range w.columns {
		if err := c.endPage(); err != nil {
			return err
		}
		c.chunk.offset = w.offset
		if err := w.write(c.pages.Bytes()); err != nil {
			return err
		}
		group.chunks = append(group.chunks, c.chunk)
		c.chunk = writtenChunk{}
		c.pages.Reset()
	}
	w.groups = append(w.groups, group)
	w.group, w.size = 0, 0
	if len(w.groups) >= maxGroups {
		return fault.New(fault.Invalid, "there are more rows than a Parquet file has room for")
	}
	return nil
}

// Pair is a text that a file tells of itself.
type Pair struct{ Key, Value string }

// Close ends the file with what it tells of itself (format: FileMetaData).
func (w *Writer) Close(tells ...Pair) error {
	if err := w.endGroup(); err != nil {
		return err
	}
	t := &thriftWriter{}
	t.open()
	t.int32(1, 2) // version
	t.list(2, count(w.root), thriftStruct)
	t.writeSchema(w.root, true)
	t.int64(3, w.rows)
	t.list(4, len(w.groups), thriftStruct)
	names := paths(w.root, nil)
	for _, g := range w.groups {
		w.writeGroup(t, g, names)
	}
	t.list(5, len(tells), thriftStruct)
	for _, p := range tells {
		t.open()
		t.bytes(1, []byte(p.Key))
		t.bytes(2, []byte(p.Value))
		t.close()
	}
	t.bytes(6, []byte("Perigee"))
	t.list(7, len(w.columns), thriftStruct)
	for range w.columns {
		t.open()
		t.structure(1, func() {})
		t.close()
	}
	t.close()
	footer := binary.LittleEndian.AppendUint32(t.out, uint32(len(t.out)))
	return w.write(append(footer, magic...))
}

func count(n *Node) int {
	total := 1
	for _, child := range n.Children {
		total += count(child)
	}
	return total
}

func (w *Writer) writeGroup(t *thriftWriter, g writtenGroup, names [][]string) {
	var plain, compressed int64
	t.open()
	t.list(1, len(g.chunks), thriftStruct)
	for i, c := range g.chunks {
		t.open()
		t.int64(2, c.offset)
		t.structure(3, func() { w.columns[i].node.writeChunk(t, c, names[i]) })
		t.close()
		plain, compressed = plain+c.plain, compressed+c.compressed
	}
	t.int64(2, plain)
	t.int64(3, g.rows)
	t.int64(5, g.chunks[0].offset)
	t.int64(6, compressed)
	t.close()
}

// writeChunk writes what is told of a column in a row group (format: ColumnMetaData).
func (n *Node) writeChunk(t *thriftWriter, c writtenChunk, path []string) {
	t.int32(1, int(n.Type))
	t.list(2, 2, thriftI32)
	t.varint(encodingPlain)
	t.varint(encodingRLE)
	t.list(3, len(path), thriftBinary)
	for _, name := range path {
		t.text([]byte(name))
	}
	t.int32(4, codecZstd)
	t.int64(5, c.values)
	t.int64(6, c.plain)
	t.int64(7, c.compressed)
	t.int64(9, c.offset)
	t.structure(12, func() {
		t.int64(3, c.nulls)
		if c.bounded && !c.boundless {
			t.bytes(5, n.signed(c.greatest, 1))
			t.bytes(6, n.signed(c.least, -1))
		}
	})
}

// signed gives a bound of 0 the sign by which it bounds both (format: ColumnOrder).
func (n *Node) signed(bound []byte, sign float64) []byte {
	if n.Type != Double || math.Float64frombits(binary.LittleEndian.Uint64(bound)) != 0 {
		return bound
	}
	return binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Copysign(0, sign)))
}
