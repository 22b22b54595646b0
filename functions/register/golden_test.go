package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"perigee/eventing"
	"perigee/shared/datatest"
	"perigee/shared/iso19115p3"
	"perigee/shared/iso19139"
	"perigee/shared/ows/owstest"
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

// texts are the texts of a document whose elements are called in turn by the last names of a path, in their order; of the
// first name on, others may lie between.
func texts(t *testing.T, document []byte, names ...string) []string {
	t.Helper()
	var all, path []string
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
			if text := strings.TrimSpace(string(token)); text != "" && leads(path, names) {
				all = append(all, text)
			}
		}
	}
}

func leads(path, names []string) bool {
	for i := len(names) - 1; i > 0; i-- {
		if len(path) == 0 || path[len(path)-1] != names[i] {
			return false
		}
		path = path[:len(path)-1]
	}
	return slices.Contains(path, names[0])
}

// xpaths are where the original's XPaths find their values in ISO 19139, by ours. The identifiers of bands are names here:
// an answer has many records, and identifiers of XML are unique in it. What an image was taken by is no part of ISO 19139
// but of 19115-3.
var xpaths = map[string][]string{
	"//gmd:fileIdentifier/gco:CharacterString/text()":                   {"fileIdentifier", "CharacterString"},
	"//gmd:identificationInfo//gmd:title/gco:CharacterString/text()":    {"citation", "CI_Citation", "title", "CharacterString"},
	"//gmd:identificationInfo//gmd:abstract/gco:CharacterString/text()": {"identificationInfo", "abstract", "CharacterString"},
	"//gmd:hierarchyLevel/gmd:MD_ScopeCode/text()":                      {"hierarchyLevel", "MD_ScopeCode"},
	"//gmd:parentIdentifier/gco:CharacterString/text()":                 {"parentIdentifier", "CharacterString"},
	"//gmd:keyword/gco:CharacterString/text()":                          {"keyword", "CharacterString"},
	"sorted(keywords": {"keyword", "CharacterString"},
	"//gmd:extent//gmd:geographicElement//gco:Decimal/text()":                 {"geographicElement", "Decimal"},
	"//gmd:extent//gmd:temporalElement//gml:beginPosition/text()":             {"temporalElement", "timePosition"},
	"//gmd:extent//gmd:temporalElement//gml:endPosition/text()":               {"temporalElement", "timePosition"},
	"//gmd:contentInfo//gmd:dimension":                                        {"contentInfo", "MD_Band", "sequenceIdentifier", "MemberName", "aName", "CharacterString"},
	"//gmd:contentInfo//gmd:MD_Band/@id":                                      {"contentInfo", "MD_Band", "sequenceIdentifier", "MemberName", "aName", "CharacterString"},
	"band_1_max > band_1_min":                                                 {"MD_Band", "Real"},
	"//gmd:distributionInfo//gmd:transferOptions//gmd:onLine//gmd:URL/text()": {"onLine", "URL"},
	"url": {"onLine", "URL"},
	"//gmi:acquisitionInformation//gmi:MI_Platform/gmi:identifier/text()":                    {"acquisitionInformation", "MI_Platform", "identifier", "MD_Identifier", "code", "CharacterString"},
	"//gmi:acquisitionInformation//gmi:MI_Platform//gmi:MI_Instrument/gmi:identifier/text()": {"acquisitionInformation", "MI_Instrument", "identifier", "MD_Identifier", "code", "CharacterString"},
	"//gmi:acquisitionInformation//gmi:MI_Platform//gmi:MI_Instrument/gmi:type/text()":       {"acquisitionInformation", "MI_Instrument", "type", "CharacterString"},
}

// righted are the two values that are defects in the original, and what they are here: a box that is the first and the third
// corner of an outline that has eight, and keywords whose values are the first letter of the path at which they were sought;
// and what stands in the table for texts of the test itself.
var righted = map[string]string{
	"test_from_esa_iso_xml ['22.116947357483525', '22.189438433804188', '36.51756985836932', '36.77470089136385']": "['22.11023969131881', '23.358467546278757', '36.03410504881955', '37.039161424629846']",
	"test_from_esa_iso_xml sorted(expected_keywords)": "['Geographical names', 'Land cover', 'Orthoimagery', 'data set series', 'eo:orbitDirection:DESCENDING', 'eo:orbitNumber:50', " +
		"'eo:productType:S2MSI2A', 'eo:snowCover:0.0', 'processing']",
	"test_from_esa_iso_xml temporal_end": "'2020-09-02T09:05:59.024Z'",
}

