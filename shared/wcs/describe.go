package wcs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// The subtypes of coverages (10-140r1 table 8, 09-146r2).
const (
	rectifiedDataset     = "RectifiedDataset"
	referenceableDataset = "ReferenceableDataset"
	rectifiedGrid        = "RectifiedGridCoverage"
	referenceableGrid    = "ReferenceableGridCoverage"
)

// subtype is what a coverage is: a dataset, with a place and a time, or a mere grid. Grids that are bent, whose places ground
// control points tell, are referenceable.
func (c Coverage) subtype() string {
	switch dataset, bent := c.dataset(), c.Grid.Bend != nil; {
	case dataset && bent:
		return referenceableDataset
	case dataset:
		return rectifiedDataset
	case bent:
		return referenceableGrid
	}
	return rectifiedGrid
}

func (c Coverage) dataset() bool { return c.Footprint != nil && !c.Time.IsZero() }

// prefixes are the namespaces of all documents of this service.
var prefixes = []string{
	"xmlns:wcs", "http://www.opengis.net/wcs/2.0", "xmlns:ows", "http://www.opengis.net/ows/2.0", "xmlns:gml", "http://www.opengis.net/gml/3.2",
	"xmlns:gmlcov", "http://www.opengis.net/gmlcov/1.0", "xmlns:swe", "http://www.opengis.net/swe/2.0", "xmlns:wcseo", "http://www.opengis.net/wcs/wcseo/1.0",
	"xmlns:eop", "http://www.opengis.net/eop/2.0", "xmlns:om", "http://www.opengis.net/om/2.0", "xmlns:crs", "http://www.opengis.net/wcs/crs/1.0",
	"xmlns:int", "http://www.opengis.net/wcs/interpolation/1.0", "xmlns:xlink", "http://www.w3.org/1999/xlink", "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
	"xsi:schemaLocation", "http://www.opengis.net/wcs/wcseo/1.0 http://schemas.opengis.net/wcs/wcseo/1.0/wcsEOAll.xsd",
}

// writer writes documents of this service.
type writer struct{ xmldoc.Writer }

