package stac

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/stac/stactest"
)

// RC-07: documents keep every byte but the value of their links.
func TestSpliceLinks(t *testing.T) {
	links := []Link{{Rel: "self", Href: "https://x/?a=1&b=<2>"}, {Rel: "via", Href: "v", Raw: json.RawMessage(`{"rel":"via","href":"v","extra":1.50}`)}}
	const text = `[{"rel":"self","href":"https://x/?a=1&b=<2>"},{"rel":"via","href":"v","extra":1.50}]`
	cases := []struct{ raw, want string }{
		{`{"id": "a",  "links":[ {"rel":"x"} ] , "n": 1.0}`, `{"id": "a",  "links":` + text + ` , "n": 1.0}`},
		{"\n{ \"id\":\t\"a\" }\n", "\n{ \"id\":\t\"a\",\"links\":" + text + " }\n"},
		{`{}`, `{"links":` + text + `}`},
		{` { } `, ` {"links":` + text + ` } `},
		{`{"a":{"links":[1]},"l\u0069nks":null}`, `{"a":{"links":[1]},"l\u0069nks":` + text + `}`},
	}
	for _, c := range cases {
		got, err := SpliceLinks([]byte(c.raw), links)
		if err != nil || string(got) != c.want {
			t.Errorf("%s\n got %s, %v\nwant %s", c.raw, got, err, c.want)
		}
	}
	if got, err := SpliceLinks([]byte(`{"links":[1]}`), nil); err != nil || string(got) != `{"links":[]}` {
		t.Errorf("%s, %v", got, err)
	}
	e, err := NewEditor([]byte(`{ }`))
	if err != nil {
		t.Fatal(err)
	}
	e.Set("a", []byte("1"))
	e.Set("b", []byte("2"))
	if got := string(e.Bytes()); got != `{"a":1,"b":2 }` {
		t.Error(got)
	}
	for _, broken := range []string{``, `[]`, `{"a"`, `{"a":}`, `{"a":1`} {
		if got, err := SpliceLinks([]byte(broken), nil); err == nil {
			t.Errorf("%q became %s", broken, got)
		}
	}
}

func TestSpliceAssets(t *testing.T) {
	raw := `{"assets" : {"a":{"href":"rel.tif", "n":1.10},"b": { "title":"t", "href":"s3://b/k.tif","alternate":{"x":{"href":"y"}} },` +
		`"c":{"href":"s3://b/c","alternate":{"s3":{"href":"kept"}}},"d":{"href":"https://e/"},"e":[], "f":{}, "g":{"href":"s3://g\/h"}}, "z":0}`
	want := `{"assets" : {"a":{"href":"https://x/rel.tif", "n":1.10},"b": { "title":"t", "href":"https://x/b","alternate":{"x":{"href":"y"},"s3":{"href":"s3://b/k.tif"}} },` +
		`"c":{"href":"https://x/c","alternate":{"s3":{"href":"kept"}}},"d":{"href":"https://e/"},"e":[], "f":{}, "g":{"href":"https://x/g","alternate":{"s3":{"href":"s3://g/h"}}}}, "z":0}`
	got, err := SpliceAssets([]byte(raw), func(key, href string) AssetEdit {
		switch {
		case strings.HasPrefix(href, "s3:"):
			return AssetEdit{Href: "https://x/" + key, AlternateName: "s3", Alternate: href}
		case strings.HasPrefix(href, "https:"):
			return AssetEdit{Href: href}
		}
		return AssetEdit{Href: "https://x/" + href}
	})
	if err != nil || string(got) != want {
		t.Errorf("\n got %s, %v\nwant %s", got, err, want)
	}
}

// Splicing real documents changes nothing but what was asked for.
func TestSpliceRealDocuments(t *testing.T) {
	stactest.Documents(t, func(t *testing.T, name string, raw []byte) {
		if _, err := Type(raw); err != nil {
			return
		}
		linked, err := SpliceLinks(raw, []Link{{Rel: "self", Href: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := SpliceAssets(linked, func(_, href string) AssetEdit { return AssetEdit{Href: "x" + href} })
		if err != nil {
			t.Fatal(err)
		}
		want := generic(t, raw)
		want["links"] = []any{map[string]any{"rel": "self", "href": "x"}}
		assets, _ := want["assets"].(map[string]any)
		for _, a := range assets {
			asset := a.(map[string]any)
			asset["href"] = "x" + asset["href"].(string)
		}
		if !reflect.DeepEqual(generic(t, got), want) {
			t.Errorf("spliced: %s", got)
		}
		same, err := SpliceAssets(raw, func(_, href string) AssetEdit { return AssetEdit{Href: href} })
		if err != nil || !bytes.Equal(same, raw) {
			t.Errorf("an edit that edits nothing changed the document (%v)", err)
		}
	})
}

func generic(t *testing.T, raw []byte) map[string]any {
	var v map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever JSON object comes, setting a member gives the object that setting the key of a map gives.
func TestSpliceMemberProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "object")
		raw, err := json.MarshalIndent(want, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		name := rapid.String().Draw(t, "name")
		spliced, err := SpliceMember(raw, name, []byte(`"new"`))
		if err != nil {
			t.Fatal(err)
		}
		want[name] = "new"
		var got map[string]string
		if err := json.Unmarshal(spliced, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s, %v", spliced, err)
		}
	})
}

func FuzzSplice(f *testing.F) {
	f.Add([]byte(`{"links":[],"assets":{"a":{"href":"b","alternate":{}}}}`))
	f.Add([]byte(`{"assets":{"a":{"href":"b","alternate":{"s3":`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		valid := json.Valid(raw) && bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{"))
		_, _ = Links(raw)
		linked, err := SpliceLinks(raw, []Link{{Rel: "self", Href: "x"}})
		if valid && (err != nil || !json.Valid(linked)) {
			t.Fatalf("%s, %v", linked, err)
		}
		edited, err := SpliceAssets(raw, func(_, href string) AssetEdit {
			return AssetEdit{Href: "<" + href, AlternateName: "s3", Alternate: href}
		})
		if valid && (err != nil || !json.Valid(edited)) {
			t.Fatalf("%s, %v", edited, err)
		}
	})
}
