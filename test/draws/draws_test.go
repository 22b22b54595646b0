package draws

import (
	"flag"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawn are some values of a property test, and of Random.
func drawn(t *testing.T) (all []uint64) {
	rapid.Check(t, func(r *rapid.T) { all = append(all, rapid.Uint64().Draw(r, "value")) })
	return append(all, Random().Uint64())
}

// The same is drawn again, and something else with another seed or none.
func TestDrawsAreTheSame(t *testing.T) {
	asked := flag.Lookup(seedFlag).Value.String()
	with := func(seed string) []uint64 {
		t.Helper()
		if err := flag.Set(seedFlag, seed); err != nil {
			t.Fatal(err)
		}
		return drawn(t)
	}
	t.Cleanup(func() { _ = flag.Set(seedFlag, asked) })
	first := with(usual)
	if again := with(usual); !slices.Equal(first, again) {
		t.Error("the same seed draws something else")
	}
	for _, seed := range []string{"7", "0"} {
		if other := with(seed); slices.Equal(first, other) || first[len(first)-1] == other[len(other)-1] {
			t.Errorf("the seed %s draws the same", seed)
		}
	}
}
