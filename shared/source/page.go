package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

// The bounds of pages.
const (
	maxReply     = 32 << 20 // bytes
	maxOfPage    = 20_000   // items
	someOfPage   = 200      // items asked for, where nothing else is said
	maxNextBytes = maxAddress
)

// The media types that services are asked for.
const (
	mediaJSON    = "application/json"
	mediaGeoJSON = "application/geo+json"
	mediaAtom    = "application/atom+xml"
	mediaXML     = "application/xml"
)

// pageLink is a link of a page, with what STAC API adds to one.
type pageLink struct {
	Rel    string          `json:"rel"`
	Href   string          `json:"href"`
	Type   string          `json:"type"`
	Method string          `json:"method"`
	Body   json.RawMessage `json:"body"`
	Merge  bool            `json:"merge"`
}

// featurePage is as much of a GeoJSON page as walking it needs.
type featurePage struct {
	Type       string            `json:"type"`
	Features   []json.RawMessage `json:"features"`
	Links      []pageLink        `json:"links"`
	Properties struct {
		Links []pageLink `json:"links"`
	} `json:"properties"` // of resto
}

// next is the link to the next page, when this one has items: some services always tell of another.
func (p featurePage) next() (pageLink, bool) {
	if len(p.Features) == 0 {
		return pageLink{}, false
	}
	for _, links := range [][]pageLink{p.Links, p.Properties.Links} {
		for _, l := range links {
			if l.Rel == "next" && l.Href != "" {
				return l, true
			}
		}
	}
	return pageLink{}, false
}

// takeFeatures takes the features of a page of GeoJSON into what is found, one by one, and goes on where the link to the next
// page leads.
func takeFeatures(reply Reply, take func(found *Found, feature []byte, at int), leads func(page string, next pageLink) (string, error)) (Found, error) {
	p, err := readFeatures(reply)
	if err != nil {
		return Found{}, err
	}
	var found Found
	for i, feature := range p.Features {
		take(&found, feature, i)
	}
	if l, more := p.next(); more {
		next, err := leads(reply.URL, l)
		if err != nil {
			return Found{}, err
		}
		found.Next = []string{next}
	}
	return found, nil
}

// byAddress goes on at the address of a link.
func byAddress(page string, next pageLink) (string, error) { return nextAddress(page, next.Href) }

// readFeatures reads a page of GeoJSON.
func readFeatures(reply Reply) (featurePage, error) {
	var p featurePage
	if err := json.Unmarshal(reply.Body, &p); err != nil {
		return p, fault.Classify(fault.Invalid, err, "the page %s cannot be read", reply.URL)
	}
	if p.Type != "FeatureCollection" {
		return p, fault.New(fault.Invalid, "%s is no FeatureCollection, but %.50q", reply.URL, p.Type)
	}
	return p, bearable(len(p.Features))
}

func bearable(items int) error {
	if items > maxOfPage {
		return fault.New(fault.Invalid, "the page has %d items, more than the %d that are read", items, maxOfPage)
	}
	return nil
}

// nextAddress finds where a link of a page leads.
func nextAddress(page, href string) (string, error) {
	href = stac.ResolveHref(page, href)
	if !isWeb(href) || len(href) > maxNextBytes {
		return "", fault.New(fault.Invalid, "the next page is at %.200q (%d bytes), which is no address of the web of at most %d bytes", href, len(href), maxNextBytes)
	}
	return href, nil
}

// item takes an item of a page into what was found; what is wrong with it is told, and the page goes on.
func (f *Found) item(content []byte, err error, page string, at int, taken func(*stac.Item) bool) {
	place := fmt.Sprintf("%s#%d", page, at+1)
	var item *stac.Item
	if err == nil {
		item, err = stac.DecodeItem(content)
	}
	if err != nil {
		if _, id := who(content); id != "" {
			place = fmt.Sprintf("%s#%.200s", page, id)
		}
		f.Failures = append(f.Failures, Failure{place, err})
		return
	}
	f.Documents = append(f.Documents, Document{
		Href: page + "#" + item.ID, Content: content, Kind: stac.TypeItem, Record: item.Record(), Left: taken != nil && !taken(item),
	})
}

