package csw

// filterCapabilities is ogc:Filter_Capabilities (04-095, clause 17).
type filterCapabilities struct {
	Operands   []string       `xml:"ogc:Spatial_Capabilities>ogc:GeometryOperands>ogc:GeometryOperand"`
	Spatial    []named        `xml:"ogc:Spatial_Capabilities>ogc:SpatialOperators>ogc:SpatialOperator"`
	Logical    struct{}       `xml:"ogc:Scalar_Capabilities>ogc:LogicalOperators"`
	Comparison []string       `xml:"ogc:Scalar_Capabilities>ogc:ComparisonOperators>ogc:ComparisonOperator"`
	Simple     struct{}       `xml:"ogc:Scalar_Capabilities>ogc:ArithmeticOperators>ogc:SimpleArithmetic"`
	Functions  []functionName `xml:"ogc:Scalar_Capabilities>ogc:ArithmeticOperators>ogc:Functions>ogc:FunctionNames>ogc:FunctionName"`
	EID        struct{}       `xml:"ogc:Id_Capabilities>ogc:EID"`
	FID        struct{}       `xml:"ogc:Id_Capabilities>ogc:FID"`
}

type named struct {
	Name string `xml:"name,attr"`
}

type functionName struct {
	Arguments int    `xml:"nArgs,attr"`
	Name      string `xml:",chardata"`
}

// filterCapabilities2 is fes:Filter_Capabilities (09-026r2, clause 7.13).
type filterCapabilities2 struct {
	Conformance []conforms `xml:"fes:Conformance>fes:Constraint"`
	IDs         []named    `xml:"fes:Id_Capabilities>fes:ResourceIdentifier"`
	Logical     struct{}   `xml:"fes:Scalar_Capabilities>fes:LogicalOperators"`
	Comparison  []named    `xml:"fes:Scalar_Capabilities>fes:ComparisonOperators>fes:ComparisonOperator"`
	Operands    []named    `xml:"fes:Spatial_Capabilities>fes:GeometryOperands>fes:GeometryOperand"`
	Spatial     []named    `xml:"fes:Spatial_Capabilities>fes:SpatialOperators>fes:SpatialOperator"`
	Times       []named    `xml:"fes:Temporal_Capabilities>fes:TemporalOperands>fes:TemporalOperand"`
	Temporal    []named    `xml:"fes:Temporal_Capabilities>fes:TemporalOperators>fes:TemporalOperator"`
	Functions   []function `xml:"fes:Functions>fes:Function"`
}

// conforms says whether a conformance class of Filter Encoding is fulfilled.
type conforms struct {
	Name    string   `xml:"name,attr"`
	None    struct{} `xml:"ows11:NoValues"`
	Default string   `xml:"ows11:DefaultValue"`
}

type function struct {
	Name      string     `xml:"name,attr"`
	Returns   string     `xml:"fes:Returns"`
	Arguments []argument `xml:"fes:Arguments>fes:Argument"`
}

type argument struct {
	Name string `xml:"name,attr"`
	Type string `xml:"fes:Type"`
}

var (
	geometries    = []string{"gml:Point", "gml:LineString", "gml:Polygon", "gml:Envelope"}
	geometries32  = []string{"gml32:Point", "gml32:LineString", "gml32:Polygon", "gml32:Envelope"}
	spatial       = []string{"BBOX", "Beyond", "Contains", "Crosses", "Disjoint", "DWithin", "Equals", "Intersects", "Overlaps", "Touches", "Within"}
	textFunctions = []string{"length", "lower", "ltrim", "rtrim", "trim", "upper"}
)

func newFilterCapabilities() *filterCapabilities {
	c := &filterCapabilities{
		Operands: geometries, Spatial: namedAll(spatial),
		Comparison: []string{
			"Between", "EqualTo", "GreaterThan", "GreaterThanEqualTo", "LessThan", "LessThanEqualTo", "Like", "NotEqualTo", "NullCheck",
		},
	}
	for _, name := range textFunctions {
		c.Functions = append(c.Functions, functionName{1, name})
	}
	return c
}

func namedAll(names []string) []named {
	all := make([]named, len(names))
	for i, name := range names {
		all[i] = named{name}
	}
	return all
}

func newFilterCapabilities2() *filterCapabilities2 {
	c := &filterCapabilities2{
		IDs: []named{{"csw:id"}}, Operands: namedAll(geometries32), Spatial: namedAll(spatial),
		Comparison: namedAll([]string{
			"PropertyIsBetween", "PropertyIsEqualTo", "PropertyIsGreaterThan", "PropertyIsGreaterThanOrEqualTo", "PropertyIsLessThan",
			"PropertyIsLessThanOrEqualTo", "PropertyIsLike", "PropertyIsNil", "PropertyIsNotEqualTo", "PropertyIsNull",
		}),
		Times: namedAll([]string{"gml32:TimeInstant", "gml32:TimePeriod"}),
		Temporal: namedAll([]string{
			"After", "Before", "Begins", "BegunBy", "During", "EndedBy", "Ends", "Meets", "MetBy", "OverlappedBy", "TContains", "TEquals", "TOverlaps",
		}),
	}
	c.Conformance = []conforms{
		{Name: "ImplementsQuery", Default: "TRUE"}, {Name: "ImplementsAdHocQuery", Default: "TRUE"}, {Name: "ImplementsFunctions", Default: "TRUE"},
		{Name: "ImplementsResourceId", Default: "TRUE"}, {Name: "ImplementsMinStandardFilter", Default: "TRUE"}, {Name: "ImplementsStandardFilter", Default: "TRUE"},
		{Name: "ImplementsMinSpatialFilter", Default: "TRUE"}, {Name: "ImplementsSpatialFilter", Default: "TRUE"}, {Name: "ImplementsMinTemporalFilter", Default: "TRUE"},
		{Name: "ImplementsTemporalFilter", Default: "TRUE"}, {Name: "ImplementsVersionNav", Default: "FALSE"}, {Name: "ImplementsSorting", Default: "TRUE"},
		{Name: "ImplementsExtendedOperators", Default: "FALSE"}, {Name: "ImplementsMinimumXPath", Default: "FALSE"}, {Name: "ImplementsSchemaElementFunc", Default: "FALSE"},
	}
	for _, name := range textFunctions {
		returns := "xs:string"
		if name == "length" {
			returns = "xs:integer"
		}
		c.Functions = append(c.Functions, function{name, returns, []argument{{"text", "xs:string"}}})
	}
	return c
}
