package main

import (
	"cmp"
	"net/http"
	"net/url"
	"os"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/routes"
	"perigee/shared/transaction"
)

// newRegistrar checks the configuration and opens what is not asked before the first request.
func newRegistrar(c config, store *catalogue.Store) (*registrar, error) {
	products, err := product.LoadSetting("PRODUCTS", c.Products, os.ReadFile)
	if err != nil {
		return nil, err
	}
	ways, err := routesOf(c)
	if err != nil {
		return nil, err
	}
	web, err := newWeb(c.Reachable)
	if err != nil {
		return nil, err
	}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "AWS_ENDPOINT_URL is not a URL")
	}
	sink, err := eventing.NewSink(c.Sink, c.Overrides)
	if err != nil {
		return nil, err
	}
	r := &registrar{
		routes: ways, products: product.NewWorkspaces(products), store: store, objects: newStores(c, ways.Sources), web: web, handlers: newHandlers(), grids: newDescriber(c.RenderURL), sink: sink, replace: c.Replace, young: within, settling: settling, reading: make(chan struct{}, readAtOnce),
		places: places{ingest: c.IngestBucket, cache: c.CacheBucket, read: c.ReadBuckets, endpoint: endpoint, web: c.ReadHTTP, folder: cmp.Or(c.ReadFolder, folderOf(ways.Sources))},
	}
	r.behind.send = r.flush
	return r, nil
}

// routesOf reads the routes from their own setting, or from that of the products, which may be the values of the whole
// original.
func routesOf(c config) (routes.Config, error) {
	if c.Routes != "" {
		return routes.LoadSetting("ROUTES", c.Routes, os.ReadFile)
	}
	return routes.LoadValues("PRODUCTS", c.Products, os.ReadFile)
}

// handler serves events at the root, and what functions acknowledged, where only the cluster reaches it, and the operations behind the edge.
func (r *registrar) handler(edge func(http.Handler) http.Handler) http.Handler {
	mux, operations := http.NewServeMux(), r.operations()
	mux.Handle("POST /{$}", eventing.Handler(r.event))
	mux.Handle("POST "+transaction.Acknowledged+"/", transaction.Behind(operations))
	mux.Handle("/", edge(operations))
	return mux
}
