// Package tenancy is the door to what keeps tenants apart outside the catalogue: the accounts, credentials and bucket
// policies of the object store. It signs its requests with the signer of the AWS SDK, and is beside package bucket the
// only one that knows it.
package tenancy

import (
	"context"
	"crypto/rand"
	"log/slog"

	"perigee/shared/fault"
)

// Credentials open the bucket of one workspace.
type Credentials struct {
	AccessKey string
	SecretKey string
}

// NewCredentials makes credentials that nobody can guess: 110 and 260 bits of chance.
func NewCredentials() Credentials {
	return Credentials{AccessKey: rand.Text()[:22], SecretKey: rand.Text() + rand.Text()}
}

// LogValue keeps the secret out of logs.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.AccessKey) }

// String keeps the secret out of messages.
func (c Credentials) String() string { return c.AccessKey }

// Accounts are the accounts of an object store. Every method may be called any number of times: it makes the state that
// it names, whatever there was.
type Accounts interface {
	// Own tells whether workspaces have credentials of their own.
	Own() bool
	// Ensure makes an account, or gives the one that there is this secret.
	Ensure(ctx context.Context, c Credentials) error
	// Give makes a bucket the account's: it may use the objects in it and nothing else anywhere.
	Give(ctx context.Context, bucket, accessKey string) error
	// Withdraw ends an account; its bucket is the system's again.
	Withdraw(ctx context.Context, bucket, accessKey string) error
}

// Config says which object store has the accounts, and who manages them.
type Config struct {
	Kind      string   // versitygw or none
	Endpoint  string   // URL of the administration
	Region    string   // of the signature
	AccessKey string   // of an administrator
	SecretKey string   // of an administrator
	Readers   []string // access keys of other accounts of the system, which read what is in the buckets of workspaces
}

// Open chooses the accounts by their kind. Nothing is connected before the first request.
func Open(cfg Config) (Accounts, error) {
	switch cfg.Kind {
	case "versitygw":
		return newVersity(cfg)
	case "none":
		return none{}, nil
	}
	return nil, fault.At(fault.Invalid, "WORKSPACE_ACCOUNTS", "WORKSPACE_ACCOUNTS is %q, not versitygw or none", cfg.Kind)
}

// none is an object store whose accounts are managed elsewhere.
type none struct{}

func (none) Own() bool                                      { return false }
func (none) Ensure(context.Context, Credentials) error      { return nil }
func (none) Give(context.Context, string, string) error     { return nil }
func (none) Withdraw(context.Context, string, string) error { return nil }
