package main

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/geo"
	"perigee/shared/ows/owstest"
)

// over is a request about the stage's bounds in longitude and latitude.
func (s *stage) over(parameters string) string {
	b := s.bounds()
	return fmt.Sprintf("/ows?service=WMS&version=1.3.0&crs=CRS:84&bbox=%.9f,%.9f,%.9f,%.9f&width=64&height=64&styles=&format=image/png&%s", b.Min[0], b.Min[1], b.Max[0], b.Max[1], parameters)
}

// inside is the pixel of such a request that lies in the middle of an item.
func (s *stage) inside(item int) (i, j int) {
	b, at := s.bounds(), s.items[item].Geometry.Bound().Center()
	return int((at[0] - b.Min[0]) / (b.Max[0] - b.Min[0]) * 64), int((b.Max[1] - at[1]) / (b.Max[1] - b.Min[1]) * 64)
}

func (s *stage) info(t *testing.T, parameters, format string) *httptest.ResponseRecorder {
	t.Helper()
	i, j := s.inside(0)
	w := get(s.handler, s.over(fmt.Sprintf("request=GetFeatureInfo&i=%d&j=%d&info_format=%s&%s", i, j, url.QueryEscape(format), parameters)))
	if w.Code != 200 {
		t.Errorf("%s %s: %d %s", parameters, format, w.Code, w.Body)
	}
	return w
}

// The defects that were seen in EOxServer, by their numbers in the list of them (1.9/1 is its first row); those of other
// services are not this function's.
func (s *stage) defects(t *testing.T) {
	refuses := func(parameters, code, locator string) func(*testing.T) {
		return func(t *testing.T) {
			w := get(s.handler, s.over("request=GetMap&"+parameters))
			if w.Code != 400 || w.Header().Get("Content-Type") != "text/xml" || !strings.Contains(w.Body.String(), `code="`+code+`" locator="`+locator+`"`) {
				t.Errorf("%s: %d %s", parameters, w.Code, w.Body)
			}
		}
	}
	draws := func(parameters ...string) func(*testing.T) {
		return func(t *testing.T) {
			for _, p := range parameters {
				w := get(s.handler, s.over("request=GetMap&"+p))
				if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" || drawn(decode(t, w.Body.Bytes())) < .05 {
					t.Errorf("%s: %d %.300s", p, w.Code, w.Body)
				}
			}
		}
	}
	t.Run("1 capabilities are valid", s.validCapabilities)                                                                  // 1.9/1
	t.Run("2 GetFeatureInfo answers", s.featureInfo)                                                                        // 1.9/2
	t.Run("3 bands of a coverage", draws("layers="+s.items[0].ID+"_B08&dim_bands=B08&dim_range=0%204000&transparent=TRUE")) // 1.9/3
	t.Run("4 bands and wavelengths of products and collections", draws(                                                     // 1.9/4
		"layers=S2MSI2A&dim_bands=B08,B04,B03&dim_range=0%204000&transparent=TRUE", "layers="+s.items[0].ID+"&dim_bands=B08,B04,B03&transparent=TRUE",
		"layers=S2MSI2A&dim_wavelengths=0.833,0.665,0.56&transparent=TRUE"))
	t.Run("7 an unknown style", refuses("layers=S2MSI2A&styles=sepia", "StyleNotDefined", "styles"))                     // 1.9/7
	t.Run("8 two layers and one style", refuses("layers=S2MSI2A,S2MSI2A__NDVI&styles=jet", "StyleNotDefined", "styles")) // 1.9/8
	t.Run("9 CRS84 and others", func(t *testing.T) {                                                                     // 1.9/9
		draws("layers=S2MSI2A&transparent=TRUE")(t)
		for _, crs := range []geo.CRS{geo.WGS84, geo.WebMercator, 32633} {
			if img, _ := s.getMap(t, "S2MSI2A", "1.3.0", crs, s.bounds(), 64, ""); drawn(img) < .5 {
				t.Errorf("%s: %.2f", crs, drawn(img))
			}
		}
		if w := get(s.handler, strings.Replace(s.over("request=GetMap&layers=S2MSI2A"), "crs=CRS:84", "crs=EPSG:3995&x=", 1)); w.Code != 200 {
			t.Errorf("polar: %d %s", w.Code, w.Body)
		}
	})
	t.Run("10 times of reduced precision", draws("layers=S2MSI2A&transparent=TRUE&time=2026-06-10", "layers=S2MSI2A&transparent=TRUE&time=2026-06", "layers=S2MSI2A&transparent=TRUE&time=2026", "layers=S2MSI2A&transparent=TRUE&time=current")) // 1.9/10
	t.Run("11 lists of times", draws("layers=S2MSI2A&transparent=TRUE&time=2026-06-10,2026-06-15"))                                                                                                                                               // 1.9/11
	t.Run("12 an unknown property", refuses("layers=S2MSI2A&cql=cloudiness%20%3E%205", "InvalidParameterValue", "cql"))                                                                                                                           // 1.9/12
	t.Run("13 a negative width", refuses("layers=S2MSI2A&WIDTH=-5", "InvalidParameterValue", "width"))                                                                                                                                            // 1.9/13
	t.Run("14 exceptions as XML", refuses("layers=nowhere&exceptions=XML", "LayerNotDefined", "layers"))                                                                                                                                          // 1.9/14
	t.Run("17 XML in UTF-8", func(t *testing.T) {                                                                                                                                                                                                 // 1.9/17
		if body := get(s.handler, "/ows?service=WMS&request=GetCapabilities").Body.String(); !strings.HasPrefix(body, `<?xml version="1.0" encoding="UTF-8"?>`) {
			t.Errorf("%.100s", body)
		}
	})
	t.Run("18 NDVI over water", s.water)                                          // 1.9/18
	t.Run("19 masks in other systems, and rasters as masks", func(t *testing.T) { // 1.9/19
		plain := drawn(s.looked(t, "S2MSI2A", ""))
		for _, layer := range []string{"S2MSI2A__masked_fields", "S2MSI2A__masked_bright"} {
			if n := drawn(s.looked(t, layer, "")); n <= 0 || n >= plain {
				t.Errorf("%s: %.3f of %.3f", layer, n, plain)
			}
		}
	})
}

