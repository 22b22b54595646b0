package geoparquet

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"perigee/shared/parquet"
)

// node reads the value of a node; def is the level to which its parent is there. has tells that there is a value.
func (r *Reader) node(n *parquet.Node, def int) (v any, has bool, err error) {
	if n.Repetition == parquet.Repeated {
		return r.repeated(n, func() (any, bool, error) { return r.present(n) })
	}
	_, level, err := r.level(n)
	if err != nil {
		return nil, false, err
	}
	if level < n.Def {
		return nil, false, r.skip(n)
	}
	return r.present(n)
}

// level is that of the next entry of a node's first column.
func (r *Reader) level(n *parquet.Node) (rep, def int, err error) {
	rep, def, ok, err := r.group.Columns[r.nestedness[n]].Peek()
	if err == nil && !ok {
		err = r.unequal(n)
	}
	return rep, def, err
}

func (r *Reader) unequal(n *parquet.Node) error {
	return invalid("the Parquet file has the column %q, whose rows are not those of the others", n.Name)
}

// skip goes behind an entry that says that a node is not there.
func (r *Reader) skip(n *parquet.Node) error {
	if !n.IsColumn() {
		for _, c := range n.Children {
			if err := r.skip(c); err != nil {
				return err
			}
		}
		return nil
	}
	c := r.group.Columns[n.Column]
	if _, _, ok, err := c.Peek(); err != nil || !ok {
		if err == nil {
			err = r.unequal(n)
		}
		return err
	}
	c.Next()
	return r.count(0)
}

// count bounds what is made of a row.
func (r *Reader) count(bytes int) error {
	r.values++
	r.bytes += bytes
	if r.values > maxValues || r.bytes > maxText {
		return invalid("the Parquet file has a row of more than %d values or %d bytes", maxValues, maxText)
	}
	return nil
}

// present reads a node that is there.
func (r *Reader) present(n *parquet.Node) (any, bool, error) {
	switch {
	case n.IsColumn():
		return r.scalar(n)
	case n.Logical == parquet.List && len(n.Children) == 1 && n.Children[0].Repetition == parquet.Repeated:
		v, _, err := r.list(n.Children[0])
		return v, true, err
	case n.Logical == parquet.Map && len(n.Children) == 1 && n.Children[0].Repetition == parquet.Repeated && len(n.Children[0].Children) == 2:
		return r.pairs(n.Children[0])
	}
	fields := object{}
	for _, c := range n.Children {
		v, has, err := r.node(c, n.Def)
		if err != nil {
			return nil, false, err
		}
		if has && (v != nil || c.Logical == parquet.JSON) {
			fields = append(fields, member{c.Name, v})
		}
	}
	return fields, true, nil
}

// repeated reads the elements of a node that repeats.
func (r *Reader) repeated(n *parquet.Node, element func() (any, bool, error)) (any, bool, error) {
	all := []any{}
	_, def, err := r.level(n)
	if err != nil {
		return nil, false, err
	}
	if def < n.Def {
		return all, true, r.skip(n)
	}
	for {
		v, _, err := element()
		if err != nil {
			return nil, false, err
		}
		all = append(all, v)
		if err := r.count(0); err != nil {
			return nil, false, err
		}
		rep, _, ok, err := r.group.Columns[r.nestedness[n]].Peek()
		if err != nil {
			return nil, false, err
		}
		if !ok || rep != n.Rep {
			return all, true, nil
		}
	}
}

// list reads a list by its repeated node: in three levels its only child is the element, in the two of the past it is the
// element itself (format: LogicalTypes, backward compatibility of lists).
func (r *Reader) list(n *parquet.Node) (any, bool, error) {
	return r.repeated(n, func() (any, bool, error) {
		if len(n.Children) == 1 && n.Name != "array" && !strings.HasSuffix(n.Name, "_tuple") {
			return r.node(n.Children[0], n.Def)
		}
		return r.present(n)
	})
}

// pairs reads a map, whose keys are texts, as an object.
func (r *Reader) pairs(n *parquet.Node) (any, bool, error) {
	all := object{}
	_, _, err := r.repeated(n, func() (any, bool, error) {
		key, _, err := r.node(n.Children[0], n.Def)
		if err != nil {
			return nil, false, err
		}
		v, _, err := r.node(n.Children[1], n.Def)
		all = append(all, member{plain(key), property(v)})
		return nil, true, err
	})
	return all, true, err
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case raw:
		return string(v)
	}
	return fmt.Sprint(v)
}

