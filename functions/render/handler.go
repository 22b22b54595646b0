package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"perigee/shared/bucket"
	"perigee/shared/dseo"
	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/trace"
	"perigee/shared/wcs"
	"perigee/shared/wms"
)

// handler serves people behind the edge, and the other functions beside it, on routes that no gateway leads to.
func (p *painter) handler(edge func(http.Handler) http.Handler) http.Handler {
	public, services := http.NewServeMux(), p.services()
	public.Handle("/ows", services)
	public.Handle("/ows/{$}", services)
	public.Handle("/coverages/metadata/{id}/{semantic}", p.within(ows.Public(failing(p.metadata), http.MethodGet, http.MethodHead)))
	p.adminRoutes(public)
	mux := http.NewServeMux()
	mux.Handle("GET /internal/describe", p.within(failing(p.describe)))
	mux.Handle("GET /internal/tiles", p.within(failing(p.tiles)))
	mux.Handle("GET /internal/overview", p.within(failing(p.chunk)))
	mux.Handle("/", edge(public))
	return mux
}

// within bounds the time of a request. Downloads last as long as their readers, and bound each piece.
func (p *painter) within(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), p.config.Timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// services leads requests to the service that they name; that of maps needs no naming.
func (p *painter) services() http.Handler {
	maps := p.within(wms.Handler(p, p.config.maps()))
	files := dseo.Handler(downloads{p}, dseo.Config{Service: p.config.service(), Downloads: p.config.Downloads})
	coverages := wcs.Handler(coverages{p}, p.config.coverages())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // what is posted says itself what it is, and only one service takes it
			coverages.ServeHTTP(w, r)
			return
		}
		switch service := ows.KVP(r).Get("service"); strings.ToUpper(service) {
		case "", "WMS":
			maps.ServeHTTP(w, r)
		case "WCS":
			coverages.ServeHTTP(w, r)
		case "DSEO":
			files.ServeHTTP(w, r)
		default:
			ows.WriteError(w, r, "2.0.0", ows.Invalid("service", "the service %q is not offered at this address, only WMS, WCS and DSEO", service))
		}
	})
}

// failing writes what a handler of another function's request failed of, as RFC 9457 problem details.
func failing(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := handle(w, r)
		if err == nil {
			return
		}
		ows.LogFailure(r, err)
		problem := struct {
			Status  int    `json:"status"`
			Title   string `json:"title"`
			Detail  string `json:"detail"`
			Locator string `json:"locator,omitempty"`
		}{Status: ows.Status(err), Title: http.StatusText(ows.Status(err))}
		for _, e := range fault.All(err) {
			problem.Detail = strings.TrimPrefix(problem.Detail+"; "+ows.TextOf(e), "; ")
			if problem.Locator == "" {
				problem.Locator = fault.LocatorOf(e)
			}
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(problem.Status)
		_ = json.NewEncoder(w).Encode(problem) // the asker may be gone
	})
}

// describe answers what register needs to know of a file. Without a workspace it is that of the file's bucket, which
// register has compared with the document's.
func (p *painter) describe(w http.ResponseWriter, r *http.Request) error {
	trace.Name(r.Context(), "describe")
	params := ows.KVP(r)
	href, workspace := params.Need("href"), params.Get("workspace")
	if err := params.Err(); err != nil {
		return err
	}
	if name, _, ok := bucket.ParseHref(href); ok && !params.Has("workspace") {
		workspace = p.access.owner(name)
	}
	if err := p.access.allow(workspace, href); err != nil {
		return err
	}
	description, err := p.raster.Describe(r.Context(), href)
	if err != nil {
		return late(r.Context(), err)
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(description)
}
