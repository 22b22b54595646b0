package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/csw"
	"perigee/shared/metadata"
	"perigee/shared/outward"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// advertised is what capabilities of either version name.
type advertised struct {
	Version     string        `xml:"version,attr"`
	Operations  []operation   `xml:"OperationsMetadata>Operation"`
	Parameters  []valued      `xml:"OperationsMetadata>Parameter"`
	Constraints []valued      `xml:"OperationsMetadata>Constraint"`
	Languages   []string      `xml:"Languages>Language"`
	Comparisons []namedOrText `xml:"Filter_Capabilities>Scalar_Capabilities>ComparisonOperators>ComparisonOperator"`
	Functions   []namedOrText `xml:"Filter_Capabilities>Scalar_Capabilities>ArithmeticOperators>Functions>FunctionNames>FunctionName"`
	Functions2  []namedOrText `xml:"Filter_Capabilities>Functions>Function"`
	Arithmetic  *struct{}     `xml:"Filter_Capabilities>Scalar_Capabilities>ArithmeticOperators>SimpleArithmetic"`
	Operands    []namedOrText `xml:"Filter_Capabilities>Spatial_Capabilities>GeometryOperands>GeometryOperand"`
	Spatials    []namedOrText `xml:"Filter_Capabilities>Spatial_Capabilities>SpatialOperators>SpatialOperator"`
	Times       []namedOrText `xml:"Filter_Capabilities>Temporal_Capabilities>TemporalOperands>TemporalOperand"`
	Temporals   []namedOrText `xml:"Filter_Capabilities>Temporal_Capabilities>TemporalOperators>TemporalOperator"`
	Classes     []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"DefaultValue"`
	} `xml:"Filter_Capabilities>Conformance>Constraint"`
}

type operation struct {
	Name        string    `xml:"name,attr"`
	Get         *struct{} `xml:"DCP>HTTP>Get"`
	Post        *struct{} `xml:"DCP>HTTP>Post"`
	Parameters  []valued  `xml:"Parameter"`
	Constraints []valued  `xml:"Constraint"`
}

type valued struct {
	Name    string   `xml:"name,attr"`
	Values  []string `xml:"Value"`
	Allowed []string `xml:"AllowedValues>Value"`
}

func (v valued) all() []string { return append(v.Values, v.Allowed...) }

type namedOrText struct {
	Name string `xml:"name,attr"`
	Text string `xml:",chardata"`
}

func (n namedOrText) String() string { return strings.TrimSpace(n.Name + n.Text) }

// reader asks a service for what it advertises.
type reader struct {
	*testing.T
	*httptest.Server
	capabilities advertised
	namespace    string
	total        int
	asked        int
}

// TestAllThatIsAdvertised reads the capabilities of both versions and asks, on PostGIS, for everything that they name: operations in each
// encoding, parameters with each of their values, schemas with each element set and format, queryables by condition, order and domain, operators
// with each operand, functions, sections and languages (RC-01, RC-02, RC-03, RC-10).
func TestAllThatIsAdvertised(t *testing.T) {
	for version, namespace := range map[string]string{"2.0.2": "http://www.opengis.net/cat/csw/2.0.2", "3.0.0": "http://www.opengis.net/cat/csw/3.0"} {
		t.Run(version, func(t *testing.T) {
			r := &reader{T: t, Server: everything(t), namespace: namespace}
			text := r.get("request", "GetCapabilities", "version", version)
			if err := xml.Unmarshal([]byte(text), &r.capabilities); err != nil || r.capabilities.Version != version {
				t.Fatal(err, text)
			}
			r.total = r.count("")
			if r.total < 6 {
				t.Fatalf("%d records", r.total)
			}
			for _, o := range r.capabilities.Operations {
				r.operation(o)
				for _, p := range o.Parameters {
					for _, value := range p.all() {
						r.parameter(o.Name, p.Name, value)
					}
				}
			}
			r.schemas()
			r.total = r.count("") // Harvest brought one
			r.queryables()
			r.filters()
			r.common()
			t.Logf("%s: %d requests", version, r.asked)
		})
	}
}

// everything serves records of all formats, and some items, with all that can be switched on.
func everything(t *testing.T) *httptest.Server {
	t.Helper()
	store := cataloguetest.Open(t)
	serve(t, store, fiveItems())
	sc := scope.New(scope.System, "test", scope.Writer)
	documents, _ := filepath.Glob("../../shared/metadata/testdata/*.xml")
	for _, name := range documents {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := metadata.Decode(text)
		if err != nil {
			t.Fatal(name, err)
		}
		rec.ID, rec.Document, rec.MediaType, rec.Version = strings.TrimSuffix(filepath.Base(name), ".xml"), text, "application/xml", "1"
		applied, err := store.Apply(t.Context(), sc, []record.Change{{Record: rec}})
		if err != nil || applied[0].Err != nil {
			t.Fatal(name, err, applied)
		}
	}
	offered, err := offers(records{store: store}, service(), config{})
	if err != nil {
		t.Fatal(err)
	}
	offered.Transactions, offered.Fetcher = writing{store, new([]transaction.Resource)}, web{outward.New(outward.Config{Guard: outward.Open()})}
	offered.Later, _ = around(t, offered, outward.Open())
	h := csw.New(offered)
	s := httptest.NewServer(nil)
	t.Cleanup(s.Close)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/nothing" {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: sc, Base: s.URL})))
	})
	return s
}

// answered is the text of an answer, which is to be no report of exceptions.
func (r *reader) answered(what string, response *http.Response, err error) string {
	r.Helper()
	r.asked++
	if err != nil {
		r.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || strings.Contains(string(text), "ExceptionReport") {
		r.Errorf("%s: %d %v %.900s", what, response.StatusCode, err, text)
	}
	return string(text)
}

// get asks by pairs.
func (r *reader) get(pairs ...string) string {
	r.Helper()
	q := url.Values{"service": {"CSW"}, "version": {r.capabilities.Version}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	response, err := http.Get(r.URL + "/csw?" + q.Encode())
	return r.answered(q.Encode(), response, err)
}

// post asks by an element of the version, given by its name, its attributes and what is in it.
func (r *reader) post(name, attributes, inside string) string {
	r.Helper()
	return r.send(r.element(name, attributes, inside), "application/xml")
}

func (r *reader) element(name, attributes, inside string) string {
	return fmt.Sprintf(`<csw:%s xmlns:csw="%s" xmlns:ogc="http://www.opengis.net/ogc" xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml" xmlns:gml32="http://www.opengis.net/gml/3.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:ows="http://www.opengis.net/ows" service="CSW" version="%s" %s>%s</csw:%s>`,
		name, r.namespace, r.capabilities.Version, attributes, inside, name)
}

