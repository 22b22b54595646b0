package catalogue

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"perigee/shared/record"
)

// reading is a page on its way out of the database. Of the values that records are ordered by it keeps those of the first
// and the last record only: they are where other pages begin.
type reading struct {
	plan        *searchPlan
	records     []record.Record
	more        bool // there is a record beyond the page
	matched     int  // how many records there are, where they were found together
	first, last []keyValue
}

// keyValue is a value that a record is ordered by, as the database sent it.
type keyValue struct {
	raw    []byte
	null   bool
	binary bool
}

// rows reads the page, and whether there is more.
func (r *reading) rows(rows pgx.Rows) error {
	next, keys := r.whole(rows), r.plan.positions()
	if r.plan.bare {
		next = r.bare(rows)
	}
	for rows.Next() {
		if r.plan.together && r.matched == 0 {
			var err error
			if r.matched, err = strconv.Atoi(string(rows.RawValues()[0])); err != nil {
				return fmt.Errorf("read how many records there are: %w", err)
			}
		}
		if len(r.records) == r.plan.limit {
			r.more = true
			continue
		}
		rec, err := next()
		if err != nil {
			return err
		}
		r.records = append(r.records, rec)
		if !r.plan.linked {
			continue
		}
		r.last = keysOf(r.last, rows, keys)
		if r.first == nil {
			r.first = keysOf(nil, rows, keys)
		}
	}
	return rows.Err()
}

// whole gives the records of rows of recordColumns and documentColumns.
func (r *reading) whole(rows pgx.Rows) func() (record.Record, error) {
	var row recordRow
	into := append(make([]any, r.plan.before()+len(r.plan.keys)), row.into()...) // nil: not to be decoded
	return func() (record.Record, error) {
		row = recordRow{}
		if err := rows.Scan(into...); err != nil {
			return record.Record{}, err
		}
		return row.record()
	}
}

// bare gives the records of rows of barePage and documentColumns. There may be a thousand: they are taken as they came, and
// texts that repeat are kept once.
func (r *reading) bare(rows pgx.Rows) func() (record.Record, error) {
	var last record.Record
	var memory arena
	return func() (record.Record, error) {
		raw, fields := rows.RawValues(), rows.FieldDescriptions()
		raw, fields = raw[max(0, len(raw)-bareFields):], fields[max(0, len(fields)-bareFields):]
		if len(raw) != bareFields || !binaryField(fields[bareCreated]) || !binaryField(fields[bareModified]) || !binaryField(fields[bareBytes]) || !binaryField(fields[bareShown]) ||
			len(raw[bareCreated]) != 8 || len(raw[bareModified]) != 8 || len(raw[bareShown]) != 1 {
			return record.Record{}, fmt.Errorf("the database sent %d columns in a form that is not known", len(raw))
		}
		rec := record.Record{Document: memory.keep(raw[bareBytes], r.plan.limit-len(r.records)-1), Version: string(raw[bareVersion]), Source: string(raw[bareSource])}
		rec.Workspace, rec.Collection = same(last.Workspace, raw[bareWorkspace]), same(last.Collection, raw[bareCollection])
		rec.ID, rec.Type, rec.MediaType = string(raw[bareID]), same(last.Type, raw[bareType]), same(last.MediaType, raw[bareMediaType])
		rec.Created, rec.Modified = sentTime(raw[bareCreated]), sentTime(raw[bareModified])
		rec.Shown = raw[bareShown][0] != 0
		last = rec
		return rec, nil
	}
}

// The columns of barePage, and of the document.
const (
	bareWorkspace = iota
	bareCollection
	bareID
	bareType
	bareSource
	bareVersion
	bareCreated
	bareModified
	bareShown
	bareMediaType
	bareBytes
	bareFields
)

// same is a text that may be equal to another.
func same(as string, text []byte) string {
	if string(text) == as {
		return as
	}
	return string(text)
}

// arena keeps the bytes of many documents in few pieces of memory.
type arena struct{ free []byte }

const piece = 64 << 10

// keep copies bytes, behind which as many documents come at most; nil stays nil.
func (a *arena) keep(bytes []byte, more int) []byte {
	switch {
	case bytes == nil:
		return nil
	case len(bytes) > piece/4:
		return slices.Clone(bytes)
	case len(bytes) > cap(a.free)-len(a.free):
		a.free = make([]byte, 0, min(piece, len(bytes)+more*len(bytes)*9/8)) // they are about as long
	}
	start := len(a.free)
	a.free = append(a.free, bytes...)
	return a.free[start:len(a.free):len(a.free)]
}

