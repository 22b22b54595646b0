package csw

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"perigee/shared/fault"
	"perigee/shared/federation"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Federation asks the catalogues that the operator named (07-006r1, clause 10.8.4.13; 12-176r7, clause 7.3.4).
type Federation interface {
	// Catalogues lists the catalogues that may be asked, all of them CSW.
	Catalogues() []federation.Catalogue
	// Ask sends a question to one of them, and gives its answer as long as it is small enough.
	Ask(ctx context.Context, of federation.Catalogue, q Onward) (OnwardAnswer, error)
}

// The bounds of a distributed search.
const (
	defaultHops     = 2 // the schemas of either version
	maxHops         = 5
	defaultPatience = 10 * time.Second
)

// distribution says whether a query is asked of other catalogues too. The request has come over one hop, which is taken off.
type distribution struct {
	hops     int // over which it may go on from here; 0: it is not sent on
	only     []restriction
	clientID string
	searchID string
}

// restriction is a catalogue that a request names: those that it does not name are not asked.
type restriction struct {
	URL     string `xml:"catalogueURL,attr"`
	Timeout string `xml:"timeout,attr"` // milliseconds
}

// distributedXML is csw:DistributedSearch of either version.
type distributedXML struct {
	Hops     string        `xml:"hopCount,attr"`
	ClientID string        `xml:"clientId,attr"`
	SearchID string        `xml:"distributedSearchId,attr"`
	Only     []restriction `xml:"federatedCatalogues"`
}

// values are the element as key-value pairs, but for the catalogues.
func (x *distributedXML) values(to map[string][]string) {
	if x != nil {
		to["distributedSearch"], to["hopCount"], to["clientId"], to["distributedSearchId"] = []string{"TRUE"}, []string{x.Hops}, []string{x.ClientID}, []string{x.SearchID}
	}
}

// parseDistribution reads distributedSearch, hopCount and federatedCatalogues.
func parseDistribution(p *ows.Params) distribution {
	d := distribution{clientID: p.Get("clientId"), searchID: p.Get("distributedSearchId")}
	hops := p.Int("hopCount", defaultHops, 0, math.MaxInt32)
	if p.Bool("distributedSearch", false) {
		d.hops = max(0, min(hops, maxHops)-1)
	}
	for _, one := range p.List("federatedCatalogues") {
		d.only = append(d.only, restriction{URL: one})
	}
	return d
}

// far is a catalogue that a query is sent to, or that of the system, which is asked here.
type far struct {
	federation.Catalogue
	system *scope.Asked
}

// federated lists the catalogues that may be asked on a request. From a workspace that of the system is one.
func (h handler) federated(in scope.Asked) []far {
	var all []far
	if base, ok := strings.CutSuffix(in.Base, "/workspaces/"+in.Scope.Workspace); ok && in.Scope.Workspace != scope.System {
		above := scope.Asked{Scope: in.Scope.In(scope.System), Base: base}
		all = append(all, far{federation.Catalogue{ID: federation.System, Type: federation.CSW, URL: base + h.Path}, &above})
	}
	if h.Federation != nil {
		for _, c := range h.Federation.Catalogues() {
			all = append(all, far{Catalogue: c})
		}
	}
	return all
}

// federatedURLs are their addresses.
func (h handler) federatedURLs(in scope.Asked) []string {
	var all []string
	for _, c := range h.federated(in) {
		all = append(all, c.URL)
	}
	return all
}

// chosen are the catalogues that a query is sent to. Only those that may be asked are, whatever a request names.
func (h handler) chosen(in scope.Asked, d distribution) ([]far, error) {
	if d.hops == 0 {
		return nil, nil
	}
	offered := h.federated(in)
	if len(d.only) == 0 {
		return offered, nil
	}
	var all []far
	p := ows.NewParams(nil)
	for _, r := range d.only {
		at := slices.IndexFunc(offered, func(c far) bool { return c.URL == strings.TrimRight(r.URL, "?/") || c.ID == r.URL })
		if at < 0 {
			p.Fail(ows.Invalid("federatedCatalogues", "there is no federated catalogue %.200q: capabilities list them as FederatedCatalogues", r.URL))
			continue
		}
		c := offered[at]
		if ms, err := strconv.Atoi(r.Timeout); err == nil && ms > 0 && ms < math.MaxInt32 {
			if wanted := time.Duration(ms) * time.Millisecond; c.Timeout == 0 || wanted < c.Timeout {
				c.Timeout = wanted
			}
		}
		if !slices.ContainsFunc(all, func(o far) bool { return o.ID == c.ID }) {
			all = append(all, c)
		}
	}
	return all, p.Err()
}

// portion is what one catalogue gives to an answer.
type portion struct {
	of      federation.Catalogue
	matched int      // all that it has
	start   int      // the position of the first record among its own, from 1
	records [][]byte // as they are answered
	took    time.Duration
	partial bool  // it could not ask all that it was to ask
	err     error // why there is nothing of it
}

// window is the part of what a catalogue finds that belongs to an answer.
type window struct{ start, limit int }

// search is one distributed search.
type search struct {
	h     handler
	q     *request
	asked getRecords
	to    []far
}

