package wms

import (
	"encoding/xml"
	"slices"
	"strconv"

	"perigee/shared/ows"
)

// The wire types of this file are those that the schema of 1.3.0 (06-042 annex E.1) and the document types of 1.1.1
// (01-068r3 annex A.1) and 1.1.0 (01-047r2 annex A.1) share; layers are in layer.go.

// wmsCapabilities is WMS_Capabilities, or WMT_MS_Capabilities as 1.1.1 calls it.
type wmsCapabilities struct {
	XMLName    xml.Name
	Attributes []xml.Attr     `xml:",any,attr"`
	Service    serviceSection `xml:"Service"`
	Capability capability     `xml:"Capability"`
}

type serviceSection struct {
	Name              string         `xml:"Name"`
	Title             string         `xml:"Title"`
	Abstract          string         `xml:"Abstract,omitempty"`
	Keywords          *keywords      `xml:"KeywordList"`
	OnlineResource    onlineResource `xml:"OnlineResource"`
	Contact           *contact       `xml:"ContactInformation"`
	Fees              string         `xml:"Fees"`
	AccessConstraints string         `xml:"AccessConstraints"`
	LayerLimit        int            `xml:"LayerLimit,omitempty"` // from here on not in 1.1.1
	MaxWidth          int            `xml:"MaxWidth,omitempty"`
	MaxHeight         int            `xml:"MaxHeight,omitempty"`
}

type keywords struct {
	Keyword []string `xml:"Keyword"`
}

func newKeywords(list []string) *keywords {
	if len(list) == 0 {
		return nil
	}
	return &keywords{list}
}

// onlineResource declares the prefix xlink where the root of the document cannot.
type onlineResource struct {
	Namespace string `xml:"xmlns:xlink,attr,omitempty"`
	ows.Link
}

type contact struct {
	Person   *contactPerson  `xml:"ContactPersonPrimary"`
	Position string          `xml:"ContactPosition,omitempty"`
	Address  *contactAddress `xml:"ContactAddress"`
	Phone    string          `xml:"ContactVoiceTelephone,omitempty"`
	Fax      string          `xml:"ContactFacsimileTelephone,omitempty"`
	Email    string          `xml:"ContactElectronicMailAddress,omitempty"`
}

type contactPerson struct {
	Name         string `xml:"ContactPerson"`
	Organisation string `xml:"ContactOrganization"`
}

type contactAddress struct {
	Type     string `xml:"AddressType"`
	Address  string `xml:"Address"`
	City     string `xml:"City"`
	Region   string `xml:"StateOrProvince"`
	PostCode string `xml:"PostCode"`
	Country  string `xml:"Country"`
}

type capability struct {
	Request    operations          `xml:"Request"`
	Exceptions formats             `xml:"Exception"`
	Vendor     *vendorCapabilities `xml:"VendorSpecificCapabilities"` // 1.1.1
	Layer      any                 `xml:"Layer"`
}

type formats struct {
	Format []string `xml:"Format"`
}

type operations struct {
	GetCapabilities operation  `xml:"GetCapabilities"`
	GetMap          operation  `xml:"GetMap"`
	GetFeatureInfo  *operation `xml:"GetFeatureInfo"`
	Legend          *operation `xml:"GetLegendGraphic"`     // 1.1.1
	LegendExtension *operation `xml:"sld:GetLegendGraphic"` // 1.3.0: Styled Layer Descriptor profile, 05-078r4
}

type operation struct {
	Formats []string       `xml:"Format"`
	Get     onlineResource `xml:"DCPType>HTTP>Get>OnlineResource"`
}

// form is what differs between the versions beside the layers.
type form struct {
	root       string
	attributes []xml.Attr
	doctype    string
	service    string // the value of Name
	mediaType  string
	exceptions []string
	xlink      string // the namespace to declare at each link
	limits     bool   // the bounds of maps can be said
	legend     func(*operations, operation)
	layer      func(facts) any
}

const xlink = "http://www.w3.org/1999/xlink"

