package csw

import (
	"cmp"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/csw/resource"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/transaction"
)

// harvestXML is csw:Harvest (07-006r1, clause 10.12; 12-176r7, clause 7.9).
type harvestXML struct {
	Source   string   `xml:"Source"`
	Type     string   `xml:"ResourceType"`
	Format   string   `xml:"ResourceFormat"`
	Interval string   `xml:"HarvestInterval"`
	Handlers []string `xml:"ResponseHandler"`
}

// sourceParameter is the locator of what is wrong with a Source.
const sourceParameter = "source"

// parseHarvest reads a Harvest request; everything that is wrong is noted.
func (h handler) parseHarvest(q *request) harvestXML {
	var x harvestXML
	q.p.Fail(ows.DecodeXML(q.body, &x))
	x.Source, x.Type = strings.TrimSpace(x.Source), strings.TrimSpace(x.Type)
	if at, err := url.Parse(x.Source); x.Source == "" {
		q.p.Fail(ows.Missing(sourceParameter))
	} else if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		q.p.Fail(ows.Invalid(sourceParameter, "%.200q is no address of the web", x.Source))
	}
	if x.Type == "" {
		q.p.Fail(ows.Missing("resourceType"))
	} else if !slices.Contains(resource.Types(), x.Type) {
		q.p.Fail(ows.Invalid("resourceType", "%.200q is not harvested, but %s", x.Type, strings.Join(resource.Types(), ", ")))
	}
	if format := x.Format; format != "" && format != mediaXML && format != mediaText {
		q.p.Fail(ows.Invalid("resourceFormat", "%.100q is not read, but %s", format, mediaXML))
	}
	if x.Interval = strings.TrimSpace(x.Interval); x.Interval != "" {
		_, err := resource.Next(h.now(), x.Interval)
		q.p.Fail(err)
	}
	x.Handlers = h.handlers(q.p, x.Handlers)
	if at, err := url.Parse(x.Source); err == nil && at.User != nil && (x.Interval != "" || len(x.Handlers) > 0) { // it is kept, and told where people look what became of it
		q.p.Fail(ows.Invalid(sourceParameter, "an address that holds a name or a password is harvested at once only: not again, and not later"))
	}
	return x
}

// harvestResponse is csw:HarvestResponse.
type harvestResponse struct {
	XMLName      xml.Name   `xml:"csw:HarvestResponse"`
	Root         []xml.Attr `xml:",any,attr"`
	Acknowledged *acknowledgement
	Response     *transactionResponse
}

// harvest does Harvest: it reads the resource, makes records of it, and has them written. What was there already is replaced.
func (h handler) harvest(q *request) (ows.Document, error) {
	if err := h.mayPublish(q.Request); err != nil {
		return ows.Document{}, err
	}
	asked := h.parseHarvest(q)
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	return h.inTime(q, asked.Handlers, "", func(q *request) (ows.Document, error) { return h.harvestNow(q, asked) })
}

// harvestNow harvests a resource, and has it harvested again at the interval that is asked for. Without one that ends, whether there is
// still something to read or not.
func (h handler) harvestNow(q *request, asked harvestXML) (ows.Document, error) {
	kept := transaction.Resource{Source: asked.Source, Type: asked.Type, Interval: asked.Interval}
	if asked.Interval == "" {
		if err := h.Transactions.Keep(q.Request, kept); err != nil {
			return ows.Document{}, err
		}
	}
	documents, err := resource.Read(q.Context(), h.Fetcher, asked.Type, asked.Source)
	if err != nil {
		return ows.Document{}, err
	}
	done, err := h.put(q, documents)
	if err != nil {
		return ows.Document{}, err
	}
	if asked.Interval != "" {
		for _, p := range done[:min(len(done), transaction.MaxRecords)] {
			kept.Records = append(kept.Records, transaction.RecordName{Collection: p.change.Collection, ID: p.change.ID})
		}
		if err := h.Transactions.Keep(q.Request, kept); err != nil {
			return ows.Document{}, err
		}
	}
	response := newTransactionResponse(q.edition, "Harvest", "", done)
	response.Root = nil
	answer, err := document(harvestResponse{Root: q.edition.answer("Harvest"), Response: &response})
	if h.behind && len(answer.Body) > MaxLater/2 { // which may be longer as JSON; that there are so many it still tells
		response.Results = nil
		return document(harvestResponse{Root: q.edition.answer("Harvest"), Response: &response})
	}
	return answer, err
}

// put has documents written as records, each by itself: of those that are refused the others are not.
func (h handler) put(q *request, documents [][]byte) ([]planned, error) {
	inserted, updated := &action{Name: "Insert"}, &action{Name: "Update"}
	changes, records, refused := resource.Changes(documents)
	var done []planned
	for len(changes) > 0 {
		n := min(len(changes), transaction.MaxChanges)
		results, err := h.Transactions.Apply(q.Request, changes[:n])
		if err != nil {
			return nil, err
		}
		for i, result := range results {
			as := updated
			switch {
			case result.Err != nil:
				refused = result.Err
				continue
			case result.Outcome == record.Created:
				as = inserted
			}
			changes[i].Collection, changes[i].ID = result.Collection, cmp.Or(result.ID, changes[i].ID)
			done = append(done, planned{changes[i], as, records[i]})
		}
		changes, records = changes[n:], records[n:]
	}
	if len(done) == 0 && refused != nil {
		return nil, refused
	}
	return done, nil
}
