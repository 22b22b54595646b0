package xmldoc

import (
	"strings"
	"testing"

	"perigee/shared/fault"
)

func TestWantedTellsAll(t *testing.T) {
	root := parse(t, `<a><n>NaN</n><w>1.5</w><ok>2</ok></a>`)
	w := Wanted{File: "f.xml"}
	w.Text(root, "t")
	w.Number(root, "n")
	w.Whole(root, "w")
	if w.Whole(root, "ok") != 2 || w.Number(root, "ok") != 2 {
		t.Error("2 is 2")
	}
	var at []string
	for _, e := range fault.All(w.Err()) {
		at = append(at, fault.LocatorOf(e))
	}
	if got := strings.Join(at, " "); got != "t n w" {
		t.Errorf("%s: %v", got, w.Err())
	}
}
