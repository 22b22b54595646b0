package stage

import (
	"net"
	"net/http"
	"strings"
)

// Programs lets only programs of this machine in. The internal addresses are on loopback, but a browser on this machine
// can be made to ask them by a page from anywhere: such a request says where it comes from, or it asks under a name of
// the page's own (DNS rebinding).
func Programs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" || !LoopbackHost(r.Host) {
			http.Error(w, "this address is for programs of this machine, not for browsers", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// LoopbackHost tells whether a host, with or without a port, names this machine whatever a name server says. Browsers
// look up nothing below localhost (RFC 6761, 6.3).
func LoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || loopbackIP(host)
}

// LoopbackAddress tells whether an address with a port is of this machine.
func LoopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopbackIP(host)
}

func loopbackIP(text string) bool {
	ip := net.ParseIP(text)
	return ip != nil && ip.IsLoopback()
}
