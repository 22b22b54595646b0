// Command opensearch answers OpenSearch from the catalogue, in two steps: it finds collections, and then the items of one.
//
// In: HTTP /opensearch
// Out: nothing
// Reads: the catalogue, the product configuration
// Writes: nothing
package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
	"perigee/shared/opensearch"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/scope"
)

type config struct {
	identity.Config
	DatabaseURL string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32         `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Wait        time.Duration `envconfig:"DATABASE_WAIT" default:"5s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Products    string        `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
	Title       string        `envconfig:"TITLE" default:"Perigee" desc:"title of the service"`
	Abstract    string        `envconfig:"ABSTRACT" default:"Earth observation products and collections" desc:"what the service offers"`
	Provider    string        `envconfig:"PROVIDER" default:"Perigee" desc:"who offers the service"`
}

func main() { function.Main("opensearch", run) }

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
	products, err := product.LoadSetting("PRODUCTS", c.Products, os.ReadFile)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(handler(c, store, products)), Ready: store.Ready})
}

func handler(c config, store *catalogue.Store, products product.Config) http.Handler {
	service := ows.Service{Title: c.Title, Abstract: c.Abstract, Provider: ows.Provider{Name: c.Provider}}
	steps := opensearch.Handler(records{store, product.NewWorkspaces(products)}, opensearch.Config{Service: service, Path: "/opensearch"})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("mode") == "opensearch" {
			inOneStep(w, r)
			return
		}
		steps.ServeHTTP(w, r)
	})
}

// inOneStep leads clients of pycsw, whose catalogue is searched by OpenSearch at this path in one step, to where CSW is (RC-04).
func inOneStep(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	to := url.URL{Path: "/csw", RawQuery: r.URL.Query().Encode()}
	http.Redirect(w, r, scope.FromContext(r.Context()).Base+to.String(), http.StatusTemporaryRedirect)
}
