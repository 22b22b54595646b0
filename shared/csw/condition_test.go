package csw

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// ofCQL is a condition in CQL on the records of the sample.
func ofCQL(t *testing.T, text string) filter.Expr {
	t.Helper()
	e, err := constraint{CQL: &text}.parse()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

// RC-01, RC-03: what a record lacks fulfils no comparison and so its contrary; a word for a type, a relation and a parent are found
// wherever records have them.
func TestConditions(t *testing.T) {
	records := append(sample(), record.Record{
		Key: record.Key{Collection: "parent", ID: "iso"}, Type: "dataset", Title: "ISO", MediaType: mediaXML, Modified: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC),
		Properties: map[string]any{
			"relation": []any{"S2MSI2A", "x"}, "topicCategory": "elevation", "instruments": []any{"msi", "sar"}, "eo:cloud_cover": 5.0, "dateStamp": "2009-10-09", "lineage": "Surveyed",
			"alternateTitle": "Short", "accessConstraints": []any{"copyright"},
		},
	})
	for text, want := range map[string]string{
		"dc:type = 'dataset'":                             "S2A_1 S2A_2 S2A_3 iso",
		"dc:type <> 'DataSet'":                            "S2MSI2A",
		"dc:type IN ('series', 'service')":                "S2MSI2A",
		"dc:type LIKE 'data%'":                            "S2A_1 S2A_2 S2A_3 iso",
		"dc:type = 'http://purl.org/dc/dcmitype/Dataset'": "S2A_1 S2A_2 S2A_3 iso",
		"dc:relation = 'S2MSI2A'":                         "S2A_1 S2A_2 S2A_3 iso",
		"apiso:ParentIdentifier = 'S2MSI2A'":              "S2A_1 S2A_2 S2A_3",
		"apiso:ParentIdentifier = 'parent'":               "iso",
		"apiso:TempExtent_begin >= '2026-06-11 00:00' AND apiso:TempExtent_end <= '2026-06-12 00:00' AND apiso:CloudCover <= 20": "S2A_2",
		"dc:relation IS NULL":                                          "S2MSI2A",
		"apiso:ParentIdentifier LIKE '%'":                              "S2A_1 S2A_2 S2A_3 iso",
		"NOT (apiso:TopicCategory = 'elevation')":                      "S2A_1 S2A_2 S2A_3 S2MSI2A",
		"apiso:TopicCategory <> 'elevation'":                           "",
		"NOT (NOT (apiso:TopicCategory = 'elevation'))":                "iso",
		"apiso:Instrument = 'sar' AND apiso:CloudCover < 6":            "iso",
		"mdb:CloudCover <= 10 AND NOT apiso:TopicCategory LIKE '%'":    "S2A_1 S2A_2",
		"dct:alternative = 'Short' AND apiso:AlternateTitle = 'Short'": "iso",
		"dc:rights = 'copyright'":                                      "iso",
		"dc:title LIKE 'iso'":                                          "iso",
		"dc:title ILIKE 'SCENE S2A_1'":                                 "S2A_1",
		"NOT dc:title LIKE '%SCENE%'":                                  "S2MSI2A iso",
		"dc:title LIKE 'scene%' OR apiso:Lineage LIKE '%SURVEY%'":      "S2A_1 S2A_2 S2A_3 iso",
		"apiso:Modified < '2010-01-01'":                                "iso",
		"mdb:Modified >= '2026-06-21T00:00:00Z'":                       "S2A_2 S2A_3",
		"apiso:Modified IS NULL":                                       "",
		"dct:modified < '2010-01-01'":                                  "", // its metadata are old, but not here
		"dct:modified >= '2026-06-21T00:00:00Z'":                       "S2A_2 S2A_3 iso",
		"NOT BBOX(ows:BoundingBox, -180, -90, 180, 90)":                "S2MSI2A iso",
	} {
		var ids []string
		e := ofCQL(t, text)
		for _, r := range records {
			if filter.Holds(e, r) {
				ids = append(ids, r.ID)
			}
		}
		slices.Sort(ids)
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: %q, not %q", text, got, want)
		}
	}
}

