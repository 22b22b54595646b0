package csw

import (
	"encoding/xml"
	"net/http"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/xmldoc"
)

// getRecordByID is a GetRecordById request (07-006r1, clause 10.9; 12-176r7, clause 7.4).
type getRecordByID struct {
	view
	IDs []string
}

// parseByID reads a GetRecordById request for the identifiers; everything that is wrong is noted in p.
func parseByID(e *edition, p *ows.Params, ids []string) getRecordByID {
	q := getRecordByID{view: parseView(e, p, false)}
	for _, id := range ids {
		if id = strings.TrimSpace(id); id != "" {
			q.IDs = append(q.IDs, id)
		}
	}
	switch {
	case len(q.IDs) == 0:
		p.Fail(ows.Missing("Id"))
	case e == csw3 && len(q.IDs) > 1:
		p.Fail(ows.Invalid("Id", "there are %d identifiers, of which 3.0.0 takes one", len(q.IDs)))
	case len(q.IDs) > maxIDs:
		p.Fail(ows.Invalid("Id", "more than %d identifiers at once", maxIDs))
	}
	return q
}

// getRecordByIDXML is csw:GetRecordById.
type getRecordByIDXML struct {
	OutputFormat string   `xml:"outputFormat,attr"`
	OutputSchema string   `xml:"outputSchema,attr"`
	IDs          []string `xml:"Id"`
	ElementSet   string   `xml:"ElementSetName"`
}

func parseByIDXML(q *request) getRecordByID {
	var x getRecordByIDXML
	if err := ows.DecodeChecked(q.body, &x); err != nil {
		q.p.Fail(err)
		return getRecordByID{}
	}
	kvp := ows.NewParams(map[string][]string{"elementSetName": {x.ElementSet}, "outputFormat": {x.OutputFormat}, "outputSchema": {x.OutputSchema}})
	asked := parseByID(q.edition, kvp, x.IDs)
	q.p.Fail(kvp.Err())
	return asked
}

// getRecordByID does GetRecordById. 2.0.2 gives those that are there, and says nothing of others; 3.0.0 gives the record, or says
// that there is none.
func (h handler) getRecordByID(q *request) (ows.Document, error) {
	var asked getRecordByID
	if q.body != nil {
		asked = parseByIDXML(q)
	} else {
		ids := q.p.List("id")
		if q.edition == csw3 { // which takes one, commas and all
			ids = []string{q.p.Get("id")}
		}
		asked = parseByID(q.edition, q.p, ids)
	}
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	found, err := h.byIDs(q, asked.IDs)
	if err != nil {
		return ows.Document{}, err
	}
	in := scope.FromContext(q.Context())
	asked.AsPycsw, asked.Item = h.AsPycsw, h.itemAddress()
	w := xmldoc.Writer{Bytes: q.room(1000 + sizeOf(found))}
	if q.edition == csw2 { // csw:GetRecordByIdResponse (07-006r1, clause 10.9.4)
		csw2.begin(&w, "GetRecordById")
		w.Bytes = asked.view.records(w.Bytes, found, in.Base)
		w.Close("csw:GetRecordByIdResponse")
		return ows.Document{Type: mediaXML, Body: append(w.Bytes, '\n')}, nil
	}
	mediaType := mediaXML
	if q.format == mediaAtom {
		mediaType = mediaAtom
	}
	return ows.Document{Type: mediaType, Body: asked.view.records(append(w.Bytes, xml.Header...), found, in.Base)}, nil
}

// byIDs are the records that are there.
func (h handler) byIDs(q *request, ids []string) ([]record.Record, error) {
	var found []record.Record
	for _, id := range ids {
		r, err := h.Store.ByID(q.Context(), scope.FromContext(q.Context()).Scope, id)
		if err != nil && fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	if len(found) == 0 && q.edition == csw3 {
		return nil, q.unknown("id", ids[0])
	}
	return found, nil
}

// unknown is why a record is not answered that is not there.
func (q *request) unknown(parameter, id string) error {
	code := ows.InvalidParameterValue
	if q.asPycsw {
		code = notFound
	}
	return code.At(fault.NotFound, parameter, "there is no record %q", id)
}

// itemAddress is the address of the document of a record below the base, but for its identifier.
func (h handler) itemAddress() string {
	return h.Path + "?service=CSW&version=" + csw2.number + "&request=GetRepositoryItem&id="
}

// getRepositoryItem does GetRepositoryItem: the document that a record came as (OGC 07-010, clause 11).
func (h handler) getRepositoryItem(q *request) (ows.Document, error) {
	id := q.p.Need("id")
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	found, err := h.Store.ByID(q.Context(), scope.FromContext(q.Context()).Scope, id)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		err = q.unknown("id", id)
	}
	if err != nil {
		return ows.Document{}, err
	}
	q.format = "" // it is what it is
	return ows.Document{Type: itemType(found), Body: found.Document}, nil
}

func itemType(r record.Record) string {
	if r.MediaType == "" {
		return http.DetectContentType(r.Document)
	}
	return r.MediaType
}
