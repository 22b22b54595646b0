package main

import (
	"encoding/xml"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// xmlFormats are the formats of XML in which records are written, by the root elements of their documents.
var xmlFormats = []struct {
	is   func(root xml.Name) bool
	read recordFormat
}{
	{dublincore.IsRoot, readDublinCore},
}

// formatOfXML is the format of a document. What is not well formed, or has a document type, is of none.
func formatOfXML(document []byte) (recordFormat, error) {
	root, err := ows.CheckXML(document)
	if err != nil {
		return nil, err
	}
	for _, f := range xmlFormats {
		if f.is(root) {
			return f.read, nil
		}
	}
	return nil, fault.At(fault.Unsupported, "media_type", "no record is read of XML whose root element is {%.200s}%.100s: there is csw:Record of CSW 2.0.2 and 3.0", root.Space, root.Local)
}

func readDublinCore(document []byte) (record.Record, error) {
	var received dublincore.Received
	if err := ows.DecodeXML(document, &received); err != nil {
		return record.Record{}, err
	}
	return received.Record()
}