// Only where it is wished does a comparison for inequality without regard to case find what is equal.
func TestAsPycsw(t *testing.T) {
	const text = `<f xmlns:ogc="http://www.opengis.net/ogc"><ogc:Filter><ogc:Not><ogc:PropertyIsNotEqualTo matchCase="false"><ogc:PropertyName>dc:title</ogc:PropertyName><ogc:Literal>SCENE S2A_1</ogc:Literal></ogc:PropertyIsNotEqualTo></ogc:Not></ogc:Filter></f>`
	var c constraint
	if err := ows.DecodeXML([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	e, err := c.parse()
	if err != nil {
		t.Fatal(err)
	}
	first := sample()[1]
	if !filter.Holds(e, first) || filter.Holds(asPycsw(e), first) {
		t.Errorf("%+v", e)
	}
}

// RC-04: an observation is found by the words of the extension, whatever records call what they are about.
func TestObservations(t *testing.T) {
	scene := record.Record{ProductType: "L2A", Properties: map[string]any{
		"product:type": "S2MSI2A", "sat:orbit_state": "descending", "sat:absolute_orbit": 50.0, "eo:snow_cover": 0.0, "spectralRange": "VISIBLE",
	}}
	for query, want := range map[string]bool{
		"eo:productType=S2MSI2A": true, "eo:productType=L2A": true, "eo:productType={S2MSI1C,S2MSI2A}": true, "eo:productType=S2MSI1C": false,
		"eo:orbitDirection=DESCENDING": true, "eo:orbitDirection=ascending": false, "eo:orbitNumber=[50,60]": true, "eo:orbitNumber=]50": false,
		"eo:snowCover=20]": true, "eo:spectralRange=VISIBLE&eo:orbitNumber=50": true,
	} {
		p := ows.ParseKVP(query)
		if e := earthKVP(p); p.Err() != nil || filter.Holds(e, scene) != want {
			t.Errorf("%s: %v, not %v", query, p.Err(), want)
		}
	}
}

// RC-02: the parameters of 3.0.0, and those of Earth observation (RC-04), bound what is found.
func TestParameters(t *testing.T) {
	for query, want := range map[string]string{
		"q=Scene": "3", "q=scene+S2A_1": "1", "recordIds=S2A_1,S2A_3,none": "2", "bbox=9,39,11,41": "1",
		"geometry=POINT(2+42)": "1", "geometry=POLYGON((0+40,0+45,15+45,15+40,0+40))&relation=within": "2", "geometry=POINT(2+42)&relation=disjoint": "2",
		"lat=42&lon=6&radius=100000": "1", "time=2026-06-11/2026-06-30": "2", "time=/": "4", "time=2026-06-10": "1", "eo:cloudCover=[5,15]": "1",
		"eo:cloudCover=]10": "1", "eo:cloudCover={0,20}": "2", "eo:parentIdentifier=S2MSI2A&eo:cloudCover=20[": "2", "maxRecords=0": "4",
	} {
		_, body := get(t, "service=CSW&version=3.0.0&request=GetRecords&typeNames=csw:Record&"+query)
		if !strings.Contains(body, `numberOfRecordsMatched="`+want+`"`) {
			t.Errorf("%s: not %s: %s", query, want, body)
		}
	}
}

// As pycsw, boxes are written in hundredths of a degree, and summaries without the names of places; the record stays what it is.
func TestShownAsPycsw(t *testing.T) {
	r := record.Record{Key: record.Key{ID: "a"}, Footprint: orb.Bound{Min: orb.Point{-4.097, 47.595}, Max: orb.Point{0.889, 51.217}}.ToPolygon(), Properties: map[string]any{"spatial": "Brittany"}}
	v := view{Schema: schemas(csw2)[0], ElementSet: "summary", AsPycsw: true}
	got := string(v.records(nil, []record.Record{r}, ""))
	if !strings.Contains(got, "<ows:LowerCorner>47.59 -4.1</ows:LowerCorner><ows:UpperCorner>51.22 0.89</ows:UpperCorner>") || strings.Contains(got, "Brittany") {
		t.Errorf("%s", got)
	}
	if v.AsPycsw = false; !strings.Contains(string(v.records(nil, []record.Record{r}, "")), "<ows:LowerCorner>47.595 -4.097<") || r.Properties["spatial"] != "Brittany" {
		t.Errorf("%s", v.records(nil, []record.Record{r}, ""))
	}
}
