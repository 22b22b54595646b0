package xmldoc_test

import (
	"strings"
	"testing"

	"perigee/shared/xmldoc"
)

func TestFirst(t *testing.T) {
	for document, want := range map[string]string{
		"<?xml version='1.0'?><!-- x --><r xmlns:p='urn:p'>\n<p:a><b>no</b></p:a><p:b>one</p:b><b>two</b></r>": "one",
		"<r><b>one</b><never closed":          "one", // the rest is not read
		"<r><a><b>no</b></a></r>":             "",
		"<r>text <b><c>deep</c></b> text</r>": "",
		"<b>no</b>":                           "",
		"<r><b>&nope;</b>":                    "",
		"<r><q:b>no</q:b>":                    "",
		"":                                    "",
		"<r>" + strings.Repeat("<a/>", 3000) + "<b>too far</b></r>":                           "",
		"<r>" + strings.Repeat("<a/>", 30) + "<b>ü</b>" + strings.Repeat("ä", 8<<10) + "</r>": "ü",
	} {
		if got := xmldoc.First([]byte(document), "b").Text(); got != want {
			t.Errorf("%.80q: %q, not %q", document, got, want)
		}
	}
}
