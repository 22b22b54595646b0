package main

import (
	"slices"

	"perigee/shared/record"
	"perigee/shared/stac"
)

// older are the names that properties had before STAC 1.0, and what they are called now.
var older = map[string]string{"eo:platform": "platform", "eo:instrument": "instruments", "eo:instruments": "instruments", "eo:constellation": "constellation", "eo:gsd": "gsd"}

// modern gives what an item says by older names the names of today as well, by which it is looked for. The instrument of an
// older item is of the type that it is called by, as in the original (REG-12).
func modern(properties map[string]any) {
	for before, now := range older {
		value, said := properties[before]
		if _, known := properties[now]; !said || known {
			continue
		}
		if name, one := value.(string); one && now == "instruments" {
			value = []any{name}
			if _, typed := properties[record.PropertySensorType]; !typed {
				properties[record.PropertySensorType] = name
			}
		}
		properties[now] = value
	}
}

// spectral are the common names of bands (STAC extension eo); a band that is called otherwise was reckoned from others.
var spectral = []string{
	"", "pan", "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus", "swir16", "swir22",
	"lwir", "lwir11", "lwir12",
}

// derived are the keywords of an item that was processed: the indices that its bands are, which it has no keywords for, and
// that it was (REG-12).
func derived(item *stac.Item) []string {
	var all []string
	for _, a := range item.Assets {
		for _, b := range a.Bands {
			if !slices.Contains(spectral, b.CommonName) && !slices.Contains(all, b.CommonName) && len(all) < maxDerived {
				all = append(all, b.CommonName)
			}
		}
	}
	if _, said := item.Properties["keywords"]; said || len(all) == 0 {
		return nil
	}
	return append(all, "processing")
}

const maxDerived = 50
