package xmldoc_test

import (
	"slices"
	"testing"

	"perigee/shared/xmldoc"
)

func TestTexts(t *testing.T) {
	for document, want := range map[string][]string{
		"<a/>": nil,
		"<?xml version=\"1.0\"?>\n<!-- <b>no</b> -->\n<a k='>no'>\n one &amp; two <b>three</b>\n\t<c><![CDATA[<four> & five]]></c> six\n</a>": {"one & two", "three", "<four> & five", "six"},
		"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>":                                                                           {"café"},
		"<a>cut <b":              {"cut"},
		"<a><![CDATA[never ends": {"never ends"},
		"\xff":                   nil,
	} {
		if got := slices.Collect(xmldoc.Texts([]byte(document))); !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", document, got, want)
		}
	}
	for range xmldoc.Texts([]byte("<a>one<b>two</b></a>")) {
		break // and no panic
	}
}
