package cql2

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"perigee/shared/filter"
)

// TestBounds: what is too much of anything is refused, and what is just allowed is read.
func TestBounds(t *testing.T) {
	nest := func(open, inner, end string) func(int) string {
		return func(n int) string { return strings.Repeat(open, n) + inner + strings.Repeat(end, n) }
	}
	list := func(open, one, end string) func(int) string {
		return func(n int) string { return open + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + end }
	}
	chain := func(one, between string) func(int) string {
		return func(n int) string { return strings.TrimSuffix(strings.Repeat(one+between, n), between) }
	}
	in := func(make func(int) string, before, after string) func(int) string {
		return func(n int) string { return before + make(n) + after }
	}
	const deep, many, long = "nested deeper than", "more than 5000 conditions and values", "more than 65536"
	for name, c := range map[string]struct {
		text    func(int) string
		allowed int // may be read
		refused int
		want    string
	}{
		"parentheses":      {nest("(", "a=1", ")"), 99, 101, deep},
		"not":              {nest("NOT ", "a=1", ""), 99, 101, deep},
		"not of all":       {nest("NOT ", "a=1", ""), 99, 16000, deep},
		"open parentheses": {nest("(", "a=1", ")"), 99, 32000, deep},
		"functions":        {nest("f(", "1", ")"), 99, 101, deep},
		"casei":            {in(nest("CASEI(", "'x'", ")"), "a=", ""), 99, 101, deep},
		"pattern":          {in(nest("accenti(", "'x'", ")"), "a LIKE ", ""), 99, 101, deep},
		"arrays":           {in(nest("(", "", ")"), "A_EQUALS(a,", ")"), 98, 101, deep},
		"interval":         {in(nest("f(INTERVAL(", "a", ",'..'))"), "", ""), 49, 51, deep},
		"sums":             {in(chain("1", "+"), "", "=a"), 99, 102, deep},
		"products":         {in(chain("1", "*"), "", "=a"), 99, 102, deep},
		"is null":          {in(nest(" IS NULL", "", ""), "a", ""), 99, 102, deep},
		"minus signs":      {in(nest("- ", "1", ""), "a=", ""), 30000, 40000, long},
		"collections":      {in(nest("GEOMETRYCOLLECTION(", "POINT(1 2)", ")"), "S_WITHIN(a,", ")"), 4, 5, deep},
		"many collections": {in(nest("GEOMETRYCOLLECTION(", "POINT(1 2)", ")"), "S_WITHIN(a,", ")"), 4, 3000, deep},
		"conditions":       {chain("a=1", " OR "), 2500, 2501, many},
		"values":           {list("a IN (", "1", ")"), 4999, 5000, many},
		"elements":         {list("A_EQUALS(a,(", "1", "))"), 4990, 5000, many},
		"arguments":        {list("f(", "1", ")"), 4999, 5000, many},
		"positions":        {list("S_WITHIN(a,MULTIPOINT(", "1 1", "))"), 10000, 10001, "more than 10000 positions"},
		"length of a text": {in(nest("x", "'", ""), "a='", ""), 65000, 65536, long},
		"length of a name": {in(nest("x", "", ""), `"`, `"=1`), 65000, 65536, long},
		"spaces":           {in(nest(" ", "a=1", ""), "", ""), 65000, 65536, long},
		"many digits":      {in(nest("1", "", ""), "a=0.", ""), 65000, 65536, long},
	} {
		if _, err := ParseText(c.text(c.allowed), names{}); err != nil {
			t.Errorf("%s, %d: %v", name, c.allowed, err)
		}
		if _, err := ParseText(c.text(c.refused), names{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d: %v, want %s", name, c.refused, err, c.want)
		}
	}
	for name, c := range map[string]struct {
		document func(int) string
		allowed  int
		refused  int
		want     string
	}{
		"not":              {nest(`{"op":"not","args":[`, "true", "]}"), 100, 101, deep},
		"not, much":        {nest(`{"op":"not","args":[`, "true", "]}"), 100, 2800, deep},
		"arrays":           {in(nest("[", "", "]"), `{"op":"f","args":[`, "]}"), 100, 101, deep},
		"arrays, much":     {in(nest("[", "", "]"), `{"op":"f","args":[`, "]}"), 100, 30000, deep},
		"objects":          {in(nest(`{"casei":`, `"x"`, "}"), `{"op":"=","args":[1,`, "]}"), 99, 6000, deep},
		"open arrays":      {in(nest("[", "", ""), `{"op":"f","args":[`, strings.Repeat("]", 100)+"]}"), 100, 60000, deep},
		"coordinates":      {in(nest("[", "1", "]"), `{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[1,2],"bbox":`, "}]}"), 200, 300, deep},
		"collections":      {in(nest(`{"type":"GeometryCollection","geometries":[`, `{"type":"Point","coordinates":[1,2]}`, "]}"), `{"op":"s_within","args":[{"property":"a"},`, "]}"), 4, 5, deep},
		"conditions":       {list(`{"op":"or","args":[`, "true", "]}"), 4999, 5000, many},
		"values":           {list(`{"op":"in","args":[{"property":"a"},[`, "1", "]]}"), 4998, 5000, many},
		"positions":        {list(`{"op":"s_within","args":[{"property":"a"},{"type":"MultiPoint","coordinates":[`, "[1,2]", "]}]}"), 10000, 10001, "more than 10000 positions"},
		"length of a text": {in(nest("x", "", ""), `{"op":"=","args":[1,"`, `"]}`), 65000, 65536, long},
		"many digits":      {in(nest("1", "", ""), `{"op":"=","args":[1,0.`, `]}`), 65000, 65536, long},
		"members":          {func(n int) string { return members(n) }, 0, 5000, "no such member"},
	} {
		if _, err := ParseJSON([]byte(c.document(c.allowed)), names{}); err != nil {
			t.Errorf("%s, %d: %v", name, c.allowed, err)
		}
		if _, err := ParseJSON([]byte(c.document(c.refused)), names{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %d: %v, want %s", name, c.refused, err, c.want)
		}
	}
}

func members(n int) string {
	out := strings.Builder{}
	out.WriteString(`{"op":"f","args":[]`)
	for i := range n {
		fmt.Fprintf(&out, `,"%d":1`, i)
	}
	return out.String() + "}"
}

// TestMemoryIsBounded: the worst that fits into a filter takes some megabytes, never more.
func TestMemoryIsBounded(t *testing.T) {
	const most = 16 << 20
	text := func(text string) func() error {
		return func() error { _, err := ParseText(text, names{}); return err }
	}
	document := func(text string) func() error {
		return func() error { _, err := ParseJSON([]byte(text), names{}); return err }
	}
	for name, read := range map[string]func() error{
		"values":          text("a IN (" + strings.Repeat("1,", maxLength/2-10)),
		"parentheses":     text(strings.Repeat("(", maxLength)),
		"points":          text("S_WITHIN(a,MULTIPOINT(" + strings.Repeat("1 1,", maxLength/4-10)),
		"spaces":          text(strings.Repeat("S_WITHIN(POINT(1 2),POINT(1\u20002))OR ", maxLength/42)),
		"JSON of values":  document("[" + strings.Repeat("1,", maxLength/2-10) + "1]"),
		"JSON of arrays":  document("[" + strings.Repeat("[],", maxLength/3-10) + "1]"),
		"JSON of objects": document("[" + strings.Repeat(`{"":{}},`, maxLength/8-10) + "1]"),
		"JSON of members": document(members(7000)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := read()
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; err == nil || taken > most {
			t.Errorf("%s takes %d bytes: %v", name, taken, err)
		}
	}
}

// TestDeepTreesAreNotWritten: trees need not come from a parser.
func TestDeepTreesAreNotWritten(t *testing.T) {
	var e filter.Expr = filter.Truth{Operand: filter.Boolean(true)}
	var o filter.Operand = filter.Number(1)
	for range 100_000 {
		e, o = filter.Not{Expr: e}, filter.List{o}
	}
	for _, e := range []filter.Expr{e, filter.Array{Op: filter.AEquals, Left: o, Right: o}} {
		if _, err := Text(e); err == nil {
			t.Error("a tree without end is written")
		}
	}
}
