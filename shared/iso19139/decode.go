// Package iso19139 reads and writes the metadata of ISO 19115:2003, 19115-2:2009 and 19119:2005 in the XML of ISO/TS 19139
// and 19139-2 (gmd, gmi and srv; https://schemas.opengis.net/iso/19139/20070417/), as the ISO application profile of CSW
// 2.0.2 answers them (OGC 07-045).
package iso19139

import (
	"encoding/xml"
	"errors"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// The namespaces of documents.
const (
	Namespace    = "http://www.isotc211.org/2005/gmd" // which names the format, too
	NamespaceGMI = "http://www.isotc211.org/2005/gmi"
	NamespaceSRV = "http://www.isotc211.org/2005/srv"
	NamespaceGCO = "http://www.isotc211.org/2005/gco"
	NamespaceGML = "http://www.opengis.net/gml"
)

// MediaType is that of documents.
const MediaType = iso19115.MediaType

// IsRoot tells whether documents with a root element of the name are read here: MD_Metadata, MI_Metadata, and those of
// profiles that extend them, whose namespaces are their own.
func IsRoot(name xml.Name) bool {
	switch name.Local {
	case "MD_Metadata":
		return name.Space == Namespace
	case "MI_Metadata":
		return strings.HasPrefix(name.Space, "http://www.isotc211.org/") || name.Space == "http://sdi.eurac.edu/metadata/iso19139-2/schema/gmi"
	case "CHE_MD_Metadata":
		return strings.HasPrefix(name.Space, "http://www.geocat.ch/")
	}
	return false
}

// Identifier is the identifier of a document that begins with it, as most do, without reading the rest; empty of others.
func Identifier(document []byte) string {
	return iso19115.Text(xmldoc.First(document, "fileIdentifier"))
}

// Decode reads a document (RC-03): the key of the record lacks the workspace and the collection. One without
// an identifier of its own gets that of its bytes. All that is wrong comes back joined, each fault located by the element.
func Decode(document []byte) (record.Record, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	return Read(root, document)
}

// Read is Decode of a document that was parsed already, which has the root element.
func Read(root *xmldoc.Node, document []byte) (record.Record, error) {
	if !IsRoot(root.Name()) {
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not gmd:MD_Metadata or gmi:MI_Metadata", root.Space, root.Local)
	}
	m, wrong := iso19115.Read(root)
	if m.ID == "" {
		m.ID = record.DigestID(document)
	}
	rec := m.Record()
	rec.Document = document
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "fileIdentifier"))
}
