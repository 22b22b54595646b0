package cql

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/filter"
	_ "perigee/test/draws" // the same each time
)

// written is a condition or a value with a text of it. A part is put into parentheses where its rank is below that of
// its place.
type written[T any] struct {
	value T
	text  string
	rank  int
}

func (w written[T]) at(rank int) string {
	if w.rank < rank {
		return "(" + w.text + ")"
	}
	return w.text
}

func values(depth int) *rapid.Generator[written[filter.Operand]] {
	return rapid.Custom(func(t *rapid.T) written[filter.Operand] {
		switch rapid.IntRange(0, 3+2*min(depth, 1)).Draw(t, "kind") {
		case 0:
			name := rapid.SampledFrom([]string{"a", "eo:cloud_cover", "landsat:wrs-path", "x y", "it\"s"}).Draw(t, "name")
			return written[filter.Operand]{filter.Property(name), `"` + strings.ReplaceAll(name, `"`, `""`) + `"`, 9}
		case 1:
			text := rapid.StringMatching(`[a-zé' %\\]{0,6}`).Draw(t, "text")
			return written[filter.Operand]{filter.Untyped{Text: text}, "'" + strings.ReplaceAll(text, "'", "''") + "'", 9}
		case 2:
			n := rapid.Float64Range(0, 1e12).Draw(t, "number")
			return written[filter.Operand]{filter.Number(n), strconv.FormatFloat(n, 'g', -1, 64), 9}
		case 3:
			return written[filter.Operand]{filter.Boolean(true), "True", 9}
		case 4:
			args := rapid.SliceOfN(values(depth-1), 1, 3).Draw(t, "args")
			f, texts := filter.Function{Name: "f"}, []string{}
			for _, arg := range args {
				f.Args, texts = append(f.Args, arg.value), append(texts, arg.at(0))
			}
			return written[filter.Operand]{f, "f( " + strings.Join(texts, " ,") + ")", 9}
		}
		left, right := values(depth-1).Draw(t, "left"), values(depth-1).Draw(t, "right")
		op := rapid.SampledFrom([]filter.ArithmeticOp{filter.Add, filter.Subtract, filter.Multiply, filter.Divide}).Draw(t, "op")
		rank := map[filter.ArithmeticOp]int{filter.Add: 5, filter.Subtract: 5, filter.Multiply: 6, filter.Divide: 6}[op]
		text := left.at(rank) + " " + string(op) + " " + right.at(rank+1)
		return written[filter.Operand]{filter.Arithmetic{Op: op, Left: left.value, Right: right.value}, text, rank}
	})
}

func conditions(depth int) *rapid.Generator[written[filter.Expr]] {
	return rapid.Custom(func(t *rapid.T) written[filter.Expr] {
		switch rapid.IntRange(0, 3+3*min(depth, 1)).Draw(t, "kind") {
		case 0:
			left, right := values(2).Draw(t, "left"), values(2).Draw(t, "right")
			op := rapid.SampledFrom([]filter.Op{"=", "<>", "<", "<=", ">", ">="}).Draw(t, "op")
			return written[filter.Expr]{filter.Compare{Op: op, Left: left.value, Right: right.value}, left.text + string(op) + right.text, 4}
		case 1:
			o, low, high := values(1).Draw(t, "operand"), values(1).Draw(t, "low"), values(1).Draw(t, "high")
			return written[filter.Expr]{filter.Between{Operand: o.value, Low: low.value, High: high.value},
				fmt.Sprintf("%s between %s and %s", o.text, low.text, high.text), 4}
		case 2:
			o, v := values(1).Draw(t, "operand"), values(1).Draw(t, "value")
			return written[filter.Expr]{filter.In{Operand: o.value, Values: []filter.Operand{v.value, v.value}},
				fmt.Sprintf("%s IN(%s, %s)", o.text, v.text, v.text), 4}
		case 3:
			o := values(2).Draw(t, "operand")
			return written[filter.Expr]{filter.IsNull{Operand: o.value}, o.text + " is null", 4}
		case 4:
			inner := conditions(depth-1).Draw(t, "inner")
			return written[filter.Expr]{filter.Not{Expr: inner.value}, "NOT " + inner.at(3), 3}
		}
		parts := rapid.SliceOfN(conditions(depth-1), 2, 3).Draw(t, "parts")
		and, or, texts := filter.And{}, filter.Or{}, [2][]string{}
		for _, part := range parts {
			and, or = append(and, part.value), append(or, part.value)
			texts[0], texts[1] = append(texts[0], part.at(3)), append(texts[1], part.at(2))
		}
		if rapid.Bool().Draw(t, "and") {
			return written[filter.Expr]{and, strings.Join(texts[0], " AND "), 2}
		}
		return written[filter.Expr]{or, strings.Join(texts[1], " or "), 1}
	})
}

// names are those of a protocol that has none of its own.
type names struct{}

func (names) Property(name string) (filter.Property, bool, error) {
	return filter.Property(name), false, nil
}
func (names) Value(_ filter.Property, value string) string { return value }

// What is written with no more parentheses than needed is read as what it was.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		condition := conditions(3).Draw(t, "condition")
		got, err := Parse(condition.text, names{})
		if err != nil || !reflect.DeepEqual(got, condition.value) {
			t.Fatalf("%s\n became %#v, %v\n want   %#v", condition.text, got, err, condition.value)
		}
	})
}
