package wms

import (
	"net/http"
	"strings"

	"perigee/shared/ows"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// Handler answers the requests of a Web Map Service at whatever path it is asked.
func Handler(maps Maps, config Config) http.Handler {
	return ows.Public(service{maps, config.withDefaults()}, http.MethodGet, http.MethodHead)
}

type service struct {
	maps   Maps
	config Config
}

// call is one request on its way.
type call struct {
	service
	r       *http.Request
	params  *ows.Params
	asked   scope.Asked
	version string
}

// ServeHTTP answers a request.
func (s service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{service: s, r: r, params: ows.KVP(r), asked: scope.FromContext(r.Context()), version: version130}
	answer, err := c.answer()
	if err != nil {
		c.refuse(w, err)
		return
	}
	if answer.warning != "" {
		w.Header().Set("Warning", answer.warning)
	}
	answer.Serve(w, r)
}

// answer is what goes out when nothing failed.
type answer struct {
	ows.Document
	warning string // a Warning header (06-042 annex C.4.2)
}

// answer finds the operation. The request's version is set first, so that even an unknown one fails in its own terms.
func (c *call) answer() (answer, error) {
	c.params.Choice("service", "WMS", "WMS")
	operation := c.params.Get("request")
	switch {
	case operation == "" && !c.params.Has("request") && c.r.URL.RawQuery == "":
		return c.capabilities() // somebody followed the bare address
	case strings.EqualFold(operation, "GetCapabilities"), strings.EqualFold(operation, "capabilities"):
		return c.capabilities()
	case strings.EqualFold(operation, "GetMap"), strings.EqualFold(operation, "map"):
		return c.getMap()
	}
	c.version = ows.NegotiateOld(c.params.Get("version"), version130, version111)
	if operation == "" {
		c.params.Fail(ows.Missing("request"))
	} else {
		c.params.Fail(ows.Unsupported("this Web Map Service", operation))
	}
	return answer{}, c.params.Err()
}

// capabilities answers GetCapabilities. CQL with the identifier of an item, as records of the catalogue link to it,
// confines the layers to that item.
func (c *call) capabilities() (answer, error) {
	trace.Name(c.r.Context(), "GetCapabilities")
	c.version = ows.NegotiateOld(c.params.Get("version"), version130, version111)
	item := c.identifier()
	if err := c.params.Err(); err != nil {
		return answer{}, err
	}
	nodes, err := c.maps.Layers(c.r.Context(), c.asked.Scope, item)
	if err != nil {
		return answer{}, err
	}
	document, err := describe(c.version, c.address(), c.config, nodes)
	return answer{Document: document}, err
}

// address is the URL to which the operations' parameters are appended.
func (c *call) address() string { return c.asked.Base + c.r.URL.Path + "?" }
