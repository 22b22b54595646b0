package stacapi

import (
	"strings"
	"testing"

	"perigee/shared/filter"
	"perigee/shared/record"
)

// RC-07: the examples of the free-text extension, basic and advanced, by what they find.
func TestFreeText(t *testing.T) {
	texts := map[string]string{
		"a": "The climate of a Model", "b": "climate model runs", "c": "A quick brown fox", "d": "quick dogs", "e": "brown bears", "f": "Sentinel-2 and Sentinel-3", "g": "EO", "h": "Earth Observation by day",
	}
	for q, want := range map[string]string{
		"climate":                    "a b",
		"CLIMATE":                    "a b",
		"model":                      "a b",
		"mode":                       "",
		`"climate model"`:            "b",
		"climate model":              "a b",
		"climate OR fox":             "a b c",
		"climate fox":                "a b c",
		"climate AND runs":           "b",
		"(quick OR brown) AND fox":   "c",
		"quick OR brown AND fox":     "c d",
		"quick +brown -fox":          "e",
		"quick -fox":                 "d",
		"quick AND -fox":             "d",
		"-quick -brown -climate":     "f g h",
		"+quick +brown":              "c",
		"-(quick OR brown OR model)": "f g h",
		"sentinel-2":                 "f",
		"sentinel-5":                 "",
		"sentinel 2":                 "f",
		"EO,Earth Observation":       "g h",
		"Observation Earth,EO":       "g",
		"EO, quick brown ,":          "c g",
		`EO,"earth observation"`:     "g h",
		"or":                         "",
		"***":                        "",
		"100% _":                     "",
	} {
		e, err := parseFreeText(q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		var found []string
		for _, id := range strings.Fields("a b c d e f g h") {
			if filter.Holds(e, record.Record{Abstract: texts[id]}) {
				found = append(found, id)
			}
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s finds %q, want %q", q, got, want)
		}
	}
}

func TestRefusedFreeTexts(t *testing.T) {
	for q, want := range map[string]string{
		"(a OR b":   "not closed, before character 8",
		"a)":        "not opened",
		`"a`:        "quotation mark is not closed",
		`""`:        "nothing between",
		"a AND":     "a term is missing",
		"AND a":     "a term is missing",
		"OR a":      "OR stands between",
		"a OR OR b": "OR stands between",
		"a OR":      "OR stands between",
		"()":        "there is no term",
		"+":         "a term is missing",
		"--a":       "a term is missing",
		"a\x00b":    "zero character",
		strings.Repeat("(", 30) + "a" + strings.Repeat(")", 30): "20 deep",
		strings.Repeat("a ", 500):                               "100 terms",
		strings.Repeat("a,", 500):                               "at most 100",
		strings.Repeat("a", 3000):                               "3000 bytes",
	} {
		if _, err := parseFreeText(q); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v", q, err)
		}
	}
}

// Terms come as a list or as a text, by GET and by POST.
func TestFreeTextIsAsked(t *testing.T) {
	h, _ := catalogueOf(t)
	for name, got := range map[string]string{
		"get":                strings.Join(decode(t, get(t, h, "/stac/search?q=lonely,nothing")).ids(), " "),
		"advanced get":       strings.Join(decode(t, get(t, h, "/stac/search?q=uncollected+AND+lonely")).ids(), " "),
		"items":              strings.Join(decode(t, get(t, h, "/stac/collections/uncollected/items?q=lonely")).ids(), " "),
		"posted terms":       strings.Join(decode(t, send(t, h, "POST", "/stac/search", strings.NewReader(`{"q":["nothing","lonely"]}`))).ids(), " "),
		"posted text":        strings.Join(decode(t, send(t, h, "POST", "/stac/search", strings.NewReader(`{"q":"nothing OR lonely"}`))).ids(), " "),
		"posted and nothing": strings.Join(decode(t, send(t, h, "POST", "/stac/search", strings.NewReader(`{"q":[],"ids":["lonely"]}`))).ids(), " "),
	} {
		if got != "lonely" {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, body := range []string{`{"q":5}`, `{"q":[5]}`, `{"q":["a",null]}`, `{"q":"(a"}`} {
		if w := send(t, h, "POST", "/stac/search", strings.NewReader(body)); w.Code != 400 || !strings.Contains(w.Body.String(), `"locator":"q"`) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func FuzzFreeText(f *testing.F) {
	f.Add(`(quick OR "brown fox") AND -c +d, e-f`)
	f.Fuzz(func(t *testing.T, q string) {
		e, err := parseFreeText(q)
		if err == nil && e != nil {
			filter.Holds(e, record.Record{Abstract: q})
		}
	})
}
