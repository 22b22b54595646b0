package source

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// STACAPI is the items that a STAC API 1.0.0 finds (HRV-05). It is asked from its landing page on: by POST where it offers
// that, else by GET; sorted, where it sorts, so that pages stay what they are while others write; and with the filter of the
// harvester, where it understands CQL2.
type STACAPI struct {
	Web     Web
	URL     string // of the landing page, or of the search itself
	Query   Query
	Service Service
	Filter  json.RawMessage // CQL2 JSON
}

// Root is the node where a walk begins.
func (s *STACAPI) Root() string { return s.URL }

// posted begins the nodes of searches by POST: their address, and behind a space what of the body is another than asked
// for at first.
const posted = "POST "

// Visit asks the landing page for the search, or a page of it.
func (s *STACAPI) Visit(ctx context.Context, node string) (Found, error) {
	q := Question{URL: node, Accept: mediaGeoJSON + ", " + mediaJSON, Limit: maxReply}
	body := map[string]any{}
	if rest, post := strings.CutPrefix(node, posted); post {
		var changed string
		q.URL, changed, _ = strings.Cut(rest, " ")
		var err error
		if body, err = s.changed(changed); err != nil {
			return Found{}, err
		}
		if q.Body, err = json.Marshal(body); err != nil {
			return Found{}, fault.Classify(fault.Internal, err, "writing a search")
		}
	}
	reply, err := s.Web.Ask(ctx, q)
	if err != nil {
		return Found{}, err
	}
	var kind struct {
		Type        string             `json:"type"`
		Collections *[]json.RawMessage `json:"collections"`
		Links       []pageLink         `json:"links"`
	}
	if err := json.Unmarshal(reply.Body, &kind); err != nil {
		return Found{}, fault.Classify(fault.Invalid, err, "%s answers what is no JSON", q.URL)
	}
	switch {
	case kind.Type == "FeatureCollection":
		return s.page(reply, body)
	case kind.Collections != nil:
		return s.collections(reply.URL, *kind.Collections, kind.Links)
	}
	return s.landing(reply)
}

// collections takes those collections of a page that are asked for.
func (s *STACAPI) collections(page string, all []json.RawMessage, links []pageLink) (Found, error) {
	var found Found
	if err := bearable(len(all)); err != nil {
		return found, err
	}
	for i, raw := range all {
		c, err := stac.DecodeCollection(raw)
		if err != nil {
			found.Failures = append(found.Failures, Failure{fmt.Sprintf("%s#%d", page, i+1), err})
			continue
		}
		content, err := anchored(raw, page, true)
		if err != nil {
			return found, err
		}
		found.Documents = append(found.Documents, Document{
			Href: page + "#" + c.ID, Kind: stac.TypeCollection, Content: content, Left: len(s.Query.Collections) > 0 && !slices.Contains(s.Query.Collections, c.ID),
			Record: record.Record{Key: record.Key{ID: c.ID}, Type: record.TypeCollection, Title: c.Title},
		})
	}
	if l := related(links, "next"); len(l) > 0 && len(all) > 0 {
		next, err := nextAddress(page, l[0].Href)
		found.Next = []string{next}
		return found, err
	}
	return found, nil
}

// page takes the items of a page.
func (s *STACAPI) page(reply Reply, asked map[string]any) (Found, error) {
	return takeFeatures(reply, func(found *Found, feature []byte, at int) {
		content, err := anchoredItem(feature, reply.URL)
		found.item(content, err, reply.URL, at, nil)
	}, func(page string, next pageLink) (string, error) { return s.next(page, next, asked) })
}

func anchoredItem(feature []byte, place string) ([]byte, error) {
	if _, err := stac.DecodeItem(feature); err != nil {
		return feature, err
	}
	return anchored(feature, place, true)
}

// landing finds the search of a landing page, and what of the query it understands.
func (s *STACAPI) landing(reply Reply) (Found, error) {
	var page struct {
		ConformsTo []string   `json:"conformsTo"`
		Links      []pageLink `json:"links"`
	}
	if err := json.Unmarshal(reply.Body, &page); err != nil {
		return Found{}, fault.Classify(fault.Invalid, err, "%s cannot be read", reply.URL)
	}
	offered := map[string]string{}
	for _, l := range page.Links {
		if l.Rel == "search" {
			at, err := nextAddress(reply.URL, l.Href)
			if err != nil {
				return Found{}, err
			}
			offered[cmp.Or(l.Method, http.MethodGet)] = at
		}
	}
	method := cmp.Or(s.Service.Method, http.MethodPost)
	if offered[method] == "" && s.Service.Method == "" {
		method = http.MethodGet
	}
	at := cmp.Or(offered[method], offered[http.MethodGet], offered[http.MethodPost])
	if at == "" {
		return Found{}, fault.New(fault.Invalid, "%s is neither a page of items nor the landing page of a STAC API with item search", reply.URL)
	}
	found, err := s.first(at, method, page.ConformsTo)
	if data := related(page.Links, "data"); err == nil && s.Service.Collections && len(data) > 0 {
		var list string
		list, err = nextAddress(reply.URL, data[0].Href)
		found.Next = append([]string{list}, found.Next...)
	}
	return found, err
}

// first is the address of the first page.
func (s *STACAPI) first(at, method string, conforms []string) (Found, error) {
	has := func(class string) bool {
		return slices.ContainsFunc(conforms, func(c string) bool { return strings.HasSuffix(c, class) || strings.Contains(c, class+"-") })
	}
	sorts, filters := has("#sort"), has("#filter") && slices.ContainsFunc(conforms, func(c string) bool { return strings.Contains(c, "cql2") })
	if method == http.MethodPost {
		return Found{Next: []string{posted + at + " " + flags(sorts, filters)}}, nil
	}
	address, err := s.get(at, sorts, filters)
	if err == nil && len(address) > maxAddress {
		err = fault.New(fault.Invalid, "the search has %d bytes as an address, more than %d", len(address), maxAddress)
	}
	return Found{Next: []string{address}}, err
}

