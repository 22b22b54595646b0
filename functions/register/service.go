package main

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/stac"
)

// found is a catalogue that was recognised.
type found struct {
	kind     string // of its protocol, as people call it
	protocol string // as links do
	typ      string // of its record
	title    string
	abstract string
	keywords []string
	links    []record.Link
}

// The kinds of catalogues that are recognised, in the order in which they are looked for (REG-16).
var (
	kindRecords    = found{kind: "OGC API - Records", protocol: "OGCAPI:Records", typ: "service"}
	kindSTACAPI    = found{kind: "STAC API", protocol: "STAC:API", typ: "service"}
	kindCSW        = found{kind: "CSW", protocol: "OGC:CSW", typ: "service"}
	kindSTAC       = found{kind: "STAC", protocol: "STAC", typ: "dataset"}
	kindOpenSearch = found{kind: "OpenSearch", protocol: "OpenSearch", typ: "service"}
)

// catalogueService registers another catalogue as a service, or as a data set where it is but files: what it is, it is asked.
func (r *registrar) catalogueService(ctx context.Context, req request, w *work, _ routes.Backend) ([]record.Change, error) {
	src, unread := r.read(ctx, req.scope, w)
	if unread != nil && (!isWeb(w.href) || !fault.KindOf(unread).Permanent()) {
		return nil, unread
	}
	is, err := r.recognise(ctx, w.href, src.text) // many a CSW answers nothing but what it is asked for by its rules
	if err != nil {
		return nil, cmp.Or(unread, err)
	}
	d := ogcrecord.Draft{
		ID: identifierOf(w.href), Type: is.typ, Title: is.title, Description: is.abstract, World: true, Keywords: append([]string{is.kind, "catalogue"}, is.keywords...),
		Links: append([]record.Link{{Rel: "service", Href: w.href, Title: is.kind, Name: "catalogue", Protocol: is.protocol}}, is.links...),
	}
	change, err := composed(req, d, w.said.Parent)
	return []record.Change{change}, err
}

// recognise tells what catalogue answers a text at an address.
func (r *registrar) recognise(ctx context.Context, address string, text []byte) (found, error) {
	var landing linked
	if json.Unmarshal(text, &landing) == nil {
		if is, ok, err := r.recogniseJSON(ctx, address, landing); ok || err != nil {
			return is, err
		}
	} else if is, ok := recogniseXML(text); ok {
		return is, nil
	}
	if is, ok, err := r.askCSW(ctx, address); ok || err != nil {
		return is, err
	}
	return found{}, fault.At(fault.Invalid, "url", "no catalogue is recognised at %s: there are OGC API - Records, STAC API, CSW, static STAC and OpenSearch", address)
}

// recogniseJSON goes by the classes that a landing page conforms to, else by what a file of STAC says.
func (r *registrar) recogniseJSON(ctx context.Context, address string, landing linked) (is found, ok bool, err error) {
	classes := landing.ConformsTo
	if place := landing.link(address, "conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance"); len(classes) == 0 && isWeb(place) {
		var conformance linked
		if err := r.getJSON(ctx, place, &conformance); err != nil && !fault.KindOf(err).Permanent() {
			return is, false, err
		}
		classes = conformance.ConformsTo
	}
	conforms := func(to string) bool {
		return slices.ContainsFunc(classes, func(class string) bool { return strings.Contains(class, to) })
	}
	records, api := conforms("/ogcapi-records"), conforms("api.stacspec.org")
	switch {
	case records:
		is, ok = kindRecords, true
	case api:
		is, ok = kindSTACAPI, true
	case landing.STACVersion != "" && (landing.Type == stac.TypeCatalog || landing.Type == stac.TypeCollection):
		is, ok = kindSTAC, true
	}
	is.title, is.abstract, is.links = landing.Title, landing.Description, landing.further(address)
	is.keywords = append(is.keywords, landing.Keywords...)
	if records && api {
		is.keywords = append(is.keywords, kindSTACAPI.kind)
	}
	return is, ok, nil
}

// selfDescription is what catalogues say of themselves in XML: the capabilities of CSW 2.0.2 and 3.0, and the description
// documents of OpenSearch 1.1.
type selfDescription struct {
	XMLName  xml.Name
	Identity struct {
		Title    string   `xml:"Title"`
		Abstract string   `xml:"Abstract"`
		Keywords []string `xml:"Keywords>Keyword"`
	} `xml:"ServiceIdentification"`
	ShortName   string `xml:"ShortName"`
	LongName    string `xml:"LongName"`
	Description string `xml:"Description"`
	Tags        string `xml:"Tags"`
}

// The namespaces by which a catalogue's documents are known.
const (
	namespaceCSW2       = "http://www.opengis.net/cat/csw/2.0.2"
	namespaceCSW3       = "http://www.opengis.net/cat/csw/3.0"
	namespaceOpenSearch = "http://a9.com/-/spec/opensearch/1.1/"
)

func recogniseXML(text []byte) (is found, ok bool) {
	root, err := ows.CheckXML(text)
	if err != nil {
		return is, false
	}
	var d selfDescription
	if ows.DecodeXML(text, &d) != nil {
		return is, false
	}
	switch {
	case root.Local == "Capabilities" && (root.Space == namespaceCSW2 || root.Space == namespaceCSW3):
		is = kindCSW
		is.title, is.abstract, is.keywords = d.Identity.Title, d.Identity.Abstract, d.Identity.Keywords
	case root.Local == "OpenSearchDescription" && root.Space == namespaceOpenSearch:
		is = kindOpenSearch
		is.title, is.abstract, is.keywords = d.LongName, d.Description, strings.Fields(d.Tags)
		if is.title == "" {
			is.title = d.ShortName
		}
	default:
		return is, false
	}
	return is, true
}

// askCSW asks an address for the capabilities of a CSW. One that has another answer is none.
func (r *registrar) askCSW(ctx context.Context, address string) (is found, ok bool, err error) {
	u, err := url.Parse(address)
	if err != nil || !isWeb(address) {
		return is, false, nil
	}
	q := u.Query()
	for name := range q {
		switch strings.ToLower(name) {
		case "service", "request", "version":
			q.Del(name)
		}
	}
	q.Set("service", "CSW")
	q.Set("request", "GetCapabilities")
	u.RawQuery = q.Encode()
	answer, err := r.get(ctx, u.String(), acceptXML)
	if fault.KindOf(err).Permanent() && err != nil {
		return is, false, nil
	}
	if err != nil {
		return is, false, err
	}
	is, ok = recogniseXML(answer.Body)
	return is, ok && is.kind == kindCSW.kind, nil
}
