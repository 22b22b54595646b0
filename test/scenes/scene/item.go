package scene

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb/geojson"
)

// item is a STAC 1.0.0 item.
type item struct {
	Type       string            `json:"type"`
	Version    string            `json:"stac_version"`
	Extensions []string          `json:"stac_extensions"`
	ID         string            `json:"id"`
	Collection string            `json:"collection"`
	Geometry   *geojson.Geometry `json:"geometry"`
	BBox       []float64         `json:"bbox"`
	Properties properties        `json:"properties"`
	Links      []link            `json:"links"`
	Assets     map[string]asset  `json:"assets"`
}

type properties struct {
	Title         string   `json:"title"`
	Datetime      string   `json:"datetime"`
	Created       string   `json:"created"`
	Updated       string   `json:"updated"`
	Platform      string   `json:"platform"`
	Constellation string   `json:"constellation"`
	Instruments   []string `json:"instruments"`
	GSD           float64  `json:"gsd"`
	CloudCover    float64  `json:"eo:cloud_cover"`
	EPSG          int      `json:"proj:epsg"`
	OffNadir      float64  `json:"view:off_nadir"`
	SunAzimuth    float64  `json:"view:sun_azimuth"`
	SunElevation  float64  `json:"view:sun_elevation"`
	OrbitState    string   `json:"sat:orbit_state"`
	RelativeOrbit int      `json:"sat:relative_orbit"`
	GridCode      string   `json:"grid:code"`
	ProductType   string   `json:"s2:product_type"`
	Baseline      string   `json:"s2:processing_baseline"`
	ProductURI    string   `json:"s2:product_uri"`
	Unseen        float64  `json:"s2:nodata_pixel_percentage"`
	Shadow        float64  `json:"s2:cloud_shadow_percentage"`
	Vegetation    float64  `json:"s2:vegetation_percentage"`
	Bare          float64  `json:"s2:not_vegetated_percentage"`
	Water         float64  `json:"s2:water_percentage"`
}

type link struct {
	Rel   string `json:"rel"`
	Href  string `json:"href"`
	Type  string `json:"type"`
	Title string `json:"title,omitempty"`
}

type asset struct {
	Href      string       `json:"href"`
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Roles     []string     `json:"roles"`
	GSD       float64      `json:"gsd,omitempty"`
	EOBands   []eoBand     `json:"eo:bands,omitempty"`
	Raster    []rasterBand `json:"raster:bands,omitempty"`
	EPSG      int          `json:"proj:epsg,omitempty"`
	Shape     []int        `json:"proj:shape,omitempty"`
	Transform []float64    `json:"proj:transform,omitempty"`
}

type eoBand struct {
	Name       string  `json:"name"`
	CommonName string  `json:"common_name"`
	Wavelength float64 `json:"center_wavelength"`
	Width      float64 `json:"full_width_half_max"`
}

type rasterBand struct {
	NoData     *float64    `json:"nodata,omitempty"`
	DataType   string      `json:"data_type"`
	Resolution float64     `json:"spatial_resolution"`
	Scale      float64     `json:"scale,omitempty"`
	Statistics *statistics `json:"statistics,omitempty"`
}

var extensions = []string{
	"https://stac-extensions.github.io/eo/v1.1.0/schema.json",
	"https://stac-extensions.github.io/projection/v1.1.0/schema.json",
	"https://stac-extensions.github.io/raster/v1.1.0/schema.json",
	"https://stac-extensions.github.io/view/v1.0.0/schema.json",
	"https://stac-extensions.github.io/sat/v1.0.0/schema.json",
	"https://stac-extensions.github.io/grid/v1.1.0/schema.json",
}

var bands = []eoBand{
	{"B02", "blue", .49, .098},
	{"B03", "green", .56, .045},
	{"B04", "red", .665, .038},
	{"B08", "nir", .842, .145},
}

// The media types of the files.
const (
	cogType  = "image/tiff; application=geotiff; profile=cloud-optimized"
	pngType  = "image/png"
	jsonType = "application/json"
	itemType = "application/geo+json"
)

func newItem(p product, s shares, assets map[string]asset) item {
	outline := p.footprint()
	made := p.time.Truncate(time.Hour).Add(3 * time.Hour).Format(time.RFC3339)
	return item{
		Type: "Feature", Version: "1.0.0", Extensions: extensions, ID: p.id, Collection: collectionID,
		Geometry: geojson.NewGeometry(outline), BBox: box(outline.Bound()),
		Properties: properties{
			Title:    fmt.Sprintf("%s %s", p.name, p.time.Format(time.DateOnly)),
			Datetime: p.time.Format("2006-01-02T15:04:05.000Z"), Created: made, Updated: made,
			Platform: "sentinel-2" + strings.ToLower(p.platform), Constellation: "sentinel-2", Instruments: []string{"msi"}, GSD: 10,
			CloudCover: s.cloud, EPSG: epsg, OffNadir: 0, SunAzimuth: 150, SunElevation: 55, OrbitState: "descending", RelativeOrbit: 122,
			GridCode: "MGRS-" + p.name[1:], ProductType: collectionID, Baseline: "05.00", ProductURI: p.id + ".SAFE",
			Unseen: s.unseen, Shadow: s.shadow, Vegetation: s.vegetation, Bare: s.bare, Water: s.water,
		},
		Links: []link{
			{Rel: "self", Href: "./" + p.id + ".json", Type: itemType},
			{Rel: "root", Href: "../collection.json", Type: jsonType},
			{Rel: "parent", Href: "../collection.json", Type: jsonType},
			{Rel: "collection", Href: "../collection.json", Type: jsonType, Title: collectionTitle},
		},
		Assets: assets,
	}
}

func encode(document any) ([]byte, error) {
	b, err := json.MarshalIndent(document, "", "  ")
	return append(b, '\n'), err
}
