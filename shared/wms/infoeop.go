package wms

import (
	"encoding/xml"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/ows"
	"perigee/shared/record"
)

// The wire types of the Earth Observation Metadata profile of Observations & Measurements (OGC 10-157r4;
// http://schemas.opengis.net/eompom/1.1/eop.xsd, version 2.0 of its namespace), as features of GML 3.2. What was measured
// at the point stands among the parameters of the observation.

type eopCollection struct {
	XMLName    xml.Name    `xml:"gml:FeatureCollection"`
	Attributes []xml.Attr  `xml:",any,attr"`
	Members    []eopMember `xml:"gml:featureMember"`
}

type eopMember struct {
	Observation earthObservation `xml:"eop:EarthObservation"`
}

type earthObservation struct {
	ID         string         `xml:"gml:id,attr"`
	Time       eopPeriod      `xml:"om:phenomenonTime>gml:TimePeriod"`
	Result     eopInstant     `xml:"om:resultTime>gml:TimeInstant"`
	Equipment  eopEquipment   `xml:"om:procedure>eop:EarthObservationEquipment"`
	Parameters []eopParameter `xml:"om:parameter"`
	Observed   eopNothing     `xml:"om:observedProperty"`
	Footprint  eopFootprint   `xml:"om:featureOfInterest>eop:Footprint"`
	Data       eopResult      `xml:"om:result>eop:EarthObservationResult"`
	Metadata   eopMetadata    `xml:"eop:metaDataProperty>eop:EarthObservationMetaData"`
}

type eopPeriod struct {
	ID    string  `xml:"gml:id,attr"`
	Begin eopTime `xml:"gml:beginPosition"`
	End   eopTime `xml:"gml:endPosition"`
}

type eopInstant struct {
	ID string  `xml:"gml:id,attr"`
	At eopTime `xml:"gml:timePosition"`
}

// eopTime is a time, or the word for one that is not known.
type eopTime struct {
	Unknown string `xml:"indeterminatePosition,attr,omitempty"`
	Text    string `xml:",chardata"`
}

type eopEquipment struct {
	ID          string          `xml:"gml:id,attr"`
	Platform    *eopPlatform    `xml:"eop:platform>eop:Platform"`
	Instrument  *eopInstrument  `xml:"eop:instrument>eop:Instrument"`
	Acquisition *eopAcquisition `xml:"eop:acquisitionParameters>eop:Acquisition"`
}

type eopPlatform struct {
	Name string `xml:"eop:shortName"`
}

type eopInstrument struct {
	Name string `xml:"eop:shortName"`
}

type eopAcquisition struct {
	Orbit     string `xml:"eop:orbitNumber,omitempty"`
	Direction string `xml:"eop:orbitDirection,omitempty"`
}

type eopParameter struct {
	Name  eopName `xml:"om:NamedValue>om:name"`
	Value string  `xml:"om:NamedValue>om:value"`
}

type eopName struct {
	Href  string `xml:"xlink:href,attr"`
	Title string `xml:"xlink:title,attr,omitempty"`
}

type eopNothing struct {
	Nil    string `xml:"xsi:nil,attr"`
	Reason string `xml:"nilReason,attr"`
}

type eopFootprint struct {
	ID     string     `xml:"gml:id,attr"`
	Extent eopSurface `xml:"eop:multiExtentOf>gml:MultiSurface"`
}

type eopSurface struct {
	ID      string             `xml:"gml:id,attr"`
	System  string             `xml:"srsName,attr"`
	Members []eopSurfaceMember `xml:"gml:surfaceMember"`
}

type eopSurfaceMember struct {
	Polygon eopPolygon `xml:"gml:Polygon"`
}

type eopPolygon struct {
	ID    string    `xml:"gml:id,attr"`
	Outer eopRing   `xml:"gml:exterior"`
	Inner []eopRing `xml:"gml:interior"`
}

type eopRing struct {
	Positions string `xml:"gml:LinearRing>gml:posList"`
}

type eopResult struct {
	ID string `xml:"gml:id,attr"`
}

