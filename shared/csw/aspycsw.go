package csw

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// asPycsw turns comparisons for inequality that take no regard to case into those for equality, words that are looked for into parts of
// words, patterns into those without regard to case, as the database has them that pycsw comes with, searches for a time that is touched into those
// for one that lasts no longer, and times of a change of the catalogue into those that metadata tell themselves (Config.AsPycsw).
func asPycsw(e filter.Expr) filter.Expr {
	return filter.Rewrite(e, func(e filter.Expr) filter.Expr {
		if looked, is := e.(filter.AnyText); is && looked.Words != "" {
			return within(looked)
		}
		if when, is := e.(filter.Temporal); is && when.MissingIsFalse && when.Op == filter.TIntersects {
			return lasting(when)
		}
		if _, is := e.(filter.Like); is {
			e = caseless(e)
		}
		if about(e, filter.PropertyModified) {
			return ofStamp(renamed(e, filter.PropertyModified, stampProperty))
		}
		compared, _ := e.(filter.Compare)
		if word, is := compared.Right.(filter.Untyped); is && word.FoldCase && compared.Op == filter.NotEqual {
			compared.Op = filter.Equal
			return compared
		}
		return e
	})
}

// literally are the characters by which a pattern means something else, as themselves.
var literally = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// within is a condition on texts that have each of some words in them, be it within another word.
func within(looked filter.AnyText) filter.Expr {
	all := filter.And{}
	for _, word := range strings.Fields(looked.Words) {
		all = append(all, filter.AnyText{Pattern: "%" + literally.Replace(word) + "%"})
	}
	if looked.Pattern != "" {
		all = append(all, filter.AnyText{Pattern: looked.Pattern})
	}
	return all
}

// lasting is a condition on times that neither begin before an interval nor end behind it.
func lasting(when filter.Temporal) filter.Expr {
	interval, is := when.Right.(filter.Interval)
	if !is || when.Left != filter.Operand(filter.PropertyTime) {
		return when
	}
	all := filter.And{}
	if interval.Start != nil {
		all = append(all, filter.Compare{Op: filter.GreaterOrEqual, Left: filter.PropertyStart, Right: interval.Start})
	}
	if interval.End != nil {
		all = append(all, filter.Compare{Op: filter.LessOrEqual, Left: filter.PropertyEnd, Right: interval.End})
	}
	return all
}

// sortedAsPycsw is an order by when metadata were changed by their own word.
func sortedAsPycsw(keys []Sort) []Sort {
	keys = slices.Clone(keys)
	for i := range keys {
		if keys[i].Property == filter.PropertyModified {
			keys[i].Property = record.PropertyDateStamp
		}
	}
	return keys
}

// domainAsPycsw is the property whose values pycsw tells for one: dates as they are written.
func domainAsPycsw(property filter.Property) filter.Property {
	switch property {
	case filter.PropertyModified:
		return stampProperty
	case filter.PropertyDatetime:
		return dublincore.PropertyDate
	}
	return property
}

// notFound is the code by which pycsw says that there is no record.
const notFound ows.Code = "NotFound"

// nextAsPycsw is the position of the next record where an answer has none: pycsw calls it the first in 2.0.2 while there are records, and none in
// 3.0.0.
func (r results) nextAsPycsw() int {
	if r.edition == csw2 && r.matched > 0 {
		return 1
	}
	return 0
}

// ofSchema are the parameters that schemas give a list or a range of values, by the names of requests by XML.
var ofSchema = []string{"service", "elementSetName", "resultType", "startPosition", "maxRecords", "hopCount"}

// ofFilter are the places of what is wrong with a condition.
var ofFilter = []string{"Filter", "filter", "PropertyName", "Constraint"}

// reportedAsPycsw is the one exception that pycsw reports of all that is wrong. Whatever a schema refuses of a request by XML has no code of its own
// there, and neither has what is wrong with a transaction, but for its conditions.
func (q *request) reportedAsPycsw(all []ows.Exception) []ows.Exception {
	first := firstAsPycsw(all)
	missing, invalid := first.Code == ows.MissingParameterValue, first.Code == ows.InvalidParameterValue
	if q.body != nil && (missing || invalid && slices.Contains(ofSchema, first.Locator) || invalid && q.documents != nil && !slices.Contains(ofFilter, first.Locator)) {
		first.Code = ows.NoApplicableCode
	}
	return []ows.Exception{first}
}

// firstAsPycsw is the exception that pycsw comes upon: that there is no service or request, that the request is none, or the first of others. A
// version that is missing is a wrong one.
func firstAsPycsw(all []ows.Exception) ows.Exception {
	for _, e := range all {
		if e.Code == ows.MissingParameterValue && (e.Locator == "service" || e.Locator == "request") {
			return e
		}
	}
	for _, e := range all {
		if e.Locator == "request" {
			return e
		}
	}
	first := all[0]
	if first.Code == ows.MissingParameterValue && first.Locator == "version" {
		first.Code = ows.InvalidParameterValue
	}
	return first
}

// needsSet notes a request for records that says neither in which element set nor which elements it wants, which pycsw refuses: but for one of 3.0.0
// by key-value pairs.
func (q *request) needsSet(p *ows.Params) {
	switch said := p.Get("elementSetName") + p.Get("elementName"); {
	case !q.asPycsw || said != "":
	case q.body != nil:
		p.Fail(ows.Invalid("ElementSetName", "neither ElementSetName nor ElementName is there"))
	case q.edition == csw2:
		p.Fail(ows.Missing("elementSetName"))
	}
}

// shownAsPycsw is a record as pycsw writes it in the schema of the protocol: with its box in hundredths of a degree, and a summary without
// the names of its places.
func shownAsPycsw(r record.Record, set string) record.Record {
	if _, placed := r.Properties[dublincore.PropertySpatial]; placed && set == dublincore.Summary {
		r.Properties = maps.Clone(r.Properties)
		delete(r.Properties, dublincore.PropertySpatial)
	}
	if r.Footprint == nil {
		return r
	}
	b := r.Footprint.Bound()
	for _, corner := range []*orb.Point{&b.Min, &b.Max} {
		for i := range corner {
			corner[i], _ = strconv.ParseFloat(strconv.FormatFloat(corner[i], 'f', 2, 64), 64) // what was a number is one
		}
	}
	r.Footprint = b.ToPolygon()
	return r
}
