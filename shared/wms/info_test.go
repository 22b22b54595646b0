package wms_test

import (
	"net/http"
	"strings"
	"testing"

	"perigee/shared/ows/owstest"
)

// What is told of a point, in every format (EOxServer advertised GetFeatureInfo and refused it: 1.9/2). Nothing of a
// stranger's is markup.
func TestGetFeatureInfo(t *testing.T) {
	query := with(infoOf130, "query_layers", "S2,S2__NDVI", "i", "1", "j", "18", "feature_count", "2")
	for name, format := range map[string]string{"info.txt": "text/plain", "info.html": "text/html", "info.json": "application/geo+json", "info.gml": "application/vnd.ogc.gml", "info.eop.xml": "application/gml+xml"} {
		t.Run(name, func(t *testing.T) {
			w := ask(t, newAtlas(), http.MethodGet, with(query, "info_format", format))
			if got := w.Header().Get("Content-Type"); w.Code != 200 || !strings.HasPrefix(got, format) || w.Header().Get("Content-Security-Policy") == "" {
				t.Errorf("%d %v", w.Code, w.Header())
			}
			owstest.Golden(t, name, w.Body.Bytes())
			if name == "info.eop.xml" {
				owstest.Validate(t, "../omeo/1.0/eop.xsd", w.Body.Bytes())
			}
		})
	}
}

// Where there is nothing, that is said; the older versions call the pixel X and Y, and need no format.
func TestGetFeatureInfoOfNothing(t *testing.T) {
	empty := with(infoOf130, "query_layers", "S2", "i", "19", "j", "0")
	for format, want := range map[string]string{"text/plain": "Nothing is shown here.", "text/html": "Nothing is shown here.", "application/json": `"features":[]`, "text/xml": "<wfs:FeatureCollection", "application/gml+xml": "<gml:FeatureCollection"} {
		if body := text(t, with(empty, "info_format", format)); !strings.Contains(body, want) {
			t.Errorf("%s: %s", format, body)
		}
	}
	old := "service=WMS&version=1.1.1&request=GetFeatureInfo&layers=S2&query_layers=S2&srs=EPSG:4326&bbox=14,47,16,49&width=20&height=20&x=1&y=18"
	if body := text(t, old); !strings.Contains(body, "product: S2<2022-07-04") {
		t.Errorf("%s", body)
	}
}

// An earth observation of which nothing is known but its name is valid too.
func TestPoorEarthObservation(t *testing.T) {
	a := newAtlas()
	a.bare = true
	w := ask(t, a, http.MethodGet, with(infoOf130, "query_layers", "S2", "i", "1", "j", "18", "info_format", "application/gml+xml"))
	if body := w.Body.String(); strings.Contains(body, "eop:platform") || strings.Contains(body, "eop:instrument") || !strings.Contains(body, `indeterminatePosition="unknown"`) {
		t.Error(body)
	}
	owstest.Validate(t, "../omeo/1.0/eop.xsd", w.Body.Bytes())
}

func FuzzGetFeatureInfo(f *testing.F) {
	f.Add(infoOf130 + "&query_layers=S2&info_format=text/html&i=1&j=1")
	f.Add("version=1.1.1&request=GetFeatureInfo&x=1e9&y=-0&query_layers=,&info_format=;&feature_count=99999999999&variables=a=1&sortby=a+b+c&dim_range=1+2,3&elevation=1/2/3&dim_wavelength=nan")
	f.Fuzz(func(t *testing.T, query string) {
		w := ask(t, newAtlas(), http.MethodGet, "request=GetFeatureInfo&"+query)
		if w.Code >= 500 || w.Header().Get("Content-Type") == "" && w.Code != http.StatusNotModified {
			t.Errorf("status %d, %v", w.Code, w.Header())
		}
	})
}

// What a request says of bands, ranges, order and variables comes through.
func TestVendorParameters(t *testing.T) {
	a := newAtlas()
	query := oneLayer + "&dim_bands=3,B03,B02&dim_range=0+4000,10/20&elevation=1/2,5&cql=a%3D1&sortBy=cloudCover+D,beginTime+A,-x&variables=k=2.5,name=text"
	if w := ask(t, a, http.MethodGet, query); w.Code != 200 {
		t.Fatalf("%s", w.Body)
	}
	m, layer := a.drawn, a.drawn.Layers[0]
	if strings.Join(layer.Bands, " ") != "B04 B03 B02" || len(layer.Ranges) != 2 || layer.Ranges[1].High != 20 || len(layer.Elevations) != 2 || m.CQL != "a=1" {
		t.Errorf("%+v", layer)
	}
	if len(m.SortBy) != 3 || m.SortBy[0].Property != "cloudCover" || !m.SortBy[0].Descending || m.SortBy[1].Descending || m.SortBy[2].Property != "x" || !m.SortBy[2].Descending {
		t.Errorf("%+v", m.SortBy)
	}
	if m.Variables["k"] != 2.5 || m.Variables["name"] != "text" {
		t.Errorf("%+v", m.Variables)
	}
	for _, q := range []string{"&dim_wavelength=0.66,560,0.49", "&dim_wavelengths=665,560,490"} {
		if w := ask(t, a, http.MethodGet, oneLayer+q); w.Code != 200 || strings.Join(a.drawn.Layers[0].Bands, " ") != "B04 B03 B02" {
			t.Errorf("%s: %s %v", q, w.Body, a.drawn.Layers[0].Bands)
		}
	}
}
