package fes

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/filter"
	_ "perigee/test/draws" // the same each time
)

// Lines are the same in each form that GML has for their positions.
func TestFormsOfPositionsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var line orb.LineString
		forms := make([]string, 5)
		for range rapid.IntRange(2, 6).Draw(t, "positions") {
			p := orb.Point{rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat")}
			line = append(line, p)
			forms[0] += fmt.Sprintf("<pos>%v %v</pos>", p[1], p[0])
			forms[1] += fmt.Sprintf("%v %v ", p[1], p[0])
			forms[2] += fmt.Sprintf("%v,%v ", p[0], p[1])
			forms[3] += fmt.Sprintf("<coord><X>%v</X><Y>%v</Y></coord>", p[0], p[1])
			forms[4] += fmt.Sprintf("%v\n%v 1e3 ", p[0], p[1])
		}
		forms[1] = "<posList>" + forms[1] + "</posList>"
		forms[2] = "<coordinates>" + forms[2] + "</coordinates>"
		forms[4] = `<posList srsDimension="3" srsName="CRS:84">` + forms[4] + "</posList>"
		for _, form := range forms {
			got, err := parse(within(nsGML, "<LineString>"+form+"</LineString>"))
			if want := spatialOf(filter.SIntersects, line); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s became %v, %v", form, got, err)
			}
		}
	})
}

// A text whose special characters are escaped becomes a pattern that only this text matches, whatever they are.
func TestEscapedPatternsAreLiteral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		special := rapid.Permutation([]string{"*", "?", `\`, "%", "_", "!!", "ab"}).Draw(t, "special")
		w := wildcards{special[0], special[1], special[2]}
		literal, escaped, want := "", "", ""
		for _, part := range rapid.SliceOf(rapid.SampledFrom([]string{"x", "é", "*", "?", `\`, "%", "_", "!!", "ab"})).Draw(t, "parts") {
			if part == w.any || part == w.single || part == w.escape {
				escaped += w.escape
			}
			literal, escaped = literal+part, escaped+part
		}
		for _, r := range literal {
			if strings.ContainsRune(`%_\`, r) {
				want += `\`
			}
			want += string(r)
		}
		if got := w.translate(escaped); got != want {
			t.Fatalf("%+v: %s became %s, want %s", w, escaped, got, want)
		}
	})
}
