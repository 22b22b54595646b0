package dseo

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"perigee/shared/ows"
	"perigee/shared/scope"
)

const (
	namespace = "http://www.opengis.net/dseo/1.0"
	profile   = "http://www.opengis.net/dseo/1.0" // that of ServiceIdentification (13-043 annex A.1.1)
)

// capabilities is dseo:Capabilities (13-043 clause 8.1): the sections of OWS Common 2.0.
type capabilities struct {
	XMLName        xml.Name             `xml:"dseo:Capabilities"`
	Attributes     []xml.Attr           `xml:",any,attr"`
	Identification *ows.Identification  `xml:"ows:ServiceIdentification"`
	Provider       *ows.ServiceProvider `xml:"ows:ServiceProvider"`
	Operations     *operations          `xml:"ows:OperationsMetadata"`
}

type operations struct {
	Operations []operation `xml:"ows:Operation"`
}

type operation struct {
	Name string   `xml:"name,attr"`
	Get  ows.Link `xml:"ows:DCP>ows:HTTP>ows:Get"`
}

// sections are those that a request may name (06-121r9 table 6), in the order of the document.
var sections = []string{"ServiceIdentification", "ServiceProvider", "OperationsMetadata", "All"}

func (s service) capabilities(w http.ResponseWriter, r *http.Request, p *ows.Params) error {
	p.Negotiate(version)
	wanted := p.List("sections")
	for _, name := range wanted {
		if !slices.ContainsFunc(sections, func(one string) bool { return strings.EqualFold(one, name) }) {
			p.Fail(ows.Invalid("sections", "%q is no section; there are %s", name, strings.Join(sections, ", ")))
		}
	}
	if err := p.Err(); err != nil {
		return err
	}
	address := scope.FromContext(r.Context()).Base + r.URL.Path + "?"
	body, err := ows.Marshal(s.describe(address, wanted))
	if err != nil {
		return err
	}
	ows.Document{Type: "application/xml", Body: body}.Serve(w, r)
	return nil
}

// describe makes the sections that are wanted, all of them when none is named.
func (s service) describe(address string, wanted []string) capabilities {
	document := capabilities{Attributes: ows.Attributes("version", version, "xmlns:dseo", namespace, "xmlns:ows", "http://www.opengis.net/ows/2.0", "xmlns:xlink", "http://www.w3.org/1999/xlink")}
	has := func(section string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(wanted, func(name string) bool { return strings.EqualFold(name, section) || strings.EqualFold(name, "All") })
	}
	if has("ServiceIdentification") {
		section := s.config.Service.Identification("DSEO", version)
		section.Profiles = []string{profile}
		document.Identification = &section
	}
	if has("ServiceProvider") {
		section := s.config.Service.ServiceProvider()
		document.Provider = &section
	}
	if has("OperationsMetadata") {
		document.Operations = &operations{}
		for _, name := range []string{"GetCapabilities", "GetProduct"} {
			document.Operations.Operations = append(document.Operations.Operations, operation{name, *ows.NewLink(address)})
		}
	}
	return document
}
