package csw

import (
	"encoding/xml"
	"slices"
	"strings"

	"perigee/shared/ows"
)

// The namespaces of the extended capabilities of INSPIRE's discovery services.
const (
	namespaceInspire       = "http://inspire.ec.europa.eu/schemas/inspire_ds/1.0"
	namespaceInspireCommon = "http://inspire.ec.europa.eu/schemas/common/1.0"
)

// Inspire is what the extended capabilities of INSPIRE say of the service (RC-13).
type Inspire struct {
	Languages   []string // by codes of ISO 639-2/B; the first is that of the answers, unless another is asked for
	Date        string   // of the metadata: 2024-05-01
	Begin, End  string   // of the time that the resources cover
	Conformity  string   // of the service: conformant, notConformant, notEvaluated
	Contact     string
	Email       string
	GEMETTerms  []string // keywords of the GEMET thesaurus
	ServiceTerm string   // the mandatory keyword: humanCatalogueViewer, infoCatalogueService
}

// extendedCapabilities is inspire_ds:ExtendedCapabilities
// (https://inspire.ec.europa.eu/schemas/inspire_ds/1.0/inspire_ds.xsd, ExtendedCapabilitiesType of common.xsd).
type extendedCapabilities struct {
	URL        string `xml:"inspire_common:ResourceLocator>inspire_common:URL"`
	Media      string `xml:"inspire_common:ResourceLocator>inspire_common:MediaType"`
	Type       string `xml:"inspire_common:ResourceType"`
	Begin      string `xml:"inspire_common:TemporalReference>inspire_common:TemporalExtent>inspire_common:IntervalOfDates>inspire_common:StartingDate"`
	End        string `xml:"inspire_common:TemporalReference>inspire_common:TemporalExtent>inspire_common:IntervalOfDates>inspire_common:EndDate"`
	Title      string `xml:"inspire_common:Conformity>inspire_common:Specification>inspire_common:Title"`
	Published  string `xml:"inspire_common:Conformity>inspire_common:Specification>inspire_common:DateOfPublication"`
	Degree     string `xml:"inspire_common:Conformity>inspire_common:Degree"`
	Contact    string `xml:"inspire_common:MetadataPointOfContact>inspire_common:OrganisationName"`
	Email      string `xml:"inspire_common:MetadataPointOfContact>inspire_common:EmailAddress"`
	Date       string `xml:"inspire_common:MetadataDate"`
	Service    string `xml:"inspire_common:SpatialDataServiceType"`
	Mandatory  string `xml:"inspire_common:MandatoryKeyword>inspire_common:KeywordValue"`
	Keywords   []gemetKeyword
	Default    string   `xml:"inspire_common:SupportedLanguages>inspire_common:DefaultLanguage>inspire_common:Language"`
	Supported  []string `xml:"inspire_common:SupportedLanguages>inspire_common:SupportedLanguage>inspire_common:Language"`
	ResponseIn string   `xml:"inspire_common:ResponseLanguage>inspire_common:Language"`
}

// networkServices is what discovery services conform to.
const networkServices = "Commission Regulation (EC) No 976/2009 of 19 October 2009 implementing Directive 2007/2/EC of the European Parliament and of the Council as regards the Network Services"

// gemetKeyword is a keyword of GEMET - INSPIRE themes.
type gemetKeyword struct {
	XMLName   xml.Name `xml:"inspire_common:Keyword"`
	Title     string   `xml:"inspire_common:OriginatingControlledVocabulary>inspire_common:Title"`
	Published string   `xml:"inspire_common:OriginatingControlledVocabulary>inspire_common:DateOfPublication"`
	Value     string   `xml:"inspire_common:KeywordValue"`
}

// language is the language that an answer is asked in, of those that there are: the first, where another is asked for.
func (h handler) language(p *ows.Params) string {
	if h.Inspire == nil || len(h.Inspire.Languages) == 0 {
		return ""
	}
	for _, asked := range slices.Concat(p.List("language"), p.List("lang"), p.List("acceptLanguages")) {
		if slices.Contains(h.Inspire.Languages, asked) {
			return asked
		}
	}
	return h.Inspire.Languages[0]
}

// checkLanguage notes a language that there is not, which pycsw refuses: those who ask for one are to be answered in the first otherwise
// (Technical Guidance for the implementation of INSPIRE Discovery Services 3.1).
func (h handler) checkLanguage(p *ows.Params) {
	if asked := p.Get("language"); h.AsPycsw && h.Inspire != nil && asked != "" && !slices.Contains(h.Inspire.Languages, asked) {
		p.Fail(ows.Invalid("language", "the language %.50q is not one of %s", asked, strings.Join(h.Inspire.Languages, ", ")))
	}
}

// extended are the extended capabilities, nil where there are none.
func (h handler) extended(address, language string) *extendedCapabilities {
	if h.Inspire == nil {
		return nil
	}
	i := h.Inspire
	c := &extendedCapabilities{
		URL: address + "?service=CSW&request=GetCapabilities", Media: mediaXML, Type: "service", Begin: i.Begin, End: i.End,
		Title: networkServices, Published: "2009-10-20", Degree: i.Conformity, Contact: i.Contact, Email: i.Email, Date: i.Date, Service: "discovery", Mandatory: i.ServiceTerm, ResponseIn: language,
	}
	for _, term := range i.GEMETTerms {
		c.Keywords = append(c.Keywords, gemetKeyword{
			Title: "GEMET - INSPIRE themes", Published: "2008-06-01", Value: term,
		})
	}
	if len(i.Languages) > 0 {
		c.Default, c.Supported = i.Languages[0], i.Languages
	}
	return c
}

// inspireRoot declares the prefixes of the extended capabilities.
func (h handler) inspireRoot() []string {
	if h.Inspire == nil {
		return nil
	}
	return []string{"xmlns:inspire_ds", namespaceInspire, "xmlns:inspire_common", namespaceInspireCommon}
}
