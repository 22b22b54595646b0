package parquet

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"sync"

	"perigee/shared/fault"
)

// File is a file that is open to be read, by one reader at a time.
type File struct {
	Root    *Node
	Columns []*Node
	Rows    int64

	from   io.ReaderAt
	size   int64
	groups []rowGroup
	tells  []Pair
	expand expander
	budget budget
}

type rowGroup struct {
	rows   int64
	chunks []chunk
}

// chunk is a column in a row group.
type chunk struct {
	typ        Type
	codec      int
	path       []string
	values     int64
	data, dict int64 // offsets of the first pages
	size       int64 // bytes of all pages
	elsewhere  bool  // in another file, or encrypted
}

// budget is the memory that pages may take.
type budget struct {
	mutex      sync.Mutex
	most, held int64
}

func (b *budget) take(n int64) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if n < 0 || b.held+n > b.most {
		return invalid("has pages that take more than %d bytes of memory at the same time", b.most)
	}
	b.held += n
	return nil
}

func (b *budget) give(n int64) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.held -= n
}

// Open reads the footer of a file.
func Open(from io.ReaderAt, size int64, limits Limits) (*File, error) {
	f := &File{from: from, size: size, budget: budget{most: limits.Memory}, expand: expander{most: limits.Memory}}
	footer, err := f.footer()
	if err != nil {
		return nil, err
	}
	r := &thriftReader{from: bytes.NewReader(footer), left: int64(len(footer))}
	elements := f.metadata(r)
	if r.err != nil {
		return nil, r.err
	}
	if f.Root, err = tree(elements); err != nil {
		return nil, err
	}
	f.Columns = Columns(f.Root)
	for _, c := range f.Columns {
		if c.Def > 255 || c.Rep > 255 {
			return nil, invalid("has the column %q, which lies too deep", c.Name)
		}
	}
	return f, f.check()
}

// footer reads what stands before the last eight bytes.
func (f *File) footer() ([]byte, error) {
	if f.size < 12 {
		return nil, invalid("has %d bytes, which are too few", f.size)
	}
	var tail [8]byte
	if err := f.read(tail[:], f.size-8); err != nil {
		return nil, err
	}
	switch string(tail[4:]) {
	case magic:
	case encrypted:
		return nil, fault.New(fault.Unsupported, "the Parquet file is encrypted")
	default:
		return nil, invalid("does not end with %s: it is none, or not whole", magic)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n > maxFooter || n > f.size-12 || n*4 > f.budget.most {
		return nil, invalid("has a footer of %d bytes, which is too long", n)
	}
	footer := make([]byte, n)
	return footer, f.read(footer, f.size-8-n)
}

func (f *File) read(into []byte, at int64) error {
	n, err := f.from.ReadAt(into, at)
	if n == len(into) {
		return nil
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF || err == nil {
		return invalid("ends within a part of it")
	}
	return err
}

// metadata reads the footer (format: FileMetaData).
func (f *File) metadata(r *thriftReader) []element {
	var elements []element
	r.structure(func(id int, kind byte) {
		switch id {
		case 2:
			r.list(thriftStruct, 2*maxColumns, func() { elements = append(elements, readElement(r)) })
		case 3:
			f.Rows = r.int()
		case 4:
			r.list(thriftStruct, maxGroups, func() { f.groups = append(f.groups, readGroup(r)) })
		case 5:
			r.list(thriftStruct, maxColumns, func() { f.tells = append(f.tells, readPair(r)) })
		default:
			r.skip(kind)
		}
	})
	return elements
}

func readPair(r *thriftReader) (p Pair) {
	r.structure(func(id int, kind byte) {
		switch id {
		case 1:
			p.Key = r.string()
		case 2:
			p.Value = r.string()
		default:
			r.skip(kind)
		}
	})
	return p
}

func readGroup(r *thriftReader) (g rowGroup) {
	r.structure(func(id int, kind byte) {
		switch id {
		case 1:
			r.list(thriftStruct, maxColumns, func() { g.chunks = append(g.chunks, readChunk(r)) })
		case 3:
			g.rows = r.int()
		default:
			r.skip(kind)
		}
	})
	return g
}

func readChunk(r *thriftReader) chunk {
	c := chunk{elsewhere: true}
	elsewhere := false
	r.structure(func(id int, kind byte) {
		switch id {
		case 1:
			elsewhere = r.string() != ""
		case 3:
			c.elsewhere = false
			r.structure(func(id int, kind byte) { c.field(r, id, kind) })
		default:
			r.skip(kind)
		}
	})
	c.elsewhere = c.elsewhere || elsewhere
	return c
}

// field reads a field of ColumnMetaData.
func (c *chunk) field(r *thriftReader, id int, kind byte) {
	switch id {
	case 1:
		c.typ = Type(r.int32())
	case 3:
		r.list(thriftBinary, maxDepth+2, func() { c.path = append(c.path, r.string()) })
	case 4:
		c.codec = r.int32()
	case 5:
		c.values = r.int()
	case 7:
		c.size = r.int()
	case 9:
		c.data = r.int()
	case 11:
		c.dict = r.int()
	default:
		r.skip(kind)
	}
}

// check compares what the footer says of the row groups with the schema and the file.
func (f *File) check() error {
	names := paths(f.Root, nil)
	for _, g := range f.groups {
		if len(g.chunks) != len(f.Columns) || g.rows < 0 {
			return invalid("has a row group whose columns are not those of its schema")
		}
		for i, c := range g.chunks {
			start := c.start()
			switch {
			case c.elsewhere:
				return fault.New(fault.Unsupported, "the Parquet file keeps the column %q in another file, or encrypted", f.Columns[i].Name)
			case c.typ != f.Columns[i].Type || !slices.Equal(c.path, names[i]):
				return invalid("has a row group whose columns are not those of its schema")
			case start < 4 || c.size < 0 || start > f.size || c.size > f.size-start || c.values < 0:
				return invalid("has the column %q at a place where the file is not", f.Columns[i].Name)
			}
		}
	}
	return nil
}

func (c chunk) start() int64 {
	if c.dict > 0 && c.dict < c.data {
		return c.dict
	}
	return c.data
}

// Tells is what the file tells of itself by a key.
func (f *File) Tells(key string) (string, bool) {
	for _, p := range f.tells {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// Groups is how many row groups there are.
func (f *File) Groups() int { return len(f.groups) }

// Close gives back what reading took.
func (f *File) Close() {
	if f.expand.zstd != nil {
		f.expand.zstd.Close()
		f.expand.zstd = nil
	}
}

// Group opens a row group; the columns that are nil are not read. What the columns hold is given back by Close.
func (f *File) Group(i int, wanted func(*Node) bool) *Group {
	g := &Group{Rows: f.groups[i].rows}
	for n, node := range f.Columns {
		var c *ColumnReader
		if wanted == nil || wanted(node) {
			at := f.groups[i].chunks[n]
			c = &ColumnReader{file: f, node: node, chunk: at, left: at.values, pages: bufio.NewReaderSize(io.NewSectionReader(f.from, at.start(), at.size), readAhead)}
		}
		g.Columns = append(g.Columns, c)
	}
	return g
}

// readAhead is how much of each column is read at a time.
const readAhead = 16 << 10

// Group is a row group.
type Group struct {
	Rows    int64
	Columns []*ColumnReader
}

// Close gives back what the columns hold.
func (g *Group) Close() {
	for _, c := range g.Columns {
		if c != nil {
			c.release()
		}
	}
}
