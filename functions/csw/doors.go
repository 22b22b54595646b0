package main

import (
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/csw"
	"perigee/shared/oaipmh"
	"perigee/shared/pycsw"
	"perigee/shared/sru"
)

// doors are the protocols of the catalogue, each at its own path, and by the argument mode at that of CSW too, where
// clients of pycsw ask for them. later answers what is to be answered later.
func doors(store *catalogue.Store, c config, p pycsw.Config, later *csw.Later) (http.Handler, error) {
	service := serviceOf(c, p)
	shown, err := conditionOf(p)
	if err != nil {
		return nil, err
	}
	found := records{store, shown, p.Server.SpatialRanking}
	offered, err := offers(found, service, c)
	if err != nil {
		return nil, err
	}
	offered.Inspire, offered.Later = inspireOf(p), later
	if offered.Federation, err = newOthers(c, p); err != nil {
		return nil, err
	}
	offered.Patience, offered.PageSize = c.Patience, p.Server.MaxRecords
	offered.DomainRange, offered.DomainCounts = p.Server.DomainRange, p.Server.DomainCounts
	catalogueService := csw.New(offered)
	harvesting := oaipmh.Handler(changes{found}, oaipmh.Repository{Name: c.Title, Email: c.Email}, "/oaipmh", harvestedFormats()...)
	retrieval := sru.Handler(retrieved{found}, sru.Service{Title: c.Title, Abstract: c.Abstract, Names: csw.Names, Indexes: indexes, Schemas: retrievedSchemas()}, "/sru")
	mux := http.NewServeMux()
	mux.Handle("/oaipmh", harvesting)
	mux.Handle("/sru", retrieval)
	mux.Handle("/opensearch", searching(catalogueService))
	mux.Handle("/opensearch/", searching(catalogueService))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("mode") {
		case "oaipmh":
			harvesting.ServeHTTP(w, r)
		case "sru":
			retrieval.ServeHTTP(w, r)
		default:
			catalogueService.ServeHTTP(w, r)
		}
	})
	return mux, nil
}

// searching is the catalogue by OpenSearch, as it stands at /opensearch of a host of its own (RC-04): the address alone gives the
// description, and what is asked there is asked as OpenSearch is.
func searching(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := *r.URL
		switch {
		case u.RawQuery == "":
			u.RawQuery = "mode=opensearch&service=CSW&version=3.0.0&request=GetCapabilities"
		case !u.Query().Has("mode"):
			u.RawQuery = "mode=opensearch&" + u.RawQuery
		}
		asked := r.Clone(r.Context())
		asked.URL = &u
		next.ServeHTTP(w, asked)
	})
}
