package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// described is what the function render says of a raster file.
type described struct {
	Grid      geo.Grid          `json:"grid"`
	Bands     []record.Band     `json:"bands"`
	Footprint *geojson.Geometry `json:"footprint"`
}

// madeItem is a STAC item for a GeoTIFF that has none (STAC 1.0.0 item-spec, extension proj 1.1.0).
type madeItem struct {
	Type       string               `json:"type"`
	Version    string               `json:"stac_version"`
	Extensions []string             `json:"stac_extensions,omitempty"`
	ID         string               `json:"id"`
	Geometry   *geojson.Geometry    `json:"geometry"`
	BBox       []float64            `json:"bbox"`
	Properties madeProperties       `json:"properties"`
	Assets     map[string]madeAsset `json:"assets"`
	Links      []stac.Link          `json:"links"`
}

type madeProperties struct {
	Datetime  string    `json:"datetime"`
	EPSG      int       `json:"proj:epsg,omitempty"`
	Shape     []int     `json:"proj:shape,omitempty"`
	Transform []float64 `json:"proj:transform,omitempty"`
}

type madeAsset struct {
	Href  string   `json:"href"`
	Type  string   `json:"type"`
	Title string   `json:"title,omitempty"`
	Roles []string `json:"roles"`
}

const projExtension = "https://stac-extensions.github.io/projection/v1.1.0/schema.json"

// makeItem writes the item of a GeoTIFF that was uploaded as key.
func makeItem(key string, d described, at time.Time) ([]byte, error) {
	if d.Footprint == nil {
		return nil, fault.New(fault.Invalid, "the file does not say where on Earth it lies: it has no georeference, or one that is not on Earth")
	}
	file := path.Base(key)
	bounds := d.Footprint.Geometry().Bound()
	made := madeItem{
		Type: stac.TypeItem, Version: "1.0.0", ID: strings.TrimSuffix(file, path.Ext(file)), Geometry: d.Footprint,
		BBox:       []float64{bounds.Min[0], bounds.Min[1], bounds.Max[0], bounds.Max[1]},
		Properties: madeProperties{Datetime: at.UTC().Format(time.RFC3339)},
		Assets:     map[string]madeAsset{assetName(d): {Href: "./" + file, Type: "image/tiff; application=geotiff", Roles: assetRoles(d)}},
		Links:      []stac.Link{},
	}
	if d.Grid.CRS > 0 { // one that has a code
		made.Extensions = []string{projExtension}
		made.Properties.EPSG, made.Properties.Shape = int(d.Grid.CRS), []int{d.Grid.Height, d.Grid.Width}
		t := d.Grid.Transform // GDAL's order; STAC has the rows of the matrix
		made.Properties.Transform = []float64{t[1], t[2], t[0], t[4], t[5], t[3]}
	}
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the item of %s: %w", key, err)
	}
	return text, nil
}

// isPicture tells whether the file is meant to be looked at as it is: three or four bytes a pixel.
func isPicture(d described) bool {
	return strings.EqualFold(d.Grid.DataType, "Byte") && len(d.Bands) >= 3 && len(d.Bands) <= 4
}

func assetName(d described) string {
	if isPicture(d) {
		return "visual"
	}
	return "data"
}

func assetRoles(d described) []string {
	if isPicture(d) {
		return []string{"visual"}
	}
	return []string{"data"}
}

// dateInName is a date, with or without a time, as file names have it.
var dateInName = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])(?:[T_-]?([01]\d|2[0-3])[:_-]?([0-5]\d)[:_-]?([0-5]\d))?(?:[^0-9]|$)`)

// timeOf is when a file's picture was taken: as its name says, else when the file was last changed.
func timeOf(file string) time.Time {
	if found := dateInName.FindStringSubmatch(path.Base(file)); found != nil {
		text := found[1] + found[2] + found[3] + "000000"
		if found[4] != "" {
			text = strings.Join(found[1:], "")
		}
		if t, err := time.Parse("20060102150405", text); err == nil {
			return t
		}
	}
	if info, err := os.Stat(file); err == nil {
		return info.ModTime()
	}
	return time.Now()
}
