package source

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// memory is objects by their address; one that is not there is away when its text says so.
type memory map[string]string

func (m memory) Read(_ context.Context, href string, limit int64) ([]byte, error) {
	text, ok := m[href]
	switch {
	case !ok:
		return nil, fault.New(fault.NotFound, "%s is not there", href)
	case text == "away":
		return nil, fault.New(fault.Unavailable, "the store is away")
	case int64(len(text)) > limit:
		return nil, fault.New(fault.Invalid, "%s is too large", href)
	}
	return []byte(text), nil
}

func itemText(id, collection string) string {
	return fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": %q, "collection": %q, "geometry": {"type": "Point", "coordinates": [14, 48]},
		"properties": {"datetime": "2024-06-01T10:00:31Z"}, "links": [], "assets": {}}`, id, collection)
}

func nodeText(kind, id string, links ...string) string {
	var all []string
	for _, l := range links {
		rel, href, _ := strings.Cut(l, " ")
		all = append(all, fmt.Sprintf(`{"rel": %q, "href": %q}`, rel, href))
	}
	extent := ""
	if kind == stac.TypeCollection {
		extent = `"extent": {"spatial": {"bbox": [[14, 48, 15, 49]]}, "temporal": {"interval": [[null, null]]}}, `
	}
	return fmt.Sprintf(`{"type": %q, "stac_version": "1.1.0", "id": %q, "description": "x", %s"links": [%s]}`, kind, id, extent, strings.Join(all, ", "))
}

var places = Places{
	Buckets: scope.Buckets{Ingest: "b", Cache: "cache", Shared: []string{"eodata"}}, Bucket: "b",
	Endpoint: &url.URL{Scheme: "http", Host: "store:9000", Path: "/"},
}

func TestVisit(t *testing.T) {
	objects := memory{
		"s3://b/cat/catalog.json":     nodeText(stac.TypeCatalog, "c", "self ./catalog.json", "root ./catalog.json", "child ./S2/collection.json", "item i.json", "parent ../x.json"),
		"s3://b/cat/absolute.json":    nodeText(stac.TypeCatalog, "c", "child s3://eodata/a/catalog.json", "item http://store:9000/b/i.json", "child /top.json"),
		"s3://b/cat/published.json":   nodeText(stac.TypeCatalog, "c", "self https://example.org/pub/cat/published.json", "child https://example.org/pub/cat/S2/collection.json", "item https://example.org/pub/other/i.json"),
		"s3://b/cat/elsewhere.json":   nodeText(stac.TypeCatalog, "c", "child https://example.org/x.json", "child s3://alice/secret.json", "child s3://cache/x.json", "item file:///etc/passwd", "child ./folder/", "item ok.json"),
		"s3://b/cat/S2/i.json":        itemText("i", "S2"),
		"s3://b/cat/S2/c.json":        nodeText(stac.TypeCollection, "S2", "item i.json"),
		"s3://b/cat/S2/odd.json":      strings.Replace(nodeText(stac.TypeCollection, "S2", "item i.json"), "extent", "extend", 1),
		"s3://b/cat/broken.json":      `{"type": "Catalog", "links": [`,
		"s3://b/cat/list.json":        `{"type": "Catalog", "links": {"rel": "child"}}`,
		"s3://b/cat/untyped.json":     `{"links": []}`,
		"s3://b/cat/away.json":        "away",
		"s3://b/cat/halfitem.json":    `{"type": "Feature", "id": "x"}`,
		"s3://b/only/collection.json": nodeText(stac.TypeCollection, "S2"),
		"s3://b/hostile.json":         `{"type": "Catalog", "links": ` + strings.Repeat("[", 100_000) + "}",
	}
	for _, c := range []struct{ at, below, documents, failures, err string }{
		{at: "cat/catalog.json", below: "s3://b/cat/S2/collection.json s3://b/cat/i.json"},
		{at: "cat/absolute.json", below: "s3://eodata/a/catalog.json s3://b/i.json s3://b/top.json"},
		{at: "cat/published.json", below: "s3://b/cat/S2/collection.json s3://b/other/i.json"},
		{at: "cat/elsewhere.json", below: "s3://b/cat/ok.json",
			failures: "https://example.org/x.json s3://alice/secret.json s3://cache/x.json file:///etc/passwd ./folder/"},
		{at: "cat/S2/i.json", documents: "Feature S2/i"},
		{at: "cat/S2/c.json", documents: "Collection /S2", below: "s3://b/cat/S2/i.json"},
		{at: "cat/S2/odd.json", failures: "s3://b/cat/S2/odd.json", below: "s3://b/cat/S2/i.json"},
		{at: "cat/broken.json", err: "cannot be read"},
		{at: "cat/list.json", err: "links is not a list"},
		{at: "cat/untyped.json", err: "type is missing"},
		{at: "cat/missing.json", err: "is not there"},
		{at: "cat/halfitem.json", err: "geometry"},
		{at: "cat/away.json", err: "away"},
		{at: "hostile.json", err: "document"},
		{at: "cat/", below: "s3://b/cat/catalog.json"},
		{at: "only/", below: "s3://b/only/collection.json"},
		{at: "nothing/", err: "neither a catalog.json nor a collection.json"},
	} {
		source := &STACCatalog{Places: places, Reader: objects}
		found, err := source.Visit(t.Context(), "s3://b/"+c.at)
		if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %s", c.at, err, c.err)
		}
		if err != nil && (fault.KindOf(err) == fault.Unavailable) != (c.err == "away") {
			t.Errorf("%s: %v is %s", c.at, err, fault.KindOf(err))
		}
		if got := strings.Join(append(found.Next, found.Below...), " "); got != c.below {
			t.Errorf("%s leads to %s, want %s", c.at, got, c.below)
		}
		var documents, failures []string
		for _, d := range found.Documents {
			documents = append(documents, d.Kind+" "+d.Record.Collection+"/"+d.Record.ID)
		}
		for _, f := range found.Failures {
			failures = append(failures, f.Href)
		}
		if strings.Join(documents, ", ") != c.documents || strings.Join(failures, " ") != c.failures {
			t.Errorf("%s: %v and %v", c.at, documents, failures)
		}
	}
}

// Only what belongs to the collection that is asked for is taken.
func TestOneCollection(t *testing.T) {
	objects := memory{"s3://b/i.json": itemText("i", "S2"), "s3://b/c.json": nodeText(stac.TypeCollection, "S2", "item i.json")}
	for collection, left := range map[string]bool{"": false, "S2": false, "S1": true} {
		source := &STACCatalog{Places: places, Reader: objects, Collection: collection}
		for href := range objects {
			found, err := source.Visit(t.Context(), href)
			if err != nil || len(found.Documents) != 1 || found.Documents[0].Left != left {
				t.Errorf("%s of %q: %+v, %v", href, collection, found, err)
			}
		}
	}
}

func TestTooManyLinks(t *testing.T) {
	text := `{"type": "Catalog", "links": [` + strings.Repeat(`{"rel":"item","href":"a"},`, maxLinks+1) + `{"rel":"item","href":"a"}]}`
	source := &STACCatalog{Places: places, Reader: memory{"s3://b/c.json": text}}
	if _, err := source.Visit(t.Context(), "s3://b/c.json"); err == nil || !strings.Contains(err.Error(), "leads to more than") {
		t.Errorf("%v", err)
	}
}

func TestRoot(t *testing.T) {
	alice := places
	alice.Workspace, alice.Bucket = "alice", "alice"
	for _, c := range []struct {
		places     Places
		path, want string
		kind       fault.Kind
	}{
		{places, "/", "s3://b/", 0},
		{places, "", "s3://b/", 0},
		{places, "catalog.json", "s3://b/catalog.json", 0},
		{places, "/home/catalog.json", "s3://b/home/catalog.json", 0},
		{places, "home", "s3://b/home/", 0},
		{places, "home/", "s3://b/home/", 0},
		{places, "../../etc/catalog.json", "s3://b/etc/catalog.json", 0},
		{places, "s3://eodata/a/b.json", "s3://eodata/a/b.json", 0},
		{places, "s3://eodata", "s3://eodata/", 0},
		{places, "http://store:9000/eodata/a/catalog.json", "s3://eodata/a/catalog.json", 0},
		{places, "http://169.254.169.254/latest", "", fault.Invalid},
		{places, "s3://", "", fault.Invalid},
		{places, "s3://alice/catalog.json", "", fault.Forbidden},
		{places, "s3://cache/catalog.json", "", fault.Forbidden},
		{places, strings.Repeat("x", 2000), "", fault.Invalid},
		{alice, "catalog.json", "s3://alice/catalog.json", 0},
		{alice, "s3://alice/x/catalog.json", "s3://alice/x/catalog.json", 0},
		{alice, "s3://b/catalog.json", "", fault.Forbidden},
		{alice, "s3://eodata/catalog.json", "", fault.Forbidden},
	} {
		got, err := c.places.Root(c.path)
		if c.want != "" && (err != nil || got != c.want) || c.want == "" && (err == nil || fault.KindOf(err) != c.kind) {
			t.Errorf("%.60s in %q: %q, %v", c.path, c.places.Workspace, got, err)
		}
	}
}

// Whatever a document says, a walk stays in the buckets that it may read.
func FuzzVisit(f *testing.F) {
	f.Add(nodeText(stac.TypeCatalog, "c", "self https://h/a/c.json", "child https://h/b/c.json", "item s3://alice/x"))
	f.Add(itemText("i", "S2"))
	f.Add(nodeText(stac.TypeCollection, "S2", "item ../../i.json"))
	f.Fuzz(func(t *testing.T, text string) {
		source := &STACCatalog{Places: places, Reader: memory{"s3://b/c.json": text}}
		found, err := source.Visit(t.Context(), "s3://b/c.json")
		if err != nil && !fault.KindOf(err).Permanent() && text != "away" {
			t.Errorf("%v", err)
		}
		for _, href := range found.Below {
			if !strings.HasPrefix(href, "s3://b/") && !strings.HasPrefix(href, "s3://eodata/") {
				t.Errorf("leads to %s", href)
			}
		}
	})
}
