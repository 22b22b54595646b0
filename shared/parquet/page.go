package parquet

import (
	"bufio"
	"encoding/binary"
	"io"
)

// ColumnReader reads a column of a row group value by value.
type ColumnReader struct {
	Value Value // of the present entry, when Def is the column's greatest

	file  *File
	node  *Node
	chunk chunk
	pages *bufio.Reader
	left  int64 // entries that are not read yet
	dict  *dictionary

	reps, defs hybrid
	values     values
	entries    int   // that are left of the page
	held       int64 // of the budget, for the page
	dictHeld   int64

	loaded   bool
	rep, def int
}

// Peek tells the levels of the next entry; ok is false at the end of the row group.
func (c *ColumnReader) Peek() (rep, def int, ok bool, err error) {
	if !c.loaded {
		if ok, err := c.load(); !ok || err != nil {
			return 0, 0, false, err
		}
	}
	return c.rep, c.def, true, nil
}

// Next goes behind the entry that Peek told of.
func (c *ColumnReader) Next() { c.loaded = false }

func (c *ColumnReader) load() (bool, error) {
	for c.entries == 0 {
		if c.left == 0 {
			return false, nil
		}
		if err := c.page(); err != nil {
			return false, err
		}
	}
	rep, repeats := c.reps.next()
	def, defines := c.defs.next()
	if !repeats || !defines || int(rep) > c.node.Rep || int(def) > c.node.Def {
		return false, invalid("has the column %q, whose levels are malformed", c.node.Name)
	}
	c.rep, c.def = int(rep), int(def)
	if c.def == c.node.Def {
		v, err := c.values.next()
		if err != nil {
			return false, err
		}
		c.Value = v
	}
	c.entries--
	c.left--
	c.loaded = true
	return true, nil
}

// header is what is told of a page (format: PageHeader).
type header struct {
	kind, plain, compressed int
	values, encoding        int
	defEncoding             int
	repEncoding             int
	defBytes, repBytes      int // of the second version
	uncompressed            bool
}

func (c *ColumnReader) header() (header, error) {
	h := header{kind: -1, plain: -1, compressed: -1, defEncoding: encodingRLE, repEncoding: encodingRLE}
	r := &thriftReader{from: c.pages, left: maxHeader}
	r.structure(func(id int, kind byte) {
		switch id {
		case 1:
			h.kind = r.int32()
		case 2:
			h.plain = r.int32()
		case 3:
			h.compressed = r.int32()
		case 5, 7:
			r.structure(func(id int, kind byte) { h.data(r, id, kind) })
		case 8:
			r.structure(func(id int, kind byte) { h.dataV2(r, id, kind) })
		default:
			r.skip(kind)
		}
	})
	if r.err == nil && (h.plain < 0 || h.compressed < 0 || h.values < 0 || h.defBytes < 0 || h.repBytes < 0 || int64(h.compressed) > c.chunk.size) {
		r.fail("has the column %q, of which a page is malformed", c.node.Name)
	}
	return h, r.err
}

func (h *header) data(r *thriftReader, id int, kind byte) {
	switch id {
	case 1:
		h.values = r.int32()
	case 2:
		h.encoding = r.int32()
	case 3:
		if kind == thriftI32 { // of a dictionary it is a truth value
			h.defEncoding = r.int32()
		}
	case 4:
		h.repEncoding = r.int32()
	default:
		r.skip(kind)
	}
}

func (h *header) dataV2(r *thriftReader, id int, kind byte) {
	switch id {
	case 1:
		h.values = r.int32()
	case 4:
		h.encoding = r.int32()
	case 5:
		h.defBytes = r.int32()
	case 6:
		h.repBytes = r.int32()
	case 7:
		h.uncompressed = kind == thriftFalse
	default:
		r.skip(kind)
	}
}

