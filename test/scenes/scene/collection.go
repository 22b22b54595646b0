package scene

import (
	"time"

	"github.com/paulmach/orb"
)

const (
	collectionID    = "S2MSI2A"
	collectionTitle = "Sentinel-2 MSI level 2A (synthetic)"
)

// collection is a STAC 1.0.0 collection.
type collection struct {
	Type        string     `json:"type"`
	Version     string     `json:"stac_version"`
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	License     string     `json:"license"`
	Keywords    []string   `json:"keywords"`
	Providers   []provider `json:"providers"`
	Extent      extent     `json:"extent"`
	Summaries   summaries  `json:"summaries"`
	Links       []link     `json:"links"`
}

type provider struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
}

type extent struct {
	Spatial struct {
		BBox [][]float64 `json:"bbox"`
	} `json:"spatial"`
	Temporal struct {
		Interval [][]string `json:"interval"`
	} `json:"temporal"`
}

type summaries struct {
	Platform      []string `json:"platform"`
	Constellation []string `json:"constellation"`
	Instruments   []string `json:"instruments"`
	ProductType   []string `json:"s2:product_type"`
	GSD           []int    `json:"gsd"`
	EOBands       []eoBand `json:"eo:bands"`
}

// newCollection describes the products; the items are not linked, they come and go by themselves.
func newCollection(products []product) collection {
	c := collection{
		Type: "Collection", Version: "1.0.0", ID: collectionID, Title: collectionTitle, License: "CC0-1.0",
		Description: "Invented scenes in the layout of Sentinel-2 level 2A products: surface reflectance in four bands of 10 m and a scene classification of 20 m.",
		Keywords:    []string{"sentinel", "msi", "surface reflectance", "synthetic"},
		Providers:   []provider{{Name: "Perigee scene generator", Roles: []string{"producer", "licensor"}}},
		Summaries: summaries{
			Platform: []string{"sentinel-2a", "sentinel-2b"}, Constellation: []string{"sentinel-2"}, Instruments: []string{"msi"},
			ProductType: []string{collectionID}, GSD: []int{10}, EOBands: bands,
		},
		Links: []link{{Rel: "self", Href: "./collection.json", Type: jsonType}, {Rel: "root", Href: "./collection.json", Type: jsonType}},
	}
	bound := products[0].footprint().Bound()
	first, last := products[0].time, products[0].time
	for _, p := range products {
		bound = bound.Union(p.footprint().Bound())
		if p.time.After(last) {
			last = p.time
		}
	}
	c.Extent.Spatial.BBox = [][]float64{box(bound)}
	c.Extent.Temporal.Interval = [][]string{{first.Format(time.RFC3339), last.Add(time.Second).Format(time.RFC3339)}}
	return c
}

func box(b orb.Bound) []float64 { return []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} }
