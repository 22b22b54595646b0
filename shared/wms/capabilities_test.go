package wms_test

import (
	"net/http"
	"strings"
	"testing"

	"perigee/shared/ows/owstest"
	"perigee/shared/wms"
)

// What EOxServer's capabilities got wrong (elements out of order, the service's name, ISO 8859-1, operations advertised
// that are not there) is right here: rows 1.9/1, 1.9/2 and 1.9/17 of the list of its defects.
func TestCapabilities(t *testing.T) {
	tests := []struct{ name, query, mediaType string }{
		{"capabilities-1.3.0.xml", "service=WMS&request=GetCapabilities&version=1.3.0", "text/xml"},
		{"capabilities-1.1.0.xml", "service=WMS&request=GetCapabilities&version=1.1.0", "application/vnd.ogc.wms_xml"},
		{"capabilities-1.1.1.xml", "service=WMS&request=GetCapabilities&version=1.1.1", "application/vnd.ogc.wms_xml"},
		{"capabilities-item.xml", "service=WMS&version=1.3.0&request=GetCapabilities&cql=identifier%3D%22LOOSE%22", "text/xml"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := ask(t, newAtlas(), http.MethodGet, test.query)
			if got := w.Header().Get("Content-Type"); w.Code != 200 || got != test.mediaType {
				t.Fatalf("status %d, type %q", w.Code, got)
			}
			owstest.Golden(t, test.name, w.Body.Bytes())
			t.Run("schema", func(t *testing.T) {
				switch {
				case strings.Contains(test.name, "1.1.0"):
					owstest.ValidateDTD(t, "wms/1.1.0/capabilities_1_1_0.dtd", w.Body.Bytes())
				case strings.Contains(test.name, "1.1.1"):
					owstest.ValidateDTD(t, "wms/1.1.1/WMS_MS_Capabilities.dtd", w.Body.Bytes())
				default: // which knows the schema of WMS, too
					owstest.Validate(t, "sld/1.1.0/sld_capabilities.xsd", w.Body.Bytes())
				}
			})
		})
	}
}

func TestCapabilitiesOfNothing(t *testing.T) {
	w := ask(t, &atlas{}, http.MethodGet, "request=GetCapabilities")
	owstest.Validate(t, "sld/1.1.0/sld_capabilities.xsd", w.Body.Bytes())
}

// The version of capabilities is negotiated (ETS basic_elements: negotiate-*), unknown parameters and formats are
// ignored (extra-GetCapabilities-param, invalid-format, updatesequence-ignored), and the bare address answers too.
func TestCapabilitiesNegotiation(t *testing.T) {
	tests := map[string]string{
		"":                                    "1.3.0",
		"request=GetCapabilities":             "1.3.0",
		"REQUEST=GetCapabilities&SERVICE=wms": "1.3.0",
		"request=GetCapabilities&version=100.0.0":                                 "1.3.0",
		"request=GetCapabilities&version=1.2.0":                                   "1.1.1",
		"request=GetCapabilities&version=1.1.0":                                   "1.1.0",
		"request=GetCapabilities&version=0.0.0":                                   "1.1.0",
		"request=capabilities&wmtver=1.0.0&version=1.0":                           "1.1.0",
		"service=WMS&request=GetCapabilities&format=x/y&updatesequence=9&bogus=1": "1.3.0",
	}
	for query, version := range tests {
		w := ask(t, newAtlas(), http.MethodGet, query)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `apabilities version="`+version+`"`) {
			t.Errorf("%q: status %d, %.200s", query, w.Code, w.Body)
		}
	}
}

func TestCapabilitiesAreConditional(t *testing.T) {
	first := ask(t, newAtlas(), http.MethodGet, "request=GetCapabilities")
	if first.Header().Get("ETag") == "" || first.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", first.Header())
	}
	if head := ask(t, newAtlas(), http.MethodHead, "request=GetCapabilities"); head.Body.Len() != 0 || head.Header().Get("ETag") != first.Header().Get("ETag") {
		t.Error("HEAD gives the header of GET and no body")
	}
	if options := ask(t, newAtlas(), http.MethodOptions, ""); options.Code != 200 || options.Header().Get("Access-Control-Allow-Methods") == "" {
		t.Errorf("OPTIONS: %d %v", options.Code, options.Header())
	}
	if post := ask(t, newAtlas(), http.MethodPost, "request=GetCapabilities"); post.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", post.Code)
	}
}

// Every layer inherits what it does not say; a style is not named again below a layer that has it (ETS style-unique),
// and there are no boxes in systems that are not advertised (bbox-crs-advertised).
func TestInheritance(t *testing.T) {
	body := ask(t, newAtlas(), http.MethodGet, "request=GetCapabilities").Body.String()
	if n := strings.Count(body, "<Name>default</Name>"); n != 1 {
		t.Errorf("the style default is named %d times", n)
	}
	if !strings.Contains(body, "<Name>greens</Name>") || strings.Count(body, "<CRS>EPSG:32633</CRS>") != 1 {
		t.Errorf("styles or zones: %s", body)
	}
	if !strings.Contains(body, `<BoundingBox CRS="EPSG:4326" minx="47" miny="14" maxx="49" maxy="16">`) ||
		!strings.Contains(body, `<BoundingBox CRS="CRS:84" minx="14" miny="47" maxx="16" maxy="49">`) {
		t.Error("the axes of the boxes are not in the order of their systems")
	}
	old := ask(t, newAtlas(), http.MethodGet, "request=GetCapabilities&version=1.1.1").Body.String()
	if strings.Contains(old, "CRS:84") || !strings.Contains(old, `<BoundingBox SRS="EPSG:4326" minx="14" miny="47" maxx="16" maxy="49">`) {
		t.Error("1.1.1 has longitude first and no CRS:84")
	}
}

func TestManyDays(t *testing.T) {
	a := newAtlas()
	node := &a.nodes[0]
	node.Children, node.Dates = nil, node.Dates[:1] // the list of days is bounded
	body := ask(t, a, http.MethodGet, "request=GetCapabilities").Body.String()
	if !strings.Contains(body, ">2022-07-01/2022-07-04/P1D<") || !strings.Contains(body, `default="2022-07-01/2022-07-04"`) {
		t.Errorf("dimension: %s", body)
	}
	a.nodes = []wms.Node{{Name: "open", Title: "open", Time: node.Time, Bounds: bound(5, 5, 5, 5)}}
	a.nodes[0].Time.Start = a.nodes[0].Time.End
	body = ask(t, a, http.MethodGet, "request=GetCapabilities").Body.String()
	if !strings.Contains(body, `default="2022-07-04"`) || strings.Contains(body, `westBoundLongitude>5<`) {
		t.Errorf("one day, one point: %s", body)
	}
}
