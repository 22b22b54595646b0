package broker

import "context"

// URL is a target at a fixed address that needs no starting. It takes ten requests at once.
func URL(address string) Target { return fixed{address, make(chan struct{}, 10)} }

type fixed struct {
	address string
	slots   chan struct{}
}

func (f fixed) Acquire(ctx context.Context) (Lease, error) {
	select {
	case f.slots <- struct{}{}:
		return Lease{URL: f.address, Release: func() { <-f.slots }}, nil
	case <-ctx.Done():
		return Lease{}, ctx.Err()
	}
}

func (f fixed) Address() string { return f.address }

func (l Lease) release() {
	if l.Release != nil {
		l.Release()
	}
}