func (r *reader) send(body, mediaType string) string {
	r.Helper()
	response, err := http.Post(r.URL+"/csw", mediaType, strings.NewReader(body))
	return r.answered(body, response, err)
}

// found are the matches of a GetRecords by XML: their number, and the identifiers of the page.
func (r *reader) found(filter, sort string) (matched int, ids []string) {
	r.Helper()
	constraint := ""
	if filter != "" {
		constraint = `<csw:Constraint version="1.1.0">` + filter + `</csw:Constraint>`
	}
	text := r.post("GetRecords", `resultType="results" maxRecords="100"`, `<csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName>`+constraint+sort+`</csw:Query>`)
	var a answer
	if err := xml.Unmarshal([]byte(text), &a); err != nil {
		r.Errorf("%s: %v", filter, err)
	}
	return a.Results.Matched, strings.Fields(a.ids())
}

func (r *reader) count(filter string) int {
	r.Helper()
	matched, _ := r.found(filter, "")
	return matched
}

// operation asks for an operation by all of its encodings.
func (r *reader) operation(o operation) {
	pairs := map[string][]string{
		"GetCapabilities": nil, "DescribeRecord": nil, "GetDomain": {"parameterName", "GetRecords.outputSchema"}, "GetRecords": {"typeNames", "csw:Record", "resultType", "results"},
		"GetRecordById": {"id", "S2_1"}, "GetRepositoryItem": {"id", "S2_1"}, "Transaction": nil, "Harvest": nil,
	}
	elements := map[string]string{
		"GetCapabilities": "", "DescribeRecord": "", "GetDomain": "<csw:ParameterName>GetRecords.outputSchema</csw:ParameterName>",
		"GetRecords": `<csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName></csw:Query>`, "GetRecordById": "<csw:Id>S2_1</csw:Id>",
		"Transaction": `<csw:Update><csw:RecordProperty><csw:Name>dc:title</csw:Name><csw:Value>x</csw:Value></csw:RecordProperty><csw:Constraint version="1.1.0"><csw:CqlText>dc:identifier='nobody'</csw:CqlText></csw:Constraint></csw:Update>`,
		"Harvest":     "<csw:Source>" + r.URL + "/csw?service=CSW&amp;version=2.0.2&amp;request=GetRecordById&amp;elementSetName=full&amp;outputSchema=http://www.isotc211.org/2005/gmd&amp;id=iso19139</csw:Source><csw:ResourceType>http://www.isotc211.org/2005/gmd</csw:ResourceType>",
	}
	if _, known := pairs[o.Name]; !known {
		r.Errorf("the operation %s is advertised and not tested", o.Name)
		return
	}
	if o.Get == nil && o.Post == nil {
		r.Errorf("%s is asked nowhere", o.Name)
	}
	if o.Get != nil {
		r.get(append([]string{"request", o.Name}, pairs[o.Name]...)...)
	}
	if o.Name == "Harvest" { // of what it serves itself: an answer of 3.0.0 is the record alone
		elements[o.Name] = strings.Replace(elements[o.Name], "version=2.0.2", "version=3.0.0", 1)
	}
	if o.Post != nil {
		r.post(o.Name, "", elements[o.Name])
		enveloped := `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>` + r.element(o.Name, "", elements[o.Name]) + `</e:Body></e:Envelope>`
		if text := r.send(enveloped, "application/soap+xml"); !strings.Contains(text, "Envelope") {
			r.Errorf("%s by SOAP: %s", o.Name, text)
		}
	}
}

