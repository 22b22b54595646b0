package stac

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"perigee/shared/fault"
)

// parted reads all documents of a body.
func parted(p *Parts) (all []string, err error) {
	for {
		one, err := p.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, string(one))
	}
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		body string
		many bool
		want []string
	}{
		{`{"type":"FeatureCollection","features":[]}`, true, nil},
		{` {"type" : "FeatureCollection", "n":[{"features":[1]}], "features" : [ {"a": "]}\"\\"} ,{"b":[[]]}, 5 ,"x"] , "z":1 } `, true, []string{`{"a": "]}\"\\"}`, `{"b":[[]]}`, `5`, `"x"`}},
		{`{"features":[{"a":1}],"type":"FeatureCollection"}`, true, []string{`{"a":1}`}},
		{`{"f\u0065atures":[{}],"other":{"type":"x"},"type":"FeatureCollection"}`, true, []string{`{}`}},
		{" {\n\"type\":\"Feature\", \"features\" : [1, 2], \"id\":\"a\"}\r\n", false, []string{" {\n\"type\":\"Feature\", \"features\" : [1, 2], \"id\":\"a\"}\r\n"}},
		{`{"features":{"a":1},"type":"Feature"}`, false, []string{`{"features":{"a":1},"type":"Feature"}`}},
		{`{}`, false, []string{`{}`}},
		{`[1,2]`, false, []string{`[1,2]`}},
		{`nonsense`, false, []string{`nonsense`}},
		{`{} nonsense`, false, []string{`{} nonsense`}},
	} {
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(c.body), "byte by byte": iotest.OneByteReader(strings.NewReader(c.body))} {
			p := NewParts(r, "features", TypeItemCollection)
			got, err := parted(p)
			if err != nil || !slices.Equal(got, c.want) || p.Many() != c.many {
				t.Errorf("%s %s: %q, many %v, %v", c.body, name, got, p.Many(), err)
			}
		}
	}
	for body, want := range map[string][]string{
		`[{"id":"a"}, {"id":"b"}]`: {`{"id":"a"}`, `{"id":"b"}`}, `{"collections":[{"id":"a"}],"links":[]}`: {`{"id":"a"}`}, ` [ ] `: nil,
		`{"type":"Collection","collections":"x"}`: {`{"type":"Collection","collections":"x"}`},
	} {
		if got, err := parted(NewParts(strings.NewReader(body), "collections", "")); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", body, got, err)
		}
	}
}

func TestPartsThatBreak(t *testing.T) {
	large := `{"type":"FeatureCollection","features":[{"a":"` + strings.Repeat("x", MaxSize) + `"}]}`
	for _, c := range []struct {
		body  string
		whole int
	}{
		{``, 0}, {`  `, 0}, {`{"a"`, 0}, {`{"a":`, 0}, {`{"a":1`, 0}, {`{"a" 1}`, 0}, {`{"a":1 "b":2}`, 0}, {`{,}`, 0}, {`{"a":1,}`, 0}, {`{5:1}`, 0},
		{`{"features":[1`, 1}, {`{"features":[1 2]}`, 1}, {`{"features":[1,]}`, 1}, {`{"features":[,1]}`, 0}, {`{"features":[{"a":1`, 0}, {`{"features":[1]`, 1},
		{`{"features":[1]}`, 1}, {`{"features":[1],"type":"Feature"}`, 1}, {`{"features":[1],"type":"FeatureCollection"} x`, 1},
		{`{"features":[1],"features":[2],"type":"FeatureCollection"}`, 1}, {`{"features":["abc`, 0}, {large, 0}, {`{"a":"` + strings.Repeat("x", MaxSize) + `"}`, 0},
	} {
		got, err := parted(NewParts(strings.NewReader(c.body), "features", TypeItemCollection))
		if fault.KindOf(err) != fault.Invalid || err == nil || len(got) != c.whole {
			t.Errorf("%.60s: %d documents, %v", c.body, len(got), err)
		}
	}
	broken := errors.New("gone")
	for _, body := range []string{``, `{"features":[{"a":`, `{"a":`} {
		if _, err := parted(NewParts(io.MultiReader(strings.NewReader(body), iotest.ErrReader(broken)), "features", TypeItemCollection)); !errors.Is(err, broken) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"id":"a"},{"id":"b"}],"n":1}`))
	f.Add([]byte(`{"id":"a","type":"Feature"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p := NewParts(bytes.NewReader(body), "features", TypeItemCollection)
		got, err := parted(p)
		if err != nil || !json.Valid(body) {
			return
		}
		if !p.Many() {
			if len(got) != 1 || got[0] != string(body) {
				t.Errorf("%q is read as %q", body, got)
			}
			return
		}
		var members map[string]json.RawMessage // by the letter
		var want []json.RawMessage
		if err := errors.Join(json.Unmarshal(body, &members), json.Unmarshal(members["features"], &want)); err != nil || len(want) != len(got) {
			t.Fatalf("%q has %d documents, not %d (%v)", body, len(got), len(want), err)
		}
		for i, w := range want {
			if string(w) != got[i] {
				t.Errorf("%q: %q, want %q", body, got[i], w)
			}
		}
	})
}