// The capabilities of a real catalogue are valid in every version, as are those of single items.
func (s *stage) validCapabilities(t *testing.T) {
	for _, query := range []string{"", "&cql=" + url.QueryEscape(`identifier="`+s.items[0].ID+`"`)} {
		ask := func(version string) []byte {
			return get(s.handler, "/ows?service=WMS&request=GetCapabilities&version="+version+query).Body.Bytes()
		}
		owstest.Validate(t, "sld/1.1.0/sld_capabilities.xsd", ask("1.3.0"))
		owstest.ValidateDTD(t, "wms/1.1.1/WMS_MS_Capabilities.dtd", ask("1.1.1"))
		owstest.ValidateDTD(t, "wms/1.1.0/capabilities_1_1_0.dtd", ask("1.1.0"))
	}
	body := get(s.handler, "/ows?service=WMS&request=GetCapabilities").Body.String()
	for _, suffix := range []string{"", "__TRUE_COLOR", "__NDVI", "__outlines", "__outlined", "__clouds", "__masked_clouds", "__outlines_masked_clouds", "__heatmap"} {
		if !strings.Contains(body, "<Name>S2MSI2A"+suffix+"</Name>") {
			t.Errorf("S2MSI2A%s is not told", suffix)
		}
	}
	for _, part := range []string{`updateSequence="`, `<Dimension name="bands"`, `<Dimension name="wavelength"`, "<sld:GetLegendGraphic>", "<LegendURL"} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is missing", part)
		}
	}
}

