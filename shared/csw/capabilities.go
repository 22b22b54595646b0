package csw

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"sync"

	"perigee/shared/csw/resource"
	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/scope"
)

// capabilitiesDocument is csw:Capabilities (07-006r1, clause 10.2.4; 12-176r7, clause 7.1).
type capabilitiesDocument struct {
	XMLName        xml.Name             `xml:"csw:Capabilities"`
	Root           []xml.Attr           `xml:",any,attr"`
	Identification *ows.Identification  `xml:"ows:ServiceIdentification"`
	Provider       *ows.ServiceProvider `xml:"ows:ServiceProvider"`
	Operations     *operationsMetadata  `xml:"ows:OperationsMetadata"`
	Languages      *languages           `xml:"ows:Languages"` // of 3.0.0
	Filter         *filterCapabilities  `xml:"ogc:Filter_Capabilities"`
	Filter2        *filterCapabilities2 `xml:"fes:Filter_Capabilities"` // of 3.0.0
}

type languages struct {
	Language []string `xml:"ows:Language"`
}

type operationsMetadata struct {
	Operations []operationMetadata   `xml:"ows:Operation"`
	Parameters []domain              `xml:"ows:Parameter"`
	Constraint []domain              `xml:"ows:Constraint"`
	Extended   *extendedCapabilities `xml:"inspire_ds:ExtendedCapabilities"`
}

type operationMetadata struct {
	Name       string   `xml:"name,attr"`
	DCP        dcp      `xml:"ows:DCP>ows:HTTP"`
	Parameters []domain `xml:"ows:Parameter"`
	Constraint []domain `xml:"ows:Constraint"`
}

// dcp says where an operation is asked, by key-value pairs and by XML.
type dcp struct {
	Get  *ows.Link `xml:"ows:Get"`
	Post *ows.Link `xml:"ows:Post"`
}

// domain is what a parameter may be. OWS Common 2.0.0 has its values one level deeper.
type domain struct {
	Name    string        `xml:"name,attr"`
	Values  []string      `xml:"ows:Value"`
	Allowed allowedValues `xml:"ows:AllowedValues"`
}

type allowedValues []string

// MarshalXML writes the values within one element, which is not there without any.
func (a allowedValues) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if len(a) == 0 {
		return nil
	}
	return e.EncodeElement(struct {
		Value []string `xml:"ows:Value"`
	}{a}, start)
}

func (d domain) values() []string { return append(d.Values, d.Allowed...) }

// sections are the parts of the document that a request may ask for; All is one by name in OWS Common 2.0.0, and taken in both.
func sections(e *edition) []string {
	if e == csw3 {
		return []string{"All", "Filter_Capabilities", "Languages", "OperationsMetadata", "ServiceIdentification", "ServiceProvider"}
	}
	return []string{"Filter_Capabilities", "OperationsMetadata", "ServiceIdentification", "ServiceProvider"}
}

// capabilities does GetCapabilities. The versions that a client accepts count before the namespace.
func (h handler) capabilities(q *request) (ows.Document, error) {
	if accepted := q.p.List("acceptVersions"); accepted != nil {
		number, err := ows.NegotiateNew(accepted, versions...)
		if err == nil && !slices.Contains(accepted, q.edition.number) {
			q.edition = editionOf(number)
		}
		q.p.Fail(err)
	}
	checkAccepted(q.p)
	h.checkLanguage(q.p)
	wanted := q.p.List("sections")
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	address := scope.FromContext(q.Context()).Base + h.Path
	if q.search || accepts(strings.Join(q.p.List("acceptFormats"), ","), mediaOSDD) {
		return h.searchDescription(address)
	}
	others := h.federatedURLs(scope.FromContext(q.Context()))
	body, sequence, err := h.described.get(describedKey(q.edition, address, wanted, h.language(q.p)), func() (any, error) {
		return h.describe(q.edition, address, wanted, others, h.language(q.p)), nil
	})
	known := q.p.Get("updateSequence")
	switch {
	case err != nil:
		return ows.Document{}, err
	case known == sequence: // who knows it gets no more (05-008, 7.3.4; 06-121r9, 7.3.4)
		return document(capabilitiesDocument{Root: q.edition.answer("GetCapabilities", "version", q.edition.number, "updateSequence", sequence)})
	case !h.wasSequence(known):
		return ows.Document{}, ows.InvalidUpdateSequence.At(fault.Invalid, "updateSequence", "updateSequence is %.60q, which no capabilities of this service had; those of now have %q", known, sequence)
	}
	return ows.Document{Type: acceptedType(q.p), Body: body}, nil
}

