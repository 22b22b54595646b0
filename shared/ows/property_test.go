package ows

import (
	"encoding/xml"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/fault"
	_ "perigee/test/draws" // the same each time
)

// Whatever version is asked, one that is supported answers: the same, or the highest below, or the lowest.
func TestNegotiateOldProperty(t *testing.T) {
	version := rapid.StringMatching(`[0-3]\.[0-3](\.[0-3])?`)
	rapid.Check(t, func(t *rapid.T) {
		supported := rapid.SliceOfNDistinct(version, 1, 4, rapid.ID).Draw(t, "supported")
		asked := version.Draw(t, "asked")
		got := NegotiateOld(asked, supported...)
		if !slices.Contains(supported, got) {
			t.Fatalf("%s is not supported", got)
		}
		for _, other := range supported {
			below := CompareVersions(other, asked) <= 0
			if below && CompareVersions(got, other) < 0 || !below && CompareVersions(got, asked) > 0 && CompareVersions(got, other) > 0 {
				t.Fatalf("%s of %v for %s, not %s", got, supported, asked, other)
			}
		}
	})
}

// Any text that comes into a report leaves it well formed, and is in it again, but for what XML cannot say.
func TestReportsAreWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, locator := rapid.String().Draw(t, "text"), rapid.String().Draw(t, "locator")
		w := httptest.NewRecorder()
		WriteReport(w, rapid.SampledFrom([]string{"1.0.0", "1.1.0", "2.0.0", ""}).Draw(t, "version"), 400, []Exception{{Code: InvalidParameterValue, Locator: locator, Text: text}})
		var report struct {
			Exceptions []struct {
				Code string `xml:"exceptionCode,attr"`
				Text string `xml:"ExceptionText"`
			} `xml:"Exception"`
		}
		if err := DecodeXML(w.Body.Bytes(), &report); err != nil {
			t.Fatalf("%v\n%s", err, w.Body)
		}
		sayable := !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '\ufffe' || r == '\uffff' || r == '\ufffd' })
		if len(report.Exceptions) != 1 || sayable && report.Exceptions[0].Text != text {
			t.Fatalf("%q came back as %+v", text, report)
		}
	})
}

// What a client writes as pairs is read again, whatever the case of the names.
func TestPairsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z_]{1,8}`).Draw(t, "name")
		value := rapid.String().Draw(t, "value")
		p := ParseKVP(url.Values{name: {value}}.Encode())
		if got := p.Get(strings.ToUpper(name)); got != strings.TrimSpace(value) || p.Err() != nil {
			t.Fatalf("%q came back as %q (%v)", value, got, p.Err())
		}
	})
}

func TestMatches(t *testing.T) {
	tests := []struct {
		header, tag string
		want        bool
	}{
		{"", `"a"`, false}, {`"a"`, `"a"`, true}, {`"b"`, `"a"`, false}, {`W/"a"`, `"a"`, true}, {`"a"`, `W/"a"`, true}, {`"b" , "a"`, `"a"`, true}, {"*", `"a"`, true}, {`a`, `"a"`, false},
	}
	for _, test := range tests {
		if got := Matches(test.header, test.tag); got != test.want {
			t.Errorf("%s for %s: %t", test.header, test.tag, got)
		}
	}
	if ETag([]byte("a")) == ETag([]byte("b")) || ETag(nil) != ETag([]byte{}) {
		t.Error("entity tags tell bodies apart, and nothing else")
	}
}

func TestCompareVersions(t *testing.T) {
	ordered := []string{"rubbish", "0.0.1", "1", "1.0.1", "1.1", "1.1.1", "1.3", "1.10", "100.0.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := CompareVersions(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	if CompareVersions("1.1", "1.1.0") != 0 || CompareVersions("1.-5", "1.0") != 0 {
		t.Error("what is not said is 0")
	}
}

// Several reports of one failure say the same; a failure that came classified keeps its code wherever it is wrapped.
func TestCodesSurviveWrapping(t *testing.T) {
	err := fault.Classify(fault.Invalid, Missing("service"), "reading the request")
	if CodeOf(err) != MissingParameterValue || fault.LocatorOf(err) != "service" || !strings.HasPrefix(TextOf(err), "reading the request: ") {
		t.Errorf("%s at %s: %s", CodeOf(err), fault.LocatorOf(err), TextOf(err))
	}
	var name xml.Name
	if _, name, err = ReadXML(httptest.NewRequest("POST", "/", strings.NewReader("<a:b xmlns:a='urn:x'/>"))); err != nil || name.Local != "b" {
		t.Errorf("%v %v", name, err)
	}
}