// featureInfo asks about a point in every format.
func (s *stage) featureInfo(t *testing.T) {
	var collection struct {
		Type     string
		Features []struct {
			ID         string
			Geometry   json.RawMessage
			Properties struct {
				Layer, Collection, Platform string
				Bands, Channels             map[string]*float64
				Place                       []float64
			}
		}
	}
	body := s.info(t, "layers=S2MSI2A__NDVI&query_layers=S2MSI2A__NDVI&feature_count=5", "application/geo+json").Body.Bytes()
	if err := json.Unmarshal(body, &collection); err != nil || len(collection.Features) < 1 {
		t.Fatalf("%v %s", err, body)
	}
	first := collection.Features[0].Properties
	red, nir, ndvi := first.Bands["B04"], first.Bands["B08"], first.Channels["grey"]
	if red == nil || nir == nil || ndvi == nil || math.Abs((*nir-*red)/(*nir+*red)-*ndvi) > .01 || first.Collection != "S2MSI2A" {
		t.Errorf("%s", body)
	}
	for format, has := range map[string]string{"text/plain": "B04", "text/html": "<th>", "application/json": "FeatureCollection", "application/vnd.ogc.gml": "<gml:coordinates>", "text/xml": "<eo:band", "application/gml+xml": "<eop:platform>"} {
		w := s.info(t, "layers=S2MSI2A&query_layers=S2MSI2A", format)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), format) || !strings.Contains(w.Body.String(), has) || !strings.Contains(w.Body.String(), "_MSIL2A_") {
			t.Errorf("%s: %s %s", format, w.Header().Get("Content-Type"), w.Body)
		}
	}
	if body := s.info(t, "layers=S2MSI2A__outlines&query_layers=S2MSI2A__outlines&feature_count=9", "text/plain").Body.String(); strings.Count(body, "product: ") != 2 || strings.Contains(body, "B04") {
		t.Errorf("outlines: %s", body)
	}
	if body := s.info(t, "layers=S2MSI2A&query_layers=S2MSI2A&time=1999", "text/plain").Body.String(); strings.Contains(body, "product: ") {
		t.Errorf("in 1999: %s", body)
	}
}

// water: differences of unsigned bands are not turned round (EOxServer draws 247 of 255 where -0.3 makes 89).
func (s *stage) water(t *testing.T) {
	img := s.looked(t, "S2MSI2A__NDVI", "")
	dark := share(img, func(c color.NRGBA) bool { return c.A > 0 && c.R < 127 })
	if white := share(img, func(c color.NRGBA) bool { return c.A > 0 && c.R > 250 }); dark < .002 || white > .05 {
		t.Errorf("%.4f is darker than bare ground, %.4f white", dark, white)
	}
}

// Legends come in the size that capabilities tell, and are pictures of something.
func (s *stage) legends(t *testing.T) {
	for _, query := range []string{
		"layer=S2MSI2A__NDVI&style=viridis&width=180&height=170", "layer=S2MSI2A&", "layer=S2MSI2A__GREENNESS&style=cover&width=180&height=170", "layer=S2MSI2A__outlines&style=blue", "layer=S2MSI2A__heatmap&style=jet&width=180&height=170",
		"layer=S2MSI2A__clouds&style=yellow", "layer=" + s.items[0].ID + "_B08", "layer=S2MSI2A__outlined",
	} {
		w := get(s.handler, "/ows?service=WMS&version=1.3.0&request=GetLegendGraphic&format=image/png&"+query)
		if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
			continue
		}
		if folder := os.Getenv("PERIGEE_PICTURES"); folder != "" {
			_ = os.WriteFile(filepath.Join(folder, "legend-"+strings.NewReplacer("&", "_", "=", "-").Replace(query)+".png"), w.Body.Bytes(), 0o600)
		}
		img := decode(t, w.Body.Bytes())
		if strings.Contains(query, "width=180") && (img.Bounds().Dx() != 180 || img.Bounds().Dy() != 170) {
			t.Errorf("%s: %v", query, img.Bounds())
		}
		if n := share(img, func(c color.NRGBA) bool { return c != color.NRGBA{255, 255, 255, 255} }); n < .01 {
			t.Errorf("%s: an empty legend", query)
		}
	}
}
