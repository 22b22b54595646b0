// Package metadata knows the formats of metadata in XML that records are read from and written in, each by its encoding:
// one table for all protocols. A record that came in a format is answered in it byte for byte; in the others it is made
// from what the catalogue keeps.
package metadata

import (
	"encoding/xml"
	"slices"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/iso19139"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// Format is a format of metadata.
type Format struct {
	Namespace string // by which protocols name it: the output schema of CSW
	is        func(root xml.Name) bool
	decode    func(document []byte) (record.Record, error)
}

var formats = []*Format{
	{Namespace: dublincore.NamespaceCSW, is: dublincore.IsRoot, decode: dublincore.Decode},
	{Namespace: iso19139.Namespace, is: iso19139.IsRoot, decode: iso19139.Decode},
}

// Formats are all, the one of CSW first.
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

// ByRoot is the format of documents with a root element of a name, nil when there is none.
func ByRoot(name xml.Name) *Format {
	for _, f := range formats {
		if f.is(name) {
			return f
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
	rec, err := f.decode(document)
	rec.Collection = rec.Text(record.PropertyParent)
	return rec, err
}

// Decode reads a document of any format. One of none is fault.Unsupported, what is not well formed fault.Invalid.
func Decode(document []byte) (record.Record, error) {
	if f := Of(document); f != nil {
		return f.Decode(document)
	}
	root, err := xmldoc.Parse(document)
	if err != nil {
		return record.Record{}, err
	}
	return record.Record{}, fault.New(fault.Unsupported, "no record is read of XML whose root element is {%.200s}%.100s", root.Space, root.Local)
}
