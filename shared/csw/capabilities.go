package csw

import (
	"encoding/xml"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/ows"
)

// capabilities is csw:Capabilities (07-006r1, clause 10.2.4).
type capabilities struct {
	XMLName        xml.Name             `xml:"csw:Capabilities"`
	Root           []xml.Attr           `xml:",any,attr"`
	Identification *ows.Identification  `xml:"ows:ServiceIdentification"`
	Provider       *ows.ServiceProvider `xml:"ows:ServiceProvider"`
	Operations     *operations          `xml:"ows:OperationsMetadata"`
	Filter         filterCapabilities   `xml:"ogc:Filter_Capabilities"`
}

type operations struct {
	Operations []operation `xml:"ows:Operation"`
	Parameters []domain    `xml:"ows:Parameter"`
	Constraint []domain    `xml:"ows:Constraint"`
}

type operation struct {
	Name       string   `xml:"name,attr"`
	DCP        dcp      `xml:"ows:DCP>ows:HTTP"`
	Parameters []domain `xml:"ows:Parameter"`
	Constraint []domain `xml:"ows:Constraint"`
}

// dcp says where an operation is asked, by key-value pairs and by XML.
type dcp struct {
	Get  ows.Link  `xml:"ows:Get"`
	Post *ows.Link `xml:"ows:Post"`
}

type domain struct {
	Name   string   `xml:"name,attr"`
	Values []string `xml:"ows:Value"`
}

// filterCapabilities is ogc:Filter_Capabilities (04-095, clause 17).
type filterCapabilities struct {
	Operands   []string          `xml:"ogc:Spatial_Capabilities>ogc:GeometryOperands>ogc:GeometryOperand"`
	Spatial    []spatialOperator `xml:"ogc:Spatial_Capabilities>ogc:SpatialOperators>ogc:SpatialOperator"`
	Logical    struct{}          `xml:"ogc:Scalar_Capabilities>ogc:LogicalOperators"`
	Comparison []string          `xml:"ogc:Scalar_Capabilities>ogc:ComparisonOperators>ogc:ComparisonOperator"`
	IDs        struct {
		EID struct{} `xml:"ogc:EID"`
		FID struct{} `xml:"ogc:FID"`
	} `xml:"ogc:Id_Capabilities"`
}

type spatialOperator struct {
	Name string `xml:"name,attr"`
}

// sections are the parts of the document that a request may ask for.
var sections = []string{"ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Filter_Capabilities", "All"}

// newCapabilities describes the service at an address. Only the wanted sections are filled; none stand for all.
func newCapabilities(service ows.Service, address string, wanted []string) capabilities {
	has := func(section string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool {
			return strings.EqualFold(w, section) || strings.EqualFold(w, "All")
		})
	}
	c := capabilities{Root: root("xmlns:ogc", "http://www.opengis.net/ogc", "xmlns:gml", "http://www.opengis.net/gml", "xmlns:xlink", "http://www.w3.org/1999/xlink", "version", version), Filter: newFilterCapabilities()}
	if has("ServiceIdentification") {
		identification := service.Identification("CSW", version)
		c.Identification = &identification
	}
	if has("ServiceProvider") {
		provider := service.ServiceProvider()
		c.Provider = &provider
	}
	if has("OperationsMetadata") {
		c.Operations = newOperations(address)
	}
	return c
}

func newOperations(address string) *operations {
	at := dcp{Get: *ows.NewLink(address + "?"), Post: ows.NewLink(address)}
	output := []domain{{"outputFormat", outputFormats}, {"outputSchema", []string{dublincore.NamespaceCSW}}, {"ElementSetName", []string{dublincore.Brief, dublincore.Summary, dublincore.Full}}}
	return &operations{
		Operations: []operation{
			{Name: "GetCapabilities", DCP: at, Parameters: []domain{{"sections", sections}}},
			{Name: "DescribeRecord", DCP: at, Parameters: []domain{{"typeName", []string{"csw:Record"}}, {"outputFormat", outputFormats}, {"schemaLanguage", schemaLanguages}}},
			{Name: "GetRecords", DCP: at, Parameters: append([]domain{
				{"resultType", []string{"hits", "results"}}, {"typeNames", []string{"csw:Record"}}, {"CONSTRAINTLANGUAGE", []string{"CQL_TEXT", "FILTER"}},
			}, output...), Constraint: []domain{{"SupportedDublinCoreQueryables", advertised}}},
			{Name: "GetRecordById", DCP: at, Parameters: output},
		},
		Parameters: []domain{{"service", []string{"CSW"}}, {"version", []string{version}}},
		Constraint: []domain{{"MaxRecordDefault", []string{number(defaultRecords)}}, {"PostEncoding", []string{"XML"}}},
	}
}

func newFilterCapabilities() filterCapabilities {
	return filterCapabilities{
		Operands: []string{"gml:Envelope", "gml:Point", "gml:LineString", "gml:Polygon"},
		Spatial: []spatialOperator{
			{"BBOX"}, {"Beyond"}, {"Contains"}, {"Crosses"}, {"Disjoint"}, {"DWithin"}, {"Equals"}, {"Intersects"}, {"Overlaps"}, {"Touches"}, {"Within"},
		},
		Comparison: []string{
			"Between", "EqualTo", "GreaterThan", "GreaterThanEqualTo", "LessThan", "LessThanEqualTo", "Like", "NotEqualTo", "NullCheck",
		},
	}
}
