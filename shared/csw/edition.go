package csw

import (
	"encoding/xml"

	"perigee/shared/ows"
	"perigee/shared/xmldoc"
)

// edition is a version of the protocol. The documents of both have the same elements by the same prefixes, which stand for
// other namespaces; where they differ, it is said where it matters.
type edition struct {
	number    string // of the version
	namespace string // of the prefix csw
	ows       string // of the prefix ows
	report    string // the version of exception reports
	schemas   string // the folder of the schemas
}

// The namespaces of the protocol's elements.
const (
	Namespace2 = "http://www.opengis.net/cat/csw/2.0.2"
	Namespace3 = "http://www.opengis.net/cat/csw/3.0"
)

// The editions: OGC 07-006r1, which builds on OWS Common 1.0.0, and OGC 12-176r7, which builds on OWS Common 2.0.0.
var (
	csw2 = &edition{"2.0.2", Namespace2, "http://www.opengis.net/ows", "1.0.0", "http://schemas.opengis.net/csw/2.0.2/"}
	csw3 = &edition{"3.0.0", Namespace3, "http://www.opengis.net/ows/2.0", "2.0.0", "http://schemas.opengis.net/cat/csw/3.0/"}
)

// versions are the versions that are spoken, the preferred one first (12-176r7, 7.1.2: the highest).
var versions = []string{csw3.number, csw2.number}

// editionOf is the edition of a version that is spoken.
func editionOf(number string) *edition {
	if number == csw2.number {
		return csw2
	}
	return csw3
}

// editionIn is the edition whose requests are in a namespace, nil where there is none. The namespace decides the version, whatever
// the attribute says: GDAL sends requests of 2.0.2 that call themselves 3.0.0.
func editionIn(namespace string) *edition {
	switch namespace {
	case Namespace2:
		return csw2
	case Namespace3:
		return csw3
	}
	return nil
}

// root are the attributes of a document's root: the prefixes and, by its file, the schema that it is valid against.
func (e *edition) root(schema string, more ...string) []xml.Attr {
	return ows.Attributes(e.rootPairs(schema, more...)...)
}

// rootPairs are the attributes of root as names and values in turn.
func (e *edition) rootPairs(schema string, more ...string) []string {
	return append([]string{
		"xmlns:csw", e.namespace, "xmlns:dc", "http://purl.org/dc/elements/1.1/", "xmlns:dct", "http://purl.org/dc/terms/",
		"xmlns:ows", e.ows, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
		"xsi:schemaLocation", e.namespace + " " + e.schemas + schema,
	}, more...)
}

// The files of the schemas, by what they are of.
var schemaFiles = map[string]map[string]string{
	csw2.number: {
		"GetRecords": "CSW-discovery.xsd", "GetRecordById": "CSW-discovery.xsd", "GetDomain": "CSW-discovery.xsd", "GetCapabilities": "CSW-discovery.xsd",
		"DescribeRecord": "CSW-discovery.xsd", "Transaction": "CSW-publication.xsd", "Harvest": "CSW-publication.xsd", "Acknowledgement": "CSW-discovery.xsd",
	},
	csw3.number: {
		"GetRecords": "cswGetRecords.xsd", "GetRecordById": "cswGetRecordById.xsd", "GetDomain": "cswGetDomain.xsd", "GetCapabilities": "cswGetCapabilities.xsd",
		"Transaction": "cswTransaction.xsd", "Harvest": "cswHarvest.xsd", "Acknowledgement": "cswCommon.xsd",
	},
}

// answer are the attributes of the root of what an operation answers.
func (e *edition) answer(operation string, more ...string) []xml.Attr {
	return e.root(schemaFiles[e.number][operation], more...)
}

// begin begins a document that an operation answers.
func (e *edition) begin(w *xmldoc.Writer, operation string, more ...string) {
	w.Bytes = append(w.Bytes, xml.Header...)
	w.Open("csw:"+operation+"Response", e.rootPairs(schemaFiles[e.number][operation], more...)...)
}
