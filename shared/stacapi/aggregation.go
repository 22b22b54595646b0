package stacapi

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// AggregationKind says what is made of all items that a query finds.
type AggregationKind string

// The kinds of aggregation.
const (
	AggregateCount   AggregationKind = "count"   // of items
	AggregateMin     AggregationKind = "min"     // of a property's values: numbers, or times
	AggregateMax     AggregationKind = "max"     //
	AggregateTerms   AggregationKind = "terms"   // items by the texts of a property, or of its elements
	AggregateNumbers AggregationKind = "numbers" // items by ranges of a property's numbers, each as wide as Width
	AggregateTime    AggregationKind = "time"    // items by the Unit of time in which a property begins
	AggregateGeohash AggregationKind = "geohash" // items by the geohash, of Precision characters, of the centre of their footprint
	AggregateGeotile AggregationKind = "geotile" // items by the tile, at the zoom Precision, of the centre of their footprint
)

// Aggregation is one thing to be made of all items that a query finds.
type Aggregation struct {
	Name      string
	Kind      AggregationKind
	Property  string  // not of count, geohash and geotile
	Unit      string  // of time: year, quarter, month, week, day, hour
	Width     float64 // of numbers
	Precision int
	Limit     int // buckets at most
}

// Aggregated is what was made. Value is that of count, min and max, empty when there is none; times are written as RFC 3339
// says. Buckets are in the order of their keys, of terms in that of their counts. Others are items in buckets beyond the limit.
type Aggregated struct {
	Name    string
	Value   string
	Buckets []Bucket
	Others  int64
}

// Bucket is a group of items: a term, the lower end of a range, the beginning of a unit of time, a geohash, a tile (z/x/y).
type Bucket struct {
	Key   string
	Count int64
}

const (
	maxAggregations = 20   // of one request
	mostTerms       = 100  // buckets of terms
	mostBuckets     = 2000 // others
)

// The types of what is made (https://github.com/stac-api-extensions/aggregation, v0.3.0). That of what has buckets is told as
// other servers tell it: it is a distribution, the type of whose keys stands beside.
const (
	ofBuckets  = "frequency_distribution"
	ofInteger  = "integer"
	ofNumeric  = "numeric"
	ofString   = "string"
	ofDatetime = "datetime"
)

// offered is an aggregation that can be asked for by name.
type offered struct {
	Aggregation
	dataType string
	interval bool // how wide its buckets are can be said
	places   int  // the greatest precision, where there is one
}

const (
	frequency      = "_frequency"
	intervalSuffix = "_interval"
	precisionNames = "_precision"
)

// standing are the aggregations that there are whatever the items are like; their names are those that STAC servers share.
func standing() []offered {
	return []offered{
		{Aggregation{Name: "total_count", Kind: AggregateCount}, ofInteger, false, 0},
		{Aggregation{Name: "datetime_min", Kind: AggregateMin, Property: "datetime"}, ofDatetime, false, 0},
		{Aggregation{Name: "datetime_max", Kind: AggregateMax, Property: "datetime"}, ofDatetime, false, 0},
		{Aggregation{Name: "datetime" + frequency, Kind: AggregateTime, Property: "datetime", Limit: mostBuckets}, ofDatetime, true, 0},
		{Aggregation{Name: "collection" + frequency, Kind: AggregateTerms, Property: "collection", Limit: mostBuckets}, ofString, false, 0},
		{Aggregation{Name: "cloud_cover" + frequency, Kind: AggregateNumbers, Property: "eo:cloud_cover", Width: 10, Limit: mostBuckets}, ofNumeric, true, 0},
		{Aggregation{Name: "centroid_geohash_grid" + frequency, Kind: AggregateGeohash, Precision: 3, Limit: mostBuckets}, ofString, false, 12},
		{Aggregation{Name: "grid_geohash" + frequency, Kind: AggregateGeohash, Precision: 3, Limit: mostBuckets}, ofString, false, 12}, // as it was called before
		{Aggregation{Name: "centroid_geotile_grid" + frequency, Kind: AggregateGeotile, Precision: 6, Limit: mostBuckets}, ofString, false, 29},
		{Aggregation{Name: "grid_geotile" + frequency, Kind: AggregateGeotile, Precision: 6, Limit: mostBuckets}, ofString, false, 29},
	}
}