// REG-10, REG-12: the values that the original's tests expect of the ISO 19115 records of an application, of a product of
// Sentinel-2 and of a processed item, each line of its table of them. Two are defects there, and right here.
func TestGoldenValuesOfTheOriginal(t *testing.T) {
	table := csv.NewReader(bytes.NewReader(original(t, "registrar-expected-values.tsv")))
	table.Comma, table.LazyQuotes, table.FieldsPerRecord = '\t', true, -1
	rows, err := table.ReadAll()
	if err != nil || len(rows) < 45 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	w := newWorld(t)
	documents := w.documentsOfTheOriginal()
	for _, row := range rows[1:] {
		if row[1] == "iso" { // that there is a document
			if _, known := documents[row[0]]; !known {
				t.Errorf("%s: there is no record", row[0])
			}
			continue
		}
		rec, path := documents[row[0]], xpaths[row[1]]
		if path == nil {
			t.Fatalf("the line %q is not looked at", row)
		}
		document := iso19139.Append(nil, &rec, "full")
		if path[0] == "acquisitionInformation" {
			document = iso19115p3.Append(nil, &rec, "full")
		}
		want := strings.TrimPrefix(strings.TrimPrefix(row[2], "Equal "), "True ")
		if right, defect := righted[row[0]+" "+want]; defect {
			want = right
		}
		w.hold(row[0], row[1], texts(t, document, path...), want)
	}
	for name, rec := range documents {
		t.Run(name, func(t *testing.T) {
			owstest.Validate(t, "csw/2.0.2/profiles/apiso/1.0.0/apiso.xsd", iso19139.Append(nil, &rec, "full"))
		})
	}
}

// hold complains of values that are not what the table wants: a text, how many there are, a list, or that the first number is
// the greater. Addresses are those of the folder that a document lies in here, among those that records have beside.
func (w *world) hold(name, what string, got []string, want string) {
	w.t.Helper()
	folder := "s3://" + w.bucket + "/" + name + "/"
	number, notNumber := strconv.Atoi(want)
	switch {
	case what == "url":
		if len(got) == 0 || got[0] != folder+"app.cwl" { // where the document lies
			w.t.Errorf("%s: %s is %q", name, what, got)
		}
	case want == "expected_urls":
		for _, file := range []string{"NBR_", "NDVI_", "NDWI_"} {
			if href := folder + file + strings.TrimPrefix(processed, "INDEX_") + ".tif"; !slices.Contains(got, href) {
				w.t.Errorf("%s: %s is not among %q", name, href, got)
			}
		}
		if !slices.Contains(got, folder) {
			w.t.Errorf("%s: the product is not among %q", name, got)
		}
	case want == what:
		if high, low := numberOf(w, got, 0), numberOf(w, got, 1); high <= low {
			w.t.Errorf("%s: %s: %v and %v", name, what, high, low)
		}
	case notNumber == nil && strings.Contains(what, "URL"):
		if len(got) < number {
			w.t.Errorf("%s: %s are %d, want %d", name, what, len(got), number)
		}
	case notNumber == nil:
		if len(got) != number {
			w.t.Errorf("%s: %s are %q, want %d", name, what, got, number)
		}
	case strings.HasPrefix(want, "["):
		if strings.HasPrefix(what, "sorted") {
			slices.Sort(got)
		}
		if texts := "['" + strings.Join(got, "', '") + "']"; texts != want {
			w.t.Errorf("%s: %s is %s, want %s", name, what, texts, want)
		}
	case len(got) == 0 || got[0] != strings.Trim(want, "'"):
		w.t.Errorf("%s: %s is %q, want %s", name, what, got, want)
	}
}

func numberOf(w *world, texts []string, i int) float64 {
	w.t.Helper()
	if i >= len(texts) {
		w.t.Fatalf("there are %q", texts)
	}
	n, err := strconv.ParseFloat(texts[i], 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

const (
	processed = "INDEX_S2A_MSIL2A_20191216T004701_N0213_R102_T53HPA_20191216T024808"
	seen      = "S2B_MSIL2A_20200902T090559_N0214_R050_T34SFF_20200902T113910.SAFE"
)

// documentsOfTheOriginal registers what the original's tests make documents of, and gives the records by the tests' names.
func (w *world) documentsOfTheOriginal() map[string]record.Record {
	w.t.Helper()
	for i, r := range w.r.routes.Routes {
		if r.Name == "items" {
			w.r.routes.Routes[i].Backends = []routes.Backend{{Kind: routes.CatalogueItem, OWS: "https://example.org"}}
		}
	}
	w.put("test_from_cwl/app.cwl", string(original(w.t, "app-s-expression.dev.0.0.2.cwl")))
	w.mustTell("application", eventing.ModeRegister, map[string]any{"url": "s3://" + w.bucket + "/test_from_cwl/app.cwl"})
	w.handled(w.put("test_from_stac_item/"+processed+".json", string(original(w.t, processed+".json"))))
	for _, name := range []string{"INSPIRE.xml", "MTD_MSIL2A.xml"} {
		w.put("test_from_esa_iso_xml/"+name, string(original(w.t, name)))
	}
	text, err := json.Marshal(map[string]any{
		"type": "Feature", "stac_version": "1.0.0", "id": seen, "collection": "S2MSI2A", "geometry": nil, "links": []any{},
		"properties": map[string]any{"datetime": "2020-09-02T09:05:59.024Z"},
		"assets":     map[string]any{"inspire-metadata": map[string]any{"href": "INSPIRE.xml"}, "product-metadata": map[string]any{"href": "MTD_MSIL2A.xml"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.handled(w.put("test_from_esa_iso_xml/item.json", string(text)))
	return map[string]record.Record{
		"test_from_cwl": w.record("", "s-expression"), "test_from_stac_item": w.record("", processed), "test_from_esa_iso_xml": w.record("S2MSI2A", seen),
	}
}
