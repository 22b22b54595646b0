package ogcapi

import (
	"net/http"
	"path"
	"strings"

	"perigee/shared/trace"
)

// Routes leads requests to handlers by patterns of net/http.ServeMux. It adds what an API for the web needs: HEAD with
// each GET, OPTIONS, answers to other origins (CORS), and problem details for what is not there or not allowed. It never
// redirects, because it does not know under which prefix it was asked.
type Routes struct {
	mux      http.ServeMux
	patterns []string
}

// Handle adds a route, for example "GET /collections/{id}".
func (rs *Routes) Handle(pattern string, h Handler) {
	rs.mux.Handle(pattern, h)
	rs.patterns = append(rs.patterns, pattern)
}

// Patterns lists the routes in the order they were added.
func (rs *Routes) Patterns() []string { return rs.patterns }

// ServeHTTP leads a request to its handler.
func (rs *Routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	share(w.Header())
	r = withoutTrailingSlash(r)
	if asked := r.URL.EscapedPath(); path.Clean(asked) != asked {
		notThere(w, r)
		return
	}
	handler, pattern := rs.mux.Handler(r)
	if pattern != "" {
		trace.Name(r.Context(), pattern)
		rs.mux.ServeHTTP(w, r) // by way of the mux, which fills in the path values
		return
	}
	refused := answer{header: http.Header{}}
	handler.ServeHTTP(&refused, r)
	switch {
	case refused.status != http.StatusMethodNotAllowed:
		notThere(w, r)
	case r.Method == http.MethodOptions:
		options(w, refused.header.Get("Allow"))
	default:
		w.Header().Set("Allow", refused.header.Get("Allow")+", OPTIONS")
		writeProblem(w, Problem{Type: "about:blank", Title: http.StatusText(refused.status), Status: refused.status,
			Detail: r.Method + " is not offered here, but " + refused.header.Get("Allow")})
	}
}

// answer keeps the status and header that a handler writes.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }

func withoutTrailingSlash(r *http.Request) *http.Request {
	if len(r.URL.Path) < 2 || !strings.HasSuffix(r.URL.Path, "/") || r.URL.RawPath != "" {
		return r
	}
	r = r.WithContext(r.Context())
	u := *r.URL
	u.Path = strings.TrimSuffix(u.Path, "/")
	r.URL = &u
	return r
}

func notThere(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, Problem{Type: "about:blank", Title: http.StatusText(http.StatusNotFound), Status: http.StatusNotFound,
		Detail: "there is nothing at " + r.URL.Path})
}

// share lets pages of every origin read the answer. No cookie carries rights here, so nothing is given away.
func share(header http.Header) {
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "Accept-Ranges, Allow, Content-Crs, Content-Length, Content-Range, ETag, Last-Modified, Link, Location, Next-Token, Retry-After")
	header.Set("X-Content-Type-Options", "nosniff")
}

// allowedHeaders are those that a page of another origin may send. Authorization has to be named: * does not mean it
// (Fetch standard, CORS-preflight).
const allowedHeaders = "Accept, Accept-Language, Authorization, Content-Crs, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Prefer, Range, traceparent"

func options(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow+", OPTIONS")
	w.Header().Set("Access-Control-Allow-Methods", allow+", OPTIONS")
	w.Header().Set("Access-Control-Allow-Headers", allowedHeaders)
	w.Header().Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}
