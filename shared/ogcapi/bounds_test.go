package ogcapi

import (
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

func TestBBox(t *testing.T) {
	cases := []struct {
		numbers []float64
		want    orb.Geometry
		err     string
	}{
		{[]float64{100, 0, 105, 1}, filter.Box(100, 0, 105, 1), ""},
		{[]float64{100, 0, -50, 105, 1, 50}, filter.Box(100, 0, 105, 1), ""},
		{[]float64{170, -10, -170, 10}, filter.Box(170, -10, -170, 10), ""},
		{[]float64{5, 5, 5, 5}, filter.Box(5, 5, 5, 5), ""},
		{[]float64{-200, -100, 200, 100}, filter.Box(-180, -90, 180, 90), ""},
		{[]float64{170, 0, 190, 10}, filter.Box(170, 0, -170, 10), ""},
		{[]float64{-190, 0, -170, 10}, filter.Box(170, 0, -170, 10), ""},
		{[]float64{-180, -90, 180, 90}, filter.Box(-180, -90, 180, 90), ""},
		{nil, nil, "0 numbers"},
		{[]float64{1, 2, 3, 4, 5}, nil, "5 numbers"},
		{[]float64{100, 1, 105, 0}, nil, "south, 1, above"},
		{[]float64{100, 0, 9, 105, 1, 8}, nil, "lower height"},
		{[]float64{0, 91, 1, 92}, nil, "outside the world"},
		{[]float64{600000, 0, 700000, 1}, nil, "longitude"},
		{[]float64{math.NaN(), 0, 1, 1}, nil, "finite"},
		{[]float64{0, 0, math.Inf(1), 1}, nil, "finite"},
	}
	for _, c := range cases {
		got, err := BBox(c.numbers)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || fault.LocatorOf(err) != "bbox" || fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v: %v", c.numbers, err)
			}
		} else if err != nil || !orb.Equal(got, c.want) {
			t.Errorf("%v: %v, %v", c.numbers, got, err)
		}
	}
}

func TestDatetime(t *testing.T) {
	good := map[string]string{
		"1985-04-12T23:20:50.52Z":                             "1985-04-12T23:20:50.52Z",
		"1996-12-19T16:39:57-08:00":                           "1996-12-20T00:39:57Z",
		"1985-04-12t23:20:50.000z":                            "1985-04-12T23:20:50Z",
		"2020-07-23T00:00:00.012345678Z":                      "2020-07-23T00:00:00.012345678Z",
		"1990-12-31T23:59:60Z":                                "1991-01-01T00:00:00Z",
		"../1985-04-12T23:20:50Z":                             "../1985-04-12T23:20:50Z",
		"/1985-04-12T23:20:50Z":                               "../1985-04-12T23:20:50Z",
		"1985-04-12T23:20:50Z/":                               "1985-04-12T23:20:50Z/..",
		"1985-04-12T23:20:50Z/..":                             "1985-04-12T23:20:50Z/..",
		"1985-04-12T23:20:50+01:00/1986-04-12T23:20:50+01:00": "1985-04-12T22:20:50Z/1986-04-12T22:20:50Z",
		"1985-04-12T23:20:50.5200000000000000000Z/1985-04-12T23:20:50.52000Z": "1985-04-12T23:20:50.52Z",
	}
	for text, want := range good {
		got, err := Datetime(text)
		if err != nil || got.String() != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "/", "../..", "/..", "../", "1985", "1985-04", "1985-04-12", "yesterday",
		"1937-01-01T12:00:27.87+0100", "37-01-01T12:00:27.87Z", "1985-12-12T23:20:50.52", "21985-12-12T23:20:50.52Z",
		"1985-13-12T23:20:50.52Z", "1985-12-32T23:20:50.52Z", "1985-12-01T25:20:50.52Z", "1985-12-01T00:60:50.52Z",
		"1985-12-01T00:06:61.52Z", "1985-04-12T23:20:50.Z", "1985-04-12T23:20:50,Z", "1985-04-12T23:20:50,52Z",
		"1986-04-12T23:20:50.52Z/1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50Z/1985-04-12T23:20:50Z/", " 1985-04-12T23:20:50Z",
		"/1984-04-12T23:20:50.52Z/1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50 01:00",
	} {
		if got, err := Datetime(text); err == nil || fault.LocatorOf(err) != "datetime" {
			t.Errorf("%q was read as %s, %v", text, got, err)
		}
	}
}

func FuzzDatetime(f *testing.F) {
	f.Add("1985-04-12T23:20:50.52Z/..")
	f.Fuzz(func(t *testing.T, text string) {
		i, err := Datetime(text)
		if err == nil && i.IsZero() && !strings.HasPrefix(text, "0001") {
			t.Fatalf("%q bounds nothing", text)
		}
	})
}