// parameter asks for an operation with a value of one of its parameters.
func (r *reader) parameter(operation, name, value string) {
	base := map[string][]string{
		"GetRecords": {"request", "GetRecords", "typeNames", "csw:Record", "resultType", "results"}, "GetRecordById": {"request", "GetRecordById", "id", "S2_1"},
		"GetCapabilities": {"request", "GetCapabilities"}, "DescribeRecord": {"request", "DescribeRecord"}, "GetDomain": {"request", "GetDomain"},
	}
	switch {
	case name == "CONSTRAINTLANGUAGE":
		constraint := map[string]string{"CQL_TEXT": "dc:title LIKE '%'", "FILTER": r.not("")}[value]
		r.get(append(base[operation], name, value, "constraint", constraint)...)
	case operation == "GetDomain":
		if text := r.get("request", "GetDomain", "parameterName", value); !strings.Contains(text, "<csw:Value") {
			r.Errorf("the parameter %s has no values: %s", value, text)
		}
	case name == "ResourceType":
		response, err := http.Post(r.URL+"/csw", "application/xml", strings.NewReader(r.element("Harvest", "", "<csw:Source>"+r.URL+"/nothing</csw:Source><csw:ResourceType>"+value+"</csw:ResourceType>")))
		if err != nil {
			r.Fatal(err)
		}
		defer response.Body.Close()
		if text, _ := io.ReadAll(response.Body); !strings.Contains(string(text), `locator="source"`) || strings.Contains(string(text), "resourceType") {
			r.Errorf("%s is not read: %s", value, text)
		}
	case name == "TransactionSchemas": // r.schemas writes what is read
	case base[operation] == nil:
		r.Errorf("the parameter %s.%s is advertised and not tested", operation, name)
	case name == "sections":
		text := r.get(append(base[operation], name, value)...)
		if value != "All" && !strings.Contains(text, ":"+value) {
			r.Errorf("the section %s is not in %s", value, text)
		}
	default:
		r.get(append(base[operation], name, value)...)
	}
}

