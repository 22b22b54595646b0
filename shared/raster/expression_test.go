package raster

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"perigee/shared/fault"
)

// value evaluates an expression with the given bands, each of one pixel.
func value(t *testing.T, src string, bands map[string]float32) float32 {
	t.Helper()
	e, err := CompileExpression(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	var rows [][]float32
	for _, n := range e.Names() {
		v, ok := bands[n]
		if !ok {
			t.Fatalf("%s needs the band %s", src, n)
		}
		rows = append(rows, []float32{v})
	}
	dst := []float32{0}
	e.Evaluate(dst, rows...)
	return dst[0]
}

// RND-06: expressions of browses.
func TestExpressions(t *testing.T) {
	none := float32(math.NaN())
	bands := map[string]float32{"B04": 800, "B08": 400, "B02": 1, "B03": 0, "VV": -12.5, "SR_B4": 7, "a.b": 3, "odd name-1": 9, "empty": none}
	for src, want := range map[string]float32{
		"B04":                                  800,
		"42":                                   42,
		".5":                                   .5,
		"1e3":                                  1000,
		"1.5e-2":                               .015,
		"(B08-B04)/(B08+B04)":                  -1.0 / 3, // a difference of unsigned bands below zero
		"-B04":                                 -800,
		"- -2":                                 2,
		"+B02":                                 1,
		"2+3*4":                                14,
		"(2+3)*4":                              20,
		"10-4-3":                               3,
		"100/10/2":                             5,
		"2**3**2":                              512,
		"-2**2":                                -4,
		"2**-1":                                .5,
		"7%3":                                  1,
		"-7%3":                                 2,
		"7%0":                                  none,
		"B04/B03":                              none,
		"0/0":                                  none,
		"VV":                                   -12.5,
		"SR_B4*2":                              14,
		"a.b":                                  3,
		`"odd name-1"+1`:                       10,
		"`odd name-1`":                         9,
		"empty":                                none,
		"empty+1":                              none,
		"empty*0":                              none,
		"min(empty, 3)":                        none,
		"max(3, empty)":                        none,
		"hypot(empty, 1/0)":                    none,
		"empty > 1":                            none,
		"!empty":                               none,
		"B04 > B08":                            1,
		"B04 <= B08":                           0,
		"1 == 1":                               1,
		"1 != 1":                               0,
		"B04 > 500 and B08 > 500":              0,
		"B04 > 500 or B08 > 500":               1,
		"B04 > 500 && B08 < 500":               1,
		"not B03":                              1,
		"not 1 == 2":                           1,
		"!1 || 1":                              1,
		"B04 > 500 ? 1 : 2":                    1,
		"B03 ? 1 : B02 ? 2 : 3":                2,
		"where(B04 > 500, B08, 0)":             400,
		"where(B03, 1/0, 5)":                   5,
		"where(empty, 1, 2)":                   none,
		"abs(-3)":                              3,
		"sqrt(16)":                             4,
		"sqrt(-1)":                             none,
		"log(0)":                               none,
		"exp(1000)":                            none,
		"1e30*1e30":                            none,
		"log10(1000)":                          3,
		"log2(8)":                              3,
		"exp2(5)":                              32,
		"min(3)":                               3,
		"min(3,1,2)":                           1,
		"max(3,1,2)":                           3,
		"clip(5, 0, 1)":                        1,
		"clip(B04, 900, 1000)":                 900,
		"sign(-4)":                             -1,
		"floor(1.7)":                           1,
		"ceil(1.2)":                            2,
		"round(2.5)":                           2,
		"degrees(radians(90))":                 90,
		"arctan2(1, 1) * 4":                    math.Pi,
		"hypot(3, 4)":                          5,
		"pow(2, 10)":                           1024,
		"interpolate(B04, 0, 1000, 0, 10)":     8,
		"interpolate(2000, 0, 1000, 0, 10, 1)": 10,
		"interpolate(2000, 0, 1000, 0, 10, 0)": 20,
		"interpolate(1, 5, 5, 0, 1)":           none,
		"sin(0)+cos(0)+tan(0)":                 1,
		"arcsin(1)+arccos(1)":                  math.Pi / 2,
		"arctan(1)*4":                          math.Pi,
		"sinh(0)+cosh(0)+tanh(0)":              1,
		"arcsinh(0)+arccosh(1)+arctanh(0)":     0,
		"expm1(0)+log1p(0)":                    0,
		"rad2deg(deg2rad(30))":                 30,
		"6 & 3":                                2,
		"6 | 3":                                7,
		"6 ^ 3":                                5,
		"1 << 4":                               16,
		"B04 >> 4":                             50,
		"-5 >> 1":                              -3,
		"1 << 70":                              none,
		"empty & 1":                            none,
		"1 | 2 == 3":                           1, // bits hold more tightly than comparisons, as in Python
		"(B04 >> 5 & 1) == 1":                  1,
		"1 + 2 << 1":                           6,
		"[1, 2, 3][1]":                         2,
		"max([1, 5, 3], 4)":                    5,
		"True + False":                         1,
		"pansharpen(90, 10, 20, 30)[2]":        135,
		"pansharpen(90, [10, 20, 30])[0]":      45,
		"interpolate(5, 0, 10, 0, 1, False, [4, 6])": none,
		"interpolate(7, 0, 10, 0, 1, False, [4, 6])": .7,
		"interpolate(20, 0, 10, 0, 1, True, None)":   1,
		"var('none', 7)":   7,
		`var("none", B04)`: 800,
	} {
		got := value(t, src, bands)
		if math.IsNaN(float64(want)) != math.IsNaN(float64(got)) || math.Abs(float64(got-want)) > 1e-5*math.Abs(float64(want)) {
			t.Errorf("%s is %v, want %v", src, got, want)
		}
	}
}

func TestWrongExpressionsAreRefusedInWords(t *testing.T) {
	for src, want := range map[string]string{
		"":                                       "the end",
		"B04 +":                                  "the end",
		"(B04":                                   `")"`,
		"B04)":                                   "an operator",
		"B04 B08":                                "an operator",
		"1..2":                                   "not a number",
		"f(1)":                                   `"f", which is not a function`,
		"sqrt()":                                 "1 to 1 values, not 0",
		"where(1,2)":                             "3 to 3 values, not 2",
		"sqrt(1":                                 `","`,
		"B04 ? 1":                                `":"`,
		"B04 @ 2":                                "'@' at position 5",
		"é":                                      "'é'",
		`"B04`:                                   "does not end",
		"__import__(1)@":                         "'@'",
		strings.Repeat("(", 1000):                "nested",
		strings.Repeat("-", 1000) + "1":          "nested",
		strings.Repeat("1+B*", 1000) + "1":       "at most",
		strings.Repeat("x", 5000):                "at most 4096 characters",
		"1**" + strings.Repeat("1**", 500) + "1": "nested",
		"[1,2]":                                  "a list where one value",
		"[1,2]+1":                                "a list where one value",
		"[1,2][2]":                               "number 2 of 2 values",
		"[1,2][x]":                               "a number counted from 0",
		"[1,2][-1]":                              "a number counted from 0",
		"(B04+1)[0]":                             "not that of a list",
		"pansharpen(B08, B04)":                   "a list where one value",
		"'text'":                                 "text",
		"None + 1":                               "None",
		"min([])":                                "no value",
		"var(3)":                                 "without a name",
		"var('x')":                               `the variable "x"`,
		"percentile(B04+1, 5)":                   "not a band",
		"percentile(B04, 105)":                   "percentile 105",
		"percentile(B04, B08)":                   "not a number but computed",
		"statistics_mean(3)":                     "not a band",
		"hillshade(B04, B08)":                    "not a number but computed",
		"hillshade(B04, 1, 1, 315, 45, 'Best')":  "not one of Horn",
		"contours(B04, 0, 0)":                    "interval",
		"contours(B04, 0, 1, 0, 'vector')":       "not one of raster",
		"interpolate(B04, 0, 1, 0, 1, 0, 5)":     "list of two",
		strings.Repeat("tpi(", 9) + "B04" + strings.Repeat(")", 9): "at most 8 levels",
		"tpi(a0)" + manyTimes(17, "+tpi(a%d)"):                     "at most 16 times",
	} {
		_, err := CompileExpression(src)
		if err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q in it", src, err, want)
		}
	}
}

