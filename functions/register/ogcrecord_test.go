package main

import (
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/transaction"
)

func ofRecord(o transaction.Operation, collection, id, document string) transaction.Change {
	return transaction.Change{Operation: o, Kind: transaction.Record, Collection: collection, ID: id, Document: []byte(document)}
}

// RC-05, RC-11: records of OGC API Records are written beside STAC documents, and none takes the place of the other.
func TestTransactionsOfRecords(t *testing.T) {
	w := newWorld(t)
	const create, replace, patch, remove = transaction.Create, transaction.Replace, transaction.Patch, transaction.Delete
	record0 := `{"id": "r", "type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "time": {"timestamp": "2024-06-01T00:00:00Z"}, "properties": {"title": "One", "type": "service", "n": 1.50}, "links": []}`
	inXML := func(o transaction.Operation, id, document string) transaction.Change {
		c := ofRecord(o, "", id, document)
		c.MediaType = "application/xml"
		return c
	}
	inYAML := func(kind, document string) transaction.Change {
		c := ofRecord(create, "", "", document)
		c.MediaType = "application/yaml"
		if kind != "" {
			c.Kind = kind
		}
		return c
	}
	core := `<?xml version="1.0"?><csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>x</dc:identifier><dc:title>In XML</dc:title></csw:Record>`
	iso := `<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco"><gmd:fileIdentifier><gco:CharacterString>i</gco:CharacterString></gmd:fileIdentifier>` +
		`<gmd:parentIdentifier><gco:CharacterString>P</gco:CharacterString></gmd:parentIdentifier></gmd:MD_Metadata>`
	unnamed := strings.Replace(iso, "<gco:CharacterString>i</gco:CharacterString>", "", 1)
	w.transact("", ofCollection(create, "", described("C", "")), change(create, "C", "", item("C", "a", "0")))
	w.r.behind.finish()
	w.news()
	for i, c := range []struct {
		change  transaction.Change
		outcome record.Outcome
		kind    fault.Kind
		news    string
	}{
		{change: ofRecord(create, "", "", record0), outcome: record.Created, news: "create <nil>/r"},
		{change: ofRecord(create, "", "", record0), kind: fault.Conflict},
		{change: ofRecord(replace, "", "r", strings.Replace(record0, "One", "Two", 1)), outcome: record.Replaced, news: "replace <nil>/r"},
		{change: ofRecord(replace, "", "r", strings.Replace(record0, "service", "dataset", 1)), outcome: record.Replaced, news: "replace <nil>/r"},
		{change: ofRecord(replace, "", "r", strings.Replace(record0, `"r"`, `"s"`, 1)), kind: fault.Invalid},
		{change: ofRecord(patch, "", "r", `{"properties": {"title": "Three"}}`), outcome: record.Replaced, news: "replace <nil>/r"},
		{change: ofRecord(patch, "", "r", `{"geometry": 5}`), kind: fault.Invalid},
		{change: ofRecord(create, "nothing", "", record0), kind: fault.NotFound},
		{change: ofRecord(create, "r", "", record0), outcome: record.Created, news: "create r/r"}, // whose parent it is
		{change: ofRecord(remove, "r", "r", ""), outcome: record.Deleted, news: "delete r/r"},
		{change: ofRecord(create, "", "", item("", "lone", "0")), outcome: record.Created, news: "create uncollected/lone"},
		{change: ofRecord(create, "C", "", item("C", "b", "0")), outcome: record.Created, news: "create C/b"},
		{change: ofRecord(create, "N", "", item("N", "b", "0")), kind: fault.NotFound},
		{change: ofRecord(replace, "C", "a", strings.Replace(record0, `"r"`, `"a"`, 1)), kind: fault.Conflict},
		{change: ofRecord(replace, "C", "a", item("C", "a", "1")), outcome: record.Replaced, news: "replace C/a"},
		{change: ofRecord(replace, "", "r", item("", "r", "1")), kind: fault.Conflict},
		{change: ofRecord(patch, "", "a", `{"properties": {"title": "x"}}`), kind: fault.Conflict},
		{change: inXML(create, "", "<x/>"), kind: fault.Unsupported},
		{change: inXML(create, "", "<x>"), kind: fault.Invalid},
		{change: inXML(create, "", `<!DOCTYPE x [<!ENTITY e "e">]>`+core[21:]), kind: fault.Invalid},
		{change: inXML(create, "", strings.Replace(core, ">x<", "><", 1)), kind: fault.Invalid},
		{change: inXML(create, "", core), outcome: record.Created, news: "create <nil>/x"},
		{change: inXML(create, "", core), kind: fault.Conflict},
		{change: inXML(replace, "r", core), kind: fault.Invalid},
		{change: inXML(replace, "a", strings.Replace(core, ">x<", ">a<", 1)), kind: fault.Conflict},
		{change: inXML(replace, "x", strings.Replace(core, "In XML", "Anew", 1)), outcome: record.Replaced, news: "replace <nil>/x"},
		{change: inYAML("", "mcf: {version: 1.0}\nmetadata: {identifier: m, hierarchylevel: series}\nidentification: {title: Made}"), outcome: record.Created, news: "create <nil>/m"},
		{change: inYAML("", "mcf: {version: 1.0}"), kind: fault.Invalid},
		{change: inYAML("", "base_mcf: x.yml"), kind: fault.Unsupported},
		{change: inYAML(record.TypeCollection, "mcf: {version: 1.0}\nmetadata: {identifier: M}\nidentification: {title: Made}"), outcome: record.Created, news: "create M/M"},
		{change: inXML(create, "", iso), outcome: record.Created, news: "create P/i"}, // whose parent is not there yet
		{change: inXML(create, "", strings.Replace(iso, ">i<", ">..<", 1)), kind: fault.Invalid},
		{change: inXML(replace, "i", strings.Replace(iso, ">P<", ">Q<", 1)), outcome: record.Replaced, news: "replace P/i"},
		{change: inXML(create, "u", unnamed), outcome: record.Created, news: "create P/u"}, // it is what its address says
		{change: inXML(replace, "u", unnamed+" "), outcome: record.Replaced, news: "replace P/u"},
		{change: ofRecord(remove, "", "i", ""), outcome: record.Deleted, news: "delete P/i"},
		{change: ofRecord(patch, "", "x", `{"properties": {"title": "x"}}`), kind: fault.Conflict},
		{change: ofRecord(replace, "", "x", strings.Replace(record0, `"r"`, `"x"`, 1)), outcome: record.Replaced, news: "replace <nil>/x"},
		{change: ofRecord(remove, "", "x", ""), outcome: record.Deleted, news: "delete <nil>/x"},
		{change: ofRecord(create, "", "", `[]`), kind: fault.Invalid},
		{change: ofRecord(remove, "", "C", ""), kind: fault.Conflict},
		{change: ofRecord(remove, "", "a", ""), outcome: record.Deleted, news: "delete C/a"},
		{change: ofRecord(remove, "", "r", ""), outcome: record.Deleted, news: "delete <nil>/r"},
		{change: ofRecord(remove, "", "r", ""), kind: fault.NotFound},
	} {
		got := w.transact("", c.change)[0]
		if got.Outcome != c.outcome || (got.Err != nil) != (c.outcome == "") || got.Err != nil && fault.KindOf(got.Err) != c.kind {
			t.Fatalf("%d: %s %s: %q, %v", i, c.change.Operation, c.change.ID, got.Outcome, got.Err)
		}
		w.wantNews(c.news)
		if i == 5 {
			if found := w.record("", "r"); found.Title != "Three" || found.Type != "dataset" || found.Properties["n"] != 1.5 || !strings.Contains(string(found.Document), `"n": 1.50`) {
				t.Errorf("%+v", found)
			}
		}
	}
}
