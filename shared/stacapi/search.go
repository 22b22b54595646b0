package stacapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
	"perigee/shared/trace"
)

const (
	maxBody = 8 << 20 // bytes of a search by POST
	maxIDs  = 10_000

	maxFaults = 50 // that are told of one body
)

// search answers GET /search.
func (a api) search(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.GeoJSON, ogcapi.HTML)
	q := readQuery(p)
	q.Collections, q.DocumentsOnly = p.List("collections"), true
	if err := p.Err(); err != nil {
		return err
	}
	leave, err := a.pages.Enter(r.Context(), q.Limit)
	if err != nil {
		return err
	}
	defer leave()
	on := ask(r)
	page, err := a.Store.Search(r.Context(), on.scope, q)
	if err != nil {
		return err
	}
	links := pageLinks(r, on.root+"/search", ogcapi.MediaTypeGeoJSON, page.Next, page.Prev)
	return a.writeItems(w, r, format, q, page, append(links, rootLink(on)))
}

// readQuery reads the parameters that all lists of items share.
func readQuery(p *ogcapi.Params) Query {
	q := readPredicates(p)
	q.Limit, q.After, q.Sort, q.fields = p.Limit(defaultLimit, maxLimit), p.Text("token"), readSort(p, stac.Names{}), readFields(p, standardFields)
	return q
}

// readPredicates reads the parameters by which items are found.
func readPredicates(p *ogcapi.Params) Query {
	q := Query{IDs: p.List("ids"), Geometry: p.BBox(), Time: p.Datetime(), Filter: both(readFilter(p, stac.Names{}), readPropertyQuery(p), readFreeText(p))}
	if text := p.Text("intersects"); text != "" {
		g, err := stac.DecodeGeometry([]byte(text), "intersects")
		p.Fail(err)
		if p.Text("bbox") != "" {
			p.Fail(errBoth())
		}
		q.Geometry = g
	}
	return q
}

