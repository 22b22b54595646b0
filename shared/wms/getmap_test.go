package wms_test

import (
	"context"
	"errors"
	"image/color"
	"net/http"
	"strings"
	"testing"

	"perigee/shared/scope"
	"perigee/shared/wms"
)

const base130 = "service=WMS&version=1.3.0&request=GetMap&layers=S2&styles=&format=image/png&width=20&height=20"

// The same place is asked in five ways (ETS each-crs, axis order of 06-042 6.7.4; CRS:84 was refused by EOxServer: 1.9/9).
func TestAxisOrder(t *testing.T) {
	tests := map[string]string{
		"CRS:84":               base130 + "&crs=CRS:84&bbox=14,47,16,49",
		"4326 in 1.3.0":        base130 + "&crs=EPSG:4326&bbox=47,14,49,16",
		"4326 as URN":          base130 + "&crs=urn:ogc:def:crs:EPSG::4326&bbox=47,14,49,16",
		"4326 in 1.1.1":        "version=1.1.1&request=GetMap&layers=S2&styles=&format=image/png&width=20&height=20&srs=EPSG:4326&bbox=14,47,16,49",
		"3857":                 base130 + "&crs=EPSG:3857&bbox=1558472.871,5942074.072,1781111.853,6274861.394",
		"exponential, no case": strings.ToUpper(base130) + "&CRS=crs:84&BBOX=1.4e1,4.7E1,1.6e+1,49",
	}
	for name, query := range tests {
		t.Run(name, func(t *testing.T) {
			img := picture(t, newAtlas(), strings.Replace(strings.Replace(query, "IMAGE/PNG", "image/png", 1), "=GETMAP", "=GetMap", 1))
			wantPixel(t, img, 2, 2, red)     // north west: only the first day
			wantPixel(t, img, 17, 2, white)  // north east: nothing
			wantPixel(t, img, 2, 17, green)  // south west: the newer day on top
			wantPixel(t, img, 17, 17, green) // south east
		})
	}
}

// The first layer is at the bottom (ETS layer-order), and pictures are stretched and sized as asked (aspect-ratio,
// small-size, large-size).
func TestLayersAndSize(t *testing.T) {
	query := "version=1.3.0&request=GetMap&format=image/png&crs=CRS:84&bbox=14,47,16,49&styles=&width=8&height=5&layers="
	img := picture(t, newAtlas(), query+"S2__NDVI,S2")
	if img.Bounds().Dx() != 8 || img.Bounds().Dy() != 5 {
		t.Errorf("size %v", img.Bounds())
	}
	wantPixel(t, img, 1, 1, red)
	wantPixel(t, img, 7, 1, yellow)
	wantPixel(t, picture(t, newAtlas(), query+"S2,S2__NDVI"), 1, 1, yellow)
	large := picture(t, newAtlas(), strings.Replace(query, "width=8&height=5", "width=1024&height=768", 1)+"S2")
	if large.Bounds().Dx() != 1024 || large.Bounds().Dy() != 768 {
		t.Errorf("size %v", large.Bounds())
	}
}

// Where nothing is drawn there is the background (ETS no-bgcolor, blue-bgcolor, transparent-*, bbox-no-overlap).
func TestBackground(t *testing.T) {
	query := base130 + "&crs=CRS:84&bbox=100,10,102,12"
	wantPixel(t, picture(t, newAtlas(), query), 5, 5, white)
	wantPixel(t, picture(t, newAtlas(), query+"&bgcolor=0x0000FF"), 5, 5, blue)
	wantPixel(t, picture(t, newAtlas(), query+"&transparent=FALSE&bgcolor=0x00ff00"), 5, 5, green)
	if _, _, _, alpha := picture(t, newAtlas(), query+"&transparent=TRUE").At(5, 5).RGBA(); alpha != 0 {
		t.Error("transparent=TRUE is opaque")
	}
	jpeg := strings.Replace(query, "image/png", "image/jpeg", 1) + "&transparent=true&bgcolor=0x0000FF"
	wantPixel(t, picture(t, newAtlas(), jpeg), 5, 5, blue)
	if got := ask(t, newAtlas(), http.MethodGet, jpeg).Header().Get("Content-Type"); got != "image/jpeg" {
		t.Errorf("type %q", got)
	}
}

