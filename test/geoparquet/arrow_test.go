package geoparquet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"pgregory.net/rapid"

	"perigee/shared/geoparquet"
)

func written(t interface{ Fatal(...any) }, items [][]byte) []byte {
	var out bytes.Buffer
	w, err := geoparquet.NewWriter(&out, geoparquet.Options{Collections: map[string][]byte{"c": []byte(`{"type":"Collection","id":"c"}`)}})
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

func readBack(t interface{ Fatal(...any) }, text []byte) (items []any) {
	r, err := geoparquet.NewReader(bytes.NewReader(text), int64(len(text)), geoparquet.Limits{Memory: 256 << 20})
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
		var v any
		if err := json.Unmarshal(item, &v); err != nil {
			t.Fatal(err)
		}
		items = append(items, v)
	}
}

// byArrow is a file as Arrow reads it.
func byArrow(t interface{ Fatal(...any) }, text []byte) (arrow.Table, *file.Reader) {
	f, err := file.NewParquetReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := r.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return table, f
}

// rowsOf are the rows of a table as JSON has them.
func rowsOf(t interface{ Fatal(...any) }, table arrow.Table) (rows []map[string]any) {
	rows = make([]map[string]any, table.NumRows())
	for i := range int(table.NumCols()) {
		at := 0
		for _, chunk := range table.Column(i).Data().Chunks() {
			text, err := json.Marshal(chunk)
			if err != nil {
				t.Fatal(err)
			}
			var values []any
			if err := json.Unmarshal(text, &values); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				if rows[at] == nil {
					rows[at] = map[string]any{}
				}
				rows[at][table.Schema().Field(i).Name] = v
				at++
			}
		}
	}
	return rows
}

// items are some whose members the columns hold.
func items(t *rapid.T) (all [][]byte) {
	for i := range rapid.IntRange(1, 400).Draw(t, "n") {
		properties := map[string]any{"datetime": fmt.Sprintf("2026-01-%02dT00:00:%02d.024Z", i%28+1, i%60), "i": i}
		for name, value := range map[string]*rapid.Generator[any]{
			"cloud": rapid.Float64Range(0, 100).AsAny(), "ok": rapid.Bool().AsAny(), "text": rapid.StringMatching(`[a-zé]{0,9}`).AsAny(),
			"list": rapid.SliceOfN(rapid.Int32(), 0, 4).AsAny(), "deep": rapid.MapOfN(rapid.SampledFrom([]string{"a", "b"}), rapid.SliceOfN(rapid.StringMatching(`[a-z]{0,3}`), 0, 3), 1, 2).AsAny(),
		} {
			if rapid.Bool().Draw(t, name) {
				properties[name] = value.Draw(t, name)
			}
		}
		x := float64(i%170) + 0.5
		item, err := json.Marshal(map[string]any{
			"type": "Feature", "stac_version": "1.0.0", "stac_extensions": []string{"e"}, "id": fmt.Sprint("i", i), "collection": "c", "properties": properties,
			"geometry": map[string]any{"type": "Point", "coordinates": []float64{x, 2}}, "bbox": []float64{x, 2, x, 2},
			"links": []any{map[string]any{"href": "h", "rel": "self"}}, "assets": map[string]any{"a": map[string]any{"href": fmt.Sprint("s3://b/", i), "roles": []string{"data"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	return all
}

// Arrow reads what is written here: rows, types, nested values, and what the file tells of itself.
func TestArrowReadsOurs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := items(t)
		table, f := byArrow(t, written(t, all))
		defer table.Release()
		rows := rowsOf(t, table)
		if len(rows) != len(all) {
			t.Fatalf("%d of %d rows", len(rows), len(all))
		}
		for i, row := range rows {
			var item map[string]any
			if err := json.Unmarshal(all[i], &item); err != nil {
				t.Fatal(err)
			}
			for name, want := range item["properties"].(map[string]any) {
				if name != "datetime" && !reflect.DeepEqual(bare(row[name]), want) {
					t.Fatalf("%s of %v is %v, not %v", name, item["id"], row[name], want)
				}
			}
			box := row["bbox"].(map[string]any)
			if row["id"] != item["id"] || row["unmapped"] != nil || box["xmin"] != item["bbox"].([]any)[0] || !reflect.DeepEqual(bare(row["assets"]), item["assets"]) {
				t.Fatalf("%v is read as %v", item, row)
			}
		}
		if field, _ := table.Schema().FieldsByName("datetime"); field[0].Type.String() != "timestamp[us, tz=UTC]" {
			t.Fatal(field[0].Type)
		}
		var geo struct {
			Version string
			Columns map[string]struct{ Encoding string }
		}
		if told := f.MetaData().KeyValueMetadata().FindValue("geo"); told == nil || json.Unmarshal([]byte(*told), &geo) != nil || geo.Version != "1.1.0" || geo.Columns["geometry"].Encoding != "WKB" {
			t.Fatal(told)
		}
	})
}

// bare leaves out the members that are null: a struct has them all.
func bare(v any) any {
	switch v := v.(type) {
	case map[string]any:
		all := map[string]any{}
		for name, value := range v {
			if value != nil {
				all[name] = bare(value)
			}
		}
		return all
	case []any:
		for i := range v {
			v[i] = bare(v[i])
		}
	}
	return v
}

// What Arrow writes is read here, in every way that it writes.
func TestOursReadsArrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := written(t, items(t))
		want := readBack(t, text)
		table, _ := byArrow(t, text)
		defer table.Release()
		var out bytes.Buffer
		properties := parquet.NewWriterProperties(
			parquet.WithVersion(rapid.SampledFrom([]parquet.Version{parquet.V1_0, parquet.V2_LATEST}).Draw(t, "version")),
			parquet.WithDataPageVersion(rapid.SampledFrom([]parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2}).Draw(t, "pages")),
			parquet.WithCompression(rapid.SampledFrom([]compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd}).Draw(t, "codec")),
			parquet.WithDictionaryDefault(rapid.Bool().Draw(t, "dictionary")),
			parquet.WithDataPageSize(int64(rapid.SampledFrom([]int{200, 1 << 20}).Draw(t, "page size"))),
			parquet.WithEncodingFor("i", parquet.Encodings.DeltaBinaryPacked), parquet.WithEncodingFor("text", parquet.Encodings.DeltaByteArray),
			parquet.WithEncodingFor("id", parquet.Encodings.DeltaLengthByteArray), parquet.WithEncodingFor("cloud", parquet.Encodings.ByteStreamSplit),
		)
		if err := pqarrow.WriteTable(table, &out, int64(rapid.IntRange(1, 500).Draw(t, "rows")), properties, pqarrow.DefaultWriterProps()); err != nil {
			t.Fatal(err)
		}
		if got := readBack(t, out.Bytes()); !reflect.DeepEqual(got, want) {
			t.Fatalf("%v\nnot %v", got, want)
		}
	})
}
