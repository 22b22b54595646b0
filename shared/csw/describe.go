package csw

import (
	"encoding/xml"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/ows"
)

// describeRecord is a DescribeRecord request (07-006r1, clause 10.6).
type describeRecord struct {
	Types []string // qualified names; none stand for all
}

// schemaLanguages are the names by which clients ask for W3C XML Schema; the first is that of the standard.
var schemaLanguages = []string{"http://www.w3.org/XML/Schema", "http://www.w3.org/2001/XMLSchema", "http://www.w3.org/TR/xmlschema-1/", "XMLSCHEMA"}

// maxTypes bounds how many types one request may name.
const maxTypes = 100

// parseDescribe reads a DescribeRecord request for the types; everything that is wrong is noted in p.
func parseDescribe(p *ows.Params, types []string) describeRecord {
	p.Choice("outputFormat", outputFormats[0], outputFormats...)
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
	return describeRecord{types}
}

// describeRecordXML is csw:DescribeRecord (http://schemas.opengis.net/csw/2.0.2/CSW-discovery.xsd).
type describeRecordXML struct {
	OutputFormat   string   `xml:"outputFormat,attr"`
	SchemaLanguage string   `xml:"schemaLanguage,attr"`
	Types          []string `xml:"TypeName"`
}

func parseDescribeXML(document []byte, p *ows.Params) describeRecord {
	var x describeRecordXML
	if err := ows.DecodeXML(document, &x); err != nil {
		p.Fail(err)
		return describeRecord{}
	}
	kvp := ows.NewParams(map[string][]string{"outputFormat": {x.OutputFormat}, "schemaLanguage": {x.SchemaLanguage}})
	q := parseDescribe(kvp, x.Types)
	p.Fail(kvp.Err())
	return q
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

func newDescribeRecordResponse(q describeRecord) describeRecordResponse {
	r := describeRecordResponse{Root: root()}
	if len(q.Types) == 0 || describes(q.Types, "Record") {
		r.Components = append(r.Components, schemaComponent{
			Language: "XMLSCHEMA", Namespace: dublincore.NamespaceCSW,
			Schema: xsSchema{
				XS: "http://www.w3.org/2001/XMLSchema", Namespace: dublincore.NamespaceCSW, Form: "qualified",
				Include: xsInclude{"http://schemas.opengis.net/csw/2.0.2/record.xsd"},
			},
		})
	}
	return r
}

// describes tells whether a type is among those that are asked for, by whatever prefix.
func describes(types []string, local string) bool {
	for _, name := range types {
		if _, l, _ := strings.Cut(name, ":"); l == local {
			return true
		}
	}
	return false
}