// page reads the next page: what the previous one held is given back first.
func (c *ColumnReader) page() error {
	c.file.budget.give(c.held)
	c.held, c.values = 0, nil
	h, err := c.header()
	if err != nil {
		return err
	}
	need := int64(h.plain) + int64(h.compressed)
	if h.kind == pageDictionary || h.encoding == encodingDeltaLength || h.encoding == encodingDeltaByteArray {
		need += 8 * int64(h.values) // where each text begins, or how long it is
	}
	if err := c.file.budget.take(need); err != nil {
		return err
	}
	c.held = need
	text := make([]byte, h.compressed)
	if _, err := io.ReadFull(c.pages, text); err != nil {
		return invalid("has the column %q, of which a page is not whole", c.node.Name)
	}
	switch h.kind {
	case pageDictionary:
		return c.dictionary(h, text)
	case pageData:
		return c.dataPage(h, text)
	case pageDataV2:
		return c.dataPageV2(h, text)
	case pageIndex:
		return nil
	}
	return invalid("has the column %q, of which a page is of the type %d, which there is not", c.node.Name, h.kind)
}

func (c *ColumnReader) dictionary(h header, text []byte) error {
	if c.dict != nil {
		return invalid("has the column %q, which has two dictionaries", c.node.Name)
	}
	plain, err := c.file.expand.expand(c.chunk.codec, text, h.plain)
	if err != nil {
		return err
	}
	c.dict, err = newDictionary(c.node, plain, h.values)
	c.dictHeld, c.held = c.held, 0
	return err
}

func (c *ColumnReader) release() {
	c.file.budget.give(c.held + c.dictHeld)
	c.held, c.dictHeld, c.dict, c.values, c.left, c.entries, c.loaded = 0, 0, nil, nil, 0, 0, false
}

func (c *ColumnReader) dataPage(h header, text []byte) error {
	plain, err := c.file.expand.expand(c.chunk.codec, text, h.plain)
	if err != nil {
		return err
	}
	if c.node.Rep > 0 && h.repEncoding != encodingRLE || c.node.Def > 0 && h.defEncoding != encodingRLE {
		return invalid("has the column %q, whose levels are encoded in a way of the past", c.node.Name)
	}
	c.reps, plain = cutLevels(plain, c.node.Rep)
	if c.defs, plain = cutLevels(plain, c.node.Def); plain == nil {
		return invalid("has the column %q, whose levels are malformed", c.node.Name)
	}
	return c.begin(h, plain)
}

// cutLevels takes the levels from the beginning of a page; nil where they are not whole.
func cutLevels(plain []byte, most int) (hybrid, []byte) {
	if most == 0 {
		return hybrid{}, plain
	}
	if len(plain) < 4 {
		return hybrid{}, nil
	}
	n := binary.LittleEndian.Uint32(plain)
	plain = plain[4:]
	if uint64(n) > uint64(len(plain)) {
		return hybrid{}, nil
	}
	rest := plain[n:]
	if rest == nil {
		rest = []byte{}
	}
	return hybrid{data: plain[:n], width: widthOf(most)}, rest
}

func (c *ColumnReader) dataPageV2(h header, text []byte) error {
	if h.repBytes+h.defBytes > len(text) || h.repBytes+h.defBytes > h.plain {
		return invalid("has the column %q, whose levels are malformed", c.node.Name)
	}
	c.reps = hybrid{data: text[:h.repBytes], width: widthOf(c.node.Rep)}
	c.defs = hybrid{data: text[h.repBytes : h.repBytes+h.defBytes], width: widthOf(c.node.Def)}
	plain := text[h.repBytes+h.defBytes:]
	if size := h.plain - h.repBytes - h.defBytes; !h.uncompressed && len(plain)+size > 0 {
		var err error
		if plain, err = c.file.expand.expand(c.chunk.codec, plain, size); err != nil {
			return err
		}
	}
	return c.begin(h, plain)
}

// begin makes the values of a page ready to be read.
func (c *ColumnReader) begin(h header, plain []byte) error {
	if int64(h.values) > c.left {
		return invalid("has the column %q, which has more values than it says", c.node.Name)
	}
	c.entries = h.values
	var err error
	c.values, err = decoderOf(c.node, h, plain, c.dict)
	return err
}