type eopMetadata struct {
	Identifier  string `xml:"eop:identifier"`
	Parent      string `xml:"eop:parentIdentifier,omitempty"`
	Acquisition string `xml:"eop:acquisitionType"`
	Type        string `xml:"eop:productType,omitempty"`
	Status      string `xml:"eop:status"`
}

// writeEOP writes the products as earth observations.
func writeEOP(features []Feature) ([]byte, error) {
	document := eopCollection{Attributes: ows.Attributes("gml:id", "features", "xmlns:gml", "http://www.opengis.net/gml/3.2", "xmlns:om", "http://www.opengis.net/om/2.0",
		"xmlns:eop", "http://www.opengis.net/eop/2.0", "xmlns:xlink", xlink, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")}
	for i, f := range features {
		document.Members = append(document.Members, eopMember{f.observation("p" + strconv.Itoa(i+1))})
	}
	return ows.Marshal(document)
}

func (f Feature) observation(id string) earthObservation {
	o := earthObservation{
		ID: id, Time: eopPeriod{id + "-period", instantOf(f.Time, true), instantOf(f.Time, false)}, Result: eopInstant{id + "-result", instantOf(f.Time, false)},
		Equipment: f.equipment(id + "-equipment"), Observed: eopNothing{"true", "inapplicable"}, Data: eopResult{id + "-data"},
		Footprint: eopFootprint{id + "-footprint", eopSurface{id + "-extent", "http://www.opengis.net/def/crs/EPSG/0/4326", surfaceMembers(id, f.Footprint)}},
		Metadata:  eopMetadata{Identifier: f.ID, Parent: f.Collection, Acquisition: "NOMINAL", Type: f.property("product:type"), Status: "ARCHIVED"},
	}
	for _, v := range append(append([]Value{}, f.Channels...), f.Bands...) {
		o.Parameters = append(o.Parameters, eopParameter{eopName{"#" + url.PathEscape(v.Name), v.Says}, v.text()})
	}
	return o
}

// instantOf is an end of an interval.
func instantOf(i record.Interval, start bool) eopTime {
	at := i.End
	if start {
		at = i.Start
	}
	if at.IsZero() {
		return eopTime{Unknown: "unknown"}
	}
	return eopTime{Text: record.Instant(at)}
}

// property is a text or a number of the document, or nothing.
func (f Feature) property(name string) string {
	text, _ := plain(f.Properties[name])
	return text
}

// equipment is what observed, as far as the properties of STAC tell it.
func (f Feature) equipment(id string) eopEquipment {
	e := eopEquipment{ID: id}
	if name := f.property("platform"); name != "" {
		e.Platform = &eopPlatform{name}
	}
	if list, ok := f.Properties["instruments"].([]any); ok {
		var names []string
		for _, one := range list {
			names = append(names, fmt.Sprint(one))
		}
		e.Instrument = &eopInstrument{strings.Join(names, " ")}
	}
	var a eopAcquisition
	if orbit, ok := f.Properties["sat:absolute_orbit"].(float64); ok && orbit == math.Trunc(orbit) {
		a.Orbit = number(orbit)
	}
	if direction := strings.ToUpper(f.property("sat:orbit_state")); direction == "ASCENDING" || direction == "DESCENDING" {
		a.Direction = direction
	}
	if a != (eopAcquisition{}) {
		e.Acquisition = &a
	}
	return e
}

func surfaceMembers(id string, g orb.Geometry) []eopSurfaceMember {
	var polygons orb.MultiPolygon
	switch g := g.(type) {
	case orb.Polygon:
		polygons = orb.MultiPolygon{g}
	case orb.MultiPolygon:
		polygons = g
	}
	var all []eopSurfaceMember
	for i, p := range polygons {
		one := eopPolygon{ID: id + "-polygon" + strconv.Itoa(i+1)}
		for k, r := range p {
			if k == 0 {
				one.Outer = positionsOf(r)
			} else {
				one.Inner = append(one.Inner, positionsOf(r))
			}
		}
		all = append(all, eopSurfaceMember{one})
	}
	return all
}

// positionsOf are latitudes and longitudes.
func positionsOf(r orb.Ring) eopRing {
	list := make([]string, len(r))
	for i, p := range r {
		list[i] = number(p[1]) + " " + number(p[0])
	}
	return eopRing{strings.Join(list, " ")}
}
