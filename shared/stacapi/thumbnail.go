package stacapi

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// thumbnailSize is the length of the longer side of a drawn thumbnail in pixels.
const thumbnailSize = 256

// drawnAsset is the asset of a thumbnail that the maps of this house draw (STAC 1.1.0 item-spec, asset object).
type drawnAsset struct {
	Href  string   `json:"href"`
	Title string   `json:"title"`
	Type  string   `json:"type"`
	Roles []string `json:"roles"`
}

// addThumbnail shows an item that has no small picture of itself, but something to draw.
func addThumbnail(e *stac.Editor, self string, item record.Record) error {
	if !isDrawn(item) {
		return nil
	}
	own, _ := e.Links() // unreadable ones show nothing
	if e.ShowsThumbnail(own) {
		return nil
	}
	asset, err := json.Marshal(drawnAsset{
		Href: ogcapi.Href(self, "assets", stac.RoleThumbnail), Title: "Map of the item, drawn when it is asked for", Type: "image/png", Roles: []string{stac.RoleThumbnail},
	})
	if err != nil { // texts can always be written
		return err
	}
	return e.AddAsset(stac.RoleThumbnail, asset)
}

// mapHref is the address of a small map of an item (OGC 06-042, 7.3).
func mapHref(on asked, item record.Record) string {
	b := frame(item.Footprint)
	width, height := thumbnailSides(b)
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	query := url.Values{
		"SERVICE": {"WMS"}, "VERSION": {"1.3.0"}, "REQUEST": {"GetMap"}, "LAYERS": {item.ID}, "STYLES": {""}, "CRS": {"CRS:84"},
		"BBOX":  {strings.Join([]string{number(b.Min[0]), number(b.Min[1]), number(b.Max[0]), number(b.Max[1])}, ",")},
		"WIDTH": {strconv.Itoa(width)}, "HEIGHT": {strconv.Itoa(height)}, "FORMAT": {"image/png"}, "TRANSPARENT": {"TRUE"},
	}
	return on.house() + "/ows?" + query.Encode()
}

// frame is what a small map shows of a footprint: its bounds, which go on beyond the date line where the footprint does. A point gets
// some surroundings.
func frame(footprint orb.Geometry) orb.Bound {
	if footprint == nil {
		return orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	}
	b := geo.Frame(footprint)
	const least = 1e-4 // degrees
	if b.Max[0]-b.Min[0] < least || b.Max[1]-b.Min[1] < least {
		b = b.Pad(least)
	}
	return b
}

// thumbnailSides are the sides of a map in which a degree is about as long on the ground in both directions.
func thumbnailSides(b orb.Bound) (width, height int) {
	w := (b.Max[0] - b.Min[0]) * max(math.Cos(b.Center()[1]*math.Pi/180), 0.05)
	h := b.Max[1] - b.Min[1]
	scale := thumbnailSize / max(w, h)
	return max(int(math.Round(w*scale)), 1), max(int(math.Round(h*scale)), 1)
}
