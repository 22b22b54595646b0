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
	if c.MediaType != "" && !isJSON(c.MediaType) {
		return reading{}, fault.At(fault.Unsupported, "media_type", "records are written as JSON, not as %.100q", c.MediaType)
	}
	kind := record.TypeItem
	switch standard, err := standardOf(document); {
	case err != nil:
		return reading{}, err
	case standard == "":
		kind = transaction.Record
	case standard == stac.TypeCollection:
		kind = record.TypeCollection
	}
	collection := c.Collection
	if c.Operation == transaction.Replace || c.Operation == transaction.Patch {
		found, err := r.standing(ctx, req, c)
		if err != nil {
			return reading{}, err
		}
		if isSTAC(found.Type) && found.Type != kind || !isSTAC(found.Type) && kind != transaction.Record {
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
	return reading{wholeRecord, func(_ context.Context, req request, src source) (*record.Change, error) {
		return ogcRecord(req, src, collection)
	}}, nil
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
func isJSON(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, ";")
	kind = strings.TrimSpace(kind)
	return strings.HasSuffix(kind, "/json") || strings.HasSuffix(kind, "+json")
}

func wholeRecord(c *transaction.Change, document []byte) ([]byte, error) {
	return ogcrecord.Identify(document, c.ID)
}

// ogcRecord makes the change that registers a record of OGC API - Records (RC-05, RC-11).
func ogcRecord(req request, src source, collection string) (*record.Change, error) {
	rec, err := ogcrecord.Decode(src.text)
	if err != nil {
		return nil, err
	}
	rec.Workspace, rec.Collection, rec.Version = req.scope.Workspace, collection, versionOf(src.text)
	return &record.Change{Record: rec}, nil
}
