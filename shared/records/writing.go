package records

import (
	"net/http"

	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/transaction"
)

// recordTypes are the media types of records that are written.
var recordTypes = []string{ogcapi.MediaTypeGeoJSON, ogcapi.MediaTypeJSON}

// Writes has records created, replaced, changed and deleted (OGC API - Features - Part 4, 20-002r1, on which
// 20-004r1, 9 builds): those of OGC API - Records, and STAC items by their own documents.
func Writes(store Store, transactions ogcapi.Transactions) Writing {
	x := ogcapi.Writer{
		Transactions: transactions, Kind: transaction.Record, Types: recordTypes, Limit: transaction.MaxDocument, Room: ogcapi.NewRoom(), Home: homeOf,
		Show: func(r *http.Request, collection string, result transaction.Result) (ogcapi.Written, error) {
			return written(r, store, collection, result)
		},
	}
	return Writing{Routes: x.Routes, Create: x.Create, ConformsTo: ogcapi.WritingClasses()}
}

// written is a record as it is in the catalogue; should it be another one by now, it is the document that was written.
func written(r *http.Request, store Store, collection string, result transaction.Result) (ogcapi.Written, error) {
	on := ask(r)
	shown := ogcapi.Written{Href: on.item(collection, result.ID), MediaType: ogcapi.MediaTypeGeoJSON, Body: result.Document}
	rec, err := store.Record(r.Context(), on.scope, result.Collection, result.ID)
	if err != nil || rec.Version != result.Version {
		return shown, nil
	}
	var body writer
	err = encoder{on: on, in: collection, crs: geo.CRS84}.record(&body, rec, true)
	shown.Body = body.Bytes()
	return shown, err
}

// homeOf is the collection of the catalogue that one of this API stands for: that of all records is none.
func homeOf(collection string) string {
	if collection == Main {
		return ""
	}
	return collection
}
