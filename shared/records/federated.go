package records

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// Federation asks other catalogues for records (OGC API - Records, federated search, draft).
type Federation interface {
	// Catalogues lists the catalogues that may be asked.
	Catalogues() []FederatedCatalogue
	// Search asks one of them for records by the parameters of a query, as long as its time allows.
	Search(ctx context.Context, of FederatedCatalogue, query url.Values) (FederatedPage, error)
}

// FederatedCatalogue is a catalogue that is asked together with this one.
type FederatedCatalogue struct {
	ID      string
	URL     string // of a collection of OGC API Records: its items lie below it
	Timeout time.Duration
}

// FederatedPage is what another catalogue answers.
type FederatedPage struct {
	Features []json.RawMessage // records, each with an id
	Matched  *int              // nil when it does not tell
	Next     string            // where it goes on
}

// systemCatalogue is what the catalogue of the system is called in that of a workspace. It is not asked over the network.
const systemCatalogue = "system"

const maxHops = 5

// federatedCatalogues lists the catalogues that a query may be sent to; from a workspace that of the system is one.
func (a api) federatedCatalogues(on asked) []FederatedCatalogue {
	var all []FederatedCatalogue
	if above, ok := on.above(); ok {
		all = append(all, FederatedCatalogue{ID: systemCatalogue, URL: above.collection(Main)})
	}
	if a.Federation != nil {
		all = append(all, a.Federation.Catalogues()...)
	}
	return all
}

// above is a request of a workspace as one of the system.
func (on asked) above() (asked, bool) {
	base, ok := strings.CutSuffix(on.base, "/workspaces/"+on.scope.Workspace)
	if on.scope.Workspace == scope.System || !ok {
		return asked{}, false
	}
	return asked{scope: on.scope.In(scope.System), base: base, root: base + Root}, true
}

// distribution is to which other catalogues a query is sent.
type distribution struct {
	to    []FederatedCatalogue
	query url.Values
}

// distributed are the parameters that say how a query is sent on, and how CSW spells those of the same meaning.
var distributed = []string{"distributedSearch", "distributedsearch", "hopCount", "hopcount", "federatedCatalogs", "clientId", "distributedSearchId", "distributedSearchIdTimeout"}

// ours are parameters that mean nothing to another catalogue.
var ours = append([]string{"token", "offset", "startindex", "f", "facets", "profile", "crs"}, distributed...)

// readDistribution reads whether and where a query is sent on: never further than the number of hops, one by default.
func (a api) readDistribution(on asked, p *ogcapi.Params, values url.Values) distribution {
	p.DropEmpty(distributed...)
	wanted := boolean(p, "distributedSearch") || boolean(p, "distributedsearch")
	hops := max(hopCount(p, "hopCount"), hopCount(p, "hopcount"))
	ids, id := p.List("federatedCatalogs"), p.Text("distributedSearchId")
	p.Text("clientId")
	p.Text("distributedSearchIdTimeout")
	offered := a.federatedCatalogues(on)
	if !p.Has("hopCount") && !p.Has("hopcount") {
		hops = 1
	}
	if !wanted || hops == 0 {
		return distribution{}
	}
	d := distribution{to: chosen(p, offered, ids), query: url.Values{}}
	for name, v := range values {
		if !slices.Contains(ours, name) && v[0] != "" {
			d.query[name] = v
		}
	}
	if hops > 1 { // who is asked sends it on
		d.query.Set("distributedSearch", "true")
		d.query.Set("hopCount", strconv.Itoa(min(hops, maxHops)-1))
		if id != "" {
			d.query.Set("distributedSearchId", id)
		}
	}
	return d
}

func boolean(p *ogcapi.Params, name string) bool {
	switch text := strings.ToLower(p.Text(name)); text {
	case "true":
		return true
	case "", "false":
	default:
		p.Fail(fault.At(fault.Invalid, name, "%s is %q, not true or false", name, text))
	}
	return false
}

func hopCount(p *ogcapi.Params, name string) int {
	text := p.Text(name)
	if text == "" {
		return 0
	}
	hops, err := strconv.Atoi(text)
	if err != nil || hops < 0 {
		p.Fail(fault.At(fault.Invalid, name, "%s is %q, not a whole number from 0", name, text))
	}
	return hops
}

