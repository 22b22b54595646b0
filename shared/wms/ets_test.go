package wms_test

import (
	"encoding/xml"
	"image"
	"image/color"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/wms"
)

// The assertions of the OGC's test suite for WMS 1.3.0, by its names of them.

// check is what an assertion comes to here.
type check func(t *testing.T)

const (
	mapOf130  = "service=WMS&version=1.3.0&request=GetMap&format=image/png&width=20&height=20&styles="
	here      = "&crs=CRS:84&bbox=14,47,16,49"
	oneLayer  = mapOf130 + "&layers=S2" + here
	infoOf130 = "service=WMS&version=1.3.0&request=GetFeatureInfo&format=image/png&width=20&height=20&styles=&layers=S2,S2__NDVI,S2__heatmap" + here
)

// with is a query in which some parameters are set, or left out when their value is "-".
func with(query string, pairs ...string) string {
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if values.Del(pairs[i]); pairs[i+1] != "-" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values.Encode()
}

// draws asks for maps that must come in the format asked for.
func draws(queries ...string) check {
	return func(t *testing.T) {
		for _, query := range queries {
			w := ask(t, newAtlas(), http.MethodGet, query)
			values, _ := url.ParseQuery(query)
			if got := w.Header().Get("Content-Type"); w.Code != 200 || got != values.Get("format") {
				t.Errorf("%s: %d %s %s", query, w.Code, got, w.Body)
			}
		}
	}
}

// refuses asks for what must end in an exception, of that code, as XML.
func refuses(query string, code ows.Code) check {
	return func(t *testing.T) {
		w := ask(t, sequenced(), http.MethodGet, query)
		if got := w.Header().Get("Content-Type"); got != "text/xml" || !strings.Contains(w.Body.String(), `code="`+string(code)+`"`) {
			t.Errorf("%s: %s %s", query, got, w.Body)
		}
		owstest.Validate(t, "wms/1.3.0/exceptions_1_3_0.xsd", w.Body.Bytes())
	}
}

// shows compares a pixel of a map.
func shows(query string, x, y int, want color.RGBA) check {
	return func(t *testing.T) { wantPixel(t, picture(t, newAtlas(), query), x, y, want) }
}

func all(checks ...check) check {
	return func(t *testing.T) {
		for _, c := range checks {
			c(t)
		}
	}
}

func sequenced() *atlas {
	a := newAtlas()
	a.sequence = 7
	return a
}

// clear wants a pixel to be transparent.
func clear(query string) check {
	return func(t *testing.T) {
		if _, _, _, alpha := picture(t, newAtlas(), query).At(19, 0).RGBA(); alpha != 0 {
			t.Errorf("%s is not transparent", query)
		}
	}
}

// opaque wants no pixel to be transparent.
func opaque(query string) check {
	return func(t *testing.T) {
		img := picture(t, newAtlas(), query)
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if _, _, _, alpha := img.At(x, y).RGBA(); alpha != 0xffff {
					t.Fatalf("%s is transparent at %d,%d", query, x, y)
				}
			}
		}
	}
}

// Wire types of what is read of capabilities.
type (
	capsDocument struct {
		Version  string   `xml:"version,attr"`
		Sequence string   `xml:"updateSequence,attr"`
		Schema   string   `xml:"schemaLocation,attr"`
		Keywords []string `xml:"Service>KeywordList>Keyword"`
		Contact  string   `xml:"Service>ContactInformation>ContactElectronicMailAddress"`
		Fees     string   `xml:"Service>Fees"`
		Access   string   `xml:"Service>AccessConstraints"`
		Limit    int      `xml:"Service>LayerLimit"`
		Request  struct {
			GetCapabilities, GetMap, GetFeatureInfo, GetLegendGraphic capsOperation
		} `xml:"Capability>Request"`
		Exceptions []string  `xml:"Capability>Exception>Format"`
		Root       capsLayer `xml:"Capability>Layer"`
	}
	capsOperation struct {
		Formats []string `xml:"Format"`
		Online  capsLink `xml:"DCPType>HTTP>Get>OnlineResource"`
	}
	capsLink struct {
		Href string `xml:"http://www.w3.org/1999/xlink href,attr"`
	}
	capsBox struct {
		CRS  string  `xml:"CRS,attr"`
		MinX float64 `xml:"minx,attr"`
		MinY float64 `xml:"miny,attr"`
		MaxX float64 `xml:"maxx,attr"`
		MaxY float64 `xml:"maxy,attr"`
	}
	capsLayer struct {
		Queryable  string   `xml:"queryable,attr"`
		NoSubsets  string   `xml:"noSubsets,attr"`
		FixedWidth string   `xml:"fixedWidth,attr"`
		Name       string   `xml:"Name"`
		Abstract   string   `xml:"Abstract"`
		Keywords   []string `xml:"KeywordList>Keyword"`
		CRS        []string `xml:"CRS"`
		Geographic *struct {
			West  float64 `xml:"westBoundLongitude"`
			East  float64 `xml:"eastBoundLongitude"`
			South float64 `xml:"southBoundLatitude"`
			North float64 `xml:"northBoundLatitude"`
		} `xml:"EX_GeographicBoundingBox"`
		Boxes      []capsBox `xml:"BoundingBox"`
		Dimensions []struct {
			Name     string `xml:"name,attr"`
			Units    string `xml:"units,attr"`
			Symbol   string `xml:"unitSymbol,attr"`
			Default  string `xml:"default,attr"`
			Current  string `xml:"current,attr"`
			Multiple string `xml:"multipleValues,attr"`
			Nearest  string `xml:"nearestValue,attr"`
			Extent   string `xml:",chardata"`
		} `xml:"Dimension"`
		Metadata []struct {
			Format string   `xml:"Format"`
			Online capsLink `xml:"OnlineResource"`
		} `xml:"MetadataURL"`
		Styles []struct {
			Name   string `xml:"Name"`
			Legend *struct {
				Width  int      `xml:"width,attr"`
				Height int      `xml:"height,attr"`
				Format string   `xml:"Format"`
				Online capsLink `xml:"OnlineResource"`
			} `xml:"LegendURL"`
		} `xml:"Style"`
		Layers []capsLayer `xml:"Layer"`
	}
)

