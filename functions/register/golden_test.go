package main

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/datatest"
	"perigee/shared/iso19139"
	"perigee/shared/record"
	"perigee/shared/routes"
)

// original are the documents of the original registrar's tests, and the folder of its data.
func original(t *testing.T, name string) []byte {
	t.Helper()
	shared := datatest.Folder(t)
	text, err := os.ReadFile(filepath.Join(shared, "data/eoepca/rm-data-access", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// elements are the texts of a document by the names of their elements, the last two of their paths.
func elements(t *testing.T, document []byte) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	var path []string
	for in := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := in.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" && len(path) > 1 {
				name := strings.Join(path[max(0, len(path)-2):], "/")
				all[name] = append(all[name], text)
			}
		}
	}
}

// REG-12: the values that the original's tests expect of the ISO 19115 records of an application and of a processed item,
// as its table of them has them. Numbers are compared as such; what the original adds beside, ours may have too.
func TestGoldenValuesOfTheOriginal(t *testing.T) {
	table := csv.NewReader(bytes.NewReader(original(t, "registrar-expected-values.tsv")))
	table.Comma, table.LazyQuotes, table.FieldsPerRecord = '\t', true, -1
	rows, err := table.ReadAll()
	if err != nil || len(rows) < 40 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	w := newWorld(t)
	for i, r := range w.r.routes.Routes {
		if r.Name == "items" {
			w.r.routes.Routes[i].Backends = []routes.Backend{{Kind: routes.CatalogueItem}}
		}
	}
	w.put("app.cwl", string(original(t, "app-s-expression.dev.0.0.2.cwl")))
	w.mustTell("application", eventing.ModeRegister, map[string]any{"url": "s3://" + w.bucket + "/app.cwl"})
	const processed = "INDEX_S2A_MSIL2A_20191216T004701_N0213_R102_T53HPA_20191216T024808"
	w.handled(w.request(eventing.RouteItems, eventing.ModeRegister, eventing.Document{Content: original(t, processed+".json"), Time: time.Now()}))
	documents := map[string]record.Record{"test_from_cwl": w.record("", "s-expression"), "test_from_stac_item": w.record("", processed)}
	if got := documents["test_from_stac_item"].Properties; got["platform"] != "S2A" || !slices.Equal(got["instruments"].([]any), []any{"S2MSI"}) {
		t.Errorf("the platform is %v, the instruments %v", got["platform"], got["instruments"])
	}
	where := map[string]string{ // by the element that the original's XPath ends at
		"//gmd:fileIdentifier/gco:CharacterString/text()": "fileIdentifier/CharacterString", "//gmd:identificationInfo//gmd:title/gco:CharacterString/text()": "title/CharacterString",
		"//gmd:identificationInfo//gmd:abstract/gco:CharacterString/text()": "abstract/CharacterString", "//gmd:hierarchyLevel/gmd:MD_ScopeCode/text()": "hierarchyLevel/MD_ScopeCode",
		"//gmd:keyword/gco:CharacterString/text()": "keyword/CharacterString", "sorted(keywords": "keyword/CharacterString",
	}
	checked := 0
	for _, row := range rows {
		rec, known := documents[row[0]]
		element := where[row[1]]
		if !known || element == "" || len(row) < 3 {
			continue
		}
		got := elements(t, iso19139.Append(nil, &rec, "full"))[element]
		want, texts := strings.TrimPrefix(row[2], "Equal "), strings.Join(slices.Sorted(slices.Values(got)), " ")
		checked++
		switch {
		case strings.HasPrefix(want, "["):
			if list := strings.NewReplacer("[", "", "]", "", "'", "", ",", "").Replace(want); texts != list {
				t.Errorf("%s: %s is %q, want %q", row[0], row[1], texts, list)
			}
		case want == "4":
			if len(got) != 4 {
				t.Errorf("%s: %s are %q, want four", row[0], row[1], got)
			}
		case !slices.Contains(got, strings.Trim(want, "'")):
			t.Errorf("%s: %s is %q, want %s", row[0], row[1], got, want)
		}
	}
	if checked != 10 {
		t.Errorf("%d values were checked", checked)
	}
	bands := elements(t, iso19139.Append(nil, new(w.record("", processed)), "full"))["aName/CharacterString"]
	for _, name := range []string{"NBR", "NDVI", "NDWI"} {
		if !slices.Contains(bands, name) {
			t.Errorf("the band %s is not told among %q", name, bands)
		}
	}
}
