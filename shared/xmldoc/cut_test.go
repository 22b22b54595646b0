package xmldoc

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"perigee/shared/fault"
)

// What Check accepts is what Parse does, and the root is the same.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`<?xml version="1.0"?><a:b xmlns:a="urn:a" c="&lt;"><d/><![CDATA[x]]></a:b>`, "<a>", "<a/><b/>", "\xef\xbb\xbf<a/>", `<!DOCTYPE a><a/>`, "<a><a><a></a></a></a>", "<b:a/>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		root, wrong := Parse(document)
		name, err := Check(document)
		if (err == nil) != (wrong == nil) || name != root.Name() && err == nil {
			t.Errorf("%v %v, %v %v", root.Name(), wrong, name, err)
		}
	})
}

func TestCut(t *testing.T) {
	const document = "\xef\xbb\xbf<t xmlns='urn:t' xmlns:a='urn:a'>\r\n<a:x xmlns:b='urn:b'><x/></a:x><y><x k='v'/></y><x></x></t>"
	var got []string
	third := func(path []xml.Name) bool { return path[len(path)-1].Local == "x" }
	err := Cut([]byte(document), third, func(p Part) error {
		got = append(got, p.Name.Space+" "+document[p.From:p.To])
		if p.Around[0][1] != (Declaration{"a", "urn:a"}) || (len(p.Own) > 0) != (p.Name.Space == "urn:a") {
			t.Errorf("%+v", p)
		}
		return nil
	})
	want := []string{"urn:a <a:x xmlns:b='urn:b'><x/></a:x>", "urn:t <x k='v'/>", "urn:t <x></x>"}
	if err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%v %q", err, got)
	}
	enough := errors.New("enough")
	if err := Cut([]byte(document), third, func(Part) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	for _, bad := range []string{"<a><x/>", "\xff", "<a>\x01</a>"} {
		if err := Cut([]byte(bad), third, func(Part) error { return nil }); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
