package main

import (
	"perigee/shared/fault"
	"perigee/shared/metadata"
)

// formatOfXML is the format of a document, by its root element. What is not well formed, or has a document type, is of none;
// what follows the root element is checked when the document is read.
func formatOfXML(document []byte) (recordFormat, error) {
	if f := metadata.Of(document); f != nil {
		return f.Decode, nil
	}
	_, err := metadata.Decode(document)
	return nil, fault.At(fault.KindOf(err), "media_type", "%w", err)
}
