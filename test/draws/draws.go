// Package draws has tests draw the same values whenever they run: who changes something sees what that breaks, and nobody sees what
// chance finds while something else is changed. Tests that draw import it. With go test -rapid.seed=N they draw others, by chance where
// N is 0; make check-draws does so, many times.
package draws

import (
	"flag"
	"math/rand/v2"
	"strconv"

	_ "pgregory.net/rapid" // its flags
)

const (
	seedFlag = "rapid.seed"
	usual    = "20261126"
)

func init() {
	if err := flag.Set(seedFlag, usual); err != nil { // before the command line is read, which wins
		panic(err)
	}
}

// Random is for what is drawn without rapid: with the same flag the same numbers.
func Random() *rand.Rand {
	seed, _ := strconv.ParseUint(flag.Lookup(seedFlag).Value.String(), 10, 64) // it is a number
	if seed == 0 {
		seed = rand.Uint64()
	}
	return rand.New(rand.NewPCG(seed, 0))
}
