package csw

import (
	"context"
	"encoding/xml"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/capabilities"
	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/iso19139"
	"perigee/shared/metadata"
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

// The bounds of one harvest.
const (
	maxHarvested = capabilities.MaxOffered
	maxPages     = 100 // of another catalogue
	harvestPage  = 100 // records of it
	harvestTime  = 4 * time.Minute
	maxRead      = 64 << 20 // bytes of all documents together
)

// folderType is the type of resource that is a folder of documents, listed as a page of the web.
const folderType = "urn:geoss:waf"

// wellKnown are the names of formats of metadata as types of resources (07-006r1, table 69) that are none of their namespaces.
var wellKnown = []string{"http://www.fgdc.gov/metadata/csdgm", "http://www.isotc211.org/schemas/2005/gmd/"}

// services are the types of resources that are services: the pairs by which they are asked what they offer.
var services = []struct{ uri, service, version string }{
	{"http://www.opengis.net/wms", "WMS", ""}, {"http://www.opengis.net/wmts/1.0", "WMTS", "1.0.0"}, {"http://www.opengis.net/wfs", "WFS", "1.1.0"},
	{"http://www.opengis.net/wfs/2.0", "WFS", "2.0.0"}, {"http://www.opengis.net/wcs", "WCS", ""}, {"http://www.opengis.net/wps/1.0.0", "WPS", "1.0.0"},
	{"http://www.opengis.net/sos/1.0", "SOS", "1.0.0"}, {"http://www.opengis.net/sos/2.0", "SOS", "2.0.0"},
}

// harvestable are the types of resources that are harvested.
func harvestable() []string {
	types := append(append(writable(), folderType), wellKnown...)
	for _, s := range services {
		types = append(types, s.uri)
	}
	slices.Sort(types)
	return types
}

// parseHarvest reads a Harvest request; everything that is wrong is noted.
func (q *request) parseHarvest() harvestXML {
	var x harvestXML
	q.p.Fail(ows.DecodeXML(q.body, &x))
	x.Source, x.Type = strings.TrimSpace(x.Source), strings.TrimSpace(x.Type)
	if at, err := url.Parse(x.Source); x.Source == "" {
		q.p.Fail(ows.Missing("source"))
	} else if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		q.p.Fail(ows.Invalid("source", "%.200q is no address of the web", x.Source))
	}
	if x.Type == "" {
		q.p.Fail(ows.Missing("resourceType"))
	} else if !slices.Contains(harvestable(), x.Type) {
		q.p.Fail(ows.Invalid("resourceType", "%.200q is not harvested, but %s", x.Type, strings.Join(harvestable(), ", ")))
	}
	if format := x.Format; format != "" && format != mediaXML && format != mediaText {
		q.p.Fail(ows.Invalid("resourceFormat", "%.100q is not read, but %s", format, mediaXML))
	}
	if x.Interval != "" {
		q.p.Fail(ows.OptionNotSupported.At(fault.Invalid, "harvestInterval", "a resource is harvested once by a request: what is to be harvested again and again is configured"))
	}
	if len(x.Handlers) > 0 {
		q.p.Fail(ows.OptionNotSupported.At(fault.Invalid, "responseHandler", "answers are given at once, not sent elsewhere later"))
	}
	return x
}

// harvestResponse is csw:HarvestResponse.
type harvestResponse struct {
	XMLName  xml.Name   `xml:"csw:HarvestResponse"`
	Root     []xml.Attr `xml:",any,attr"`
	Response transactionResponse
}

// harvest does Harvest: it reads the resource, makes records of it, and has them written. What was there already is replaced.
func (h handler) harvest(q *request) (ows.Document, error) {
	if err := h.mayPublish(q.Request); err != nil {
		return ows.Document{}, err
	}
	asked := q.parseHarvest()
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	ctx, cancel := context.WithTimeout(q.Context(), harvestTime)
	defer cancel()
	documents, err := (&gatherer{ctx: ctx, fetcher: h.Fetcher}).gather(asked)
	if err == nil && len(documents) == 0 {
		err = ows.Invalid("source", "nothing was found at %s that is metadata", asked.Source)
	}
	if err != nil {
		return ows.Document{}, err
	}
	done, err := h.put(q, documents)
	if err != nil {
		return ows.Document{}, err
	}
	response := harvestResponse{Root: q.edition.answer("Harvest"), Response: newTransactionResponse(q.edition, "Harvest", "", done)}
	response.Response.Root = nil
	return document(response)
}

// put has documents written as records, each by itself: of those that are refused the others are not.
func (h handler) put(q *request, documents [][]byte) ([]planned, error) {
	inserted, updated := &action{Name: "Insert"}, &action{Name: "Update"}
	var done []planned
	var refused error
	for some := range slices.Chunk(documents, transaction.MaxChanges) {
		var changes []transaction.Change
		var records []record.Record
		for _, d := range some {
			r, err := decode(d)
			if err != nil {
				refused = err
				continue
			}
			records = append(records, r)
			changes = append(changes, transaction.Change{
				Operation: transaction.Put, Kind: transaction.Record, Collection: r.Collection, ID: r.ID, MediaType: mediaXML, Document: d,
			})
		}
		if len(changes) == 0 {
			continue
		}
		results, err := h.Transactions.Apply(q.Request, changes)
		if err != nil {
			return nil, err
		}
		for i, result := range results {
			switch {
			case result.Err != nil:
				refused = result.Err
			case result.Outcome == record.Created:
				done = append(done, planned{changes[i], inserted, records[i]})
			default:
				done = append(done, planned{changes[i], updated, records[i]})
			}
		}
	}
	if len(done) == 0 && refused != nil {
		return nil, refused
	}
	return done, nil
}