// schemas asks for records of every format in every schema, set and format of answers, and writes what it got.
func (r *reader) schemas() {
	domains := map[string][]string{}
	for _, o := range r.capabilities.Operations {
		for _, p := range o.Parameters {
			domains[o.Name+"."+p.Name] = p.all()
		}
	}
	for _, name := range []string{"outputSchema", "ElementSetName", "outputFormat"} {
		if len(domains["GetRecords."+name]) < 2 || !slices.Equal(domains["GetRecords."+name], domains["GetRecordById."+name]) {
			r.Errorf("%s: %q and %q", name, domains["GetRecords."+name], domains["GetRecordById."+name])
		}
	}
	for _, schema := range domains["GetRecords.outputSchema"] {
		for _, set := range domains["GetRecords.ElementSetName"] {
			for _, format := range domains["GetRecords.outputFormat"] {
				r.get("request", "GetRecords", "typeNames", "csw:Record", "resultType", "results", "outputSchema", schema, "elementSetName", set, "outputFormat", format, "maxRecords", "50")
			}
		}
		for _, id := range []string{"S2_1", "iso19139", "dif"} {
			text := r.get("request", "GetRecordById", "id", id, "outputSchema", schema, "elementSetName", "full")
			if of := metadata.Of([]byte(recordOf(text))); of == nil || of.Namespace != schema {
				r.Errorf("%s as %s: %s", id, schema, text)
			}
			if !slices.Contains(domains["Transaction.TransactionSchemas"], schema) {
				r.Errorf("%s is answered and not taken", schema)
			}
			if id != "S2_1" { // an item stays one of STAC
				r.written(recordOf(text))
			}
		}
	}
}

// recordOf is the record of an answer to GetRecordById.
func recordOf(text string) string {
	_, body, _ := strings.Cut(text, "?>")
	if body = strings.TrimSpace(body); strings.HasPrefix(body, "<csw:GetRecordByIdResponse") {
		return strings.TrimSpace(strings.TrimSuffix(body[strings.Index(body, ">")+1:], "</csw:GetRecordByIdResponse>"))
	}
	return body
}

// written sends a record that was read to take its own place.
func (r *reader) written(document string) {
	if answer := r.post("Transaction", `xmlns:dct="http://purl.org/dc/terms/"`, "<csw:Update>"+document+"</csw:Update>"); !strings.Contains(answer, "totalUpdated>1<") {
		r.Errorf("%s", answer)
	}
}

// isNull is the condition that a property is null, in the language of the version.
func (r *reader) isNull(name string) string {
	if r.capabilities.Version == "2.0.2" {
		return "<ogc:PropertyIsNull><ogc:PropertyName>" + name + "</ogc:PropertyName></ogc:PropertyIsNull>"
	}
	return "<fes:PropertyIsNull><fes:ValueReference>" + name + "</fes:ValueReference></fes:PropertyIsNull>"
}

// filter puts a condition into the element of the version.
func (r *reader) filter(condition string) string {
	if r.capabilities.Version == "2.0.2" {
		return "<ogc:Filter>" + condition + "</ogc:Filter>"
	}
	return "<fes:Filter>" + condition + "</fes:Filter>"
}

// not is a filter of the contrary of a condition, and without one of all that have a title.
func (r *reader) not(condition string) string {
	if condition == "" {
		condition = r.isNull("dc:title")
	}
	prefix := "fes"
	if r.capabilities.Version == "2.0.2" {
		prefix = "ogc"
	}
	text := r.filter("<" + prefix + ":Not>" + condition + "</" + prefix + ":Not>")
	return strings.Replace(text, ":Filter>", `:Filter xmlns:ogc="http://www.opengis.net/ogc" xmlns:fes="http://www.opengis.net/fes/2.0">`, 1)
}

// queryables asks by every queryable: what has it and what has it not are all records, they are sorted by it both ways, and it has a domain.
func (r *reader) queryables() {
	seen := map[string]bool{}
	lists := r.capabilities.Constraints
	for _, o := range r.capabilities.Operations {
		lists = append(lists, o.Constraints...)
	}
	for _, list := range lists {
		if !strings.HasSuffix(list.Name, "Queryables") || list.Name == "XPathQueryables" {
			continue
		}
		for _, name := range list.all() {
			seen[name] = true
			r.queryable(name)
		}
	}
	if want := map[string]int{"2.0.2": 70, "3.0.0": 18}[r.capabilities.Version]; len(seen) < want {
		r.Errorf("%d queryables are advertised", len(seen))
	}
}

