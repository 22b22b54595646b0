package wcs

import (
	"context"
	"encoding/xml"
	"strconv"

	"perigee/shared/fault"
	"perigee/shared/ows"
)

// profiles are the conformance classes that hold here (09-110r4 requirement 14 and those of the extensions).
var profiles = []string{
	"http://www.opengis.net/spec/WCS_application-profile_earth-observation/1.0/conf/eowcs",
	"http://www.opengis.net/spec/WCS_application-profile_earth-observation/1.0/conf/eowcs_get-kvp",
	"http://www.opengis.net/spec/WCS/2.0/conf/core",
	"http://www.opengis.net/spec/WCS_protocol-binding_get-kvp/1.0/conf/get-kvp",
	"http://www.opengis.net/spec/WCS_protocol-binding_post-xml/1.0/conf/post-xml",
	"http://www.opengis.net/spec/GMLCOV/1.0/conf/gml-coverage",
	"http://www.opengis.net/spec/GMLCOV/1.0/conf/multipart",
	"http://www.opengis.net/spec/GMLCOV/1.0/conf/special-format",
	"http://www.opengis.net/spec/GMLCOV_geotiff-coverages/1.0/conf/geotiff-coverage",
	"http://www.opengis.net/spec/WCS_geotiff-coverages/1.0/conf/geotiff-coverage",
	"http://www.opengis.net/spec/WCS_service-extension_crs/1.0/conf/crs",
	"http://www.opengis.net/spec/WCS_service-model_crs-predefined/1.0/conf/crs-predefined",
	"http://www.opengis.net/spec/WCS_service-extension_interpolation/1.0/conf/interpolation",
	"http://www.opengis.net/spec/WCS_service-extension_range-subsetting/1.0/conf/record-subsetting",
	"http://www.opengis.net/spec/WCS_service-extension_scaling/1.0/conf/scaling",
}

// The sections of capabilities (10-140r1 table 6).
var capabilitiesSections = []string{"ServiceIdentification", "ServiceProvider", "OperationsMetadata", "ServiceMetadata", "Contents", "CoverageSummary", "DatasetSeriesSummary", "Languages", "All"}

// capabilities answers GetCapabilities (09-110r4 clause 8.2, 10-140r1 clause 9.1). Conditions confine what is listed, as
// EOxServer has them: cql the coverages, which then are those of all products that it selects, datasetseriescql the series.
func (c *call) capabilities(ctx context.Context) ([]byte, error) {
	p := c.params
	p.Negotiate(version201, version200)
	has := c.sections(capabilitiesSections)
	conditions := Conditions{p.Get("cql"), p.Get("datasetseriescql")}
	known := p.Get("updateSequence")
	if err := p.Err(); err != nil {
		return nil, err
	}
	contents, err := c.store.Contents(ctx, c.asked.Scope, conditions)
	if err != nil {
		return nil, err
	}
	current, err := sequence(known, contents.Sequence)
	if err != nil {
		return nil, err
	}
	w := newDocument()
	w.Open("wcs:Capabilities", append([]string{"version", version201, "updateSequence", sequenceText(contents.Sequence)}, prefixes...)...)
	if !current {
		err = c.sectionsOf(w, has, contents)
	}
	w.Close("wcs:Capabilities")
	return w.Bytes, err
}

func sequenceText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// sequence tells whether an asker knows the present state already (06-121r9 clause 7.3.4): then there is nothing to say.
func sequence(known string, present int64) (current bool, err error) {
	if known == "" || present == 0 {
		return false, nil
	}
	n, err := strconv.ParseInt(known, 10, 64)
	if err != nil || n > present {
		return false, ows.InvalidUpdateSequence.At(fault.Invalid, "updateSequence", "the update sequence %q is not one up to the present one, %d", known, present)
	}
	return n == present, nil
}

func (c *call) sectionsOf(w *writer, has func(...string) bool, contents Contents) error {
	if has("ServiceIdentification") {
		section := c.config.Service.Identification("OGC WCS", version201, version200)
		section.Profiles = profiles
		if err := w.marshal("ows:ServiceIdentification", section); err != nil {
			return err
		}
	}
	if has("ServiceProvider") {
		if err := w.marshal("ows:ServiceProvider", c.config.Service.ServiceProvider()); err != nil {
			return err
		}
	}
	if has("OperationsMetadata") {
		w.operations(c.address(), c.config.CountDefault)
	}
	if has("ServiceMetadata") {
		w.service(c.config)
	}
	coverages, series := has("Contents", "CoverageSummary"), has("Contents", "DatasetSeriesSummary")
	if coverages || series {
		w.contents(contents, coverages, series)
	}
	return nil
}