// STYLES (ETS styles-*, two-styles): none for all, an empty one for each, or one for each.
func TestStyles(t *testing.T) {
	query := "version=1.3.0&request=GetMap&format=image/png&crs=CRS:84&bbox=14,47,16,49&width=8&height=5&layers=S2,S2__NDVI,S2"
	for styles, want := range map[string]string{"": "", "styles=": "", "styles=,,": "", "styles=,,,": "", "styles=default,greens,": ",greens,", "STYLES=,greens,default": ",greens,"} {
		a := newAtlas()
		if w := ask(t, a, http.MethodGet, query+"&"+styles); w.Code != 200 {
			t.Errorf("%q: %s", styles, w.Body)
			continue
		}
		var got []string
		for _, layer := range a.drawn.Layers {
			got = append(got, layer.Style)
		}
		if strings.Join(got, ",") != want && want != "" {
			t.Errorf("%q: styles %q", styles, got)
		}
	}
}

// TIME: a whole day by its date (EOxServer took midnight: 1.9/10), lists (1.9/11), intervals, months, years, current; a
// layer without time does not mind (ETS time-*).
func TestTime(t *testing.T) {
	tests := []struct {
		time        string
		west, south color.RGBA // of the north west and the south east
		warns       bool
	}{
		{time: "", west: red, south: green, warns: true},
		{time: "2022-07-01", west: red, south: white},
		{time: "2022-07-04", west: white, south: green},
		{time: "2022-07-01T10:00:00Z", west: red, south: white},
		{time: "2022-07-01T10:00:01Z", west: white, south: white},
		{time: "2022-07-01,2022-07-04", west: red, south: green},
		{time: "2022-07-02/2022-07-05", west: white, south: green},
		{time: "2022-06-01/2022-07-02/P1D,2021", west: red, south: white},
		{time: "2022-07", west: red, south: green},
		{time: "2022", west: red, south: green},
		{time: "2021", west: white, south: white},
		{time: "current", west: white, south: green},
		{time: "2022-07-02/current", west: white, south: green},
		{time: "2022-07-01/Current", west: red, south: green},
		{time: "../2022-07-02", west: red, south: white},
	}
	for _, test := range tests {
		t.Run(test.time, func(t *testing.T) {
			query := base130 + "&crs=CRS:84&bbox=14,47,16,49&time=" + test.time
			img := picture(t, newAtlas(), query)
			wantPixel(t, img, 2, 2, test.west)
			wantPixel(t, img, 17, 17, test.south)
			warning := ask(t, newAtlas(), http.MethodGet, query).Header().Get("Warning")
			if test.warns != (warning == "99 Default value used: time=2022-07-01/2022-07-04 ISO8601") {
				t.Errorf("warning %q", warning)
			}
		})
	}
	loose := strings.Replace(base130, "layers=S2", "layers=LOOSE", 1) + "&crs=CRS:84&bbox=-10,-5,-9,5&time=2001"
	wantPixel(t, picture(t, newAtlas(), loose), 5, 5, blue)
}

// Maps are asked again with their entity tag.
func TestMapsAreConditional(t *testing.T) {
	query := base130 + "&crs=CRS:84&bbox=14,47,16,49"
	first := ask(t, newAtlas(), http.MethodGet, query)
	tag := first.Header().Get("ETag")
	if len(tag) < 10 || first.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", first.Header())
	}
	if head := ask(t, newAtlas(), http.MethodHead, query); head.Header().Get("ETag") != tag || head.Body.Len() > 0 {
		t.Errorf("HEAD: %v", head.Header())
	}
}