func (r *reader) queryable(name string) {
	r.get("request", "GetDomain", "propertyName", name)
	if strings.HasSuffix(name, "AnyText") {
		if n := r.count("<csw:CqlText>" + name + " LIKE '%scene%'</csw:CqlText>"); n < 5 {
			r.Errorf("%s finds %d", name, n)
		}
		return
	}
	none, some := r.count(r.filter(r.isNull(name))), r.count(r.not(r.isNull(name)))
	if none+some != r.total {
		r.Errorf("%s: %d have none, %d have some, of %d", name, none, some, r.total)
	}
	reference := map[string]string{"2.0.2": "ogc:PropertyName", "3.0.0": "fes:ValueReference"}[r.capabilities.Version]
	prefix, _, _ := strings.Cut(reference, ":")
	by := func(order string) []string {
		_, ids := r.found("", fmt.Sprintf("<%[1]s:SortBy><%[1]s:SortProperty><%[2]s>%[3]s</%[2]s><%[1]s:SortOrder>%[4]s</%[1]s:SortOrder></%[1]s:SortProperty></%[1]s:SortBy>", prefix, reference, name, order))
		return ids
	}
	up, down := by("ASC"), by("DESC")
	slices.Reverse(down)
	if strings.HasSuffix(name, "BoundingBox") { // those of one area are by their identifiers both ways
		slices.Sort(up)
		slices.Sort(down)
	}
	if len(up) != r.total || !slices.Equal(up, down) {
		r.Errorf("sorted by %s: %v, and backwards %v", name, up, down)
	}
}

// filters asks by every operator with every operand, and by every function.
func (r *reader) filters() {
	two := r.capabilities.Version == "2.0.2"
	prefix, reference := "fes", "fes:ValueReference"
	if two {
		prefix, reference = "ogc", "ogc:PropertyName"
	}
	property := func(name string) string { return "<" + reference + ">" + name + "</" + reference + ">" }
	literal := func(value string) string { return "<" + prefix + ":Literal>" + value + "</" + prefix + ":Literal>" }
	ids := map[string]string{
		"Between": "PropertyIsBetween", "EqualTo": "PropertyIsEqualTo", "GreaterThan": "PropertyIsGreaterThan", "GreaterThanEqualTo": "PropertyIsGreaterThanOrEqualTo", "LessThan": "PropertyIsLessThan",
		"LessThanEqualTo": "PropertyIsLessThanOrEqualTo", "Like": "PropertyIsLike", "NotEqualTo": "PropertyIsNotEqualTo", "NullCheck": "PropertyIsNull",
	}
	want := map[string]int{
		"PropertyIsBetween": 2, "PropertyIsEqualTo": 1, "PropertyIsGreaterThan": 3, "PropertyIsGreaterThanOrEqualTo": 4, "PropertyIsLessThan": 1, "PropertyIsLessThanOrEqualTo": 2, "PropertyIsLike": 5,
		"PropertyIsNotEqualTo": 4, "PropertyIsNull": 1, "PropertyIsNil": 1,
	}
	like := func(name, text string) string {
		return fmt.Sprintf(`<%[1]s:PropertyIsLike wildCard="*" singleChar="?" escapeChar="\">%[2]s%[3]s</%[1]s:PropertyIsLike>`, prefix, property(name), literal(text))
	}
	for _, c := range r.capabilities.Comparisons {
		name := c.String()
		if long, known := ids[name]; known {
			name = long
		}
		attributes, inside := "", property("eo:cloud_cover")+literal("10")
		switch name {
		case "PropertyIsBetween":
			inside = property("eo:cloud_cover") + "<" + prefix + ":LowerBoundary>" + literal("10") + "</" + prefix + ":LowerBoundary><" + prefix + ":UpperBoundary>" + literal("20") + "</" + prefix + ":UpperBoundary>"
		case "PropertyIsLike":
			attributes, inside = ` wildCard="*" singleChar="?" escapeChar="\"`, property("dc:title")+literal("Scene *")
		case "PropertyIsNull", "PropertyIsNil":
			inside = property("eo:cloud_cover")
		}
		condition := fmt.Sprintf("<%[1]s:%[2]s%[3]s>%[4]s</%[1]s:%[2]s>", prefix, name, attributes, inside)
		r.wants(name, want, r.count(r.filter("<"+prefix+":And>"+condition+like("dc:identifier", "S2*")+"</"+prefix+":And>")))
	}
	for _, f := range append(r.capabilities.Functions, r.capabilities.Functions2...) {
		called := `<` + prefix + `:Function name="` + f.String() + `">` + property("dc:title") + `</` + prefix + `:Function>`
		value := map[string]string{"length": "7", "lower": "scene 3", "upper": "SCENE 3", "trim": "Scene 3", "ltrim": "Scene 3", "rtrim": "Scene 3"}[f.String()]
		if n := r.count(r.filter("<" + prefix + ":PropertyIsEqualTo>" + called + literal(value) + "</" + prefix + ":PropertyIsEqualTo>")); n < 1 || value == "" {
			r.Errorf("the function %s finds %d", f, n)
		}
	}
	for operator, result := range map[string]string{"Add": "40", "Sub": "20", "Mul": "300", "Div": "3"} {
		if r.capabilities.Arithmetic == nil {
			break
		}
		calculated := "<ogc:" + operator + ">" + property("eo:cloud_cover") + literal("10") + "</ogc:" + operator + ">"
		if n := r.count(r.filter("<ogc:And><ogc:PropertyIsEqualTo>" + calculated + literal(result) + "</ogc:PropertyIsEqualTo>" + like("dc:identifier", "S2_*") + "</ogc:And>")); n != 1 {
			r.Errorf("%s finds %d", operator, n)
		}
	}
	r.spatial(prefix, property("ows:BoundingBox"))
	r.temporal(property("dc:date"))
	if n := r.count(r.filter(map[bool]string{true: `<ogc:FeatureId fid="S2_1"/>`, false: `<fes:ResourceId rid="S2_1"/>`}[two])); n != 1 {
		r.Errorf("by identifier: %d", n)
	}
	for _, logical := range []string{"And", "Or"} {
		both := fmt.Sprintf("<%[1]s:%[2]s>%[3]s%[4]s</%[1]s:%[2]s>", prefix, logical, like("dc:identifier", "S2_*"), like("dc:title", "Scene 3"))
		if n := r.count(r.filter(both)); n != map[string]int{"And": 1, "Or": 5}[logical] {
			r.Errorf("%s: %d", logical, n)
		}
	}
}