func (r *Reader) scalar(n *parquet.Node) (any, bool, error) {
	c := r.group.Columns[n.Column]
	_, def, ok, err := c.Peek()
	if err != nil || !ok {
		if err == nil {
			err = r.unequal(n)
		}
		return nil, false, err
	}
	if def < n.Def {
		c.Next()
		return nil, false, r.count(0)
	}
	v, err := valueOf(n, c.Value)
	c.Next()
	if err == nil {
		err = r.count(len(c.Value.Bytes))
	}
	return v, true, err
}

// valueOf is a value as JSON has it.
func valueOf(n *parquet.Node, v parquet.Value) (any, error) {
	switch n.Type {
	case parquet.Boolean:
		return v.Int != 0, nil
	case parquet.Float:
		return shortFloat(v.Float), nil
	case parquet.Double:
		return number(v.Float), nil
	case parquet.Int32, parquet.Int64:
		return wholeOf(n, v.Int), nil
	case parquet.Int96:
		return legacyTime(v.Bytes), nil
	}
	switch n.Logical {
	case parquet.Decimal:
		return scaled(bigOf(v.Bytes), n.Scale), nil
	case parquet.UUID:
		if b := v.Bytes; len(b) == 16 {
			return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
		}
	case parquet.JSON:
		parsed, err := decode(v.Bytes)
		if err != nil {
			return nil, invalid("the Parquet file has the column %q, which has something else than JSON", n.Name)
		}
		return parsed, nil
	case parquet.String:
		if utf8.Valid(v.Bytes) {
			return string(v.Bytes), nil
		}
		return nil, invalid("the Parquet file has the column %q, which has a text that is not UTF-8", n.Name)
	}
	return raw(append([]byte{}, v.Bytes...)), nil
}

// shortFloat spells a number of 32 bits by as many digits as tell it from others of its kind.
func shortFloat(v float64) any {
	if number(v) == nil {
		return nil
	}
	text := strconv.FormatFloat(v, 'g', -1, 32)
	if wide, err := strconv.ParseFloat(text, 64); err == nil {
		return number(wide)
	}
	return number(v)
}

func wholeOf(n *parquet.Node, v int64) any {
	switch n.Logical {
	case parquet.TimestampMillis, parquet.LocalMillis:
		return stamp(time.UnixMilli(v).UTC())
	case parquet.TimestampMicros, parquet.LocalMicros:
		return stamp(time.UnixMicro(v).UTC())
	case parquet.TimestampNanos, parquet.LocalNanos:
		return stamp(time.Unix(0, v).UTC())
	case parquet.Date:
		return dated(time.Unix(0, 0).UTC().AddDate(0, 0, int(int32(v))), time.DateOnly)
	case parquet.Decimal:
		return scaled(big.NewInt(v), n.Scale)
	case parquet.Unsigned:
		return json.Number(strconv.FormatUint(uint64(v), 10))
	}
	return json.Number(strconv.FormatInt(v, 10))
}

// stamp spells a time; one that has no spelling is null.
func stamp(t time.Time) any {
	if t.Nanosecond()%1000 != 0 {
		return dated(t, time.RFC3339Nano)
	}
	if t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return timestamp(t.UnixMicro())
}

func dated(t time.Time, layout string) any {
	if t.Year() < 0 || t.Year() > 9999 {
		return nil
	}
	return t.Format(layout)
}

// legacyTime reads the nanoseconds and the Julian day of an INT96.
func legacyTime(b []byte) any {
	if len(b) != 12 {
		return nil
	}
	const epoch = 2440588 // the Julian day of 1970-01-01
	day := int64(binary.LittleEndian.Uint32(b[8:])) - epoch
	return stamp(time.Unix(day*86400, int64(binary.LittleEndian.Uint64(b)%(86400*1e9))).UTC())
}

// bigOf reads a whole number in two's complement, its first byte the greatest.
func bigOf(b []byte) *big.Int {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return v
}

// scaled is a number of so many decimals.
func scaled(v *big.Int, scale int) any {
	if scale <= 0 || scale > 1000 || v.BitLen() > 4096 {
		return json.Number(v.String())
	}
	return json.Number(new(big.Rat).SetFrac(v, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale))
}