// The spellings of the versions are those of the original.
func TestVersions(t *testing.T) {
	for _, version := range []string{"version=1.1&srs", "version=1.1.0&srs", "version=1.1.1&srs", "wmtver=1.0.0&srs", "version=1.3&crs"} {
		query := "request=GetMap&format=image/png&bbox=0,0,1,1&width=8&height=5&layers=S2&" + version + "=EPSG:4326"
		if w := ask(t, newAtlas(), http.MethodGet, query); w.Code != 200 {
			t.Errorf("%s: %s", version, w.Body)
		}
	}
}

func FuzzGetMap(f *testing.F) {
	f.Add(base130 + "&crs=CRS:84&bbox=14,47,16,49&time=2022/current&exceptions=INIMAGE")
	f.Add("version=1.1.1&request=GetMap&layers=,,&styles=a&srs=EPSG:0&bbox=nan,inf,0,0&width=1e3&height=-5&bgcolor=#12345&exceptions=BLANK")
	f.Fuzz(func(t *testing.T, query string) {
		w := ask(t, unpainted{newAtlas()}, http.MethodGet, "request=GetMap&"+query)
		if w.Code >= 500 || w.Header().Get("Content-Type") == "" && w.Code != http.StatusNotModified {
			t.Errorf("status %d, %v", w.Code, w.Header())
		}
	})
}

// unpainted saves the painting.
type unpainted struct{ *atlas }

func (unpainted) Draw(_ context.Context, _ scope.Scope, m wms.Map) (wms.Image, error) {
	if m.Width < 1 || m.Height < 1 || m.CRS == 0 || m.Format == "" || len(m.Layers) == 0 || !(m.Bounds.Min[0] < m.Bounds.Max[0]) {
		return wms.Image{}, errors.New("a map came through that cannot be drawn")
	}
	return wms.Image{Type: m.Format, Body: []byte("picture")}, nil
}

// RND-01: each version answers for itself, and for what is near it. A client of WMS 1.0 is told of 1.1.0, the lowest version
// offered, as negotiation wants it, and its maps are drawn all the same.
func TestVersionsAreNegotiated(t *testing.T) {
	for query, want := range map[string]string{
		"": "1.3.0", "version=1.3.0": "1.3.0", "version=1.3": "1.3.0", "version=1.2.0": "1.1.1", "version=1.1.1": "1.1.1", "version=1.1.0": "1.1.0", "version=1.0.0": "1.1.0",
		"version=1.0.7": "1.1.0", "wmtver=1.0.0": "1.1.0", "WMTVER=1.1.1": "1.1.1", "version=2.0.0": "1.3.0", "version=1.3.0&wmtver=1.0.0": "1.3.0",
	} {
		for _, operation := range []string{"GetCapabilities", "capabilities"} {
			body := text(t, "service=WMS&request="+operation+"&"+query)
			if !strings.Contains(body, `apabilities version="`+want+`"`) {
				t.Errorf("%s: not %s: %.200s", query, want, body)
			}
		}
	}
	const plain = "&layers=S2&styles=&srs=EPSG:4326&bbox=14,47,16,49&width=20&height=20"
	for _, query := range []string{
		"wmtver=1.0.0&request=map&format=PNG" + plain, "version=1.0.0&request=GetMap&format=PNG" + plain, "version=1.0&request=GetMap&format=image/png" + plain,
		"version=1.1.0&request=GetMap&format=image/png" + plain, "version=1.1.1&request=map&format=image/png" + plain,
	} {
		wantPixel(t, picture(t, newAtlas(), query), 0, 0, red)
	}
	if w := ask(t, newAtlas(), http.MethodGet, "wmtver=1.0.0&request=feature_info&query_layers=S2&x=1&y=18"+plain); w.Code != 200 {
		t.Errorf("what lies there, as WMS 1.0 asks it: %d %s", w.Code, w.Body)
	}
}
