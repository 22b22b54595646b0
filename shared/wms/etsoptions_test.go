package wms_test

import (
	"bytes"
	"encoding/xml"
	"image/color"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/record"
	"perigee/shared/wms"
)

// The assertions of the OGC's test suite that ask for its own data set, or for what a service need not tell. The data set
// is told in the vocabulary of this service: a feature is a scene of one colour. An option counts as not claimed where the
// suite itself passes over it, because the capabilities have no element of it; then the check is that there is none, and
// that what the element would bound is drawn without bounds.

// cite is the part of the suite's data set that its assertions look at, by its own coordinates: the polygons, the lake
// with its island, the cars of one minute, the ground at three elevations.
func cite() *atlas {
	began := date("2000-01-01T00:00:00Z")
	a := &atlas{}
	add := func(layer string, colour color.RGBA, at time.Time, height float64, rings ...orb.Ring) {
		shape := orb.Polygon(rings)
		a.scenes = append(a.scenes, scene{layer, shape.Bound(), at, colour, height, shape})
	}
	diamond := orb.Ring{{-1, 0}, {0, 1}, {1, 0}, {0, -1}, {-1, 0}}
	add("cite:BasicPolygons", red, began, 0, diamond)
	add("cite:BasicPolygons", green, began, 0, orb.Ring{{-2, 6}, {1, 6}, {1, 3}, {-2, 3}, {-2, 6}})
	lake := orb.Ring{{.0006, -.0018}, {.001, -.0006}, {.0024, -.0001}, {.0031, -.0015}, {.0006, -.0018}}
	island := orb.Ring{{.0017, -.0011}, {.0025, -.0011}, {.0025, -.0006}, {.0017, -.0006}, {.0017, -.0011}}
	add("cite:Lakes", blue, began, 0, lake, island)
	add("cite:Autos", red, began, 0, diamond)
	add("cite:Autos", green, began.Add(time.Minute), 0, bound(2, -1, 4, 1).ToRing())
	for i, colour := range []color.RGBA{red, green, blue} {
		west := float64(i)
		add("cite:Terrain", colour, began, 200+300*west, bound(west, 0, west+1, 1).ToRing())
	}
	for _, name := range []string{"cite:BasicPolygons", "cite:Lakes", "cite:Autos", "cite:Terrain"} {
		a.nodes = append(a.nodes, wms.Node{Name: name, Title: name, Bounds: bound(-2, -2, 6, 6)})
	}
	a.nodes[2].Time = record.Interval{Start: began, End: began.Add(time.Minute)}
	a.nodes[3].Elevations = []wms.Range{{Low: 200, High: 200}, {Low: 500, High: 500}, {Low: 800, High: 800}}
	return a
}

// citeShows compares a pixel of a map of the data set, 20 pixels wide and high.
func citeShows(layer, box, more string, x, y int, want color.RGBA) check {
	return func(t *testing.T) {
		t.Helper()
		wantPixel(t, picture(t, cite(), mapOf130+"&crs=CRS:84&layers="+layer+"&bbox="+box+more), x, y, want)
	}
}

// citeTold checks the capabilities of the data set.
func citeTold(holds func(t *testing.T, layers []capsLayer, root capsLayer)) check {
	return func(t *testing.T) {
		var d capsDocument
		if err := xml.Unmarshal(ask(t, cite(), http.MethodGet, "service=WMS&request=GetCapabilities").Body.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		holds(t, d.Root.Layers, d.Root)
	}
}

// unclaimed wants the capabilities, of this service's data and of the suite's, to have none of these elements, which is
// the condition on which the suite passes over what it would ask of them.
func unclaimed(elements ...string) check {
	return func(t *testing.T) {
		for _, maps := range []wms.Maps{sequenced(), cite()} {
			decoder := xml.NewDecoder(bytes.NewReader(ask(t, maps, http.MethodGet, "service=WMS&request=GetCapabilities").Body.Bytes()))
			seen := 0
			for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
				if start, ok := token.(xml.StartElement); ok {
					if seen++; slices.Contains(elements, start.Name.Local) {
						t.Errorf("a %s is told, of which nothing is checked", start.Name.Local)
					}
				}
			}
			if seen < 50 {
				t.Errorf("only %d elements were looked at", seen)
			}
		}
	}
}

