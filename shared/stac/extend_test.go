package stac

import "testing"

func TestAddExtension(t *testing.T) {
	for raw, want := range map[string]string{
		`{"stac_extensions":["a"]}`:          `{"stac_extensions":["a","x/2"]}`,
		"{\"stac_extensions\":[\n \"a\"\n]}": "{\"stac_extensions\":[\n \"a\",\"x/2\"\n]}",
		`{"stac_extensions":[ ],"b":1}`:      `{"stac_extensions":["x/2" ],"b":1}`,
		`{"stac_extensions":["x/1","a"]}`:    `{"stac_extensions":["x/1","a"]}`,
		`{"stac_extensions":null}`:           `{"stac_extensions":["x/2"]}`,
		`{"b":1}`:                            `{"b":1,"stac_extensions":["x/2"]}`,
	} {
		e, err := NewEditor([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		e.AddExtension("x/2", "x/")
		if got := string(e.Bytes()); got != want {
			t.Errorf("%s\n got %s\nwant %s", raw, got, want)
		}
	}
}

// A thumbnail is added behind what else is edited, and only to what has none.
func TestAddThumbnail(t *testing.T) {
	for _, c := range []struct {
		raw, want string
		has       bool
	}{
		{`{"assets":{"a":{"href":"s3://a"}}}`, `{"assets":{"a":{"href":"h","alternate":{"s3":{"href":"s3://a"}}},"thumbnail":{"href":"t"}}}`, false},
		{`{"assets":{ }}`, `{"assets":{"thumbnail":{"href":"t"} }}`, false},
		{`{"id":"x"}`, `{"id":"x","assets":{"thumbnail":{"href":"t"}}}`, false},
		{`{"assets":null}`, `{"assets":{"thumbnail":{"href":"t"}}}`, false},
		{`{"assets":{"a":{"href":"s3://a","roles":["x","thumbnail"]}}}`, "", true},
		{`{"assets":{"thumbnail":{"href":"s3://a"}}}`, "", true},
		{`{"links":[{"rel":"preview","href":"p"}],"assets":{}}`, "", true},
		{`{"links":[{"rel":"self","href":"p"}],"assets":{"a":{"roles":"thumbnail"},"b":7}}`, `{"links":[{"rel":"self","href":"p"}],"assets":{"a":{"roles":"thumbnail"},"b":7,"thumbnail":{"href":"t"}}}`, false},
	} {
		e, err := NewEditor([]byte(c.raw))
		if err != nil {
			t.Fatal(err)
		}
		own, _ := e.Links()
		if e.ShowsThumbnail(own) != c.has {
			t.Errorf("%s has a thumbnail: %v", c.raw, !c.has)
		}
		if c.has {
			continue
		}
		if err := e.EditAssets(func(_, href string) AssetEdit { return AssetEdit{Href: "h", AlternateName: "s3", Alternate: href} }); err != nil {
			t.Fatal(err)
		}
		if err := e.AddAsset(RoleThumbnail, []byte(`{"href":"t"}`)); err != nil {
			t.Fatal(err)
		}
		if got := string(e.Bytes()); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.raw, got, c.want)
		}
	}
}