// wasSequence tells whether capabilities may have had a sequence before. Ours have no order. A number is one of those by which others count,
// in seconds as pycsw does: a client that knew a service that was here before gets what is new to it.
func (h handler) wasSequence(text string) bool {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) != sequenceLength {
		return n >= 0 && n <= h.now().Unix()
	}
	_, err := hex.DecodeString(text)
	return text == "" || err == nil && len(text) == sequenceLength
}

// acceptedType is the media type of capabilities that a client likes best of those that they come in.
func acceptedType(p *ows.Params) string {
	for _, format := range p.List("acceptFormats") {
		if format == mediaXML || format == mediaText {
			return format
		}
	}
	return mediaXML
}

// checkAccepted notes a client that accepts none of the formats that capabilities come in.
func checkAccepted(p *ows.Params) {
	formats := p.List("acceptFormats")
	offered := func(format string) bool { return slices.Contains([]string{mediaXML, mediaText, mediaOSDD}, format) }
	if len(formats) > 0 && !slices.ContainsFunc(formats, offered) {
		p.Fail(ows.Invalid("acceptFormats", "none of the formats %s is offered, but %s and %s", strings.Join(formats, ", "), mediaXML, mediaText))
	}
}

// described remembers capabilities: they change with the version, the address and the sections only.
type described struct {
	mu   sync.Mutex
	made map[string]descr
}

// descr is one document and what tells its state.
type descr struct {
	body     []byte
	sequence string
}

// maxDescribed bounds how many are remembered: addresses and sections are what strangers say.
const maxDescribed = 64

func newDescribed() *described { return &described{made: map[string]descr{}} }

func describedKey(e *edition, address string, wanted []string, language string) string {
	return strings.Join(append([]string{e.number, address, language}, wanted...), "\n")
}

// get gives a document that was made before, or makes it.
func (d *described) get(key string, build func() (any, error)) ([]byte, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if found, known := d.made[key]; known {
		return found.body, found.sequence, nil
	}
	v, err := build()
	if err != nil {
		return nil, "", err
	}
	made, err := stamped(v)
	if err != nil {
		return nil, "", err
	}
	if len(d.made) >= maxDescribed {
		clear(d.made)
	}
	d.made[key] = made
	return made.body, made.sequence, nil
}

// sequenceLength is how many characters a sequence has.
const sequenceLength = 16

// stamped encodes capabilities with their state (updateSequence), which is told by what they say.
func stamped(v any) (descr, error) {
	c := v.(capabilitiesDocument)
	bare, err := document(c)
	if err != nil {
		return descr{}, err
	}
	sum := sha256.Sum256(bare.Body)
	sequence := hex.EncodeToString(sum[:sequenceLength/2])
	c.Root = append(slices.Clone(c.Root), ows.Attributes("updateSequence", sequence)...)
	whole, err := document(c)
	return descr{whole.Body, sequence}, err
}

// describe describes the service at an address. Only the wanted sections are filled; none stand for all.
func (h handler) describe(e *edition, address string, wanted, others []string, language string) capabilitiesDocument {
	has := func(section string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool {
			return strings.EqualFold(w, section) || strings.EqualFold(w, "All")
		})
	}
	c := capabilitiesDocument{Root: h.capabilitiesRoot(e)}
	if has("ServiceIdentification") {
		identification := h.Service.Identification("CSW", csw2.number, csw3.number)
		c.Identification = &identification
	}
	if has("ServiceProvider") {
		provider := h.Service.ServiceProvider()
		c.Provider = &provider
	}
	if has("OperationsMetadata") {
		c.Operations = h.operationsMetadata(e, address, others)
		c.Operations.Extended = h.extended(address, language)
	}
	if e == csw3 && has("Languages") {
		c.Languages = &languages{[]string{"en"}}
	}
	switch {
	case e == csw2: // without it the document is not valid
		c.Filter = newFilterCapabilities()
	case has("Filter_Capabilities"):
		c.Filter2 = newFilterCapabilities2()
	}
	return c
}

