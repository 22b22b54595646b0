package geoparquet

import (
	"encoding/json"
	"io"
	"slices"

	"perigee/shared/fault"
	"perigee/shared/parquet"
)

// The number of items, and of their bytes, by which the schema is chosen.
const (
	sampleItems = 2000
	sampleBytes = 4 << 20
)

// Options say what a file tells beside its items.
type Options struct {
	Collections map[string][]byte // the documents of collections, by their ids
	Sample      [][]byte          // further items by which the schema is chosen, which are not written
}

// Writer writes items. The columns are chosen by the sample and the first items; what is held is those, then a row group.
type Writer struct {
	out     io.Writer
	options Options

	shape   *itemShape
	waiting []map[string]any
	bytes   int

	rows    *parquet.Writer // nil until the columns are chosen
	root    *parquet.Node
	types   map[string]bool
	bounds  []float64
	unbound bool // there is a box across the date line, or none
}

// NewWriter begins a file.
func NewWriter(out io.Writer, options Options) (*Writer, error) {
	w := &Writer{out: out, options: options, shape: newItemShape(), types: map[string]bool{}}
	for _, one := range options.Sample {
		item, err := decodeItem(one)
		if err != nil {
			return nil, err
		}
		w.shape.add(item)
	}
	w.options.Sample = nil
	return w, nil
}

func decodeItem(document []byte) (map[string]any, error) {
	v, err := decode(document)
	if err != nil {
		return nil, err
	}
	item, ok := v.(map[string]any)
	if !ok {
		return nil, invalid("an item is not a JSON object")
	}
	if id, ok := item[columnID].(string); !ok || id == "" {
		return nil, fault.At(fault.Invalid, columnID, "an item has no id")
	}
	return item, nil
}

// Write takes an item.
func (w *Writer) Write(document []byte) error {
	item, err := decodeItem(document)
	if err != nil {
		return err
	}
	if w.rows != nil {
		return w.row(item)
	}
	w.shape.add(item)
	w.waiting = append(w.waiting, item)
	if w.bytes += len(document); len(w.waiting) >= sampleItems || w.bytes >= sampleBytes {
		return w.start()
	}
	return nil
}

