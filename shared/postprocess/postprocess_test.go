package postprocess

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/shared/fault"
)

// silent are services that never answer.
type silent struct{ asked int }

func (s *silent) Post(ctx context.Context, _ string, _ []byte, _ int64) (Answer, error) {
	s.asked++
	<-ctx.Done()
	return Answer{}, fault.Classify(fault.Unavailable, ctx.Err(), "asking")
}

// HRV-10, HRV-20: all postprocessors together have a time for an item. What takes longer concerns that item alone; that who
// asks has no more time is no fault of the item's.
func TestTimeOfAChain(t *testing.T) {
	chain, err := Read([]any{
		map[string]any{"type": "title"},
		map[string]any{"type": "external", "kwargs": map[string]any{"url": "http://silent.example/", "timeout": 60, "retries": 5, "on_failure": "keep"}},
		map[string]any{"type": "declarative", "kwargs": map[string]any{"rules": []any{map[string]any{"op": "remove", "field": "/properties/x"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		services := &silent{}
		if _, err := chain.Process(t.Context(), []byte(whole), Reach{Services: services}); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "take longer than 40s") || services.asked != 1 {
			t.Errorf("asked %d times: %v", services.asked, err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := chain.Process(short, []byte(whole), Reach{Services: services}); fault.KindOf(err) != fault.Unavailable {
			t.Error(err)
		}
	})
}