// shortNames are names that other servers give to the frequencies of properties.
var shortNames = map[string]string{
	"view:sun_elevation": "sun_elevation", "view:sun_azimuth": "sun_azimuth", "view:off_nadir": "off_nadir", "grid:code": "grid_code",
}

// offeredFor are the aggregations of items with such properties: the standing ones, then how often each value of a property
// is there, and the least and the greatest of numbers and times.
func offeredFor(properties []Queryable) []offered {
	all := standing()
	for _, q := range properties {
		if q.Name == "" || strings.ContainsAny(q.Name, ", \x00") || q.Type == "object" || q.Name == "datetime" || q.Name == "collection" || q.Name == "id" {
			continue
		}
		made := func(suffix string, kind AggregationKind, dataType string) {
			all = append(all, offered{Aggregation{Name: q.Name + suffix, Kind: kind, Property: q.Name, Limit: mostBuckets}, dataType,
				kind == AggregateTime || kind == AggregateNumbers, 0})
		}
		at := len(all)
		switch {
		case q.Type == "number" || q.Type == "integer":
			made(frequency, AggregateNumbers, ofNumeric)
			made("_min", AggregateMin, ofNumeric)
			made("_max", AggregateMax, ofNumeric)
		case q.Format != "":
			made(frequency, AggregateTime, ofDatetime)
			made("_min", AggregateMin, ofDatetime)
			made("_max", AggregateMax, ofDatetime)
		default:
			made(frequency, AggregateTerms, ofString)
			all[at].Limit = mostTerms
		}
		if short := shortNames[q.Name]; short != "" {
			same := all[at]
			same.Name = short + frequency
			all = append(all, same)
		}
	}
	return all
}

// settings read how the buckets of an aggregation are to be: by the parameter, or the field, that is named after it.
type settings interface {
	text(name string) string
	Fail(err error)
}

// chosen finds the aggregations that are asked for by name, and how their buckets are to be. How those of standing ones are to
// be may be said of those too that are not asked for: clients say it with every question.
func chosen(names []string, all []offered, by settings) []offered {
	for _, o := range standing() {
		if !slices.Contains(names, o.Name) {
			by.Fail(o.set(by))
		}
	}
	if len(names) > maxAggregations {
		by.Fail(fault.At(fault.Invalid, "aggregations", "%d aggregations at once, at most %d are possible", len(names), maxAggregations))
		return nil
	}
	var wanted []offered
	for _, name := range names {
		at := slices.IndexFunc(all, func(o offered) bool { return o.Name == name })
		if at < 0 {
			by.Fail(fault.At(fault.Invalid, "aggregations", "there is no aggregation %q here; those that there are are listed at aggregations", clipped(name)))
			continue
		}
		if slices.ContainsFunc(wanted, func(o offered) bool { return o.Name == name }) {
			continue
		}
		one := all[at]
		by.Fail(one.set(by))
		wanted = append(wanted, one)
	}
	return wanted
}

var units = []string{"year", "quarter", "month", "week", "day", "hour"}

