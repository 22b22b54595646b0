package issuer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"perigee/shared/identity"
	"perigee/shared/scope"
)

// What the issuer makes is taken by the edge of the functions; what another one made, or made for others, is not.
func TestTokensOpenTheHouse(t *testing.T) {
	var mine, other *Issuer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mine.ServeHTTP(w, r) }))
	defer server.Close()
	mine, other = newIssuer(t, server.URL), newIssuer(t, server.URL)
	edge, err := identity.New(identity.Config{Auth: "oidc", Issuer: server.URL, Audience: "perigee", Claim: "realm_access.roles", Prefix: "perigee-"})
	if err != nil {
		t.Fatal(err)
	}
	good := token(t, mine, "perigee", time.Hour)
	for name, c := range map[string]struct {
		token  string
		status int
	}{
		"good": {good, 200}, "another key": {token(t, other, "perigee", time.Hour), 401}, "another audience": {token(t, mine, "others", time.Hour), 401},
		"expired": {token(t, mine, "perigee", -time.Hour), 401}, "changed": {strings.Replace(good, ".", ".e30", 1), 401},
	} {
		if got := ask(edge, c.token); got != c.status {
			t.Errorf("%s: %d, want %d", name, got, c.status)
		}
	}
}

func newIssuer(t *testing.T, url string) *Issuer {
	t.Helper()
	i, err := New(url)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func token(t *testing.T, i *Issuer, audience string, valid time.Duration) string {
	t.Helper()
	made, err := i.Token(audience, []string{"perigee-admin"}, valid)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// ask is the status of a request that needs the right to write.
func ask(edge *identity.Edge, token string) int {
	handler := edge.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if scope.FromContext(r.Context()).Scope.MayWrite() != nil {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	request := httptest.NewRequest(http.MethodGet, "/workspaces/w/stac", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer.Code
}
