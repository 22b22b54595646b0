package postprocess

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/stac/stactest"
)

const found = `{"id":"S2A_MSIL1C.SAFE","properties":{"cloudCover":12.50,"a":{"b":1},"n":"41"},"assets":{"q/l":{"href":"/eodata/x/q.jpg"},"B.1":{"href":"https://h/B1"}},"list":[1,{"k":"v"}]}`

// TestDeclarative: each operation, on fields that are there and that are not.
func TestDeclarative(t *testing.T) {
	for _, c := range []struct{ rules, want string }{
		{`{"op":"rename","from":"/properties/cloudCover","to":"/properties/eo:cloud_cover"}`, `.properties.cloudCover -12.50 .properties.eo:cloud_cover 12.50`},
		{`{"op":"rename","from":"/properties/missing","to":"/properties/x"}`, ``},
		{`{"op":"copy","from":"/id","to":"/properties/title"}`, `.properties.title "S2A_MSIL1C.SAFE"`},
		{`{"op":"copy","from":"/list/1/k","to":"/new/in/it"}`, `.new {"in":{"it":"v"}}`},
		{`{"op":"set","field":"/properties/license","value":["a",null]}`, `.properties.license ["a",null]`},
		{`{"op":"set","field":"/assets/*/roles","value":["data"]}`, `.assets.B.1.roles ["data"] .assets.q/l.roles ["data"]`},
		{`{"op":"set","field":"/list/0","value":2}`, `.list[0] 2`},
		{`{"op":"remove","field":"/assets/q~1l"}`, `.assets.q/l -{"href":"/eodata/x/q.jpg"}`},
		{`{"op":"remove","field":"/assets/*/title"}`, ``},
		{`{"op":"regex","field":"/id","pattern":"\\.SAFE$","replacement":""}`, `.id "S2A_MSIL1C"`},
		{`{"op":"regex","field":"/id","pattern":"^(S2.)_.*","replacement":"${1}!","to":"/properties/satellite"}`, `.properties.satellite "S2A!"`},
		{`{"op":"regex","field":"/id","pattern":"nothing","replacement":"x"}`, ``},
		{`{"op":"regex","field":"/assets/*/href","pattern":"^https://h/","replacement":"s3://b/"}`, `.assets.B.1.href "s3://b/B1"`},
		{`{"op":"regex","field":"/properties/n","pattern":"^4","replacement":"5","as":"number"}`, `.properties.n 51`},
		{`{"op":"regex","field":"/properties/cloudCover","pattern":"0$","replacement":"1","as":"number"}`, `.properties.cloudCover 12.51`},
		{`{"op":"regex","field":"/properties/a","pattern":".","replacement":"1"}`, ``},
		{`{"op":"template","field":"/properties/title","text":"{/id} {{{/properties/cloudCover}}} %"}`, `.properties.title "S2A_MSIL1C.SAFE {12.50} %"`},
		{`{"op":"template","field":"/properties/title","text":"{/id} {/properties/missing}"}`, ``},
		{`{"op":"template","field":"/properties/x","text":"1{/properties/n}","as":"number"}`, `.properties.x 141`},
		{`{"op":"rewrite_asset_hrefs","from":"/eodata/","to":"s3://EODATA/"}`, `.assets.q/l.href "s3://EODATA/x/q.jpg"`},
	} {
		p, err := Lookup("declarative", map[string]any{"rules": decoded(t, "["+c.rules+"]")})
		if err != nil {
			t.Errorf("%s: %v", c.rules, err)
			continue
		}
		got, err := p(context.Background(), []byte(found), Reach{})
		if err != nil {
			t.Errorf("%s: %v", c.rules, err)
			continue
		}
		if changed := changes(t, got); changed != c.want {
			t.Errorf("%s: %s, not %s", c.rules, changed, c.want)
		}
	}
}

// changes lists what an item has that the found one has not, and with a minus what it has no more.
func changes(t *testing.T, got []byte) string {
	t.Helper()
	if strings.Contains(string(got), `"cloudCover":12.5,`) {
		t.Error("a number has lost its spelling")
	}
	var all []string
	for _, d := range stactest.Differences(t, got, []byte(found)) {
		path, rest, _ := strings.Cut(d, ": ")
		_, missing := strings.CutPrefix(rest, "missing, not ")
		sign, text := "", got
		if missing {
			sign, text = "-", []byte(found)
		}
		all = append(all, path+" "+sign+string(at(t, text, path)))
	}
	return strings.Join(all, " ")
}

// at is the JSON at a path of stactest.Differences.
func at(t *testing.T, raw json.RawMessage, path string) json.RawMessage {
	t.Helper()
	for path != "" {
		if rest, ok := strings.CutPrefix(path, "[0]"); ok {
			var list []json.RawMessage
			if err := json.Unmarshal(raw, &list); err != nil {
				t.Fatal(err)
			}
			raw, path = list[0], rest
			continue
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			t.Fatal(err)
		}
		longest := ""
		for name := range object {
			if strings.HasPrefix(path, "."+name) && len(name) > len(longest) {
				longest = name
			}
		}
		raw, path = object[longest], path[1+len(longest):]
	}
	return raw
}

