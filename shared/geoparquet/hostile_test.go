package geoparquet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/parquet"
)

// read reads a file whole, as far as it goes.
func read(file []byte, memory int64) (items int, err error) {
	r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{Memory: memory})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for ; items < 100_000; items++ {
		if _, err := r.Next(); err == io.EOF {
			return items, nil
		} else if err != nil {
			return items, err
		}
	}
	return items, nil
}

const twoItems = `{"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z","x":[1,2],"y":{"z":"q"}},"assets":{"a":{"href":"h"}}}
{"type":"Feature","id":"b","geometry":null,"properties":{"datetime":"2026-01-01T00:00:00Z"},"assets":{}}`

// A file with any byte of it changed is read or refused, and never fails inside.
func TestChangedBytes(t *testing.T) {
	file := written(t, Options{}, bytes.Split([]byte(twoItems), []byte("\n"))...)
	for at := range file {
		for _, change := range []byte{0, 1, 0x7f, 0x80, 0xff, file[at] ^ 1, file[at] + 1} {
			changed := bytes.Clone(file)
			changed[at] = change
			if _, err := read(changed, 16<<20); err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Unsupported {
				t.Fatalf("byte %d as %#x: %v", at, change, err)
			}
		}
	}
	for n := range file {
		if _, err := read(file[:n], 16<<20); err == nil {
			t.Fatalf("the first %d of %d bytes are a file", n, len(file))
		}
	}
}

// A row that claims to have a thousand million elements is refused before they are made.
func TestEndlessRows(t *testing.T) {
	root := &parquet.Node{Name: "schema", Children: []*parquet.Node{
		{Name: "id", Type: parquet.ByteArray, Logical: parquet.String}, leaf("geometry", parquet.ByteArray, parquet.None),
		list("many", leaf("", parquet.Int64, parquet.None)),
	}}
	var out bytes.Buffer
	w, err := parquet.NewWriter(&out, root)
	if err != nil {
		t.Fatal(err)
	}
	w.Column(0).Bytes(0, []byte("a"))
	w.Column(1).Null(0, 0)
	for i := range 3_000_000 { // runs of a few bytes
		w.Column(2).Null(min(i, 1), 2)
	}
	if err := w.EndRow(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 2000 {
		t.Errorf("the file has %d bytes", out.Len())
	}
	if _, err := read(out.Bytes(), 16<<20); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "a row of more than") {
		t.Error(err)
	}
}

// A page that claims to be large is refused before there is room for it, and so are many that are.
func TestLargePages(t *testing.T) {
	bomb := written(t, Options{}, fmt.Appendf(nil, `{"type":"Feature","id":"a","geometry":null,"properties":{"x":%q}}`, strings.Repeat("x", 8<<20)))
	if len(bomb) > 100_000 {
		t.Fatalf("the file has %d bytes", len(bomb))
	}
	if n, err := read(bomb, 64<<20); n != 1 || err != nil {
		t.Errorf("within the limit: %d %v", n, err)
	}
	before := allocated()
	if _, err := read(bomb, 4<<20); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	if grown := allocated() - before; grown > 4<<20 {
		t.Errorf("refusing took %d bytes", grown)
	}
	footer := binary.LittleEndian.AppendUint32([]byte("PAR1"), 0x7fffffff)
	if _, err := read(append(footer, "PAR1"...), 4<<20); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// What is no file of items is refused in words.
func TestOtherFiles(t *testing.T) {
	for name, c := range map[string]struct {
		children []*parquet.Node
		want     string
	}{
		"no id":       {[]*parquet.Node{leaf("name", parquet.ByteArray, parquet.String), leaf("geometry", parquet.ByteArray, parquet.None)}, "no column id"},
		"no geometry": {[]*parquet.Node{leaf("id", parquet.ByteArray, parquet.String)}, "no column geometry"},
		"points":      {[]*parquet.Node{leaf("id", parquet.ByteArray, parquet.String), group("geometry", leaf("x", parquet.Double, parquet.None))}, "no column geometry of WKB"},
	} {
		var out bytes.Buffer
		w, err := parquet.NewWriter(&out, &parquet.Node{Name: "schema", Children: c.children})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := read(out.Bytes(), 1<<20); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "PAR1PAR1", "{}", strings.Repeat("x", 100)} {
		if _, err := read([]byte(text), 1<<20); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(written(f, Options{}, bytes.Split([]byte(twoItems), []byte("\n"))...))
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := read(file, 4<<20); err != nil && fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.Unsupported {
			t.Fatal(err)
		}
	})
}

func FuzzWKB(f *testing.F) {
	for _, g := range []string{`{"type":"Point","coordinates":[1,2,3]}`, `{"type":"MultiPolygon","coordinates":[[[[1,2],[3,4],[5,6],[1,2]]]]}`, `{"type":"GeometryCollection","geometries":[{"type":"LineString","coordinates":[[1,2],[3,4]]}]}`} {
		v, err := decode([]byte(g))
		if err != nil {
			f.Fatal(err)
		}
		w, _ := encodeWKB(v)
		f.Add(w.out)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		g, ok := decodeWKB(text)
		if !ok {
			return
		}
		spelt, err := encode(g)
		if err != nil {
			t.Fatal(err)
		}
		v, err := decode(spelt)
		if err != nil {
			t.Fatal(err)
		}
		w, ok := encodeWKB(v)
		again, same := decodeWKB(w.out)
		if back, err := encode(again); !ok || err != nil || w.exact() && (!same || !bytes.Equal(back, spelt)) {
			t.Fatalf("%s comes back as %s", spelt, back)
		}
	})
}
