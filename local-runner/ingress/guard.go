package ingress

import (
	"net/http"

	"perigee/local-runner/stage"
)

// local lets only this machine in. A page of the web can make a browser ask a loopback address under a name of its own
// (DNS rebinding), but it cannot make it say a loopback host; and a caller from elsewhere is told by its address.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !stage.LoopbackHost(r.Host):
			refuse(w, http.StatusForbidden, "the runner's pages answer only under a loopback address such as 127.0.0.1 or localhost")
		case !stage.LoopbackAddress(r.RemoteAddr):
			refuse(w, http.StatusForbidden, "the runner's pages answer only this machine")
		default:
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'")
			next.ServeHTTP(w, r)
		}
	})
}

// misdirected tells whether a request to a loopback address asks under a name that need not lead here: DNS rebinding again,
// by which a page of the web would read what the house serves to its owner.
func (g *Ingress) misdirected(r *http.Request) bool { return g.loopback && !stage.LoopbackHost(r.Host) }
