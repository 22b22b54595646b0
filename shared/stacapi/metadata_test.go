package stacapi

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/shared/datatest"
	"perigee/shared/metadata"
	"perigee/shared/ogcapi"
	"perigee/shared/ogcrecord"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// metadataOf are records of each format of metadata, and real ones where there are any.
func metadataOf(t *testing.T) (all []record.Record) {
	t.Helper()
	names, err := filepath.Glob("../metadata/testdata/*.xml")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	if folder, ok := datatest.Find(); ok {
		real, err := filepath.Glob(filepath.Join(folder, "data/catalogue/xml/*/*.xml"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, real...)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := metadata.Decode(text)
		if err != nil {
			continue // of a format that is not read
		}
		rec.Document = text
		all = append(all, inMetadata(rec))
	}
	rec, err := ogcrecord.Decode([]byte(ozone))
	if err != nil {
		t.Fatal(err)
	}
	return append(all, inMetadata(rec))
}

func inMetadata(rec record.Record) record.Record {
	rec.Workspace, rec.Collection = "", Metadata
	rec.Created = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	rec.Modified = rec.Created
	return rec
}

// ozone is a record whose properties have names that mean something else in STAC.
const ozone = `{"id":"ozone-1924","type":"Feature","conformsTo":["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"],"time":{"interval":["1924-08-17","1990-12-31"]},
"geometry":{"type":"Polygon","coordinates":[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]},
"properties":{"type":"dataset","title":"Total ozone","description":"Of the stratosphere.","license":"CC-BY 4.0, more or less","keywords":["ozone"],"created":"1993","gsd":"coarse","platform":["a","b"],
"providers":"somebody","instruments":"dobson","eo:cloud_cover":3,"n":1.50},
"links":[{"rel":"enclosure","href":"https://files.example/ozone.nc","type":"application/netcdf","title":"All of it"},{"rel":"preview","href":"https://files.example/ozone.png","type":"image/png"},
{"rel":"about","href":"https://ozone.example/"},{"rel":"item","href":"./beside"},{"rel":"related","href":"no address at all"}]}`

// RC-07: a record that came as metadata of another kind is an item of the collection of metadata, with its files and its document
// as assets, a time, and a link to the record that it is.
func TestMetadataAreItems(t *testing.T) {
	m := &memory{}
	m.items = metadataOf(t)
	h := behindEdge(routes(Config{Title: "Catalogue", Description: "What there is.", Store: m, Assets: store{}}))
	for _, rec := range m.items {
		self := ogcapi.Href(Root, "collections", Metadata, "items", rec.ID)
		w := get(t, h, self)
		var item struct {
			madeAnswer
			Assets map[string]struct{ Href, Type string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &item); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %v %s", rec.ID, w.Code, err, w.Body)
		}
		record := ogcapi.Href("https://perigee.example/records", "collections", Metadata, "items", rec.ID)
		if item.Collection != Metadata || !item.leads("alternate", record) || !item.leads("self", "https://perigee.example"+self) {
			t.Errorf("%s: %+v", rec.ID, item.madeAnswer)
		}
		if to := item.Assets["metadata"]; strings.HasSuffix(to.Type, "xml") != (to.Href == record+"?f=xml") || !strings.HasPrefix(to.Href, record) || to.Type == "" {
			t.Errorf("%s: the metadata are at %+v", rec.ID, to)
		}
		if _, err := stac.DecodeItem(w.Body.Bytes()); err != nil {
			t.Errorf("%s is no item: %v", rec.ID, err)
		}
		if w := get(t, h, self, "Accept", "text/html"); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s for people: %d", rec.ID, w.Code)
		}
	}
	w := get(t, h, "/stac/collections/metadata:main/items/ozone-1924")
	for _, want := range []string{`"datetime":null`, `"start_datetime":"1924-08-17T00:00:00Z"`, `"end_datetime":"1990-12-31T23:59:59.999999Z"`, `"eo:cloud_cover":3,`, `"n":1.5,`,
		`"link-1":{"href":"https://files.example/ozone.nc","title":"All of it","type":"application/netcdf","roles":["data"]}`, `"roles":["thumbnail"]`, `"rel":"about"`, `"bbox":[-180,-90,180,90]`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
	for _, unwanted := range []string{`"license"`, `"gsd"`, `"providers"`, `"platform"`, `"1993"`, "beside", "no address", "dobson"} {
		if strings.Contains(w.Body.String(), unwanted) {
			t.Errorf("%s in %s", unwanted, w.Body)
		}
	}
	if w := get(t, h, "/stac/collections/metadata:main/items/ozone-1924/assets/none"); w.Code != 404 {
		t.Errorf("an asset that is not there: %d", w.Code)
	}
	for _, as := range []string{"served", "original"} {
		w := get(t, h, "/stac/collections/metadata:main/export?f=ndjson&hrefs="+as)
		if lines := bytes.Count(w.Body.Bytes(), []byte("\n")); w.Code != 200 || lines != len(m.items) {
			t.Errorf("exported are %d of %d lines: %d", lines, len(m.items), w.Code)
		}
	}
}

// madeAnswer is what is read of an item that is answered.
type madeAnswer struct {
	Collection string
	Links      []struct{ Rel, Href string }
}

func (a madeAnswer) leads(rel, href string) bool {
	for _, l := range a.Links {
		if l.Rel == rel && l.Href == href {
			return true
		}
	}
	return false
}
