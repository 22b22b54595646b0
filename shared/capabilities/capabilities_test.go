package capabilities

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// RC-10: services of every kind are read from what real ones say.
func TestRealServices(t *testing.T) {
	folder := filepath.Join(datatest.Folder(t), "data", "catalogue", "capabilities")
	for file, want := range map[string]struct {
		protocol, version, title string
		offered                  int
	}{
		"eosdis-wmts-cap.xml":             {"OGC:WMTS", "1.0.0", "NASA Global Image Browse Services for EOSDIS", 55},
		"sos_52n_getcapabilities.xml":     {"OGC:SOS", "1.0.0", "IOOS 52N SOS", 15},
		"wcs_nsidc.xml":                   {"OGC:WCS", "1.1.0", "Atlas of the Cryosphere: Northern Hemisphere", 42},
		"wfs_dov_getcapabilities_200.xml": {"OGC:WFS", "2.0.0", "Download Service van Databank Ondergrond Vlaanderen", 1},
		"wms_dov_getcapabilities_130.xml": {"OGC:WMS", "1.3.0", "DOV View Service", 1},
		"wms_mass_gis-caps.xml":           {"OGC:WMS", "1.1.1", "Massachusetts Data from MassGIS (GeoServer)", 1017},
		"wps_52nCapabilities.xml":         {"OGC:WPS", "1.0.0", "52°North WPS 3.3.1", 7},
	} {
		document, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		all, err := Decode(document, "https://services.example/ows?map=1")
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		s := all[0]
		if s.Text(record.PropertyServiceType) != want.protocol || s.Text(record.PropertyServiceTypeVersion) != want.version || s.Title != want.title || len(all)-1 != want.offered || s.Footprint == nil && want.protocol != "OGC:WPS" || s.Type != "service" {
			t.Errorf("%s: %+v", file, s)
		}
		seen := map[string]bool{}
		for _, r := range all[1:] {
			if !strings.HasPrefix(r.ID, s.ID+"-") || r.Text(record.PropertyParent) != s.ID || r.Title == "" || seen[r.ID] || r.Links[0].Protocol != want.protocol {
				t.Errorf("%s: %+v", file, r)
			}
			seen[r.ID] = true
		}
	}
}

func TestRefusals(t *testing.T) {
	for document, kind := range map[string]fault.Kind{
		"<a/>": fault.Unsupported, "": fault.Invalid, `<Capabilities xmlns="http://www.opengis.net/cat/csw/3.0"/>`: fault.Unsupported,
		`<!DOCTYPE WMT_MS_Capabilities [<!ENTITY e "x">]><WMT_MS_Capabilities version="1.1.1"/>`: fault.Invalid,
	} {
		if _, err := Decode([]byte(document), "http://x"); fault.KindOf(err) != kind {
			t.Errorf("%s: %v", document, err)
		}
	}
	all, err := Decode([]byte(`<!DOCTYPE WMT_MS_Capabilities SYSTEM "http://x/y.dtd" [<!ELEMENT V EMPTY>]><WMT_MS_Capabilities version="1.1.1"/>`), "http://x")
	if err != nil || len(all) != 1 || all[0].Title != "WMS http://x" {
		t.Errorf("%+v, %v", all, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`<WMS_Capabilities version="1.3.0"><Capability><Layer><Name>a</Name><EX_GeographicBoundingBox><westBoundLongitude>1</westBoundLongitude></EX_GeographicBoundingBox><Layer/></Layer></Capability></WMS_Capabilities>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		all, err := Decode(document, "http://x")
		if err == nil && (len(all) == 0 || all[0].ID == "") {
			t.Error("a service without a record")
		}
	})
}
