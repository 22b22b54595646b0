package product

import (
	"maps"
	"math"
	"slices"
	"strings"

	"perigee/shared/record"
	"perigee/shared/stac"
)

// The names of the browses that are made for items no product type takes; TrueColor is also what a product type's
// default is called by custom.
const (
	TrueColor = "TRUE_COLOR"
	Picture   = "PICTURE"
	Grey      = "GREY"
)

// Auto makes the rendering of an item that no product type takes: a ready-made picture where the item has one, the
// bands red, green and blue stretched by their statistics, what the item itself says how to make, or the first data band in
// grey. The first of these that is there is the default. A type without browses means that there is nothing to draw.
func Auto(item *stac.Item, coverages []record.Coverage) Type {
	t := Type{Name: AutoName(item), Browses: map[string]Browse{}}
	offer := func(name string, b Browse, ok bool) {
		if !ok {
			return
		}
		if t.DefaultBrowse == "" {
			t.DefaultBrowse = name
		}
		t.Browses[name] = b
	}
	picture, ok := visual(item, coverages)
	offer(Picture, picture, ok)
	composite, ok := trueColor(coverages)
	offer(TrueColor, composite, ok)
	themselves := own(item, coverages)
	for _, name := range slices.Sorted(maps.Keys(themselves)) {
		offer(name, themselves[name], true)
	}
	if len(t.Browses) == 0 {
		grey, ok := firstGrey(coverages)
		offer(Grey, grey, ok)
	}
	return t
}

// AutoName is the name of the product type that an item has of itself: its platform, instruments, constellation and mission,
// and the names of its bands, as EOxServer puts them together (REG-24). It is empty for an item that says nothing of them.
func AutoName(item *stac.Item) string {
	var parts []string
	for _, name := range []string{"platform", "instruments", "constellation", "mission"} {
		value := item.Properties[name]
		if value == nil {
			value = item.Properties["eo:"+name]
		}
		parts = append(parts, namesIn(value)...)
	}
	if bands, ok := item.Properties["eo:bands"].([]any); ok && len(bands) > 0 {
		for _, b := range bands {
			band, _ := b.(map[string]any)
			parts = append(parts, namesIn(band["name"])...)
		}
		return strings.Join(parts, "_")
	}
	assets := slices.Clone(item.Assets)
	slices.SortFunc(assets, func(a, b stac.Asset) int { return strings.Compare(a.Key, b.Key) })
	for _, a := range assets {
		for _, b := range a.Bands {
			parts = append(parts, namesIn(b.Name)...)
		}
	}
	return strings.Join(parts, "_")
}

// namesIn are the texts that a property holds, one or several.
func namesIn(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var names []string
	for _, one := range list {
		if name, ok := one.(string); ok && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// visual finds the coverage that is meant to be looked at: one with the role visual or overview, the asset "visual",
// or one of three or four bytes a pixel whose bands nobody named.
func visual(item *stac.Item, coverages []record.Coverage) (Browse, bool) {
	tests := []func(record.Coverage) bool{
		func(c record.Coverage) bool { return hasRole(item, c, "visual") || c.Asset == "visual" },
		func(c record.Coverage) bool { return hasRole(item, c, "overview") && isByte(c) },
		func(c record.Coverage) bool {
			return isByte(c) && len(c.Bands) >= 3 && len(c.Bands) <= 4 && !slices.ContainsFunc(c.Bands, named)
		},
	}
	for _, test := range tests {
		if i := slices.IndexFunc(coverages, test); i >= 0 {
			return Browse{Asset: coverages[i].Asset}, true
		}
	}
	return Browse{}, false
}

func hasRole(item *stac.Item, c record.Coverage, role string) bool {
	if slices.Contains(c.Roles, role) {
		return true
	}
	asset, ok := item.Asset(c.Asset)
	return ok && asset.HasRole(role)
}

func isByte(c record.Coverage) bool { return strings.EqualFold(c.Grid.DataType, "Byte") }

func named(b record.Band) bool { return b.CommonName != "" }

// trueColor combines the bands called red, green and blue, else Sentinel-2's B04, B03 and B02, with one range for all
// three so that the colours keep their balance.
func trueColor(coverages []record.Coverage) (Browse, bool) {
	var bands [3]record.Band
	for i, want := range [3][2]string{{"red", "B04"}, {"green", "B03"}, {"blue", "B02"}} {
		band, ok := findBand(coverages, want[0], want[1])
		if !ok {
			return Browse{}, false
		}
		bands[i] = band
	}
	r := RangeOf(dataType(coverages), bands[:]...)
	channel := func(b record.Band) *Channel { return &Channel{Expression: b.Name, Range: r, NoData: b.NoData} }
	return Browse{Red: channel(bands[0]), Green: channel(bands[1]), Blue: channel(bands[2])}, true
}

func findBand(coverages []record.Coverage, common, identifier string) (record.Band, bool) {
	for _, test := range []func(record.Band) bool{
		func(b record.Band) bool { return b.CommonName == common },
		func(b record.Band) bool { return b.Name == identifier || b.Name == common },
	} {
		for _, c := range coverages {
			if i := slices.IndexFunc(c.Bands, test); i >= 0 {
				return c.Bands[i], true
			}
		}
	}
	return record.Band{}, false
}

func firstGrey(coverages []record.Coverage) (Browse, bool) {
	for _, wanted := range []bool{true, false} { // data first, then anything
		for _, c := range coverages {
			if len(c.Bands) > 0 && (slices.Contains(c.Roles, "data") || !wanted) {
				b := c.Bands[0]
				return Browse{Grey: &Channel{Expression: b.Name, Range: RangeOf(c.Grid.DataType, b), NoData: b.NoData}}, true
			}
		}
	}
	return Browse{}, false
}

func dataType(coverages []record.Coverage) string {
	if len(coverages) == 0 {
		return ""
	}
	return coverages[0].Grid.DataType
}

// RangeOf is the range of values that the statistics of bands span, else a plausible one for the data type.
func RangeOf(dataType string, bands ...record.Band) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range bands {
		if b.Minimum != nil && b.Maximum != nil {
			low, high = min(low, *b.Minimum), max(high, *b.Maximum)
		}
	}
	switch {
	case low < high:
		return []float64{low, high}
	case low == high:
		return []float64{low, low + 1}
	case strings.EqualFold(dataType, "Byte"):
		return []float64{0, 255}
	case strings.HasPrefix(strings.ToLower(dataType), "float"):
		return []float64{0, 1}
	}
	return []float64{0, 4000}
}
