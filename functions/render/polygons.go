package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// maxMaskPoints bounds the points of a mask.
const maxMaskPoints = 500_000

// readMask reads the polygons of a file in GeoJSON or GML.
func readMask(href string, text []byte) (orb.Geometry, geo.CRS, error) {
	if strings.EqualFold(path.Ext(href), ".gml") || bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		return readGML(text)
	}
	return readGeoJSON(text)
}

// readGeoJSON reads the polygons of a GeoJSON text: of a geometry, a feature or a collection of features, in longitude
// and latitude or in the system that the old member crs names.
func readGeoJSON(text []byte) (orb.Geometry, geo.CRS, error) {
	var head struct {
		Type string `json:"type"`
		CRS  *struct {
			Properties struct {
				Name string `json:"name"`
			} `json:"properties"`
		} `json:"crs"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, 0, fault.New(fault.Invalid, "the mask is not well-formed JSON: %v", err)
	}
	var crs geo.CRS
	if head.CRS != nil {
		var err error
		if crs, err = geo.ParseCRS(head.CRS.Properties.Name); err != nil {
			return nil, 0, err
		}
	}
	geometries, err := geoJSONGeometries(head.Type, text)
	if err != nil {
		return nil, 0, fault.New(fault.Invalid, "the mask cannot be read as GeoJSON: %v", err)
	}
	var all orb.MultiPolygon
	for _, g := range geometries {
		switch g := g.(type) {
		case orb.Polygon:
			all = append(all, g)
		case orb.MultiPolygon:
			all = append(all, g...)
		}
	}
	return checkedPolygons(all, crs)
}

func geoJSONGeometries(kind string, text []byte) ([]orb.Geometry, error) {
	switch kind {
	case "FeatureCollection":
		collection, err := geojson.UnmarshalFeatureCollection(text)
		if err != nil {
			return nil, err
		}
		var all []orb.Geometry
		for _, f := range collection.Features {
			all = append(all, f.Geometry)
		}
		return all, nil
	case "Feature":
		f, err := geojson.UnmarshalFeature(text)
		if err != nil {
			return nil, err
		}
		return []orb.Geometry{f.Geometry}, nil
	}
	g, err := geojson.UnmarshalGeometry(text)
	if err != nil {
		return nil, err
	}
	return []orb.Geometry{g.Geometry()}, nil
}

// checkedPolygons refuses what is no polygon, or too many points of them.
func checkedPolygons(all orb.MultiPolygon, crs geo.CRS) (orb.Geometry, geo.CRS, error) {
	points := 0
	for _, polygon := range all {
		for _, ring := range polygon {
			points += len(ring)
			for _, p := range ring {
				if math.IsNaN(p[0]+p[1]) || math.IsInf(p[0]+p[1], 0) {
					return nil, 0, fault.New(fault.Invalid, "the mask has a point that is nowhere: %v", p)
				}
			}
		}
	}
	if points > maxMaskPoints {
		return nil, 0, fault.New(fault.Invalid, "the mask has %d points; %d can be drawn", points, maxMaskPoints)
	}
	if len(all) == 0 {
		return nil, 0, nil
	}
	return all, crs, nil
}

// readGML reads the polygons of a GML text (2, 3.1 or 3.2), such as the cloud masks of Sentinel-2. The system is the
// first that any srsName gives; its axes are taken in the authority's order where the name is a URN or a URL.
func readGML(text []byte) (orb.Geometry, geo.CRS, error) {
	r := gmlReader{decoder: xml.NewDecoder(bytes.NewReader(text)), dimension: 2}
	if err := r.read(); err != nil {
		return nil, 0, fault.New(fault.Invalid, "the mask cannot be read as GML: %v", err)
	}
	if r.swap {
		mapPoints(r.all, func(p orb.Point) orb.Point { return orb.Point{p[1], p[0]} })
	}
	return checkedPolygons(r.all, r.crs)
}

type gmlReader struct {
	decoder   *xml.Decoder
	all       orb.MultiPolygon
	crs       geo.CRS
	swap      bool
	dimension int
}

func (r *gmlReader) read() error {
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("a document type is not taken")
		case xml.StartElement:
			if err := r.start(t); err != nil {
				return err
			}
		}
	}
}

func (r *gmlReader) start(t xml.StartElement) error {
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "srsName":
			if r.crs == 0 {
				crs, err := geo.ParseCRS(a.Value)
				if err != nil {
					return err
				}
				authority := strings.HasPrefix(a.Value, "urn:") || strings.Contains(a.Value, "/def/crs/")
				r.crs, r.swap = crs, authority && crs.LatLon()
			}
		case "srsDimension":
			n, err := strconv.Atoi(a.Value)
			if err != nil || n < 2 || n > 3 {
				return errors.New("points have two or three coordinates")
			}
			r.dimension = n
		}
	}
	switch t.Name.Local {
	case "Polygon", "PolygonPatch":
		r.all = append(r.all, orb.Polygon{})
	case "posList", "coordinates":
		return r.ring(t)
	}
	return nil
}

// ring reads the coordinates of a ring; the first of a polygon is the outer one.
func (r *gmlReader) ring(t xml.StartElement) error {
	var text string
	if err := r.decoder.DecodeElement(&text, &t); err != nil {
		return err
	}
	if len(r.all) == 0 {
		return nil // not of a polygon
	}
	numbers := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r' })
	if len(numbers)%r.dimension != 0 || len(numbers) > 3*maxMaskPoints {
		return errors.New("coordinates are not whole points, or too many")
	}
	var ring orb.Ring
	for i := 0; i < len(numbers); i += r.dimension {
		x, err1 := strconv.ParseFloat(numbers[i], 64)
		y, err2 := strconv.ParseFloat(numbers[i+1], 64)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		ring = append(ring, orb.Point{x, y})
	}
	if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
		return errors.New("a ring is not closed")
	}
	last := &r.all[len(r.all)-1]
	*last = append(*last, ring)
	return nil
}