// both is the condition that all conditions hold, some of which may be nil.
func both(conditions ...filter.Expr) filter.Expr {
	var all filter.And
	for _, e := range conditions {
		if e != nil {
			all = append(all, e)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

func errBoth() error {
	return fault.At(fault.Invalid, "intersects", "bbox and intersects are given, of which only one may be")
}

// searchByBody answers POST /search.
func (a api) searchByBody(w http.ResponseWriter, r *http.Request) error {
	trace.Reads(r.Context())
	b, err := receiveBody(w, r)
	if err != nil {
		return err
	}
	q, err := b.readQuery()
	if err != nil {
		return err
	}
	q.DocumentsOnly = true
	leave, err := a.pages.Enter(r.Context(), q.Limit)
	if err != nil {
		return err
	}
	defer leave()
	on := ask(r)
	page, err := a.Store.Search(r.Context(), on.scope, q)
	if err != nil {
		return err
	}
	return a.writeItems(w, r, ogcapi.GeoJSON, q, page, bodyLinks(on, page))
}

// bodyLinks are the links of a page that was asked for by POST: the client sends its body again with the token merged
// into it (STAC API 1.0.0 item-search, paging).
func bodyLinks(on asked, page Page) []stac.Link {
	href := on.root + "/search"
	links := []stac.Link{{Rel: "self", Href: href, Type: ogcapi.MediaTypeGeoJSON, Method: http.MethodPost}, rootLink(on)}
	for _, to := range []struct{ rel, token string }{{"next", page.Next}, {"prev", page.Prev}} {
		if to.token != "" {
			token, _ := json.Marshal(to.token) // a string always encodes
			links = append(links, stac.Link{Rel: to.rel, Href: href, Type: ogcapi.MediaTypeGeoJSON, Method: http.MethodPost,
				Body: json.RawMessage(`{"token":` + string(token) + `}`), Merge: true})
		}
	}
	return links
}

// receiveBody reads what is sent by POST, beside which there are no parameters.
func receiveBody(w http.ResponseWriter, r *http.Request) (*bodyReader, error) {
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return nil, err
	}
	return readBody(w, r)
}

// readBody reads a JSON object that is sent by POST.
func readBody(w http.ResponseWriter, r *http.Request) (*bodyReader, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, fault.New(fault.Invalid, "the body could not be read: %w", err)
	}
	return openBody(body)
}

// readQuery reads the body of a search, all its faults joined.
func (b *bodyReader) readQuery() (Query, error) {
	limit, sort, fields := b.limit(), b.readSort(), b.readFields()
	q := b.readPredicates()
	q.Limit, q.Sort, q.fields = limit, sort, fields
	b.read("token", "a string", &q.After)
	return q, b.err()
}

// bodyReader takes the fields of a search's body one by one.
type bodyReader struct {
	fields map[string]json.RawMessage
	known  []string // the fields that were asked for
	errs   []error
}

// openBody reads a JSON object; nothing stands for an empty one.
func openBody(body []byte) (*bodyReader, error) {
	b := &bodyReader{fields: map[string]json.RawMessage{}}
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 {
		if err := json.Unmarshal(trimmed, &b.fields); err != nil {
			return nil, fault.New(fault.Invalid, "the body is not a JSON object: %w", err)
		}
	}
	return b, nil
}

// readPredicates reads the fields by which items are found.
func (b *bodyReader) readPredicates() Query {
	q := Query{Filter: both(b.readFilter(), b.readPropertyQuery(), b.readFreeText())}
	q.Collections, q.IDs = b.texts("collections"), b.texts("ids")
	if len(q.IDs) > maxIDs || len(q.Collections) > maxIDs {
		b.fail(fault.At(fault.Invalid, "ids", "ids or collections has more than %d values", maxIDs))
	}
	b.place(&q)
	b.time(&q)
	return q
}

// err is everything that is wrong with the body, fields that nobody asked for among them.
func (b *bodyReader) err() error {
	b.rest()
	return errors.Join(b.errs...)
}

func (b *bodyReader) fail(err error) {
	if err != nil {
		b.errs = append(b.errs, err)
	}
}

// take gives a field, nil when it is absent or null.
func (b *bodyReader) take(name string) json.RawMessage {
	raw := b.fields[name]
	delete(b.fields, name)
	b.known = append(b.known, name)
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// read decodes a field, when it is there.
func (b *bodyReader) read(name, what string, to any) (ok bool) {
	raw := b.take(name)
	return raw != nil && b.decode(name, what, raw, to)
}

// decode reads the value of a field.
func (b *bodyReader) decode(name, what string, raw json.RawMessage, to any) (ok bool) {
	if err := json.Unmarshal(raw, to); err != nil || hasNull(raw) {
		b.fail(fault.At(fault.Invalid, name, "%s is not %s", name, what))
		return false
	}
	return true
}

// texts reads an array of strings; a string by itself, which some clients send, is an array of it.
func (b *bodyReader) texts(name string) (all []string) {
	raw := b.take(name)
	if raw == nil {
		return nil
	}
	if raw[0] == '"' {
		raw = slices.Concat(json.RawMessage("["), raw, json.RawMessage("]"))
	}
	b.decode(name, "an array of strings", raw, &all)
	return all
}

// hasNull tells whether an array has null among its elements, which would be taken for nothing, or for 0.
func hasNull(raw json.RawMessage) bool {
	var elements []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &elements) != nil {
		return false
	}
	return slices.ContainsFunc(elements, func(e json.RawMessage) bool { return string(e) == "null" })
}

func (b *bodyReader) time(q *Query) {
	var text string
	if b.read("datetime", "a string", &text) {
		var err error
		q.Time, err = ogcapi.Datetime(text)
		b.fail(err)
	}
}

func (b *bodyReader) limit() int {
	var limit int
	if !b.read("limit", "a whole number", &limit) {
		return defaultLimit
	}
	if limit < 1 {
		b.fail(fault.At(fault.Invalid, "limit", "limit is %d, not a whole number from 1", limit))
		return defaultLimit
	}
	return min(limit, maxLimit)
}

// place reads bbox or intersects.
func (b *bodyReader) place(q *Query) {
	box, shape := b.take("bbox"), b.take("intersects")
	if box != nil && shape != nil {
		b.fail(errBoth())
	}
	if shape != nil {
		g, err := stac.DecodeGeometry(unwrapped(shape), "intersects")
		b.fail(err)
		q.Geometry = g
	}
	if box == nil {
		return
	}
	var numbers []float64
	if err := json.Unmarshal(box, &numbers); err != nil || hasNull(box) {
		b.fail(fault.At(fault.Invalid, "bbox", "bbox is not an array of numbers"))
		return
	}
	g, err := ogcapi.BBox(numbers)
	b.fail(err)
	if shape == nil {
		q.Geometry = g
	}
}

// unwrapped is a geometry that some clients send as a text, as GET has it.
func unwrapped(shape json.RawMessage) []byte {
	var text string
	if json.Unmarshal(shape, &text) == nil {
		return []byte(text)
	}
	return shape
}

// rest refuses the fields that nobody took, but for those that ask for nothing.
func (b *bodyReader) rest() {
	offered := strings.Join(slices.Sorted(slices.Values(b.known)), ", ")
	for _, name := range slices.Sorted(maps.Keys(b.fields)) {
		if len(b.errs) > maxFaults {
			return
		}
		if !slices.Contains([]string{"null", "[]", "{}", `""`}, strings.Join(strings.Fields(string(b.fields[name])), "")) {
			b.fail(fault.At(fault.Invalid, name, "the field %q is not offered, but %s", name, offered))
		}
	}
}
