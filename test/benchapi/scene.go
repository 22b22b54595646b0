package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// The items are of the kind that the peers were measured with: Sentinel-2 scenes of some four kilobytes with six assets,
// anywhere, from 1990 to 2024.
var collections = []string{"sentinel-2-l1c", "sentinel-2-l2a", "landsat-9-l2"}

var words = strings.Fields("river forest glacier soil moisture temperature precipitation vegetation index land cover elevation bathymetry ocean colour " +
	"chlorophyll ice sea surface wind aerosol ozone emission fire burned area flood urban density road network parcel geology fault seismic habitat " +
	"protected species bird migration coastal erosion sediment groundwater aquifer lake reservoir snow depth albedo radiation carbon flux biomass crop " +
	"yield drought heat wave noise transport energy")

// scene is an item, and what it is asked for by.
type scene struct {
	collection, id string
	document       []byte
}

func makeScene(random *rand.Rand, number int) scene {
	collection := collections[random.IntN(len(collections))]
	at := time.Date(1990+random.IntN(35), time.Month(1+random.IntN(12)), 1+random.IntN(28), random.IntN(24), random.IntN(60), random.IntN(60), 0, time.UTC)
	satellite := string("ab"[random.IntN(2)])
	id := fmt.Sprintf("S2%s_MSI_%s_%06d", strings.ToUpper(satellite), at.Format("20060102"), number)
	west, south := random.Float64()*354-178, random.Float64()*158-80
	ring := [][2]float64{{west, south}, {west + 1.1, south + .05}, {west + 1.06, south + 1.1}, {west - .03, south + 1.05}, {west, south}}
	for i := range ring {
		ring[i] = [2]float64{rounded(ring[i][0], 5), rounded(ring[i][1], 5)}
	}
	when := at.Format(time.RFC3339)
	document, err := json.Marshal(map[string]any{
		"type": "Feature", "stac_version": "1.0.0", "id": id, "collection": collection,
		"stac_extensions": []string{"https://stac-extensions.github.io/eo/v1.1.0/schema.json", "https://stac-extensions.github.io/projection/v1.1.0/schema.json", "https://stac-extensions.github.io/view/v1.0.0/schema.json"},
		"bbox":            []float64{ring[3][0], ring[0][1], ring[1][0], ring[2][1]},
		"geometry":        map[string]any{"type": "Polygon", "coordinates": [][][2]float64{ring}},
		"properties": map[string]any{
			"datetime": when, "created": when, "title": id, "description": sentence(random), "platform": "sentinel-2" + satellite, "instruments": []string{"msi"},
			"constellation": "sentinel-2", "gsd": 10, "eo:cloud_cover": rounded(random.Float64()*100, 2), "proj:epsg": 32601 + random.IntN(60),
			"view:off_nadir": rounded(random.Float64()*12, 2), "view:sun_elevation": rounded(10+random.Float64()*60, 2), "license": "proprietary",
		},
		"links":  []map[string]string{{"rel": "collection", "href": "../" + collection + ".json", "type": "application/json"}},
		"assets": assets(collection, id),
	})
	if err != nil { // all of it encodes
		panic(err)
	}
	return scene{collection, id, document}
}

func assets(collection, id string) map[string]any {
	all := map[string]any{}
	for _, band := range [][2]string{{"B02", "blue"}, {"B03", "green"}, {"B04", "red"}, {"B08", "nir"}, {"SCL", "scl"}, {"TCI", "visual"}} {
		all[band[0]] = map[string]any{
			"href": "https://eodata.example.org/" + collection + "/" + id + "/" + band[0] + ".tif", "type": "image/tiff; application=geotiff; profile=cloud-optimized",
			"title": band[0], "roles": []string{"data"}, "eo:bands": []map[string]string{{"name": band[0], "common_name": band[1]}}, "proj:shape": []int{10980, 10980},
		}
	}
	return all
}

func sentence(random *rand.Rand) string {
	all := make([]string, 12)
	for i := range all {
		all[i] = words[random.IntN(len(words))]
	}
	return strings.Join(all, " ")
}

func rounded(v float64, digits int) float64 {
	by := math.Pow10(digits)
	return math.Round(v*by) / by
}
