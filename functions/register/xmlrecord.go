package main

import (
	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/ows"
)

// formatOfXML is the format of a document, by its root element. What is not well formed, or has a document type, is of none.
func formatOfXML(document []byte) (recordFormat, error) {
	root, err := ows.CheckXML(document)
	if err != nil {
		return nil, err
	}
	if f := metadata.ByRoot(root); f != nil {
		return f.Decode, nil
	}
	return nil, fault.At(fault.Unsupported, "media_type", "no record is read of XML whose root element is {%.200s}%.100s: there are csw:Record of CSW 2.0.2 and 3.0, and the metadata of ISO 19139", root.Space, root.Local)
}