// run asks all catalogues. What all of them find is one list: what is found here, and behind it what is found by each of the others,
// in their order. Where a page begins beyond what is found here, they are counted before it is known what of whom it holds. short
// tells that a catalogue gave less than it was asked for, so that the page ends there.
func (s search) run(own, matched int) (all []portion, short bool) {
	ctx, cancel := context.WithTimeout(s.q.Context(), s.h.patience())
	defer cancel()
	room := s.asked.Max - own
	if s.asked.Result == resultHits {
		room = 0
	}
	skip := max(0, s.asked.Start-1-matched)
	first := window{skip + 1, room}
	if skip > 0 && len(s.to) > 1 {
		first = window{1, 0}
	}
	all = s.round(ctx, slices.Repeat([]window{first}, len(s.to)), nil)
	if first.limit == 0 && room > 0 {
		all = s.round(ctx, windows(all, skip, room), all)
	}
	return fill(all, skip, room)
}

// round asks each catalogue for a window, all at the same time. Those that were counted and have nothing to give are not asked again.
func (s search) round(ctx context.Context, of []window, counted []portion) []portion {
	all := make([]portion, len(s.to))
	var asked sync.WaitGroup
	for i, c := range s.to {
		if counted != nil && (counted[i].err != nil || of[i].limit == 0) {
			all[i] = counted[i]
			continue
		}
		asked.Go(func() { all[i] = s.ask(ctx, c, of[i]) })
	}
	asked.Wait()
	return all
}

// windows are what of each catalogue belongs to a page that begins behind so many records of them.
func windows(counted []portion, skip, room int) []window {
	all := make([]window, len(counted))
	for i, p := range counted {
		n := max(0, min(room, p.matched-skip))
		if n > 0 {
			all[i] = window{skip + 1, n}
		}
		room, skip = room-n, max(0, skip-p.matched)
	}
	return all
}

// fill cuts what catalogues gave to the page, in their order.
func fill(all []portion, skip, room int) (filled []portion, short bool) {
	for i, w := range windows(all, skip, room) {
		given := all[i].records
		if len(given) > w.limit {
			given = given[:w.limit]
		}
		if short {
			given = nil
		}
		short = short || len(given) < w.limit
		all[i].records = given
	}
	return all, short
}

// ask asks one catalogue, no longer than it is waited for.
func (s search) ask(ctx context.Context, c far, w window) portion {
	if c.Timeout > 0 {
		within, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		ctx = within
	}
	begun := s.h.now()
	var p portion
	if c.system != nil {
		p = s.here(ctx, *c.system, w)
	} else {
		p = s.there(ctx, c.Catalogue, w)
	}
	if p.err == nil && w.limit > 0 && len(p.records) == 0 && p.matched >= w.start {
		p.err = fault.New(fault.Unsupported, "the catalogue has %d records and gives none of them", p.matched)
	}
	if p.err != nil {
		p = portion{err: told(p.err)}
	}
	p.of, p.start, p.took = c.Catalogue, w.start, s.h.now().Sub(begun)
	return p
}

// told is why a catalogue gives nothing as it is told to who asks.
func told(err error) error {
	if fault.KindOf(err).Permanent() {
		return err
	}
	return fault.New(fault.Unavailable, "the catalogue does not answer now")
}

// here asks the catalogue of the system, which is this one.
func (s search) here(ctx context.Context, in scope.Asked, w window) portion {
	found, matched, err := s.h.Store.Find(ctx, in.Scope, Query{Filter: s.asked.Filter, Sort: s.asked.Sort, Offset: w.start - 1, Limit: w.limit, Documents: s.asked.documents()})
	if err != nil {
		return portion{err: err}
	}
	p := portion{matched: matched}
	for _, r := range found {
		p.records = append(p.records, s.asked.records(nil, []record.Record{r}, in.Base))
	}
	return p
}

// there asks another catalogue over the network.
func (s search) there(ctx context.Context, c federation.Catalogue, w window) portion {
	question, err := s.onward(w)
	if err != nil {
		return portion{err: err}
	}
	answer, err := s.h.Federation.Ask(ctx, c, question)
	if err != nil {
		return portion{err: err}
	}
	p, err := s.readOnward(answer)
	if err != nil {
		return portion{err: err}
	}
	return p
}

// patience is how long other catalogues are waited for, all together.
func (h handler) patience() time.Duration {
	if h.Patience <= 0 {
		return defaultPatience
	}
	return h.Patience
}

// distribute asks the catalogues that a request is to be sent on to, and notes those that do not answer.
func (h handler) distribute(q *request, asked getRecords, r *results, own int) error {
	to, err := h.chosen(scope.FromContext(q.Context()), asked.distribution)
	if err != nil || len(to) == 0 {
		return err
	}
	q.distributed = true
	r.others, r.short = search{h, q, asked, to}.run(own, r.matched)
	for _, p := range r.others {
		r.matched += p.matched
		switch {
		case p.err != nil:
			q.missing = append(q.missing, "the catalogue "+p.of.ID+" is not in the answer: "+ows.TextOf(p.err))
		case p.partial:
			q.missing = append(q.missing, "the catalogue "+p.of.ID+" answers with a part of what it searches")
		}
	}
	return nil
}
