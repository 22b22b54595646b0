package product

import (
	"embed"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// collections are STAC collections by their ids, for the items that EOEPCA's harvesters make of Sentinel-1, Sentinel-2 and
// Landsat-8: what its resource catalogue is begun with.
//
//go:embed collections/*.json
var collections embed.FS

// CollectionNames lists the collections that ship with us.
func CollectionNames() []string {
	entries, _ := collections.ReadDir("collections") // it is embedded above
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	return names
}

// CollectionDocument gives the STAC collection of a name that ships with us.
func CollectionDocument(name string) ([]byte, error) {
	if !slices.Contains(CollectionNames(), name) {
		return nil, fault.New(fault.NotFound, "there is no collection %q among those that ship: %s", name, strings.Join(CollectionNames(), ", "))
	}
	return collections.ReadFile("collections/" + name + ".json")
}
