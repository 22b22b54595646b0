package safe

import (
	"os"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/stac"
	"perigee/shared/stac/stactest"
	"perigee/shared/xmldoc"
)

const tiny = `<XFDU><dataObjectSection><dataObject ID="a"><byteStream size="3"><fileLocation href="./MTD_MSIL1C.xml"/><checksum checksumName="MD5">00112233445566778899AABBCCDDEEFF</checksum></byteStream></dataObject></dataObjectSection></XFDU>`

func TestReadManifest(t *testing.T) {
	m, err := ReadManifest("s3://b/X.SAFE/", ManifestName, []byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	if href, ok := m.Find(IsProductMetadata); !ok || href != "s3://b/X.SAFE/MTD_MSIL1C.xml" || m.Name() != "X.SAFE" {
		t.Errorf("%s, %v of %s", href, ok, m.Name())
	}
	if f := m.files[0]; f.Size != 3 || f.Checksum != "d5011000112233445566778899aabbccddeeff" {
		t.Errorf("%+v", f)
	}
}

// TestFilesStayWithinTheProduct: a manifest cannot lead elsewhere.
func TestFilesStayWithinTheProduct(t *testing.T) {
	for _, href := range []string{"../other", "/etc/passwd", "a/../../b", "http://example.com/x", "s3:x", "", "."} {
		if _, err := ReadManifest("s3://b/X.SAFE", ManifestName, []byte(strings.Replace(tiny, "./MTD_MSIL1C.xml", href, 1))); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", href, err)
		}
	}
}

// TestAllThatIsMissingIsTold at once.
func TestAllThatIsMissingIsTold(t *testing.T) {
	m, err := ReadManifest("s3://b/S1A_IW_GRDH_1SDV.SAFE", ManifestName, []byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := Sentinel1(m, nil)
	_, err2 := Sentinel2(m, []byte("<a/>"), []byte("<b/>"))
	_, err3 := Sentinel3(m)
	for i, err := range []error{err1, err2, err3} {
		if n := len(fault.All(err)); n < 5 || fault.KindOf(fault.All(err)[0]) != fault.Invalid {
			t.Errorf("%d: %d faults: %v", i+1, n, err)
		}
	}
}

func TestPositions(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1 2 3 4 5 6", "[[2 1] [4 3] [6 5]]"},
		{"1,2 3,4 5,6", "[[2 1] [4 3] [6 5]]"},
		{"1 2 0 3 4 0.0 5 6 0", "[[2 1] [4 3] [6 5]]"},
		{"1.23456789 2 3 4 5 6", "[[2 1.234568] [4 3] [6 5]]"},
		{"1 2 3 4", ""},
		{"1 2 3 4 5", ""},
		{"91 2 3 4 5 6", ""},
		{"1 2 3 4 5 x", ""},
		{"1 2 3 4 5 NaN", ""},
	} {
		w := &xmldoc.Wanted{File: "f"}
		points := positions(w, "p", c.text)
		got := ""
		if points != nil {
			got = strings.ReplaceAll(strings.ReplaceAll(sprint(points), "[{", "[["), "}", "]")
		}
		if got != c.want || (w.Err() == nil) != (c.want != "") {
			t.Errorf("%s: %s, %v", c.text, got, w.Err())
		}
	}
}

