package xmldoc

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

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

// Of a document that Check accepts the parts are what Parse finds, to the byte.
func FuzzCut(f *testing.F) {
	f.Add([]byte(`<t><x a="/>" b='<'></x><!-- <x> --><x><![CDATA[</x>]]><x/><?p </x>?></x></t>`))
	f.Add([]byte(`<t><x/><y><x k=">"/></y></t>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := Parse(document)
		if err != nil || !utf8.Valid(document) || declared(document) != "" {
			return
		}
		var want []string
		for c := range root.Children() {
			want = append(want, c.Space+" "+c.Local+" "+c.Deep())
		}
		var got []string
		err = Cut(document, func(path []xml.Name) bool { return len(path) == 2 }, func(p Part) error {
			part, err := Parse(append(append(declaring(p), document[p.From:p.To]...), "</around>"...))
			if err == nil {
				got = append(got, part.first.Space+" "+part.first.Local+" "+part.first.Deep())
			}
			return err
		})
		if err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%v %q, want %q", err, got, want)
		}
	})
}

// declaring begins an element that declares what is in force around a part.
func declaring(p Part) []byte {
	around := map[string]string{}
	for _, some := range p.Around {
		for _, d := range some {
			around[d.Prefix] = d.Space
		}
	}
	var w Writer
	var attributes []string
	for prefix, space := range around {
		name := "xmlns"
		if prefix != "" {
			name += ":" + prefix
		}
		attributes = append(attributes, name, space)
	}
	w.Open("around", attributes...)
	return w.Bytes
}
