package source

import (
	"os"
	"strings"
	"testing"
)

// TestHarvestersToCopy: HRV-10, the examples that people copy are read without a word of complaint.
func TestHarvestersToCopy(t *testing.T) {
	const name = "../../manifests/examples/harvesters.yaml"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	config, err := Load(name, text)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(config.Names(), " "); got != "sentinel-2 landsat-in-a-bucket of-others" {
		t.Errorf("%s", got)
	}
	for i, name := range config.Names() {
		harvester, err := config.Harvester(name, nil)
		if err != nil || len(harvester.Chain) != []int{1, 2, 2}[i] {
			t.Errorf("%s: %d postprocessors, %v", name, len(harvester.Chain), err)
		}
	}
}
