package safe

import (
	"fmt"
	"os"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

func sprint(v any) string { return fmt.Sprint(v) }

// encoded checks that what is made can be written, and read again.
func encoded(t *testing.T, draft stac.Draft) {
	t.Helper()
	text, err := draft.Encode()
	if fault.KindOf(err) == fault.Invalid {
		return // numbers that are too large
	}
	if err != nil {
		t.Fatalf("%v: %+v", err, draft)
	}
	if _, err := stac.Type(text); err != nil {
		t.Errorf("%v: %s", err, text)
	}
}

func product(t testing.TB) []byte { return text(t, "product.xml") }
func granule(t testing.TB) []byte { return text(t, "granule.xml") }

func text(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
