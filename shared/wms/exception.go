package wms

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
)

// The exception codes of WMS (06-042 table E.1, 01-068r3 table A.1). Those of OWS Common are used beside them.
const (
	InvalidFormat         ows.Code = "InvalidFormat"
	InvalidCRS            ows.Code = "InvalidCRS"
	InvalidSRS            ows.Code = "InvalidSRS" // what 1.1.1 calls InvalidCRS
	LayerNotDefined       ows.Code = "LayerNotDefined"
	StyleNotDefined       ows.Code = "StyleNotDefined"
	MissingDimensionValue ows.Code = "MissingDimensionValue"
	InvalidDimensionValue ows.Code = "InvalidDimensionValue"
	InvalidPoint          ows.Code = "InvalidPoint"
	LayerNotQueryable     ows.Code = "LayerNotQueryable"
	CurrentUpdateSequence ows.Code = "CurrentUpdateSequence"
)

// located gives the code for what is wrong with a parameter, where WMS has one of its own.
var located = map[string]ows.Code{
	"layer": LayerNotDefined, "layers": LayerNotDefined, "style": StyleNotDefined, "styles": StyleNotDefined,
	"crs": InvalidCRS, "srs": InvalidSRS, "format": InvalidFormat, "info_format": InvalidFormat, "time": InvalidDimensionValue,
}

// The ways in which failures may be answered, by the names of both versions.
const (
	inXML   = "XML"
	inSEXML = "application/vnd.ogc.se_xml"
	inImage = "INIMAGE"
	inBlank = "BLANK"
)

var exceptionForms = map[string]string{
	"": "", "xml": inXML, "text/xml": inXML, inSEXML: inSEXML,
	"inimage": inImage, "application/vnd.ogc.se_inimage": inImage, "blank": inBlank, "application/vnd.ogc.se_blank": inBlank,
}

// exceptions is the way in which the request wants failures answered; empty for the version's own.
func (c *call) exceptions() string {
	value := c.params.Get("exceptions")
	form, known := exceptionForms[strings.ToLower(value)]
	if !known {
		c.params.Fail(ows.Invalid("exceptions", "%q is not a way in which exceptions are answered here", value))
	}
	return form
}

// refuse answers a failure as the request wants it; a picture only where its size and format are known.
func (c *call) refuse(w http.ResponseWriter, err error) {
	ows.LogFailure(c.r, err)
	list := c.exceptionsOf(err)
	w.Header().Set("Cache-Control", "no-store")
	form := c.exceptions()
	if form == inImage || form == inBlank {
		if image, ok := c.picture(form, list); ok {
			w.Header().Set("Content-Type", image.Type)
			_, _ = w.Write(image.Body)
			return
		}
	}
	body, mediaType := c.report(form, list)
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(c.status(w, err))
	_, _ = w.Write(body)
}

// status is 400 for whatever is wrong with the request itself, as clients of this protocol expect.
func (c *call) status(w http.ResponseWriter, err error) int {
	switch status := ows.Status(err); status {
	case http.StatusNotFound, http.StatusConflict, http.StatusNotImplemented:
		return http.StatusBadRequest
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
		return status
	default:
		return status
	}
}

// exceptionsOf lists the failures with the codes of the version. A failure that came without a code gets one by where it
// lies.
func (c *call) exceptionsOf(err error) []ows.Exception {
	list := ows.FromError(err)
	for i, e := range fault.All(err) {
		if own, known := located[strings.ToLower(list[i].Locator)]; known && !errors.As(e, new(ows.Code)) && fault.KindOf(e).Permanent() {
			list[i].Code = own
		}
		if list[i].Code == InvalidCRS && c.version != version130 {
			list[i].Code = InvalidSRS
		}
		if list[i].Locator == "layer" && !c.params.Has("layer") { // what draws knows one layer, the request names them together
			list[i].Locator = "layers"
		}
	}
	return list
}

// serviceExceptionReport is ServiceExceptionReport (06-042 annex E.2, 01-068r3 annex A.3).
type serviceExceptionReport struct {
	XMLName    xml.Name           `xml:"ServiceExceptionReport"`
	Attributes []xml.Attr         `xml:",any,attr"`
	Exceptions []serviceException `xml:"ServiceException"`
}

type serviceException struct {
	Code    string `xml:"code,attr,omitempty"`
	Locator string `xml:"locator,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// report writes the exceptions as XML. NoApplicableCode is no code of WMS, which then gives none.
func (c *call) report(form string, list []ows.Exception) (body []byte, mediaType string) {
	report := serviceExceptionReport{Attributes: ows.Attributes("version", version130, "xmlns", "http://www.opengis.net/ogc",
		"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
		"xsi:schemaLocation", "http://www.opengis.net/ogc http://schemas.opengis.net/wms/1.3.0/exceptions_1_3_0.xsd")}
	mediaType = "text/xml"
	if c.version != version130 {
		report.Attributes, mediaType = ows.Attributes("version", c.version), inSEXML
	}
	if form == inSEXML {
		mediaType = inSEXML
	}
	for _, e := range list {
		if c.version != version130 {
			e.Locator = ""
		}
		if e.Code == ows.NoApplicableCode {
			e.Code = ""
		}
		report.Exceptions = append(report.Exceptions, serviceException{string(e.Code), e.Locator, e.Text})
	}
	body, err := ows.Marshal(report)
	if err != nil { // a struct of strings always encodes
		return nil, mediaType
	}
	if c.version != version130 {
		dtd := "exception_" + strings.ReplaceAll(c.version, ".", "_") + ".dtd"
		body = withDoctype(body, "ServiceExceptionReport", "http://schemas.opengis.net/wms/"+c.version+"/"+dtd, "")
	}
	return body, mediaType
}

// withDoctype puts a document type declaration behind the XML declaration.
func withDoctype(document []byte, root, dtd, types string) []byte {
	declaration := []byte(`<!DOCTYPE ` + root + ` SYSTEM "` + dtd + `"` + types + ">\n")
	return bytes.Join([][]byte{[]byte(xml.Header), declaration, bytes.TrimPrefix(document, []byte(xml.Header))}, nil)
}