// marshal writes a section that all services share.
func (w *writer) marshal(name string, section any) error {
	e := xml.NewEncoder(w)
	return e.EncodeElement(section, xml.StartElement{Name: xml.Name{Local: name}})
}

// Write adds bytes.
func (w *writer) Write(b []byte) (int, error) {
	w.Bytes = append(w.Bytes, b...)
	return len(b), nil
}

// operations writes how the operations are asked.
func (w *writer) operations(address string, count int) {
	w.Open("ows:OperationsMetadata")
	for _, name := range []string{"GetCapabilities", "DescribeCoverage", "GetCoverage", "DescribeEOCoverageSet"} {
		w.Open("ows:Operation", "name", name)
		w.Open("ows:DCP")
		w.Open("ows:HTTP")
		w.Empty("ows:Get", "xlink:type", "simple", "xlink:href", address)
		w.Open("ows:Post", "xlink:type", "simple", "xlink:href", address)
		w.Open("ows:Constraint", "name", "PostEncoding")
		w.Nested("ows:AllowedValues/ows:Value", "XML")
		w.Close("ows:Constraint")
		w.Close("ows:Post")
		w.Close("ows:HTTP")
		w.Close("ows:DCP")
		if name == "GetCapabilities" {
			for _, parameter := range []string{"cql", "datasetseriescql"} {
				w.Open("ows:Parameter", "name", parameter)
				w.Empty("ows:AnyValue")
				w.Close("ows:Parameter")
			}
		}
		if name == "DescribeEOCoverageSet" { // 10-140r1 table 9
			w.Open("ows:Constraint", "name", "CountDefault")
			w.Empty("ows:NoValues")
			w.Element("ows:DefaultValue", strconv.Itoa(count))
			w.Close("ows:Constraint")
		}
		w.Close("ows:Operation")
	}
	w.Close("ows:OperationsMetadata")
}

// service writes wcs:ServiceMetadata, with what the extensions add to it.
func (w *writer) service(c Config) {
	w.Open("wcs:ServiceMetadata")
	for _, format := range c.Formats {
		w.Element("wcs:formatSupported", format)
	}
	w.Open("wcs:Extension")
	w.Open("crs:CrsMetadata")
	for _, crs := range c.CRS {
		w.Element("crs:crsSupported", crs.URI())
	}
	w.Close("crs:CrsMetadata")
	w.Open("int:InterpolationMetadata")
	for _, name := range Interpolations {
		w.Element("int:InterpolationSupported", interpolationRoot+name)
	}
	w.Close("int:InterpolationMetadata")
	w.Close("wcs:Extension")
	w.Close("wcs:ServiceMetadata")
}

// contents writes wcs:Contents.
func (w *writer) contents(contents Contents, coverages, series bool) {
	w.Open("wcs:Contents")
	if coverages {
		for _, one := range contents.Coverages {
			w.Open("wcs:CoverageSummary")
			w.Element("wcs:CoverageId", one.ID)
			w.Element("wcs:CoverageSubtype", one.subtype())
			w.Close("wcs:CoverageSummary")
		}
	}
	if series && len(contents.Series) > 0 {
		w.Open("wcs:Extension")
		for _, one := range contents.Series {
			w.seriesSummary(one)
		}
		w.Close("wcs:Extension")
	}
	w.Close("wcs:Contents")
}

// seriesSummary writes wcseo:DatasetSeriesSummary. Longitude comes first in a WGS84BoundingBox (06-121r9 clause 10.2.2).
func (w *writer) seriesSummary(s Series) {
	w.Open("wcseo:DatasetSeriesSummary")
	if s.Title != "" {
		w.Element("ows:Title", s.Title)
	}
	w.Open("ows:WGS84BoundingBox")
	w.Element("ows:LowerCorner", number(s.Bounds.Min[0])+" "+number(s.Bounds.Min[1]))
	w.Element("ows:UpperCorner", number(s.Bounds.Max[0])+" "+number(s.Bounds.Max[1]))
	w.Close("ows:WGS84BoundingBox")
	w.Element("wcseo:DatasetSeriesId", s.ID)
	w.period("time_"+s.ID, s.Time)
	w.Close("wcseo:DatasetSeriesSummary")
}