func formOf(version string) form {
	old := form{
		root: "WMT_MS_Capabilities", attributes: ows.Attributes("version", version),
		service: "OGC:WMS", mediaType: "application/vnd.ogc.wms_xml", xlink: xlink,
		exceptions: []string{inSEXML, "application/vnd.ogc.se_inimage", "application/vnd.ogc.se_blank"},
	}
	switch version {
	case version110:
		old.doctype = "http://schemas.opengis.net/wms/1.1.0/capabilities_1_1_0.dtd"
		old.legend, old.layer = func(*operations, operation) {}, newLayer110
		return old
	case version111:
		old.doctype = "http://schemas.opengis.net/wms/1.1.1/WMS_MS_Capabilities.dtd"
		old.legend, old.layer = func(o *operations, legend operation) { o.Legend = &legend }, newLayer111
		return old
	}
	return form{
		root: "WMS_Capabilities",
		attributes: ows.Attributes("version", version130, "xmlns", "http://www.opengis.net/wms", "xmlns:xlink", xlink,
			"xmlns:sld", "http://www.opengis.net/sld", "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
			"xsi:schemaLocation", "http://www.opengis.net/wms http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd"+
				" http://www.opengis.net/sld http://schemas.opengis.net/sld/1.1.0/sld_capabilities.xsd"),
		service: "WMS", mediaType: "text/xml", limits: true,
		exceptions: []string{inXML, inImage, inBlank},
		legend:     func(o *operations, legend operation) { o.LegendExtension = &legend },
		layer:      newLayer130,
	}
}

// describe writes the capabilities document of a version.
func describe(version string, t teller, tree Tree) (ows.Document, error) {
	form := formOf(version)
	link := onlineResource{form.xlink, *ows.NewLink(t.address)}
	document := wmsCapabilities{
		XMLName:    xml.Name{Local: form.root},
		Attributes: slices.Clip(form.attributes),
		Service:    newService(form, link, t.config),
		Capability: capability{
			Request: operations{
				GetCapabilities: operation{[]string{form.mediaType}, link},
				GetMap:          operation{t.config.Formats, link},
			},
			Exceptions: formats{form.exceptions},
			Layer:      form.layer(t.root(tree.Nodes)),
		},
	}
	if !t.config.MapsAlone {
		document.Capability.Request.GetFeatureInfo = &operation{infoTypes(), link}
		form.legend(&document.Capability.Request, operation{[]string{PNG, JPEG}, link})
	}
	if tree.Sequence > 0 {
		document.Attributes = append(document.Attributes, ows.Attributes("updateSequence", strconv.FormatInt(tree.Sequence, 10))...)
	}
	types := ""
	if version == version111 {
		if document.Capability.Vendor = newVendor(tree.Nodes); document.Capability.Vendor != nil {
			types = tileSetTypes
		}
	}
	body, err := ows.Marshal(document)
	if form.doctype != "" {
		body = withDoctype(body, form.root, form.doctype, types)
	}
	return ows.Document{Type: form.mediaType, Body: body}, err
}

func newService(form form, link onlineResource, config Config) serviceSection {
	s := config.Service
	section := serviceSection{
		Name: form.service, Title: s.Title, Abstract: s.Abstract, Keywords: newKeywords(s.Keywords), OnlineResource: link, Contact: newContact(s.Provider),
		Fees: none(s.Fees), AccessConstraints: none(s.AccessConstraints),
	}
	if s.Provider.Site != "" {
		section.OnlineResource.Href = s.Provider.Site
	}
	if form.limits {
		section.LayerLimit, section.MaxWidth, section.MaxHeight = config.LayerLimit, config.MaxWidth, config.MaxHeight
	}
	return section
}

// none is the reserved word for what there is nothing of (06-042 clause 7.2.4.6.4).
func none(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func newContact(p ows.Provider) *contact {
	c := p.Contact
	section := contact{Position: c.Position, Phone: c.Phone, Fax: c.Fax, Email: c.Email}
	if c.Person != "" || p.Name != "" {
		section.Person = &contactPerson{c.Person, p.Name}
	}
	if c.Address != "" || c.City != "" || c.Country != "" {
		section.Address = &contactAddress{"postal", c.Address, c.City, c.Region, c.PostCode, c.Country}
	}
	if section == (contact{}) {
		return nil
	}
	return &section
}
