package catalogue_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"perigee/shared/catalogue"
)

func TestZZFill(t *testing.T) {
	s, _ := catalogue.Open(t.Context(), catalogue.Config{URL: os.Getenv("FILL_URL")})
	defer s.Close()
	random, n := rand.New(rand.NewPCG(1, 2)), 0
	for n < 100000 {
		applied(t, s, writer(""), scenes(&n, 500, random)...)
	}
}
