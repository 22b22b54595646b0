package stac

import (
	"bufio"
	"io"
	"slices"

	"perigee/shared/fault"
)

// Parts reads what somebody sends to be written: a document, or a list of documents, which is never whole in memory.
type Parts struct {
	in     *bufio.Reader
	at     int64 // bytes read
	list   string
	of     string
	many   bool // the documents are a list's
	bare   bool // the list is the whole body
	state  int
	saying []byte // what the type of the whole is said to be, as JSON
}

// The states of Parts.
const (
	before  = iota
	within  // the list; an element or its end follows
	between // elements of the list
	behind  // everything
)

// TypeItemCollection is the type of a list of items, their member "features".
const TypeItemCollection = "FeatureCollection"

// NewParts reads a document, or an object of the type of whose member called list holds documents: of an empty type any
// object that has it, and an array of documents too.
func NewParts(r io.Reader, list, of string) *Parts {
	return &Parts{in: bufio.NewReaderSize(r, 64<<10), list: list, of: of}
}

// Many tells whether the documents are those of a list, once the first was read.
func (p *Parts) Many() bool { return p.many }

// Next reads the next document, exactly as it stands there; io.EOF tells that there are no more. Whether the bytes of a
// document are JSON is not looked at further than to find its end.
func (p *Parts) Next() ([]byte, error) {
	switch p.state {
	case before:
		return p.first()
	case within, between:
		return p.element()
	}
	return nil, io.EOF
}

// first reads up to the first document of a list, or all of a document that stands alone.
func (p *Parts) first() ([]byte, error) {
	var whole []byte
	c, err := p.spaces(&whole)
	switch {
	case err == io.EOF:
		return nil, fault.New(fault.Invalid, "the body is empty")
	case err != nil:
		return nil, err
	case c == '[' && p.of == "":
		p.take(nil)
		p.many, p.bare, p.state = true, true, within
		return p.element()
	case c != '{':
		return p.alone(&whole)
	}
	p.take(&whole)
	for empty := true; ; empty = false {
		found, end, err := p.member(&whole, empty)
		switch {
		case err != nil:
			return nil, err
		case found:
			p.many, p.state = true, within
			return p.element()
		case end:
			return p.alone(&whole)
		}
	}
}

// alone reads what is left of a document that is no list.
func (p *Parts) alone(whole *[]byte) ([]byte, error) {
	p.state = behind
	for {
		chunk, err := p.piece()
		if err == nil {
			err = p.read(whole, chunk)
		}
		switch {
		case err == io.EOF:
			return *whole, nil
		case err != nil:
			return nil, err
		}
	}
}

// member reads a member of the outer object into whole, or the end of the object. Of the list it reads no more than its
// beginning, and tells that it was found.
func (p *Parts) member(whole *[]byte, empty bool) (found, end bool, err error) {
	c, err := p.must(whole)
	if err != nil {
		return false, false, err
	}
	switch {
	case c == '}':
		p.take(whole)
		return false, true, nil
	case !empty && c != ',':
		return false, false, p.malformed()
	case !empty:
		p.take(whole)
		if c, err = p.must(whole); err != nil {
			return false, false, err
		}
	}
	if c != '"' {
		return false, false, p.malformed()
	}
	name, err := p.named(whole)
	if err != nil {
		return false, false, err
	}
	if c, err = p.must(whole); err != nil {
		return false, false, err
	}
	if name == p.list && c == '[' && (p.saying == nil || p.of == "" || string(p.saying) == `"`+p.of+`"`) {
		if p.many {
			return false, false, fault.At(fault.Invalid, name, "%s is given twice", name)
		}
		p.take(nil)
		return true, false, nil
	}
	from := 0
	if whole != nil {
		from = len(*whole)
	}
	var value []byte
	into := whole
	if name == "type" && whole == nil {
		into = &value
	}
	if err := p.value(into); err != nil {
		return false, false, err
	}
	if name == "type" {
		if whole != nil {
			value = (*whole)[from:]
		}
		p.saying = slices.Clone(value)
	}
	return false, false, nil
}

// named reads the name of a member and the colon behind it.
func (p *Parts) named(whole *[]byte) (string, error) {
	var text []byte
	if err := p.value(&text); err != nil {
		return "", err
	}
	name, ok := unquote(text)
	if !ok {
		return "", p.malformed()
	}
	if whole != nil {
		if err := p.keep(whole, text); err != nil {
			return "", err
		}
	}
	c, err := p.must(whole)
	if err == nil && c != ':' {
		err = p.malformed()
	}
	if err == nil {
		p.take(whole)
	}
	return name, err
}

