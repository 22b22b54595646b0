package safe

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
)

// REG-27: a product's place is told by any document that describes it as a whole, and is that of the item that is made of it.
func TestFootprint(t *testing.T) {
	m, err := ReadManifest("s3://b/S1C_WV_SLC__1SSV_20260430T100031.SAFE", ManifestName, text(t, "sentinel1.xml"))
	if err != nil {
		t.Fatal(err)
	}
	radar, err := Sentinel1(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = ReadManifest("s3://b/X.SAFE", ManifestName, []byte(tiny)); err != nil {
		t.Fatal(err)
	}
	optical, err := Sentinel2(m, product(t), granule(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		text []byte
		want orb.Geometry
	}{{"sentinel1.xml", text(t, "sentinel1.xml"), radar.Geometry}, {"product.xml", product(t), optical.Geometry}} {
		got, err := Footprint(c.text)
		if err != nil || !near(got, c.want) {
			t.Errorf("%s: %v, want %v; %v", c.name, got, c.want, err)
		}
	}
	const surface = `<gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>%s</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>`
	observed := `<opt:EarthObservation xmlns:opt="o" xmlns:om="om" xmlns:eop="e" xmlns:gml="g"><om:featureOfInterest><eop:Footprint><eop:multiExtentOf><gml:MultiSurface>` +
		fmt.Sprintf(surface, "45 14 45 15 46 15 45 14") + fmt.Sprintf(surface, "47 14 47 15 48 15 47 14") + `</gml:MultiSurface></eop:multiExtentOf></eop:Footprint></om:featureOfInterest></opt:EarthObservation>`
	if got, err := Footprint([]byte(observed)); err != nil || got.Bound() != (orb.Bound{Min: orb.Point{14, 45}, Max: orb.Point{15, 48}}) || len(got.(orb.MultiPolygon)) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	for words, document := range map[string]string{
		"describes no product that": "<a/>", "is missing": tiny, "product's metadata": "<XFDU>", "no latitude and longitude": "<Level-1C_User_Product><Geometric_Info><Product_Footprint><Product_Footprint><Global_Footprint><EXT_POS_LIST>95 0 1 2 3 4</EXT_POS_LIST></Global_Footprint></Product_Footprint></Product_Footprint></Geometric_Info></Level-1C_User_Product>",
	} {
		if _, err := Footprint([]byte(document)); err == nil || !strings.Contains(err.Error(), words) || !fault.KindOf(err).Permanent() {
			t.Errorf("%q: %v", words, err)
		}
	}
}

// near compares boxes to a millionth of a degree.
func near(a, b orb.Geometry) bool {
	if a == nil || b == nil {
		return false
	}
	p, q := a.Bound(), b.Bound()
	return math.Abs(p.Min[0]-q.Min[0])+math.Abs(p.Min[1]-q.Min[1])+math.Abs(p.Max[0]-q.Max[0])+math.Abs(p.Max[1]-q.Max[1]) < 4e-6
}

// REG-12: all that is missing is told at once, and an image that is not within the product is none of its own.
func TestRecordOfAProduct(t *testing.T) {
	_, err := Record("s3://b/X.SAFE", []byte("<Level-1C_User_Product/>"))
	if n := len(fault.All(err)); n < 4 {
		t.Errorf("%d faults: %v", n, err)
	}
	for _, name := range []string{"../x", "https://elsewhere.example/x", ""} {
		odd := strings.Replace(string(product(t)), "<IMAGE_FILE>", "<IMAGE_FILE>"+name+"</IMAGE_FILE><IMAGE_FILE>", 1)
		if _, err := Record("s3://b/X.SAFE", []byte(odd)); err == nil || !strings.Contains(err.Error(), "IMAGE_FILE") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// FuzzRecord: whatever the metadata of a product say, a record is made or refused.
func FuzzRecord(f *testing.F) {
	f.Add(product(f))
	f.Add([]byte(tiny))
	f.Add([]byte("<Level-1C_User_Product/>"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rec, err := Record("s3://b/X.SAFE", text)
		if err == nil && (rec.ID == "" || rec.Footprint == nil || rec.Time.End.Before(rec.Time.Start)) {
			t.Errorf("%+v", rec)
		}
		if g, err := Footprint(text); err == nil && g == nil {
			t.Error("neither a place nor a fault")
		}
	})
}