// flags tell the node of the first page what the service understands.
func flags(sorts, filters bool) string {
	changed, _ := json.Marshal(map[string]any{"sorts": sorts, "filters": filters}) // of plain values
	return string(changed)
}

// search is the body of the first search.
func (s *STACAPI) search(sorts, filters bool) (map[string]any, error) {
	q := s.Query
	body := map[string]any{"limit": cmp.Or(s.Service.PageSize, someOfPage)}
	if t := q.datetime(); t != "" {
		body["datetime"] = t
	}
	if len(q.BBox) > 0 {
		body["bbox"] = q.BBox
	}
	if len(q.Collections) > 0 {
		body["collections"] = q.Collections
	}
	if order := s.order(sorts); len(order) > 0 {
		var by []map[string]string
		for _, o := range order {
			by = append(by, map[string]string{"field": o[1:], "direction": map[byte]string{'+': "asc", '-': "desc"}[o[0]]})
		}
		body["sortby"] = by
	}
	if filters && len(s.Filter) > 0 {
		body["filter"], body["filter-lang"] = s.Filter, "cql2-json"
	}
	for name, value := range q.Extra {
		body[name] = value
	}
	return plain(body)
}

// plain is a body as it is read again.
func plain(body map[string]any) (map[string]any, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "writing a search")
	}
	var again map[string]any
	return again, fault.Classify(fault.Internal, json.Unmarshal(text, &again), "writing a search")
}

// order is the order in which pages come, each property with + or - before it: one that new items come last in, so that they
// do not move what was seen.
func (s *STACAPI) order(sorts bool) []string {
	switch {
	case len(s.Service.SortBy) > 0:
		var order []string
		for _, by := range s.Service.SortBy {
			if by != "" && by[0] != '+' && by[0] != '-' {
				by = "+" + by
			}
			order = append(order, by)
		}
		return order
	case sorts:
		return []string{"+properties.datetime", "+id"}
	}
	return nil
}

// get is the first search as an address.
func (s *STACAPI) get(at string, sorts, filters bool) (string, error) {
	q := s.Query
	params := []string{
		"limit", strconv.Itoa(cmp.Or(s.Service.PageSize, someOfPage)), "datetime", q.datetime(), "bbox", q.bbox(),
		"collections", strings.Join(q.Collections, ","), "sortby", strings.Join(s.order(sorts), ","),
	}
	if filters && len(s.Filter) > 0 {
		params = append(params, "filter", string(s.Filter), "filter-lang", "cql2-json")
	}
	for _, name := range slices.Sorted(maps.Keys(q.Extra)) {
		params = append(params, name, q.Extra[name])
	}
	return withParams(at, params...), nil
}

// change is how a search differs from the first one.
type change struct {
	Sorts   bool           `json:"sorts,omitempty"`
	Filters bool           `json:"filters,omitempty"`
	Set     map[string]any `json:"set,omitempty"`
	Without []string       `json:"without,omitempty"`
}

// changed is the body of a search by its difference from the first one, and keeps the flags in it for the next page.
func (s *STACAPI) changed(text string) (map[string]any, error) {
	var c change
	if text != "" {
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return nil, fault.Classify(fault.Invalid, err, "the page cannot be asked for")
		}
	}
	body, err := s.search(c.Sorts, c.Filters)
	if err != nil {
		return nil, err
	}
	maps.Copy(body, c.Set)
	for _, name := range c.Without {
		delete(body, name)
	}
	return body, nil
}

// next is the node of the next page: by GET its address, by POST its address and what of the body is another.
func (s *STACAPI) next(page string, l pageLink, asked map[string]any) (string, error) {
	at, err := nextAddress(page, l.Href)
	if err != nil || !strings.EqualFold(l.Method, http.MethodPost) {
		return at, err
	}
	body := map[string]any{}
	if len(l.Body) > 0 && !bytes.Equal(l.Body, []byte("null")) {
		if err := json.Unmarshal(l.Body, &body); err != nil {
			return "", fault.Classify(fault.Invalid, err, "the body of the next page cannot be read")
		}
	}
	if l.Merge {
		whole := maps.Clone(asked)
		maps.Copy(whole, body)
		body = whole
	}
	return s.node(at, body)
}

// node writes a search by POST as a node.
func (s *STACAPI) node(at string, body map[string]any) (string, error) {
	c := change{Set: map[string]any{}}
	_, c.Sorts = body["sortby"]
	_, c.Filters = body["filter"]
	first, err := s.search(c.Sorts, c.Filters)
	if err != nil {
		return "", err
	}
	for name, value := range body {
		if was, same := first[name]; !same || !reflect.DeepEqual(was, value) {
			c.Set[name] = value
		}
	}
	for name := range first {
		if _, still := body[name]; !still {
			c.Without = append(c.Without, name)
		}
	}
	slices.Sort(c.Without)
	text, err := json.Marshal(c)
	if err != nil {
		return "", fault.Classify(fault.Internal, err, "writing a search")
	}
	node := posted + at + " " + string(text)
	if len(node) > maxAddress {
		return "", fault.New(fault.Invalid, "the next page is named by %d bytes, more than the %d that are kept", len(node), maxAddress)
	}
	return node, nil
}
