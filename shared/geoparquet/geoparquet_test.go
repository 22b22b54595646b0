package geoparquet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/stac"
	"perigee/shared/stac/stactest"
	_ "perigee/test/draws" // the same each time
)

// written is a file of items.
func written(t interface{ Fatal(...any) }, options Options, items ...[]byte) []byte {
	var out bytes.Buffer
	w, err := NewWriter(&out, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if err := w.Write(item); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readBack(t interface{ Fatal(...any) }, file []byte) (items [][]byte) {
	r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		item, err := r.Next()
		if err == io.EOF {
			return items
		}
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
}

// same compares JSON by what it means: numbers by their value, objects without order.
func same(a, b []byte) bool {
	return reflect.DeepEqual(meaning(a), meaning(b))
}

func meaning(text []byte) any {
	v, err := decode(text)
	if err != nil {
		return err
	}
	return exactly(v)
}

func exactly(v any) any {
	switch v := v.(type) {
	case json.Number:
		if r, ok := new(big.Rat).SetString(string(v)); ok {
			return r.RatString()
		}
	case map[string]any:
		for name := range v {
			v[name] = exactly(v[name])
		}
	case []any:
		for i := range v {
			v[i] = exactly(v[i])
		}
	}
	return v
}

// value is any JSON, some of it of the kinds that columns do not hold.
func value(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Float64Range(-1e12, 1e12).AsAny(),
		rapid.SampledFrom([]any{"2026-04-30T10:00:31Z", "2026-04-30T10:00:31.024Z", "2026-04-30T12:00:31+02:00", "2026-04-30T10:00:31.0Z", "2026-04-30"}),
		rapid.SampledFrom([]any{json.Number("10.0"), json.Number("1e400"), json.Number("18446744073709551616"), json.Number("0.1234567890123456789"), json.Number("-0"), json.Number("1E-7")}),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(value(depth-1), 0, 3).AsAny(),
		rapid.MapOfN(names, value(depth-1), 0, 3).AsAny(),
		positions.AsAny())...)
}

var (
	names     = rapid.SampledFrom([]string{"a", "b", "A", "eo:cloud_cover", "datetime", "updated", "proj:geometry", "id", "type", "unmapped", "", "href", "roles", "é.x"})
	positions = rapid.Custom(func(t *rapid.T) map[string]any {
		size := rapid.IntRange(2, 4).Draw(t, "size")
		position := func() []any {
			return []any{rapid.Float64Range(-180, 180).Draw(t, "x"), rapid.Float64Range(-90, 90).Draw(t, "y"), 7, 8}[:size]
		}
		ring := []any{position(), position(), position()}
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			return map[string]any{"type": "Point", "coordinates": position()}
		case 1:
			return map[string]any{"type": "MultiPoint", "coordinates": ring}
		case 2:
			return map[string]any{"type": "MultiPolygon", "coordinates": []any{[]any{ring}, []any{ring, ring}}}
		case 3:
			return map[string]any{"type": "GeometryCollection", "geometries": []any{map[string]any{"type": "LineString", "coordinates": ring}}}
		case 4:
			return map[string]any{"type": "Polygon", "coordinates": []any{}, "extra": 1}
		}
		return map[string]any{"type": "Polygon", "coordinates": []any{ring}}
	})
)

// RC-07: every member of every item comes back, whatever else there is in the file.
func TestItemsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items [][]byte
		for i := range rapid.IntRange(0, 6).Draw(t, "items") {
			item := map[string]any{"type": "Feature", "id": fmt.Sprint("item", i)}
			for _, name := range []string{"stac_version", "stac_extensions", "collection", "geometry", "bbox", "links", "assets", "properties", "time", "unmapped", "type"} {
				switch rapid.IntRange(0, 3).Draw(t, name) {
				case 0:
					item[name] = value(3).Draw(t, name)
				case 1:
					item[name] = likely[name].Draw(t, name)
				}
			}
			text, err := json.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, text)
		}
		known := rapid.IntRange(0, len(items)).Draw(t, "known")
		var out bytes.Buffer
		w, err := NewWriter(&out, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range items {
			if i == known {
				if err := w.start(); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Write(item); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got := readBack(t, out.Bytes())
		if len(got) != len(items) {
			t.Fatalf("%d of %d items", len(got), len(items))
		}
		for i := range items {
			if !same(got[i], items[i]) {
				t.Fatalf("\nwritten %s\n   read %s", items[i], got[i])
			}
		}
	})
}

