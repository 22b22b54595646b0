package records

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/record"
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
	Title   string
	URL     string // of a collection of OGC API Records: its items lie below it
	Timeout time.Duration
}

// FederatedPage is what another catalogue answers.
type FederatedPage struct {
	Features []json.RawMessage // records, each with an id
	Matched  *int              // nil when it does not tell
	Next     string            // the address where it goes on
	Token    string            // of this catalogue itself: where it goes on
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

// distribution is to which other catalogues a query is sent, and where each of them goes on.
type distribution struct {
	to    []FederatedCatalogue
	query url.Values
	at    positions // nil on the first page
}

// distributed are the parameters that say how a query is sent on, and how CSW spells those of the same meaning.
var distributed = []string{"distributedSearch", "distributedsearch", "hopCount", "hopcount", "federatedCatalogs", "clientId", "distributedSearchId", "distributedSearchIdTimeout"}

// ours are parameters that mean nothing to another catalogue.
var ours = append([]string{"token", "offset", "startindex", "f", "facets", "profile", "crs"}, distributed...)

// readDistribution reads whether and where a query is sent on: never further than the number of hops, one by default. Who
// wants no records does not want those of others either.
func (a api) readDistribution(on asked, p *ogcapi.Params, values url.Values, q *Query) distribution {
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
	if !wanted || hops == 0 || q.Limit == 0 {
		return distribution{}
	}
	d := distribution{to: chosen(p, offered, ids), query: url.Values{}}
	for name, v := range values {
		if !slices.Contains(ours, name) && v[0] != "" {
			d.query.Set(name, v[0])
		}
	}
	d.query.Set("limit", strconv.Itoa(q.Limit))
	if hops > 1 { // who is asked sends it on
		d.query.Set("distributedSearch", "true")
		d.query.Set("hopCount", strconv.Itoa(min(hops, maxHops)-1))
		if id != "" {
			d.query.Set("distributedSearchId", id)
		}
	}
	switch {
	case a.Grouped && q.After != "": // of the others the first page was answered with links to what is behind it
		return distribution{}
	case !a.Grouped && len(d.to) > 0:
		d.at = readPositions(p, q)
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

// chosen are the offered catalogues of the ids, all when there are none. A number behind an id is how many seconds the
// catalogue is waited for, at most as many as it is anyway.
func chosen(p *ogcapi.Params, offered []FederatedCatalogue, ids []string) []FederatedCatalogue {
	if len(ids) == 0 {
		return offered
	}
	var all []FederatedCatalogue
	for _, id := range ids {
		at := slices.IndexFunc(offered, func(c FederatedCatalogue) bool { return c.ID == id })
		seconds, notNumber := strconv.Atoi(id)
		switch {
		case at >= 0:
			all = append(all, offered[at])
		case notNumber == nil && seconds > 0 && len(all) > 0:
			last := &all[len(all)-1]
			last.Timeout = min(last.Timeout, time.Duration(min(seconds, maxSeconds))*time.Second)
		default:
			p.Fail(fault.At(fault.Invalid, "federatedCatalogs", "there is no federated catalogue %q: /federatedCatalogs of the collection lists them", id))
		}
	}
	return all
}

const maxSeconds = 3600

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
	from, to position // where they began, and where what is behind them does
	ended    bool     // there is nothing behind them that is found by a position
	link     string   // leads to what is behind them
	asked    bool
}

// federate asks the other catalogues that have not come to their end, all at the same time.
func (a api) federate(ctx context.Context, on asked, q Query, d distribution) []federatedAnswer {
	answers := make([]federatedAnswer, len(d.to))
	var all sync.WaitGroup
	for i, c := range d.to {
		answers[i] = federatedAnswer{ID: c.ID, URL: c.URL, ended: true}
		if from, open := d.at.of(c.ID); open {
			answers[i].asked = true
			all.Go(func() { a.askCatalogue(ctx, on, q, c, d.query, from, &answers[i]) })
		}
	}
	all.Wait()
	return answers
}

// askCatalogue asks a catalogue for the records from a position on.
func (a api) askCatalogue(ctx context.Context, on asked, q Query, c FederatedCatalogue, query url.Values, from position, answer *federatedAnswer) {
	began := time.Now()
	var page FederatedPage
	var err error
	if above, ok := on.above(); ok && c.ID == systemCatalogue {
		page, err = a.askSystem(ctx, above, q, from, query)
	} else {
		page, err = a.Federation.Search(ctx, c, from.question(query))
	}
	answer.Took = time.Since(began).Milliseconds()
	if err != nil {
		answer.Error = "the catalogue does not answer now"
		if fault.KindOf(err).Permanent() {
			answer.Error = err.Error()
		}
		return
	}
	for _, f := range page.Features {
		if marked, err := stac.SpliceMember(f, "federatedCatalog", quoted(c.ID)); err == nil {
			answer.features = append(answer.features, marked)
		}
	}
	answer.Matched, answer.from, answer.link = page.Matched, from, page.Next
	if to, ok := following(page, query); ok {
		answer.to, answer.ended = to, false
	} else {
		answer.Next = page.Next // who asks has to go there
	}
}

func quoted(s string) []byte {
	var w writer
	w.text(s)
	return w.Bytes()
}

// askSystem asks the catalogue of the system, which is this one.
func (a api) askSystem(ctx context.Context, above asked, q Query, from position, query url.Values) (FederatedPage, error) {
	q.After, q.Offset = from.Token, 0
	found, err := a.Store.Search(ctx, above.scope, q)
	if err != nil {
		return FederatedPage{}, err
	}
	page := FederatedPage{Matched: found.Matched, Token: found.Next}
	if found.Next != "" {
		page.Next = ogcapi.WithQuery(above.collection(collectionOf(q))+"/items", query, map[string]string{"token": found.Next})
	}
	e := encoder{on: above, in: Main, crs: geo.CRS84}
	page.Features, err = e.features(found.Records)
	return page, err
}

// collectionOf is the collection that a query is asked of.
func collectionOf(q Query) string {
	if len(q.Collections) == 1 {
		return q.Collections[0]
	}
	return Main
}

// features writes records one by one.
func (e encoder) features(all []record.Record) ([]json.RawMessage, error) {
	features := make([]json.RawMessage, len(all))
	for i, rec := range all {
		var w writer
		if err := e.record(&w, rec, false); err != nil {
			return nil, err
		}
		features[i] = w.Bytes()
	}
	return features, nil
}

// federated is a page of records of this catalogue and of others.
type federated struct {
	answer
	features []json.RawMessage // all of them, in their order
	others   []federatedAnswer
	failed   bool // one of the others did not answer
	matched  *int
	grouped  bool // those of others are not among the features
	next     positions
}

// maxRounds is how often catalogues are asked for further records of a page that would have none: what was inserted
// meanwhile can move those that were taken to the end of the page that they are on.
const maxRounds = 3

// listFederated answers with the records of this catalogue and of others.
func (a api) listFederated(w http.ResponseWriter, r *http.Request, own answer, d distribution, facets []Facet, people bool) error {
	all, err := a.distribute(r.Context(), own, d)
	for rounds := 1; rounds < maxRounds && err == nil && len(all.features) == 0 && len(all.next) > 0; rounds++ {
		own.query.After, d.at = all.next[here].Token, all.next
		all, err = a.distribute(r.Context(), own, d)
	}
	if err != nil {
		return err
	}
	if err := a.divide(r, &all.answer, facets); err != nil {
		return err
	}
	if !all.grouped {
		all.page.Next, all.page.Prev = all.next.token(), ""
	}
	all.links = pageLinks(r, own.on.collection(own.collection), all.page)
	if people {
		return all.writePage(w, r)
	}
	return all.write(w, r)
}

// distribute asks this catalogue and the others, and brings the records of all into one order: as many as are asked for at
// most.
func (a api) distribute(ctx context.Context, own answer, d distribution) (federated, error) {
	from, open := d.at.of(here)
	if open {
		page, err := a.Store.Search(ctx, own.on.scope, own.query)
		if err != nil {
			return federated{}, err
		}
		own.page = page
	}
	all := federated{answer: own, grouped: a.Grouped, matched: own.page.Matched, others: a.federate(ctx, own.on, own.query, d)}
	e := encoder{on: own.on, in: own.collection, crs: own.crs}
	mine, err := e.features(own.page.Records)
	if err != nil {
		return all, err
	}
	for i, other := range all.others {
		all.failed = all.failed || other.Error != ""
		all.others[i].Returned = len(other.features)
	}
	if a.Grouped {
		all.features = mine
		return all, nil
	}
	sources := []*source{{id: here, features: mine, from: from, to: position{Token: own.page.Next}, ended: own.page.Next == ""}}
	for _, other := range all.others {
		if other.asked && other.Error == "" {
			all.matched = sum(all.matched, other.Matched)
		}
		sources = append(sources, &source{id: other.ID, features: other.features, from: other.from, to: other.to, ended: other.ended})
	}
	var features []placed
	features, all.next = merge(sources, own.query.Sort, own.query.Limit)
	for i := range all.others {
		all.others[i].Returned = sources[i+1].taken
	}
	all.features, err = e.moveAll(features)
	return all, err
}

// moveAll brings the records of others, which come in longitude and latitude, into the reference system that was asked
// for; those of this catalogue are in it.
func (e encoder) moveAll(features []placed) ([]json.RawMessage, error) {
	all := make([]json.RawMessage, len(features))
	for i, f := range features {
		all[i] = f.feature
		if f.source == here || e.plain() {
			continue
		}
		edited, err := stac.NewEditor(f.feature)
		if err == nil {
			err = e.moved(edited, f.feature)
		}
		if err != nil {
			return nil, fault.Classify(fault.Internal, err, "moving a record of the catalogue %s", f.source)
		}
		all[i] = edited.Bytes()
	}
	return all, nil
}

// write answers with the records of this catalogue and of others, and says how each of the others answered. Partial tells
// that one of them did not.
func (f federated) write(w http.ResponseWriter, r *http.Request) error {
	var body writer
	body.WriteString(`{"type":"FeatureCollection","features":[`)
	for _, feature := range f.features {
		body.comma()
		body.Write(feature)
	}
	body.WriteByte(']')
	body.links(f.links)
	if f.matched != nil {
		body.member("numberMatched", *f.matched)
	}
	body.member("numberReturned", len(f.features))
	if f.facets != nil {
		body.member("facets", f.facets)
	}
	if f.partial {
		body.member("facetsArePartial", true)
	}
	if f.grouped {
		body.member("federatedSearchResults", grouped(f.others))
	} else {
		body.member("federatedCatalogs", f.others)
	}
	body.member("partial", f.failed)
	body.WriteByte('}')
	if body.err != nil {
		return body.err
	}
	f.headers(w)
	ogcapi.Write(w, r, ogcapi.MediaTypeGeoJSON, body.Bytes())
	return nil
}

// federatedGroup is what another catalogue answered, by itself, and federatedFailure that it did not
// (…/extensions/federated-search/openapi/schemas/federatedSearchResults.yaml of opengeospatial/ogcapi-records).
type (
	federatedGroup struct {
		Type     string            `json:"type"`
		Took     int64             `json:"elapsedTime"` // milliseconds
		Features []json.RawMessage `json:"features"`
		Links    []record.Link     `json:"links"`
		Matched  *int              `json:"numberMatched,omitempty"`
		Returned int               `json:"numberReturned"`
	}
	federatedFailure struct {
		Took   int64          `json:"elapsedTime"`
		Report ogcapi.Problem `json:"exceptionReport"`
	}
)

// grouped are the answers of other catalogues by their ids.
func grouped(others []federatedAnswer) map[string]any {
	all := map[string]any{}
	for _, o := range others {
		if o.Error != "" {
			all[o.ID] = federatedFailure{o.Took, ogcapi.Problem{Type: "about:blank", Title: http.StatusText(http.StatusBadGateway), Status: http.StatusBadGateway, Detail: o.Error}}
			continue
		}
		g := federatedGroup{Type: "FeatureCollection", Took: o.Took, Features: o.features, Links: []record.Link{}, Matched: o.Matched, Returned: o.Returned}
		if g.Features == nil {
			g.Features = []json.RawMessage{}
		}
		if o.link != "" {
			g.Links = append(g.Links, record.Link{Rel: "next", Href: o.link, Type: ogcapi.MediaTypeGeoJSON})
		}
		all[o.ID] = g
	}
	return all
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
	Title   string `json:"title,omitempty"`
	URL     string `json:"catalogURL"`
	Timeout int    `json:"timeout,omitempty"` // seconds
}

func (c FederatedCatalogue) described() describedCatalogue {
	return describedCatalogue{c.ID, c.Title, c.URL, int(c.Timeout.Seconds())}
}

// catalogues lists the catalogues that a query can be sent to.
func (a api) catalogues(w http.ResponseWriter, r *http.Request) error {
	all := []describedCatalogue{}
	format, err := a.readCatalogues(r)
	if err != nil {
		return err
	}
	on := ask(r)
	for _, c := range a.federatedCatalogues(on) {
		all = append(all, c.described())
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return cataloguesPage(w, r, "Catalogues that are asked together with this one", all, on.collection(r.PathValue("collection"))+"/items")
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, all)
}

func (a api) catalogue(w http.ResponseWriter, r *http.Request) error {
	format, err := a.readCatalogues(r)
	if err != nil {
		return err
	}
	on, id := ask(r), r.PathValue("catalogue")
	at := slices.IndexFunc(a.federatedCatalogues(on), func(c FederatedCatalogue) bool { return c.ID == id })
	if at < 0 {
		return fault.New(fault.NotFound, "there is no federated catalogue %q", id)
	}
	c := a.federatedCatalogues(on)[at].described()
	if format.MediaType == ogcapi.MediaTypeHTML {
		return cataloguesPage(w, r, "A catalogue that is asked together with this one", []describedCatalogue{c}, on.collection(r.PathValue("collection"))+"/items")
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, c)
}

// readCatalogues reads what is asked of the catalogues of a collection, which has to be there.
func (a api) readCatalogues(r *http.Request) (ogcapi.Format, error) {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return format, err
	}
	return format, a.exists(r.Context(), ask(r), r.PathValue("collection"))
}

// cataloguesPage shows catalogues to people, with a search that is sent to each alone.
func cataloguesPage(w http.ResponseWriter, r *http.Request, title string, all []describedCatalogue, items string) error {
	on, collection := ask(r), r.PathValue("collection")
	var rows [][]page.Node
	for _, c := range all {
		asked := items + "?" + url.Values{"distributedSearch": {"true"}, "federatedCatalogs": {c.ID}, "f": {"html"}}.Encode()
		rows = append(rows, []page.Node{page.Link(asked, page.Text(c.ID)), page.Text(c.Title), page.Link(c.URL, page.Text(c.URL))})
	}
	body := []page.Node{page.Table([]page.Column{{Name: "Search"}, {Name: "Title"}, {Name: "Address"}}, rows...)}
	if len(rows) == 0 {
		body = []page.Node{page.Paragraph(page.Text("There are none."))}
	}
	return sheet{title: title, trail: trail(on, collectionsAnchor(on), collectionAnchor(on, collection)), body: body}.write(w, r)
}
