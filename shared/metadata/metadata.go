// Package metadata knows the formats of metadata in XML that records are read from and written in, each by its encoding:
// one table for all protocols. A record that came in a format is answered in it byte for byte; in the others it is made
// from what the catalogue keeps.
package metadata

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"

	"perigee/shared/atom"
	"perigee/shared/datacite"
	"perigee/shared/dif"
	"perigee/shared/dublincore"
	"perigee/shared/ebrim"
	"perigee/shared/fault"
	"perigee/shared/fgdc"
	"perigee/shared/gm03"
	"perigee/shared/iso19115p3"
	"perigee/shared/iso19139"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Format is a format of metadata.
type Format struct {
	Namespace string // by which protocols name it: the output schema of CSW
	Prefix    string // by which OAI-PMH names it
	Schema    string // where its schema is
	Type      string // of its records, by the prefix that they are written with (gmd:MD_Metadata); empty where requests name none
	is        func(root xml.Name) bool
	read      func(root *xmldoc.Node, document []byte) (record.Record, error)
	append    func(b []byte, r *record.Record, set string) []byte
	id        func(document []byte) string // the identifier, where it is found without reading all; nil: nowhere
}

var formats = []*Format{
	{
		Namespace: dublincore.NamespaceCSW, Prefix: "csw-record", Schema: "http://schemas.opengis.net/csw/2.0.2/record.xsd", Type: "csw:Record",
		is: of(dublincore.IsRoot, dublincore.NamespaceCSW), read: dublincore.Read, append: dublincore.Append,
	},
	{
		Namespace: dublincore.NamespaceCSW3, Prefix: "csw-record-3", Schema: "http://schemas.opengis.net/cat/csw/3.0/record.xsd", Type: "csw:Record",
		is: of(dublincore.IsRoot, dublincore.NamespaceCSW3), read: dublincore.Read, append: dublincore.Append3,
	},
	{
		Namespace: iso19139.Namespace, Prefix: "iso19139", Schema: "http://www.isotc211.org/2005/gmd/gmd.xsd", Type: "gmd:MD_Metadata",
		is: iso19139.IsRoot, read: iso19139.Read, append: iso19139.Append, id: iso19139.Identifier,
	},
	{
		Namespace: iso19115p3.Namespace, Prefix: "iso19115-3", Schema: "https://schemas.isotc211.org/19115/-3/mdb/2.0/mdb.xsd", Type: "mdb:MD_Metadata",
		is: iso19115p3.IsRoot, read: iso19115p3.Read, append: iso19115p3.Append,
	},
	{
		Namespace: dif.Namespace, Prefix: "dif", Schema: "https://gcmd.nasa.gov/Aboutus/xml/dif/dif.xsd",
		is: dif.IsRoot, read: dif.Read, append: dif.Append,
	},
	{
		Namespace: fgdc.Namespace, Prefix: "fgdc-std", Schema: "https://www.fgdc.gov/metadata/fgdc-std-001-1998.xsd",
		is: fgdc.IsRoot, read: fgdc.Read, append: fgdc.Append,
	},
	{
		Namespace: gm03.Namespace, Prefix: "gm03", Schema: "https://www.geocat.admin.ch/de/dokumentation/gm03.html",
		is: gm03.IsRoot, read: gm03.Read, append: gm03.Append,
	},
	{
		Namespace: datacite.Namespace, Prefix: "datacite", Schema: "https://schema.datacite.org/meta/kernel-4/metadata.xsd",
		is: datacite.IsRoot, read: datacite.Read, append: datacite.Append,
	},
	{
		Namespace: atom.Namespace, Prefix: "atom", Schema: "https://www.rfc-editor.org/rfc/rfc4287",
		is: atom.IsRoot, read: atom.Read, append: atom.Append,
	},
	{
		Namespace: ebrim.Namespace, Prefix: "ebrim", Schema: "http://docs.oasis-open.org/regrep/v3.0/schema/rim.xsd", Type: "rim:RegistryObject",
		is: ebrim.IsRoot, read: ebrim.Read, append: ebrim.Append,
	},
}

// inputs are formats that are read and not written.
var inputs = []*Format{{Namespace: "http://purl.org/dc/elements/1.1/", is: dublincore.IsPlain, read: dublincore.ReadPlain}}

