package oaipmh

import (
	"encoding/xml"
	"fmt"
	"slices"

	"perigee/shared/dublincore"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// The format that every repository has (http://www.openarchives.org/OAI/2.0/oai_dc.xsd).
const (
	dcNamespace = "http://www.openarchives.org/OAI/2.0/oai_dc/"
	dcSchema    = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
)

var dublinCore = Format{Prefix: "oai_dc", Schema: dcSchema, Namespace: dcNamespace, Encode: encodeDC}

// dc is oai_dc:dc, the fifteen elements of unqualified Dublin Core.
type dc struct {
	XMLName      xml.Name   `xml:"oai_dc:dc"`
	Root         []xml.Attr `xml:",any,attr"`
	Title        string     `xml:"dc:title,omitempty"`
	Creators     []string   `xml:"dc:creator"`
	Subjects     []string   `xml:"dc:subject"`
	Description  string     `xml:"dc:description,omitempty"`
	Publishers   []string   `xml:"dc:publisher"`
	Contributors []string   `xml:"dc:contributor"`
	Dates        []string   `xml:"dc:date"`
	Type         string     `xml:"dc:type,omitempty"`
	Formats      []string   `xml:"dc:format"`
	Identifiers  []string   `xml:"dc:identifier"`
	Sources      []string   `xml:"dc:source"`
	Languages    []string   `xml:"dc:language"`
	Relations    []string   `xml:"dc:relation"`
	Coverage     []string   `xml:"dc:coverage"`
	Rights       []string   `xml:"dc:rights"`
}

// encodeDC makes the fifteen elements of a record's Dublin Core. Boxes are in the DCMI Box encoding.
func encodeDC(r record.Record) ([]byte, error) {
	full := dublincore.Encode(r, dublincore.Full)
	out := dc{
		Root: ows.Attributes("xmlns:oai_dc", dcNamespace, "xmlns:dc", dublincore.NamespaceDC,
			"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance", "xsi:schemaLocation", dcNamespace+" "+dcSchema),
		Title: full.Title, Creators: full.Creators, Subjects: full.Subjects, Description: full.Abstract, Publishers: full.Publishers, Contributors: full.Contributors,
		Type: full.Type, Formats: full.Formats, Identifiers: []string{full.Identifier}, Sources: full.Sources, Languages: full.Languages, Relations: full.Relations, Coverage: full.Spatials, Rights: full.Rights,
	}
	for _, l := range r.Links {
		out.Identifiers = append(out.Identifiers, l.Href)
	}
	if full.Date != "" {
		out.Dates = []string{full.Date}
	}
	if r.Footprint != nil {
		b := r.Footprint.Bound()
		out.Coverage = append(slices.Clip(out.Coverage), fmt.Sprintf("northlimit=%v; southlimit=%v; westlimit=%v; eastlimit=%v; units=signed decimal degrees", b.Max[1], b.Min[1], b.Min[0], b.Max[0]))
	}
	if full.Temporal != "" {
		out.Coverage = append(out.Coverage, full.Temporal)
	}
	return xml.Marshal(out)
}
