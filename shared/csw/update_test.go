package csw

import (
	"testing"

	"perigee/shared/filter"
	"perigee/shared/metadata"
	"perigee/shared/record"
)

// RC-10: queryables are given new values in documents of every format, and are read from there again.
func TestSetProperty(t *testing.T) {
	rec := record.Record{Key: record.Key{ID: "one"}, Type: "dataset", Title: "Before", Abstract: "Said before", Keywords: []string{"ice"}, Modified: day(1)}
	for _, f := range metadata.Formats() {
		if f.Prefix == "gm03" || f.Prefix == "ebrim" { // whose documents have references and attributes in place of paths
			continue
		}
		document := f.Append(nil, &rec, "full")
		for _, name := range []string{"apiso:Title", "dct:abstract"} {
			var err error
			if document, err = setProperty(document, name, "A & B"); err != nil {
				t.Fatalf("%s of %s: %v\n%s", name, f.Prefix, err, document)
			}
		}
		got, err := metadata.Decode(document)
		if err != nil || got.Title != "A & B" || got.Abstract != "A & B" || got.ID != "one" {
			t.Errorf("%s: %q %q %q, %v\n%s", f.Prefix, got.ID, got.Title, got.Abstract, err, document)
		}
		if _, err := setProperty(document, "apiso:Degree", "true"); err == nil {
			t.Errorf("%s: a degree was set", f.Prefix)
		}
	}
}

// RC-03, RC-10: every text that the ISO profile asks for is changed where documents of both its forms have it, and asked for by its new value:
// a code of a list by its attribute, a date by what it is the date of.
func TestSetISOProperty(t *testing.T) {
	rec := record.Record{Key: record.Key{ID: "one"}, Type: "dataset", Title: "Before", Keywords: []string{"ice"}, Time: record.Interval{Start: day(1), End: day(2)}, Properties: map[string]any{
		"creationDate": "2001-01-01", "publicationDate": "2002-01-01", "revisionDate": "2003-01-01", "language": "eng", "resourceLanguage": "eng", "topicCategory": "oceans", "denominator": 5000.0,
		"accessConstraints": "copyright", "otherConstraints": "none", "classification": "restricted", "conditionApplyingToAccessAndUse": "ask", "lineage": "drawn", "crs": "EPSG:4326",
		"alternateTitle": "B", "edition": "1", "specificationTitle": "Spec", "specificationDate": "2010-01-01", "specificationDateType": "publication", "degree": true, "distanceValue": 10.0,
		"creator": "Maker", "publisher": "Shop", "geographicDescriptionCode": "GR",
	}}
	for _, namespace := range []string{"http://www.isotc211.org/2005/gmd", "http://standards.iso.org/iso/19115/-3/mdb/2.0"} {
		written := metadata.ByNamespace(namespace).Append(nil, &rec, "full")
		for name, want := range map[string]string{
			"apiso:CreationDate": "2011-01-01", "apiso:PublicationDate": "2012-01-01", "apiso:RevisionDate": "2013-01-01", "apiso:TopicCategory": "biota", "apiso:AccessConstraints": "license",
			"apiso:OtherConstraints": "some", "apiso:Classification": "secret", "apiso:ConditionApplyingToAccessAndUse": "never", "apiso:Lineage": "painted", "apiso:CRS": "EPSG:3035",
			"apiso:AlternateTitle": "C", "apiso:Edition": "2", "apiso:SpecificationTitle": "Other", "apiso:SpecificationDate": "2011-02-02", "apiso:SpecificationDateType": "creation",
			"apiso:Language": "fre", "apiso:ResourceLanguage": "fre", "apiso:Creator": "Another", "apiso:Publisher": "Library", "apiso:GeographicDescriptionCode": "FR", "apiso:Type": "series",
		} {
			changed, err := setProperty(written, name, want)
			if err != nil {
				t.Errorf("%s of %s: %v\n%s", name, namespace, err, written)
				continue
			}
			got, err := metadata.Decode(changed)
			property, _, _ := names{}.Property(name)
			said := got.Text(string(stored(property)))
			if property == filter.PropertyType {
				said = got.Type
			}
			if err != nil || said != want {
				t.Errorf("%s of %s is %q, want %q: %v\n%s", name, namespace, said, want, err, changed)
			}
		}
	}
}

// A path of XPath may say by a predicate which of several elements it is about.
func TestXPaths(t *testing.T) {
	for name, want := range map[string]string{
		`/gmd:MD_Metadata/gmd:dateStamp/gco:Date`:                                                  "dateStamp/Date",
		`mdb:metadataScope/mdb:MD_MetadataScope/mdb:resourceScope/mcc:MD_ScopeCode/@codeListValue`: "metadataScope/MD_MetadataScope/resourceScope/MD_ScopeCode",
		`gmd:identificationInfo/*/gmd:citation/gmd:CI_Citation/gmd:date/gmd:CI_Date[gmd:dateType/gmd:CI_DateTypeCode/@codeListValue="creation"]/gmd:date/gco:Date`: "identificationInfo/*/citation/CI_Citation/date/CI_Date[creation]/date/Date",
	} {
		if got := pathsOf("MD_Metadata", name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is at %v, want %s", name, got, want)
		}
	}
}
