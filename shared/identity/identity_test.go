package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
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
	key  *rsa.PrivateKey
	down atomic.Bool // whether it gives its keys
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
		json.NewEncoder(w).Encode(map[string]any{"issuer": r.URL, "jwks_uri": r.URL + "/keys", "authorization_endpoint": r.URL, "token_endpoint": r.URL, "id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		if r.down.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: r.key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

func (r *realm) token(t *testing.T, key *rsa.PrivateKey, audience string, expires time.Time, roles ...string) string {
	t.Helper()
	return signed(t, jose.RS256, key, r.claims(audience, expires), roles...)
}

func (r *realm) claims(audience string, expires time.Time) jwt.Claims {
	return jwt.Claims{Issuer: r.URL, Subject: "eric", Audience: jwt.Audience{audience}, Expiry: jwt.NewNumericDate(expires)}
}

func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, claims jwt.Claims, roles ...string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Claims(map[string]any{"realm_access": map[string]any{"roles": roles}}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// unsigned is the token with the algorithm none in place of its own, and no signature.
func unsigned(token string) string {
	parts := strings.Split(token, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k"}`)) + "." + parts[1] + "."
}

// ask sends a request from this machine through the edge and gives what the handler behind it saw.
func ask(t *testing.T, e *Edge, path string, header map[string]string) (int, scope.Asked, string) {
	t.Helper()
	return askFrom(t, e, "127.0.0.1:4711", path, header)
}

func askFrom(t *testing.T, e *Edge, peer, path string, header map[string]string) (int, scope.Asked, string) {
	t.Helper()
	var asked scope.Asked
	var seen string
	r := httptest.NewRequest(http.MethodPost, path, nil)
	r.RemoteAddr = peer
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
	elsewhere, early := issuer.claims("perigee", later), issuer.claims("perigee", later)
	elsewhere.Issuer, early.NotBefore = "https://elsewhere.example", jwt.NewNumericDate(time.Now().Add(30*time.Minute))
	public := x509.MarshalPKCS1PublicKey(&issuer.key.PublicKey)
	for name, c := range map[string]struct {
		path, token string
		status      int
		write       fault.Kind // of MayWrite; Internal stands for allowed here
	}{
		"no token":                 {"/stac", "", 200, fault.Unauthorised},
		"reader":                   {"/stac", issuer.token(t, issuer.key, "perigee", later, "other"), 200, fault.Forbidden},
		"writer":                   {"/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer"), 200, fault.Internal},
		"writer elsewhere":         {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer"), 200, fault.Forbidden},
		"writer of the workspace":  {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer:ws-a"), 200, fault.Internal},
		"writer of another":        {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-writer:ws-b"), 200, fault.Forbidden},
		"admin everywhere":         {"/workspaces/ws-a/stac", issuer.token(t, issuer.key, "perigee", later, "perigee-admin"), 200, fault.Internal},
		"expired":                  {"/stac", issuer.token(t, issuer.key, "perigee", time.Now().Add(-time.Hour), "perigee-writer"), 401, 0},
		"for somebody else":        {"/stac", issuer.token(t, issuer.key, "other", later, "perigee-writer"), 401, 0},
		"signed by somebody else":  {"/stac", issuer.token(t, stranger, "perigee", later, "perigee-writer"), 401, 0},
		"not a token":              {"/stac", "x", 401, 0},
		"of another issuer":        {"/stac", signed(t, jose.RS256, issuer.key, elsewhere, "perigee-writer"), 401, 0},
		"not yet valid":            {"/stac", signed(t, jose.RS256, issuer.key, early, "perigee-writer"), 401, 0},
		"not signed":               {"/stac", unsigned(issuer.token(t, issuer.key, "perigee", later, "perigee-writer")), 401, 0},
		"signed by the public key": {"/stac", signed(t, jose.HS256, public, issuer.claims("perigee", later), "perigee-writer"), 401, 0},
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

// An issuer may change its keys: a token of the new key is valid, one of the old no longer. While it does not give its
// keys, nobody knows; that may pass and is not the token's fault.
func TestKeysAreRenewed(t *testing.T) {
	issuer := newRealm(t)
	edge, err := New(Config{Auth: "oidc", Issuer: issuer.URL, Audience: "perigee", Claim: "realm_access.roles", Prefix: "perigee-"})
	if err != nil {
		t.Fatal(err)
	}
	status := func(token string) int {
		code, _, _ := ask(t, edge, "/stac", map[string]string{"Authorization": "Bearer " + token})
		return code
	}
	later := time.Now().Add(time.Hour)
	before := issuer.token(t, issuer.key, "perigee", later, "perigee-writer")
	if got := status(before); got != 200 {
		t.Fatalf("status %d", got)
	}
	if issuer.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	after := issuer.token(t, issuer.key, "perigee", later, "perigee-writer")
	issuer.down.Store(true)
	if old, fresh := status(before), status(after); old != 200 || fresh != 503 {
		t.Errorf("while the issuer is down: %d with a key that is known, %d with one that is not", old, fresh)
	}
	issuer.down.Store(false)
	for _, c := range []struct {
		token string
		want  int
	}{{after, 200}, {before, 401}} {
		got, want := status(c.token), c.want
		for tries := 0; got != want && tries < 1000; tries++ { // fetched keys take their place just after they were used
			runtime.Gosched()
			got = status(c.token)
		}
		if got != want {
			t.Errorf("answered %d, want %d", got, want)
		}
	}
}

func TestConfigurationAsksForAnIssuer(t *testing.T) {
	for _, c := range []Config{{Auth: "oidc"}, {Auth: "oidc", Issuer: "https://issuer.example"}, {Auth: "off"}, {Auth: "none", PublicURL: "perigee.example"}} {
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
		host, origin, caller string
		allowed              bool
	}{
		{"127.0.0.1:8080", "", "", true}, {"localhost", "", "127.0.0.1", true}, {"[::1]:8080", "", "::1", true},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", "", true},
		{"127.0.0.1:8080", "http://evil.example", "", false}, {"127.0.0.1:8080", "null", "", false},
		{"evil.example", "http://evil.example", "", false}, {"192.168.1.2:8080", "", "", false},
		{"localhost:8080", "", "192.168.1.2", false}, {"localhost", "", "192.168.1.2, 127.0.0.1", false}, {"localhost", "", "127.0.0.1, 192.168.1.2", false},
	} {
		header := map[string]string{"X-Forwarded-Host": c.host}
		if c.caller != "" {
			header["X-Forwarded-For"] = c.caller
		}
		if c.origin != "" {
			header["Origin"] = c.origin
		}
		_, asked, _ := ask(t, edge, "/register", header)
		if (asked.Scope.MayWrite() == nil) != c.allowed {
			t.Errorf("host %q, origin %q, caller %q: MayWrite says %v", c.host, c.origin, c.caller, asked.Scope.MayWrite())
		}
	}
	for _, c := range []struct {
		peer, through string
		allowed       bool
	}{
		{"127.0.0.1:1", "", true}, {"[::1]:1", "127.0.0.1, ::1", true}, {"192.168.1.2:1", "", false},
		{"127.0.0.1:1", "192.168.1.2", false}, {"127.0.0.1:1", "127.0.0.1, 192.168.1.2", false}, {"127.0.0.1:1", "unknown", false},
	} {
		header := map[string]string{"X-Forwarded-Host": "localhost"}
		if c.through != "" {
			header["X-Forwarded-For"] = c.through
		}
		_, asked, _ := askFrom(t, edge, c.peer, "/register", header)
		if (asked.Scope.MayWrite() == nil) != c.allowed {
			t.Errorf("peer %s through %q, who says localhost: MayWrite says %v", c.peer, c.through, asked.Scope.MayWrite())
		}
	}
}