// element reads the next document of the list, or what stands behind it.
func (p *Parts) element() ([]byte, error) {
	c, err := p.must(nil)
	switch {
	case err != nil:
		return nil, err
	case c == ']':
		p.take(nil)
		return nil, p.rest()
	case p.state == between && c != ',':
		return nil, p.malformed()
	case p.state == between:
		p.take(nil)
		if c, err = p.must(nil); err != nil {
			return nil, err
		}
	}
	if c == ',' || c == ']' || c == '}' || c == ':' {
		return nil, p.malformed()
	}
	p.state = between
	var document []byte
	err = p.value(&document)
	return document, err
}

// rest reads what stands behind the list, and tells that there is no more.
func (p *Parts) rest() error {
	p.state = behind
	for end := p.bare; !end; {
		var err error
		if _, end, err = p.member(nil, false); err != nil {
			return err
		}
	}
	if _, err := p.spaces(nil); err != io.EOF {
		if err == nil {
			err = p.malformed()
		}
		return err
	}
	if p.of != "" && string(p.saying) != `"`+p.of+`"` {
		return fault.At(fault.Invalid, "type", "type is %.40s, not %q, which has %s", orNothing(p.saying), p.of, p.list)
	}
	return io.EOF
}

func orNothing(raw []byte) string {
	if len(raw) == 0 {
		return "missing"
	}
	return string(raw)
}

func (p *Parts) malformed() error {
	return fault.New(fault.Invalid, "the body is not JSON: it breaks at byte %d", p.at+1)
}

// spaces reads white space into whole and looks at what follows it.
func (p *Parts) spaces(whole *[]byte) (byte, error) {
	for {
		c, err := p.in.Peek(1)
		if err != nil {
			return 0, err
		}
		switch c[0] {
		case ' ', '\t', '\r', '\n':
			p.take(whole)
		default:
			return c[0], nil
		}
	}
}

// must is spaces where something has to follow.
func (p *Parts) must(whole *[]byte) (byte, error) {
	c, err := p.spaces(whole)
	if err == io.EOF {
		err = fault.New(fault.Invalid, "the body is not JSON: it ends at byte %d", p.at)
	}
	return c, err
}

// take reads one byte that was looked at.
func (p *Parts) take(whole *[]byte) {
	c, err := p.in.ReadByte()
	if err == nil && whole != nil {
		*whole = append(*whole, c)
	}
	p.at++
}

// keep adds to a document, as far as one may be large.
func (p *Parts) keep(document *[]byte, chunk []byte) error {
	if document == nil {
		return nil
	}
	if len(*document)+len(chunk) > MaxSize {
		return fault.New(fault.Invalid, "a document has more than the %d bytes that are read", MaxSize)
	}
	*document = append(*document, chunk...)
	return nil
}

// piece looks at what has come of the rest; io.EOF tells that there is none.
func (p *Parts) piece() ([]byte, error) {
	if _, err := p.in.Peek(1); err != nil {
		return nil, err
	}
	return p.in.Peek(p.in.Buffered())
}

// read reads what was looked at into a document, which may be nil.
func (p *Parts) read(document *[]byte, piece []byte) error {
	if err := p.keep(document, piece); err != nil {
		return err
	}
	n, err := p.in.Discard(len(piece))
	p.at += int64(n)
	return err
}

// value reads a value into document, which may be nil.
func (p *Parts) value(document *[]byte) error {
	var end ending
	for done := false; !done; {
		piece, err := p.piece()
		switch {
		case err == io.EOF && end.scalar:
			return nil
		case err == io.EOF:
			return fault.New(fault.Invalid, "the body is not JSON: it ends at byte %d", p.at)
		case err != nil:
			return err
		}
		var n int
		n, done = end.find(piece)
		if err := p.read(document, piece[:n]); err != nil {
			return err
		}
	}
	return nil
}

// ending finds the end of a value that comes in pieces.
type ending struct {
	scalar, quoted, escaped bool
	depth                   int
}

// find tells how many bytes of a piece belong to the value, and whether it ends there.
func (e *ending) find(piece []byte) (n int, done bool) {
	for i, c := range piece {
		switch {
		case e.escaped:
			e.escaped = false
		case e.quoted && c == '\\':
			e.escaped = true
		case e.quoted && c == '"':
			e.quoted = false
			if e.depth == 0 {
				return i + 1, true
			}
		case e.quoted:
		case e.scalar:
			if delimits(c) {
				return i, true
			}
		case c == '"':
			e.quoted = true
		case c == '{' || c == '[':
			e.depth++
		case c == '}' || c == ']':
			if e.depth--; e.depth <= 0 {
				return i + 1, true
			}
		case e.depth == 0:
			e.scalar = true
		}
	}
	return len(piece), false
}
