package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
)

// Each index of a property costs every record that is written: there are so many of them at most.
const maxIndexes = 16

// Properties that were asked for this often within usedWithin are worth an index.
const (
	oftenUsed  = 1000
	usedWithin = "30 days"
)

// indexesLock is held by who builds indexes.
const indexesLock = 7214583910264412

// BuildIndexes gives the properties that are asked for an index each, without holding up those who write meanwhile: first
// those of the configuration (the type by name: string, number, instant, or array), then those that collections declare, then those
// that are often used. An index that none of these asks for any more goes. It needs the owner's address and a session of its
// own, not one of a pooler; when another one is at it, it does nothing. report gets one line per step.
func BuildIndexes(ctx context.Context, url string, configured map[string]string, report func(string)) error {
	for name, typ := range configured {
		if definitions[typ] == nil || name == "" || len(name) > longestName || checkTexts(name) != nil {
			return fault.At(fault.Invalid, "QUERYABLES", "%q cannot be indexed as a %q: an index is of a string, number, instant or array", name, typ)
		}
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return classify(err, "connect to build indexes")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	b := builder{conn, report}
	return classify(b.build(ctx, configured), "build indexes")
}

type builder struct {
	conn   *pgx.Conn
	report func(string)
}

// indexed is a property and the type that its index compares by.
type indexed struct {
	name, typ, index string
	ready            bool
}

func (b builder) build(ctx context.Context, configured map[string]string) error {
	var mine bool
	if err := b.conn.QueryRow(ctx, "select pg_try_advisory_lock($1)", indexesLock).Scan(&mine); err != nil || !mine {
		return err
	}
	wanted, err := b.wanted(ctx, configured)
	if err != nil {
		return err
	}
	there, err := b.there(ctx)
	if err != nil {
		return err
	}
	for _, i := range there {
		if !slices.ContainsFunc(wanted, func(w indexed) bool { return w.name == i.name && w.typ == i.typ }) {
			if err := b.drop(ctx, i); err != nil {
				return err
			}
		}
	}
	built := false
	for _, w := range wanted {
		if slices.ContainsFunc(there, func(i indexed) bool { return i.name == w.name && i.typ == w.typ && i.ready }) {
			continue
		}
		if err := b.create(ctx, w); err != nil {
			return err
		}
		built = true
	}
	return b.announce(ctx, built)
}

// wanted are the properties that are to have an index, what was configured first.
func (b builder) wanted(ctx context.Context, configured map[string]string) ([]indexed, error) {
	var all []indexed
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		all = append(all, indexed{name: name, typ: configured[name]})
	}
	if _, err := b.conn.Exec(ctx, "delete from perigee.queryable_use where time < now() - interval '"+usedWithin+"'"); err != nil {
		return nil, err
	}
	rows, err := b.conn.Query(ctx, `with used as (select name, sum(asked) as asked from perigee.queryable_use group by name)
		select q.name, case when bool_and(q.type in ('number', 'integer')) then 'number'
			when bool_and(q.type = 'string' and q.format <> '') then 'instant' when bool_and(q.type in ('string', 'array')) and count(distinct q.type) = 1 then min(q.type) else '' end
		from perigee.queryable q left join used u on u.name = q.name where q.declared or u.asked >= $1
		group by q.name order by bool_or(q.declared) desc, max(coalesce(u.asked, 0)) desc, sum(q.seen) desc, q.name limit $2`, oftenUsed, 4*maxIndexes)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var i indexed
		if err := rows.Scan(&i.name, &i.typ); err != nil {
			return nil, err
		}
		if i.typ != "" && configured[i.name] == "" {
			all = append(all, i)
		}
	}
	return all[:min(len(all), maxIndexes)], rows.Err()
}

func (b builder) there(ctx context.Context) ([]indexed, error) {
	rows, err := b.conn.Query(ctx, "select name, type, index, ready from perigee.queryable_index order by name")
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i indexed, err error) {
		return i, row.Scan(&i.name, &i.typ, &i.index, &i.ready)
	})
	for n := range all {
		for _, part := range all[n].parts() {
			valid, failed := b.valid(ctx, part.name)
			if failed != nil {
				return nil, failed
			}
			all[n].ready = all[n].ready && valid
		}
	}
	return all, err
}

