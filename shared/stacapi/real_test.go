package stacapi

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"testing"

	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/stac/stactest"
)

// RC-07: what real providers wrote comes back as they wrote it, but for links and the references of assets.
func TestRealDocumentsComeBack(t *testing.T) {
	stactest.Documents(t, func(t *testing.T, _ string, raw []byte) {
		m := &memory{}
		target := ""
		switch kind, _ := stac.Type(raw); kind {
		case stac.TypeItem:
			if m.addItem(scope.System, "s3://ingest/a/b/doc.json", raw) != nil {
				return // not an item that can be registered
			}
			target = ogcapi.Href(Root, "collections", m.items[0].Collection, "items", m.items[0].ID)
		case stac.TypeCollection:
			if err := m.addCollection(scope.System, "s3://ingest/a/b/doc.json", raw); err != nil {
				t.Fatal(err)
			}
			target = ogcapi.Href(Root, "collections", m.collections[0].ID)
		default:
			return
		}
		got, want := parts(t, servedBy(t, m, target)), parts(t, raw)
		if _, named := want["collection"]; !named {
			delete(got, "collection")
		}
		if !reflect.DeepEqual(assetsOf(t, got), assetsOf(t, want)) {
			t.Errorf("assets: %s", got["assets"])
		}
		if bytes.Contains(got["assets"], []byte(`"alternate"`)) {
			got["stac_extensions"] = bytes.Replace(got["stac_extensions"], []byte(`,"`+alternateSchema+`"`), nil, 1)
		}
		if string(got["stac_extensions"]) == `["`+alternateSchema+`"]` {
			delete(got, "stac_extensions")
		}
		for _, name := range []string{"links", "assets"} {
			delete(got, name)
			delete(want, name)
		}
		for name := range want {
			if !bytes.Equal(got[name], want[name]) {
				t.Errorf("%s is %s", name, got[name])
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("added: %v", got)
		}
	})
}

func servedBy(t *testing.T, m *memory, target string) []byte {
	w := httptest.NewRecorder()
	handler(m).ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", target, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

func parts(t *testing.T, raw []byte) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// assetsOf gives the assets without what is answered anew.
func assetsOf(t *testing.T, document map[string]json.RawMessage) map[string]map[string]json.RawMessage {
	var all map[string]map[string]json.RawMessage
	if document["assets"] != nil {
		if err := json.Unmarshal(document["assets"], &all); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range all {
		delete(a, "href")
		delete(a, "alternate")
	}
	return all
}

// Documents that came by themselves say where they lie, or keep their relative references.
func TestPlaceOfDocuments(t *testing.T) {
	on := asked{root: "https://perigee.example/stac"}
	for self, want := range map[string]string{
		"https://example.com/items/a.json": "https://example.com/items/b.tif",
		"s3://ingest/items/a.json":         "https://perigee.example/stac/collections/c/items/a/assets/b",
		"./a.json":                         "b.tif",
	} {
		raw := `{"links":[{"rel":"self","href":"` + self + `"}],"assets":{"b":{"href":"b.tif"}}}`
		doc, err := api{Config: Config{Assets: store{}}}.itemDocument(on, record.Record{Key: record.Key{Collection: "c", ID: "a"}, Type: record.TypeItem, Document: []byte(raw)}, false)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := stac.AssetHref(doc, "b"); got != want {
			t.Errorf("%s: %s, want %s", self, got, want)
		}
	}
}
