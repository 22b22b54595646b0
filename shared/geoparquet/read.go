package geoparquet

import (
	"encoding/json"
	"io"
	"slices"

	"perigee/shared/fault"
	"perigee/shared/parquet"
)

// The bounds of what is made of a row, however little of the file it takes.
const (
	maxValues = 500_000  // of an item
	maxText   = 32 << 20 // bytes of its texts
)

// Reader reads the items of a file one by one.
type Reader struct {
	file       *parquet.File
	next       int // row group
	group      *parquet.Group
	left       int64 // rows of the row group
	ours       bool  // it has the column of what has none
	nestedness map[*parquet.Node]int

	values, bytes int // of the row
}

// Limits bound what a file may ask for.
type Limits = parquet.Limits

// NewReader opens a file.
func NewReader(from io.ReaderAt, size int64, limits Limits) (*Reader, error) {
	file, err := parquet.Open(from, size, limits)
	if err != nil {
		return nil, err
	}
	r := &Reader{file: file, nestedness: map[*parquet.Node]int{}}
	r.firsts(file.Root)
	if err := r.check(); err != nil {
		file.Close()
		return nil, err
	}
	return r, nil
}

// Rows is how many items the file says that it has.
func (r *Reader) Rows() int64 { return r.file.Rows }

// Close gives back what reading took.
func (r *Reader) Close() {
	if r.group != nil {
		r.group.Close()
	}
	r.file.Close()
}

// firsts notes the first column of every node, which tells whether the node is there.
func (r *Reader) firsts(n *parquet.Node) int {
	first := n.Column
	for i, c := range n.Children {
		if column := r.firsts(c); i == 0 {
			first = column
		}
	}
	r.nestedness[n] = first
	return first
}

// check refuses files of anything else than items.
func (r *Reader) check() error {
	id, geometry := child(r.file.Root, columnID), child(r.file.Root, columnGeometry)
	if id == nil || id.Type != parquet.ByteArray || !id.IsColumn() {
		return fault.At(fault.Invalid, columnID, "the Parquet file has no column id of texts: it is not one of STAC items")
	}
	if geometry == nil || !geometry.IsColumn() || geometry.Type != parquet.ByteArray {
		return fault.At(fault.Invalid, columnGeometry, "the Parquet file has no column geometry of WKB: it is not one of STAC items, or its geometries are encoded otherwise")
	}
	if rest := child(r.file.Root, columnUnmapped); rest != nil && rest.Logical == parquet.JSON {
		r.ours = true
	}
	for _, c := range r.file.Columns {
		if c.Logical == parquet.Other {
			return fault.At(fault.Unsupported, c.Name, "the Parquet file has the column %q of a type that JSON does not have", c.Name)
		}
	}
	var about metadataGeo
	if text, ok := r.file.Tells(keyGeo); ok && json.Unmarshal([]byte(text), &about) == nil {
		if encoding := about.Columns[columnGeometry].Encoding; encoding != "" && encoding != "WKB" {
			return fault.At(fault.Unsupported, columnGeometry, "the geometries of the Parquet file are encoded as %q, not as WKB", encoding)
		}
	}
	return nil
}

// Next gives the next item; io.EOF is behind the last one. A row that is no item at all is a failure of the kind Invalid,
// behind which there may be further ones; after any other failure there is none.
func (r *Reader) Next() ([]byte, error) {
	for r.left == 0 {
		if r.group != nil {
			r.group.Close()
			r.group = nil
		}
		if r.next >= r.file.Groups() {
			return nil, io.EOF
		}
		r.group = r.file.Group(r.next, nil)
		r.left = r.group.Rows
		r.next++
	}
	r.left--
	item, err := r.row()
	if err != nil {
		r.left, r.next = 0, r.file.Groups() // what follows is no better
		return nil, err
	}
	return encode(item)
}

