// Package identity is the edge of every function that people reach: it learns from a request in which workspace and on
// whose behalf it asks, and hands that to the handlers as a scope. It is the one door to OpenID Connect.
package identity

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// Config is the environment of the edge.
type Config struct {
	Auth      string `envconfig:"AUTH" default:"oidc" desc:"oidc, or none: everybody on this machine may write"`
	Issuer    string `envconfig:"OIDC_ISSUER" desc:"URL of the OpenID Connect issuer whose tokens are trusted"`
	Audience  string `envconfig:"OIDC_AUDIENCE" default:"perigee" desc:"audience that tokens must be for"`
	Claim     string `envconfig:"OIDC_ROLES_CLAIM" default:"realm_access.roles" desc:"claim that lists the roles, dots go deeper"`
	Prefix    string `envconfig:"OIDC_ROLE_PREFIX" default:"perigee-" desc:"what a role's name begins with"`
	PublicURL string `envconfig:"PUBLIC_URL" desc:"scheme and host that links show; empty: as the request was forwarded"`
}

// Edge derives the scope of requests.
type Edge struct {
	public string
	verify verifier
}

// verifier turns a bearer token into its principal and the roles it holds in a workspace.
type verifier interface {
	verify(ctx context.Context, token string) (identity, error)
}

// New checks the configuration; the issuer is asked for its keys with the first token.
func New(config Config) (*Edge, error) {
	public := strings.TrimSuffix(config.PublicURL, "/")
	if u, err := url.Parse(public); public != "" && (err != nil || u.Scheme == "" || u.Host == "") {
		return nil, fault.At(fault.Invalid, "PUBLIC_URL", "PUBLIC_URL %q is not an absolute URL", config.PublicURL)
	}
	switch config.Auth {
	case "none":
		return &Edge{public: public}, nil
	case "oidc":
		if config.Issuer == "" {
			return nil, fault.At(fault.Invalid, "OIDC_ISSUER", "AUTH=oidc needs OIDC_ISSUER, the URL of the issuer whose tokens are trusted")
		}
		if config.Audience == "" {
			return nil, fault.At(fault.Invalid, "OIDC_AUDIENCE", "AUTH=oidc needs OIDC_AUDIENCE: tokens that are not for this system must not open it")
		}
		return &Edge{public: public, verify: newIssuer(config)}, nil
	}
	return nil, fault.At(fault.Invalid, "AUTH", "AUTH is %q, not oidc or none", config.Auth)
}

var workspacePath = regexp.MustCompile(`^/workspaces/([^/]+)(/.*)$`)

// inWorkspace parts the path of a workspace; it is nil for any other path, which needs no expression.
func inWorkspace(path string) []string {
	if !strings.HasPrefix(path, "/workspaces/") {
		return nil
	}
	return workspacePath.FindStringSubmatch(path)
}

var workspaceName = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// Wrap puts the edge before a handler. The handler sees the path without /workspaces/<name>, and finds the scope and
// the base of links with scope.FromContext. A token that is not valid is answered 401, whatever was asked.
func (e *Edge) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		workspace, prefix, path := scope.System, "", r.URL.Path
		if m := inWorkspace(path); m != nil {
			if !workspaceName.MatchString(m[1]) {
				refuse(w, fault.At(fault.NotFound, "workspace", "there is no workspace %q", m[1]))
				return
			}
			workspace, prefix, path = m[1], "/workspaces/"+m[1], m[2]
		}
		sc, err := e.scope(r, workspace)
		if err != nil {
			refuse(w, err)
			return
		}
		next.ServeHTTP(w, behind(r, path, prefix, scope.Asked{Scope: sc, Base: e.base(r) + prefix}))
	})
}

// behind is the request as the handlers see it.
func behind(r *http.Request, path, prefix string, asked scope.Asked) *http.Request {
	r = r.WithContext(scope.NewContext(r.Context(), asked))
	if prefix == "" {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = path, strings.TrimPrefix(u.RawPath, prefix)
	r.URL = &u
	return r
}

// scope derives the scope of a request in a workspace.
func (e *Edge) scope(r *http.Request, workspace string) (scope.Scope, error) {
	if e.verify == nil {
		if foreign(r) {
			return scope.New(workspace, ""), nil
		}
		return scope.New(workspace, "everybody", scope.Writer, scope.Admin), nil
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return scope.New(workspace, ""), nil
	}
	kind, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(kind, "Bearer") || token == "" {
		return scope.Scope{}, fault.New(fault.Unauthorised, "the Authorization header is not a bearer token")
	}
	who, err := e.verify.verify(r.Context(), strings.TrimSpace(token))
	if err != nil {
		return scope.Scope{}, err
	}
	return scope.New(workspace, who.principal, who.rolesIn(workspace)...), nil
}

// foreign tells whether the request came from another machine, or from a browser on behalf of a page from elsewhere,
// be it under a name of its own that leads here (DNS rebinding). Where no token is asked for, such must not write.
func foreign(r *http.Request) bool {
	if !loopback(forwardedHost(r)) || !loopback(r.RemoteAddr) || !forwardedByThisMachine(r) {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") == "cross-site"
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, forwardedHost(r))
}

// forwardedByThisMachine tells whether every caller that a proxy has noted is this machine: who asks from elsewhere can
// say any host.
func forwardedByThisMachine(r *http.Request) bool {
	for _, list := range r.Header.Values("X-Forwarded-For") {
		for caller := range strings.SplitSeq(list, ",") {
			if !loopback(strings.TrimSpace(caller)) {
				return false
			}
		}
	}
	return true
}

// loopback tells whether a host, with or without a port, names this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// base is scheme and host as the client asked for them.
func (e *Edge) base(r *http.Request) string {
	if e.public != "" {
		return e.public
	}
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(first(r.Header.Get("X-Forwarded-Proto")), "https") {
		scheme = "https"
	}
	return scheme + "://" + forwardedHost(r)
}

// isHost tells whether a text has the form of a host, with or without a port.
func isHost(text string) bool {
	if text == "" || len(text) > 255 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && strings.IndexByte(".-_:[]", c) < 0 {
			return false
		}
	}
	return true
}

func forwardedHost(r *http.Request) string {
	if host := first(r.Header.Get("X-Forwarded-Host")); isHost(host) {
		return host
	}
	if isHost(r.Host) {
		return r.Host
	}
	return "localhost"
}

func first(list string) string {
	value, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(value)
}

// refuse answers what the edge itself turns away, as RFC 9457 problem details and RFC 6750 say.
func refuse(w http.ResponseWriter, err error) {
	kind := fault.KindOf(err)
	if kind == fault.Unauthorised {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(kind.Status())
	json.NewEncoder(w).Encode(map[string]any{"status": kind.Status(), "title": http.StatusText(kind.Status()), "detail": err.Error()})
}
