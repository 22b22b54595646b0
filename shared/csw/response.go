package csw

import (
	"cmp"
	"strconv"
	"time"

	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// results is what a GetRecords request found: csw:GetRecordsResponse (07-006r1, clause 10.8.5; 12-176r7, clause 7.3.5).
type results struct {
	edition *edition
	asked   getRecords
	matched int
	base    string // of addresses on this service
	now     time.Time
	took    time.Duration
	others  []portion // of a distributed search
	short   bool      // there are fewer of them than belong to the page
}

// encode writes the answer: around the records, which stand one behind the other. to makes room for so many bytes.
func (r results) encode(found []record.Record, to func(int) []byte) ([]byte, error) {
	w := xmldoc.Writer{Bytes: to(2000 + sizeOf(found))}
	r.edition.begin(&w, "GetRecords", "version", r.edition.number)
	if r.asked.RequestID != "" {
		w.Bytes = append(w.Bytes, "\n "...)
		w.Element("csw:RequestId", r.asked.RequestID)
	}
	w.Bytes = append(w.Bytes, "\n "...)
	w.Element("csw:SearchStatus", "", "timestamp", r.timestamp())
	w.Bytes = append(w.Bytes, "\n "...)
	w.Open("csw:SearchResults", r.attributes(len(found)+r.sum())...)
	var err error
	if w.Bytes, err = r.distributed(r.asked.records(w.Bytes, found, r.base)); err != nil {
		return nil, err
	}
	w.Close("csw:SearchResults")
	w.Bytes = append(w.Bytes, '\n')
	w.Close("csw:GetRecordsResponse")
	return append(w.Bytes, '\n'), nil
}

// timestamp is when the answer was made.
func (r results) timestamp() string { return r.now.UTC().Truncate(time.Second).Format(time.RFC3339) }

// attributes are those of csw:SearchResults, as names and values in turn.
func (r results) attributes(returned int) []string {
	pairs := append(make([]string, 0, 16),
		"numberOfRecordsMatched", strconv.Itoa(r.matched), "numberOfRecordsReturned", strconv.Itoa(returned), "nextRecord", strconv.Itoa(r.next(returned)),
		"recordSchema", r.asked.Schema.Namespace)
	if r.asked.ElementSet != "" {
		pairs = append(pairs, "elementSet", r.asked.ElementSet)
	}
	if r.edition == csw3 {
		pairs = append(pairs, "expires", r.timestamp(), "elapsedTime", strconv.FormatInt(r.took.Milliseconds(), 10), "status", r.status(returned))
	}
	return pairs
}

// next is the position of the record behind those of the page, also where the page was not asked for but its count; 0 when there is
// none.
func (r results) next(returned int) int {
	if r.asked.AsPycsw && (r.asked.Max == 0 || r.asked.Start > r.matched) {
		return r.nextAsPycsw()
	}
	next := r.asked.Start + r.asked.Max
	if r.short {
		next = r.asked.Start + returned
	}
	if next <= r.matched {
		return next
	}
	return 0
}

// status tells how much of what was found is in the answer (12-176r7, table 10).
func (r results) status(returned int) string {
	switch {
	case returned == 0:
		return "none"
	case returned < r.matched, r.missing():
		return "subset"
	}
	return "complete"
}

// sizeOf is about how large records will be, which are answered as they came or made.
func sizeOf(found []record.Record) int {
	size := 0
	for i := range found {
		size += cmp.Or(len(found[i].Document), 2000)
	}
	return size
}
