package stacapi

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/ogcapi"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/stac/stactest"
)

// sent is a document that is answered, and the one that it was made of, where there is one.
type sent struct {
	Name     string          `json:"name"`
	Sent     json.RawMessage `json:"sent"`
	Original json.RawMessage `json:"original,omitempty"`
}

// RC-07: the schemas of STAC 1.0 and 1.1, of their extensions and of GeoJSON accept every document that is sent: those of real
// providers as they come back, and those that are made here, of metadata too.
func TestSchemas(t *testing.T) {
	schemas := stactest.Schemas(t)
	var all bytes.Buffer
	add := func(one sent) {
		line, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(append(line, '\n'))
	}
	h, _ := catalogueOf(t)
	for _, target := range []string{
		"/stac", "/stac/collections", "/stac/collections/S2MSI2A", "/stac/collections/uncollected", "/stac/search", "/stac/search?fields=", "/stac/collections/S2MSI2A/items", "/stac/children",
		"/stac/collections/S2MSI2A/children", "/stac/collections/S2MSI2A/catalogs/2026", "/stac/collections/S2MSI2A/catalogs/2026-04", "/stac/collections/S2MSI2A/catalogs/2026/children",
		"/stac/collections/S2MSI2A/items/S2A_33UXP_20260430", "/stac/collections/uncollected/items/lonely", "/workspaces/wide/stac/catalogs", "/workspaces/wide/stac/catalogs/_catalogue",
		"/workspaces/wide/stac/catalogs/_catalogue/collections/S2MSI2A", "/workspaces/wide/stac/children",
	} {
		w := get(t, h, target)
		if w.Code != 200 {
			t.Fatalf("%s: %d", target, w.Code)
		}
		add(sent{Name: target, Sent: w.Body.Bytes()})
	}
	stactest.Documents(t, func(t *testing.T, name string, raw []byte) {
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
		add(sent{name, servedBy(t, m, target), raw})
	})
	m := &memory{items: metadataOf(t)}
	for _, rec := range m.items {
		add(sent{rec.ID, servedBy(t, m, ogcapi.Href(Root, "collections", Metadata, "items", rec.ID)), nil})
	}
	add(sent{Metadata, servedBy(t, m, ogcapi.Href(Root, "collections", Metadata)), nil})
	script, err := filepath.Abs("testdata/schemas/validate.py")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("/usr/bin/python3", "-W", "ignore", script, schemas)
	command.Stdin, command.Env = &all, append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	said, err := command.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if t.Log(lines[len(lines)-1]); err != nil || len(lines) != 1 {
		t.Errorf("%v\n%s", err, said)
	}
}
