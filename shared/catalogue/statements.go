package catalogue

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"perigee/shared/record"
)

const (
	clearAssetsSQL = `delete from perigee.asset a using perigee.coverage v, unnest(v.hrefs) h(href)
		where v.record = any($1::bigint[]) and a.href = h.href and a.record = v.record`
	clearCoveragesSQL = "delete from perigee.coverage where record = any($1::bigint[])"
)

func (w *writes) remove() []question {
	var all []question
	for _, statement := range []string{
		clearAssetsSQL, clearCoveragesSQL,
		"delete from perigee.document where record = any($1::bigint[])",
		"delete from perigee.record where pk = any($1::bigint[])",
	} {
		all = append(all, question{sql: statement, args: []any{w.removed}})
	}
	return all
}

const putRecordsSQL = `insert into perigee.record (pk, workspace, collection, id, type, title, abstract, keywords, start_time, end_time,
		footprint, product_type, layers, drawable, standalone, properties, links, text, words, version, created, modified,
		source_href, source_time)
	select i.pk, $1, i.collection, i.id, i.type, i.title, i.abstract, array(select jsonb_array_elements_text(i.keywords::jsonb)),
		i.start_time, i.end_time, ST_GeomFromEWKB(i.footprint), i.product_type, array(select jsonb_array_elements_text(i.layers::jsonb)),
		i.drawable, i.standalone, i.properties::jsonb, i.links::jsonb, i.text, i.words::tsvector, i.version, $2, $2,
		i.source_href, i.source_time
	from unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[],
		$11::timestamptz[], $12::bytea[], $13::text[], $14::text[], $15::boolean[], $16::boolean[], $17::text[], $18::text[], $19::text[],
		$20::text[], $21::text[], $22::text[], $23::timestamptz[])
		as i(pk, collection, id, type, title, abstract, keywords, start_time, end_time, footprint, product_type, layers, drawable,
		standalone, properties, links, text, words, version, source_href, source_time)
	on conflict (pk) do update set type = excluded.type, title = excluded.title, abstract = excluded.abstract,
		keywords = excluded.keywords, start_time = excluded.start_time, end_time = excluded.end_time, footprint = excluded.footprint,
		product_type = excluded.product_type, layers = excluded.layers, drawable = excluded.drawable,
		standalone = excluded.standalone, properties = excluded.properties, links = excluded.links, text = excluded.text,
		words = excluded.words, version = excluded.version, modified = excluded.modified,
		source_href = excluded.source_href, source_time = excluded.source_time`

func (w *writes) putRecords() question {
	p := w.put
	return question{sql: putRecordsSQL, args: []any{
		w.workspace, w.now, w.pks(),
		column(p, func(p put) string { return p.by.Record.Collection }),
		column(p, func(p put) string { return p.by.Record.ID }),
		column(p, func(p put) string { return p.by.Record.Type }),
		column(p, func(p put) string { return p.by.Record.Title }),
		column(p, func(p put) string { return p.by.Record.Abstract }),
		column(p, func(p put) string { return jsonList(p.by.Record.Keywords) }),
		column(p, func(p put) *time.Time { return orNull(p.by.Record.Time.Start) }),
		column(p, func(p put) *time.Time { return orNull(p.by.Record.Time.End) }),
		column(p, func(p put) []byte { return p.by.footprint }),
		column(p, func(p put) string { return p.by.Record.ProductType }),
		column(p, func(p put) string { return jsonList(p.by.layers) }),
		column(p, func(p put) bool { return p.by.drawable() }),
		column(p, func(p put) bool { return p.by.standalone() }),
		column(p, func(p put) string { return string(p.by.properties) }),
		column(p, func(p put) string { return string(p.by.links) }),
		column(p, func(p put) string { return p.by.text }),
		column(p, func(p put) string { return p.by.words }),
		column(p, func(p put) string { return p.version }),
		column(p, func(p put) string { return p.href }),
		column(p, func(p put) time.Time { return p.time }),
	}}
}

func (w *writes) pks() []int64 { return column(w.put, func(p put) int64 { return p.pk }) }

// column takes one value of each, for unnest.
func column[From, To any](list []From, value func(From) To) []To {
	values := make([]To, len(list))
	for i, v := range list {
		values[i] = value(v)
	}
	return values
}

func jsonList(list []string) string {
	text, err := json.Marshal(list)
	if err != nil || list == nil { // strings can always be written
		return "[]"
	}
	return string(text)
}

