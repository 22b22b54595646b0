package geoparquet

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
)

// The types of geometries by their numbers in WKB (OGC 06-103r4, 8.2.3). Those of three dimensions are 1000 more.
var geometryTypes = []string{"", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}

const (
	typePoint              = 1
	typePolygon            = 3
	typeMultiPoint         = 4
	typeMultiPolygon       = 6
	typeGeometryCollection = 7

	threeDimensions = 1000
	maxNesting      = 16 // of collections
)

// wkb is a geometry being encoded.
type wkb struct {
	out   []byte
	size  int // of positions: 0 before the first one
	inex  bool
	least [3]float64
	most  [3]float64
	any   bool // there is a position
}

// encodeWKB writes a GeoJSON geometry; ok tells that it is one, exact that it comes back the same.
func encodeWKB(v any) (w *wkb, ok bool) {
	w = &wkb{size: dimensions(v, 0)}
	if w.size == 0 {
		w.size = 2
	}
	return w, w.geometry(v, 0) && len(w.out) > 0
}

func (w *wkb) exact() bool { return !w.inex }

// name is the type as GeoParquet lists it.
func nameOf(text []byte) string {
	typ := binary.LittleEndian.Uint32(text[1:])
	if typ > threeDimensions {
		return geometryTypes[typ-threeDimensions] + " Z"
	}
	return geometryTypes[typ]
}

// dimensions is how many numbers the first position has, 3 at most; 0: there is none.
func dimensions(v any, depth int) int {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == "GeometryCollection" {
			return dimensions(v["geometries"], depth+1)
		}
		return dimensions(v["coordinates"], depth+1)
	case []any:
		if len(v) > 0 && depth < 2*maxNesting {
			if _, position := v[0].(json.Number); position {
				return min(max(len(v), 2), 3)
			}
			for _, e := range v {
				if n := dimensions(e, depth+1); n > 0 {
					return n
				}
			}
		}
	}
	return 0
}

func (w *wkb) head(typ int) {
	if w.size == 3 {
		typ += threeDimensions
	}
	w.out = binary.LittleEndian.AppendUint32(append(w.out, 1), uint32(typ))
}

func (w *wkb) count(n int) { w.out = binary.LittleEndian.AppendUint32(w.out, uint32(n)) }

func (w *wkb) geometry(v any, depth int) bool {
	g, ok := v.(map[string]any)
	name, _ := g["type"].(string)
	typ := slices.Index(geometryTypes, name)
	if !ok || typ < 1 || depth > maxNesting {
		return false
	}
	if len(g) != 2 {
		w.inex = true // foreign members
	}
	if typ == typeGeometryCollection {
		parts, ok := g["geometries"].([]any)
		w.head(typ)
		w.count(len(parts))
		for _, part := range parts {
			ok = ok && w.geometry(part, depth+1)
		}
		return ok
	}
	w.head(typ)
	return w.coordinates(typ, g["coordinates"])
}

// coordinates writes those of a type, the parts of several geometries as geometries of their own.
func (w *wkb) coordinates(typ int, v any) bool {
	all, ok := v.([]any)
	switch {
	case !ok:
		return false
	case typ == typePoint:
		return w.position(all)
	case typ >= typeMultiPoint && typ <= typeMultiPolygon:
		return w.each(all, func(part any) bool {
			w.head(typ - 3)
			return w.coordinates(typ-3, part)
		})
	case typ == typePolygon:
		return w.each(all, func(ring any) bool { return w.line(ring) })
	}
	return w.line(v)
}

func (w *wkb) each(all []any, write func(any) bool) bool {
	w.count(len(all))
	for _, part := range all {
		if !write(part) {
			return false
		}
	}
	return true
}

func (w *wkb) line(v any) bool {
	all, ok := v.([]any)
	return ok && w.each(all, func(position any) bool {
		numbers, ok := position.([]any)
		return ok && w.position(numbers)
	})
}

