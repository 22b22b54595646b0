package postprocess

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"perigee/shared/fault"
)

// TestTitle: HRV-15.
func TestTitle(t *testing.T) {
	for _, c := range []struct{ name, item, want string }{
		{"none", `{"id":"a", "properties":{"datetime":null}}`, `{"id":"a", "properties":{"datetime":null,"title":"a"}}`},
		{"one", `{"id":"a","properties":{"title":"T"}}`, `{"id":"a","properties":{"title":"T"}}`},
		{"no properties", `{"id":"a"}`, `{"id":"a","properties":{"title":"a"}}`},
	} {
		got, err := Title(context.Background(), []byte(c.item), Reach{})
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
	}
	if _, err := Title(context.Background(), []byte(`[]`), Reach{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an array: %v", err)
	}
}

func decoded(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestChainKeepsItsOrder: HRV-10.
func TestChainKeepsItsOrder(t *testing.T) {
	add := func(word string) Postprocessor {
		return func(_ context.Context, item []byte, _ Reach) ([]byte, error) {
			return append(slices.Clone(item), word...), nil
		}
	}
	got, err := Chain{add("1"), add("2"), add("3")}.Process(context.Background(), []byte("0"), Reach{})
	if err != nil || string(got) != "0123" {
		t.Errorf("%s, %v", got, err)
	}
}

// TestReadTellsWhatIsWrong: all at once, each at its place.
func TestReadTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ written, at string }{
		{`"title"`, "the postprocessor"},
		{`["title"]`, "[0]"},
		{`[{"type":"title"},{"type":"nothing"}]`, "[1].type"},
		{`[{"type":"external","process":"numpy.sort"}]`, "[0].process"},
		{`[{"type":"external","process":7}]`, "[0].process"},
		{`{"process":"title"}`, "type"},
		{`[{"type":"title","kwargs":{"x":1}}]`, "[0].kwargs.x"},
		{`[{"type":"title","kwargs":[]}]`, "[0].kwargs"},
		{`[{"type":"title","order":1},{"type":"other"}]`, "[0].order [1].type"},
	} {
		_, err := Read(decoded(t, c.written))
		var at []string
		for _, e := range fault.All(err) {
			at = append(at, fault.LocatorOf(e))
		}
		if strings.Join(at, " ") != c.at {
			t.Errorf("%s: %v at %q", c.written, err, at)
		}
	}
}

// TestNamesOfEOEPCA: HRV-10, every class path that EOEPCA published names a postprocessor, by its module or without it.
func TestNamesOfEOEPCA(t *testing.T) {
	for alias, name := range aliases {
		for _, written := range []string{alias, aliasModule + alias, name} {
			if _, err := Lookup(written, nil); err != nil {
				t.Errorf("%s: %v", written, err)
			}
		}
	}
	for _, none := range []string{"", "harvester_eoepca.postprocess", "os.system", "Sentinel2"} {
		if _, err := Lookup(none, nil); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", none, err)
		}
	}
}