// capabilitiesRoot declares the prefixes of all that capabilities name.
func (h handler) capabilitiesRoot(e *edition) []xml.Attr {
	more := []string{"xmlns:xlink", "http://www.w3.org/1999/xlink"}
	if e == csw2 {
		more = append(more, "xmlns:ogc", "http://www.opengis.net/ogc", "xmlns:gml", "http://www.opengis.net/gml")
	} else {
		more = append(more, "xmlns:fes", "http://www.opengis.net/fes/2.0", "xmlns:ows11", "http://www.opengis.net/ows/1.1", "xmlns:gml32", "http://www.opengis.net/gml/3.2",
			"xmlns:xs", "http://www.w3.org/2001/XMLSchema", "xmlns:csw2", Namespace2)
	}
	declared := map[string]bool{"csw": true}
	for _, f := range schemas(e) {
		if prefix := prefixOf(f); prefix != "" && !declared[prefix] {
			declared[prefix] = true
			more = append(more, "xmlns:"+prefix, f.Namespace)
		}
	}
	more = append(more, h.inspireRoot()...)
	return e.answer("GetCapabilities", append(more, "version", e.number)...)
}

// operationsMetadata lists the operations with what each takes.
func (h handler) operationsMetadata(e *edition, address string, others []string) *operationsMetadata {
	m := &operationsMetadata{
		Operations: h.operationsOf(e, address),
		Parameters: []domain{e.domain("service", "CSW"), e.domain("version", csw2.number, csw3.number)},
		Constraint: []domain{h.usualRecords(e), e.domain("PostEncoding", "XML", "SOAP"), e.domain("XPathQueryables", "allowed")},
	}
	if e == csw3 {
		m.Constraint = append(append(m.Constraint, e.domain("CoreQueryables", coreQueryables...)), h.conformance(len(others) > 0)...)
	}
	if len(others) > 0 {
		m.Constraint = append(m.Constraint, e.domain("FederatedCatalogues", others...))
	}
	return m
}

// domain is what a parameter may be, as the version of OWS Common writes it.
func (e *edition) domain(name string, values ...string) domain {
	if e == csw3 {
		return domain{Name: name, Allowed: values}
	}
	return domain{Name: name, Values: values}
}

// operationsOf describes the operations that are offered.
func (h handler) operationsOf(e *edition, address string) []operationMetadata {
	var all []operationMetadata
	for _, name := range h.offered(e) {
		o := operationMetadata{Name: name, DCP: dcp{Get: ows.NewLink(address + "?"), Post: ows.NewLink(address)}}
		switch name {
		case "Transaction", "Harvest":
			o.DCP.Get = nil
		case "GetRepositoryItem":
			o.DCP.Post = nil
		}
		o.Parameters = h.parametersOf(e, name)
		if name == "GetRecords" {
			o.Constraint = h.constraintsOf(e, address)
		}
		all = append(all, o)
	}
	return all
}

