package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// shipped is the time of the collections that ship: before all that anybody does, so that whatever is registered or deleted
// under their ids counts, and stays.
var shipped = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// begin gives the system's catalogue the collections of the names: those that were never there. A later release may write
// its own anew.
func begin(ctx context.Context, url string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var changes []record.Change
	var wrong []error
	for _, name := range names {
		change, err := collection(name)
		changes, wrong = append(changes, change), append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: url, MaxConns: 1})
	if err != nil {
		return err
	}
	defer store.Close()
	results, err := store.Apply(ctx, scope.New(scope.System, "migrate", scope.Writer), changes)
	if err != nil {
		return err
	}
	for _, r := range results {
		slog.Info("collection", "id", r.Key.ID, "outcome", r.Outcome, "error", r.Err) // an error is somebody's record of another type
	}
	return nil
}

func collection(name string) (record.Change, error) {
	document, err := product.CollectionDocument(name)
	if err != nil {
		return record.Change{}, fault.At(fault.Invalid, "COLLECTIONS", "COLLECTIONS: %w", err)
	}
	c, err := stac.DecodeCollection(document)
	if err != nil {
		return record.Change{}, err
	}
	sum := sha256.Sum256(document)
	rec := c.Record()
	rec.Workspace, rec.Document, rec.MediaType, rec.Version = scope.System, document, stac.MediaTypeCollection, hex.EncodeToString(sum[:16])
	for _, l := range c.Links {
		rec.Links = append(rec.Links, record.Link{Rel: l.Rel, Href: l.Href, Type: l.Type, Title: l.Title})
	}
	return record.Change{Record: rec, Replace: true, Source: record.Source{Time: shipped}}, nil
}