func (r *reader) wants(name string, want map[string]int, got int) {
	r.Helper()
	if expected, known := want[name]; !known || got != expected {
		r.Errorf("%s finds %d, want %d", name, got, expected)
	}
}

// spatial asks by every spatial operator with every geometry. What fulfils a condition and what fulfils its contrary are all records.
func (r *reader) spatial(prefix, property string) {
	geometries := map[string]string{
		"Point":      `<gml:Point srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:pos>12 42</gml:pos></gml:Point>`,
		"LineString": `<gml:LineString srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:posList>8 42 12 42 18 42</gml:posList></gml:LineString>`,
		"Polygon":    `<gml:Polygon srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:exterior><gml:LinearRing><gml:posList>10 40 15 40 15 45 10 45 10 40</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>`,
		"Envelope":   `<gml:Envelope srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:lowerCorner>10 40</gml:lowerCorner><gml:upperCorner>15 45</gml:upperCorner></gml:Envelope>`,
	}
	distance := map[string]string{"ogc": `<ogc:Distance units="m">1000</ogc:Distance>`, "fes": `<fes:Distance uom="m">1000</fes:Distance>`}[prefix]
	for _, s := range r.capabilities.Spatials {
		hits := 0
		for _, operand := range r.capabilities.Operands {
			space, local, _ := strings.Cut(operand.String(), ":")
			geometry := strings.ReplaceAll(geometries[local], "gml:", space+":")
			if geometry == "" {
				r.Errorf("the operand %s is advertised and not tested", operand)
			}
			if s.String() == "BBOX" && local != "Envelope" { // which is all that it takes (04-095, clause 9; 09-026r2, clause 7.8.3.2)
				continue
			}
			further := ""
			if s.String() == "DWithin" || s.String() == "Beyond" {
				further = distance
			}
			condition := fmt.Sprintf("<%[1]s:%[2]s>%[3]s%[4]s%[5]s</%[1]s:%[2]s>", prefix, s, property, geometry, further)
			found, others := r.count(r.filter(condition)), r.count(r.not(condition))
			if found+others != r.total {
				r.Errorf("%s of %s: %d fulfil it and %d do not, of %d", s, operand, found, others, r.total)
			}
			hits += found
		}
		if hits == 0 && s.String() != "Touches" && s.String() != "Overlaps" {
			r.Errorf("%s finds nothing by any geometry", s)
		}
	}
}