// chosen are the offered catalogues of the ids, all when there are none.
func chosen(p *ogcapi.Params, offered []FederatedCatalogue, ids []string) []FederatedCatalogue {
	if len(ids) == 0 {
		return offered
	}
	var all []FederatedCatalogue
	for _, id := range ids {
		at := slices.IndexFunc(offered, func(c FederatedCatalogue) bool { return c.ID == id })
		if at < 0 {
			p.Fail(fault.At(fault.Invalid, "federatedCatalogs", "there is no federated catalogue %q: /federatedCatalogs of the collection lists them", id))
			continue
		}
		all = append(all, offered[at])
	}
	return all
}

// federatedAnswer tells how a catalogue answered.
type federatedAnswer struct {
	ID       string `json:"id"`
	URL      string `json:"catalogURL"`
	Matched  *int   `json:"numberMatched,omitempty"`
	Returned int    `json:"numberReturned"`
	Took     int64  `json:"elapsedTime"` // milliseconds
	Next     string `json:"next,omitempty"`
	Error    string `json:"error,omitempty"`

	features []json.RawMessage
}

// federate asks the other catalogues, all at the same time.
func (a api) federate(ctx context.Context, on asked, q Query, d distribution) []federatedAnswer {
	answers := make([]federatedAnswer, len(d.to))
	done := make(chan struct{}, len(d.to))
	for i, c := range d.to {
		go func() {
			defer func() { done <- struct{}{} }()
			answers[i] = a.askCatalogue(ctx, on, q, c, d.query)
		}()
	}
	for range d.to {
		<-done
	}
	return answers
}

func (a api) askCatalogue(ctx context.Context, on asked, q Query, c FederatedCatalogue, query url.Values) federatedAnswer {
	began := time.Now()
	answer := federatedAnswer{ID: c.ID, URL: c.URL}
	var page FederatedPage
	var err error
	if above, ok := on.above(); ok && c.ID == systemCatalogue {
		page, err = a.askSystem(ctx, above, q)
	} else {
		page, err = a.Federation.Search(ctx, c, query)
	}
	answer.Took = time.Since(began).Milliseconds()
	if err != nil {
		answer.Error = "the catalogue does not answer now"
		if fault.KindOf(err).Permanent() {
			answer.Error = err.Error()
		}
		return answer
	}
	for _, f := range page.Features {
		if marked, err := stac.SpliceMember(f, "federatedCatalog", quoted(c.ID)); err == nil {
			answer.features = append(answer.features, marked)
		}
	}
	answer.Matched, answer.Returned, answer.Next = page.Matched, len(answer.features), page.Next
	return answer
}

func quoted(s string) []byte {
	var w writer
	w.text(s)
	return w.Bytes()
}

// askSystem asks the catalogue of the system, which is this one.
func (a api) askSystem(ctx context.Context, above asked, q Query) (FederatedPage, error) {
	q.Collections = nil
	found, err := a.Store.Search(ctx, above.scope, q)
	if err != nil {
		return FederatedPage{}, err
	}
	page := FederatedPage{Matched: found.Matched}
	e := encoder{on: above, in: Main, crs: geo.CRS84}
	for _, rec := range found.Records {
		var w writer
		if err := e.record(&w, rec, false); err != nil {
			return page, err
		}
		page.Features = append(page.Features, w.Bytes())
	}
	return page, nil
}

