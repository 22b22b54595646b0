package stac

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/fault"
)

// RC-07: what a patch does not name keeps its bytes and its place.
func TestMergePatchKeepsWhatItDoesNotName(t *testing.T) {
	for _, c := range []struct{ document, patch, want string }{
		{`{ "a" : 1.00, "b":"\u00fc" }`, `{}`, `{ "a" : 1.00, "b":"\u00fc" }`},
		{`{ "a" : 1.00, "b":2 }`, `{"b":3e0}`, `{ "a" : 1.00, "b":3e0 }`},
		{`{ "a" : 1.00, "b":2 }`, `{"a":null}`, `{ "b":2 }`},
		{`{ "a" : 1.00, "b":2 }`, `{"b":null}`, `{ "a" : 1.00 }`},
		{`{ "a" : 1.00, "b":2 }`, `{"a":null,"b":null}`, `{  }`},
		{`{ "a" : 1.00, "b":2 }`, `{"c":4}`, `{ "a" : 1.00, "b":2, "c":4 }`},
		{"{\n\t\"a\": 1,\n\t\"b\": 2,\n\t\"c\": 3\n}\n", `{"b":null,"d":[ 1, null ]}`, "{\n\t\"a\": 1,\n\t\"c\": 3,\n\t\"d\":[ 1, null ]\n}\n"},
		{`{}`, `{"a":{"b":null,"c":1}}`, `{"a":{"c":1}}`},
		{` { } `, `{"a":1}`, ` {"a":1 } `},
		{`{"a":{"b": 1.0 , "c":2}}`, `{"a":{"c":null}}`, `{"a":{"b": 1.0}}`},
		{`{"a":"text"}`, `{"a":{"b":1,"c":null}}`, `{"a":{"b":1}}`},
		{`{"a":{"b":1}}`, `{"a":[{"b":null}]}`, `{"a":[{"b":null}]}`},
		{`{"a":1,"\u0061":2,"b":3}`, `{"a":4}`, `{"a":4,"\u0061":4,"b":3}`},
		{`{"a":1}`, `{"b":1,"b":null}`, `{"a":1}`},
		{`{"a":1}`, `{"a":null,"a":2}`, `{"a":2}`},
		{`{"a":1,"b":2,"c":3,"d":4}`, ` {"a":null, "c":null,"e":5}`, `{"b":2,"d":4,"e":5}`},
	} {
		got, err := MergePatch([]byte(c.document), []byte(c.patch))
		if err != nil || string(got) != c.want {
			t.Errorf("%s patched with %s\n got %s, %v\nwant %s", c.document, c.patch, got, err, c.want)
		}
	}
}

func TestMergePatchRefuses(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for _, patch := range []string{``, `[]`, `null`, `"a"`, `{"a":}`, `{"a":1} x`, "{\"a\":\"\xff\"}", deep} {
		if got, err := MergePatch([]byte(`{"a":1}`), []byte(patch)); fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "patch" {
			t.Errorf("%.40q made %s, %v", patch, got, err)
		}
	}
}

// reference is RFC 7396, clause 2, on decoded values.
func reference(target, patch any) any {
	given, isObject := patch.(map[string]any)
	if !isObject {
		return patch
	}
	out := map[string]any{}
	if old, ok := target.(map[string]any); ok {
		for name, value := range old {
			out[name] = value
		}
	}
	for name, value := range given {
		if value == nil {
			delete(out, name)
		} else {
			out[name] = reference(out[name], value)
		}
	}
	return out
}

func anyJSON(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(r *rapid.T) any {
		kind := rapid.IntRange(0, 5).Draw(r, "kind")
		if depth == 0 {
			kind %= 4
		}
		switch kind {
		case 0:
			return nil
		case 1:
			return rapid.SampledFrom([]any{true, 1.0, -2.5}).Draw(r, "plain")
		case 2, 3:
			return rapid.SampledFrom([]string{"", "x", `"\`}).Draw(r, "text")
		case 4:
			return rapid.SliceOfN(anyJSON(depth-1), 0, 3).Draw(r, "list")
		}
		return rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "d\"", ""}), anyJSON(depth-1), 0, 4).Draw(r, "object")
	})
}

func TestMergePatchDoesWhatTheStandardSays(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		target := map[string]any{"a": anyJSON(3).Draw(r, "a"), "b": anyJSON(3).Draw(r, "b")}
		patch := map[string]any{"a": anyJSON(3).Draw(r, "patch a"), "c": anyJSON(3).Draw(r, "patch c")}
		got, err := MergePatch(spelt(r, target), spelt(r, patch))
		var value any
		if err != nil || json.Unmarshal(got, &value) != nil {
			r.Fatalf("%s, %v", got, err)
		}
		if want := reference(target, patch); !reflect.DeepEqual(value, want) {
			r.Fatalf("%v patched with %v is %s, not %v", target, patch, got, want)
		}
	})
}

// spelt is JSON with or without spaces.
func spelt(r *rapid.T, v any) []byte {
	text, err := json.MarshalIndent(v, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(r, "indent"))
	if err != nil {
		r.Fatal(err)
	}
	return text
}

func FuzzMergePatch(f *testing.F) {
	f.Add(`{"a":{"b":1}, "c":[]}`, `{"a":{"b":null,"d":2}}`)
	f.Add(` { "a" : 1 , "a":2}`, `{"a":null}`)
	f.Fuzz(func(t *testing.T, document, patch string) {
		got, err := MergePatch([]byte(document), []byte(patch))
		if err != nil {
			return
		}
		var target, given, value any
		if json.Unmarshal([]byte(document), &target) != nil || json.Unmarshal([]byte(patch), &given) != nil || json.Unmarshal(got, &value) != nil {
			t.Fatalf("%q patched with %q is %q", document, patch, got)
		}
		if want := reference(target, given); !reflect.DeepEqual(value, want) {
			t.Errorf("%q patched with %q is %q, not %v", document, patch, got, want)
		}
	})
}
