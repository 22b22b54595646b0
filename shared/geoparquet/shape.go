package geoparquet

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"perigee/shared/parquet"
)

// The bounds of a schema. What lies beyond is kept as JSON.
const (
	maxColumns = 1500
	maxFields  = 250 // of one object
	maxDepth   = 8   // of objects and arrays
)

// shape is what is known of the values of a member.
type shape struct {
	bools, wholes, doubles, texts, moments, objects, arrays bool

	names   []string // in the order in which they were met
	fields  map[string]*shape
	element *shape
}

// add learns from a value.
func (s *shape) add(v any, depth int) {
	switch v := v.(type) {
	case bool:
		s.bools = true
	case json.Number:
		if _, ok := whole(v); ok {
			s.wholes = true
		} else {
			s.doubles = true
		}
	case string:
		s.texts = true
		if _, _, ok := moment(v); ok {
			s.moments = true
		}
	case map[string]any:
		s.objects = true
		if depth > 0 {
			s.addFields(v, depth)
		}
	case []any:
		s.arrays = true
		for _, e := range v {
			if s.element == nil {
				s.element = &shape{}
			}
			if depth > 0 {
				s.element.add(e, depth-1)
			}
		}
	}
}

func (s *shape) addFields(v map[string]any, depth int) {
	if s.fields == nil {
		s.fields = map[string]*shape{}
	}
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s.field(name).add(v[name], depth-1)
	}
}

// field is the shape of a member, known or new. Of very many only the first ones are told apart.
func (s *shape) field(name string) *shape {
	if s.fields == nil {
		s.fields = map[string]*shape{}
	}
	f := s.fields[name]
	if f == nil {
		f = &shape{}
		if len(s.names) <= maxFields {
			s.fields[name] = f
			s.names = append(s.names, name)
		}
	}
	return f
}

// moment reads a time as a timestamp; exact tells that it is spelt as timestamps are here.
func moment(text string) (micros int64, exact, ok bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return 0, false, false
	}
	micros = t.UnixMicro()
	return micros, timestamp(micros) == text, true
}

