// Package iso19115p3 reads and writes the metadata of ISO 19115-1:2014 in the XML of ISO/TS 19115-3 (mdb and its kin;
// https://schemas.isotc211.org/19115/-3/), as the profile of that name of CSW answers them.
package iso19115p3

import (
	"encoding/xml"
	"errors"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/iso19115"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// base is what all namespaces of the standard begin with.
const base = "http://standards.iso.org/iso/19115/-3/"

// Namespace is that of documents, which names the format, too.
const Namespace = base + "mdb/2.0"

// MediaType is that of documents.
const MediaType = iso19115.MediaType

// IsRoot tells whether documents with a root element of the name are read here: MD_Metadata of any edition.
func IsRoot(name xml.Name) bool {
	return name.Local == "MD_Metadata" && strings.HasPrefix(name.Space, base+"mdb/")
}

// Decode reads a document: the key of the record lacks the workspace and the collection. One without
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
		return record.Record{}, fault.New(fault.Invalid, "the root element is {%.200s}%.100s, not mdb:MD_Metadata", root.Space, root.Local)
	}
	m, wrong := iso19115.Read(root)
	if m.ID == "" {
		m.ID = record.DigestID(document)
	}
	rec := m.Record()
	rec.Document = document
	return rec, errors.Join(wrong, record.CheckID(rec.ID, "metadataIdentifier"))
}
