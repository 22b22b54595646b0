package xmldoc_test

import (
	"slices"
	"testing"

	"perigee/shared/xmldoc"
)

func TestTexts(t *testing.T) {
	for document, want := range map[string][]string{
		"<a/>": nil,
		"<?xml version=\"1.0\"?>\n<!-- <b>no</b> -->\n<a k='>no'>\n one &amp; two <b>three</b>\n\t<c><![CDATA[<four> & five]]></c> six\n</a>": {"one & two", "six", "three", "<four> & five"},
		"<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>":                                                                           {"café"},
		"<a>one<!-- no -->two<b> <c>three</c>\n</b></a>":                                                                                      {"one", "two", "three"},
	} {
		root, err := xmldoc.Parse([]byte(document))
		if got := slices.Collect(root.Texts()); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q: %v", document, got, want, err)
		}
		for range root.Texts() {
			break // and no panic
		}
	}
	var none *xmldoc.Node
	if got := slices.Collect(none.Texts()); got != nil {
		t.Errorf("%q of no element", got)
	}
}
