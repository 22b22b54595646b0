package wcs

import (
	"context"
	"net/http"
	"strings"

	"perigee/shared/ows"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// Handler answers the requests of a Web Coverage Service at whatever path it is asked.
func Handler(store Store, config Config) http.Handler {
	config = config.withDefaults()
	return ows.Public(service{store, config, make(chan struct{}, config.Downloads)}, http.MethodGet, http.MethodHead, http.MethodPost)
}

type service struct {
	store     Store
	config    Config
	downloads chan struct{} // holds one for each that is going on
}

// call is one request on its way.
type call struct {
	service
	r      *http.Request
	params *ows.Params
	asked  scope.Asked
	posted []byte // the request that came as XML
}

// ServeHTTP answers a request.
func (s service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{service: s, r: r, asked: scope.FromContext(r.Context())}
	if err := c.answer(w); err != nil {
		c.refuse(w, err)
	}
}

func (c *call) answer(w http.ResponseWriter) error {
	if err := c.read(); err != nil {
		return err
	}
	c.params.Choice("service", "WCS", "WCS")
	operation := c.params.Get("request")
	switch strings.ToLower(operation) {
	case "":
		if c.params.Has("request") || len(c.params.Values("service")) > 0 {
			c.params.Fail(ows.Missing("request"))
			return c.params.Err()
		}
		return c.document(w, "GetCapabilities", c.capabilities)
	case "getcapabilities":
		return c.document(w, "GetCapabilities", c.capabilities)
	case "describecoverage":
		return c.document(w, "DescribeCoverage", c.describeCoverage)
	case "describeeocoverageset":
		return c.document(w, "DescribeEOCoverageSet", c.describeSet)
	case "getcoverage":
		trace.Name(c.r.Context(), "GetCoverage")
		return c.getCoverage(w)
	}
	c.params.Fail(ows.Unsupported("this Web Coverage Service", operation))
	return c.params.Err()
}

// document answers an operation by an XML document.
func (c *call) document(w http.ResponseWriter, operation string, make func(context.Context) ([]byte, error)) error {
	trace.Name(c.r.Context(), operation)
	ctx, cancel := context.WithTimeout(c.r.Context(), c.config.Timeout)
	defer cancel()
	body, err := make(ctx)
	if err != nil {
		return err
	}
	ows.Document{Type: "text/xml", Body: body}.Serve(w, c.r)
	return nil
}

// read takes the parameters from the query, or from the document that was posted.
func (c *call) read() error {
	if c.r.Method != http.MethodPost {
		c.params = ows.KVP(c.r)
		return nil
	}
	c.params = ows.NewParams(nil)
	document, _, err := ows.ReadXML(c.r)
	if err != nil {
		return err
	}
	pairs, err := pairsOf(document)
	if err != nil {
		return err
	}
	c.params, c.posted = ows.NewParams(pairs), document
	return nil
}

// address is the URL to which the operations' parameters are appended.
func (c *call) address() string { return c.asked.Base + c.r.URL.Path + "?" }
