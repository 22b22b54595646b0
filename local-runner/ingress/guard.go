package ingress

import (
	"net"
	"net/http"
	"strings"
)

// local lets only this machine in. A page of the web can make a browser ask a loopback address under a name of its own
// (DNS rebinding), but it cannot make it say a loopback host; and a caller from elsewhere is told by its address.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !loopbackHost(r.Host):
			refuse(w, http.StatusForbidden, "the runner's pages answer only under a loopback address such as 127.0.0.1 or localhost")
		case !loopbackAddress(r.RemoteAddr):
			refuse(w, http.StatusForbidden, "the runner's pages answer only this machine")
		default:
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'")
			next.ServeHTTP(w, r)
		}
	})
}

func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	return strings.EqualFold(host, "localhost") || loopbackIP(host)
}

func loopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopbackIP(host)
}

func loopbackIP(text string) bool {
	ip := net.ParseIP(text)
	return ip != nil && ip.IsLoopback()
}
