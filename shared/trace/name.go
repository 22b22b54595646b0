package trace

import (
	"context"
	"sync/atomic"
)

// Naming holds the name of what is being done, the name of a span in OpenTelemetry's words: the operation of a protocol
// (GetMap) or of an event (register). Names are few and known beforehand, never what a stranger says.
type Naming struct {
	name  atomic.Pointer[string]
	reads atomic.Bool
}

type namingKey struct{}

// WithNaming is a context in which Name tells the Naming what is being done.
func WithNaming(ctx context.Context) (context.Context, *Naming) {
	n := new(Naming)
	return context.WithValue(ctx, namingKey{}, n), n
}

// Name says what is being done. The last name counts; without a Naming nothing happens.
func Name(ctx context.Context, name string) {
	if n, ok := ctx.Value(namingKey{}).(*Naming); ok {
		n.name.Store(&name)
	}
}

// Reads says that what is being done changes nothing, whatever the method of the request.
func Reads(ctx context.Context) {
	if n, ok := ctx.Value(namingKey{}).(*Naming); ok {
		n.reads.Store(true)
	}
}

// Reads tells whether what is being done was said to change nothing.
func (n *Naming) Reads() bool { return n.reads.Load() }

// Or is the name that was told, otherwise the given one.
func (n *Naming) Or(otherwise string) string {
	if name := n.name.Load(); name != nil && *name != "" {
		return *name
	}
	return otherwise
}
