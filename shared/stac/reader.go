package stac

import (
	"encoding/json"
	"errors"
	"iter"
	"math"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// reader collects what is wrong with a document while it is read, so that its author learns everything at once.
type reader struct {
	errs   []error
	more   int
	values int // read into properties so far
}

func (r *reader) fail(path, format string, args ...any) {
	if len(r.errs) >= maxErrors {
		r.more++
		return
	}
	if path == "" {
		path = "the document"
	}
	r.errs = append(r.errs, fault.At(fault.Invalid, path, "%s "+format, append([]any{path}, args...)...))
}

// faults counts what was found wrong so far.
func (r *reader) faults() int { return len(r.errs) + r.more }

func (r *reader) err() error {
	if r.more > 0 {
		r.errs = append(r.errs, fault.New(fault.Invalid, "%d more faults", r.more))
	}
	return errors.Join(r.errs...)
}

// node is a value of the document and its place in it. The zero node is a value that is absent.
type node struct {
	r    *reader
	raw  []byte
	path string
}

func (n node) absent() bool { return len(n.raw) == 0 || string(n.raw) == "null" }

func (n node) fail(format string, args ...any) { n.r.fail(n.path, format, args...) }

// kind names the JSON type of the value.
func (n node) kind() string {
	if len(n.raw) == 0 {
		return "missing"
	}
	switch n.raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

func (n node) child(name string) string {
	if n.path == "" {
		return name
	}
	return n.path + "." + name
}

// object is an opened object.
type object struct {
	node
	names  []string // in the order of the document
	fields map[string]node
}

// open reads the members of an object; a name that comes twice is a fault. What is absent opens as an empty object.
func (n node) open() object {
	o := object{node: n, fields: map[string]node{}}
	if n.absent() {
		return o
	}
	if n.raw[0] != '{' {
		n.fail("is %s, not an object", n.kind())
		return o
	}
	all, err := members(n.raw)
	if err != nil {
		n.fail("%w", err)
		return o
	}
	for _, m := range all {
		field := node{n.r, n.raw[m.from:m.to], n.child(m.name)}
		if _, twice := o.fields[m.name]; twice {
			field.fail("is given twice")
		}
		if strings.ContainsRune(m.name, 0) {
			field.fail("has a zero character in its name")
		}
		o.fields[m.name] = field
		o.names = append(o.names, m.name)
	}
	return o
}

// get is a field; an absent one knows its path.
func (o object) get(name string) node {
	if f, ok := o.fields[name]; ok {
		return f
	}
	return node{r: o.r, path: o.child(name)}
}

// first is the first of the named fields that is there.
func (o object) first(names ...string) node {
	for _, name := range names {
		if f := o.get(name); !f.absent() {
			return f
		}
	}
	return o.get(names[0])
}

// list visits the elements of an array, at most limit; what is absent has none.
func (n node) list(limit int) iter.Seq2[int, node] {
	return func(yield func(int, node) bool) {
		if n.absent() {
			return
		}
		if n.raw[0] != '[' {
			n.fail("is %s, not an array", n.kind())
			return
		}
		for i, raw := range elements(n.raw) {
			if i >= limit {
				n.fail("has more than %d elements", limit)
				return
			}
			if !yield(i, node{n.r, raw, n.path + "[" + strconv.Itoa(i) + "]"}) {
				return
			}
		}
	}
}

// text is a string; empty when absent.
func (n node) text() string {
	if n.absent() {
		return ""
	}
	if n.raw[0] != '"' {
		n.fail("is %s, not a string", n.kind())
		return ""
	}
	s, ok := unquote(n.raw)
	if !ok || strings.ContainsRune(s, 0) {
		n.fail("is a string with a zero character")
		return ""
	}
	return s
}

// required is a string that must be there and not be empty.
func (n node) required() string {
	if n.absent() {
		n.fail("is missing")
		return ""
	}
	before := n.r.faults()
	s := n.text()
	if s == "" && n.r.faults() == before {
		n.fail("is empty")
	}
	return s
}

func (n node) texts(limit int) []string {
	var all []string
	for _, e := range n.list(limit) {
		all = append(all, e.text())
	}
	return all
}

// number is a finite number; nil when absent.
func (n node) number() *float64 {
	if n.absent() {
		return nil
	}
	v, err := strconv.ParseFloat(string(n.raw), 64)
	if c := n.raw[0]; c != '-' && (c < '0' || c > '9') {
		n.fail("is %s, not a number", n.kind())
		return nil
	}
	if err != nil || math.IsInf(v, 0) {
		n.fail("is a number too large to be held")
		return nil
	}
	return &v
}

func (n node) numbers(limit int) []float64 {
	var all []float64
	for _, e := range n.list(limit) {
		if v := e.number(); v != nil {
			all = append(all, *v)
		}
	}
	return all
}

// whole is an integer; 0 when absent.
func (n node) whole() int {
	v := n.number()
	if v == nil {
		return 0
	}
	if *v != math.Trunc(*v) || math.Abs(*v) > math.MaxInt32 {
		n.fail("is %s, not a whole number of this size", n.raw)
		return 0
	}
	return int(*v)
}

// plain is the value as Go's plain types: a number is a float64, but one that a float64 cannot hold exactly, a whole
// number beyond 2^53, stays a json.Number.
func (n node) plain(depth int) any {
	if n.r.values++; n.r.values > maxValues {
		if n.r.values == maxValues+1 {
			n.fail("is one value too many: more than %d", maxValues)
		}
		return nil
	}
	if depth > maxDepth {
		n.fail("lies deeper than %d levels", maxDepth)
		return nil
	}
	if n.absent() {
		return nil
	}
	switch n.raw[0] {
	case '{':
		return n.open().plain(depth)
	case '[':
		all := []any{}
		for _, e := range n.list(maxValues) {
			all = append(all, e.plain(depth+1))
		}
		return all
	case '"':
		return n.text()
	case 't', 'f':
		return n.raw[0] == 't'
	}
	return n.plainNumber()
}

func (o object) plain(depth int) map[string]any {
	all := make(map[string]any, len(o.names))
	for _, name := range o.names {
		all[name] = o.fields[name].plain(depth + 1)
	}
	return all
}

func (n node) plainNumber() any {
	v := n.number()
	if v == nil {
		return nil
	}
	if math.Abs(*v) > 1<<53 && !strings.ContainsAny(string(n.raw), ".eE") {
		return json.Number(n.raw)
	}
	return *v
}