// etsOptions are those assertions.
var etsOptions = []assertion{
	{"main:data-preconditions", "the data set is there, in longitude and latitude, to be cut and stretched", citeTold(func(t *testing.T, layers []capsLayer, root capsLayer) {
		for _, l := range layers {
			if l.NoSubsets != "" && l.NoSubsets != "0" || l.FixedWidth != "" && l.FixedWidth != "0" {
				t.Errorf("%s cannot be cut or stretched: %+v", l.Name, l)
			}
		}
		if len(layers) != 4 || !slices.Contains(root.CRS, "CRS:84") {
			t.Errorf("%d layers in %v", len(layers), root.CRS)
		}
	})},
	{"basic:basic-polygons-sanity-check", "the diamond is a diamond", all(
		citeShows("cite:BasicPolygons", "-2,-2,2,2", "", 10, 10, red), citeShows("cite:BasicPolygons", "-2,-2,2,2", "", 10, 6, red),
		citeShows("cite:BasicPolygons", "-2,-2,2,2", "", 6, 6, white), citeShows("cite:BasicPolygons", "-2,-2,2,2", "", 13, 13, white),
		citeShows("cite:BasicPolygons", "-2,2,2,6", "", 5, 5, green))},
	{"basic:blue-lake-sanity-check", "the lake is blue, and its island is not", all(
		citeShows("cite:Lakes", "0,-0.0020,0.0040,0", "", 6, 13, blue), citeShows("cite:Lakes", "0,-0.0020,0.0040,0", "", 10, 8, white), citeShows("cite:Lakes", "0,-0.0020,0.0040,0", "", 1, 1, white))},
	{"queryable:std-data-queryable", "the polygons can be asked about", citeTold(func(t *testing.T, layers []capsLayer, _ capsLayer) {
		for _, l := range layers {
			if l.Queryable != "1" {
				t.Errorf("%s is not queryable", l.Name)
			}
		}
		query := with(infoOf130, "layers", "cite:BasicPolygons", "query_layers", "cite:BasicPolygons", "bbox", "-2,-2,2,2", "info_format", "text/plain", "i", "10", "j", "10")
		if w := ask(t, cite(), http.MethodGet, query); w.Code != 200 || !strings.Contains(w.Body.String(), "layer: cite:BasicPolygons\n") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})},
	{"time:time-options-requirements", "the time of the cars is declared properly", citeTold(func(t *testing.T, layers []capsLayer, _ capsLayer) {
		for _, d := range layers[2].Dimensions {
			first, last, _ := strings.Cut(d.Default, "/")
			extent := strings.Split(d.Extent, "/")
			if d.Name != "time" || d.Units != "ISO8601" || d.Multiple != "1" || d.Current != "1" || first != extent[0] || last != "" && last != extent[1] {
				t.Errorf("%+v", d)
			}
			for _, entry := range strings.Split(strings.TrimSuffix(d.Extent, "/P1D"), ",") {
				if _, err := record.ParseInterval(entry); err != nil {
					t.Errorf("%q: %v", d.Extent, err)
				}
			}
		}
		all(citeShows("cite:Autos", "-2,-2,2,2", "&time=2000-01-01T00:00:00Z", 10, 10, red), citeShows("cite:Autos", "-2,-2,2,2", "&time=2000-01-01T00:01:00Z", 10, 10, white),
			citeShows("cite:Autos", "2,-1,4,1", "&time=2000-01-01T00:01:00Z", 10, 10, green))(t)
	})},
	{"raster_elevation:terrain-mid-range", "a middle range of elevations", all(
		citeShows("cite:Terrain", "0,0,3,1", "&elevation=400/600", 10, 10, green), citeShows("cite:Terrain", "0,0,3,1", "&elevation=400/600", 1, 10, white), citeShows("cite:Terrain", "0,0,3,1", "&elevation=400/600", 19, 10, white))},
	{"vector_elevation:geometry-med", "a middle elevation shows its own", all(
		citeShows("cite:Terrain", "0,0,3,1", "&elevation=500", 10, 10, green), citeShows("cite:Terrain", "0,0,3,1", "&elevation=500", 1, 10, white), citeShows("cite:Terrain", "0,0,3,1", "&elevation=500", 19, 10, white))},
	{"vector_elevation:geometry-multiple-values", "every dimension takes several values, so that none refuses them", all(
		eachDimension(func(t *testing.T, d dimensionTold) {
			if d.Multiple != "1" {
				t.Errorf("%+v", d)
			}
		}),
		citeShows("cite:Terrain", "0,0,3,1", "&elevation=200,800", 1, 10, red), citeShows("cite:Terrain", "0,0,3,1", "&elevation=200,800", 19, 10, blue), citeShows("cite:Terrain", "0,0,3,1", "&elevation=200,800", 10, 10, white))},
	{"vector_elevation:geometry-nearest-value", "no dimension promises the nearest value, and none gives it", all(
		eachDimension(func(t *testing.T, d dimensionTold) {
			if d.Nearest != "0" {
				t.Errorf("%+v", d)
			}
		}),
		func(t *testing.T) {
			w := ask(t, cite(), http.MethodGet, mapOf130+"&crs=CRS:84&layers=cite:Terrain&bbox=0,0,3,1&elevation=499")
			if !strings.Contains(w.Body.String(), `code="`+string(wms.InvalidDimensionValue)+`"`) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})},
	{"dims:missing-no-default", "there is no dimension without a default value, so that none is missed", all(eachDimension(defaulted), eachNamed(plainly))},
	{"time:time-missing-dim", "nor is the time", all(eachDimension(func(t *testing.T, d dimensionTold) {
		if d.Name == "time" {
			defaulted(t, d)
		}
	}), warned(oneLayer, "99 Default value used: time=2022-07-01/2022-07-04 ISO8601"))},
	{"getcapabilities:logourls", "no logo is told", unclaimed("LogoURL", "Attribution")},
	{"getcapabilities:dataurls", "no data are linked", unclaimed("DataURL")},
	{"getcapabilities:featurelisturls", "no list of features is linked", unclaimed("FeatureListURL")},
	{"getcapabilities:authorityurl-unique", "no authority is named, once or twice", unclaimed("AuthorityURL")},
	{"getcapabilities:identifier-matches-authorityurl", "no identifier is told without its authority", unclaimed("Identifier")},
	{"getcapabilities:style-stylesheeturls", "no style sheet is linked", unclaimed("StyleSheetURL")},
	{"getcapabilities:style-styleurls", "no style is linked but by its legend", unclaimed("StyleURL")},
	{"getcapabilities:metadataurls", "what describes a layer has the type that its maps tell; TestDescriptionsOfLayers of functions/render asks who serves it", eachNamed(func(t *testing.T, l capsLayer, _ []capsLayer) {
		node, _ := find(newAtlas().nodes, l.Name)
		if want := "https://example.org/workspaces/ws" + node.Metadata.Path; len(l.Metadata) == 1 && (l.Metadata[0].Format != node.Metadata.Type || l.Metadata[0].Online.Href != want) {
			t.Errorf("%s: %+v", l.Name, l.Metadata)
		}
		if (len(l.Metadata) == 1) != (node.Metadata.Path != "") {
			t.Errorf("%s: %d descriptions", l.Name, len(l.Metadata))
		}
	})},
	{"recommendations:metadataurls", "each layer is described", eachNamed(func(t *testing.T, l capsLayer, _ []capsLayer) {
		if len(l.Metadata) != 1 {
			t.Errorf("%s: %+v", l.Name, l.Metadata)
		}
	})},
	{"getmap:bbox-below-scale", "no layer is bound to scales: the closest is drawn", all(unclaimed("MinScaleDenominator", "MaxScaleDenominator"), eachScale(1e-7))},
	{"getmap:bbox-above-scale", "and the farthest", all(unclaimed("MinScaleDenominator", "MaxScaleDenominator"), eachScale(80))},
}