// valid tells whether an index is there and whole.
func (b builder) valid(ctx context.Context, index string) (valid bool, err error) {
	err = b.conn.QueryRow(ctx, `select exists (select from pg_class c join pg_index x on x.indexrelid = c.oid
		where c.relname = $1 and c.relnamespace = 'perigee'::regnamespace and x.indisvalid)`, index).Scan(&valid)
	return valid, err
}

func (b builder) drop(ctx context.Context, i indexed) error {
	if _, err := b.conn.Exec(ctx, "update perigee.queryable_index set ready = false where name = $1", i.name); err != nil {
		return err
	}
	for _, part := range i.parts() {
		if _, err := b.conn.Exec(ctx, "drop index concurrently if exists perigee."+quoted(part.name)); err != nil {
			return fmt.Errorf("the index of %q: %w", i.name, err)
		}
	}
	if _, err := b.conn.Exec(ctx, "delete from perigee.queryable_index where name = $1", i.name); err != nil {
		return err
	}
	b.report(fmt.Sprintf("the index of %q is gone", i.name))
	return nil
}

// create builds the index, or the indexes, of a property. What an attempt that was interrupted left is invalid, and made
// anew.
func (b builder) create(ctx context.Context, i indexed) error {
	began := time.Now()
	i.index = indexName(i)
	if _, err := b.conn.Exec(ctx, `insert into perigee.queryable_index as q (name, type, index, ready) values ($1, $2, $3, false)
		on conflict (name) do update set type = excluded.type, index = excluded.index, ready = q.ready and q.index = excluded.index`, i.name, i.typ, i.index); err != nil {
		return err
	}
	for _, part := range i.parts() {
		if err := b.createPart(ctx, i, part); err != nil {
			return fmt.Errorf("the index of %q: %w", i.name, err)
		}
	}
	b.report(fmt.Sprintf("the index of %q as a %s in %d ms", i.name, i.typ, time.Since(began).Milliseconds()))
	return nil
}

// createPart builds one index, unless it is there. The statement takes no parameters: the name of the property, which
// comes from a stranger, is quoted by the database.
func (b builder) createPart(ctx context.Context, i indexed, part indexPart) error {
	if valid, err := b.valid(ctx, part.name); err != nil || valid {
		return err
	}
	var definition string
	if err := b.conn.QueryRow(ctx, "select format($1::text, $2::text, $3::text)", "create index concurrently %I on perigee.record "+part.definition, part.name, i.name).Scan(&definition); err != nil {
		return err
	}
	for _, statement := range []string{"drop index concurrently if exists perigee." + quoted(part.name), definition} {
		if _, err := b.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// indexPart is one index of a property.
type indexPart struct{ name, definition string }

// definitions are the indexes of a property by its type, over the expressions that filters and orders are written by
// (filter.Columns.Indexed). A text has a second one, of its trigrams where case does not count: for LIKE, and for
// comparisons that take no regard to case.
var definitions = map[string][]string{
	typeNumber:  {`(workspace, perigee.number(properties -> %L) nulls first, datetime desc)`},
	typeInstant: {`(workspace, perigee.instant(properties -> %L) nulls first, datetime desc)`},
	typeString: {
		`(workspace, left(perigee.string(properties -> %L), 250) collate "C" nulls first, datetime desc)`, // an index refuses what is very long
		`using gin ((perigee.fold_case((perigee.string(properties -> %L) collate "C")) collate "C") gin_trgm_ops)`,
	},
	typeArray: {`using gin (perigee.elements(properties -> %L) jsonb_path_ops)`},
}

func (i indexed) parts() []indexPart {
	var all []indexPart
	for n, definition := range definitions[i.typ] {
		part := indexPart{i.index, definition}
		if n > 0 {
			part.name += "_folded"
		}
		all = append(all, part)
	}
	return all
}

func indexName(i indexed) string {
	hash := sha256.Sum256([]byte(i.typ + "\x00" + i.name))
	return "queryable_" + hex.EncodeToString(hash[:8])
}

// announce tells those who ask that indexes are there, after the database has learnt what is in them.
func (b builder) announce(ctx context.Context, built bool) error {
	if !built {
		return nil
	}
	for _, statement := range []string{
		"analyze perigee.record",
		`update perigee.queryable_index i set ready = true from pg_class c join pg_index x on x.indexrelid = c.oid
			where c.relname = i.index and c.relnamespace = 'perigee'::regnamespace and x.indisvalid and not i.ready`,
	} {
		if _, err := b.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
