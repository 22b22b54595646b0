package parquet

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	_ "perigee/test/draws" // the same each time
)

// entry is a value of a column with its levels, or none.
type entry struct {
	rep, def int
	text     string
}

// Whatever is written comes back, with its levels, over pages and row groups.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := func() *Node {
			return &Node{Name: "schema", Children: []*Node{
				{Name: "id", Type: ByteArray, Logical: String},
				{Name: "n", Repetition: Optional, Type: Int64},
				{Name: "list", Repetition: Optional, Logical: List, Children: []*Node{{Name: "list", Repetition: Repeated, Children: []*Node{{Name: "element", Repetition: Optional, Type: Double}}}}},
				{Name: "b", Repetition: Optional, Type: Boolean},
			}}
		}
		root := schema()
		var out bytes.Buffer
		w, err := NewWriter(&out, root)
		if err != nil {
			t.Fatal(err)
		}
		want := map[int][]entry{}
		rows := rapid.IntRange(0, 300).Draw(t, "rows")
		for i := range rows {
			id := fmt.Sprint(i)
			w.Column(0).Bytes(0, []byte(id))
			want[0] = append(want[0], entry{0, 0, id})
			if v := rapid.Int64().Draw(t, "n"); v%3 == 0 {
				w.Column(1).Null(0, 0)
				want[1] = append(want[1], entry{0, 0, ""})
			} else {
				w.Column(1).Int64(0, v)
				want[1] = append(want[1], entry{0, 1, fmt.Sprint(v)})
			}
			elements := rapid.IntRange(-1, 4).Draw(t, "elements")
			if elements <= 0 {
				w.Column(2).Null(0, elements+1)
				want[2] = append(want[2], entry{0, elements + 1, ""})
			}
			for e := range max(elements, 0) {
				rep := min(e, 1)
				if rapid.Bool().Draw(t, "null") {
					w.Column(2).Null(rep, 2)
					want[2] = append(want[2], entry{rep, 2, ""})
					continue
				}
				v := rapid.Float64Range(-1e9, 1e9).Draw(t, "v")
				w.Column(2).Double(rep, v)
				want[2] = append(want[2], entry{rep, 3, fmt.Sprint(v)})
			}
			v := rapid.Bool().Draw(t, "b")
			w.Column(3).Bool(0, v)
			want[3] = append(want[3], entry{0, 1, map[bool]string{true: "1", false: "0"}[v]})
			if err := w.EndRow(); err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 50).Draw(t, "cut") == 0 {
				if err := w.endGroup(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(Pair{"geo", "{}"}); err != nil {
			t.Fatal(err)
		}
		f, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()), Limits{Memory: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if told, _ := f.Tells("geo"); told != "{}" || f.Rows != int64(rows) {
			t.Fatal(told, f.Rows)
		}
		got := map[int][]entry{}
		for i := range f.Groups() {
			g := f.Group(i, nil)
			for n, c := range g.Columns {
				got[n] = append(got[n], entries(t, c)...)
			}
			g.Close()
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("\n got %v\nwant %v", got, want)
		}
		if f.budget.held != 0 {
			t.Fatalf("%d bytes are still held", f.budget.held)
		}
	})
}

func entries(t *rapid.T, c *ColumnReader) (all []entry) {
	for {
		rep, def, ok, err := c.Peek()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return all
		}
		e := entry{rep: rep, def: def}
		if def == c.node.Def {
			switch c.node.Type {
			case Double:
				e.text = fmt.Sprint(c.Value.Float)
			case ByteArray:
				e.text = string(c.Value.Bytes)
			default:
				e.text = fmt.Sprint(c.Value.Int)
			}
		}
		all = append(all, e)
		c.Next()
	}
}
