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
	if waiting(t, b) == 0 {
		for i := range 20 {
			publish(t, b, newEvent(fmt.Sprint(i)))
		}
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
// had no time to record may be repeated, once for each kill.
func TestCrash(t *testing.T) {
	const kills = 3
	dir := t.TempDir()
	s := subscribe(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	for n := range kills {
		child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-crash.dir="+dir, "-crash.url="+s.URL)
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
		if n < 6 || n > 6+kills {
			t.Errorf("event %s: %d attempts", id, n)
		}
	}
	letters, err := b.DeadLetters(t.Context(), 100)
	if err != nil || len(letters) != 20 {
		t.Errorf("%d dead letters, %v", len(letters), err)
	}
	t.Logf("%d attempts, at least %d", len(s.all()), 20*6)
}
