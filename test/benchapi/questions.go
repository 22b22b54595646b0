package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// question is something that is asked, with other parameters each time.
type question struct {
	name   string
	server string // the function that answers
	pycsw  float64
	pgstac float64 // answers a second on the same items
	make   func(h *house, random *rand.Rand) asked
}

// asked is a question with its parameters: the request, and what the store is asked for by it: a page, or a record.
type asked struct {
	path, body string
	gzip       bool
	query      *catalogue.Query
	key        record.Key
}

// questions are those that the peers were measured with, and the same to Records.
func questions() []question {
	return []question{
		{"stac search", "stac", 75, 77, func(*house, *rand.Rand) asked { return asked{path: "/stac/search?limit=10", query: newest(nil)} }},
		{"stac search, gzip", "stac", 75, 77, func(*house, *rand.Rand) asked {
			return asked{path: "/stac/search?limit=10", query: newest(nil), gzip: true}
		}},
		{"stac search until", "stac", 0, 0, func(_ *house, r *rand.Rand) asked {
			until := moment(r)
			return asked{path: "/stac/search?limit=10&datetime=../" + until.Format(time.RFC3339), query: newest(func(q *catalogue.Query) { q.Time = record.Interval{End: until} })}
		}},
		{"stac bbox", "stac", 62, 0, func(_ *house, r *rand.Rand) asked {
			text, place := box(r)
			return asked{path: "/stac/search?limit=10&bbox=" + text, query: newest(func(q *catalogue.Query) { q.Geometry = place })}
		}},
		{"stac collection, box and time", "stac", 58, 219, func(_ *house, r *rand.Rand) asked {
			text, place := box(r)
			from := time.Date(1990+r.IntN(33), 1, 1, 0, 0, 0, 0, time.UTC)
			when := record.Interval{Start: from, End: from.AddDate(1, 0, 0)}
			return asked{
				path: "/stac/search",
				body: fmt.Sprintf(`{"limit":10,"collections":["sentinel-2-l2a"],"bbox":[%s],"datetime":"%s"}`, text, when),
				query: newest(func(q *catalogue.Query) {
					q.Collections, q.Geometry, q.Time = []string{"sentinel-2-l2a"}, place, when
				}),
			}
		}},
		{"stac filter: cloud and platform", "stac", 46, 19, func(_ *house, r *rand.Rand) asked {
			cloud := strconv.FormatFloat(rounded(5+r.Float64()*55, 3), 'f', -1, 64)
			return asked{
				path: "/stac/search",
				body: `{"limit":10,"filter-lang":"cql2-json","filter":{"op":"and","args":[{"op":"<=","args":[{"property":"eo:cloud_cover"},` + cloud +
					`]},{"op":"=","args":[{"property":"platform"},"sentinel-2a"]}]}}`,
				query: newest(func(q *catalogue.Query) {
					q.Filter = parsed(`"eo:cloud_cover" <= ` + cloud + " AND platform = 'sentinel-2a'")
				}),
			}
		}},
		{"stac words", "stac", 8.7, 0, func(_ *house, r *rand.Rand) asked {
			word := words[r.IntN(len(words))]
			return asked{path: "/stac/search?limit=10&q=" + word, query: newest(func(q *catalogue.Query) { q.Filter = filter.AnyText{Words: word} })}
		}},
		{"stac items of a collection", "stac", 126, 0, func(_ *house, r *rand.Rand) asked {
			id := collections[r.IntN(len(collections))]
			return asked{path: "/stac/collections/" + id + "/items?limit=10", query: newest(func(q *catalogue.Query) { q.Collections = []string{id} })}
		}},
		{"stac items, 100 a page", "stac", 46, 0, func(_ *house, r *rand.Rand) asked {
			id := collections[r.IntN(len(collections))]
			return asked{path: "/stac/collections/" + id + "/items?limit=100", query: newest(func(q *catalogue.Query) { q.Collections, q.Limit = []string{id}, 100 })}
		}},
		{"stac item", "stac", 183, 0, func(h *house, r *rand.Rand) asked {
			key := h.known[r.IntN(len(h.known))]
			return asked{path: "/stac/collections/" + key.Collection + "/items/" + key.ID, key: key}
		}},
		{"records items", "records", 126, 0, func(*house, *rand.Rand) asked { return asked{path: allRecords + "?limit=10", query: counted(nil)} }},
		{"records bbox", "records", 125, 0, func(_ *house, r *rand.Rand) asked {
			text, place := box(r)
			return asked{path: allRecords + "?limit=10&bbox=" + text, query: counted(func(q *catalogue.Query) { q.Geometry = place })}
		}},
		{"records words", "records", 8.7, 0, func(_ *house, r *rand.Rand) asked {
			word := words[r.IntN(len(words))]
			return asked{path: allRecords + "?limit=10&q=" + word, query: counted(func(q *catalogue.Query) { q.Filter = filter.AnyText{Words: word} })}
		}},
		{"records filter: title like", "records", 33, 0, func(h *house, r *rand.Rand) asked {
			like := fmt.Sprintf("title LIKE '%%_%06d'", r.IntN(h.n))
			return asked{path: allRecords + "?limit=10&filter=" + url.QueryEscape(like), query: counted(func(q *catalogue.Query) { q.Filter = parsed(like) })}
		}},
		{"records offset up to 9000", "records", 32, 0, func(_ *house, r *rand.Rand) asked {
			offset := r.IntN(9000)
			return asked{path: allRecords + "?limit=10&offset=" + strconv.Itoa(offset), query: counted(func(q *catalogue.Query) { q.Offset = offset })}
		}},
		{"records item", "records", 255, 0, func(h *house, r *rand.Rand) asked {
			key := h.known[r.IntN(len(h.known))]
			return asked{path: allRecords + "/" + key.ID, key: record.Key{ID: key.ID}}
		}},
	}
}

const allRecords = "/records/collections/metadata:main/items"

// newest asks for the ten newest items.
func newest(change func(*catalogue.Query)) *catalogue.Query {
	q := &catalogue.Query{Types: []string{record.TypeItem}, Limit: 10, DocumentsOnly: true}
	if change != nil {
		change(q)
	}
	return q
}

// counted asks for the ten newest records and how many there are, as Records does.
func counted(change func(*catalogue.Query)) *catalogue.Query {
	q := newest(change)
	q.Types, q.Count, q.CountUpTo = nil, true, 10_000
	return q
}

// moment is some minute of the years of the items.
func moment(r *rand.Rand) time.Time {
	return time.Date(1995+r.IntN(29), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, time.UTC)
}

// box is a part of the world, of one of four widths and heights as the peers were asked for.
func box(r *rand.Rand) (string, orb.Geometry) {
	wide, high := []float64{.5, 1, 5, 20}[r.IntN(4)], []float64{.5, 1, 5, 15}[r.IntN(4)]
	west, south := rounded(r.Float64()*(360-wide)-180, 4), rounded(r.Float64()*(180-high)-90, 4)
	numbers := []float64{west, south, rounded(west+wide, 4), rounded(south+high, 4)}
	place, err := ogcapi.BBox(numbers)
	if err != nil { // it lies within the world
		panic(err)
	}
	var text []string
	for _, n := range numbers {
		text = append(text, strconv.FormatFloat(n, 'f', -1, 64))
	}
	return strings.Join(text, ","), place
}

func parsed(text string) filter.Expr {
	expr, err := cql2.ParseText(text, stac.Names{})
	if err != nil { // it is one
		panic(err)
	}
	return expr
}
