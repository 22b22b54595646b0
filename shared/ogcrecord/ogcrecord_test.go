package ogcrecord

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
)

const small = `{"id":"a","type":"Feature","geometry":null,"properties":{}}`

// RC-05, RC-11: a record as the standard shows it.
func TestDecode(t *testing.T) {
	rec, err := Decode([]byte(`{"id":"urn:x:1","type":"Feature","time":{"interval":["1924-08-17T00:00:00Z",".."],"resolution":"P1D"},
		"geometry":{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,1],[0,0]]]},"conformsTo":["x"],
		"properties":{"type":"service","title":"Ozone","description":"All of it.","keywords":["total","ozone"],"x":1.5},
		"links":[{"rel":"self","href":"https://o.example/1"},{"rel":"enclosure","href":"https://o.example/z","type":"application/zip","title":"All"}]}`))
	if err != nil || rec.ID != "urn:x:1" || rec.Type != "service" || rec.Title != "Ozone" || rec.Abstract != "All of it." || strings.Join(rec.Keywords, " ") != "total ozone" ||
		rec.Properties["x"] != 1.5 || rec.Time.String() != "1924-08-17T00:00:00Z/.." || rec.Footprint == nil || len(rec.Links) != 1 || rec.Links[0].Title != "All" {
		t.Errorf("%+v, %v", rec, err)
	}
	rec, err = Decode([]byte(small))
	if err != nil || rec.Type != TypeDataset || rec.Title != "a" || !rec.Time.IsZero() || rec.Footprint != nil {
		t.Errorf("%+v, %v", rec, err)
	}
	for text, want := range map[string]string{`{"date":"2024-05"}`: "2024-05-01T00:00:00Z/2024-05-31T23:59:59.999999Z", `{"timestamp":"2024-05-01T12:00:00Z"}`: "2024-05-01T12:00:00Z", `{}`: "../..", `null`: "../.."} {
		if rec, err := Decode([]byte(strings.Replace(small, `"geometry"`, `"time":`+text+`,"geometry"`, 1))); err != nil || rec.Time.String() != want {
			t.Errorf("%s: %s, %v", text, rec.Time, err)
		}
	}
}

func TestDecodeTellsAllThatIsWrong(t *testing.T) {
	for raw, want := range map[string]string{
		`{}`: "id, type, geometry, properties",
		`{"id":7,"type":"Record","geometry":{"type":"Point","coordinates":[200,1]},"time":{"interval":["x"]},"properties":{"title":1,"keywords":"k","type":"item"}}`: "id, type, geometry.coordinates, time, properties.title, properties.type, properties.keywords",
		`{"id":"a\nb","type":"Feature","geometry":null,"time":{"date":"yesterday"},"properties":[]}`:                                                                 "id, time, properties",
		`{"ID":"a","type":"Feature","geometry":null,"properties":{},"links":5}`:                                                                                      "id, links", `[]`: "", `{`: "", "\xff": "", ``: "",
	} {
		_, err := Decode([]byte(raw))
		var at []string
		for _, e := range fault.All(err) {
			if fault.KindOf(e) != fault.Invalid {
				t.Errorf("%s: %v", raw, e)
			}
			at = append(at, fault.LocatorOf(e))
		}
		if got := strings.Join(at, ", "); got != want || err == nil {
			t.Errorf("%s: %q, want %q: %v", raw, got, want, err)
		}
	}
}

func TestIdentify(t *testing.T) {
	for _, c := range []struct{ raw, id, want string }{
		{small, "a", small}, {small, "", small}, {`{ "type":"Feature" }`, "b", `{ "type":"Feature","id":"b" }`}, {`{"id":null}`, "b", `{"id":"b"}`},
	} {
		if got, err := Identify([]byte(c.raw), c.id); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v", c.raw, got, err)
		}
	}
	if _, err := Identify([]byte(small), "b"); fault.LocatorOf(err) != "id" {
		t.Error(err)
	}
}

// The records that the standard and its software come with are read.
func TestRealRecords(t *testing.T) {
	folder := datatest.Folder(t)
	raw, err := os.ReadFile(filepath.Join(folder, "data/catalogue/records/record.json"))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Decode(raw)
	if err != nil || !strings.HasPrefix(rec.ID, "urn:x-wmo:md") || len(rec.Keywords) != 7 || len(rec.Links) != 8 {
		t.Errorf("%+v, %v", rec, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(`{"id":"a","type":"Feature","time":{"interval":["..",".."]},"geometry":{"type":"Point","coordinates":[1,2]},"properties":{"type":"x"},"links":[{}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rec, err := Decode(raw)
		if err != nil {
			return
		}
		if again, err := Identify(raw, rec.ID); err != nil || string(again) != string(raw) {
			t.Errorf("%q became %q, %v", raw, again, err)
		}
	})
}