// who reads the collection and the id of a document, as far as that goes.
func who(content []byte) (collection, id string) {
	var said struct {
		Collection, ID any
	}
	if json.Unmarshal(content, &said) != nil {
		return "", ""
	}
	collection, _ = said.Collection.(string)
	id, _ = said.ID.(string)
	return collection, id
}

// withParams sets parameters of an address; empty values are left out.
func withParams(address string, params ...string) string {
	at, err := url.Parse(address)
	if err != nil {
		return address
	}
	query := at.Query()
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			query.Set(params[i], params[i+1])
		}
	}
	at.RawQuery = query.Encode()
	return at.String()
}

// datetime writes the time of a query as OGC APIs do.
func (q Query) datetime() string {
	if q.Begin.IsZero() && q.End.IsZero() {
		return ""
	}
	return orOpen(q.begin()) + "/" + orOpen(q.end())
}

func orOpen(text string) string {
	if text == "" {
		return ".."
	}
	return text
}

const timeLayout = "2006-01-02T15:04:05.999Z07:00"

func (q Query) begin() string {
	if q.Begin.IsZero() {
		return ""
	}
	return q.Begin.Format(timeLayout)
}

func (q Query) end() string {
	if q.End.IsZero() {
		return ""
	}
	return q.End.Format(timeLayout)
}

// bbox writes the box of a query: west,south,east,north.
func (q Query) bbox() string {
	parts := make([]string, len(q.BBox))
	for i, n := range q.BBox {
		parts[i] = number(n)
	}
	return strings.Join(parts, ",")
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// wkt writes the box of a query as a polygon, or as two where it crosses the antimeridian.
func (q Query) wkt() string {
	if len(q.BBox) != 4 {
		return ""
	}
	ring := func(w, e float64) string {
		south, north := number(q.BBox[1]), number(q.BBox[3])
		west, east := number(w), number(e)
		return fmt.Sprintf("((%s %s,%s %s,%s %s,%s %s,%s %s))", west, south, east, south, east, north, west, north, west, south)
	}
	if w, e := q.BBox[0], q.BBox[2]; w > e {
		return "MULTIPOLYGON(" + ring(w, 180) + "," + ring(-180, e) + ")"
	}
	return "POLYGON" + ring(q.BBox[0], q.BBox[2])
}

// isJSON tells whether a text begins as an object of JSON.
func isJSON(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) }

// ours are the relations of links that whoever keeps an item answers with links of its own.
var ours = []string{"self", "root", "parent", "collection", "next", "prev", "item", "items", "child"}

// anchored makes the addresses of a document absolute against where it was found, or against what it calls its own address
// where that is trusted, for it is kept elsewhere: its own address becomes a link of the relation via, and those that lead
// about the catalogue it came from are left out. All else stays byte for byte.
func anchored(content []byte, place string, trusted bool) ([]byte, error) {
	links, err := stac.Links(content)
	if err != nil {
		return nil, err
	}
	e, err := stac.NewEditor(content)
	if err != nil {
		return nil, err
	}
	base, via, kept := place, "", []stac.Link{}
	for _, l := range links {
		if l.Rel == "self" && isWeb(l.Href) {
			via = l.Href
		}
	}
	if trusted && via != "" {
		base = via
	}
	for _, l := range links {
		if slices.Contains(ours, l.Rel) {
			continue
		}
		if at := stac.ResolveHref(base, l.Href); at != l.Href {
			l.Href, l.Raw = at, nil
		}
		kept = append(kept, l)
	}
	if via != "" && !slices.ContainsFunc(kept, func(l stac.Link) bool { return l.Rel == "via" }) {
		kept = append(kept, stac.Link{Rel: "via", Href: via})
	}
	if err := e.SetLinks(kept); err != nil {
		return nil, err
	}
	err = e.EditAssets(func(_, href string) stac.AssetEdit { return stac.AssetEdit{Href: stac.ResolveHref(base, href)} })
	return e.Bytes(), err
}