// told checks the capabilities.
func told(holds func(t *testing.T, d capsDocument)) check {
	return func(t *testing.T) {
		var d capsDocument
		body := ask(t, sequenced(), http.MethodGet, "service=WMS&request=GetCapabilities&version=1.3.0").Body.Bytes()
		if err := xml.Unmarshal(body, &d); err != nil {
			t.Fatal(err)
		}
		holds(t, d)
	}
}

// eachLayer checks every layer, together with those above it.
func eachLayer(holds func(t *testing.T, l capsLayer, above []capsLayer)) check {
	return told(func(t *testing.T, d capsDocument) {
		var visit func(l capsLayer, above []capsLayer)
		visit = func(l capsLayer, above []capsLayer) {
			holds(t, l, above)
			for _, child := range l.Layers {
				visit(child, append(slices.Clone(above), l))
			}
		}
		visit(d.Root, nil)
	})
}

// eachNamed checks the layers that can be drawn.
func eachNamed(holds func(t *testing.T, l capsLayer, above []capsLayer)) check {
	return eachLayer(func(t *testing.T, l capsLayer, above []capsLayer) {
		if l.Name != "" {
			holds(t, l, above)
		}
	})
}

func inherited[T any](l capsLayer, above []capsLayer, of func(capsLayer) []T) []T {
	var list []T
	for _, one := range append(slices.Clone(above), l) {
		list = append(list, of(one)...)
	}
	return list
}

func systems(l capsLayer) []string { return l.CRS }

// text is the body of an answer that went well.
func text(t *testing.T, query string) string {
	t.Helper()
	w := ask(t, newAtlas(), http.MethodGet, query)
	if w.Code != 200 {
		t.Errorf("%s: %d %s", query, w.Code, w.Body)
	}
	return w.Body.String()
}

// version wants capabilities of a version.
func version(query, want string) check {
	return func(t *testing.T) {
		if body := text(t, query); !strings.Contains(body, `apabilities version="`+want+`"`) {
			t.Errorf("%s: %.300s", query, body)
		}
	}
}

// warned wants a map with such a warning.
func warned(query, want string) check {
	return func(t *testing.T) {
		w := ask(t, newAtlas(), http.MethodGet, query)
		if w.Code != 200 || !slices.Contains(w.Header().Values("Warning"), want) {
			t.Errorf("%s: %d %q", query, w.Code, w.Header().Values("Warning"))
		}
	}
}

var (
	autos = func(time string) string { return with(oneLayer, "time", time) }
	lakes = func(elevation string) string {
		return with(mapOf130+"&layers=LOOSE&crs=CRS:84&bbox=-10,-5,-9,5", "elevation", elevation)
	}
	aboveIt  = func(l capsLayer) []capsBox { return l.Boxes }
	ofStyles = func(l capsLayer) []string {
		var names []string
		for _, s := range l.Styles {
			names = append(names, s.Name)
		}
		return names
	}
)

// assertion is one of the suite: what it asks for in short, and the check that it holds.
type assertion struct {
	row, asks string
	holds     check
}