func (o *offered) set(by settings) error {
	if o.interval {
		text := by.text(o.Name + intervalSuffix)
		switch {
		case text == "":
		case o.Kind == AggregateTime:
			if !slices.Contains(units, text) {
				return fault.At(fault.Invalid, o.Name+intervalSuffix, "%s is %q, not one of %s", o.Name+intervalSuffix, clipped(text), strings.Join(units, ", "))
			}
			o.Unit = text
		default:
			width, err := strconv.ParseFloat(text, 64)
			if err != nil || !(width > 0) || width > 1e300 {
				return fault.At(fault.Invalid, o.Name+intervalSuffix, "%s is %q, not a number greater than 0", o.Name+intervalSuffix, clipped(text))
			}
			o.Width = width
		}
	}
	if o.places == 0 {
		return nil
	}
	text := by.text(o.Name + precisionNames)
	least := 1
	if o.Kind == AggregateGeotile {
		least = 0
	}
	if text == "" {
		return nil
	}
	precision, err := strconv.Atoi(text)
	if err != nil || precision < least || precision > o.places {
		return fault.At(fault.Invalid, o.Name+precisionNames, "%s is %q, not a whole number from %d to %d", o.Name+precisionNames, clipped(text), least, o.places)
	}
	o.Precision = precision
	return nil
}

// Of this many months a frequency without an interval is told by day, and of more than so many by year.
const (
	byDay  = 3
	byYear = 240
)

// aggregate makes what is wanted. How wide buckets are, where nobody said so, follows from what there is: months are counted
// first, and the least and the greatest of numbers asked for.
func (a api) aggregate(ctx context.Context, sc scope.Scope, q Query, wanted []offered) ([]Aggregated, error) {
	var first, second []Aggregation
	for _, w := range wanted {
		first = append(first, w.atFirst()...)
	}
	if len(first) == 0 {
		return nil, nil
	}
	made, err := a.Store.Aggregate(ctx, sc, q, first)
	if err != nil {
		return nil, err
	}
	results := make([]Aggregated, len(wanted))
	for i := range wanted {
		n := len(wanted[i].atFirst())
		results[i] = made[0]
		if !wanted[i].settle(made[:n]) {
			second = append(second, wanted[i].Aggregation)
		}
		made = made[n:]
	}
	if len(second) == 0 {
		return results, nil
	}
	made, err = a.Store.Aggregate(ctx, sc, q, second)
	for _, one := range made {
		results[slices.IndexFunc(wanted, func(o offered) bool { return o.Name == one.Name })] = one
	}
	return results, err
}

// atFirst is what is asked for at first.
func (o offered) atFirst() []Aggregation {
	least, greatest, monthly := o.Aggregation, o.Aggregation, o.Aggregation
	least.Kind, greatest.Kind, monthly.Unit = AggregateMin, AggregateMax, "month"
	switch {
	case o.Kind == AggregateNumbers && o.Width == 0:
		return []Aggregation{least, greatest}
	case o.Kind == AggregateTime && o.Unit == "":
		return []Aggregation{monthly}
	}
	return []Aggregation{o.Aggregation}
}

// settle decides how wide buckets are by what was made at first, and tells whether that has them already.
func (o *offered) settle(made []Aggregated) bool {
	switch {
	case o.Kind == AggregateNumbers && o.Width == 0:
		o.Width = niceWidth(made[0].Value, made[1].Value)
		return false
	case o.Kind == AggregateTime && o.Unit == "":
		switch n := len(made[0].Buckets); {
		case n > 0 && n <= byDay:
			o.Unit = "day"
		case n > byYear:
			o.Unit = "year"
		default:
			o.Unit = "month"
		}
		return o.Unit == "month"
	}
	return true
}

