package main

import (
	"net/http"
	"strings"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/csw"
	"perigee/shared/oaipmh"
	"perigee/shared/ows"
	"perigee/shared/pycsw"
	"perigee/shared/sru"
)

// offering is what is spoken of CSW by the whole configuration, and of which records.
func offering(store *catalogue.Store, c config, p pycsw.Config) (records, csw.Config, error) {
	shown, err := conditionOf(p)
	if err != nil {
		return records{}, csw.Config{}, err
	}
	found := records{store, shown, p.Server.SpatialRanking}
	offered, err := offers(found, serviceOf(c, p), c)
	if err != nil {
		return found, offered, err
	}
	offered.Inspire = inspireOf(p)
	if offered.Federation, err = newOthers(c, p); err != nil {
		return found, offered, err
	}
	offered.Patience, offered.PageSize = c.Patience, p.Server.MaxRecords
	offered.DomainRange, offered.DomainCounts = p.Server.DomainRange, p.Server.DomainCounts
	return found, offered, nil
}

// doors are the protocols of the catalogue, each at its own path, and by the argument mode at that of CSW too, where
// clients of pycsw ask for them; and, where only the cluster reaches it, that of the events by which is answered what was acknowledged.
func doors(store *catalogue.Store, c config, p pycsw.Config, edge func(http.Handler) http.Handler) (http.Handler, error) {
	found, offered, err := offering(store, c, p)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	if c.Sink != "" {
		var behind desk
		if offered.Later, behind, err = answeringLater(c, offered); err != nil {
			return nil, err
		}
		mux.Handle("POST "+eventsPath, eventing.Handler(behind.event))
	}
	mux.Handle("/", edge(spoken(found, offered, serviceOf(c, p), c, p)))
	return mux, nil
}

// spoken is the catalogue by every protocol.
func spoken(found records, offered csw.Config, service ows.Service, c config, p pycsw.Config) http.Handler {
	catalogueService := csw.New(offered)
	harvesting := func(page int) http.Handler {
		return oaipmh.Handler(changes{found}, oaipmh.Repository{Name: c.Title, Email: c.Email, Page: page, AsPycsw: c.AsPycsw}, "/oaipmh", harvestedFormats()...)
	}
	asBefore := harvesting(listed(p)) // for who harvested pycsw there
	retrieval := sru.Handler(retrieved{found}, sru.Service{Title: c.Title, Abstract: c.Abstract, Names: csw.Names, Indexes: indexes, Schemas: retrievedSchemas(), AsPycsw: c.AsPycsw}, "/sru")
	mux := http.NewServeMux()
	if c.File != "" || c.AsPycsw {
		mux.Handle("/oaipmh", asBefore)
	} else {
		mux.Handle("/oaipmh", harvesting(0))
	}
	mux.Handle("/sru", retrieval)
	mux.Handle("/opensearch", searching(catalogueService))
	mux.Handle("/opensearch/", searching(catalogueService))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch modeOf(r.URL.RawQuery) {
		case "oaipmh":
			asBefore.ServeHTTP(w, r)
		case "sru":
			retrieval.ServeHTTP(w, r)
		default:
			catalogueService.ServeHTTP(w, r)
		}
	})
	return mux
}

// modeOf is the protocol that a query asks for by its argument mode, whatever the case of both.
func modeOf(query string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); strings.EqualFold(name, "mode") {
			return strings.ToLower(value)
		}
	}
	return ""
}

// searching is the catalogue by OpenSearch, as it stands at /opensearch of a host of its own (RC-04): the address alone gives the
// description, and what is asked there is asked as OpenSearch is.
func searching(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := *r.URL
		switch {
		case u.RawQuery == "":
			u.RawQuery = "mode=opensearch&service=CSW&version=3.0.0&request=GetCapabilities"
		case modeOf(u.RawQuery) == "":
			u.RawQuery = "mode=opensearch&" + u.RawQuery
		}
		asked := r.Clone(r.Context())
		asked.URL = &u
		next.ServeHTTP(w, asked)
	})
}