// ets are the assertions about what this service tells of itself; those about what it does not tell are etsOptions.
var ets = []assertion{
	{"basic:gif-or-png", "PNG or GIF is offered", told(func(t *testing.T, d capsDocument) {
		if !slices.Contains(d.Request.GetMap.Formats, "image/png") {
			t.Error(d.Request.GetMap.Formats)
		}
	})},
	{"basic:bbox-exponential", "numbers of BBOX may have exponents", draws(with(oneLayer, "bbox", "1.4e1,4.7E+1,16,0.49e2"))},
	{"basic:bbox-pixel-interpretation", "the box runs around the outside of the border pixels", all(
		shows(with(oneLayer, "bbox", "13,47,15,49", "width", "2", "height", "2"), 0, 0, white),
		shows(with(oneLayer, "bbox", "13,47,15,49", "width", "2", "height", "2"), 1, 0, red))},
	{"basic:no-bgcolor", "without BGCOLOR the rest is white", shows(oneLayer, 19, 0, white)},
	{"basic:blue-bgcolor", "the rest has the colour of BGCOLOR", shows(with(oneLayer, "bgcolor", "0x0000FF"), 19, 0, blue)},
	{"basic:transparent-true", "the rest is transparent on demand", clear(with(oneLayer, "transparent", "TRUE"))},
	{"basic:layer-order", "the leftmost layer is at the bottom", all(
		shows(with(oneLayer, "layers", "S2__NDVI,S2"), 0, 0, red), shows(with(oneLayer, "layers", "S2,S2__NDVI"), 0, 0, yellow))},
	{"basic:aspect-ratio", "maps are stretched", all(
		shows(with(oneLayer, "width", "40", "height", "4"), 19, 0, red), shows(with(oneLayer, "width", "40", "height", "4"), 20, 0, white))},
	{"basic_elements:extra-GetCapabilities-param", "unknown parameters do no harm", version("service=WMS&request=GetCapabilities&bogus=1", "1.3.0")},
	{"basic_elements:extra-GetMap-param", "unknown parameters do no harm", draws(with(oneLayer, "bogus", "1"))},
	{"basic_elements:extra-GetFeatureInfo-param", "unknown parameters do no harm", func(t *testing.T) {
		text(t, with(infoOf130, "query_layers", "S2", "info_format", "text/plain", "i", "1", "j", "1", "bogus", "1"))
	}},
	{"basic_elements:escaped-chars", "escaped values are understood", draws(strings.ReplaceAll(oneLayer+"&x=%41", "format=image/png", "format=image%2Fpng"))},
	{"basic_elements:escaped-space", "a plus sign is a space", shows(oneLayer+"&dim_range=0+1000", 0, 0, red)},
	{"basic_elements:negotiate-no-version", "without VERSION the highest answers", version("service=WMS&request=GetCapabilities", "1.3.0")},
	{"basic_elements:negotiate-basic_elements-version", "the version asked for answers", version("service=WMS&request=GetCapabilities&version=1.3.0", "1.3.0")},
	{"basic_elements:negotiate-higher-version", "the highest answers for a higher one", version("service=WMS&request=GetCapabilities&version=100.0.0", "1.3.0")},
	{"basic_elements:negotiate-lower-version", "the lowest answers for a lower one", version("service=WMS&request=GetCapabilities&version=0.0.0", "1.1.0")},
	{"getcapabilities:each-format", "each format of capabilities that is offered comes", told(func(t *testing.T, d capsDocument) {
		for _, format := range d.Request.GetCapabilities.Formats {
			w := ask(t, newAtlas(), http.MethodGet, "service=WMS&request=GetCapabilities&format="+url.QueryEscape(format))
			if w.Header().Get("Content-Type") != format {
				t.Errorf("%s: %s", format, w.Header().Get("Content-Type"))
			}
		}
	})},
	{"getcapabilities:no-format", "without FORMAT they are text/xml", contentType("service=WMS&request=GetCapabilities", "text/xml")},
	{"getcapabilities:invalid-format", "with an unknown FORMAT, too", contentType("service=WMS&request=GetCapabilities&format=image/unknown", "text/xml")},
	{"getcapabilities:updatesequence-ignored", "UPDATESEQUENCE counts for nothing where none is told", func(t *testing.T) {
		text(t, "service=WMS&request=GetCapabilities&updatesequence=9") // of an atlas without one
	}},
	{"getcapabilities:updatesequence-current", "the present one is an exception", refuses("service=WMS&request=GetCapabilities&updatesequence=7", wms.CurrentUpdateSequence)},
	{"getcapabilities:updatesequence-lower", "a lower one gets the capabilities", func(t *testing.T) {
		if w := ask(t, sequenced(), http.MethodGet, "service=WMS&request=GetCapabilities&updatesequence=6"); !strings.Contains(w.Body.String(), `updateSequence="7"`) {
			t.Error(w.Body)
		}
	}},
	{"getcapabilities:updatesequence-higher", "a higher one is an exception", all(
		refuses("service=WMS&request=GetCapabilities&updatesequence=8", ows.InvalidUpdateSequence), refuses("service=WMS&request=GetCapabilities&updatesequence=7z", ows.InvalidUpdateSequence))},
	{"getcapabilities:normative-schema", "the schemas named are the OGC's own", told(func(t *testing.T, d capsDocument) {
		if !strings.HasPrefix(d.Schema, "http://www.opengis.net/wms http://schemas.opengis.net/wms/1.3.0/capabilities_1_3_0.xsd") {
			t.Error(d.Schema)
		}
	})},
	{"getcapabilities:validate-using-schemaLocation", "the document is valid by them", func(t *testing.T) {
		owstest.Validate(t, "sld/1.1.0/sld_capabilities.xsd", ask(t, sequenced(), http.MethodGet, "service=WMS&request=GetCapabilities").Body.Bytes())
	}},
	{"getcapabilities:capability-onlineresource", "addresses end so that parameters can follow", told(func(t *testing.T, d capsDocument) {
		for _, o := range []capsOperation{d.Request.GetCapabilities, d.Request.GetMap, d.Request.GetFeatureInfo, d.Request.GetLegendGraphic} {
			if !strings.HasSuffix(o.Online.Href, "?") && !strings.HasSuffix(o.Online.Href, "&") {
				t.Errorf("%+v", o)
			}
		}
	})},
	{"getcapabilities:capability-xml-getcapabilities-format", "text/xml is offered", told(func(t *testing.T, d capsDocument) {
		if !slices.Contains(d.Request.GetCapabilities.Formats, "text/xml") {
			t.Error(d.Request.GetCapabilities)
		}
	})},
	{"getcapabilities:capability-xml-exception-format", "exceptions as XML are offered", told(func(t *testing.T, d capsDocument) {
		if !slices.Contains(d.Exceptions, "XML") {
			t.Error(d.Exceptions)
		}
	})},
	{"getcapabilities:resource-format", "what is linked has the type that is told", eachLayer(legends)},
	{"getcapabilities:resource-size", "and the size", eachLayer(legends)},
	{"getcapabilities:style-legendurls", "legends are as they are told", eachLayer(legends)},
	{"getcapabilities:bbox-crs-advertised", "no box is in a system that is not offered", eachLayer(func(t *testing.T, l capsLayer, above []capsLayer) {
		for _, b := range l.Boxes {
			if !slices.Contains(inherited(l, above, systems), b.CRS) {
				t.Errorf("%s: %s", l.Name, b.CRS)
			}
		}
	})},
	{"getcapabilities:bbox-present", "every layer has a box", eachNamed(func(t *testing.T, l capsLayer, above []capsLayer) {
		if len(inherited(l, above, aboveIt)) == 0 {
			t.Error(l.Name)
		}
	})},
	{"getcapabilities:bbox-distinct-crs", "and one for each system at most", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		seen := map[string]bool{}
		for _, b := range l.Boxes {
			if seen[b.CRS] {
				t.Errorf("%s: %s twice", l.Name, b.CRS)
			}
			seen[b.CRS] = true
		}
	})},
	{"getcapabilities:crs-auto2-declarations", "AUTO2 is told without parameters: it is not told at all", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		if slices.ContainsFunc(l.CRS, func(s string) bool { return strings.HasPrefix(s, "AUTO2") }) {
			t.Error(l.CRS)
		}
	})},
	{"getcapabilities:crs-present", "every layer has a system", eachNamed(func(t *testing.T, l capsLayer, above []capsLayer) {
		if len(inherited(l, above, systems)) == 0 {
			t.Error(l.Name)
		}
	})},
	{"getcapabilities:crs-for-all-layers", "the root names the systems of all", told(func(t *testing.T, d capsDocument) {
		if !slices.Contains(d.Root.CRS, "CRS:84") || !slices.Contains(d.Root.CRS, "EPSG:4326") {
			t.Error(d.Root.CRS)
		}
	})},
	{"getcapabilities:ex_geobbox-present", "every layer has a geographic box", eachNamed(func(t *testing.T, l capsLayer, above []capsLayer) {
		if !slices.ContainsFunc(append(above, l), func(one capsLayer) bool { return one.Geographic != nil }) {
			t.Error(l.Name)
		}
	})},
	{"getcapabilities:ex_geobbox-coordinates", "which encloses something", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		if g := l.Geographic; g != nil && !(g.West < g.East && g.South < g.North) {
			t.Errorf("%s: %+v", l.Name, *g)
		}
	})},
	{"getcapabilities:style-unique", "no layer names a style again that it inherits", eachLayer(func(t *testing.T, l capsLayer, above []capsLayer) {
		names := inherited(l, above, ofStyles)
		if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) != len(names) {
			t.Errorf("%s: %v", l.Name, names)
		}
	})},
	{"getcapabilities:dims-time", "the unit of time is ISO8601", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		for _, d := range l.Dimensions {
			if d.Name == "time" && d.Units != "ISO8601" {
				t.Errorf("%s: %+v", l.Name, d)
			}
		}
	})},
	{"getcapabilities:dims-elevation-crs88", "elevations of CRS:88 are in metres", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		for _, d := range l.Dimensions {
			if d.Units == "CRS:88" && d.Symbol != "m" {
				t.Errorf("%s: %+v", l.Name, d)
			}
		}
	})},
	{"getcapabilities:dims-no-redeclarations", "a dimension has the same units below", eachLayer(func(t *testing.T, l capsLayer, above []capsLayer) {
		for _, d := range l.Dimensions {
			for _, one := range above {
				for _, o := range one.Dimensions {
					if o.Name == d.Name && (o.Units != d.Units || o.Symbol != d.Symbol) {
						t.Errorf("%s: %+v above %+v", l.Name, o, d)
					}
				}
			}
		}
	})},
	{"getcapabilities:layer-extents", "boxes follow the axes of their systems and enclose something", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		for _, b := range l.Boxes {
			if !(b.MinX < b.MaxX && b.MinY < b.MaxY) {
				t.Errorf("%s: %+v", l.Name, b)
			}
			if g := l.Geographic; b.CRS == "EPSG:4326" && g != nil && math.Abs(b.MinX-g.South) > 1e-6 || b.CRS == "CRS:84" && g != nil && math.Abs(b.MinX-g.West) > 1e-6 {
				t.Errorf("%s: %+v is not %+v", l.Name, b, *g)
			}
		}
	})},
	{"getfeatureinfo:exceptions-default", "exceptions are text/xml", refuses(with(infoOf130, "query_layers", "nowhere", "info_format", "text/plain", "i", "1", "j", "1"), wms.LayerNotDefined)},
	{"getfeatureinfo:exceptions-xml", "also when asked for as XML", refuses(with(infoOf130, "query_layers", "nowhere", "info_format", "text/plain", "i", "1", "j", "1", "exceptions", "XML"), wms.LayerNotDefined)},
	{"getfeatureinfo:invalid-info_format", "an unknown format is refused", refuses(with(infoOf130, "query_layers", "S2", "info_format", "text/unknown", "i", "1", "j", "1"), wms.InvalidFormat)},
	{"getfeatureinfo:each-info_format", "each format that is offered comes", told(func(t *testing.T, d capsDocument) {
		if len(d.Request.GetFeatureInfo.Formats) < 4 {
			t.Error(d.Request.GetFeatureInfo)
		}
		for _, format := range d.Request.GetFeatureInfo.Formats {
			w := ask(t, newAtlas(), http.MethodGet, with(infoOf130, "query_layers", "S2", "info_format", format, "i", "1", "j", "1"))
			if got, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); w.Code != 200 || got != format {
				t.Errorf("%s: %d %s", format, w.Code, got)
			}
		}
	})},
	{"getfeatureinfo:invalid-i", "I outside of the map is refused", refuses(with(infoOf130, "query_layers", "S2", "info_format", "text/plain", "i", "20", "j", "1"), wms.InvalidPoint)},
	{"getfeatureinfo:invalid-j", "so is J", refuses(with(infoOf130, "query_layers", "S2", "info_format", "text/plain", "i", "1", "j", "-1"), wms.InvalidPoint)},
	{"getfeatureinfo:two-query_layers", "two layers can be queried", informs("S2,S2__NDVI", 2)},
	{"getfeatureinfo:three-query_layers", "so can three", func(t *testing.T) {
		text(t, with(infoOf130, "layers", "S2,S2__NDVI,LOOSE", "query_layers", "S2,S2__NDVI,LOOSE", "info_format", "text/plain", "i", "1", "j", "1"))
	}},
	{"getfeatureinfo:less-query_layers", "fewer layers than those of the map can be queried", informs("S2__NDVI", 1)},
	{"getfeatureinfo:invalid-query_layers", "one that is not there is refused", refuses(with(infoOf130, "query_layers", "S2,nowhere", "info_format", "text/plain", "i", "1", "j", "1"), wms.LayerNotDefined)},
	{"getfeatureinfo:query_layers-not-queryable", "so is one that cannot be queried", refuses(with(infoOf130, "query_layers", "S2__heatmap", "info_format", "text/plain", "i", "1", "j", "1"), wms.LayerNotQueryable)},
	{"getfeatureinfo:each-queryable-layer", "each layer that can be queried answers", eachNamed(func(t *testing.T, l capsLayer, _ []capsLayer) {
		if l.Queryable == "1" {
			text(t, with(infoOf130, "layers", l.Name, "query_layers", l.Name, "info_format", "text/plain", "i", "1", "j", "1"))
		}
	})},
	{"getmap:bbox-direct", "the box that a layer tells can be drawn", eachNamed(eachBox(false))},
	{"getmap:bbox-inherited", "so can one that it inherits", eachNamed(eachBox(true))},
	{"getmap:bbox-minx-gt-maxx", "a box turned round is refused", refuses(with(oneLayer, "bbox", "16,47,14,49"), ows.InvalidParameterValue)},
	{"getmap:bbox-minx-eq-maxx", "so is one without width", refuses(with(oneLayer, "bbox", "14,47,14,49"), ows.InvalidParameterValue)},
	{"getmap:bbox-miny-gt-maxy", "so is one upside down", refuses(with(oneLayer, "bbox", "14,49,16,47"), ows.InvalidParameterValue)},
	{"getmap:bbox-miny-eq-maxy", "so is one without height", refuses(with(oneLayer, "bbox", "14,49,16,49"), ows.InvalidParameterValue)},
	{"getmap:bbox-no-overlap", "elsewhere there is nothing", clear(with(oneLayer, "bbox", "100,10,102,12", "transparent", "TRUE"))},
	{"getmap:bbox-outside-crs", "beyond the system there is nothing", clear(with(oneLayer, "bbox", "-10,80,400,120", "transparent", "TRUE"))},
	{"getmap:crs-direct", "a system that a layer tells can be asked for", draws(with(oneLayer, "crs", "EPSG:32633", "bbox", "423974,5205164,576025,5427937"))},
	{"getmap:crs-inherited", "so can one that it inherits", draws(with(oneLayer, "crs", "EPSG:3857", "bbox", "1558472,5942074,1781111,6274861"))},
	{"getmap:invalid-crs", "an unknown one is refused", refuses(with(oneLayer, "crs", "EPSG:bogus"), wms.InvalidCRS)},
	{"getmap:each-layer-crs-combination", "each system of each layer is taken", eachNamed(func(t *testing.T, l capsLayer, above []capsLayer) {
		for _, crs := range inherited(l, above, systems) {
			parsed, err := geo.ParseCRS(crs)
			if _, plain := geo.Plain(parsed); err != nil || plain && ask(t, newAtlas(), http.MethodGet, with(oneLayer, "layers", l.Name, "crs", crs, "bbox", "1,1,2,2")).Code != 200 {
				t.Errorf("%s: %s %v", l.Name, crs, err)
			}
		}
	})},
	{"getmap:each-crs", "each system is taken", draws(with(oneLayer, "crs", "EPSG:4326", "bbox", "47,14,49,16"), with(oneLayer, "crs", "CRS:84"))},
	{"getmap:exceptions-default", "exceptions are text/xml", refuses(with(oneLayer, "layers", "nowhere"), wms.LayerNotDefined)},
	{"getmap:exceptions-xml", "also when asked for as XML", refuses(with(oneLayer, "layers", "nowhere", "exceptions", "XML"), wms.LayerNotDefined)},
	{"getmap:exceptions-inimage-mime", "in a picture they have its type", draws(with(oneLayer, "layers", "nowhere", "exceptions", "INIMAGE"), with(oneLayer, "layers", "nowhere", "exceptions", "INIMAGE", "format", "image/jpeg"))},
	{"getmap:exceptions-blank-red", "a blank picture has the background's colour", all(
		shows(with(oneLayer, "layers", "nowhere", "exceptions", "BLANK", "transparent", "FALSE", "bgcolor", "0xFF0000"), 0, 0, red),
		shows(with(oneLayer, "layers", "nowhere", "exceptions", "BLANK", "transparent", "FALSE", "bgcolor", "0xFF0000"), 19, 19, red))},
	{"getmap:exceptions-blank-transparent", "or none", clear(with(oneLayer, "layers", "nowhere", "exceptions", "BLANK", "transparent", "TRUE"))},
	{"getmap:exceptions-blank-mime", "and the type asked for", draws(with(oneLayer, "layers", "nowhere", "exceptions", "BLANK"), with(oneLayer, "layers", "nowhere", "exceptions", "BLANK", "format", "image/jpeg"))},
	{"getmap:invalid-format", "an unknown format is refused", refuses(with(oneLayer, "format", "image/unknown"), wms.InvalidFormat)},
	{"getmap:each-format", "each format that is offered comes", told(func(t *testing.T, d capsDocument) {
		for _, format := range d.Request.GetMap.Formats {
			draws(with(oneLayer, "format", format))(t)
		}
	})},
	{"getmap:two-layers", "two layers can be drawn together", draws(with(oneLayer, "layers", "S2,LOOSE"))},
	{"getmap:three-layers", "so can three", draws(with(oneLayer, "layers", "S2,LOOSE,S2__NDVI"))},
	{"getmap:invalid-layer", "one that is not there is refused", refuses(with(oneLayer, "layers", "nowhere"), wms.LayerNotDefined)},
	{"getmap:first-layer-invalid", "also before another", refuses(with(oneLayer, "layers", "nowhere,S2"), wms.LayerNotDefined)},
	{"getmap:second-layer-invalid", "and behind another", refuses(with(oneLayer, "layers", "S2,nowhere"), wms.LayerNotDefined)},
	{"getmap:each-layer", "each layer can be drawn", eachNamed(func(t *testing.T, l capsLayer, _ []capsLayer) { draws(with(oneLayer, "layers", l.Name))(t) })},
	{"getmap:styles-direct", "a style that a layer tells is taken", draws(with(oneLayer, "layers", "S2__NDVI", "styles", "greens"))},
	{"getmap:styles-inherited", "so is one that it inherits", draws(with(oneLayer, "layers", "S2__NDVI", "styles", "default"))},
	{"getmap:two-styles", "two layers have two styles", draws(with(oneLayer, "layers", "S2__NDVI,S2", "styles", "greens,default"))},
	{"getmap:three-styles", "three layers have three", draws(with(oneLayer, "layers", "S2__NDVI,S2,S2__NDVI", "styles", "greens,default,jet"))},
	{"getmap:invalid-style", "a style that is not told is refused", refuses(with(oneLayer, "styles", "greens"), wms.StyleNotDefined)},
	{"getmap:styles-default-single-layer", "none is the default one", draws(with(oneLayer, "styles", ""))},
	{"getmap:styles-default-multiple-layers", "for several layers, too", draws(with(oneLayer, "layers", "S2,S2__NDVI", "styles", ""))},
	{"getmap:styles-default-commas", "also between commas", draws(with(oneLayer, "layers", "S2,S2__NDVI,LOOSE,S1", "styles", ",,,"))},
	{"getmap:styles-some-default", "or beside named ones", draws(with(oneLayer, "layers", "S2__NDVI,S2,S2__NDVI,S2", "styles", "jet,,greens,"))},
	{"getmap:first-style-invalid", "a wrong one before a right one is refused", refuses(with(oneLayer, "layers", "S2,S2__NDVI", "styles", "bogus,jet"), wms.StyleNotDefined)},
	{"getmap:second-style-invalid", "so is one behind it", refuses(with(oneLayer, "layers", "S2__NDVI,S2", "styles", "jet,bogus"), wms.StyleNotDefined)},
	{"getmap:each-style", "each style can be drawn", eachNamed(func(t *testing.T, l capsLayer, above []capsLayer) {
		for _, style := range inherited(l, above, ofStyles) {
			draws(with(oneLayer, "layers", l.Name, "styles", style))(t)
		}
	})},
	{"getmap:transparent-default", "a map is opaque", opaque(oneLayer)},
	{"getmap:transparent-false", "also on demand", opaque(with(oneLayer, "transparent", "FALSE"))},
	{"getmap:transparent-opaque-layer", "transparency may be asked of a layer that has none", draws(with(oneLayer, "layers", "S2__NDVI", "transparent", "TRUE"))},
	{"getmap:large-size", "large maps have the size asked for", sized(1024, 768)},
	{"getmap:small-size", "small ones, too", sized(8, 5)},
	{"getmap:layerlimit", "as many layers as are told can be drawn", told(func(t *testing.T, d capsDocument) {
		draws(with(oneLayer, "layers", strings.Repeat("S2,", d.Limit-1)+"S2"))(t)
	})},
	{"getmap:no-version", "a map without a version is refused", refuses(with(oneLayer, "version", "-"), ows.MissingParameterValue)},
	{"interactive:exceptions-inimage", "exceptions are written into the picture", func(t *testing.T) {
		if ink := count(picture(t, newAtlas(), with(oneLayer, "layers", "nowhere", "exceptions", "INIMAGE", "width", "200", "height", "100"))); ink < 200 {
			t.Errorf("%d pixels are written", ink)
		}
	}},
	{"interactive:fees-and-access-constraints", "what is not there is called none", told(func(t *testing.T, d capsDocument) {
		if d.Fees != "none" || d.Access != "none" {
			t.Errorf("%q %q", d.Fees, d.Access)
		}
	})},
	{"queryable:feature_count-default", "without FEATURE_COUNT one feature comes", counts("", 1)},
	{"queryable:feature_count-1", "as many as are asked for come", all(counts("1", 1), counts("2", 2))},
	{"queryable:getfeatureinfo-supported", "GetFeatureInfo is told", told(func(t *testing.T, d capsDocument) {
		if len(d.Request.GetFeatureInfo.Formats) == 0 || d.Request.GetFeatureInfo.Online.Href == "" {
			t.Errorf("%+v", d.Request.GetFeatureInfo)
		}
	})},
	{"recommendations:service-keywords", "the service has keywords", told(func(t *testing.T, d capsDocument) {
		if len(d.Keywords) == 0 {
			t.Error("none")
		}
	})},
	{"recommendations:service-contact-info", "and somebody to ask", told(func(t *testing.T, d capsDocument) {
		if d.Contact == "" {
			t.Error("none")
		}
	})},
	{"recommendations:png-getmap-format", "PNG is offered", told(func(t *testing.T, d capsDocument) {
		if !slices.Contains(d.Request.GetMap.Formats, "image/png") {
			t.Error(d.Request.GetMap)
		}
	})},
	{"recommendations:layer-abstracts", "each layer has an abstract", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		if l.Abstract == "" {
			t.Error(l.Name)
		}
	})},
	{"recommendations:layer-keywordlists", "and keywords", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		if len(l.Keywords) == 0 {
			t.Error(l.Name)
		}
	})},
	{"recommendations:layer-crs", "each layer is there in longitude and latitude", eachLayer(func(t *testing.T, l capsLayer, above []capsLayer) {
		if !slices.Contains(inherited(l, above, systems), "CRS:84") {
			t.Error(l.Name)
		}
	})},
	{"recommendations:dims-no-whitespace", "names of dimensions have no spaces", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		for _, d := range l.Dimensions {
			if strings.ContainsAny(d.Name, " \t\n") {
				t.Errorf("%s: %q", l.Name, d.Name)
			}
		}
	})},
	{"recommendations:dims-defaults", "each dimension has a default value", eachLayer(func(t *testing.T, l capsLayer, _ []capsLayer) {
		for _, d := range l.Dimensions {
			if d.Default == "" {
				t.Errorf("%s: %+v", l.Name, d)
			}
		}
	})},
	{"time:time-each-instant", "each instant shows its own", all(shows(autos("2022-07-01T10:00:00Z"), 0, 0, red), shows(autos("2022-07-04"), 0, 19, green), shows(autos("2022-07-04"), 0, 0, white))},
	{"time:time-interval", "so does an interval", all(shows(autos("2022-07-02/2022-07-05"), 0, 19, green), shows(autos("2022-06-01/2022-07-03/P1D"), 0, 19, red))},
	{"time:time-interval-and-instant", "an interval with an instant", all(shows(autos("2022-06-01/2022-07-02,2022-07-04T10:00:20.5Z"), 0, 0, red), shows(autos("2022-06-01/2022-07-02,2022-07-04T10:00:20.5Z"), 19, 19, green))},
	{"time:time-interval-list", "several intervals", shows(autos("2022-06-01/2022-07-02,2022-07-03/2022-07-09"), 19, 19, green)},
	{"time:time-instant-list", "several instants (1.9/11 of EOxServer's defects)", all(shows(autos("2022-07-01,2022-07-04"), 0, 0, red), shows(autos("2022-07-01,2022-07-04"), 19, 19, green))},
	{"time:time-current-instant", "the newest is called current", shows(autos("current"), 0, 0, white)},
	{"time:time-current-interval", "also as an end", shows(autos("2022-07-01/current"), 0, 0, red)},
	{"time:time-default", "without TIME the default is shown and told", warned(oneLayer, "99 Default value used: time=2022-07-01/2022-07-04 ISO8601")},
	{"time:time-and-other-layer", "a layer without time does not mind", shows(with(mapOf130+"&crs=CRS:84&bbox=-10,-5,-9,5", "layers", "S2,LOOSE", "time", "2022-07-01"), 19, 0, blue)},
	{"vector_elevation:geometry-low", "a low elevation shows its own", shows(lakes("250"), 19, 0, blue)},
	{"vector_elevation:geometry-high", "so does a high one", all(shows(lakes("1000"), 0, 19, yellow), shows(lakes("1000"), 19, 0, white))},
	{"vector_elevation:geometry-default-value", "without one the default is told", warned(with(lakes("x"), "elevation", "-"), "99 Default value used: elevation=0/500,1000 m")},
	{"vector_elevation:geometry-and-other-layer", "a layer without elevations does not mind", draws(with(oneLayer, "layers", "S2,LOOSE", "elevation", "250"))},
	{"raster_elevation:terrain-low-range", "an interval of elevations", shows(lakes("0/500"), 0, 19, blue)},
	{"raster_elevation:terrain-high-range", "a higher one", shows(lakes("900/2000"), 0, 19, yellow)},
	{"raster_elevation:terrain-low-and-high-ranges", "two", all(shows(lakes("0/300,900/2000"), 0, 19, yellow), shows(lakes("0/300,900/2000"), 19, 0, blue))},
	{"raster_elevation:terrain-range-and-value", "one and a value", shows(lakes("0/300,1000"), 0, 19, yellow)},
	{"raster_elevation:terrain-value", "a value", shows(lakes("1000"), 0, 19, yellow)},
	{"raster_elevation:terrain-invalid", "an elevation beyond those told is refused", refuses(lakes("9000"), wms.InvalidDimensionValue)},
	{"raster_elevation:terrain-default", "without one the default is told", warned(with(lakes("x"), "elevation", "-"), "99 Default value used: elevation=0/500,1000 m")},
	{"raster_elevation:terrain-and-other-layer", "a layer without elevations does not mind", draws(with(oneLayer, "layers", "LOOSE,S2", "elevation", "0/500"))},
}

