package product

import (
	"fmt"
	"regexp"
	"slices"
)

// Style colours a browse that has one channel.
type Style struct {
	Name  string      `yaml:"name" json:"name"`
	Title string      `yaml:"title" json:"title,omitempty"`
	Type  string      `yaml:"type" json:"type"`             // ramp, values, intervals
	Range []float64   `yaml:"range" json:"range,omitempty"` // of a ramp, in place of the channel's
	Stops []StyleStop `yaml:"stops" json:"stops"`
}

// StyleStop is a colour of a style: at a percentage of the range of a ramp, of a value, or of the values from one up to,
// but without, another.
type StyleStop struct {
	Value   float64  `yaml:"value" json:"value"`
	Until   float64  `yaml:"until" json:"until,omitempty"`
	Color   string   `yaml:"color" json:"color"` // a name or #rrggbb
	Opacity *float64 `yaml:"opacity" json:"opacity,omitempty"`
	Label   string   `yaml:"label" json:"label,omitempty"`
}

// maxStops is how many colours a style may have.
const maxStops = 1000

var colourForm = regexp.MustCompile(`^([a-z]{3,10}|#[0-9A-Fa-f]{6})$`)

// styles refuses styles that cannot be drawn.
func (k *checker) styles(at path, b Browse) {
	if len(b.Styles) > 0 && b.Grey == nil {
		k.refuse(at.to("styles"), "styles colour a grey channel, which this browse has not")
	}
	seen := map[string]bool{}
	for i, s := range b.Styles {
		at := at.to("styles", i)
		k.name(at.to("name"), s.Name, seen)
		if !slices.Contains([]string{"ramp", "values", "intervals"}, s.Type) {
			k.refuse(at.to("type"), "a style is a ramp, values or intervals, not %q", s.Type)
		}
		if n := len(s.Stops); n == 0 || n > maxStops {
			k.refuse(at.to("stops"), "a style has 1 to %d colours, not %d", maxStops, n)
		}
		for j, stop := range s.Stops {
			if problem := stop.problem(s, j); problem != "" {
				k.refuse(at.to("stops", j), "%s", problem)
			}
		}
	}
}

// problem says what is wrong with a colour.
func (c StyleStop) problem(s Style, at int) string {
	switch {
	case !colourForm.MatchString(c.Color):
		return fmt.Sprintf("%q is no colour of the form #rrggbb", c.Color)
	case c.Opacity != nil && (*c.Opacity < 0 || *c.Opacity > 1):
		return "an opacity lies between 0 and 1"
	case s.Type == "ramp" && (c.Value < 0 || c.Value > 100):
		return "a ramp goes from 0 to 100 percent"
	case s.Type == "intervals" && c.Until <= c.Value:
		return "an interval ends above its beginning"
	case at > 0 && c.Value <= s.Stops[at-1].Value:
		return "colours come in ascending order of their values"
	}
	return ""
}