// parametersOf are the parameters of an operation with their values.
func (h handler) parametersOf(e *edition, operation string) []domain {
	formats := schemas(e)
	view := []domain{e.domain("ElementSetName", dublincore.Brief, dublincore.Full, dublincore.Summary), e.domain("outputFormat", advertised(outputFormats(e))...), e.domain("outputSchema", uris(formats)...)}
	switch operation {
	case "GetCapabilities":
		if e == csw3 {
			return []domain{e.domain("acceptFormats", mediaXML, mediaText), e.domain("acceptVersions", csw2.number, csw3.number), e.domain("sections", sections(e)...)}
		}
		return []domain{e.domain("sections", sections(e)...)}
	case "DescribeRecord":
		return []domain{e.domain("outputFormat", mediaJSON, mediaXML), e.domain("schemaLanguage", schemaLanguages[:3]...), e.domain("typeName", describedTypes()...)}
	case "GetDomain":
		return []domain{e.domain("ParameterName", h.parameterNames(e)...)}
	case "GetRecords":
		types := typesOf(formats)
		if e == csw3 {
			types = append(types, "csw2:Record")
			return append([]domain{e.domain("CONSTRAINTLANGUAGE", "CQL_TEXT", "FILTER"), e.domain("typeNames", types...)}, view...)
		}
		return append([]domain{e.domain("CONSTRAINTLANGUAGE", "CQL_TEXT", "FILTER"), e.domain("resultType", resultHits, resultResults, resultValidate), e.domain("typeNames", types...)}, view...)
	case "GetRecordById":
		return view
	case "Transaction":
		return []domain{e.domain("TransactionSchemas", resource.Types()...)} // as pycsw lists them: also those of which Harvest alone makes records
	case "Harvest":
		return []domain{e.domain("ResourceType", resource.Types()...)}
	}
	return nil
}

// parameterNames are the names by which GetDomain knows the parameters of operations.
func (h handler) parameterNames(e *edition) []string {
	var names []string
	for _, operation := range h.offered(e) {
		if operation == "GetDomain" {
			continue
		}
		for _, p := range h.parametersOf(e, operation) {
			names = append(names, operation+"."+p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// constraintsOf are what GetRecords can be asked for.
func (h handler) constraintsOf(e *edition, address string) []domain {
	if e == csw3 {
		return []domain{
			h.usualRecords(e), e.domain("OpenSearchDescriptionDocument", address+"?mode=opensearch&service=CSW&version=3.0.0&request=GetCapabilities"),
			e.domain("SupportedISOQueryables", isoCore...), e.domain("AdditionalQueryables", isoFurther...),
		}
	}
	return []domain{e.domain("SupportedDublinCoreQueryables", coreQueryables...), e.domain("SupportedISOQueryables", isoCore...), e.domain("AdditionalQueryables", isoFurther...)}
}

// usualRecords tells how many records an answer has where a request does not say.
func (h handler) usualRecords(e *edition) domain {
	usual, _ := h.paging()
	return e.domain("MaxRecordDefault", strconv.Itoa(usual))
}

// conformance are the conformance classes of 12-176r7 (table 1), with what is offered of them.
func (h handler) conformance(distributed bool) []domain {
	write := h.Transactions != nil
	harvest, later := slices.Contains(h.offered(csw3), "Harvest"), h.Later != nil
	var all []domain
	for _, class := range []struct {
		name string
		has  bool
	}{
		{"OpenSearch", true}, {"GetCapabilities-XML", true}, {"GetRecordById-XML", true}, {"GetRecords-Basic-XML", true}, {"GetRecords-Distributed-XML", distributed},
		{"GetRecords-Distributed-KVP", distributed}, {"GetRecords-Async-XML", later}, {"GetRecords-Async-KVP", later}, {"GetDomain-XML", true}, {"GetDomain-KVP", true},
		{"Transaction", write}, {"Harvest-Basic-XML", harvest}, {"Harvest-Basic-KVP", false}, {"Harvest-Async-XML", harvest && later}, {"Harvest-Async-KVP", false},
		{"Harvest-Periodic-XML", harvest}, {"Harvest-Periodic-KVP", false}, {"Filter-CQL", true}, {"Filter-FES-XML", true}, {"Filter-FES-KVP-Advanced", true},
		{"CoreQueryables", true}, {"CoreSortables", true}, {"DefaultSortingAlgorithm", true},
	} {
		all = append(all, csw3.domain("http://www.opengis.net/spec/csw/3.0/conf/"+class.name, strings.ToUpper(strconv.FormatBool(class.has))))
	}
	return append(all, csw3.domain("http://www.opengis.net/spec/csw/3.0/conf/SupportedGMLVersions", "http://www.opengis.net/gml/3.2"))
}
