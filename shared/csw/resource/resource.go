// Package resource reads what Harvest is asked for (07-006r1, clause 10.12; 12-176r7, clause 7.9): single documents of metadata, folders
// of them, what services say of themselves, and the records of other catalogues.
package resource

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

// Fetcher reads documents of other services. It goes only where strangers may send it.
type Fetcher interface {
	// Fetch gives the document at an address, and its media type.
	Fetch(ctx context.Context, address string) (document []byte, mediaType string, err error)
}

// Time is how long one resource is read at most.
const Time = 4 * time.Minute

// The bounds of one resource.
const (
	maxHarvested = capabilities.MaxOffered
	maxPages     = 100      // of another catalogue
	harvestPage  = 100      // records of it
	maxRead      = 64 << 20 // bytes of all documents together
)

// folderType is the type of resource that is a folder of documents, listed as a page of the web.
const folderType = "urn:geoss:waf"

// wellKnown are the names of formats of metadata as types of resources (07-006r1, table 69) that are none of their namespaces.
var wellKnown = []string{"http://www.fgdc.gov/metadata/csdgm", "http://www.isotc211.org/schemas/2005/gmd/"}

// services are the types of resources that are services: the pairs by which they are asked what they offer.
var services = []struct{ uri, service, version string }{
	{"http://www.opengis.net/wms", "WMS", ""}, {"http://www.opengis.net/wmts/1.0", "WMTS", "1.0.0"}, {"http://www.opengis.net/wfs", "WFS", "1.1.0"},
	{"http://www.opengis.net/wfs/2.0", "WFS", "2.0.0"}, {"http://www.opengis.net/wcs", "WCS", ""}, {"http://www.opengis.net/wcs/2.0", "WCS", "2.0.1"}, {"http://www.opengis.net/wps/1.0.0", "WPS", "1.0.0"}, {"http://www.opengis.net/wps/2.0", "WPS", "2.0.0"},
	{"http://www.opengis.net/sos/1.0", "SOS", "1.0.0"}, {"http://www.opengis.net/sos/2.0", "SOS", "2.0.0"},
}

// catalogues are the types of resources that may be catalogues: the version by which they are asked.
var catalogues = map[string]string{dublincore.NamespaceCSW: "2.0.2", dublincore.NamespaceCSW3: "3.0.0"}

// Types are the types of resources that are read.
func Types() []string {
	types := append(append(Schemas(), folderType), wellKnown...)
	for _, s := range services {
		types = append(types, s.uri)
	}
	slices.Sort(types)
	return types
}

// Schemas are the formats that records are read in.
func Schemas() []string {
	names := []string{"http://www.isotc211.org/2005/gmi"} // read with its parent
	for _, f := range metadata.Formats() {
		names = append(names, f.Namespace)
	}
	slices.Sort(names)
	return names
}

// Read gives the documents of metadata that a resource of a type is, holds or stands for; there is one at least.
func Read(ctx context.Context, fetcher Fetcher, kind, source string) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, Time)
	defer cancel()
	documents, err := (&reading{ctx: ctx, fetcher: fetcher}).read(kind, source)
	if err == nil && len(documents) == 0 {
		err = ows.Invalid("source", "nothing was found at %s that is metadata", source)
	}
	return documents, err
}

// reading is the reading of one resource.
type reading struct {
	ctx     context.Context
	fetcher Fetcher
	size    int // bytes
}

// Changes are what documents are to change: each is put in the place of the record that it is. What is no metadata is left out, and
// refused tells why the last of that is.
func Changes(documents [][]byte) (changes []transaction.Change, records []record.Record, refused error) {
	for _, d := range documents {
		r, err := metadata.Decode(d)
		if err != nil {
			refused = err
			continue
		}
		records = append(records, r)
		changes = append(changes, transaction.Change{
			Operation: transaction.Put, Kind: transaction.Record, Collection: r.Collection, ID: r.ID, MediaType: "application/xml", Document: d,
		})
	}
	return changes, records, refused
}

func (g *reading) read(kind, source string) ([][]byte, error) {
	if kind == folderType {
		return g.folder(source)
	}
	if i := slices.IndexFunc(services, func(s struct{ uri, service, version string }) bool { return s.uri == kind }); i >= 0 {
		return g.service(source, services[i].service, services[i].version)
	}
	document, err := g.fetch(source)
	if err != nil {
		return nil, err
	}
	if catalogues[kind] != "" && metadata.Of(document) == nil {
		return g.catalogue(source, kind)
	}
	return [][]byte{document}, nil
}

// fetch reads a document, in UTF-8.
func (g *reading) fetch(address string) ([]byte, error) {
	document, _, err := g.fetcher.Fetch(g.ctx, address)
	if err != nil {
		return nil, &fault.Error{Kind: fault.KindOf(err), Locator: "source", Message: "the resource could not be read", Err: err}
	}
	if g.size += len(document); g.size > maxRead {
		return nil, fault.At(fault.Invalid, "source", "there is more than %d bytes of it", maxRead)
	}
	return ows.UTF8(document)
}

// service reads what a service says of itself.
func (g *reading) service(source, service, version string) ([][]byte, error) {
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
func (g *reading) catalogue(source, namespace string) ([][]byte, error) {
	var all [][]byte
	schema := iso19139.Namespace
	for start, page := 1, 0; start > 0 && page < maxPages && len(all) < maxHarvested; page++ {
		document, err := g.fetch(asking(bare(source), "service", "CSW", "version", catalogues[namespace], "request", "GetRecords", "typeNames", "csw:Record", "resultType", "results",
			"elementSetName", dublincore.Full, "outputSchema", schema, "maxRecords", strconv.Itoa(harvestPage), "startPosition", strconv.Itoa(start)))
		if err == nil && ows.Root(document).Local == "ExceptionReport" {
			err = ows.Invalid("source", "%s answers with an exception", source)
		}
		if err != nil {
			if schema == namespace || page > 0 {
				return nil, err
			}
			schema, page = namespace, -1
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
func (g *reading) folder(source string) ([][]byte, error) {
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
		if g.ctx.Err() != nil || g.size > maxRead {
			return nil, fault.At(fault.Invalid, "source", "%s has more than can be read in %v and %d bytes", source, Time, maxRead)
		}
	}
	return all, nil
}
