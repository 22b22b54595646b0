package wms

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"perigee/shared/fault"
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
	nodes   map[string]Node // that were found, by name

	pictures   bool // only what encodes without GDAL is offered
	formatFree bool // FORMAT may be left out
}

// ServeHTTP answers a request.
func (s service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{service: s, r: r, params: ows.KVP(r), asked: scope.FromContext(r.Context()), version: version130}
	answer, err := c.answer()
	if err != nil {
		c.refuse(w, err)
		return
	}
	for _, warning := range answer.warnings {
		w.Header().Add("Warning", warning)
	}
	if answer.read != "" {
		w.Header().Set("Perigee-Read", answer.read)
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'") // what is shown of strangers' texts loads nothing and runs nothing
	answer.Serve(w, r)
}

// answer is what goes out when nothing failed.
type answer struct {
	ows.Document
	warnings []string // Warning headers (06-042 annex C.4.2)
	read     string   // what had to be read
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
	case c.config.MapsAlone:
	case strings.EqualFold(operation, "GetFeatureInfo"), strings.EqualFold(operation, "feature_info"):
		return c.getFeatureInfo()
	case strings.EqualFold(operation, "GetLegendGraphic"):
		return c.getLegendGraphic()
	}
	c.version = c.negotiated()
	if operation == "" {
		c.params.Fail(ows.Missing("request"))
	} else {
		c.params.Fail(ows.Unsupported("this Web Map Service", operation))
	}
	return answer{}, c.params.Err()
}

// negotiated is the version offered that is nearest to the one asked for (06-042 clause 6.2.4), which WMS 1.0 calls WMTVER. Who
// asks for 1.0 gets 1.1.0, the lowest.
func (c *call) negotiated() string {
	return ows.NegotiateOld(cmp.Or(c.params.Get("version"), c.params.Get("wmtver")), versions()...)
}

// capabilities answers GetCapabilities. A condition, as records of the catalogue link with (identifier="…"), confines the
// layers to the products that it selects.
func (c *call) capabilities() (answer, error) {
	trace.Name(c.r.Context(), "GetCapabilities")
	c.version = c.negotiated()
	condition, known := c.params.Get("cql"), c.params.Get("updatesequence")
	if err := c.params.Err(); err != nil {
		return answer{}, err
	}
	tree, err := c.maps.Layers(c.r.Context(), c.asked.Scope, condition)
	if err != nil {
		return answer{}, err
	}
	if err := sequence(known, tree.Sequence); err != nil {
		return answer{}, err
	}
	document, err := describe(c.version, teller{c.config, c.asked.Base, c.address()}, tree)
	return answer{Document: document}, err
}

// sequence compares the state of which an asker knows with the present one (06-042 clause 7.2.3.5). Where no state is
// advertised, it is passed over.
func sequence(known string, present int64) error {
	if known == "" || present == 0 {
		return nil
	}
	switch n, err := strconv.ParseInt(known, 10, 64); {
	case err != nil || n > present:
		return ows.InvalidUpdateSequence.At(fault.Invalid, "updatesequence", "the update sequence %q is not one up to the present one, %d", known, present)
	case n == present:
		return CurrentUpdateSequence.At(fault.Invalid, "updatesequence", "the update sequence %d is the present one", present)
	}
	return nil
}

// address is the URL to which the operations' parameters are appended.
func (c *call) address() string { return c.asked.Base + c.r.URL.Path + "?" }