// sent tells whether a key goes out as a column of barePage anyway.
func (p *searchPlan) sent(i int) bool { return p.bare && bareKey(p.keys[i]) >= 0 }

// bareKey is the column of barePage that a key is; -1 is none.
func bareKey(k orderKey) int {
	switch k.expression {
	case "r.workspace":
		return bareWorkspace
	case "r.collection":
		return bareCollection
	case "r.id":
		return bareID
	}
	return -1
}

// before is how many columns a page has before the keys: the number of all records, where they were found together.
func (p *searchPlan) before() int {
	if p.together {
		return 1
	}
	return 0
}

// positions are the columns of a page that hold the keys.
func (p *searchPlan) positions() []int {
	at, alone := make([]int, len(p.keys)), p.before()
	for i := range p.keys {
		if !p.sent(i) {
			at[i] = alone
			alone++
		}
	}
	for i, k := range p.keys {
		if p.sent(i) {
			at[i] = alone + bareKey(k)
		}
	}
	return at
}

// keysOf copies the values that the row is ordered by over others.
func keysOf(over []keyValue, rows pgx.Rows, at []int) []keyValue {
	if over == nil {
		over = make([]keyValue, len(at))
	}
	raw, fields := rows.RawValues(), rows.FieldDescriptions()
	for i, column := range at {
		over[i] = keyValue{raw: append(over[i].raw[:0], raw[column]...), null: raw[column] == nil, binary: binaryField(fields[column])}
	}
	return over
}

func binaryField(f pgconn.FieldDescription) bool { return f.Format == pgx.BinaryFormatCode }

// page brings the page into order and says what is before and behind it.
func (r *reading) page() Page {
	back := r.plan.after != nil && r.plan.after.Back
	first, last := r.first, r.last
	if back {
		slices.Reverse(r.records)
		first, last = last, first
	}
	page := Page{Records: r.records}
	if page.Records == nil {
		page.Records = []record.Record{}
	}
	if !r.plan.linked {
		return page
	}
	if len(r.records) == 0 && r.plan.after != nil { // all that was here is gone
		if back {
			page.Next = r.plan.after.turned()
		} else {
			page.Prev = r.plan.after.turned()
		}
		return page
	}
	if len(r.records) > 0 && (back || r.more) {
		page.Next = tokenAt(r.plan.texts(last), false, r.plan.binding)
	}
	if len(r.records) > 0 && (back && r.more || !back && r.plan.skipped) {
		page.Prev = tokenAt(r.plan.texts(first), true, r.plan.binding)
	}
	return page
}

// texts writes values as the database reads them; nil is null.
func (p *searchPlan) texts(values []keyValue) []*string {
	texts := make([]*string, len(values))
	for i, v := range values {
		if !v.null {
			text := v.text(p.keys[i].sqlType)
			texts[i] = &text
		}
	}
	return texts
}

// text writes a value of a type of orderKey.
func (v keyValue) text(sqlType string) string {
	if !v.binary {
		return string(v.raw)
	}
	switch {
	case sqlType == "timestamptz" && len(v.raw) == 8:
		return timestampText(int64(binary.BigEndian.Uint64(v.raw))) //nolint:gosec // the bits of a signed number
	case sqlType == "float8" && len(v.raw) == 8:
		return floatText(math.Float64frombits(binary.BigEndian.Uint64(v.raw)))
	case sqlType == "jsonb" && len(v.raw) > 0:
		return string(v.raw[1:]) // behind the version of the format
	}
	return string(v.raw)
}

// timestampText writes a time that is given in microseconds since 2000.
func timestampText(micros int64) string {
	switch micros {
	case math.MaxInt64:
		return "infinity"
	case math.MinInt64:
		return "-infinity"
	}
	t := timeOf(micros)
	rest := t.Format("-01-02 15:04:05.999999+00")
	if t.Year() <= 0 {
		return yearText(1-t.Year()) + rest + " BC"
	}
	return yearText(t.Year()) + rest
}

// sentTime is a time as the database sends it.
func sentTime(raw []byte) time.Time {
	return timeOf(int64(binary.BigEndian.Uint64(raw))) //nolint:gosec // the bits of a signed number
}

// timeOf is the time so many microseconds after the beginning of 2000.
func timeOf(micros int64) time.Time {
	return time.Unix(946684800+micros/1_000_000, micros%1_000_000*1000).UTC()
}

func yearText(year int) string {
	text := strconv.Itoa(year)
	for len(text) < 4 {
		text = "0" + text
	}
	return text
}

// floatText writes a number so that reading it gives the same one.
func floatText(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
