package ogcapi

import (
	"net/http"

	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// Transactions has changes made on behalf of who sent a request, in the workspace in which it was asked. The results are
// in the order of the changes; the error is one that concerns all.
type Transactions interface {
	Apply(asked *http.Request, changes []transaction.Change) ([]transaction.Result, error)
}

// WritingClasses are the conformance classes of OGC API - Features - Part 4 (20-002r1) that Writer implements.
func WritingClasses() []string {
	const part4 = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/"
	return []string{part4 + "create-replace-delete", part4 + "update", part4 + "optimistic-locking-etags", part4 + "optimistic-locking-timestamps", part4 + "features"}
}

// Allowed closes an operation to those who may not write in the workspace, before anything of it is read.
func Allowed(next Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := scope.FromContext(r.Context()).Scope.MayWrite(); err != nil {
			return err
		}
		if err := ReadParams(r).Err(); err != nil {
			return err
		}
		return next(w, r)
	}
}

// Conditional takes what a request does, and expects, over into a change. One that replaces and expects nothing there
// creates (RFC 9110, 13.1.2).
func Conditional(r *http.Request, c *transaction.Change) error {
	c.Operation = map[string]transaction.Operation{
		http.MethodPost: transaction.Create, http.MethodPut: transaction.Replace, http.MethodPatch: transaction.Patch, http.MethodDelete: transaction.Delete,
	}[r.Method]
	expected, err := ReadPreconditions(r)
	switch {
	case err != nil || r.Method == http.MethodPost: // what is created has no version yet
		return err
	case expected.Absent && r.Method == http.MethodPut:
		c.Operation = transaction.Create
		return nil
	}
	c.Versions, c.Unmodified = expected.Versions, expected.Unmodified
	return nil
}

// Refused is the failure of a change. Where the request says itself that nothing may be there, that is its condition.
func Refused(r *http.Request, err error) error {
	if expected, _ := ReadPreconditions(r); expected.Absent && fault.KindOf(err) == fault.Conflict {
		return fault.Classify(fault.Outdated, err, "")
	}
	return err
}

// The media types of patches, for BodyType.
func patchTypes(taken []string) []string { return append([]string{MediaTypeMergePatch}, taken...) }

// Writer answers the writing requests of OGC API - Features - Part 4 to the items of collections.
type Writer struct {
	Transactions Transactions
	Kind         string   // of the changes
	Types        []string // media types of what is written; the first where a request says none
	Limit        int64    // bytes of a body
	Room         Room     // for bodies
	// Home is the collection of the catalogue that one of the API stands for, empty for any.
	Home func(collection string) string
	// Show gives what was written as it is read.
	Show func(r *http.Request, collection string, result transaction.Result) (Written, error)
}

// Written is what was written, as it is read.
type Written struct {
	Href      string
	MediaType string
	Body      []byte
}

// Routes adds the routes below a root, but for POST of items, which is Create.
func (x Writer) Routes(rs *Routes, root string) {
	item := root + "/collections/{collection}/items/{item}"
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		rs.Handle(method+" "+item, Allowed(x.write))
	}
}

// Create answers a POST of items.
func (x Writer) Create(w http.ResponseWriter, r *http.Request) error { return Allowed(x.write)(w, r) }

func (x Writer) write(w http.ResponseWriter, r *http.Request) error {
	c := transaction.Change{Kind: x.Kind, Collection: x.Home(r.PathValue("collection")), ID: r.PathValue("item")}
	if err := Conditional(r, &c); err != nil {
		return err
	}
	leave, err := x.Room.Enter(r)
	if err != nil {
		return err
	}
	defer leave()
	if c.Operation != transaction.Delete {
		if err := x.sent(w, r, &c); err != nil {
			return err
		}
	}
	results, err := x.Transactions.Apply(r, []transaction.Change{c})
	switch {
	case err != nil:
		return err
	case results[0].Err != nil:
		return Refused(r, results[0].Err)
	case c.Operation == transaction.Delete:
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	written, err := x.Show(r, r.PathValue("collection"), results[0])
	if err != nil {
		return err
	}
	status := http.StatusOK
	if c.Operation == transaction.Create {
		status = http.StatusCreated
		w.Header().Set("Location", written.Href)
	}
	WriteWritten(w, status, written.MediaType, results[0].Version, written.Body)
	return nil
}

// sent reads the document, or the patch, that a request brings.
func (x Writer) sent(w http.ResponseWriter, r *http.Request, c *transaction.Change) (err error) {
	taken := x.Types
	if c.Operation == transaction.Patch {
		taken = patchTypes(taken)
	}
	if c.MediaType, err = BodyType(r, taken...); err != nil {
		return err
	}
	c.Document, err = ReadBody(w, r, x.Limit)
	return err
}