func (w *writes) putDocuments() question {
	return question{
		sql: `insert into perigee.document (record, media_type, bytes) select * from unnest($1::bigint[], $2::text[], $3::bytea[])
			on conflict (record) do update set media_type = excluded.media_type, bytes = excluded.bytes`,
		args: []any{
			w.pks(),
			column(w.put, func(p put) string { return p.by.Record.MediaType }),
			column(w.put, func(p put) []byte { return append([]byte{}, p.by.Record.Document...) }),
		},
	}
}

// known are the numbers of the records that were there before, whose coverages make room for others.
func (w *writes) known() []int64 {
	var pks []int64
	for _, p := range w.put {
		if p.replaces {
			pks = append(pks, p.pk)
		}
	}
	return pks
}

// drawn are the records with something to draw.
func (w *writes) drawn() []put {
	return slices.DeleteFunc(slices.Clone(w.put), func(p put) bool { return !p.by.drawable() })
}

func putCoverages(drawn []put) question {
	return question{
		sql: `insert into perigee.coverage (record, hrefs, coverages, browses)
			select record, array(select jsonb_array_elements_text(hrefs::jsonb)), coverages::jsonb, browses::jsonb
			from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as i(record, hrefs, coverages, browses)`,
		args: []any{
			column(drawn, func(p put) int64 { return p.pk }),
			column(drawn, func(p put) string { return jsonList(p.hrefs()) }),
			column(drawn, func(p put) string { return string(p.by.coverages) }),
			column(drawn, func(p put) *string {
				if p.by.Browses == nil {
					return nil
				}
				text := string(p.by.Browses)
				return &text
			}),
		},
	}
}

// fileOf is the file that a coverage is read from: the archive, for what lies in one.
func fileOf(href string) string {
	archive, _, _ := strings.Cut(href, "!/")
	return archive
}

// hrefs are the files that the coverages of a record take, each once.
func (p put) hrefs() []string {
	hrefs := column(p.by.Coverages, func(c record.Coverage) string { return fileOf(c.Href) })
	slices.Sort(hrefs)
	return slices.Compact(hrefs)
}

func putAssets(drawn []put) question {
	var hrefs []string
	var records []int64
	for _, p := range drawn {
		for _, href := range p.hrefs() {
			hrefs, records = append(hrefs, href), append(records, p.pk)
		}
	}
	return question{
		sql:  "insert into perigee.asset (href, record) select * from unnest($1::text[], $2::bigint[])",
		args: []any{hrefs, records},
	}
}

func (w *writes) adopt() question {
	return question{
		sql: `update perigee.record r set source_href = i.href, source_time = i.time
			from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as i(pk, href, time) where r.pk = i.pk`,
		args: []any{
			column(w.adopted, func(p put) int64 { return p.pk }),
			column(w.adopted, func(p put) string { return p.href }),
			column(w.adopted, func(p put) time.Time { return p.time }),
		},
	}
}

func (w *writes) putSources() question {
	hrefs := slices.Sorted(maps.Keys(w.sources))
	return question{
		sql: `insert into perigee.source_ref (workspace, href, collection, id, version, time, deleted)
			select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[])
			on conflict (workspace, href) do update set collection = excluded.collection, id = excluded.id, version = excluded.version,
				time = excluded.time, deleted = excluded.deleted`,
		args: []any{
			w.workspace, hrefs,
			column(hrefs, func(h string) string { return w.sources[h].key.Collection }),
			column(hrefs, func(h string) string { return w.sources[h].key.ID }),
			column(hrefs, func(h string) string { return w.sources[h].version }),
			column(hrefs, func(h string) time.Time { return w.sources[h].time }),
			column(hrefs, func(h string) bool { return w.sources[h].deleted }),
		},
	}
}

func (w *writes) putTombs() question {
	keys := slices.Collect(maps.Keys(w.tombs))
	return question{
		sql: `insert into perigee.tombstone (workspace, collection, id, time) select $1, * from unnest($2::text[], $3::text[], $4::timestamptz[])
			on conflict (workspace, collection, id) do update set time = excluded.time`,
		args: []any{
			w.workspace,
			column(keys, func(k record.Key) string { return k.Collection }),
			column(keys, func(k record.Key) string { return k.ID }),
			column(keys, func(k record.Key) time.Time { return w.tombs[k] }),
		},
	}
}

func (w *writes) clearTombs() question {
	return question{
		sql: `delete from perigee.tombstone t using unnest($2::text[], $3::text[]) as i(collection, id)
			where t.workspace = $1 and t.collection = i.collection and t.id = i.id`,
		args: []any{
			w.workspace,
			column(w.untombed, func(k record.Key) string { return k.Collection }),
			column(w.untombed, func(k record.Key) string { return k.ID }),
		},
	}
}
