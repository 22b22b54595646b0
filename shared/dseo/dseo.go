// Package dseo speaks the Download Service for Earth Observation Products 1.0 (OGC 13-043): GetCapabilities, and GetProduct,
// which answers with all files of a product as one archive, whole or in parts.
package dseo

import (
	"context"
	"net/http"
	"strings"
	"time"

	"perigee/shared/ows"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// version is the version of the protocol.
const version = "1.0.0"

// reportVersion is the version of exception reports (OWS Common 2.0, which DSEO builds on).
const reportVersion = "2.0.0"

// Store is where products lie.
type Store interface {
	// Product finds a product by its identifier. One that is not there is a NotFound failure located at "ProductURI".
	Product(ctx context.Context, asked scope.Asked, uri string) (Product, error)
}

// Product is what is downloaded.
type Product struct {
	ID       string
	Package  string // address of a file that is the whole product already; empty: it is made of Files
	Files    []File
	Modified time.Time
}

// File is a part of a product. It keeps its size and content as long as its version is the same.
type File struct {
	Name    string // within the archive, with slashes
	Size    int64
	Version string // of the content
	Content Content
}

// Content is what a file holds.
type Content interface {
	// ReadRange reads n bytes from an offset, all of which are there.
	ReadRange(ctx context.Context, offset, n int64) ([]byte, error)
}

// Bytes is a content in memory.
type Bytes []byte

// ReadRange reads from memory.
func (b Bytes) ReadRange(_ context.Context, offset, n int64) ([]byte, error) {
	return b[offset : offset+n], nil
}

// Config is what a service says of itself and how much it gives.
type Config struct {
	Service   ows.Service
	Downloads int           // at the same time; others are told to come back. 0 stands for 2
	Patience  time.Duration // with a reader who takes nothing; 0 stands for half a minute
}

// Handler answers the requests of a download service at whatever path it is asked.
func Handler(store Store, config Config) http.Handler {
	if config.Downloads <= 0 {
		config.Downloads = 2
	}
	if config.Patience <= 0 {
		config.Patience = 30 * time.Second
	}
	return ows.Public(service{store, config, make(chan struct{}, config.Downloads), &sums{}}, http.MethodGet, http.MethodHead)
}

type service struct {
	store     Store
	config    Config
	downloads chan struct{} // holds one for each that is going on
	sums      *sums
}

// ServeHTTP answers a request. Without an operation the capabilities are asked for, as 13-043 annex A.1.1 does.
func (s service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.answer(w, r); err != nil {
		ows.WriteError(w, r, reportVersion, err)
	}
}

func (s service) answer(w http.ResponseWriter, r *http.Request) error {
	p := ows.KVP(r)
	p.Choice("service", "DSEO", "DSEO")
	operation := p.Get("request")
	switch {
	case operation == "" && !p.Has("request"), strings.EqualFold(operation, "GetCapabilities"):
		trace.Name(r.Context(), "GetCapabilities")
		return s.capabilities(w, r, p)
	case strings.EqualFold(operation, "GetProduct"):
		trace.Name(r.Context(), "GetProduct")
		return s.product(w, r, p)
	case operation == "":
		p.Fail(ows.Missing("request"))
	default:
		p.Fail(ows.Unsupported("this download service", operation))
	}
	return p.Err()
}

// product answers GetProduct.
func (s service) product(w http.ResponseWriter, r *http.Request, p *ows.Params) error {
	if p.Get("version") != "" {
		p.Version(version)
	}
	uri := p.Need("ProductURI")
	if err := p.Err(); err != nil {
		return err
	}
	found, err := s.store.Product(r.Context(), scope.FromContext(r.Context()), uri)
	if err != nil {
		return err
	}
	if found.Package != "" {
		http.Redirect(w, r, found.Package, http.StatusFound)
		return nil
	}
	return s.send(w, r, found)
}
