package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// realm is a small OpenID Connect issuer.
type realm struct {
	*httptest.Server
	key *rsa.PrivateKey
}

func newRealm(t *testing.T) *realm {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	r := &realm{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"issuer": r.URL, "jwks_uri": r.URL + "/keys", "authorization_endpoint": r.URL, "token_endpoint": r.URL, "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

func (r *realm) token(t *testing.T, key *rsa.PrivateKey, audience string, expires time.Time, roles ...string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).
		Claims(jwt.Claims{Issuer: r.URL, Subject: "eric", Audience: jwt.Audience{audience}, Expiry: jwt.NewNumericDate(expires)}).
		Claims(map[string]any{"realm_access": map[string]any{"roles": roles}}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// ask sends a request through the edge and gives what the handler behind it saw.
func ask(t *testing.T, e *Edge, path string, header map[string]string) (int, scope.Asked, string) {
	t.Helper()
	var asked scope.Asked
	var seen string
	r := httptest.NewRequest(http.MethodPost, path, nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	e.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked, seen = scope.FromContext(r.Context()), r.URL.Path
	})).ServeHTTP(w, r)
	return w.Code, asked, seen
}

func TestTokensDecideWhoMayWrite(t *testing.T) {
	issuer := newRealm(t)
	edge, err := New(Config{Auth: "oidc", Issuer: issuer.URL, Audience: "perigee", Claim: "realm_access.roles", Prefix: "perigee-"})
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := rsa.GenerateKey(rand.Reader, 2048)
	later := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		path, token string
		status      int
		write       fault.Kind // of MayWrite; Internal stands for allowed here
	}{
		"no token":                {"/stac", "", 200, fault.Unauthorised},
		"reader":                  {"/stac", issuer.token(t, issuer.key, "perigee", later, "other"), 200, fault.Forbidden},
		"writer":                  {"/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer"), 200, fault.Internal},
		"writer elsewhere":        {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer"), 200, fault.Forbidden},
		"writer of the workspace": {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer:ws-a"), 200, fault.Internal},
		"writer of another":       {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer:ws-b"), 200, fault.Forbidden},
		"admin everywhere":        {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-admin"), 200, fault.Internal},
		"expired":                 {"/stac", issuer.token(t, issuer.key, "perigee", time.Now().Add(-time.Hour), "perigee-writer"), 401, 0},
		"for somebody else":       {"/stac", issuer.token(t, issuer.key, "other", later, "perigee-writer"), 401, 0},
		"signed by somebody else": {"/stac", issuer.token(t, stranger, "perigee", later, "perigee-writer"), 401, 0},
		"not a token":             {"/stac", "x", 401, 0},
	} {
		header := map[string]string{}
		if c.token != "" {
			header["Authorization"] = "Bearer " + c.token
		}
		status, asked, _ := ask(t, edge, c.path, header)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", name, status, c.status)
			continue
		}
		if status != 200 {
			continue
		}
		err := asked.Scope.MayWrite()
		if allowed := c.write == fault.Internal; allowed != (err == nil) || (!allowed && fault.KindOf(err) != c.write) {
			t.Errorf("%s: MayWrite says %v", name, err)
		}
	}
}

func TestDeadIssuerIsUnavailable(t *testing.T) {
	edge, err := New(Config{Auth: "oidc", Issuer: "http://127.0.0.1:1", Audience: "perigee"})
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := ask(t, edge, "/stac", map[string]string{"Authorization": "Bearer x"}); status != 503 {
		t.Errorf("status %d", status)
	}
}

func TestConfigurationAsksForAnIssuer(t *testing.T) {
	for _, c := range []Config{{Auth: "oidc"}, {Auth: "off"}, {Auth: "none", PublicURL: "perigee.example"}} {
		if _, err := New(c); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v was taken: %v", c, err)
		}
	}
}

func TestWorkspaceAndBase(t *testing.T) {
	edge, _ := New(Config{Auth: "none"})
	fixed, _ := New(Config{Auth: "none", PublicURL: "https://eo.example/"})
	forwarded := map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "rm.example:8443, proxy"}
	for _, c := range []struct {
		edge            *Edge
		path            string
		header          map[string]string
		workspace, base string
		seen            string
	}{
		{edge, "/csw", nil, "", "http://example.com", "/csw"},
		{edge, "/csw", forwarded, "", "https://rm.example:8443", "/csw"},
		{edge, "/csw", map[string]string{"X-Forwarded-Host": `evil"><script>`}, "", "http://example.com", "/csw"},
		{edge, "/workspaces/ws-a/csw", forwarded, "ws-a", "https://rm.example:8443/workspaces/ws-a", "/csw"},
		{edge, "/workspaces/ws-a/", nil, "ws-a", "http://example.com/workspaces/ws-a", "/"},
		{fixed, "/workspaces/ws-a/stac/search", forwarded, "ws-a", "https://eo.example/workspaces/ws-a", "/stac/search"},
	} {
		status, asked, seen := ask(t, c.edge, c.path, c.header)
		if status != 200 || asked.Scope.Workspace != c.workspace || asked.Base != c.base || seen != c.seen {
			t.Errorf("%s: %d, workspace %q, base %q, path %q", c.path, status, asked.Scope.Workspace, asked.Base, seen)
		}
	}
	for _, path := range []string{"/workspaces/WS/csw", "/workspaces/../csw", "/workspaces/-a/csw"} {
		if status, _, _ := ask(t, edge, path, nil); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestWithoutTokensOnlyThisMachineMayWrite(t *testing.T) {
	edge, _ := New(Config{Auth: "none"})
	for _, c := range []struct {
		host, origin string
		allowed      bool
	}{
		{"127.0.0.1:8080", "", true}, {"localhost", "", true}, {"[::1]:8080", "", true},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", true},
		{"127.0.0.1:8080", "http://evil.example", false}, {"127.0.0.1:8080", "null", false},
		{"evil.example", "http://evil.example", false}, {"192.168.1.2:8080", "", false},
	} {
		header := map[string]string{"X-Forwarded-Host": c.host}
		if c.origin != "" {
			header["Origin"] = c.origin
		}
		_, asked, _ := ask(t, edge, "/register", header)
		if (asked.Scope.MayWrite() == nil) != c.allowed {
			t.Errorf("host %q, origin %q: MayWrite says %v", c.host, c.origin, asked.Scope.MayWrite())
		}
	}
}
