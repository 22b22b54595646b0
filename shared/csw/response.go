package csw

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
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

// recordsResponse is the answer without its records, which belong into csw:SearchResults.
type recordsResponse struct {
	XMLName   xml.Name   `xml:"csw:GetRecordsResponse"`
	Root      []xml.Attr `xml:",any,attr"`
	RequestID string     `xml:"csw:RequestId,omitempty"`
	Status    struct {
		Timestamp string `xml:"timestamp,attr"`
	} `xml:"csw:SearchStatus"`
	Results struct {
		Attributes []xml.Attr `xml:",any,attr"`
	} `xml:"csw:SearchResults"`
}

// endOfResults is where records belong: no record is in it yet.
var endOfResults = []byte("</csw:SearchResults>")

// encode writes the answer: around the records by its structure, the records one behind the other.
func (r results) encode(found []record.Record) ([]byte, error) {
	around, err := ows.Marshal(r.around(len(found) + r.sum()))
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "encoding the answer")
	}
	at := bytes.Index(around, endOfResults)
	body := make([]byte, at, len(around)+sizeOf(found))
	copy(body, around)
	if body, err = r.distributed(r.asked.records(body, found, r.base)); err != nil {
		return nil, err
	}
	return append(body, around[at:]...), nil
}

// around is the answer without its records.
func (r results) around(returned int) recordsResponse {
	v := recordsResponse{Root: r.edition.answer("GetRecords", "version", r.edition.number), RequestID: r.asked.RequestID}
	now := r.now.UTC().Truncate(time.Second)
	v.Status.Timestamp = now.Format(time.RFC3339)
	pairs := []string{
		"numberOfRecordsMatched", strconv.Itoa(r.matched), "numberOfRecordsReturned", strconv.Itoa(returned), "nextRecord", strconv.Itoa(r.next(returned)),
		"recordSchema", r.asked.Schema.Namespace,
	}
	if r.asked.ElementSet != "" {
		pairs = append(pairs, "elementSet", r.asked.ElementSet)
	}
	if r.edition == csw3 {
		pairs = append(pairs, "expires", v.Status.Timestamp, "elapsedTime", strconv.FormatInt(r.took.Milliseconds(), 10), "status", r.status(returned))
	}
	v.Results.Attributes = ows.Attributes(pairs...)
	return v
}

// next is the position of the record behind those of the page, also where the page was not asked for but its count; 0 when there is
// none.
func (r results) next(returned int) int {
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

// sizeOf is about how large records will be.
func sizeOf(found []record.Record) int {
	size := 0
	for i := range found {
		size += len(found[i].Document) + 2000
	}
	return size
}