// temporal asks by every temporal operator with every operand.
func (r *reader) temporal(property string) {
	times := map[string]string{
		"TimeInstant": `<gml32:TimeInstant gml32:id="t"><gml32:timePosition>2026-06-03T00:00:00Z</gml32:timePosition></gml32:TimeInstant>`,
		"TimePeriod":  `<gml32:TimePeriod gml32:id="t"><gml32:beginPosition>2026-06-01T12:00:00Z</gml32:beginPosition><gml32:endPosition>2026-06-04T12:00:00Z</gml32:endPosition></gml32:TimePeriod>`,
	}
	most := map[string]int{}
	for _, operator := range r.capabilities.Temporals {
		for _, operand := range r.capabilities.Times {
			_, local, _ := strings.Cut(operand.String(), ":")
			if times[local] == "" {
				r.Errorf("the operand %s is advertised and not tested", operand)
			}
			n := r.count(r.filter(fmt.Sprintf("<fes:%[1]s>%[2]s%[3]s</fes:%[1]s>", operator, property, times[local])))
			most[operator.String()] = max(most[operator.String()], n)
		}
	}
	for _, sure := range []string{"After", "Before", "During", "TEquals"} {
		if len(most) > 0 && most[sure] == 0 {
			r.Errorf("%s finds nothing", sure)
		}
	}
}

// common asks by what capabilities say of all operations.
func (r *reader) common() {
	known := []string{"MaxRecordDefault", "PostEncoding", "XPathQueryables", "CoreQueryables", "OpenSearchDescriptionDocument", "SupportedDublinCoreQueryables", "SupportedISOQueryables", "AdditionalQueryables"}
	lists := r.capabilities.Constraints
	for _, o := range r.capabilities.Operations {
		lists = append(lists, o.Constraints...)
	}
	for _, c := range lists {
		switch {
		case c.Name == "MaxRecordDefault":
			var a answer
			if err := xml.Unmarshal([]byte(r.get("request", "GetRecords", "typeNames", "csw:Record", "resultType", "results", "elementSetName", "brief")), &a); err != nil || fmt.Sprint(len(a.Results.Records)) != c.all()[0] {
				r.Errorf("%v: %d records, and %s are told", err, len(a.Results.Records), c.all()[0])
			}
		case c.Name == "OpenSearchDescriptionDocument":
			response, err := http.Get(c.all()[0])
			if text := r.answered(c.all()[0], response, err); !strings.Contains(text, "<OpenSearchDescription") {
				r.Errorf("%s", text)
			}
		case c.Name == "XPathQueryables":
			if n := r.count(r.filter(r.isNull("/csw:Record/dc:title"))); n == r.total {
				r.Errorf("nothing has a title by its path")
			}
		case strings.Contains(c.Name, "/conf/"):
			r.conforms(c.Name, c.all()[0])
		case !slices.Contains(known, c.Name):
			r.Errorf("the constraint %s is advertised and not tested", c.Name)
		}
	}
	for _, p := range r.capabilities.Parameters {
		for _, value := range p.all() {
			r.get(p.Name, value, "request", "GetCapabilities")
		}
	}
	for _, language := range r.capabilities.Languages {
		r.get("request", "GetCapabilities", "acceptLanguages", language)
	}
}

// conforms asks for what a class of conformance of 3.0.0 promises by pairs, where no other question does.
func (r *reader) conforms(class, value string) {
	if value != "TRUE" {
		return
	}
	_, name, _ := strings.Cut(class, "/conf/")
	base := []string{"request", "GetRecords", "typeNames", "csw:Record"}
	switch name {
	case "OpenSearch":
		for _, pairs := range [][]string{{"q", "scene"}, {"bbox", "9,39,16,46"}, {"recordIds", "S2_1"}, {"time", "2026-06-02/2026-06-03"}, {"geometry", "POINT(12 42)"}, {"lat", "42", "lon", "12", "radius", "1000"}} {
			if text := r.get(append(base, pairs...)...); strings.Contains(text, `numberOfRecordsMatched="0"`) {
				r.Errorf("%v finds nothing", pairs)
			}
		}
	case "GetRecords-Async-KVP":
		r.get(append(base, "responseHandler", r.URL+"/nothing")...)
	case "Filter-FES-KVP-Advanced":
		r.get(append(base, "constraintLanguage", "FILTER", "constraint", r.not(""))...)
	case "GetDomain-KVP":
		r.get("request", "GetDomain", "valueReference", "dc:type")
	}
}
