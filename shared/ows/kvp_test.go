package ows

import (
	"errors"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

func TestNamesFoldCase(t *testing.T) {
	p := ParseKVP("ReQuest=GetMap&LAYERS=a%2Cb&empty=&plus=a+b")
	for name, want := range map[string]string{"request": "GetMap", "Layers": "a,b", "empty": "", "missing": "", "PLUS": "a b"} {
		if got := p.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !p.Has("EMPTY") || p.Has("missing") {
		t.Error("an empty parameter is there, a missing one is not")
	}
	if err := p.Err(); err != nil {
		t.Errorf("unexpected: %v", err)
	}
}

func TestRepeated(t *testing.T) {
	same := ParseKVP("a=1&A=1")
	if same.Get("a") != "1" || same.Err() != nil {
		t.Errorf("a repetition of the same value is harmless: %v", same.Err())
	}
	different := ParseKVP("a=1&A=2")
	different.Get("a")
	if err := different.Err(); CodeOf(err) != InvalidParameterValue || fault.LocatorOf(fault.All(err)[0]) != "a" {
		t.Errorf("got %v", err)
	}
	if got := ParseKVP("k=x&K=&k=y").Values("k"); strings.Join(got, " ") != "x y" && strings.Join(got, " ") != "y x" {
		t.Errorf("values = %q", got)
	}
}

func TestAllErrorsTogether(t *testing.T) {
	p := ParseKVP("width=x&height=-5&bbox=1,2&crs=EPSG:nope&transparent=maybe&time=yesterday&limit=1e999&format=gif")
	p.Need("layers")
	p.Int("width", 0, 1, 100)
	p.Int("height", 0, 1, 100)
	p.BBox("bbox")
	p.CRS("crs", 0)
	p.Bool("transparent", false)
	p.Times("time")
	p.Float("limit", 0)
	p.Choice("format", "", "png", "jpeg")
	got := map[string]Code{}
	for _, e := range FromError(p.Err()) {
		got[e.Locator] = e.Code
	}
	want := map[string]Code{"layers": MissingParameterValue}
	for _, name := range []string{"width", "height", "bbox", "crs", "transparent", "time", "limit", "format"} {
		want[name] = InvalidParameterValue
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, code := range want {
		if got[name] != code {
			t.Errorf("%s: %q, want %q", name, got[name], code)
		}
	}
}

func TestTypedValues(t *testing.T) {
	p := ParseKVP("i=7&f=-1.5e2&b=TRUE&crs=urn:ogc:def:crs:EPSG::32633&list=a,,b&bbox=-1,2,3e0,4,EPSG:3857&pick=PNG&time=2022-07/2022-08-01T00:00:00Z/P1D,2021")
	if p.Int("i", 0, 0, 10) != 7 || p.Float("f", 0) != -150 || !p.Bool("b", false) || p.CRS("crs", 0) != geo.CRS(32633) || p.Choice("pick", "", "png") != "png" {
		t.Error("wrong values")
	}
	if p.Int("none", 3, 0, 1) != 3 || p.Float("none", 2) != 2 || !p.Bool("none", true) || p.CRS("none", geo.CRS84) != geo.CRS84 || p.Choice("none", "x") != "x" {
		t.Error("what is missing takes the value for absence")
	}
	if got := p.List("list"); strings.Join(got, "|") != "a||b" {
		t.Errorf("list = %q", got)
	}
	if box, ok := p.BBox("bbox"); !ok || box != (BBox{[2]float64{-1, 2}, [2]float64{3, 4}, geo.WebMercator}) {
		t.Errorf("bbox = %v", box)
	}
	if times := p.Times("time"); len(times) != 2 || times[0].Start.Month() != 7 || times[1].End.Year() != 2021 {
		t.Errorf("times = %v", times)
	}
	if err := p.Err(); err != nil {
		t.Error(err)
	}
	if _, ok := ParseKVP("").BBox("bbox"); ok {
		t.Error("a missing box is none")
	}
}

func TestBoundedAndBroken(t *testing.T) {
	long := ParseKVP("l=" + strings.Repeat(",", maxList))
	if long.List("l"); long.Err() == nil {
		t.Error("a list without end is accepted")
	}
}

// RC-01: conditions come as people write them, too, with percent signs that begin no escape.
func TestUnencoded(t *testing.T) {
	for query, want := range map[string]string{
		"a=like '%zz%'&b=%41": "like '%zz%'", "a=%": "%", "a=100%&b=1": "100%", "a=%2": "%2", "a=text/xml;charset=utf-8": "text/xml;charset=utf-8", "a=%25zz+%zz": "%zz %zz",
	} {
		p := ParseKVP(query)
		if got := p.Get("a"); got != want || p.Err() != nil {
			t.Errorf("%s: a is %q, want %q: %v", query, got, want, p.Err())
		}
	}
	if got := ParseKVP("a=like '%zz%'&b=%41").Get("b"); got != "A" {
		t.Errorf("beside a bare percent sign an escape is %q", got)
	}
}

func TestNegotiation(t *testing.T) {
	supported := []string{"3.0.0", "2.0.2"}
	tests := []struct{ query, want, code string }{
		{"", "3.0.0", ""},
		{"version=2.0.2", "2.0.2", ""},
		{"version=2.5", "2.0.2", ""},
		{"version=1.0.0", "2.0.2", ""},
		{"version=100.0.0", "3.0.0", ""},
		{"version=rubbish", "2.0.2", ""},
		{"acceptversions=9.9,2.0.2,3.0.0&version=3.0.0", "2.0.2", ""},
		{"acceptversions=9.9", "3.0.0", "VersionNegotiationFailed"},
	}
	for _, test := range tests {
		p := ParseKVP(test.query)
		got, err := p.Negotiate(supported...), p.Err()
		if got != test.want || (err != nil) != (test.code != "") || err != nil && string(CodeOf(err)) != test.code {
			t.Errorf("%q: %s, %v", test.query, got, err)
		}
	}
}

func TestVersionOfOtherRequests(t *testing.T) {
	for query, code := range map[string]Code{"version=1.3.0": "", "": MissingParameterValue, "version=1.2": InvalidParameterValue} {
		p := ParseKVP(query)
		p.Version("1.3.0", "1.1.1")
		if err := p.Err(); err == nil && code != "" || err != nil && CodeOf(err) != code {
			t.Errorf("%q: %v", query, err)
		}
	}
}

func FuzzParams(f *testing.F) {
	f.Add("LAYERS=a&bbox=1,2,3,4&time=2020/2021&version=1.3.0&crs=CRS:84&width=3")
	f.Add("acceptversions=1,2&a=%&b=;&bbox=,,,,")
	f.Fuzz(func(t *testing.T, query string) {
		p := ParseKVP(query)
		p.Negotiate("1.3.0", "1.1.1")
		p.Int("width", 0, 1, 5)
		p.Times("time")
		p.CRS("crs", 0)
		if box, ok := p.BBox("bbox"); ok && box.Lower[0] != box.Lower[0] {
			t.Errorf("not a number: %v", box)
		}
		for _, e := range FromError(p.Err()) {
			if e.Code == "" || e.Text == "" {
				t.Errorf("an exception says nothing: %+v", e)
			}
		}
	})
}

func TestCodes(t *testing.T) {
	cause := errors.New("secret")
	tests := []struct {
		err    error
		code   Code
		status int
		text   string
	}{
		{fault.At(fault.Invalid, "bbox", "bad"), InvalidParameterValue, 400, "bad"},
		{fault.New(fault.Invalid, "bad"), NoApplicableCode, 400, "bad"},
		{fault.At(fault.NotFound, "id", "gone"), InvalidParameterValue, 404, "gone"},
		{fault.New(fault.Unsupported, "no"), OperationNotSupported, 501, "no"},
		{fault.At(fault.Unsupported, "outputSchema", "no"), OptionNotSupported, 501, "no"},
		{Unsupported("CSW", "Harvest"), OperationNotSupported, 501, `CSW has no operation "Harvest" here`},
		{cause, NoApplicableCode, 500, "the request could not be answered because of an internal error"},
		{fault.Classify(fault.Unavailable, cause, "asking the store"), NoApplicableCode, 503, "asking the store"},
	}
	for _, test := range tests {
		got := FromError(test.err)
		if len(got) != 1 || got[0].Code != test.code || Status(test.err) != test.status || got[0].Text != test.text {
			t.Errorf("%v: %+v, status %d", test.err, got, Status(test.err))
		}
	}
	if both := errors.Join(Missing("a"), cause); Status(both) != 500 {
		t.Error("the gravest failure gives the status")
	}
}

func TestNothingIsNotedTwice(t *testing.T) {
	p := ParseKVP("width=1&WIDTH=2&height=x")
	for range 3 {
		p.Need("width")
		p.Int("height", 0, 1, 9)
		p.Need("bbox")
	}
	if failures := fault.All(p.Err()); len(failures) != 3 {
		t.Errorf("three mistakes are told as %q", failures)
	}
}
