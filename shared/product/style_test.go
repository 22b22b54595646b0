package product

import (
	"strings"
	"testing"
)

const styled = `
collections: {C: {}}
productTypes:
  - name: T
    collections: [C]
    coverages: {S2L2A_B04: {assets: [B04]}}
    browses:
      CLASSES:
        grey: {expression: B04}
        styles:
          - name: classes
            type: values
            stops: [{value: 1, color: "#ff0000", label: water}, {value: 2, color: green, opacity: 0.5}]
          - {name: warm, type: ramp, range: [0, 10], stops: [{value: 0, color: black}, {value: 100, color: red}]}
`

// RND-07: a browse has styles of its own.
func TestStyles(t *testing.T) {
	c, err := Load("x", []byte(styled))
	if err != nil {
		t.Fatal(err)
	}
	styles := c.ProductTypes[0].Browses["CLASSES"].Styles
	if len(styles) != 2 || styles[0].Stops[0].Label != "water" || styles[1].Range[1] != 10 || *styles[0].Stops[1].Opacity != .5 {
		t.Errorf("%+v", styles)
	}
	for replaced, by := range map[string]string{
		"type: values": "type: colours", `color: "#ff0000"`: "color: 12", "name: classes": "name: warm", "opacity: 0.5": "opacity: 5", "value: 100": "value: 101",
		"{value: 2,": "{value: 1,", "stops: [{value: 0, color: black}, {value: 100, color: red}]": "stops: []", "type: ramp": "type: intervals", "grey: {expression: B04}": "asset: visual",
	} {
		if _, err := Load("x", []byte(strings.Replace(styled, replaced, by, 1))); err == nil || !strings.Contains(err.Error(), "styles") {
			t.Errorf("%s: %v", by, err)
		}
	}
}
