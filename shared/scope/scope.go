// Package scope says on whose behalf, and in which workspace, a question is asked. A scope is derived once at the edge
// (package identity) and handed to every query of the store: there is no query without one.
package scope

import (
	"context"
	"slices"

	"perigee/shared/fault"
)

// System is the workspace of the platform itself: the catalogue and the services that everybody sees.
const System = ""

// Role is a right that a principal holds.
type Role string

// The roles that this system knows.
const (
	Writer Role = "writer" // may register, change and delete within the workspace
	Admin  Role = "admin"  // may do so in every workspace, and manage workspaces
)

// Scope bounds a question: the workspace asked, the further workspaces whose records may be read with it, and who asks.
// The zero Scope is not valid; make one with New.
type Scope struct {
	Workspace string
	Includes  []string
	Principal string
	Roles     []Role
	made      bool
}

// New is the scope of a principal in a workspace.
func New(workspace, principal string, roles ...Role) Scope {
	return Scope{Workspace: workspace, Principal: principal, Roles: roles, made: true}
}

// Including widens the scope to read further workspaces.
func (s Scope) Including(workspaces ...string) Scope {
	s.Includes = append(slices.Clone(s.Includes), workspaces...)
	return s
}

// In is the same principal in another workspace, with nothing else included.
func (s Scope) In(workspace string) Scope {
	s.Workspace, s.Includes = workspace, nil
	return s
}

// Readable lists the workspaces whose records the scope may read, the asked one first.
func (s Scope) Readable() []string {
	return append([]string{s.Workspace}, s.Includes...)
}

// Valid is an internal failure for a scope that nobody made.
func (s Scope) Valid() error {
	if !s.made {
		return fault.New(fault.Internal, "a store was asked without a scope")
	}
	return nil
}

// MayWrite is nil when the scope allows changing records of its workspace.
func (s Scope) MayWrite() error {
	if err := s.Valid(); err != nil {
		return err
	}
	if slices.Contains(s.Roles, Writer) || slices.Contains(s.Roles, Admin) {
		return nil
	}
	if s.Principal == "" {
		return fault.New(fault.Unauthorised, "this operation needs a bearer token with the role %q", Writer)
	}
	return fault.New(fault.Forbidden, "%s does not hold the role %q", s.Principal, Writer)
}

// Asked is what the edge learnt of a request: its scope, and the absolute URL, without a trailing slash, under which
// the function was asked (scheme and host as forwarded, and the workspace prefix), to which links in answers keep.
type Asked struct {
	Scope Scope
	Base  string
}

type key struct{}

// NewContext hands what the edge learnt to the handlers behind it.
func NewContext(ctx context.Context, asked Asked) context.Context {
	return context.WithValue(ctx, key{}, asked)
}

// FromContext is what the edge learnt of the request; outside an edge its scope is not valid.
func FromContext(ctx context.Context) Asked {
	asked, _ := ctx.Value(key{}).(Asked)
	return asked
}
