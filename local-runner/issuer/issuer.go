// Package issuer is a small OpenID Connect issuer for a cluster on this machine: it tells its key to functions and makes one
// token, for whoever started it. Nobody can log in, and the key is gone when it ends.
//
//	i, err := issuer.New("http://host.lab:9090")   // as the functions call it
//	go http.Serve(listener, i)
//	token, err := i.Token("perigee", []string{"perigee-admin"}, 12*time.Hour)
package issuer

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Issuer answers discovery and its keys.
type Issuer struct {
	url     string
	kid     string
	key     ed25519.PrivateKey
	handler http.Handler
}

// New makes an issuer with a key of its own. url is how those who verify its tokens call it.
func New(url string) (*Issuer, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of the token issuer: %w", err)
	}
	i := &Issuer{url: url, kid: hex.EncodeToString(public[:8]), key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", answer(i.discovery()))
	mux.HandleFunc("GET /keys", answer(i.keys(public)))
	i.handler = mux
	return i, nil
}

// ServeHTTP answers what OpenID Connect Discovery 1.0 asks.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.handler.ServeHTTP(w, r) }

func answer(what any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(what) // whoever asked is gone
	}
}

// discovery is what every issuer has to tell; the addresses for logging in lead nowhere.
func (i *Issuer) discovery() any {
	return map[string]any{
		"issuer": i.url, "jwks_uri": i.url + "/keys", "authorization_endpoint": i.url + "/none", "token_endpoint": i.url + "/none",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"EdDSA"},
	}
}

// keys is the public key as a set (RFC 7517, RFC 8037).
func (i *Issuer) keys(public ed25519.PublicKey) any {
	return map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": i.kid, "x": base64.RawURLEncoding.EncodeToString(public),
	}}}
}

// Token is a signed token for an audience that carries roles where Keycloak puts them.
func (i *Issuer) Token(audience string, roles []string, valid time.Duration) (string, error) {
	now := time.Now()
	header, err := part(map[string]string{"alg": "EdDSA", "kid": i.kid, "typ": "JWT"})
	if err != nil {
		return "", err
	}
	claims, err := part(map[string]any{
		"iss": i.url, "sub": "local-runner", "aud": audience, "iat": now.Unix(), "exp": now.Add(valid).Unix(),
		"realm_access": map[string]any{"roles": roles},
	})
	if err != nil {
		return "", err
	}
	said := header + "." + claims
	return said + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(i.key, []byte(said))), nil
}

func part(of any) (string, error) {
	text, err := json.Marshal(of)
	if err != nil {
		return "", fmt.Errorf("making a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}
