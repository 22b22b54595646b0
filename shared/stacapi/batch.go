package stacapi

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// What of a list is written at once. Two portions are on their way at a time: while one is looked at, the other is
// written.
const (
	portionSize  = 500     // documents
	portionBytes = 2 << 20 // of documents, beyond which no other is added
	portions     = 2
)

// maxPosted bounds the body of a list, of which no more than portions is in memory.
const maxPosted = 32 << 20 // bytes

// createItems creates an item, or those of an item collection.
func (a api) createItems(w http.ResponseWriter, r *http.Request) error {
	collection := r.PathValue("collection")
	c := transaction.Change{Operation: transaction.Create, Kind: record.TypeItem, Collection: collection}
	return a.create(w, r, c, "features", stac.TypeItemCollection, func() error { return a.exists(r.Context(), ask(r), collection) })
}

// createCollections creates a collection, or those of a list.
func (a api) createCollections(w http.ResponseWriter, r *http.Request) error {
	c := transaction.Change{Operation: transaction.Create, Kind: record.TypeCollection}
	return a.create(w, r, c, "collections", "", func() error { return nil })
}

// create creates what a request brings: one document, or those of a list, for which there has to be a place.
func (a api) create(w http.ResponseWriter, r *http.Request, c transaction.Change, list, of string, place func() error) error {
	if _, err := ogcapi.BodyType(r, itemTypes...); err != nil {
		return err
	}
	if _, err := ogcapi.ReadPreconditions(r); err != nil {
		return err
	}
	leave, err := a.room.Enter(r)
	if err != nil {
		return err
	}
	defer leave()
	parts := stac.NewParts(http.MaxBytesReader(w, r.Body, maxPosted), list, of)
	document, err := parts.Next()
	switch {
	case err == io.EOF:
		return fault.At(fault.Invalid, list, "%s is empty: there is nothing to create", list)
	case err != nil:
		return ogcapi.BodyFault(err)
	case !parts.Many():
		if c.Document, err = a.restored(r.Context(), ask(r), document, false); err != nil {
			return err
		}
		return a.apply(w, r, c)
	}
	if err := place(); err != nil {
		return err
	}
	b := &batch{api: a, asked: r, change: c, list: list}
	b.workers.SetLimit(portions)
	b.run(parts, document)
	return b.answer(w)
}

// batch is a list of documents being created. Each has its own outcome: what cannot be created keeps no other from it.
type batch struct {
	api     api
	asked   *http.Request
	change  transaction.Change
	list    string
	workers errgroup.Group

	mutex   sync.Mutex
	created int
	refused []indexed
	failed  error // that of everything from some document on
}

// indexed is what is wrong with a document, by its place in the list.
type indexed struct {
	at  int
	err error
}

// run reads the documents, the first of which was read, and has them written in portions.
func (b *batch) run(parts *stac.Parts, document []byte) {
	var portion []transaction.Change
	var err error
	for at, size := 0, 0; err == nil && b.failure() == nil; at++ {
		c := b.change
		if c.Document, err = b.api.restored(b.asked.Context(), ask(b.asked), document, false); err != nil {
			break
		}
		portion = append(portion, c)
		if size += len(c.Document); len(portion) == portionSize || size >= portionBytes {
			b.write(at+1-len(portion), portion)
			portion, size = nil, 0
		}
		if document, err = parts.Next(); err == io.EOF && len(portion) > 0 {
			b.write(at+1-len(portion), portion)
		}
	}
	if err != nil && err != io.EOF {
		b.fail(ogcapi.BodyFault(err))
	}
	_ = b.workers.Wait() // each keeps its own failure
}

// write has a portion written, which begins with a document of the list.
func (b *batch) write(from int, portion []transaction.Change) {
	b.workers.Go(func() error {
		results, err := b.api.Transactions.Apply(b.asked, portion)
		if err != nil {
			b.fail(err)
			return nil
		}
		b.mutex.Lock()
		defer b.mutex.Unlock()
		for i, result := range results {
			if result.Err == nil {
				b.created++
				continue
			}
			for _, e := range fault.All(ogcapi.Refused(b.asked, result.Err)) {
				b.refused = append(b.refused, indexed{from + i, e})
			}
		}
		return nil
	})
}

func (b *batch) fail(err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.failed == nil {
		b.failed = err
	}
}

func (b *batch) failure() error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.failed
}

// created tells how many documents of a list were created (STAC API - Transaction Extension 1.0.0, bulk_items).
type created struct {
	Status  string `json:"status"`
	Created int    `json:"created"`
}

// partly is what is answered when not all of a list was created.
type partly struct {
	ogcapi.Problem
	Created int `json:"created"`
}

// answer tells that all was created, or what was not: with the status of a conflict when something was there already.
func (b *batch) answer(w http.ResponseWriter) error {
	if b.failed == nil && len(b.refused) == 0 {
		return writeJSON(w, http.StatusCreated, ogcapi.MediaTypeJSON, created{"created", b.created})
	}
	if b.created == 0 && len(b.refused) == 0 {
		return b.failed
	}
	err := errors.Join(b.faults()...)
	p := partly{ogcapi.ProblemOf(err), b.created}
	if conflict := b.conflict(); conflict != 0 && p.Status < http.StatusInternalServerError {
		p.Status, p.Title = conflict, http.StatusText(conflict)
	}
	p.Detail = "Some of the " + b.list + " were not created: " + p.Detail
	return writeJSON(w, p.Status, ogcapi.MediaTypeProblem, p)
}

// conflict is the status of the first document that was there already, 0 when none was.
func (b *batch) conflict() int {
	for _, r := range b.refused {
		if kind := fault.KindOf(r.err); kind == fault.Conflict || kind == fault.Outdated {
			return kind.Status()
		}
	}
	return 0
}

// faults are all that is wrong, in the order of the list.
func (b *batch) faults() []error {
	slices.SortStableFunc(b.refused, func(x, y indexed) int { return x.at - y.at })
	var all []error
	for _, r := range b.refused {
		locator := b.list + "[" + strconv.Itoa(r.at) + "]"
		if inner := fault.LocatorOf(r.err); inner != "" {
			locator += "." + inner
		}
		all = append(all, fault.At(fault.KindOf(r.err), locator, "%w", r.err))
	}
	if b.failed != nil {
		all = append(all, b.failed)
	}
	return all
}

func writeJSON(w http.ResponseWriter, status int, mediaType string, v any) error {
	body, err := ogcapi.Encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
	return nil
}
