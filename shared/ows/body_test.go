package ows

import (
	"encoding/xml"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/fault"
)

func TestReadXML(t *testing.T) {
	deep := strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1)
	bad := map[string]string{
		"empty":     "",
		"no root":   "<!-- nothing -->",
		"cut":       "<a><b></a>",
		"doctype":   `<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`,
		"entity":    "<a>&e;</a>",
		"too deep":  deep,
		"two roots": "<a/><b/>",
		"text":      "<a/>text",
		"too large": "<a>" + strings.Repeat("x", MaxBody) + "</a>",
		"encoding":  `<?xml version="1.0" encoding="utf-7"?><a/>`,
	}
	for name, body := range bad {
		if _, _, err := ReadXML(httptest.NewRequest("POST", "/", strings.NewReader(body))); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	body, root, err := ReadXML(httptest.NewRequest("POST", "/", strings.NewReader(`<c:GetRecords xmlns:c="urn:c"><x/></c:GetRecords>`)))
	if err != nil || root != (xml.Name{Space: "urn:c", Local: "GetRecords"}) || len(body) == 0 {
		t.Errorf("%s %v %v", body, root, err)
	}
}

func TestDecodeXML(t *testing.T) {
	var v struct {
		Inner string `xml:",innerxml"`
		Name  string `xml:"urn:x name"`
	}
	latin := "<?xml version='1.0' encoding='ISO-8859-1'?><q:r xmlns:q='urn:x'><q:name>caf\xe9</q:name></q:r>"
	if err := DecodeXML([]byte(latin), &v); err != nil || v.Name != "café" {
		t.Errorf("%q %v", v.Name, err)
	}
	var n struct {
		N int `xml:"n"`
	}
	if err := DecodeXML([]byte("<a><n>x</n></a>"), &n); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a wrong type: %v", err)
	}
}

func FuzzCheckXML(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><a b="c"><d/>&lt;</a>`))
	f.Add([]byte(`<!DOCTYPE a><a/>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := CheckXML(document)
		if err == nil && root.Local == "" {
			t.Error("accepted without a root")
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("not classified: %v", err)
		}
	})
}
