package landsat

import (
	"fmt"
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
	draft, err := Item(m, "s3://b/p/")
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
	if _, err := Item(m, "s3://b"); len(fault.All(err)) < 10 {
		t.Errorf("%v", err)
	}
	m.groups["METADATA_FILE_INFO"]["LANDSAT_PRODUCT_ID"] = "../x"
	if _, err := Item(m, "s3://b"); fault.LocatorOf(err) != "LANDSAT_PRODUCT_ID" {
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
		draft, err := Item(m, "s3://b/p")
		if err != nil {
			return
		}
		raw, err := draft.Encode()
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
