package main

import (
	"perigee/shared/mcf"
	"perigee/shared/record"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// ofControlFile is the document that is written: what a metadata control file is composed to, a STAC collection where one is asked
// for and ISO 19139 elsewhere; any other document is what it is (REG-12, REG-20).
func ofControlFile(c *transaction.Change, document []byte) ([]byte, error) {
	if !isOf(c.MediaType, "yaml") && !isOf(c.MediaType, "x-yaml") {
		return document, nil
	}
	rec, err := mcf.Decode("the metadata control file", document, nil)
	if err != nil {
		return nil, err
	}
	if c.Kind == record.TypeCollection {
		c.MediaType = stac.MediaTypeCollection
		return mcf.Collection(&rec)
	}
	c.MediaType = rec.MediaType
	return mcf.ISO19139(&rec), nil
}
