package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/iso19139"
)

// kind is a kind of question.
type kind struct {
	name   string
	pycsw  float64 // what pycsw 2.6 answers a second of ten thousand such records on a machine like this
	make   func(h *house, g *generator) asked
	byHand []way // the best is what counts
}

// way is a way to answer by hand: statements that are sent together, each with all arguments.
type way []string

// asked is one question: a request, what a hand gives its statements, what csw asks the store, and how the records of the answer are
// written.
type asked struct {
	body  string // posted; else the query is asked for
	query string
	args  []any
	find  *catalogue.Query // nil: it asks nothing, or for the record of an identifier
	id    string
	set   string
	space string
}

// finding is what csw asks the store for: a page by identifiers, and the number of all.
func finding(q catalogue.Query) *catalogue.Query {
	q.Count, q.Sort = true, []catalogue.Sort{{Property: filter.PropertyID}}
	return &q
}

// counting is the number alone.
func counting(e filter.Expr) *catalogue.Query {
	return &catalogue.Query{Filter: e, Limit: -1, Count: true}
}

const (
	head = `<csw:GetRecords service="CSW" version="2.0.2" xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:ogc="http://www.opengis.net/ogc" ` +
		`xmlns:gml="http://www.opengis.net/gml" xmlns:gmd="http://www.isotc211.org/2005/gmd" `
	hits  = `resultType="hits"`
	ten   = `resultType="results" maxRecords="10"`
	inISO = ` outputSchema="http://www.isotc211.org/2005/gmd"`
)

// ask is a GetRecords request.
func ask(attributes, set, condition string) string {
	if condition != "" {
		condition = `<csw:Constraint version="1.1.0"><ogc:Filter>` + condition + `</ogc:Filter></csw:Constraint>`
	}
	return head + attributes + `><csw:Query typeNames="csw:Record"><csw:ElementSetName>` + set + `</csw:ElementSetName>` + condition + `</csw:Query></csw:GetRecords>`
}

func like(property, part string) string {
	return `<ogc:PropertyIsLike wildCard="%" singleChar="_" escapeChar="\"><ogc:PropertyName>` + property + `</ogc:PropertyName><ogc:Literal>%` + part + `%</ogc:Literal></ogc:PropertyIsLike>`
}

func compare(operator, property, value string) string {
	return "<ogc:" + operator + "><ogc:PropertyName>" + property + "</ogc:PropertyName><ogc:Literal>" + value + "</ogc:Literal></ogc:" + operator + ">"
}

// What a hand writes. A footprint here is a box, of which its box tells all; a part of a text is looked for in the lexicon.
const (
	columns   = `r.id, r.type, r.title, r.abstract, r.keywords, r.modified, r.properties, r.links, r.footprint`
	ofSystem  = ` from perigee.record r where r.workspace = '' and `
	inBox     = `r.footprint && ST_MakeEnvelope($1, $2, $3, $4, 4326)`
	inText    = `r.words @@ (select string_agg('''' || word || '''', ' | ')::tsquery from perigee.word where word like '%' || $1 || '%')`
	inTexts   = inText + ` and r.words @@ (select string_agg('''' || word || '''', ' | ')::tsquery from perigee.word where word like '%' || $2 || '%')`
	inTitle   = inText + ` and r.title like '%' || $1 || '%'`
	inTitles  = `r.title like '%' || $1 || '%'`
	since     = `r.datetime >= $1::date`
	byID      = ` order by r.id limit 10`
	documents = `select d.bytes from (`
	ofPage    = `) page join perigee.document d on d.record = page.pk order by page.id`
)

// together finds all that match once, for the number and the page.
func together(condition, selected, join string) way {
	return way{`with m as materialized (select r.pk, r.id` + ofSystem + condition + `), page as (select pk, id from m order by id limit 10)
		select (select count(*) from m), ` + selected + ` from page ` + join + ` order by page.id`}
}

// apart walks through the records in the order of their identifiers until a page is full, and counts by itself.
func apart(condition, selected string) way {
	return way{`select ` + selected + ofSystem + condition + byID, `select count(*) from perigee.record r where ` + condition}
}

const (
	joinRecord   = `join perigee.record r on r.pk = page.pk`
	joinDocument = `join perigee.document d on d.record = page.pk`
)

