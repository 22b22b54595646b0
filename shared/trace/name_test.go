package trace

import (
	"context"
	"testing"
)

func TestName(t *testing.T) {
	Name(context.Background(), "nobody listens")
	ctx, naming := WithNaming(context.Background())
	if got := naming.Or("GET"); got != "GET" {
		t.Errorf("named %q", got)
	}
	if naming.Reads() {
		t.Error("nobody said that it only reads")
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	Name(inner, "GetCapabilities")
	Name(inner, "GetMap")
	Reads(inner)
	if !naming.Reads() {
		t.Error("what was said to read only does not")
	}
	if got := naming.Or("GET"); got != "GetMap" {
		t.Errorf("named %q", got)
	}
}
