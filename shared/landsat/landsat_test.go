package landsat

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

func mtl(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/mtl.txt")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestItem: HRV-14, what is different near the poles, off nadir and on Landsat 9. A footprint is cut at the date line.
func TestItem(t *testing.T) {
	m, err := ReadMTL(mtl(t))
	if err != nil {
		t.Fatal(err)
	}
	draft, err := Item(m, nil, "s3://b/p/")
	if err != nil {
		t.Fatal(err)
	}
	p := draft.Properties
	for name, want := range map[string]string{
		"proj:code": "EPSG:3031", "view:off_nadir": "12.5", "platform": "landsat-9", "eo:cloud_cover": "0", "landsat:correction": "L1TP", "landsat:wrs_row": "111",
		"proj:transform": "[30 0 285 0 -30 615]", "datetime": "2026-04-30T01:02:03.000000Z", "sci:doi": "10.5066/P975CC9B", "instruments": "[oli tirs]", "landsat:cloud_cover_land": "<nil>",
	} {
		if got := fmt.Sprint(p[name]); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
	if parts, ok := draft.Geometry.(orb.MultiPolygon); !ok || len(parts) != 2 {
		t.Errorf("%v", draft.Geometry)
	}
	var keys []string
	for _, a := range draft.Assets {
		keys = append(keys, a.Key)
	}
	if got := strings.Join(keys, " "); got != "SR_B4 SR_B10 QA_PIXEL" {
		t.Errorf("%s", got)
	}
	if thermal := draft.Assets[1].Fields["raster:bands"].([]any)[0].(map[string]any); thermal["scale"] != 3.8e-4 || thermal["unit"] != radiance {
		t.Errorf("%v", thermal)
	}
}

// TestOutline: of a scene whose outline USGS tells. Its own is a little smaller, for it is where all bands see.
func TestOutline(t *testing.T) {
	m, err := ReadMTL([]byte(strings.NewReplacer("PS", "UTM", "TRUE_SCALE_LAT = -71.00000", "UTM_ZONE = 19", "REFLECTIVE_LINES = 100", "REFLECTIVE_LINES = 7781", "REFLECTIVE_SAMPLES = 200", "REFLECTIVE_SAMPLES = 7651",
		"X_PRODUCT = 300.0", "X_PRODUCT = 528300.0", "Y_PRODUCT = 600.0", "Y_PRODUCT = -1482300.0").Replace(string(mtl(t)))))
	if err != nil {
		t.Fatal(err)
	}
	const angles = "  BAND01_L1T_IMAGE_CORNER_LINES = (    8.700535,  1390.479185,  7774.911055,  6383.970450)\n  BAND01_L1T_IMAGE_CORNER_SAMPS = ( 1423.939752,  7649.969195,  6231.708659,     4.643227)\n"
	draft, err := Item(m, []byte(angles), "s3://b/p")
	if err != nil {
		t.Fatal(err)
	}
	usgs := []orb.Point{{-68.328, -13.413}, {-68.715, -15.144}, {-67.021, -15.502}, {-66.642, -13.769}}
	ring := draft.Geometry.(orb.Polygon)[0]
	for _, p := range usgs {
		nearest := 1e9
		for _, q := range ring {
			nearest = min(nearest, math.Hypot(p[0]-q[0], p[1]-q[1]))
		}
		if nearest > 0.03 {
			t.Errorf("%v is %.3f degrees away from %v", p, nearest, ring)
		}
	}
	for _, other := range []string{"", "BAND01_L1T_IMAGE_CORNER_LINES = (1, 2", strings.Replace(angles, "1423", "-1423", 1), strings.Replace(angles, "8.70", "x", 1)} {
		draft, err := Item(m, []byte(other), "s3://b/p")
		if _, isImage := draft.Geometry.(orb.MultiPolygon); err != nil || !isImage {
			t.Errorf("%q: %v, %v", other, draft.Geometry, err)
		}
	}
}

func TestReadMTLRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":           "",
		"another root":      "GROUP = OTHER\nEND_GROUP = OTHER\nEND",
		"no value":          "GROUP = L1_METADATA_FILE\nx\nEND_GROUP = L1_METADATA_FILE",
		"another end":       "GROUP = L1_METADATA_FILE\nEND_GROUP = X",
		"no end":            "GROUP = L1_METADATA_FILE\nGROUP = A\nEND",
		"in no group":       "a = 1",
		"XML that is not":   "<LANDSAT_METADATA_FILE>",
		"XML with entities": `<!DOCTYPE x [<!ENTITY e "e">]><LANDSAT_METADATA_FILE><A><B>&e;</B></A></LANDSAT_METADATA_FILE>`,
		"JSON that is not":  `{"LANDSAT_METADATA_FILE":{"A":"b"}}`,
		"two roots":         `{"LANDSAT_METADATA_FILE":{},"L1_METADATA_FILE":{}}`,
		"too long":          strings.Repeat(" ", MaxMTL+1),
		"too many":          "GROUP = L1_METADATA_FILE\n" + strings.Repeat("a = 1\n", maxValues+1),
	} {
		if _, err := ReadMTL([]byte(text)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAllThatIsMissingIsTold at once.
func TestAllThatIsMissingIsTold(t *testing.T) {
	m, err := ReadMTL([]byte("GROUP = L1_METADATA_FILE\nGROUP = METADATA_FILE_INFO\nLANDSAT_PRODUCT_ID = LC08\nEND_GROUP = METADATA_FILE_INFO\nEND_GROUP = L1_METADATA_FILE\nEND"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Item(m, nil, "s3://b"); len(fault.All(err)) < 10 {
		t.Errorf("%v", err)
	}
	m.groups["METADATA_FILE_INFO"]["LANDSAT_PRODUCT_ID"] = "../x"
	if _, err := Item(m, nil, "s3://b"); fault.LocatorOf(err) != "LANDSAT_PRODUCT_ID" {
		t.Errorf("%v", err)
	}
}

// FuzzMTL: whatever a metadata file says, in whichever form, an item is made or refused.
func FuzzMTL(f *testing.F) {
	f.Add(mtl(f))
	f.Add([]byte(`{"LANDSAT_METADATA_FILE":{"PRODUCT_CONTENTS":{"LANDSAT_PRODUCT_ID":"LC08_L1TP","FILE_NAME_BAND_1":"LC08_L1TP_B1.TIF"}}}`))
	f.Add([]byte(`<LANDSAT_METADATA_FILE><PRODUCT_CONTENTS><LANDSAT_PRODUCT_ID>LC08_L1TP</LANDSAT_PRODUCT_ID></PRODUCT_CONTENTS></LANDSAT_METADATA_FILE>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadMTL(text)
		if err != nil {
			return
		}
		draft, err := Item(m, text, "s3://b/p")
		if err != nil {
			return
		}
		raw, err := draft.Encode()
		if fault.KindOf(err) == fault.Invalid {
			return // numbers that are too large
		}
		if err != nil {
			t.Fatalf("%v: %+v", err, draft)
		}
		if _, err := stac.Type(raw); err != nil {
			t.Errorf("%v: %s", err, raw)
		}
		for _, a := range draft.Assets {
			if href := a.Fields["href"].(string); !strings.HasPrefix(href, "s3://b/p/") || strings.Contains(href, "..") {
				t.Errorf("%s", href)
			}
		}
	})
}

// TestFootprint: REG-27, the place of a scene by its metadata file alone is that of its image.
func TestFootprint(t *testing.T) {
	m, err := ReadMTL(mtl(t))
	if err != nil {
		t.Fatal(err)
	}
	draft, err := Item(m, nil, "s3://b/p/")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.Footprint(); err != nil || !orb.Equal(got, draft.Geometry) {
		t.Errorf("%v, want %v; %v", got, draft.Geometry, err)
	}
	if got, err := (MTL{}).Footprint(); got != nil || fault.KindOf(err) != fault.Invalid {
		t.Errorf("%v, %v", got, err)
	}
}
