// Command records answers OGC API - Records from the catalogue. What is sent to be written it has register write, on behalf of
// who sent it.
//
// In: HTTP /records; /collections, /conformance, /openapi, which lead there
// Out: nothing
// Reads: the catalogue; register, which writes what is sent
// Writes: nothing
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/identity"
	"perigee/shared/records"
	"perigee/shared/transaction"
)

type config struct {
	identity.Config
	DatabaseURL string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32         `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Wait        time.Duration `envconfig:"DATABASE_WAIT" default:"5s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Register    string        `envconfig:"REGISTER_URL" required:"true" desc:"URL of the function that writes"`
	Title       string        `envconfig:"TITLE" default:"Perigee catalogue" desc:"title of the service"`
	Abstract    string        `envconfig:"ABSTRACT" default:"Earth observation products and collections" desc:"what the service offers"`
	Keywords    []string      `envconfig:"KEYWORDS" default:"earth observation" desc:"what the service is about, between commas"`
	Facets      []string      `envconfig:"FACETS" default:"type,collection,keywords" desc:"the facets that are shown when nobody names one, between commas"`
	Catalogues  string        `envconfig:"FEDERATED_CATALOGUES" desc:"collections of OGC API Records that a query can be sent to, between commas: address, or id=address; or as JSON what pycsw has as distributedsearch or federatedcatalogues"`
	Merged      bool          `envconfig:"FEDERATED_MERGE" default:"true" desc:"whether the records of other catalogues are merged with those of this one, or answered by themselves"`
	Patience    time.Duration `envconfig:"FEDERATED_TIMEOUT" default:"10s" desc:"how long a federated catalogue is waited for"`
	Conditions  string        `envconfig:"FACET_FILTERS" desc:"facets whose buckets are conditions in CQL2 text, as JSON: facet, bucket, condition"`
}

func main() { function.Main("records", run) }

func run(ctx context.Context, c config) error {
	edge, err := identity.New(c.Config)
	if err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: c.DatabaseURL, MaxConns: c.Connections, Wait: c.Wait})
	if err != nil {
		return err
	}
	defer store.Close()
	api, err := newAPI(c, store)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(api), Ready: store.Ready})
}

// newAPI wires the protocol to the catalogue, to register, and to other catalogues.
func newAPI(c config, store *catalogue.Store) (http.Handler, error) {
	filters := map[string]map[string]string{}
	if c.Conditions != "" {
		if err := json.Unmarshal([]byte(c.Conditions), &filters); err != nil {
			return nil, fault.At(fault.Invalid, "FACET_FILTERS", "FACET_FILTERS is no JSON object of facets with their buckets: %w", err)
		}
	}
	others, err := newFederation(c.Catalogues, c.Merged, c.Patience)
	if err != nil {
		return nil, err
	}
	register, err := transaction.NewClient(c.Register)
	if err != nil {
		return nil, err
	}
	return records.New(records.Config{
		Title: c.Title, Description: c.Abstract, Keywords: c.Keywords, Facets: c.Facets, Filters: filters, Federation: others, Grouped: others.grouped, Store: adapter{store},
		Transactions: register,
	})
}