var likely = map[string]*rapid.Generator[any]{
	"stac_version":    rapid.SampledFrom([]any{"1.0.0", "1.1.0"}),
	"stac_extensions": rapid.SampledFrom([]any{[]any{}, []any{"a"}, []any{"a", nil}}),
	"collection":      rapid.Just[any]("S2"),
	"geometry":        positions.AsAny(),
	"bbox":            rapid.SampledFrom([]any{[]any{1, 2, 3, 4}, []any{170.5, -10, -170, 10}, []any{1, 2, 3, 4, 5, 6}, []any{1, 2, 3}, []any{1, 2, "x", 4}}),
	"links":           rapid.SliceOfN(rapid.MapOfN(rapid.SampledFrom([]string{"href", "rel", "type", "title", "method"}), rapid.SampledFrom([]any{"x", nil, 1}), 0, 5), 0, 3).AsAny(),
	"assets":          rapid.MapOfN(names, rapid.MapOfN(names, value(2), 0, 4), 0, 4).AsAny(),
	"properties":      rapid.MapOfN(names, value(2), 0, 6).AsAny(),
	"time":            value(1),
	"unmapped":        value(1),
	"type":            rapid.SampledFrom([]any{"Feature", "Collection"}),
}

// RC-07: what real providers wrote comes back.
func TestRealItemsComeBack(t *testing.T) {
	var items [][]byte
	stactest.Documents(t, func(t *testing.T, _ string, raw []byte) {
		if _, err := stac.DecodeItem(raw); err == nil {
			items = append(items, raw)
			if got := readBack(t, written(t, Options{}, raw)); len(got) != 1 || !same(got[0], raw) {
				t.Errorf("\nwritten %s\n   read %s", raw, got)
			}
		}
	})
	for i, got := range readBack(t, written(t, Options{}, items...)) {
		if !same(got, items[i]) {
			t.Errorf("among others:\nwritten %s\n   read %s", items[i], got)
		}
	}
}

// scene is an item as satellites make them.
func scene(i int) []byte {
	return fmt.Appendf(nil, `{"type":"Feature","stac_version":"1.0.0","stac_extensions":["https://stac-extensions.github.io/eo/v1.1.0/schema.json"],"id":"S2A_%07d","collection":"S2MSI2A",`+
		`"geometry":{"type":"Polygon","coordinates":[[[%[2]d.1,40.2],[%[2]d.9,40.2],[%[2]d.9,41.3],[%[2]d.1,41.3],[%[2]d.1,40.2]]]},"bbox":[%[2]d.1,40.2,%[2]d.9,41.3],`+
		`"properties":{"datetime":"2026-01-%02[3]dT10:%02[4]d:31.024Z","platform":"sentinel-2a","eo:cloud_cover":%[4]d.25,"proj:epsg":32633,"s2:tile":"T33UXP"},`+
		`"links":[{"rel":"self","href":"https://example.com/S2A_%07[1]d","type":"application/geo+json"}],"assets":{"B04":{"href":"s3://eodata/S2A_%07[1]d/B04.tif","type":"image/tiff","roles":["data"],"eo:bands":[{"name":"B04","common_name":"red"}]},`+
		`"B08":{"href":"s3://eodata/S2A_%07[1]d/B08.tif","type":"image/tiff","roles":["data"],"eo:bands":[{"name":"B08","common_name":"nir"}]}}}`, i, i%170, i%28+1, i%60)
}

// However many items there are, what is held of them is a row group.
func TestMemoryIsFlat(t *testing.T) {
	w, err := NewWriter(io.Discard, Options{})
	if err != nil {
		t.Fatal(err)
	}
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var most uint64
	for i := range 60_000 {
		if err := w.Write(scene(i)); err != nil {
			t.Fatal(err)
		}
		if i%5000 == 2500 {
			most = max(most, held())
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if most > 96<<20 {
		t.Errorf("%d bytes are held of 60000 items", most)
	}
}

func BenchmarkWriter(b *testing.B) {
	w, err := NewWriter(io.Discard, Options{})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if err := w.Write(scene(i)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	var items [][]byte
	for i := range 5000 {
		items = append(items, scene(i))
	}
	file := written(b, Options{}, items...)
	var next func() ([]byte, error)
	for left := 0; b.Loop(); left-- {
		if left == 0 {
			left = len(items)
			r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{Memory: 64 << 20})
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			next = r.Next
		}
		if _, err := next(); err != nil {
			b.Fatal(err)
		}
	}
}