func kinds() []kind {
	inBoxes := []way{together(inBox, columns, joinRecord), apart(inBox, columns)}
	return []kind{
		{name: "capabilities", pycsw: 26.5, make: func(*house, *generator) asked {
			return asked{query: "service=CSW&version=2.0.2&request=GetCapabilities"}
		}},
		{name: "box, summary x10", pycsw: 17.6, make: func(_ *house, g *generator) asked { return boxed(g.box()) }, byHand: inBoxes},
		{name: "box of 5 degrees", make: func(_ *house, g *generator) asked { return boxed(g.boxOf(5, 5)) }, byHand: inBoxes},
		{name: "full text, summary x10", pycsw: 10.3, make: texts(1), byHand: []way{together(inText, columns, joinRecord), apart(inText, columns)}},
		{name: "two words, summary x10", make: texts(2), byHand: []way{together(inTexts, columns, joinRecord), apart(inTexts, columns)}},
		{name: "title, ISO x10", pycsw: 20.7, make: titles, byHand: []way{
			together(inTitle, "d.bytes", joinDocument), together(inTitles, "d.bytes", joinDocument),
			{documents + `select r.pk, r.id` + ofSystem + inTitles + byID + ofPage, `select count(*)` + ofSystem + inTitles},
			{documents + `select r.pk, r.id` + ofSystem + inTitle + byID + ofPage, `select count(*)` + ofSystem + inTitle},
		}},
		{name: "ISO x100", pycsw: 5.1, make: func(*house, *generator) asked {
			return asked{body: ask(`resultType="results" maxRecords="100"`+inISO, "full", ""), find: finding(catalogue.Query{Limit: 100, Documents: true, DocumentsOnly: true}), set: dublincore.Full, space: iso19139.Namespace}
		}, byHand: []way{{documents + `select r.pk, r.id from perigee.record r where r.workspace = '' order by r.id limit 100` + ofPage,
			`select sum(n) from perigee.tally where workspace = '' and place = -3 and month = -1`}}},
		{name: "by id", pycsw: 30.2, make: func(h *house, g *generator) asked {
			id := idOf(g.IntN(h.n))
			return asked{query: "service=CSW&version=2.0.2&request=GetRecordById&elementsetname=full&outputschema=http://www.isotc211.org/2005/gmd&id=" + id,
				args: []any{id}, id: id, set: dublincore.Full, space: iso19139.Namespace}
		}, byHand: []way{{`select d.bytes from perigee.record r join perigee.document d on d.record = r.pk where r.workspace = '' and r.id = $1`}}},
		{name: "hits", pycsw: 7, make: func(*house, *generator) asked { return asked{body: ask(hits, "brief", ""), find: counting(nil)} },
			byHand: []way{{`select sum(n) from perigee.tally where workspace = '' and place = -3 and month = -1`}}},
		{name: "hits since a day", make: func(_ *house, g *generator) asked {
			day := g.date()
			at, _ := time.Parse(time.DateOnly, day) // as it was written
			return asked{body: ask(hits, "brief", compare("PropertyIsGreaterThanOrEqualTo", "apiso:TempExtent_begin", day)), args: []any{day},
				find: counting(filter.Compare{Op: filter.GreaterOrEqual, Left: filter.PropertyStart, Right: filter.Timestamp{Time: at}})}
		}, byHand: []way{{`select count(*)` + ofSystem + since}}},
		{name: "hits of a type", make: func(_ *house, g *generator) asked {
			typ := pick(g, []string{"dataset", "series", "service"})
			return asked{body: ask(hits, "brief", compare("PropertyIsEqualTo", "dc:type", typ)), args: []any{typ}, find: counting(filter.OneOf(filter.PropertyType, typ))}
		}, byHand: []way{{`select count(*)` + ofSystem + `r.type = $1`}, {`select sum(n) from perigee.tally where workspace = '' and place = -3 and month = -1 and type = $1`}}},
		{name: "hits of a substring", make: func(_ *house, g *generator) asked {
			part := partOf(g.Rand)
			return asked{body: ask(hits, "brief", like("csw:AnyText", part)), args: []any{part}, find: counting(filter.AnyText{Pattern: "%" + part + "%"})}
		}, byHand: []way{{`select count(*)` + ofSystem + inText}, {`select count(*) from perigee.record r where ` + inText}}},
	}
}

// boxed asks for records in a box.
func boxed(b [4]float64) asked {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	return asked{
		body: ask(ten, "summary", `<ogc:BBOX><ogc:PropertyName>ows:BoundingBox</ogc:PropertyName><gml:Envelope srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:lowerCorner>`+
			number(b[0])+" "+number(b[1])+`</gml:lowerCorner><gml:upperCorner>`+number(b[2])+" "+number(b[3])+`</gml:upperCorner></gml:Envelope></ogc:BBOX>`),
		args: []any{b[0], b[1], b[2], b[3]}, find: finding(catalogue.Query{Geometry: filter.Box(b[0], b[1], b[2], b[3]), Limit: 10}), set: dublincore.Summary, space: dublincore.NamespaceCSW,
	}
}

// texts asks for records with some words anywhere.
func texts(n int) func(*house, *generator) asked {
	return func(_ *house, g *generator) asked {
		a := asked{set: dublincore.Summary, space: dublincore.NamespaceCSW}
		var conditions strings.Builder
		var all filter.And
		for _, i := range g.Perm(len(words))[:n] {
			conditions.WriteString(like("csw:AnyText", words[i]))
			a.args, all = append(a.args, words[i]), append(all, filter.AnyText{Pattern: "%" + words[i] + "%"})
		}
		condition := conditions.String()
		if n > 1 {
			condition = "<ogc:And>" + condition + "</ogc:And>"
		}
		a.body, a.find = ask(ten, "summary", condition), finding(catalogue.Query{Filter: all, Limit: 10})
		return a
	}
}

// titles asks for records by a word of their title.
func titles(_ *house, g *generator) asked {
	word := pick(g, words)
	return asked{body: ask(ten+inISO, "full", like("apiso:Title", word)), args: []any{word}, set: dublincore.Full, space: iso19139.Namespace,
		find: finding(catalogue.Query{Filter: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("%" + word + "%")}, Limit: 10, Documents: true, DocumentsOnly: true})}
}

// partOf is a part of a word.
func partOf(r *rand.Rand) string {
	word := words[r.IntN(len(words))]
	if len(word) <= 4 {
		return word
	}
	from := r.IntN(len(word) - 3)
	return word[from : from+4]
}