// dimensionTold is a dimension of a layer of the capabilities.
type dimensionTold struct{ Layer, Name, Default, Multiple, Nearest string }

// eachDimension checks the dimensions of this service's data and of the suite's.
func eachDimension(holds func(t *testing.T, d dimensionTold)) check {
	return func(t *testing.T) {
		seen := 0
		visit := func(t *testing.T, l capsLayer) {
			for _, d := range l.Dimensions {
				seen++
				holds(t, dimensionTold{l.Name, d.Name, d.Default, d.Multiple, d.Nearest})
			}
		}
		eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) { visit(t, l) })(t)
		citeTold(func(t *testing.T, layers []capsLayer, _ capsLayer) {
			for _, l := range layers {
				visit(t, l)
			}
		})(t)
		if seen < 6 {
			t.Errorf("only %d dimensions were looked at", seen)
		}
	}
}

func defaulted(t *testing.T, d dimensionTold) {
	t.Helper()
	if d.Default == "" {
		t.Errorf("%+v", d)
	}
}

// plainly draws a layer without a word about its dimensions.
func plainly(t *testing.T, l capsLayer, _ []capsLayer) { draws(with(oneLayer, "layers", l.Name))(t) }

// eachScale draws every layer over a box so many degrees high and wide.
func eachScale(degrees float64) check {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	box := strings.Join([]string{number(15 - degrees), number(0 - degrees), number(15 + degrees), number(0 + degrees)}, ",")
	return eachNamed(func(t *testing.T, l capsLayer, _ []capsLayer) {
		draws(with(oneLayer, "layers", l.Name, "bbox", box))(t)
	})
}