// merged brings the records of all catalogues into the order that was asked for, newest first when none was.
func merged(own []json.RawMessage, others []federatedAnswer, keys []Sort) []json.RawMessage {
	if len(keys) == 0 {
		keys = []Sort{{Property: filter.PropertyDatetime, Desc: true}}
	}
	type placed struct {
		feature json.RawMessage
		values  []any
	}
	var all []placed
	for _, f := range own {
		all = append(all, placed{f, sortValues(f, keys)})
	}
	for _, other := range others {
		for _, f := range other.features {
			all = append(all, placed{f, sortValues(f, keys)})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int {
		for i, k := range keys {
			c := compareJSON(a.values[i], b.values[i])
			if k.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	features := make([]json.RawMessage, len(all))
	for i, p := range all {
		features[i] = p.feature
	}
	return features
}

// sortValues are the values of a record that it is ordered by.
func sortValues(feature json.RawMessage, keys []Sort) []any {
	var rec struct {
		ID         string
		Collection string
		Time       struct {
			Date, Timestamp string
			Interval        []string
		}
		Properties map[string]any
	}
	_ = json.Unmarshal(feature, &rec) // what is not there comes where nothing is
	values := make([]any, len(keys))
	for i, k := range keys {
		switch k.Property {
		case filter.PropertyID:
			values[i] = rec.ID
		case filter.PropertyCollection:
			values[i] = rec.Collection
		case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyTime:
			values[i] = cmp.Or(rec.Time.Timestamp, rec.Time.Date, strings.Join(rec.Time.Interval, "/"))
		default:
			values[i] = rec.Properties[strings.TrimPrefix(k.name, "properties.")]
		}
	}
	return values
}

// compareJSON orders values of JSON: nothing comes first, then truth values, numbers, texts.
func compareJSON(a, b any) int {
	rank := func(v any) int {
		switch v := v.(type) {
		case bool:
			return 1
		case float64:
			return 2
		case string:
			if v != "" {
				return 3
			}
		}
		return 0
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	}
	return 0
}

// writeFederated answers with the records of this catalogue and of others, and says how each of the others answered. Partial
// tells that one of them did not.
func (a answer) writeFederated(w http.ResponseWriter, r *http.Request, others []federatedAnswer) error {
	e := encoder{on: a.on, in: a.collection, crs: a.crs}
	var own []json.RawMessage
	for _, rec := range a.page.Records {
		var one writer
		if err := e.record(&one, rec, false); err != nil {
			return err
		}
		own = append(own, one.Bytes())
	}
	partial, matched := false, a.page.Matched
	for _, other := range others {
		partial = partial || other.Error != ""
		if other.Error == "" {
			matched = sum(matched, other.Matched)
		}
	}
	features := merged(own, others, a.query.Sort)
	var body writer
	body.WriteString(`{"type":"FeatureCollection","features":[`)
	for _, f := range features {
		body.comma()
		body.Write(f)
	}
	body.WriteByte(']')
	body.links(a.links)
	if matched != nil {
		body.member("numberMatched", *matched)
	}
	body.member("numberReturned", len(features))
	body.member("federatedCatalogs", others)
	body.member("partial", partial)
	body.WriteByte('}')
	if body.err != nil {
		return body.err
	}
	a.headers(w)
	ogcapi.Write(w, r, ogcapi.MediaTypeGeoJSON, body.Bytes())
	return nil
}

// sum is known when both parts are.
func sum(a, b *int) *int {
	if a == nil || b == nil {
		return nil
	}
	n := *a + *b
	return &n
}

// describedCatalogue is a federated catalogue as it is answered
// (…/extensions/federated-search/openapi/schemas/federatedCatalog.yaml of opengeospatial/ogcapi-records).
type describedCatalogue struct {
	ID      string `json:"id"`
	URL     string `json:"catalogURL"`
	Timeout int    `json:"timeout,omitempty"` // seconds
}

func (c FederatedCatalogue) described() describedCatalogue {
	return describedCatalogue{c.ID, c.URL, int(c.Timeout.Seconds())}
}

// catalogues lists the catalogues that a query can be sent to.
func (a api) catalogues(w http.ResponseWriter, r *http.Request) error {
	if err := jsonOnly(r); err != nil {
		return err
	}
	on := ask(r)
	if err := a.exists(r.Context(), on, r.PathValue("collection")); err != nil {
		return err
	}
	all := []describedCatalogue{}
	for _, c := range a.federatedCatalogues(on) {
		all = append(all, c.described())
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, all)
}

func (a api) catalogue(w http.ResponseWriter, r *http.Request) error {
	if err := jsonOnly(r); err != nil {
		return err
	}
	on, id := ask(r), r.PathValue("catalogue")
	if err := a.exists(r.Context(), on, r.PathValue("collection")); err != nil {
		return err
	}
	for _, c := range a.federatedCatalogues(on) {
		if c.ID == id {
			return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, c.described())
		}
	}
	return fault.New(fault.NotFound, "there is no federated catalogue %q", id)
}

func jsonOnly(r *http.Request) error {
	p := ogcapi.ReadParams(r)
	p.Format(r, ogcapi.JSON)
	return p.Err()
}
