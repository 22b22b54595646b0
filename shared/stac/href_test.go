package stac

import "testing"

func TestResolveHref(t *testing.T) {
	cases := []struct{ document, href, want string }{
		{"s3://ingest/a/b/item.json", "B04.tif", "s3://ingest/a/b/B04.tif"},
		{"s3://ingest/a/b/item.json", "./x y/B04%20.tif", "s3://ingest/a/b/x y/B04%20.tif"},
		{"s3://ingest/a/b/item.json", "../B04.tif?v=1", "s3://ingest/a/B04.tif?v=1"},
		{"s3://ingest/a/b/item.json", "/B04.tif", "s3://ingest/B04.tif"},
		{"s3://ingest/item.json", "../../../other/B04.tif", "s3://ingest/other/B04.tif"},
		{"s3://ingest/item.json", "s3://other/B04.tif", "s3://other/B04.tif"},
		{"s3://ingest/item.json", "https://example.com/B04.tif", "https://example.com/B04.tif"},
		{"https://example.com/a/item.json", "../B04.tif", "https://example.com/B04.tif"},
		{"https://example.com/a/item.json", "//other.example/x", "https://other.example/x"},
		{"", "B04.tif", "B04.tif"},
		{"://", "B04.tif", "B04.tif"},
		{"./item.json", "B04.tif", "B04.tif"},
	}
	for _, c := range cases {
		if got := ResolveHref(c.document, c.href); got != c.want {
			t.Errorf("%s + %s = %s, want %s", c.document, c.href, got, c.want)
		}
	}
}

func TestAssetHref(t *testing.T) {
	raw := []byte(`{"assets":{"a":{"title":"x","href":"h\/1"},"b":{},"c":[]}}`)
	if got, ok := AssetHref(raw, "a"); !ok || got != "h/1" {
		t.Error(got, ok)
	}
	for _, key := range []string{"b", "c", "d"} {
		if got, ok := AssetHref(raw, key); ok {
			t.Errorf("%s: %s", key, got)
		}
	}
	if _, ok := AssetHref([]byte(`{`), "a"); ok {
		t.Error("found in a broken document")
	}
}

func TestMovedLink(t *testing.T) {
	read, err := Links([]byte(`{"links":[{"rel":"via", "href":"x", "size":1.0}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for want, link := range map[string]Link{`{"rel":"via","href":"y&z","size":1.0}`: read[0], `{"rel":"a","href":"y&z"}`: {Rel: "a", Href: "b"}} {
		if got, err := encode(link.Moved("y&z")); err != nil || string(got) != want {
			t.Errorf("%s, %v", got, err)
		}
	}
}