func manyTimes(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// What is written twice is computed once.
func TestPartsAreComputedOnce(t *testing.T) {
	e, err := CompileExpression("(B08-B04)/(B08+B04) > 0.2 ? (B08-B04)/(B08+B04) : sqrt(B08-B04)")
	if err != nil {
		t.Fatal(err)
	}
	if len(e.steps) != 6 { // - + / > sqrt ?
		t.Errorf("%d steps", len(e.steps))
	}
}

func TestVariables(t *testing.T) {
	var known expressions
	for want, variables := range map[float32]map[string]any{
		3: {"a": 3.0}, 5: {"a": 5.0}, 7: nil,
	} {
		for range 2 {
			e, err := known.get("var('a', 7) + B04*0", variables)
			if err != nil {
				t.Fatal(err)
			}
			dst := []float32{0}
			if e.Evaluate(dst, []float32{1}); dst[0] != want {
				t.Errorf("%v gives %v, want %v", variables, dst[0], want)
			}
		}
	}
	if _, err := known.get("hillshade(B04, 1, 1, 315, 45, var('how'))", map[string]any{"how": "zevenbergenthorne"}); err != nil {
		t.Error(err)
	}
	if _, err := known.get("var('a')", map[string]any{"a": true}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a variable of no known kind answers %v", err)
	}
}

func TestNamesComeOnceInOrder(t *testing.T) {
	e, err := CompileExpression("(B08-B04)/(B08+B04)+sqrt(B02)")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(e.Names(), " "); got != "B08 B04 B02" {
		t.Errorf("names are %q", got)
	}
}

func TestRegistersAreUsedAgain(t *testing.T) {
	e, err := CompileExpression("((a+b)*(c+d))-((a-b)*(c-d))")
	if err != nil {
		t.Fatal(err)
	}
	if e.registers > 4 {
		t.Errorf("%d registers for seven operations", e.registers)
	}
	dst := make([]float32, 3)
	e.Evaluate(dst, []float32{1, 2, 3}, []float32{4, 5, 6}, []float32{7, 8, 9}, []float32{10, 11, 12})
	for i, want := range []float32{5*17 - 9, 7*19 - 9, 9*21 - 9} {
		if dst[i] != want {
			t.Errorf("pixel %d is %v, want %v", i, dst[i], want)
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"(B08-B04)/(B08+B04)", "a?b:c", "where(a>1,b,c)", "-2**-x", "min(a,b,1e3)", `"x y"*2`, "not a or b", "interpolate(a,1,2,3,4,1)", "((((", "1e", "%", "pansharpen(a,[b,c])[1]", "hillshade(a,1,1,315,45,'Horn')", "percentile(a,5,0)", "a[3]&7<<2", "var('x',[1,2][0])", "contours(tpi(a))"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := CompileExpression(src)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		bands := make([][]float32, len(e.Names()))
		for i := range bands {
			bands[i] = []float32{float32(i), -1.5, 0, float32(math.NaN()), 65535}
		}
		dst := make([]float32, 5)
		e.Evaluate(dst, bands...)
		for _, v := range dst {
			if math.IsInf(float64(v), 0) {
				t.Fatalf("%q gives infinity", src)
			}
		}
	})
}