// TestRulesThatAreWrong: all of them at once, each at its place.
func TestRulesThatAreWrong(t *testing.T) {
	for _, c := range []struct{ kwargs, at string }{
		{`{}`, "[0].kwargs.rules"},
		{`{"rules":{}}`, "[0].kwargs.rules"},
		{`{"rules":["x",{"op":"move"},{"op":"set","field":"/a"}]}`, "[0].kwargs.rules[0] [0].kwargs.rules[1].op [0].kwargs.rules[2].value"},
		{`{"rules":[{"op":"set","field":"a","value":1,"by":2}]}`, "[0].kwargs.rules[0].field [0].kwargs.rules[0].by"},
		{`{"rules":[{"op":"rename","from":"/a","to":"/a/b"},{"op":"copy","from":"/*","to":"/b"}]}`, "[0].kwargs.rules[0].to [0].kwargs.rules[1].from"},
		{`{"rules":[{"op":"regex","field":"/a","pattern":"(","replacement":""}]}`, "[0].kwargs.rules[0].pattern"},
		{`{"rules":[{"op":"template","field":"/a","text":"{id}"},{"op":"template","field":"/a","text":"}"}]}`, "[0].kwargs.rules[0].text [0].kwargs.rules[1].text"},
		{`{"rules":[{"op":"regex","field":"/a","pattern":"a","replacement":"","as":"date"},{"op":"rewrite_asset_hrefs","to":"x"}]}`, "[0].kwargs.rules[0].as [0].kwargs.rules[1].from"},
		{`{"order":1,"rules":[{"op":"remove","field":"/a"}]}`, "[0].kwargs.order"},
	} {
		_, err := Read([]any{map[string]any{"type": "declarative", "kwargs": decoded(t, c.kwargs)}})
		var at []string
		for _, e := range fault.All(err) {
			at = append(at, fault.LocatorOf(e))
		}
		if strings.Join(at, " ") != c.at {
			t.Errorf("%s: at %q: %v", c.kwargs, at, err)
		}
	}
}

// TestRulesAreBounded: rules cannot make an item grow without end, whatever they copy into themselves.
func TestRulesAreBounded(t *testing.T) {
	var copies []string
	for i := range 30 {
		copies = append(copies, fmt.Sprintf(`{"op":"copy","from":"/properties","to":"/properties/x%d"}`, i))
	}
	doubling := func(rule string) string { return "[" + strings.Repeat(rule+",", 59) + rule + "]" }
	for name, rules := range map[string]string{
		"copies":    "[" + strings.Join(copies, ",") + "]",
		"templates": doubling(`{"op":"template","field":"/id","text":"{/id}{/id}"}`),
		"patterns":  `[{"op":"template","field":"/id","text":"` + strings.Repeat("a", 999) + `"},{"op":"regex","field":"/id","pattern":"a","replacement":"` + strings.Repeat("b", 900) + `"}]`,
		"no number": `[{"op":"regex","field":"/id","pattern":"S2","replacement":"x","as":"number"}]`,
		"in a text": `[{"op":"set","field":"/id/x","value":1},{"op":"copy","from":"/properties","to":"/id/x"}]`,
		"an index":  `[{"op":"set","field":"/list/7","value":1}]`,
	} {
		p, err := Lookup("declarative", map[string]any{"rules": decoded(t, rules)})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := p(context.Background(), []byte(found), Reach{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// TestRulesOfAFewBytes: neither long texts that are copied, nor patterns that are repeated, nor many members make much of little.
func TestRulesOfAFewBytes(t *testing.T) {
	var copies, members []string
	for i := range 14 {
		copies = append(copies, fmt.Sprintf(`{"op":"copy","from":"/properties","to":"/properties/x%d"}`, i))
	}
	for i := range 2000 {
		members = append(members, fmt.Sprintf(`"m%d":{"href":"x%s"}`, i, strings.Repeat("a", 100)))
	}
	item := `{"id":"a","properties":{"long":"` + strings.Repeat("v", 60_000) + `"},"assets":{` + strings.Join(members, ",") + `}}`
	for name, rules := range map[string]string{
		"a text that is copied":      strings.Join(copies, ","),
		"a text for each":            `{"op":"set","field":"/assets/*/title","value":"` + strings.Repeat("v", 60_000) + `"}`,
		"an address for each":        `{"op":"regex","field":"/assets/*/href","pattern":"a","replacement":"` + strings.Repeat("b", 600) + `"}`,
		"addresses that grow":        strings.Repeat(`{"op":"rewrite_asset_hrefs","from":"x","to":"x`+strings.Repeat("b", 900)+`"},`, 20) + `{"op":"remove","field":"/a"}`,
		"a pattern that is repeated": strings.Repeat(`{"op":"regex","field":"/properties/long","pattern":"(v?){300}x","replacement":"","to":"/properties/x"},`, 4) + `{"op":"remove","field":"/a"}`,
	} {
		p, err := Lookup("declarative", map[string]any{"rules": decoded(t, "["+rules+"]")})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := p(context.Background(), []byte(item), Reach{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	_, err := Lookup("declarative", map[string]any{"rules": decoded(t, `[{"op":"regex","field":"/id","pattern":"(a{1000})(b{1000})(c{1000})","replacement":""}]`)})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a pattern of many instructions: %v", err)
	}
}

// FuzzDeclarative: whatever the rules and the item, it ends, and what comes out is JSON.
func FuzzDeclarative(f *testing.F) {
	f.Add(`[{"op":"copy","from":"/a","to":"/b/c"},{"op":"regex","field":"/a","pattern":"x*","replacement":"y"}]`, `{"a":"x"}`)
	f.Add(`[{"op":"template","field":"/a/b","text":"{/a}{/0/~1}"},{"op":"remove","field":"/*/*"}]`, `{"a":[1,{"b":2}]}`)
	f.Fuzz(func(t *testing.T, rules, item string) {
		var written any
		if json.Unmarshal([]byte(rules), &written) != nil {
			return
		}
		p, err := Lookup("declarative", map[string]any{"rules": written})
		if err != nil {
			return
		}
		if got, err := p(context.Background(), []byte(item), Reach{}); err == nil && !json.Valid(got) {
			t.Errorf("%s", got)
		}
	})
}
