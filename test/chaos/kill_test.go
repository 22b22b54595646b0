package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestKilled lets items flow while functions, the broker and the whole runner are killed without warning. In the end every
// item is there once, in its last version; a subscriber was told of each version by one event; nothing waits for ever and
// nothing is dead.
func TestKilled(t *testing.T) {
	t.Parallel()
	chance := newChance(t)
	w := newWitness(t)
	h := newHouse(t)
	h.add("witness.yaml", w.trigger())
	h.add("often.yaml", often)
	if err := h.start(); err != nil {
		t.Fatal(err)
	}
	kills := h.torment(chance, *number)
	t.Logf("%d items; killed: %s", *number, strings.Join(kills, ", "))
	h.eventually("every item is registered in its last version", func() error { return h.complete(*number) })
	h.eventually("a subscriber knows of every item", func() error { return w.knows(*number) })
	h.eventually("nothing is left to do", h.quiet)
	if err := h.complete(*number); err != nil {
		t.Error(err)
	}
	if err := w.knows(*number); err != nil {
		t.Error(err)
	}
}

// chosen takes the seed of the run from the clock, once for all tests, where none is given.
var chosen = sync.OnceFunc(func() {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
})

func newChance(t *testing.T) *rand.Rand {
	chosen()
	t.Logf("seed %d: go test ./test/chaos -run %s -items %d -seed %d", *seed, t.Name(), *number, *seed)
	t.Cleanup(func() {
		if t.Failed() {
			fmt.Printf("%s failed with -items %d -seed %d\n", t.Name(), *number, *seed)
		}
	})
	return rand.New(rand.NewPCG(*seed, 1))
}

// often has the outbox swept every few seconds, so that the sweep has its part in it.
const often = `apiVersion: sources.knative.dev/v1
kind: PingSource
metadata:
  name: sweep-often
  namespace: perigee
spec:
  schedule: "*/3 * * * * *"
  ceOverrides:
    extensions:
      sweep: outbox
  sink:
    ref:
      apiVersion: eventing.knative.dev/v1
      kind: Broker
      name: default
`

// Each fifth item is written twice.
func twice(i int) bool { return i%5 == 0 }

func name(i int) string { return fmt.Sprintf("item-%04d", i) }

func lastTitle(i int) string {
	if twice(i) {
		return "second"
	}
	return "first"
}

// flow stores as many items as it is let to, one after the other, and the second versions a little later.
func (h *house) flow(n int, let <-chan int) error {
	i := 0
	for some := range let {
		for ; some > 0 && i < n; some-- {
			if err := h.put("chaos/"+name(i)+".json", item("CHAOS", name(i), "first")); err != nil {
				return err
			}
			if err := h.second(i - 3); err != nil {
				return err
			}
			i++
		}
	}
	return errors.Join(h.second(n-3), h.second(n-2), h.second(n-1))
}

func (h *house) second(i int) error {
	if i < 0 || !twice(i) {
		return nil
	}
	return h.put("chaos/"+name(i)+".json", item("CHAOS", name(i), "second"))
}

// complete complains of what is not registered as it is to be.
func (h *house) complete(n int) error {
	found, err := h.items("CHAOS")
	if err != nil {
		return err
	}
	wrong := []string{fmt.Sprintf("%d of %d are there", len(found), n)}
	for i := range n {
		if found[name(i)] != lastTitle(i) {
			wrong = append(wrong, fmt.Sprintf("%s is %q", name(i), found[name(i)]))
		}
	}
	if len(wrong) > 1 || len(found) != n {
		return fmt.Errorf("%s", strings.Join(wrong[:min(len(wrong), 10)], "; "))
	}
	return nil
}

// knows complains of items of which more or less was told than happened. Two versions may be one, when the second was
// there before anybody looked at the first.
func (w *witness) knows(n int) error {
	var wrong []string
	for i := range n {
		created, replaced, deleted := w.count("create", name(i)), w.count("replace", name(i)), w.count("delete", name(i))
		most := 0
		if twice(i) {
			most = 1
		}
		if created != 1 || replaced > most || deleted != 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d created, %d replaced, %d deleted", name(i), created, replaced, deleted))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d items: %s", len(wrong), strings.Join(wrong[:min(len(wrong), 10)], "; "))
	}
	return nil
}

// each is how many items flow for each kill.
const each = 6

// torment lets some items flow, kills something a moment later, and so on until all have flown, and tells what it killed.
// The second and the fourth victim are the broker and the whole runner, so that a short run has those too.
func (h *house) torment(chance *rand.Rand, n int) []string {
	h.t.Helper()
	let, flown := make(chan int, n), make(chan error, 1)
	go func() { flown <- h.flow(n, let) }()
	var kills []string
	for left := n; left > 0; left -= each {
		let <- each
		time.Sleep(time.Duration(chance.IntN(300)) * time.Millisecond) // chance is what this is about
		kills = append(kills, h.kill(chance, len(kills)))
	}
	close(let)
	if err := <-flown; err != nil {
		h.t.Fatalf("the items do not flow: %v", err)
	}
	return kills
}

func (h *house) kill(chance *rand.Rand, before int) string {
	die := chance.IntN(20)
	switch before {
	case 1:
		die = 0
	case 3:
		die = 1
	}
	switch die {
	case 0: // the rest of the runner ends because the system tells it of the death
		h.killAll([]process{{pid: h.cmd.Process.Pid}})
		return "the broker"
	case 1:
		h.killAll(append(descendants(h.cmd.Process.Pid), process{pid: h.cmd.Process.Pid}))
		return "the runner with all its children"
	}
	functions := h.functions()
	if len(functions) == 0 {
		return "nobody"
	}
	victim := functions[chance.IntN(len(functions))]
	syscall.Kill(victim.pid, syscall.SIGKILL)
	return filepath.Base(victim.program)
}

// functions are the instances that run now.
func (h *house) functions() []process {
	return slices.DeleteFunc(descendants(h.cmd.Process.Pid), func(p process) bool {
		return filepath.Dir(p.program) != h.bin || filepath.Base(p.program) == "local-runner"
	})
}

// forget kills the instances of a function, with all that they remember.
func (h *house) forget(name string) {
	for _, p := range h.functions() {
		if filepath.Base(p.program) == name {
			syscall.Kill(p.pid, syscall.SIGKILL)
		}
	}
}

// killAll kills the runner, and more, and starts it again.
func (h *house) killAll(victims []process) {
	h.t.Helper()
	for _, p := range victims {
		syscall.Kill(p.pid, syscall.SIGKILL)
	}
	h.cmd.Wait()
	if err := h.start(); err != nil {
		h.t.Fatalf("the next start: %v", err)
	}
}

type process struct {
	pid     int
	program string
}

// descendants are the processes below one, those nearest to it first.
func descendants(pid int) []process {
	children := map[int][]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, err := strconv.Atoi(fields[1])
		if err != nil || fields[0] == "Z" {
			continue
		}
		program, _ := os.Readlink(filepath.Join(filepath.Dir(path), "exe")) // that of another user stays unknown
		children[parent] = append(children[parent], process{child, program})
	}
	var all []process
	for next := children[pid]; len(next) > 0; next = next[1:] {
		all = append(all, next[0])
		next = append(next, children[next[0].pid]...)
	}
	return all
}
