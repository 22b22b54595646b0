package stacapi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// RC-07: the children are those that the landing page names, whole, on one page or on several.
func TestChildren(t *testing.T) {
	h, _ := catalogueOf(t)
	var landing struct{ Links []stac.Link }
	if err := json.Unmarshal(get(t, h, "/stac").Body.Bytes(), &landing); err != nil {
		t.Fatal(err)
	}
	var named []string
	at := ""
	for _, link := range landing.Links {
		switch link.Rel {
		case "child":
			named = append(named, link.Href)
		case "children":
			at = link.Href
		}
	}
	for _, limit := range []string{"", "?limit=1"} {
		var met []string
		for href := at + limit; href != ""; {
			var answer struct {
				Children []struct {
					Type  string
					Links []stac.Link
				}
				Links []stac.Link
			}
			if err := json.Unmarshal(get(t, h, strings.TrimPrefix(href, "https://perigee.example")).Body.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
			for _, child := range answer.Children {
				met = append(met, hrefOf(child.Links, "self"))
				if child.Type != stac.TypeCollection {
					t.Errorf("a child is a %q", child.Type)
				}
			}
			if hrefOf(answer.Links, "self") != href || hrefOf(answer.Links, "root") == "" {
				t.Errorf("%s: %+v", href, answer.Links)
			}
			href = hrefOf(answer.Links, "next")
		}
		if len(named) == 0 || !slices.Equal(met, named) {
			t.Errorf("%s: %v, want %v", limit, met, named)
		}
	}
	if w := get(t, h, "/stac/children?f=html"); w.Code != 200 || w.Header().Get("Content-Type") != ogcapi.MediaTypeHTML {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get(t, h, "/stac/children?q=x"); w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// RC-07: every function that filters may call is listed with its types, in every format.
func TestFunctions(t *testing.T) {
	h, _ := catalogueOf(t)
	var list functionList
	if err := json.Unmarshal(get(t, h, "/stac/functions").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	page := get(t, h, "/stac/functions?f=html").Body.String()
	for i, f := range filter.Functions() {
		got := list.Functions[i]
		if got.Name != f.Name || got.Description == "" || len(got.Arguments) != len(f.Args) || got.Returns[0] == "" || !strings.Contains(page, f.Name+"(") {
			t.Errorf("%s: %+v", f.Name, got)
		}
		for _, one := range got.Arguments {
			if one.Type[0] == "" {
				t.Errorf("%s has an argument without a type", f.Name)
			}
		}
	}
	if body := get(t, h, "/stac").Body.String(); !strings.Contains(body, `{"rel":"`+relFunctions+`","href":"https://perigee.example/stac/functions"`) {
		t.Error("the landing page does not lead to the functions")
	}
}
