package cql2

import (
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb/encoding/wkt"

	"perigee/shared/filter"
)

// Text writes a filter in CQL2 text; no condition is TRUE. What cannot be written is Unsupported.
func Text(e filter.Expr) (string, error) {
	e, err := plain(e, 0)
	if err != nil {
		return "", err
	}
	w := &textWriter{}
	w.expr(e, level.or)
	return w.String(), nil
}

// level is how tightly the productions of the grammar bind.
var level = struct{ or, and, not, predicate, sum, product, power, primary int }{0, 1, 2, 3, 4, 5, 6, 7}

type textWriter struct{ strings.Builder }

func (w *textWriter) write(texts ...string) {
	for _, text := range texts {
		w.WriteString(text)
	}
}

// enclose writes what binds as tightly as own where what binds as tightly as least is needed.
func (w *textWriter) enclose(own, least int, write func()) {
	if own >= least {
		write()
		return
	}
	w.write("(")
	write()
	w.write(")")
}

// expr writes a condition that binds at least so tightly.
func (w *textWriter) expr(e filter.Expr, least int) {
	switch e := e.(type) {
	case filter.Or:
		w.enclose(level.or, least, func() { w.junction(e, " OR ", level.and) })
	case filter.And:
		w.enclose(level.and, least, func() { w.junction(e, " AND ", level.not) })
	case filter.Not:
		w.negation(e, least)
	case filter.Truth:
		w.operand(e.Operand, least)
	case filter.Spatial:
		w.call(string(e.Op), e.Left, e.Right)
	case filter.Temporal:
		w.call(string(e.Op), e.Left, e.Right)
	case filter.Array:
		w.call(string(e.Op), e.Left, e.Right)
	default:
		w.enclose(level.predicate, least, func() { w.predicate(e, "") })
	}
}

func (w *textWriter) junction(parts []filter.Expr, between string, least int) {
	for i, part := range parts {
		if i > 0 {
			w.write(between)
		}
		w.expr(part, least)
	}
}

func (w *textWriter) negation(e filter.Not, least int) {
	switch e.Expr.(type) {
	case filter.Like, filter.Between, filter.In, filter.IsNull:
		w.enclose(level.predicate, least, func() { w.predicate(e.Expr, "NOT ") })
	case filter.Compare, filter.Not:
		w.enclose(level.not, least, func() {
			w.write("NOT (")
			w.expr(e.Expr, level.or)
			w.write(")")
		})
	default:
		w.enclose(level.not, least, func() {
			w.write("NOT ")
			w.expr(e.Expr, level.predicate)
		})
	}
}

// predicate writes what is said of an operand, or that it is not.
func (w *textWriter) predicate(e filter.Expr, not string) {
	switch e := e.(type) {
	case filter.Compare:
		w.operand(e.Left, level.sum)
		w.write(" ", string(e.Op), " ")
		w.operand(e.Right, level.sum)
	case filter.Like:
		w.operand(e.Operand, level.primary)
		w.write(" ", not, "LIKE ")
		w.operand(e.Pattern, level.primary)
	case filter.Between:
		w.operand(e.Operand, level.sum)
		w.write(" ", not, "BETWEEN ")
		w.operand(e.Low, level.sum)
		w.write(" AND ")
		w.operand(e.High, level.sum)
	case filter.In:
		w.operand(e.Operand, level.sum)
		w.write(" ", not, "IN (")
		w.commas(e.Values, level.sum)
		w.write(")")
	case filter.IsNull:
		w.operand(e.Operand, level.sum)
		w.write(" IS ", not, "NULL")
	}
}

func (w *textWriter) commas(all []filter.Operand, least int) {
	for i, o := range all {
		if i > 0 {
			w.write(", ")
		}
		w.operand(o, least)
	}
}

func (w *textWriter) call(name string, args ...filter.Operand) {
	w.write(name, "(")
	w.commas(args, level.or)
	w.write(")")
}

// operand writes an operand that binds at least so tightly.
func (w *textWriter) operand(o filter.Operand, least int) {
	switch o := o.(type) {
	case filter.Property:
		w.name(string(o))
	case filter.Text:
		w.quote(string(o))
	case filter.Number:
		w.write(strconv.FormatFloat(float64(o), 'G', -1, 64))
	case filter.Boolean:
		w.write(strings.ToUpper(strconv.FormatBool(bool(o))))
	case filter.Date:
		w.write("DATE('", dateText(o), "')")
	case filter.Timestamp:
		w.write("TIMESTAMP('", timestampText(o), "')")
	case filter.Interval:
		w.interval(o)
	case filter.Geometry:
		w.write(wkt.MarshalString(o.Geometry))
	case filter.List:
		w.call("", o...)
	case filter.Function:
		w.call(o.Name, o.Args...)
	case filter.CaseI:
		w.call("CASEI", o.Operand)
	case filter.AccentI:
		w.call("ACCENTI", o.Operand)
	case filter.Arithmetic:
		w.arithmetic(o, least)
	case filter.Condition:
		w.condition(o.Expr, least)
	}
}

// condition writes a condition as an operand: within other operands always in parentheses.
func (w *textWriter) condition(e filter.Expr, least int) {
	if least == level.or {
		w.expr(e, least)
		return
	}
	w.write("(")
	w.expr(e, level.or)
	w.write(")")
}

// arithmetic writes an expression; operators of one level stand from left to right, and a power has none within.
func (w *textWriter) arithmetic(o filter.Arithmetic, least int) {
	own := operators[o.Op]
	left := own
	if own == level.power {
		left++
	}
	w.enclose(own, least, func() {
		w.operand(o.Left, left)
		w.write(" ", string(o.Op), " ")
		w.operand(o.Right, own+1)
	})
}

func (w *textWriter) interval(o filter.Interval) {
	w.write("INTERVAL(")
	for i, end := range []filter.Operand{o.Start, o.End} {
		if i > 0 {
			w.write(", ")
		}
		switch end := end.(type) {
		case nil:
			w.write("'..'")
		case filter.Date:
			w.write("'", dateText(end), "'")
		case filter.Timestamp:
			w.write("'", timestampText(end), "'")
		default:
			w.operand(end, level.primary)
		}
	}
	w.write(")")
}

// name writes the name of a property, in double quotes where it needs them.
func (w *textWriter) name(name string) {
	if isBare(name) {
		w.write(name)
		return
	}
	w.write(`"`, strings.ReplaceAll(name, `"`, `""`), `"`)
}

// quote writes a text. A backslash is doubled only where it would have a meaning.
func (w *textWriter) quote(text string) {
	w.write("'")
	for i := range len(text) {
		c := text[i]
		switch special := strings.IndexByte(unescape, c); {
		case c == '\'':
			w.write("''")
		case c == '\\':
			if i+1 == len(text) || strings.IndexByte(escaped, text[i+1]) >= 0 || strings.IndexByte(unescape, text[i+1]) >= 0 {
				w.write(`\`)
			}
			w.write(`\`)
		case special >= 0:
			w.write(`\`, escaped[special:special+1])
		default:
			w.WriteByte(c)
		}
	}
	w.write("'")
}

func dateText(d filter.Date) string { return d.Time.UTC().Format(time.DateOnly) }

func timestampText(t filter.Timestamp) string {
	return t.Time.UTC().Format("2006-01-02T15:04:05.999999999Z")
}
