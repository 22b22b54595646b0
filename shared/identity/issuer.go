package identity

import (
	"context"
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
	verified, err := verifier.Verify(ctx, token)
	if err != nil {
		return identity{}, fault.Classify(fault.Unauthorised, err, "the bearer token is not valid")
	}
	var claims map[string]any
	if err := verified.Claims(&claims); err != nil {
		return identity{}, fault.Classify(fault.Unauthorised, err, "the bearer token's claims cannot be read")
	}
	return identity{principal: verified.Subject, roles: rolesOf(claims, i.config.Claim, i.config.Prefix)}, nil
}

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
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), client), i.config.Issuer)
	if err != nil {
		i.failed = time.Now()
		return nil, fault.Classify(fault.Unavailable, err, "the token issuer does not answer")
	}
	i.verifier = provider.Verifier(&oidc.Config{ClientID: i.config.Audience})
	return i.verifier, nil
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