func (w *wkb) position(numbers []any) bool {
	if len(numbers) < 2 {
		return false
	}
	if len(numbers) != w.size {
		w.inex = true
	}
	for i := range w.size {
		v := 0.0
		if i < len(numbers) {
			n, ok := numbers[i].(json.Number)
			if !ok {
				return false
			}
			var exact bool
			if v, exact = double(n); !exact {
				w.inex = true
			}
		}
		if !w.any {
			w.least[i], w.most[i] = v, v
		}
		w.least[i], w.most[i] = min(w.least[i], v), max(w.most[i], v)
		w.out = binary.LittleEndian.AppendUint64(w.out, math.Float64bits(v))
	}
	w.any = true
	return true
}

// reader reads WKB of either byte order, with the types of ISO and those of PostGIS.
type wkbReader struct {
	data  []byte
	order binary.ByteOrder
	bad   bool
}

// decodeWKB gives the geometry as GeoJSON.
func decodeWKB(data []byte) (any, bool) {
	r := &wkbReader{data: data}
	g := r.geometry(0)
	return g, !r.bad && len(r.data) == 0
}

func (r *wkbReader) take(n int) []byte {
	if r.bad || len(r.data) < n {
		r.bad = true
		return make([]byte, n)
	}
	text := r.data[:n]
	r.data = r.data[n:]
	return text
}

// head reads the byte order and the type, and how many numbers a position has.
func (r *wkbReader) head() (typ, size int) {
	r.order = binary.LittleEndian
	if r.take(1)[0] == 0 {
		r.order = binary.BigEndian
	}
	const z, m, srid = 1 << 31, 1 << 30, 1 << 29
	t := r.order.Uint32(r.take(4))
	if t&srid != 0 {
		r.take(4)
	}
	size = 2
	if t&z != 0 {
		size = 3
	}
	r.bad = r.bad || t&m != 0
	t &^= z | m | srid
	if t/threeDimensions == 1 {
		t, size = t-threeDimensions, 3
	}
	if t < 1 || int(t) >= len(geometryTypes) {
		r.bad = true
		return typePoint, size
	}
	return int(t), size
}

func (r *wkbReader) geometry(depth int) any {
	typ, size := r.head()
	if depth > maxNesting {
		r.bad = true
	}
	if typ == typeGeometryCollection {
		parts := []any{}
		for range r.count(9) {
			parts = append(parts, r.geometry(depth+1))
		}
		return object{{"type", geometryTypes[typ]}, {"geometries", parts}}
	}
	return object{{"type", geometryTypes[typ]}, {"coordinates", r.coordinates(typ, size)}}
}

// count reads a number of parts, each of so many bytes at least.
func (r *wkbReader) count(least int) int {
	n := r.order.Uint32(r.take(4))
	if r.bad || int64(n)*int64(least) > int64(len(r.data)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *wkbReader) coordinates(typ, size int) any {
	all := []any{}
	switch {
	case typ == typePoint:
		return r.position(size)
	case typ >= typeMultiPoint && typ <= typeMultiPolygon:
		for range r.count(5) {
			part, size := r.head()
			if r.bad = r.bad || part != typ-3; r.bad {
				break
			}
			all = append(all, r.coordinates(part, size))
		}
	case typ == typePolygon:
		for range r.count(4) {
			all = append(all, r.line(size))
		}
	default:
		return r.line(size)
	}
	return all
}

func (r *wkbReader) line(size int) any {
	all := []any{}
	for range r.count(8 * size) {
		all = append(all, r.position(size))
	}
	return all
}

func (r *wkbReader) position(size int) any {
	numbers := make([]any, size)
	for i := range numbers {
		numbers[i] = number(math.Float64frombits(r.order.Uint64(r.take(8))))
		if numbers[i] == nil {
			r.bad = true // WKB spells an empty point like this, GeoJSON has none
		}
	}
	return numbers
}