// TestETS runs the assertions, each by its name.
func TestETS(t *testing.T) {
	for _, one := range slices.Concat(ets, etsOptions) {
		t.Run(one.row, one.holds)
	}
}

// Every assertion of the suite is checked. Those of which nothing but a name of a group is left hold when their members do.
func TestETSIsComplete(t *testing.T) {
	list, err := os.ReadFile(filepath.Join(datatest.Folder(t), "data", "render", "ets", "ets-wms13.tsv"))
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	known := map[string]bool{}
	for _, one := range slices.Concat(ets, etsOptions) {
		if known[one.row] {
			t.Errorf("%s is there twice", one.row)
		}
		known[one.row] = true
	}
	rows := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(line, "\t")
		if len(fields) < 3 {
			continue
		}
		rows[fields[1]] = true
		if !known[fields[1]] && !isGroup(fields[2]) {
			t.Errorf("%s is not checked: %s", fields[1], fields[2])
		}
	}
	for row := range known {
		if !rows[row] {
			t.Errorf("%s is no assertion of the suite", row)
		}
	}
}

// isGroup tells whether an assertion only says that others hold.
func isGroup(asks string) bool {
	for _, part := range []string{"behave properly", "behaves properly", "hanled properly", "options are met", "is correct.", "advertised correctly", "declared properly",
		"validates.", "implementation under test complies", "properly declared", "fuctionality which is recommended"} {
		if strings.Contains(asks, part) {
			return true
		}
	}
	return false
}

