package mcf

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/iso19139"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// beside reads the files of a folder.
func beside(folder string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(folder, filepath.Base(name))) }
}

func sample(t testing.TB) record.Record {
	t.Helper()
	text, err := os.ReadFile("testdata/lakes.yml")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Decode("lakes.yml", text, beside("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// REG-12: a file becomes a record, the ISO 19139 of which is valid and says the same, and a STAC collection.
func TestDecode(t *testing.T) {
	rec := sample(t)
	text, err := json.MarshalIndent(rec, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	owstest.Golden(t, "lakes.json", append(text, '\n'))
	iso := ISO19139(&rec)
	t.Run("valid", func(t *testing.T) { owstest.Validate(t, "csw/2.0.2/profiles/apiso/1.0.0/apiso.xsd", iso) })
	again, err := iso19139.Decode(iso)
	if err != nil || again.ID != "lakes" || again.Title != "Lakes & ponds" || again.Footprint.Bound() != rec.Footprint.Bound() || again.Time != rec.Time || len(again.Links) != 2 ||
		again.Text(record.PropertyParent) != "waters" || again.Properties[record.PropertyCloudCover] != 12.5 {
		t.Errorf("%+v, %v", again, err)
	}
	made, err := Collection(&rec)
	if err != nil {
		t.Fatal(err)
	}
	owstest.Golden(t, "collection.json", append(made, '\n'))
	if c, err := stac.DecodeCollection(made); err != nil || c.Record().ID != "lakes" {
		t.Errorf("%s: %v", made, err)
	}
}

func TestRefused(t *testing.T) {
	const begin = "mcf:\n    version: 1.0\nmetadata:\n    identifier: a\n"
	base := func(name string) ([]byte, error) { return fmt.Appendf(nil, "base_mcf: %s\n", name), nil }
	for text, want := range map[string]string{
		"": "", "- a": "", "a: [": "", "mcf: {version: 0.1.0}\nmetadata: {identifier: ..}": "mcf.version metadata.identifier", "x: 1": "mcf.version metadata.identifier",
		begin + "base_mcf: b.yml": "base_mcf", begin + "x: &a\n    y: 1\nz: *b": "*",
		begin + "identification: {extents: {spatial: [{bbox: [1, 2, x, 4]}], temporal: [{begin: soon}]}}": "identification.extents.spatial.bbox identification.extents.temporal",
		begin + "identification: {extents: {spatial: [{bbox: [1, 2]}]}}":                                  "identification.extents.spatial.bbox",
		begin + "identification: {extents: {spatial: [{bbox: [1, 4, 2, 3]}]}}":                            "identification.extents.spatial.bbox",
		begin + "content_info: {cloud_cover: much}":                                                       "content_info.cloud_cover",
	} {
		_, err := Decode("x.yml", []byte(text), base)
		var at []string
		for _, e := range fault.All(err) {
			at = append(at, fault.LocatorOf(e))
		}
		if err == nil || fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(strings.Join(at, " "), want) {
			t.Errorf("%q: %s: %v", text, at, err)
		}
	}
	if _, err := Decode("x.yml", []byte(begin+"base_mcf: b.yml"), nil); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("a file beside nothing is read: %v", err)
	}
}

// References by anchors make no long text of a short one: neither by the name of a field, which stands for each of them, nor of a
// text that is too long itself.
func TestAnchorsAreBounded(t *testing.T) {
	long := strings.Repeat("n", 100_000)
	for name, text := range map[string]string{
		"a long name": long + ": &a\n  x: 1\n" + strings.Repeat("b: *a\n", 10_000), "a long text": "n: &a\n  x: 1\n" + strings.Repeat("b: *a\n", 100_000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode("x.yml", []byte(text), nil)
		if runtime.ReadMemStats(&after); err == nil || after.TotalAlloc-before.TotalAlloc > 256<<20 {
			t.Errorf("%s: %d bytes are taken, %v", name, after.TotalAlloc-before.TotalAlloc, err)
		}
	}
}

// What is not known is not made up.
func TestNothing(t *testing.T) {
	rec, err := Decode("x.yml", []byte("mcf: {version: 2}\nmetadata: {identifier: a, hierarchylevel: service}"), nil)
	if err != nil || rec.Type != "service" || rec.Footprint != nil || !rec.Time.IsZero() {
		t.Errorf("%+v, %v", rec, err)
	}
	made, err := Collection(&rec)
	if _, wrong := stac.DecodeCollection(made); err != nil || wrong != nil {
		t.Errorf("%s: %v, %v", made, err, wrong)
	}
}

// REG-20: the collections of EOEPCA and the files of pygeometa's tests are read, but for those that are not of the format.
func TestRealFiles(t *testing.T) {
	folder := datatest.Folder(t)
	refused := map[string]bool{
		"broken-yaml.mcf.yml": true, "bad-version.mcf.yml": true, "missing-version.mcf.yml": true, "contact.mcf.yml": true, "base-metadata.mcf.yml": true,
		"base-distribution.mcf.yml": true,
	}
	count := 0
	for _, pattern := range []string{"data/eoepca/rm-data-access/collections-mcf/*.yml", "data/catalogue/xml/pygeometa/*.yml"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			count++
			rec, err := Decode(filepath.Base(name), text, beside(filepath.Dir(name)))
			if refused[filepath.Base(name)] {
				if err == nil {
					t.Errorf("%s is read", name)
				}
				continue
			}
			if err != nil || rec.ID == "" || rec.Title == rec.ID && filepath.Base(name) != "child.mcf.yml" {
				t.Errorf("%s: %+v, %v", name, rec, err)
				continue
			}
			if made, err := Collection(&rec); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if _, err := stac.DecodeCollection(made); err != nil {
				t.Errorf("%s: %s: %v", name, made, err)
			}
			t.Run(filepath.Base(name), func(t *testing.T) {
				owstest.Validate(t, "csw/2.0.2/profiles/apiso/1.0.0/apiso.xsd", ISO19139(&rec))
			})
		}
	}
	if count == 0 {
		t.Fatal("there are no real files below " + folder)
	}
}

func FuzzDecode(f *testing.F) {
	text, err := os.ReadFile("testdata/lakes.yml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		rec, err := Decode("x.yml", []byte(text), beside("testdata"))
		if err != nil {
			return
		}
		if rec.ID == "" || rec.Title == "" {
			t.Errorf("%q became %+v", text, rec)
		}
		if _, err := iso19139.Decode(ISO19139(&rec)); err != nil {
			t.Errorf("%q became what is not read: %v", text, err)
		}
	})
}
