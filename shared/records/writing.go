package records

import (
	"net/http"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/transaction"
)

// Records are created, replaced, changed and deleted as OGC API - Features - Part 4 says (20-002r1): those of OGC API -
// Records as GeoJSON, those of other standards as they read there. STAC documents are known by their stac_version.

// writtenTypes are the media types of records that are written; the first where a request says none.
var writtenTypes = []string{ogcapi.MediaTypeGeoJSON, ogcapi.MediaTypeJSON, mediaTypeXML, "text/xml"}

// patchTypes are those of patches (RFC 7396).
var patchTypes = []string{ogcapi.MediaTypeMergePatch, ogcapi.MediaTypeJSON, ogcapi.MediaTypeGeoJSON}

// write makes the change that a request asks for of the record that its address names, or brings.
func (a api) write(w http.ResponseWriter, r *http.Request) error {
	c := transaction.Change{Kind: transaction.Record, Collection: r.PathValue("collection"), ID: r.PathValue("item")}
	if c.Collection == Main {
		c.Collection = ""
	}
	if err := ogcapi.Conditional(r, &c); err != nil {
		return err
	}
	leave, err := a.room.Enter(r)
	if err != nil {
		return err
	}
	defer leave()
	if c.Operation != transaction.Delete {
		if err := sent(w, r, &c); err != nil {
			return err
		}
	}
	results, err := a.Transactions.Apply(r, []transaction.Change{c})
	switch {
	case err != nil:
		return err
	case results[0].Err != nil:
		return ogcapi.Refused(r, results[0].Err)
	case c.Operation == transaction.Delete:
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return a.written(w, r, c.Operation, results[0])
}

// sent reads the record, or the patch, that a request brings.
func sent(w http.ResponseWriter, r *http.Request, c *transaction.Change) (err error) {
	taken := writtenTypes
	if c.Operation == transaction.Patch {
		taken = patchTypes
	}
	if c.MediaType, err = ogcapi.BodyType(r, taken...); err != nil {
		return err
	}
	if crs := strings.Trim(r.Header.Get("Content-Crs"), "<> "); crs != "" {
		if known, err := geo.ParseCRS(crs); err != nil || known != geo.CRS84 {
			return fault.At(fault.Invalid, "Content-Crs", "the geometries of records are written in %s, not in %.200s", geo.CRS84.URI(), crs)
		}
	}
	if c.Document, err = ogcapi.ReadBody(w, r, transaction.MaxDocument); err != nil || !IsJSON(c.MediaType) {
		return err
	}
	c.Document, err = restored(ask(r), c.Document)
	return err
}

// written answers with a record as it is read from now on; should it be another one by now, with the document that was
// written.
func (a api) written(w http.ResponseWriter, r *http.Request, o transaction.Operation, result transaction.Result) error {
	on, in, status := ask(r), r.PathValue("collection"), http.StatusOK
	if o == transaction.Create {
		in, status = home(record.Record{Key: record.Key{Collection: result.Collection}}), http.StatusCreated
		w.Header().Set("Location", on.item(in, result.ID))
	}
	mediaType, document := result.MediaType, result.Document
	rec, err := a.Store.Record(r.Context(), on.scope, result.Collection, result.ID)
	if err == nil && rec.Version == result.Version {
		var body writer
		if err := (encoder{on: on, in: in, crs: geo.CRS84}).record(&body, rec, true); err != nil {
			return err
		}
		mediaType, document = ogcapi.MediaTypeGeoJSON, body.Bytes()
	}
	ogcapi.WriteWritten(w, status, mediaType, result.Version, document)
	return nil
}