func contentType(query, want string) check {
	return func(t *testing.T) {
		if got := ask(t, newAtlas(), http.MethodGet, query).Header().Get("Content-Type"); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}

// legends compares legends with what is told of them.
func legends(t *testing.T, l capsLayer, _ []capsLayer) {
	for _, s := range l.Styles {
		if s.Legend == nil {
			continue
		}
		_, query, _ := strings.Cut(s.Legend.Online.Href, "?")
		w := ask(t, newAtlas(), http.MethodGet, query)
		size, _, err := image.DecodeConfig(w.Body)
		if err != nil || w.Header().Get("Content-Type") != s.Legend.Format || size.Width != s.Legend.Width || size.Height != s.Legend.Height {
			t.Errorf("%s: %+v %v", query, size, err)
		}
	}
}

// informs wants lines of so many layers.
func informs(layers string, n int) check {
	return func(t *testing.T) {
		body := text(t, with(infoOf130, "query_layers", layers, "info_format", "text/plain", "i", "1", "j", "18", "feature_count", "10"))
		for _, layer := range strings.Split(layers, ",") {
			if !strings.Contains(body, "layer: "+layer+"\n") || n == 1 && strings.Contains(body, "layer: S2\n") {
				t.Errorf("%s: %s", layers, body)
			}
		}
	}
}

// counts wants so many features.
func counts(asked string, want int) check {
	return func(t *testing.T) {
		query := with(infoOf130, "query_layers", "S2", "info_format", "text/plain", "i", "1", "j", "18")
		if asked != "" {
			query = with(query, "feature_count", asked)
		}
		if got := strings.Count(text(t, query), "product: "); got != want {
			t.Errorf("%q asked, %d came", asked, got)
		}
	}
}

// eachBox draws what boxes enclose.
func eachBox(inherits bool) func(t *testing.T, l capsLayer, above []capsLayer) {
	return func(t *testing.T, l capsLayer, above []capsLayer) {
		boxes := l.Boxes
		if inherits {
			boxes = inherited(l, above, aboveIt)
		}
		for _, b := range boxes {
			number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
			corners := []string{number(b.MinX), number(b.MinY), number(b.MaxX), number(b.MaxY)}
			draws(with(oneLayer, "layers", l.Name, "crs", b.CRS, "bbox", strings.Join(corners, ",")))(t)
		}
	}
}

func sized(width, height int) check {
	return func(t *testing.T) {
		img := picture(t, newAtlas(), with(oneLayer, "width", strconv.Itoa(width), "height", strconv.Itoa(height)))
		if img.Bounds().Dx() != width || img.Bounds().Dy() != height {
			t.Error(img.Bounds())
		}
	}
}