// start chooses the columns and writes what waited for them.
func (w *Writer) start() error {
	w.root = w.shape.schema()
	w.shape = nil
	var err error
	if w.rows, err = parquet.NewWriter(w.out, w.root); err != nil {
		return err
	}
	waiting := w.waiting
	w.waiting = nil
	for _, item := range waiting {
		if err := w.row(item); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the file. One without items is a file too.
func (w *Writer) Close() error {
	if w.rows == nil {
		if err := w.start(); err != nil {
			return err
		}
	}
	geo, err := json.Marshal(w.geo())
	if err != nil {
		return fault.Classify(fault.Internal, err, "the metadata of a GeoParquet file")
	}
	collections := map[string]json.RawMessage{}
	for id, document := range w.options.Collections {
		collections[id] = document
	}
	about, err := json.Marshal(struct {
		Version     string                     `json:"version"`
		Collections map[string]json.RawMessage `json:"collections,omitempty"`
	}{versionSTAC, collections})
	if err != nil {
		return fault.Classify(fault.Internal, err, "the metadata of a stac-geoparquet file")
	}
	return w.rows.Close(parquet.Pair{Key: keyGeo, Value: string(geo)}, parquet.Pair{Key: keySTAC, Value: string(about)})
}

func (w *Writer) geo() metadataGeo {
	one := metadataOne{Encoding: "WKB", Types: []string{}, Covering: coveredBy(columnBBox)}
	for name := range w.types {
		one.Types = append(one.Types, name)
	}
	slices.Sort(one.Types)
	if !w.unbound {
		one.BBox = w.bounds
	}
	return metadataGeo{Version: versionGeo, Primary: columnGeometry, Columns: map[string]metadataOne{columnGeometry: one}}
}

// unmapped is what an item has beyond its columns, and which columns it has that are none of its members.
type unmapped struct {
	Members map[string]any `json:"members,omitempty"`
	Absent  []string       `json:"absent,omitempty"`
}

func (u *unmapped) add(name string, value any) {
	if u.Members == nil {
		u.Members = map[string]any{}
	}
	u.Members[name] = value
}

// within adds a member of a member.
func (u *unmapped) within(parent, name string, value any) {
	if u.Members == nil {
		u.Members = map[string]any{}
	}
	inner, ok := u.Members[parent].(map[string]any)
	if !ok {
		inner = map[string]any{}
		u.Members[parent] = inner
	}
	inner[name] = value
}

func (w *Writer) row(item map[string]any) error {
	r := row{Writer: w, rest: &unmapped{}}
	for _, n := range w.root.Children {
		switch n.Name {
		case columnGeometry:
			r.geometry(n, item)
		case columnBBox:
			r.box(n, item)
		case columnAssets:
			r.assets(n, item)
		case columnUnmapped: // the last one
			r.others(item)
			if err := r.unmapped(n); err != nil {
				return err
			}
		case columnID, columnCollection, columnVersion, columnExtensions, columnLinks:
			if v, ok := item[n.Name]; !r.value(n, v, ok, 0, 0) {
				r.rest.add(n.Name, v)
			}
		default:
			r.property(n, item)
		}
	}
	return w.rows.EndRow()
}

// row is an item being written.
type row struct {
	*Writer
	rest *unmapped
	wkb  *wkb // of the footprint; nil: there is none
}

func (r *row) geometry(n *parquet.Node, item map[string]any) {
	v, has := item[columnGeometry]
	g, ok := encodeWKB(v)
	if !ok {
		r.rows.Column(n.Column).Null(0, 0)
		if has {
			r.rest.add(columnGeometry, v)
		}
		return
	}
	r.wkb = g
	r.types[nameOf(g.out)] = true
	r.rows.Column(n.Column).Bytes(0, g.out)
	if !g.exact() {
		r.rest.add(columnGeometry, v)
	}
}

// box writes the item's bbox, or else the bounds of its footprint.
func (r *row) box(n *parquet.Node, item map[string]any) {
	v, has := item[columnBBox]
	sides, exact := boxOf(v, len(n.Children))
	switch {
	case sides != nil:
		if !exact {
			r.rest.add(columnBBox, v)
		}
	case r.wkb != nil && r.wkb.any:
		sides = append(slices.Clone(r.wkb.least[:len(n.Children)/2]), r.wkb.most[:len(n.Children)/2]...)
		if has {
			r.rest.add(columnBBox, v)
		} else {
			r.rest.Absent = []string{columnBBox}
		}
	default:
		r.unbound = true
		r.nulls(n, 0, 0)
		if has {
			r.rest.add(columnBBox, v)
		}
		return
	}
	for i, side := range n.Children {
		r.rows.Column(side.Column).Double(0, sides[i])
	}
	r.bound(sides)
}

// boxOf reads a bbox of so many numbers; one of three dimensions stands for two as well.
func boxOf(v any, size int) (sides []float64, exact bool) {
	all, ok := v.([]any)
	if !ok || len(all) != 4 && len(all) != 6 || len(all) < size {
		return nil, false
	}
	exact = len(all) == size
	half := len(all) / 2
	for i, e := range all {
		if i%half >= size/2 {
			continue // the third dimension
		}
		n, ok := e.(json.Number)
		side, same := 0.0, false
		if ok {
			side, same = double(n)
		}
		if !ok {
			return nil, false
		}
		exact = exact && same
		sides = append(sides, side)
	}
	return sides, exact
}

// bound widens the bounds of the file.
func (r *row) bound(sides []float64) {
	half := len(sides) / 2
	for i := range half {
		if sides[i] > sides[half+i] {
			r.unbound = true // across the date line
		}
	}
	if r.bounds == nil {
		r.Writer.bounds = slices.Clone(sides)
	}
	for i := range half {
		r.bounds[i], r.bounds[half+i] = min(r.bounds[i], sides[i]), max(r.bounds[half+i], sides[half+i])
	}
}

func (r *row) property(n *parquet.Node, item map[string]any) {
	properties, _ := item[memberProperties].(map[string]any)
	v, ok := properties[n.Name]
	if !r.value(n, v, ok, 0, 0) {
		r.rest.within(memberProperties, n.Name, v)
	}
}

// assets writes the assets whose keys are columns.
func (r *row) assets(n *parquet.Node, item map[string]any) {
	v, has := item[columnAssets]
	all, ok := v.(map[string]any)
	if n.IsColumn() || !ok {
		if !r.value(n, v, has, 0, 0) {
			r.rest.add(columnAssets, v)
		}
		return
	}
	for _, c := range n.Children {
		v, ok := all[c.Name]
		if !r.value(c, v, ok, 0, n.Def) {
			r.rest.within(columnAssets, c.Name, v)
		}
	}
	for key, v := range all {
		if child(n, key) == nil {
			r.rest.within(columnAssets, key, v)
		}
	}
}

// others gathers the members that have no column.
func (r *row) others(item map[string]any) {
	for name, v := range item {
		if name == memberProperties || name == memberType && v == typeFeature || name != memberType && slices.Contains(fixed, name) && name != columnUnmapped {
			continue
		}
		r.rest.add(name, v)
	}
	v, has := item[memberProperties]
	properties, ok := v.(map[string]any)
	switch {
	case has && !ok:
		r.rest.add(memberProperties, v)
	case !has:
		r.rest.Absent = append(r.rest.Absent, memberProperties)
	}
	for name, v := range properties {
		if slices.Contains(fixed, name) || child(r.root, name) == nil {
			r.rest.within(memberProperties, name, v)
		}
	}
	if _, has := item[memberType]; !has {
		r.rest.Absent = append(r.rest.Absent, memberType)
	}
}

func (r *row) unmapped(n *parquet.Node) error {
	if len(r.rest.Members) == 0 && len(r.rest.Absent) == 0 {
		r.rows.Column(n.Column).Null(0, 0)
		return nil
	}
	var text object
	if len(r.rest.Members) > 0 {
		text = append(text, member{"members", r.rest.Members})
	}
	if len(r.rest.Absent) > 0 {
		text = append(text, member{"absent", r.rest.Absent})
	}
	out, err := encode(text)
	if err == nil {
		r.rows.Column(n.Column).Bytes(0, out)
	}
	return err
}

// nulls says in all columns of a node that it is there as far as a level only.
func (r *row) nulls(n *parquet.Node, rep, def int) {
	if n.IsColumn() {
		r.rows.Column(n.Column).Null(rep, def)
		return
	}
	for _, c := range n.Children {
		r.nulls(c, rep, def)
	}
}

// value writes as much of a value as its columns hold, and tells whether that is all. has tells that there is one, def is
// the level to which its parent is there.
func (r *row) value(n *parquet.Node, v any, has bool, rep, def int) (exact bool) {
	switch {
	case !has:
		r.nulls(n, rep, def)
		return true
	case n.Logical == parquet.JSON:
		return r.text(n, v, rep, def)
	case n.Logical == parquet.List:
		return r.list(n, v, rep, def)
	case n.IsColumn():
		return r.scalar(n, v, rep, def)
	}
	fields, ok := v.(map[string]any)
	if !ok {
		r.nulls(n, rep, def)
		return false
	}
	exact, met := true, 0
	for _, c := range n.Children {
		v, ok := fields[c.Name]
		if ok {
			met++
		}
		exact = r.value(c, v, ok, rep, n.Def) && exact
	}
	return exact && met == len(fields)
}

// text writes a value as JSON.
func (r *row) text(n *parquet.Node, v any, rep, def int) bool {
	out, err := encode(v)
	if err != nil {
		r.nulls(n, rep, def)
		return false
	}
	r.rows.Column(n.Column).Bytes(rep, out)
	return true
}

func (r *row) list(n *parquet.Node, v any, rep, def int) bool {
	all, ok := v.([]any)
	if !ok {
		r.nulls(n, rep, def)
		return false
	}
	repeated := n.Children[0]
	element := repeated.Children[0]
	if len(all) == 0 {
		r.nulls(n, rep, n.Def)
		return true
	}
	exact := true
	for i, e := range all {
		if i > 0 {
			rep = repeated.Rep
		}
		if e == nil && element.Logical != parquet.JSON {
			r.nulls(element, rep, repeated.Def)
			continue
		}
		exact = r.value(element, e, true, rep, repeated.Def) && exact
	}
	return exact
}

func (r *row) scalar(n *parquet.Node, v any, rep, def int) (exact bool) {
	c := r.rows.Column(n.Column)
	switch v := v.(type) {
	case bool:
		if n.Type == parquet.Boolean {
			c.Bool(rep, v)
			return true
		}
	case string:
		if n.Logical == parquet.String {
			c.Bytes(rep, []byte(v))
			return true
		}
		if micros, exact, ok := moment(v); ok && n.Logical == parquet.TimestampMicros {
			c.Int64(rep, micros)
			return exact
		}
	case json.Number:
		if w, ok := whole(v); ok && n.Type == parquet.Int64 && n.Logical == parquet.None {
			c.Int64(rep, w)
			return true
		}
		if n.Type == parquet.Double {
			if d, exact := double(v); exact || d != 0 {
				c.Double(rep, d)
				return exact
			}
		}
	case map[string]any:
		if n.Type == parquet.ByteArray && n.Logical == parquet.None {
			if g, ok := encodeWKB(v); ok {
				c.Bytes(rep, g.out)
				return g.exact()
			}
		}
	}
	c.Null(rep, def)
	return false
}
