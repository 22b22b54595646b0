package broker

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"
)

// What the process that is killed is told.
var (
	crashDir = flag.String("crash.dir", "", "of the broker that will be killed (for TestCrash)")
	crashURL = flag.String("crash.url", "", "of its subscriber")
	together = flag.Bool("crash.together", false, "its events come in a batch")
)

func crashConfig(url string) Config {
	return oneTrigger(URL(url), &Delivery{Retry: 5, Policy: Exponential, Delay: 40 * time.Millisecond})
}

// TestCrashChild is not a test by itself: it is the process that TestCrash kills.
func TestCrashChild(t *testing.T) {
	if *crashDir == "" {
		return
	}
	b := openOnly(t, *crashDir, crashConfig(*crashURL))
	switch events := several(20); {
	case waiting(t, b) > 0:
	case *together:
		post(t, b, events)
	default:
		publish(t, b, events...)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	select {}
}

// waiting is the number of events that wait.
func waiting(t *testing.T, b *Broker) uint64 {
	info, err := b.events.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Msgs
}

// A runner that is killed in the midst of retries loses no event and forgets no attempt; only attempts whose outcome it
// had no time to record may be repeated, once for each kill. An event of a batch that leaves it while the runner is killed may
// come twice.
func TestCrash(t *testing.T) {
	for name, together := range map[string]bool{"one by one": false, "together": true} {
		t.Run(name, func(t *testing.T) { crash(t, together) })
	}
}

func crash(t *testing.T, together bool) {
	const kills = 3
	dir := t.TempDir()
	s := subscribe(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	for n := range kills {
		child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-crash.dir="+dir, "-crash.url="+s.URL, fmt.Sprintf("-crash.together=%t", together))
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "attempts", func() bool { return len(s.all()) >= 20+25*n })
		child.Process.Kill()
		child.Wait()
	}
	b := open(t, dir, crashConfig(s.URL))
	settled(t, b)
	attempts := map[string]int{}
	for _, r := range s.all() {
		attempts[r.id()]++
	}
	same(t, "events", len(attempts), 20)
	for id, n := range attempts {
		if most := 6 + kills; n < 6 || n > most && !together {
			t.Errorf("event %s: %d attempts", id, n)
		}
	}
	letters, err := b.DeadLetters(t.Context(), 100)
	if err != nil || len(letters) < 20 || len(letters) > 20 && !together {
		t.Errorf("%d dead letters, %v", len(letters), err)
	}
	t.Logf("%d attempts, at least %d", len(s.all()), 20*6)
}