// of takes those names that are of a namespace.
func of(is func(xml.Name) bool, namespace string) func(xml.Name) bool {
	return func(name xml.Name) bool { return name.Space == namespace && is(name) }
}

// Formats are all that are written, the one of CSW first.
func Formats() []*Format { return slices.Clone(formats) }

// ByNamespace is the format of a namespace, nil when there is none.
func ByNamespace(namespace string) *Format {
	for _, f := range formats {
		if f.Namespace == namespace {
			return f
		}
	}
	return nil
}

// ByRoot is the format of documents with a root element of a name, one that is only read too; nil when there is none.
func ByRoot(name xml.Name) *Format {
	for _, all := range [][]*Format{formats, inputs} {
		for _, f := range all {
			if f.is(name) {
				return f
			}
		}
	}
	return nil
}

// Of is the format of a document, by its root element; nil when there is none.
func Of(document []byte) *Format {
	space, local, found := xmldoc.Root(document)
	if !found {
		return nil
	}
	return ByRoot(xml.Name{Space: space, Local: local})
}

// Decode reads a document of the format: the key of the record lacks the workspace, and has the record's parent as its
// collection, if the document names one. All that is wrong comes back joined, each fault located by the element.
func (f *Format) Decode(document []byte) (record.Record, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	return f.decode(root, document)
}

// decode reads a document that was parsed: what it is called, what it says and all its texts are read of one tree.
func (f *Format) decode(root *xmldoc.Node, document []byte) (record.Record, error) {
	rec, err := f.read(root, document)
	rec.Collection = rec.Text(record.PropertyParent)
	rec.Said = said(root)
	return rec, err
}

// maxSaid bounds the texts of a document that are searched, in bytes.
const maxSaid = 64 << 10

// said are the texts of a document, one per line: people, places and addresses, too, that are no properties of the record.
func said(root *xmldoc.Node) string {
	size := 0
	for text := range root.Texts() {
		if size += len(text) + 1; size >= maxSaid {
			break
		}
	}
	var b strings.Builder
	b.Grow(min(size, maxSaid))
	for text := range root.Texts() {
		if b.Len()+len(text) >= maxSaid {
			break
		}
		b.WriteString(text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Is tells whether documents with a root element of the name are of the format.
func (f *Format) Is(root xml.Name) bool { return f.is(root) }

// Append appends a record in the format, in an element set of CSW (dublincore.Brief, Summary or Full), as an element that
// declares its prefixes. In full, a record that came in the format is there as it came. Links are written as they are:
// those below this service begin with an address.
func (f *Format) Append(b []byte, r *record.Record, set string) []byte {
	if set == dublincore.Full && f.Came(r) {
		return xmldoc.AppendFragment(b, r.Document)
	}
	return f.append(b, r, set)
}

// Came tells whether a record came in the format.
func (f *Format) Came(r *record.Record) bool {
	return len(r.Document) > 0 && r.MediaType == dublincore.MediaType && Of(r.Document) == f
}

// CameAll tells whether all of some records came in the format. A document that begins as the one before is of the same format.
func (f *Format) CameAll(records []record.Record) bool {
	var begins []byte
	for i := range records {
		r := &records[i]
		if len(begins) > 0 && r.MediaType == dublincore.MediaType && bytes.HasPrefix(r.Document, begins) {
			continue
		}
		if !f.Came(r) {
			return false
		}
		begins = xmldoc.Beginning(r.Document)
	}
	return true
}

// Decode reads a document of any format. One of none is fault.Unsupported, what is not well formed fault.Invalid.
func Decode(document []byte) (record.Record, error) {
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	f := ByRoot(root.Name())
	if f == nil {
		return record.Record{}, fault.New(fault.Unsupported, "no record is read of XML whose root element is {%.200s}%.100s", root.Space, root.Local)
	}
	return f.decode(root, document)
}

// Identify is the identifier of the record that Decode reads of a document, without reading more of it than that takes: what is
// well formed, and of a format, may be refused by Decode all the same.
func Identify(document []byte) (string, error) {
	root, err := xmldoc.Check(document)
	if err != nil {
		return "", err
	}
	if f := ByRoot(root); f != nil && f.id != nil {
		if id := f.id(document); id != "" {
			return id, nil
		}
	}
	rec, err := Decode(document)
	return rec.ID, err
}
