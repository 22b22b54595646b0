package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// shape is a kind of question: draw gives one with parameters of its own, and what a hand would write for it. Where the
// database may go several ways, byHand has several, the likeliest first: the quickest counts.
type shape struct {
	name   string
	limit  time.Duration // what is promised for 99 of 100 answers at ten million items; 0: nothing is
	draw   func(h *house, r *rand.Rand) asked
	byHand []string
	few    bool // asked a tenth as often
}

// asked is a question with its parameters.
type asked struct {
	query catalogue.Query
	ask   func(context.Context, *catalogue.Store) (int, error) // nil: a search for query
	args  []any
}

var onlyItems = []string{record.TypeItem}

const (
	page      = ` order by r.datetime desc, r.collection, r.id limit %d) page join perigee.document d on d.record = page.pk order by datetime desc, collection, id`
	pageOf    = `select page.id, d.media_type, d.bytes from (select r.pk, r.datetime, r.collection, r.id from perigee.record r where r.workspace = '' and r.type = 'item' and `
	spatially = `select page.id, d.media_type, d.bytes from (select * from (select r.pk, r.datetime, r.collection, r.id from perigee.record r where r.workspace = '' and r.type = 'item' and `
	then      = ` offset 0) r`
	inBox     = `r.footprint && ST_MakeEnvelope($1, $2, $3, $4, 4326) and ST_Intersects(r.footprint, ST_MakeEnvelope($1, $2, $3, $4, 4326))`
	inPeriod  = `r.datetime between $6 and $7 and r.collection = $5`
	inWords   = `r.words @@ $1::tsquery`
)

func shapes() []shape {
	newest := func(limit int) string { return fmt.Sprintf(page, limit) }
	return []shape{
		{name: "id", limit: 2 * time.Millisecond, draw: byID, byHand: []string{
			`select r.id, d.media_type, d.bytes from perigee.record r join perigee.document d on d.record = r.pk where r.workspace = '' and r.collection = $1 and r.id = $2`}},
		{name: "collection, box and time, newest first", limit: 25 * time.Millisecond, draw: boxAndTime, byHand: []string{
			spatially + inBox + " and " + inPeriod + then + newest(10), pageOf + inBox + " and " + inPeriod + newest(10)}},
		{name: "a small box, newest first", draw: smallBox, byHand: []string{spatially + inBox + then + newest(10), pageOf + inBox + newest(10)}},
		{name: "box of a continent, newest first", limit: 50 * time.Millisecond, draw: continent(10), byHand: []string{pageOf + inBox + newest(10)}},
		{name: "a declared number, sorted", limit: 25 * time.Millisecond, draw: sorted, byHand: []string{
			`select page.id, d.media_type, d.bytes from (select r.pk, r.id, perigee.number(r.properties -> 'eo:cloud_cover') v, r.datetime from perigee.record r
				where r.workspace = '' and r.type = 'item' and r.collection = $1 and r.datetime between $2 and $3
				order by perigee.number(r.properties -> 'eo:cloud_cover') nulls first limit 10) page join perigee.document d on d.record = page.pk order by v`}},
		{name: "free text", limit: 50 * time.Millisecond, draw: freeText, byHand: []string{spatially + inWords + then + newest(10), pageOf + inWords + newest(10)}},
		{name: "1000 of a collection and a time", limit: 25 * time.Millisecond, draw: thousand, byHand: []string{
			pageOf + "r.collection = $1 and r.datetime between $2 and $3" + newest(1000)}},
		{name: "1000 of a continent", draw: continent(1000), few: true, byHand: []string{pageOf + inBox + newest(1000)}},
		{name: "months of a region", limit: 300 * time.Millisecond, draw: months, few: true, byHand: []string{
			`select date_trunc('month', r.start_time at time zone 'UTC'), count(*) from perigee.record r where r.workspace = '' and r.type = 'item' and ` + inBox + ` group by 1 order by 1`}},
		{name: "count of everything", draw: count, byHand: []string{`select count(*) from perigee.record where workspace = ''`}, few: true},
	}
}

// drawn is a search with the arguments that a hand gives.
func drawn(q catalogue.Query, args ...any) asked {
	q.Types, q.DocumentsOnly = onlyItems, true
	return asked{query: q, args: args}
}

