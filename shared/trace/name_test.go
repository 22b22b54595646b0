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
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	Name(inner, "GetCapabilities")
	Name(inner, "GetMap")
	if got := naming.Or("GET"); got != "GetMap" {
		t.Errorf("named %q", got)
	}
}
