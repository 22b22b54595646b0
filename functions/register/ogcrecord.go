package main

import (
	"context"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
	"perigee/shared/record"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// recordReader is how a document is read whose kind its writer left open: as what it is. One that takes the place of a
// record must be of the same standard.
func (r *registrar) recordReader(ctx context.Context, req request, c *transaction.Change, document []byte) (reading, error) {
	kind, read, err := kindOf(c.MediaType, document)
	if err != nil {
		return reading{}, err
	}
	collection := c.Collection
	if c.Operation == transaction.Replace || c.Operation == transaction.Patch {
		found, err := r.standing(ctx, req, c)
		if err != nil {
			return reading{}, err
		}
		if (isSTAC(found.Type) || kind != transaction.Record) && found.Type != kind {
			return reading{}, fault.At(fault.Conflict, "id", "the record %q is one of another standard: it is replaced by one of the same", c.ID)
		}
		collection = found.Collection
	}
	switch kind {
	case record.TypeItem:
		return reading{wholeItem, r.item}, nil
	case record.TypeCollection:
		return reading{wholeCollection, r.collection}, nil
	}
	return reading{identified(c.MediaType), func(_ context.Context, req request, src source) (*record.Change, error) {
		rec, err := read(src.text)
		if err != nil {
			return nil, err
		}
		if c.ID != "" && rec.ID == record.DigestID(src.text) { // it does not name itself
			rec.ID = c.ID
		}
		if c.ID != "" && rec.ID != c.ID {
			return nil, fault.At(fault.Invalid, "id", "the record calls itself %q, but its address says %q", rec.ID, c.ID)
		}
		if c.Operation != transaction.Create || collection != "" {
			rec.Collection = collection
		}
		rec.Workspace, rec.Document, rec.Version = req.scope.Workspace, src.text, versionOf(src.text)
		return &record.Change{Record: rec}, nil
	}}, nil
}

// recordFormat reads records of a format. What it gives lacks the workspace, the collection and the version.
type recordFormat func(document []byte) (record.Record, error)

// kindOf is the kind of a document: record.TypeItem, record.TypeCollection, or a record, which its format reads
// (RC-05, RC-11).
func kindOf(mediaType string, document []byte) (kind string, read recordFormat, err error) {
	if isXML(mediaType) {
		read, err = formatOfXML(document)
		return transaction.Record, read, err
	}
	if mediaType != "" && !isJSON(mediaType) {
		return "", nil, fault.At(fault.Unsupported, "media_type", "records are written as JSON, XML, or metadata control files in YAML, not as %.100q", mediaType)
	}
	standard, err := standardOf(document)
	switch {
	case err != nil:
		return "", nil, err
	case standard == "":
		return transaction.Record, ogcrecord.Decode, nil
	case standard == stac.TypeCollection:
		return record.TypeCollection, nil, nil
	}
	return record.TypeItem, nil, nil
}

// standardOf is the type of a STAC document, empty for any other JSON.
func standardOf(document []byte) (string, error) {
	if err := stac.Check(document); err != nil {
		return "", err
	}
	for m, err := range stac.Members(document) {
		if err != nil {
			return "", fault.New(fault.Invalid, "the document is not a JSON object")
		}
		if string(m.Name) == "stac_version" {
			return stac.Type(document)
		}
	}
	return "", nil
}

func isSTAC(typ string) bool { return typ == record.TypeItem || typ == record.TypeCollection }

// isJSON tells whether a document of the media type is JSON.
func isJSON(mediaType string) bool { return isOf(mediaType, "json") }

func isXML(mediaType string) bool { return isOf(mediaType, "xml") }

// isOf tells whether a media type is that of a syntax, or of something written in it (RFC 6839).
func isOf(mediaType, syntax string) bool {
	kind, _, _ := strings.Cut(mediaType, ";")
	kind = strings.TrimSpace(kind)
	return strings.HasSuffix(kind, "/"+syntax) || strings.HasSuffix(kind, "+"+syntax)
}

// identified completes a record by the id that its address gives it, as far as its syntax allows.
func identified(mediaType string) func(c *transaction.Change, document []byte) ([]byte, error) {
	return func(c *transaction.Change, document []byte) ([]byte, error) {
		if isXML(mediaType) {
			return document, nil
		}
		return ogcrecord.Identify(document, c.ID)
	}
}
