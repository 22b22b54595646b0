//go:build clients

package story

import "testing"

// TestClients has other people's programs show the maps: `make test-clients` installs them.
func TestClients(t *testing.T) { tell(t, "testdata/clients") }