// TestSentinel2OfNewBaselines: since 4.00 reflectances have offsets. A footprint is cut at the date line, and angles on both
// sides of north have north for their mean, where others give south.
func TestSentinel2OfNewBaselines(t *testing.T) {
	m, err := ReadManifest("s3://b/X.SAFE", ManifestName, []byte(tiny))
	if err != nil {
		t.Fatal(err)
	}
	draft, err := Sentinel2(m, product(t), granule(t))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := draft.Encode()
	if err != nil {
		t.Fatal(err)
	}
	item, err := stac.DecodeItem(raw)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, a := range item.Assets {
		keys = append(keys, a.Key)
	}
	if got := strings.Join(keys, " "); got != "blue nir08 scl blue_20m safe_manifest product_metadata" {
		t.Errorf("%s", got)
	}
	blue, nir := item.Assets[0].Bands[0], item.Assets[1].Bands[0]
	if blue.Scale != 0.0001 || blue.Offset != -0.1 || nir.Offset != -0.05 {
		t.Errorf("%+v %+v", blue, nir)
	}
	p := item.Properties
	if p["view:azimuth"] != 1.0 || p["view:incidence_angle"] != 5.0 || p["view:sun_elevation"] != 10.0 || p["eo:snow_cover"] != 70.0 || p["grid:code"] != "MGRS-01CCV" {
		t.Errorf("%v", p)
	}
	if parts, ok := item.Geometry.(orb.MultiPolygon); !ok || len(parts) != 2 {
		t.Errorf("%v", item.Geometry)
	}
}

// FuzzManifest: whatever a manifest says, items are made or refused.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(tiny), []byte("<imageInformation><numberOfSamples>1</numberOfSamples><numberOfLines>2</numberOfLines></imageInformation>"))
	f.Add(text(f, "sentinel1.xml"), []byte(nil))
	f.Add([]byte(strings.Replace(tiny, "MTD_MSIL1C.xml", "a.nc", 1)), []byte(nil))
	f.Fuzz(func(t *testing.T, text, annotation []byte) {
		m, err := ReadManifest("s3://b/S1A_IW_GRDH_1SDV.SAFE", ManifestName, text)
		if err != nil {
			return
		}
		if draft, err := Sentinel1(m, annotation); err == nil {
			encoded(t, draft)
		}
		if draft, err := Sentinel3(m); err == nil {
			encoded(t, draft)
		}
	})
}

// FuzzSentinel2: whatever the metadata say, an item is made or refused.
func FuzzSentinel2(f *testing.F) {
	m, err := ReadManifest("s3://b/X.SAFE", ManifestName, []byte(tiny))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(product(f), granule(f))
	f.Add([]byte("<a/>"), []byte("<b/>"))
	f.Fuzz(func(t *testing.T, product, granule []byte) {
		if draft, err := Sentinel2(m, product, granule); err == nil {
			encoded(t, draft)
		}
	})
}

// BenchmarkSentinel2 counts products of level 1C a second.
func BenchmarkSentinel2(b *testing.B) {
	name := stactest.Data(b, "eoepca/safe/S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE")
	var texts [3][]byte
	for i, file := range []string{ManifestName, "MTD_MSIL1C.xml", "GRANULE/L1C_T46RER_A032448_20210908T043714/MTD_TL.xml"} {
		text, err := os.ReadFile(name + "/" + file)
		if err != nil {
			b.Fatal(err)
		}
		texts[i] = text
	}
	b.ReportAllocs()
	for b.Loop() {
		m, err := ReadManifest("s3://b/X.SAFE", ManifestName, texts[0])
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Sentinel2(m, texts[1], texts[2]); err != nil {
			b.Fatal(err)
		}
	}
}

// TestSentinel1Vignettes: wave mode has many images of a swath, which keep apart.
func TestSentinel1Vignettes(t *testing.T) {
	m, err := ReadManifest("s3://b/S1C_WV_SLC__1SSV_20260430T100031.SAFE", ManifestName, text(t, "sentinel1.xml"))
	if err != nil {
		t.Fatal(err)
	}
	draft, err := Sentinel1(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, a := range draft.Assets {
		keys = append(keys, a.Key)
	}
	if got := strings.Join(keys, " "); got != "wv1-vv wv1-vv-2 safe-manifest schema-product-WV1-VV" || draft.Properties["s1:orbit_source"] != "POEORB" || draft.Properties["platform"] != "sentinel-1c" {
		t.Errorf("%s of %v", got, draft.Properties)
	}
}
