package catalogue

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/filter"
	"perigee/shared/record"
)

// columns is where filters find what they speak of, in a record called r.
func columns() filter.Columns {
	return filter.Columns{
		ID: "r.id", Collection: "r.collection", Type: "r.type",
		Title: "r.title", Abstract: "r.abstract", ProductType: "r.product_type",
		Keywords: "r.keywords",
		Datetime: "nullif(r.datetime, '-infinity')", DatetimeIndexed: "r.datetime",
		Start: "r.start_time", StartIndexed: "r.datetime", End: "r.end_time", Created: "r.created", Modified: "r.modified",
		Properties: "r.properties", Footprint: "r.footprint", Period: "r.period",
		Words: "r.words", Text: "r.text", Functions: "perigee",
	}
}

// recordColumns are what recordRow reads, of a record called r.
const recordColumns = `r.workspace, r.collection, r.id, r.type, r.title, r.abstract, r.keywords, r.start_time, r.end_time,
	r.footprint, r.properties, r.product_type, r.links, r.source_href, r.version, r.created, r.modified, ` + shown

// shown tells whether there are maps of a record called r.
const shown = `r.drawable and r.layers <> '{}'::text[]`

// documentColumns are those of the document called d, or nulls.
const (
	documentColumns   = `, d.media_type, d.bytes`
	noDocumentColumns = `, null::text, null::bytea`
	documentJoin      = ` left join perigee.document d on d.record = r.pk`
)

// bareColumns identify a record called r, for who wants no more than its document, and barePage reads them of a page (reading.bare).
const (
	bareColumns = `, r.workspace, r.collection, r.id, r.type, r.source_href, r.version, r.created, r.modified, ` + shown + ` as shown`
	barePage    = `page.workspace, page.collection, page.id, page.type, page.source_href, page.version, page.created, page.modified, page.shown`
)

// recordRow is a record on its way out of the database.
type recordRow struct {
	rec               record.Record
	start, end        *time.Time
	footprint         []byte
	properties, links string
	mediaType         *string
}

// into lists the places for recordColumns and documentColumns.
func (r *recordRow) into() []any {
	return []any{
		&r.rec.Workspace, &r.rec.Collection, &r.rec.ID, &r.rec.Type, &r.rec.Title, &r.rec.Abstract, &r.rec.Keywords, &r.start, &r.end,
		&r.footprint, &r.properties, &r.rec.ProductType, &r.links, &r.rec.Source, &r.rec.Version, &r.rec.Created, &r.rec.Modified, &r.rec.Shown,
		&r.mediaType, &r.rec.Document,
	}
}

// record is the record of a row that was read.
func (r *recordRow) record() (record.Record, error) {
	var err error
	rec := r.rec
	if rec.Footprint, err = decode(r.footprint); err != nil {
		return rec, err
	}
	if rec.Properties, err = propertiesIn(r.properties); err != nil {
		return rec, fmt.Errorf("read the properties of %s: %w", rec.ID, err)
	}
	if rec.Links, err = linksIn(r.links); err != nil {
		return rec, fmt.Errorf("read the links of %s: %w", rec.ID, err)
	}
	if r.mediaType != nil {
		rec.MediaType = *r.mediaType
	}
	rec.Time = interval(r.start, r.end)
	rec.Created, rec.Modified = rec.Created.UTC(), rec.Modified.UTC()
	return rec, nil
}

func interval(start, end *time.Time) record.Interval {
	return record.Interval{Start: orZero(start), End: orZero(end)}
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// orNull is a time as an argument: the zero time is none.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = micro(t)
	return &t
}

// micro is the precision of the database.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func scanRecord(rows pgx.Rows) (record.Record, error) {
	var row recordRow
	if err := rows.Scan(row.into()...); err != nil {
		return record.Record{}, err
	}
	return row.record()
}
