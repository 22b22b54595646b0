package identity

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// identity is what a valid token says.
type identity struct {
	principal string
	roles     []string // names without the prefix: writer, writer:<workspace>, admin
}

// rolesIn maps the names to roles: writer holds in the system's workspace, writer:<workspace> in that one, admin in all.
func (i identity) rolesIn(workspace string) []scope.Role {
	var roles []scope.Role
	writer := string(scope.Writer)
	if workspace != scope.System {
		writer += ":" + workspace
	}
	if slices.Contains(i.roles, writer) {
		roles = append(roles, scope.Writer)
	}
	if slices.Contains(i.roles, string(scope.Admin)) {
		roles = append(roles, scope.Admin)
	}
	return roles
}

// issuer verifies tokens of one OpenID Connect issuer.
type issuer struct {
	config Config

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	failed   time.Time // of the last discovery that failed, so that a dead issuer is not asked with every request
}

func newIssuer(config Config) *issuer { return &issuer{config: config} }

const discoveryPause = 2 * time.Second

// verify checks signature, issuer, audience and expiry.
func (i *issuer) verify(ctx context.Context, token string) (identity, error) {
	verifier, err := i.keys(ctx)
	if err != nil {
		return identity{}, err
	}
	var away error // the issuer, when it was asked for its keys
	verified, err := verifier.Verify(context.WithValue(ctx, awayKey{}, &away), token)
	switch {
	case away != nil:
		return identity{}, fault.Classify(fault.Unavailable, away, "the token issuer does not give its keys")
	case err != nil:
		return identity{}, fault.Classify(fault.Unauthorised, err, "the bearer token is not valid")
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		return identity{}, fault.Classify(fault.Unauthorised, err, "the bearer token's claims cannot be read")
	}
	return identity{principal: verified.Subject, roles: rolesOf(claims, i.config.Claim, i.config.Prefix)}, nil
}

// algorithms are the signatures that are trusted, where the issuer uses them: none that who verifies could make.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// keys discovers the issuer once; go-oidc fetches and renews its keys.
func (i *issuer) keys(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.verifier != nil {
		return i.verifier, nil
	}
	if time.Since(i.failed) < discoveryPause {
		return nil, fault.New(fault.Unavailable, "the token issuer %s does not answer", i.config.Issuer)
	}
	client := &http.Client{Timeout: 5 * time.Second}
	lasting := oidc.ClientContext(context.WithoutCancel(ctx), client)
	provider, err := oidc.NewProvider(lasting, i.config.Issuer)
	var says struct {
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	if err == nil {
		err = provider.Claims(&says)
	}
	if err != nil {
		i.failed = time.Now()
		return nil, fault.Classify(fault.Unavailable, err, "the token issuer does not answer")
	}
	trusted := slices.DeleteFunc(says.Algorithms, func(a string) bool { return !slices.Contains(algorithms, a) })
	i.verifier = oidc.NewVerifier(i.config.Issuer, keySet{oidc.NewRemoteKeySet(lasting, says.Keys)}, &oidc.Config{
		ClientID: i.config.Audience, SupportedSigningAlgs: trusted,
	})
	return i.verifier, nil
}

// awayKey is where in a context a keySet leaves the failure to reach the issuer.
type awayKey struct{}

// keySet tells an issuer that cannot be asked for its keys, which may pass, from a signature that none of them made.
type keySet struct{ oidc.KeySet }

// VerifySignature checks a signature by the issuer's keys.
func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, token)
	if away, ok := ctx.Value(awayKey{}).(*error); ok && errors.Unwrap(err) != nil { // go-oidc wraps what fetching met, and nothing else
		*away = err
	}
	return payload, err
}

// rolesOf finds the roles under a dotted claim, a list or a space-separated string, that begin with the prefix.
func rolesOf(claims map[string]any, claim, prefix string) []string {
	var value any = claims
	for part := range strings.SplitSeq(claim, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[part]
	}
	var names []string
	switch v := value.(type) {
	case string:
		names = strings.Fields(v)
	case []any:
		for _, entry := range v {
			if name, ok := entry.(string); ok {
				names = append(names, name)
			}
		}
	}
	var roles []string
	for _, name := range names {
		if role, ok := strings.CutPrefix(name, prefix); ok {
			roles = append(roles, role)
		}
	}
	return roles
}