// newDocument begins a document.
func newDocument() *writer {
	w := &writer{}
	w.Bytes = append(w.Bytes, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	return w
}

// describeCoverage answers DescribeCoverage (09-110r4 clause 8.3).
func (c *call) describeCoverage(ctx context.Context) ([]byte, error) {
	c.params.Version(version201, version200)
	ids := c.params.List("coverageId")
	switch {
	case len(ids) == 0 && c.params.Has("coverageId"):
		c.params.Fail(failing(EmptyCoverageIDList, "coverageId", "the list of coverages is empty"))
	case len(ids) == 0:
		c.params.Fail(ows.Missing("coverageId"))
	case len(ids) > c.config.CountDefault:
		c.params.Fail(ows.Invalid("coverageId", "%d coverages are asked for; %d are described at once", len(ids), c.config.CountDefault))
	}
	// GDAL's driver knows coverages by the subtypes of the core alone: it asks for them by a parameter in its address.
	plain := c.params.Choice("coverageSubtype", "", rectifiedGrid) != ""
	if err := c.params.Err(); err != nil {
		return nil, err
	}
	found, err := c.find(ctx, distinct(ids))
	if err != nil {
		return nil, err
	}
	w := newDocument()
	w.Open("wcs:CoverageDescriptions", prefixes...)
	for _, one := range found {
		if plain {
			one.Footprint = nil
		}
		w.coverage(one, c.config.Formats[0])
	}
	w.Close("wcs:CoverageDescriptions")
	return w.Bytes, nil
}

// distinct names each identifier once, as a document does.
func distinct(ids []string) []string {
	var all []string
	for _, id := range ids {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// find finds all of the coverages that are named.
func (c *call) find(ctx context.Context, ids []string) ([]Coverage, error) {
	found, err := c.store.Coverages(ctx, c.asked.Scope, ids)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, one := range found {
		there[one.ID] = true
	}
	for _, id := range ids {
		if !there[id] {
			c.params.Fail(failing(NoSuchCoverage, id, "there is no coverage %q", id))
		}
	}
	return found, c.params.Err()
}

// coverage writes wcs:CoverageDescription (09-110r4 clause 8.3.2).
func (w *writer) coverage(c Coverage, format string) {
	w.Open("wcs:CoverageDescription", "gml:id", c.ID)
	w.bounds(c.Grid)
	w.Element("wcs:CoverageId", c.ID)
	w.earthObservation(c, "")
	w.domain(c)
	w.ranges(c.Fields, c.Grid.DataType)
	w.Open("wcs:ServiceParameters")
	w.Element("wcs:CoverageSubtype", c.subtype())
	w.Element("wcs:nativeFormat", format)
	w.Close("wcs:ServiceParameters")
	w.Close("wcs:CoverageDescription")
}

// bounds writes the envelope of a grid.
func (w *writer) bounds(g geo.Grid) {
	b, s := g.Bounds(), systemOf(g.CRS)
	w.envelope(s, b)
}

func (w *writer) envelope(s system, b orb.Bound) {
	w.Open("gml:boundedBy")
	w.Open("gml:Envelope", "srsName", s.uri, "axisLabels", s.labels, "uomLabels", s.units, "srsDimension", "2")
	w.Element("gml:lowerCorner", s.position(b.Min[0], b.Min[1]))
	w.Element("gml:upperCorner", s.position(b.Max[0], b.Max[1]))
	w.Close("gml:Envelope")
	w.Close("gml:boundedBy")
}

// domain writes the grid of a coverage, whose points are the middles of pixels (09-146r2 clause 6).
func (w *writer) domain(c Coverage) {
	g, s := c.Grid, systemOf(c.Grid.CRS)
	name := "gml:RectifiedGrid"
	if g.Bend != nil {
		name = "gml:ReferenceableGrid"
	}
	w.Open("gml:domainSet")
	w.Open(name, "gml:id", "grid_"+c.ID, "dimension", "2")
	w.Open("gml:limits")
	w.Open("gml:GridEnvelope")
	w.Element("gml:low", "0 0")
	w.Element("gml:high", fmt.Sprintf("%d %d", g.Width-1, g.Height-1))
	w.Close("gml:GridEnvelope")
	w.Close("gml:limits")
	w.Element("gml:axisLabels", s.labels)
	if g.Bend == nil {
		x, y := g.World(.5, .5)
		w.Open("gml:origin")
		w.Open("gml:Point", "gml:id", "origin_"+c.ID, "srsName", s.uri)
		w.Element("gml:pos", s.position(x, y))
		w.Close("gml:Point")
		w.Close("gml:origin")
		w.Element("gml:offsetVector", s.position(g.Transform[1], g.Transform[4]), "srsName", s.uri)
		w.Element("gml:offsetVector", s.position(g.Transform[2], g.Transform[5]), "srsName", s.uri)
	}
	w.Close(name)
	w.Close("gml:domainSet")
}

// values are the least and the greatest whole number of a type of samples, and its digits.
var values = map[string][3]string{
	"Byte": {"0", "255", "3"}, "Int8": {"-128", "127", "3"}, "UInt16": {"0", "65535", "5"}, "Int16": {"-32768", "32767", "5"},
	"UInt32": {"0", "4294967295", "10"}, "Int32": {"-2147483648", "2147483647", "10"},
}

// ranges writes what the values of a coverage are (08-094r1 clause 7).
func (w *writer) ranges(fields []Field, dataType string) {
	w.Open("gmlcov:rangeType")
	w.Open("swe:DataRecord")
	for _, f := range fields {
		w.Open("swe:field", "name", Identifier(f.Name))
		w.Open("swe:Quantity")
		if f.Description != "" {
			w.Element("swe:description", f.Description)
		}
		if f.NoData != nil {
			w.Open("swe:nilValues")
			w.Open("swe:NilValues")
			w.Element("swe:nilValue", number(*f.NoData), "reason", "http://www.opengis.net/def/nil/OGC/0/unknown")
			w.Close("swe:NilValues")
			w.Close("swe:nilValues")
		}
		w.Empty("swe:uom", "code", "1")
		if span, whole := values[dataType]; whole {
			w.Open("swe:constraint")
			w.Open("swe:AllowedValues")
			w.Element("swe:interval", span[0]+" "+span[1])
			w.Element("swe:significantFigures", span[2])
			w.Close("swe:AllowedValues")
			w.Close("swe:constraint")
		}
		w.Close("swe:Quantity")
		w.Close("swe:field")
	}
	w.Close("swe:DataRecord")
	w.Close("gmlcov:rangeType")
}

// earthObservation writes what a dataset shows, and when (10-140r1 clause 6.2, 10-157r4): for a part that was taken out of it, with
// the request by which it was.
func (w *writer) earthObservation(c Coverage, request string) {
	if !c.dataset() {
		return
	}
	w.Open("gmlcov:metadata")
	w.Open("gmlcov:Extension")
	w.Open("wcseo:EOMetadata")
	w.Open("eop:EarthObservation", "gml:id", "eop_"+c.ID)
	w.Open("om:phenomenonTime")
	w.period("phenomenon_"+c.ID, c.Time)
	w.Close("om:phenomenonTime")
	w.Open("om:resultTime")
	w.Open("gml:TimeInstant", "gml:id", "result_"+c.ID)
	w.Element("gml:timePosition", ends(c.Time)[1])
	w.Close("gml:TimeInstant")
	w.Close("om:resultTime")
	w.Empty("om:procedure")
	w.Empty("om:observedProperty")
	w.Open("om:featureOfInterest")
	w.footprint(c.ID, c.Footprint)
	w.Close("om:featureOfInterest")
	w.Empty("om:result")
	w.Open("eop:metaDataProperty")
	w.Open("eop:EarthObservationMetaData")
	w.Element("eop:identifier", c.ID)
	if c.Product != "" {
		w.Element("eop:parentIdentifier", c.Product)
	}
	w.Element("eop:acquisitionType", "NOMINAL")
	w.Element("eop:status", "ARCHIVED")
	w.Close("eop:EarthObservationMetaData")
	w.Close("eop:metaDataProperty")
	w.Close("eop:EarthObservation")
	if request != "" {
		w.Open("wcseo:lineage")
		w.Open("wcseo:referenceGetCoverage")
		w.Empty("ows:Reference", "xlink:href", request)
		w.Close("wcseo:referenceGetCoverage")
		w.Close("wcseo:lineage")
	}
	w.Close("wcseo:EOMetadata")
	w.Close("gmlcov:Extension")
	w.Close("gmlcov:metadata")
}

// period writes a time. An end that is not known is indeterminate.
func (w *writer) period(id string, i record.Interval) {
	w.Open("gml:TimePeriod", "gml:id", id)
	for k, name := range []string{"gml:beginPosition", "gml:endPosition"} {
		if text := ends(i)[k]; text != "" {
			w.Element(name, text)
		} else {
			w.Empty(name, "indeterminatePosition", "unknown")
		}
	}
	w.Close("gml:TimePeriod")
}

// ends are the begin and the end of a time; one that is open is as the other.
func ends(i record.Interval) [2]string {
	if i.Start.IsZero() {
		i.Start = i.End
	}
	if i.End.IsZero() {
		i.End = i.Start
	}
	if i.IsZero() {
		return [2]string{}
	}
	return [2]string{record.Instant(i.Start), record.Instant(i.End)}
}

// footprint writes polygons in latitude and longitude.
func (w *writer) footprint(id string, g orb.Geometry) {
	w.Open("eop:Footprint", "gml:id", "footprint_"+id)
	w.Open("eop:multiExtentOf")
	w.Open("gml:MultiSurface", "gml:id", "surfaces_"+id, "srsName", geo.WGS84.URI())
	for i, polygon := range polygonsOf(g) {
		w.Open("gml:surfaceMember")
		w.Open("gml:Polygon", "gml:id", "polygon_"+id+"_"+strconv.Itoa(i+1))
		for k, ring := range polygon {
			side := "gml:exterior"
			if k > 0 {
				side = "gml:interior"
			}
			w.Open(side)
			w.Open("gml:LinearRing")
			w.Element("gml:posList", positions(ring))
			w.Close("gml:LinearRing")
			w.Close(side)
		}
		w.Close("gml:Polygon")
		w.Close("gml:surfaceMember")
	}
	w.Close("gml:MultiSurface")
	w.Close("eop:multiExtentOf")
	w.Close("eop:Footprint")
}

func polygonsOf(g orb.Geometry) []orb.Polygon {
	switch g := g.(type) {
	case orb.Polygon:
		return []orb.Polygon{g}
	case orb.MultiPolygon:
		return g
	case orb.Collection:
		var all []orb.Polygon
		for _, one := range g {
			all = append(all, polygonsOf(one)...)
		}
		return all
	case nil:
		return nil
	}
	return []orb.Polygon{g.Bound().ToPolygon()}
}

// positions writes the latitudes and longitudes of a ring.
func positions(ring orb.Ring) string {
	var b strings.Builder
	for i, p := range ring {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(number(p[1]) + " " + number(p[0]))
	}
	return b.String()
}

func number(v float64) string { return xmldoc.Number(v) }