func byID(h *house, r *rand.Rand) asked {
	key := h.ids[r.IntN(len(h.ids))]
	return asked{args: []any{key[0], key[1]}, ask: func(ctx context.Context, s *catalogue.Store) (int, error) {
		_, err := s.Record(ctx, writes, record.TypeItem, key[0], key[1])
		return 1, err
	}}
}

// somewhere is a box of up to so many degrees on land.
func somewhere(r *rand.Rand, least, most float64) orb.Bound {
	c := continents[r.IntN(len(continents))]
	w, h := least+r.Float64()*(most-least), least+r.Float64()*(most-least)
	west, south := c.Min[0]+r.Float64()*(c.Max[0]-c.Min[0]), c.Min[1]+r.Float64()*(c.Max[1]-c.Min[1])
	return orb.Bound{Min: orb.Point{max(-180, west-w/2), max(-90, south-h/2)}, Max: orb.Point{min(180, west+w/2), min(90, south+h/2)}}
}

func within(q catalogue.Query, b orb.Bound, more ...any) asked {
	q.Geometry = filter.Box(b.Min[0], b.Min[1], b.Max[0], b.Max[1])
	return drawn(q, append([]any{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}, more...)...)
}

// somePeriod is a period of so many days within the five years.
func somePeriod(r *rand.Rand, days int) record.Interval {
	length := time.Duration(days) * 24 * time.Hour
	start := firstDay.Add(time.Duration(r.Int64N(int64(lastDay.Sub(firstDay) - length)))).Truncate(time.Second)
	return record.Interval{Start: start, End: start.Add(length)}
}

func someCollection(r *rand.Rand) string { return missions[r.IntN(len(missions))].collection }

func boxAndTime(_ *house, r *rand.Rand) asked {
	t, c := somePeriod(r, 5+r.IntN(60)), someCollection(r)
	return within(catalogue.Query{Collections: []string{c}, Time: t, Limit: 10}, somewhere(r, 0.5, 10), c, t.Start, t.End)
}

func smallBox(_ *house, r *rand.Rand) asked {
	return within(catalogue.Query{Limit: 10}, somewhere(r, 0.1, 2))
}

func continent(limit int) func(*house, *rand.Rand) asked {
	return func(_ *house, r *rand.Rand) asked {
		b := continents[r.IntN(12)]
		for i := range 2 {
			b.Min[i], b.Max[i] = b.Min[i]+r.Float64()*3, b.Max[i]-r.Float64()*3
		}
		return within(catalogue.Query{Limit: limit}, b)
	}
}

func sorted(_ *house, r *rand.Rand) asked {
	t, c := somePeriod(r, 100+r.IntN(300)), someCollection(r)
	return drawn(catalogue.Query{Collections: []string{c}, Time: t, Sort: []catalogue.Sort{{Property: "eo:cloud_cover"}}, Limit: 10}, c, t.Start, t.End)
}

func freeText(h *house, r *rand.Rand) asked {
	place := fmt.Sprintf("place%d", r.IntN(places))
	words := [][]string{{place}, {"scene", place}, {"sentinel", "scene"}, {missions[r.IntN(len(missions))].instrument, place}}[r.IntN(4)]
	text, query := words[0], "'"+words[0]+"'"
	for _, w := range words[1:] {
		text, query = text+" "+w, query+" & '"+w+"'"
	}
	return drawn(catalogue.Query{Text: text, Limit: 10}, query)
}

func thousand(_ *house, r *rand.Rand) asked {
	t, c := somePeriod(r, 200+r.IntN(300)), someCollection(r)
	return drawn(catalogue.Query{Collections: []string{c}, Time: t, Limit: 1000}, c, t.Start, t.End)
}

func months(_ *house, r *rand.Rand) asked {
	a := within(catalogue.Query{}, somewhere(r, 10, 30))
	a.ask = func(ctx context.Context, s *catalogue.Store) (int, error) {
		found, err := s.Aggregate(ctx, writes, a.query, []catalogue.Aggregation{{Name: "months", Kind: catalogue.AggregateTime, Unit: "month"}})
		if err != nil {
			return 0, err
		}
		return len(found[0].Buckets), nil
	}
	return a
}

func count(*house, *rand.Rand) asked {
	return asked{query: catalogue.Query{Count: true, Limit: -1}}
}
