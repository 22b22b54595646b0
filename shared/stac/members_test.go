package stac

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestMembers(t *testing.T) {
	for object, want := range map[string]string{
		`{}`:    "",
		` { } `: "",
		`{"a":1, "b\u0041" : {"c":[1,"}"]},"é":"\""}`: `a=1 bA={"c":[1,"}"]} é="\"" `,
		`{"a":`:     "malformed",
		`{"a"}`:     "malformed",
		`{"a":1`:    "a=1 malformed",
		`{"\u":1}`:  "malformed",
		`[1]`:       "malformed",
		``:          "malformed",
		`{"a":1,2}`: "a=1 malformed",
	} {
		got := ""
		for m, err := range Members([]byte(object)) {
			if err != nil {
				got += "malformed"
				break
			}
			got += fmt.Sprintf("%s=%s ", m.Name, m.Value)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", object, got, want)
		}
	}
}

// Whatever is a JSON object has the members that a decoder finds; nothing else makes the walk fail badly.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{"a":1,"b":{"c":[]},"d\n":"x"}`, `{"a":`, `{"":""}`, `{"a":1}{`, `{"\ud800":1}`, "{\"\xa5\":\"\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		found := map[string]string{}
		for m, err := range Members(object) {
			if err != nil {
				return
			}
			found[string(m.Name)] = string(m.Value)
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(object, &want) != nil || want == nil {
			return
		}
		for name, value := range want {
			if got, ok := found[name]; (!ok || got != string(value)) && json.Valid([]byte(`"`+name+`"`)) {
				t.Errorf("%q is %q, want %q in %q", name, got, value, object)
			}
		}
	})
}