// row puts a row together.
func (r *Reader) row() (object, error) {
	r.values, r.bytes = 0, 0
	for i, c := range r.group.Columns {
		rep, _, ok, err := c.Peek()
		if err != nil {
			return nil, err
		}
		if !ok || rep != 0 {
			return nil, invalid("the Parquet file has the column %q, whose rows are not those of the others", r.file.Columns[i].Name)
		}
	}
	columns := object{}
	for _, n := range r.file.Root.Children {
		v, has, err := r.node(n, 0)
		if err != nil {
			return nil, err
		}
		if has && (v != nil || n.Logical == parquet.JSON) {
			columns = append(columns, member{n.Name, v})
		}
	}
	return r.item(columns)
}

// item makes an item of columns: those that are no members of it are its properties.
func (r *Reader) item(columns object) (object, error) {
	item := object{{memberType, typeFeature}}
	properties := object{}
	var rest any
	take := func(name string) (any, bool) {
		if i := columns.find(name); i >= 0 {
			return columns[i].value, true
		}
		return nil, false
	}
	for _, name := range []string{columnVersion, columnExtensions, columnID, columnCollection, columnGeometry, columnBBox} {
		v, ok := take(name)
		switch {
		case ok && name == columnBBox:
			v, ok = flat(v)
		case ok && name == columnGeometry:
			v, ok = footprint(v)
		}
		if ok {
			item = append(item, member{name, v})
		} else if name == columnGeometry && !r.ours {
			item = append(item, member{name, nil})
		}
	}
	for _, m := range columns {
		switch {
		case m.name == columnUnmapped && r.ours:
			rest = m.value
		case !slices.Contains(fixed, m.name):
			properties = append(properties, member{m.name, property(m.value)})
		}
	}
	if !r.ours && properties.find("datetime") < 0 {
		properties = append(object{{"datetime", nil}}, properties...) // an item has one, if only to say that it has an interval
	}
	item = append(item, member{memberProperties, properties})
	for _, name := range []string{columnLinks, columnAssets} {
		if v, ok := take(name); ok {
			item = append(item, member{name, v})
		}
	}
	return restore(item, rest)
}

// raw is what a column without a logical type holds.
type raw []byte

// footprint reads WKB.
func footprint(v any) (any, bool) {
	text, ok := v.(raw)
	if !ok {
		return nil, false
	}
	return decodeWKB(text)
}

// property reads what may be a geometry too.
func property(v any) any {
	text, ok := v.(raw)
	if !ok {
		return v
	}
	if g, ok := decodeWKB(text); ok {
		return g
	}
	return string(text)
}

// flat makes a bbox of a struct.
func flat(v any) (any, bool) {
	box, ok := v.(object)
	if !ok {
		return nil, false
	}
	var all []any
	for _, side := range boxSides(box.find("zmin") >= 0 && box.find("zmax") >= 0) {
		i := box.find(side)
		if i < 0 || box[i].value == nil {
			return nil, false
		}
		all = append(all, box[i].value)
	}
	return all, true
}

// restore puts into an item what its columns do not hold.
func restore(item object, rest any) (object, error) {
	if rest == nil {
		return item, nil
	}
	beyond, ok := rest.(map[string]any)
	members, object1 := beyond["members"].(map[string]any)
	absent, listed := beyond["absent"].([]any)
	if !ok || beyond["members"] != nil && !object1 || beyond["absent"] != nil && !listed {
		return nil, invalid("the column %q of the Parquet file is not what it is here", columnUnmapped)
	}
	for _, name := range sorted(members) {
		item = over(item, name, members[name])
	}
	for _, name := range absent {
		if text, ok := name.(string); ok && text != columnID {
			item = item.without(text)
		}
	}
	return item, nil
}

// over lays a member over those of an item. Of properties and assets, only those that are named are laid.
func over(item object, name string, value any) object {
	i := item.find(name)
	inner, ok := value.(map[string]any)
	if i < 0 || !ok || name != memberProperties && name != columnAssets {
		return item.with(name, value)
	}
	below, ok := item[i].value.(object)
	if !ok {
		return item.with(name, value)
	}
	for _, key := range sorted(inner) {
		below = below.with(key, inner[key])
	}
	item[i].value = below
	return item
}

func sorted(all map[string]any) []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
