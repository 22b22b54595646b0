package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// house is a filled catalogue.
type house struct {
	options
	url   string
	data  string // folder of the database
	store *catalogue.Store
	known []record.Key // some of its items

	series uint64 // of parameters, one each time that clients ask
}

// load fills the catalogue up to as many items as there are to be, and takes note of some of them.
func (h *house) load(ctx context.Context) error {
	there, err := h.store.Search(ctx, reader, catalogue.Query{Types: []string{record.TypeItem}, Limit: -1, Count: true})
	if err == nil && *there.Matched < h.n {
		err = h.fill(ctx, *there.Matched)
	}
	if err != nil {
		return err
	}
	return h.sample(ctx)
}

const (
	batch   = 500 // changes that are written at once
	writers = 3   // batches that are written at the same time
)

// fill goes on behind the items that are there, and writes again what may have been missed when it was stopped.
func (h *house) fill(whole context.Context, there int) error {
	began := time.Now()
	group, ctx := errgroup.WithContext(whole)
	group.SetLimit(writers)
	random := rand.New(rand.NewPCG(7, 11)) // the same items whatever is asked
	var scenes []scene
	size := 0
	for number := 0; number < h.n && ctx.Err() == nil; number++ {
		s := makeScene(random, number)
		size += len(s.document)
		if number < there-writers*batch {
			continue
		}
		if scenes = append(scenes, s); len(scenes) == batch || number == h.n-1 {
			some := scenes
			group.Go(func() error { return h.write(ctx, some) })
			scenes = nil
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Printf("%d items of %d bytes, loaded at %.0f a second\n", h.n, size/h.n, float64(h.n-there)/time.Since(began).Seconds())
	return h.settle(whole)
}

func (h *house) write(ctx context.Context, scenes []scene) error {
	changes := make([]record.Change, len(scenes))
	for i, s := range scenes {
		var err error
		if changes[i], err = s.change(); err != nil {
			return err
		}
	}
	return h.apply(ctx, changes)
}

// sample takes note of items of all times, of which some are asked for by their ids.
func (h *house) sample(ctx context.Context) error {
	random := rand.New(rand.NewPCG(5, 3))
	for range min(h.n/10, 1000) {
		page, err := h.store.Search(ctx, reader, catalogue.Query{Types: []string{record.TypeItem}, Time: record.Interval{End: moment(random)}, Limit: 20, DocumentsOnly: true})
		if err != nil {
			return err
		}
		for _, rec := range page.Records {
			h.known = append(h.known, rec.Key)
		}
	}
	if len(h.known) == 0 {
		return fmt.Errorf("no item was found among %d", h.n)
	}
	return nil
}

// reader reads all that the system has.
var reader = scope.New(scope.System, "bench")

// change is what register makes of an item.
func (s scene) change() (record.Change, error) {
	item, err := stac.DecodeItem(s.document)
	if err != nil {
		return record.Change{}, err
	}
	rec := item.Record()
	rec.Document, rec.MediaType = s.document, stac.MediaTypeItem
	return record.Change{Record: rec, Replace: true, Source: record.Source{Href: "s3://ingest/" + s.id + ".json", Version: s.id, Time: time.Now()}}, nil
}

func (h *house) apply(ctx context.Context, changes []record.Change) error {
	applied, err := h.store.Apply(ctx, scope.New(scope.System, "bench", scope.Writer), changes)
	if err != nil {
		return err
	}
	for _, a := range applied {
		if a.Err != nil {
			return fmt.Errorf("%s: %w", a.Key.ID, a.Err)
		}
	}
	return nil
}

// settle lets the database do what it would do by and by.
func (h *house) settle(ctx context.Context) error {
	c, err := pgx.Connect(ctx, h.url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, "vacuum analyze")
	return err
}