// timestamp spells a time in UTC, with no more digits of the second than whole thousands need.
func timestamp(micros int64) string {
	t := time.UnixMicro(micros).UTC()
	switch {
	case micros%1e6 == 0:
		return t.Format("2006-01-02T15:04:05Z")
	case micros%1e3 == 0:
		return t.Format("2006-01-02T15:04:05.000Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}

// node is the column, or the columns, of a member; nil when nothing is known of it.
func (s *shape) node(name string, depth int) *parquet.Node {
	scalars := 0
	for _, met := range []bool{s.bools, s.wholes || s.doubles, s.texts, s.objects, s.arrays} {
		if met {
			scalars++
		}
	}
	switch {
	case scalars == 0:
		return nil
	case scalars > 1:
		return leaf(name, parquet.ByteArray, parquet.JSON)
	case s.bools:
		return leaf(name, parquet.Boolean, parquet.None)
	case s.doubles:
		return leaf(name, parquet.Double, parquet.None)
	case s.wholes:
		return leaf(name, parquet.Int64, parquet.None)
	case s.texts:
		return leaf(name, parquet.ByteArray, parquet.String)
	case depth == 0:
		return leaf(name, parquet.ByteArray, parquet.JSON)
	case s.arrays:
		return s.listNode(name, depth)
	}
	if children := s.children(depth); len(children) > 0 && len(s.names) <= maxFields {
		return group(name, children...)
	}
	return leaf(name, parquet.ByteArray, parquet.JSON)
}

func (s *shape) listNode(name string, depth int) *parquet.Node {
	var element *parquet.Node
	if s.element != nil {
		element = s.element.node("", depth-1)
	}
	if element == nil {
		element = leaf("", parquet.ByteArray, parquet.String)
	}
	return list(name, element)
}

// children are the columns of an object. Names that differ by case only are one name to some who read the file.
func (s *shape) children(depth int) []*parquet.Node {
	var all []*parquet.Node
	met := map[string]bool{}
	for _, name := range s.names {
		fold := strings.ToLower(name)
		if name == "" || met[fold] {
			continue
		}
		if n := s.fields[name].node(name, depth-1); n != nil {
			met[fold] = true
			all = append(all, n)
		}
	}
	return all
}

// isGeometry tells whether a property is a geometry by its name and its members, as proj:geometry is.
func (s *shape) isGeometry(name string) bool {
	return strings.HasSuffix(name, ":geometry") && s.objects && !s.texts && !s.arrays && s.fields["type"] != nil &&
		(s.fields["coordinates"] != nil || s.fields["geometries"] != nil)
}

// itemShape is what is known of items.
type itemShape struct {
	top        shape // of the members that are columns by themselves
	properties shape
	flat       int // boxes of two dimensions, and of three
	solid      int
}

func newItemShape() *itemShape {
	s := &itemShape{}
	for _, name := range []string{"href", "rel", "type", "title"} { // which every link struct has
		s.link().field(name).texts = true
	}
	return s
}

func (s *itemShape) link() *shape {
	links := s.top.field(columnLinks)
	links.arrays = true
	if links.element == nil {
		links.element = &shape{objects: true}
	}
	return links.element
}

func (s *itemShape) add(item map[string]any) {
	for _, name := range []string{columnVersion, columnExtensions, columnCollection, columnLinks, columnAssets} {
		if v, ok := item[name]; ok {
			s.top.field(name).add(v, maxDepth)
		}
	}
	if box, ok := item[columnBBox].([]any); ok && len(box) == 6 {
		s.solid++
	} else {
		s.flat++
	}
	if properties, ok := item[memberProperties].(map[string]any); ok {
		s.properties.addFields(properties, maxDepth)
	}
}

// schema is that of a file: of the depth at which it has no more columns than are bearable.
func (s *itemShape) schema() *parquet.Node {
	for depth := maxDepth; ; depth-- {
		root := s.schemaOf(depth)
		if len(parquet.Columns(root)) <= maxColumns || depth == 1 {
			return root
		}
	}
}

func (s *itemShape) schemaOf(depth int) *parquet.Node {
	box := group(columnBBox)
	for _, side := range boxSides(s.solid > 0 && s.flat == 0) {
		box.Children = append(box.Children, &parquet.Node{Name: side, Type: parquet.Double})
	}
	extensions := list(columnExtensions, leaf("", parquet.ByteArray, parquet.String))
	root := &parquet.Node{Name: "schema", Children: []*parquet.Node{
		{Name: columnID, Type: parquet.ByteArray, Logical: parquet.String},
		leaf(columnCollection, parquet.ByteArray, parquet.String),
		leaf(columnVersion, parquet.ByteArray, parquet.String),
		extensions, leaf(columnGeometry, parquet.ByteArray, parquet.None), box,
	}}
	met := map[string]bool{}
	for _, name := range fixed {
		met[name] = true
	}
	for _, name := range s.properties.names {
		fold := strings.ToLower(name)
		if name == "" || met[fold] {
			continue
		}
		if n := s.property(name, depth); n != nil {
			met[fold] = true
			root.Children = append(root.Children, n)
		}
	}
	root.Children = append(root.Children, s.top.field(columnLinks).node(columnLinks, depth+1), s.assets(depth), leaf(columnUnmapped, parquet.ByteArray, parquet.JSON))
	return root
}

func (s *itemShape) property(name string, depth int) *parquet.Node {
	known := s.properties.fields[name]
	switch {
	case known.isGeometry(name):
		return leaf(name, parquet.ByteArray, parquet.None)
	case slices.Contains(times, name) && known.moments: // what is none is unmapped
		return leaf(name, parquet.Int64, parquet.TimestampMicros)
	}
	return known.node(name, depth)
}

// assets is a struct of the assets by their keys; those beyond the first ones have no column.
func (s *itemShape) assets(depth int) *parquet.Node {
	if children := s.top.field(columnAssets).children(depth); len(children) > 0 {
		return group(columnAssets, children[:min(len(children), maxFields)]...)
	}
	return leaf(columnAssets, parquet.ByteArray, parquet.JSON)
}
