package csw

import (
	"encoding/xml"
	"slices"
	"strings"

	"perigee/shared/ebrim"
	"perigee/shared/iso19115p3"
	"perigee/shared/ows"
)

// schemaLanguages are the names by which clients ask for W3C XML Schema; the first is that of the standard.
var schemaLanguages = []string{"http://www.w3.org/XML/Schema", "http://www.w3.org/2001/XMLSchema", "http://www.w3.org/TR/xmlschema-1/", "XMLSCHEMA"}

// maxTypes bounds how many types one request may name.
const maxTypes = 100

// parseDescribe reads a DescribeRecord request (07-006r1, clause 10.6) for the types, qualified names of which none stand for all;
// everything that is wrong is noted in p.
func parseDescribe(p *ows.Params, types []string) []string {
	p.Choice("outputFormat", mediaXML, mediaXML, mediaText, mediaJSON)
	p.Choice("schemaLanguage", schemaLanguages[0], schemaLanguages...)
	if len(types) > maxTypes {
		p.Fail(ows.Invalid("TypeName", "more than %d types at once", maxTypes))
		types = nil
	}
	for i, name := range types {
		types[i] = strings.TrimSpace(name)
		if _, _, qualified := strings.Cut(types[i], ":"); !qualified {
			p.Fail(ows.Invalid("TypeName", "%q has no prefix of a namespace: a type is csw:Record, for instance", name))
		}
	}
	return types
}

// describeRecordXML is csw:DescribeRecord (http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd).
type describeRecordXML struct {
	OutputFormat   string   `xml:"outputFormat,attr"`
	SchemaLanguage string   `xml:"schemaLanguage,attr"`
	Types          []string `xml:"TypeName"`
}

// describeRecord does DescribeRecord.
func (h handler) describeRecord(q *request) (ows.Document, error) {
	var types []string
	if q.body != nil {
		var x describeRecordXML
		q.p.Fail(ows.DecodeXML(q.body, &x))
		kvp := ows.NewParams(map[string][]string{"outputFormat": {x.OutputFormat}, "schemaLanguage": {x.SchemaLanguage}})
		types = parseDescribe(kvp, x.Types)
		q.p.Fail(kvp.Err())
	} else {
		types = parseDescribe(q.p, q.p.List("typeName"))
	}
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	return document(newDescribeRecordResponse(types))
}

// describeRecordResponse is csw:DescribeRecordResponse (07-006r1, clause 10.6.4). A type that there is not has no
// component.
type describeRecordResponse struct {
	XMLName    xml.Name          `xml:"csw:DescribeRecordResponse"`
	Root       []xml.Attr        `xml:",any,attr"`
	Components []schemaComponent `xml:"csw:SchemaComponent"`
}

// schemaComponent holds the schema of a type, which builds upon the published one.
type schemaComponent struct {
	Language  string   `xml:"schemaLanguage,attr"`
	Namespace string   `xml:"targetNamespace,attr"`
	Schema    xsSchema `xml:"xs:schema"`
}

type xsSchema struct {
	XS        string    `xml:"xmlns:xs,attr"`
	Namespace string    `xml:"targetNamespace,attr"`
	Form      string    `xml:"elementFormDefault,attr"`
	Include   xsInclude `xml:"xs:include"`
}

type xsInclude struct {
	Location string `xml:"schemaLocation,attr"`
}

// components are the published schemas of the types of records, each a namespace.
var components = []struct{ typeName, namespace, location string }{
	{"csw:Record", Namespace2, "http://schemas.opengis.net/csw/2.0.2/record.xsd"},
	{"gmd:MD_Metadata", "http://www.isotc211.org/2005/gmd", "http://schemas.opengis.net/iso/19139/20070417/gmd/gmd.xsd"},
	{"gmd:MD_Metadata", "http://www.isotc211.org/2005/srv", "http://schemas.opengis.net/iso/19139/20070417/srv/1.0/srv.xsd"},
	{"mdb:MD_Metadata", iso19115p3.Namespace, "https://schemas.isotc211.org/19115/-3/mdb/2.0/mdb.xsd"},
	{"rim:RegistryObject", ebrim.Namespace, "http://docs.oasis-open.org/regrep/v3.0/schema/rim.xsd"},
}

func newDescribeRecordResponse(types []string) describeRecordResponse {
	r := describeRecordResponse{Root: csw2.answer("DescribeRecord")}
	offered := describedTypes()
	for _, c := range components {
		if slices.Contains(offered, c.typeName) && (len(types) == 0 || describes(types, c.typeName)) {
			r.Components = append(r.Components, schemaComponent{
				Language: "XMLSCHEMA", Namespace: c.namespace,
				Schema: xsSchema{XS: "http://www.w3.org/2001/XMLSchema", Namespace: c.namespace, Form: "qualified", Include: xsInclude{c.location}},
			})
		}
	}
	return r
}

// describedTypes are the types of records that are described.
func describedTypes() []string {
	return []string{"csw:Record", "gmd:MD_Metadata", "mdb:MD_Metadata", "rim:RegistryObject"}
}

// describes tells whether a type is among those that are asked for, by its prefix, or by another that stands for no other type here.
func describes(types []string, typeName string) bool {
	prefix, local, _ := strings.Cut(typeName, ":")
	return slices.ContainsFunc(types, func(name string) bool {
		p, l, _ := strings.Cut(name, ":")
		return l == local && (p == prefix || !slices.ContainsFunc(describedTypes(), func(t string) bool { return strings.HasPrefix(t, p+":") }))
	})
}