// gatherer reads resources.
type gatherer struct {
	ctx     context.Context
	fetcher Fetcher
	read    int // bytes
}

// gather gives the documents of metadata that a resource is, holds or stands for.
func (g *gatherer) gather(asked harvestXML) ([][]byte, error) {
	if asked.Type == folderType {
		return g.folder(asked.Source)
	}
	if i := slices.IndexFunc(services, func(s struct{ uri, service, version string }) bool { return s.uri == asked.Type }); i >= 0 {
		return g.service(asked.Source, services[i].service, services[i].version)
	}
	document, err := g.fetch(asked.Source)
	if err != nil {
		return nil, err
	}
	if metadata.Of(document) == nil && editionIn(asked.Type) != nil {
		return g.catalogue(asked.Source, editionIn(asked.Type))
	}
	return [][]byte{document}, nil
}

// fetch reads a document, in UTF-8.
func (g *gatherer) fetch(address string) ([]byte, error) {
	document, _, err := g.fetcher.Fetch(g.ctx, address)
	if err != nil {
		return nil, &fault.Error{Kind: fault.KindOf(err), Locator: "source", Message: "the resource could not be read", Err: err}
	}
	if g.read += len(document); g.read > maxRead {
		return nil, fault.At(fault.Invalid, "source", "there is more than %d bytes of it", maxRead)
	}
	return ows.UTF8(document)
}

// service reads what a service says of itself.
func (g *gatherer) service(source, service, version string) ([][]byte, error) {
	document, err := g.fetch(asking(source, "service", service, "request", "GetCapabilities", "version", version))
	if err != nil {
		return nil, err
	}
	found, err := capabilities.Decode(document, bare(source))
	if err != nil {
		return nil, &fault.Error{Kind: fault.KindOf(err), Locator: "source", Message: source, Err: err}
	}
	documents := make([][]byte, len(found))
	for i := range found {
		documents[i] = iso19139.Append([]byte(xml.Header), &found[i], dublincore.Full)
	}
	return documents, nil
}

// asking is an address with pairs that it does not have yet; those without a value are left out.
func asking(address string, pairs ...string) string {
	at, err := url.Parse(address)
	if err != nil {
		return address
	}
	have := ows.ParseKVP(at.RawQuery)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" || have.Has(pairs[i]) {
			continue
		}
		if at.RawQuery != "" && !strings.HasSuffix(at.RawQuery, "&") {
			at.RawQuery += "&"
		}
		at.RawQuery += pairs[i] + "=" + url.QueryEscape(pairs[i+1])
	}
	return at.String()
}

// bare is the address of a service without what asks it for something.
func bare(address string) string {
	at, err := url.Parse(address)
	if err != nil {
		return address
	}
	values := at.Query()
	for name := range values {
		if slices.Contains([]string{"service", "request", "version", "acceptversions"}, strings.ToLower(name)) {
			values.Del(name)
		}
	}
	at.RawQuery = values.Encode()
	return at.String()
}

// catalogue reads the records of another catalogue page by page, as metadata of ISO 19139 where it has that.
func (g *gatherer) catalogue(source string, e *edition) ([][]byte, error) {
	var all [][]byte
	schema := iso19139.Namespace
	for start, page := 1, 0; start > 0 && page < maxPages && len(all) < maxHarvested; page++ {
		document, err := g.fetch(asking(bare(source), "service", "CSW", "version", e.number, "request", "GetRecords", "typeNames", "csw:Record", "resultType", resultResults,
			"elementSetName", dublincore.Full, "outputSchema", schema, "maxRecords", strconv.Itoa(harvestPage), "startPosition", strconv.Itoa(start)))
		if err == nil && ows.Root(document).Local == "ExceptionReport" {
			err = ows.Invalid("source", "%s answers with an exception", source)
		}
		if err != nil {
			if schema == e.namespace || page > 0 {
				return nil, err
			}
			schema, page = e.namespace, -1
			continue
		}
		records, next, err := pageOf(document)
		if err != nil {
			return nil, err
		}
		if all = append(all, records...); next <= start || len(records) == 0 {
			break
		}
		start = next
	}
	return all, nil
}

// pageOf are the records of an answer to GetRecords, and where the next page begins.
func pageOf(document []byte) (records [][]byte, next int, err error) {
	var head struct {
		Results struct {
			Next int `xml:"nextRecord,attr"`
		} `xml:"SearchResults"`
	}
	if err := ows.DecodeXML(document, &head); err != nil {
		return nil, 0, err
	}
	found, err := ows.Fragments(document, func(path []xml.Name) bool { return len(path) == 3 && path[1].Local == "SearchResults" })
	for _, f := range found {
		if metadata.ByRoot(f.Name) != nil {
			records = append(records, f.Document)
		}
	}
	return records, head.Results.Next, err
}

// folder reads the documents that a page of the web lists below itself. Those that are no metadata are left out.
func (g *gatherer) folder(source string) ([][]byte, error) {
	page, err := g.fetch(source)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, address := range listed(page, source) {
		document, err := g.fetch(address)
		if err == nil && metadata.Of(document) != nil {
			all = append(all, document)
		}
		if g.ctx.Err() != nil || g.read > maxRead {
			return nil, fault.At(fault.Invalid, "source", "%s has more than can be read in %v and %d bytes", source, harvestTime, maxRead)
		}
	}
	return all, nil
}