// niceWidth parts what lies between two numbers into ten ranges or a few more, each 1, 2 or 5 times a power of ten wide.
func niceWidth(least, greatest string) float64 {
	from, _ := strconv.ParseFloat(least, 64)
	to, _ := strconv.ParseFloat(greatest, 64)
	rough := (to - from) / 10
	if !(rough > 1e-300) || math.IsInf(rough, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, times := range []float64{5, 2} {
		if rough >= times*power {
			return times * power
		}
	}
	return power
}

// The parts of an answer (AggregationCollection).
type (
	aggregationCollection struct {
		Type         string            `json:"type"`
		Aggregations []aggregationMade `json:"aggregations"`
		Links        any               `json:"links"`
	}
	aggregationListed struct {
		Name     string `json:"name"`
		DataType string `json:"data_type"`
		KeyType  string `json:"frequency_distribution_data_type,omitempty"`
	}
	aggregationMade struct {
		aggregationListed
		Value    any          `json:"value,omitempty"`
		Interval string       `json:"interval,omitempty"`
		Buckets  []bucketMade `json:"buckets,omitzero"`
		Overflow *int64       `json:"overflow,omitempty"`
	}
	bucketMade struct {
		Key       string `json:"key"`
		DataType  string `json:"data_type"`
		Frequency int64  `json:"frequency"`
		From      any    `json:"from,omitempty"`
		To        any    `json:"to,omitempty"`
	}
)

// hasBuckets tells whether what is made has buckets, and no value.
func (o offered) hasBuckets() bool {
	return o.Kind != AggregateCount && o.Kind != AggregateMin && o.Kind != AggregateMax
}

// listed is the aggregation as it is told among others.
func (o offered) listed() aggregationListed {
	if o.hasBuckets() {
		return aggregationListed{o.Name, ofBuckets, o.dataType}
	}
	return aggregationListed{Name: o.Name, DataType: o.dataType}
}

// answer is what was made as it is told.
func (o offered) answer(made Aggregated) aggregationMade {
	told := aggregationMade{aggregationListed: o.listed()}
	if !o.hasBuckets() {
		told.Value = o.value(made.Value)
		return told
	}
	switch o.Kind {
	case AggregateTime:
		told.Interval = o.Unit
	case AggregateNumbers:
		told.Interval = strconv.FormatFloat(o.Width, 'g', -1, 64)
	}
	told.Buckets, told.Overflow = []bucketMade{}, &made.Others
	for _, b := range made.Buckets {
		told.Buckets = append(told.Buckets, o.bucket(b))
	}
	return told
}

func (o offered) value(text string) any {
	switch {
	case text == "":
		return nil
	case o.dataType == ofInteger:
		n, _ := strconv.ParseInt(text, 10, 64) // the store counts
		return n
	case o.dataType == ofNumeric:
		f, _ := strconv.ParseFloat(text, 64)
		return f
	}
	return instantOf(text)
}

// instantOf is a time, which may come as the seconds since 1970, as RFC 3339 writes it.
func instantOf(text string) string {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return record.Instant(time.UnixMicro(int64(math.Round(seconds * 1e6))))
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return record.Instant(at)
	}
	return text
}

func (o offered) bucket(b Bucket) bucketMade {
	made := bucketMade{Key: b.Key, DataType: o.dataType, Frequency: b.Count}
	switch o.Kind {
	case AggregateNumbers:
		from, _ := strconv.ParseFloat(b.Key, 64)
		to := clean(from + o.Width)
		made.From, made.To = clean(from), to
		made.Key = strconv.FormatFloat(clean(from), 'g', -1, 64) + "-" + strconv.FormatFloat(to, 'g', -1, 64)
	case AggregateTime:
		if from, err := time.Parse(time.RFC3339, b.Key); err == nil {
			made.From, made.To = b.Key, record.Instant(after(from, o.Unit))
		}
	}
	return made
}

// clean takes away what the multiplication of a binary fraction leaves behind.
func clean(n float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 12, 64), 64)
	return rounded
}

// after is when a unit of time ends.
func after(begin time.Time, unit string) time.Time {
	switch unit {
	case "year":
		return begin.AddDate(1, 0, 0)
	case "quarter":
		return begin.AddDate(0, 3, 0)
	case "month":
		return begin.AddDate(0, 1, 0)
	case "week":
		return begin.AddDate(0, 0, 7)
	case "day":
		return begin.AddDate(0, 0, 1)
	}
	return begin.Add(time.Hour)
}
