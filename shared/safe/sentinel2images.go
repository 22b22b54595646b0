package safe

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/stac"
	"perigee/shared/xmldoc"
)

// msiBand is a band of Sentinel-2's instrument, with wavelengths in micrometres.
type msiBand struct {
	name, key, commonName, title string
	centre, width                float64
	resolution                   int // of the instrument, in metres
}

// msi are the bands by the numbers that the metadata give them.
func msi() []msiBand {
	return []msiBand{
		{"B01", "coastal", "coastal", "Coastal", 0.443, 0.027, 60},
		{"B02", "blue", "blue", "Blue", 0.490, 0.098, 10},
		{"B03", "green", "green", "Green", 0.560, 0.045, 10},
		{"B04", "red", "red", "Red", 0.665, 0.038, 10},
		{"B05", "rededge1", "rededge", "Red Edge 1", 0.704, 0.019, 20},
		{"B06", "rededge2", "rededge", "Red Edge 2", 0.740, 0.018, 20},
		{"B07", "rededge3", "rededge", "Red Edge 3", 0.783, 0.028, 20},
		{"B08", "nir", "nir", "NIR 1", 0.842, 0.145, 10},
		{"B8A", "nir08", "nir08", "NIR 2", 0.865, 0.033, 20},
		{"B09", "nir09", "nir09", "NIR 3", 0.945, 0.026, 60},
		{"B10", "cirrus", "cirrus", "Cirrus", 1.3735, 0.075, 60},
		{"B11", "swir16", "swir16", "SWIR 1.6μm", 1.610, 0.143, 20},
		{"B12", "swir22", "swir22", "SWIR 2.2μm", 2.190, 0.242, 20},
	}
}

func (b msiBand) eo() map[string]any {
	return map[string]any{"name": b.name, "common_name": b.commonName, "center_wavelength": b.centre, "full_width_half_max": b.width}
}

// tileGrid is where the pixels of a tile lie.
type tileGrid struct {
	code  string         // EPSG:32633
	x, y  float64        // upper left corner
	sizes map[int][2]int // rows and columns by resolution
}

func (s sentinel2) readGrid() tileGrid {
	coding := s.granule.Find("Geometric_Info/Tile_Geocoding")
	place := coding.Find("Geoposition")
	g := tileGrid{
		code: s.w.Text(coding, "HORIZONTAL_CS_CODE"), x: s.w.Number(place, "ULX"), y: s.w.Number(place, "ULY"), sizes: map[int][2]int{},
	}
	for size := range coding.All("Size") {
		if resolution, err := strconv.Atoi(size.Attr("resolution")); err == nil && resolution > 0 {
			g.sizes[resolution] = [2]int{s.w.Whole(size, "NROWS"), s.w.Whole(size, "NCOLS")}
		}
	}
	const preview = 320 // the preview covers what of the tile its pixels fill
	if full := g.sizes[10]; full[0] > 0 {
		g.sizes[preview] = [2]int{full[0] * 10 / preview, full[1] * 10 / preview}
	} else {
		s.w.Fail("Geometric_Info/Tile_Geocoding/Size", "of 10 m is missing")
	}
	return g
}

// place writes the fields of the projection extension.
func (g tileGrid) place(fields map[string]any, resolution int) {
	size, ok := g.sizes[resolution]
	if !ok {
		return
	}
	r := float64(resolution)
	fields["proj:shape"] = []int{size[0], size[1]}
	fields["proj:bbox"] = []float64{g.x, g.y - r*float64(size[0]), g.x + r*float64(size[1]), g.y}
	fields["proj:transform"] = []float64{r, 0, g.x, 0, -r, g.y}
}

// imageName is how the name of an image ends: what it shows, and at level 2A its resolution.
var imageName = regexp.MustCompile(`_([A-Z0-9]{3})(?:_(10|20|60)m)?$`)

// maxImages bounds the images of a product; level 2A has some forty.
const maxImages = 500

// images are the images of the product: first each band as the instrument has it, then those of other resolutions.
func (s sentinel2) images() []stac.DraftAsset {
	granules := slices.Collect(s.info().All("Product_Organisation/Granule_List/Granule"))
	if len(granules) != 1 {
		s.w.Fail("Product_Organisation/Granule_List", "has %d granules, where one is read", len(granules))
		return nil
	}
	kind, extension := typeJP2, ".jp2"
	if granules[0].Attr("imageFormat") == "GeoTIFF" {
		kind, extension = typeCOG, ".tif"
	}
	var native, other []stac.DraftAsset
	for image := range granules[0].All("IMAGE_FILE") {
		m := imageName.FindStringSubmatch(image.Text())
		if m == nil || strings.Contains(image.Text(), "..") || len(native)+len(other) >= maxImages {
			s.w.Fail("IMAGE_FILE", "is %.80q, which is no image known here", image.Text())
			continue
		}
		resolution, _ := strconv.Atoi(m[2]) // 0 at level 1C
		asset, isNative, ok := s.asset(m[1], resolution)
		if !ok {
			continue
		}
		asset.Fields["href"], asset.Fields["type"] = s.Href(path.Clean(image.Text())+extension), kind
		if isNative {
			native = append(native, asset)
		} else {
			other = append(other, asset)
		}
	}
	slices.SortFunc(native, func(a, b stac.DraftAsset) int { return strings.Compare(order(a), order(b)) })
	return append(append(native, other...), s.preview(kind, extension)...)
}

// order sorts images by band, and pictures behind them.
func order(a stac.DraftAsset) string {
	if bands, ok := a.Fields["eo:bands"].([]any); ok && len(bands) == 1 {
		name, _ := bands[0].(map[string]any)["name"].(string)
		return strings.Replace(name, "B8A", "B08A", 1)
	}
	return "~" + a.Key
}

// asset describes an image by what it shows.
func (s sentinel2) asset(shows string, resolution int) (asset stac.DraftAsset, native, ok bool) {
	switch shows {
	case "TCI":
		asset, native = s.picture(resolution)
		return asset, native, true
	case "AOT", "WVP", "SCL":
		asset = s.layer(shows, resolution)
		return asset, resolution == 20, true
	}
	for i, b := range msi() {
		if b.name == shows {
			asset = s.band(i, b, resolution)
			return asset, resolution == 0 || resolution == b.resolution, true
		}
	}
	s.w.Fail("IMAGE_FILE", "shows %s, which is no band of the instrument", shows)
	return asset, false, false
}

func (s sentinel2) band(number int, b msiBand, resolution int) stac.DraftAsset {
	fields := map[string]any{"eo:bands": []any{b.eo()}, "roles": []string{"data", "reflectance"}}
	key := b.key
	if resolution == 0 || resolution == b.resolution {
		resolution = b.resolution
		fields["gsd"] = resolution // that of the instrument: what was resampled has none
	} else {
		key = suffixed(key, resolution)
	}
	fields["title"] = b.title + " - " + strconv.Itoa(resolution) + "m"
	scale, offset := s.scaling(number)
	fields["raster:bands"] = []any{map[string]any{
		"data_type": "uint16", "nodata": 0, "spatial_resolution": resolution, "scale": scale, "offset": offset,
	}}
	s.grid.place(fields, resolution)
	return stac.DraftAsset{Key: key, Fields: fields}
}

// scaling is how reflectances are had of a band's numbers: since baseline 4.00 there is an offset.
func (s sentinel2) scaling(number int) (scale, offset float64) {
	quantification, list := "QUANTIFICATION_VALUE", "Radiometric_Offset_List/RADIO_ADD_OFFSET"
	if s.isLevel2() {
		quantification, list = "QUANTIFICATION_VALUES_LIST/BOA_QUANTIFICATION_VALUE", "BOA_ADD_OFFSET_VALUES_LIST/BOA_ADD_OFFSET"
	}
	steps := s.steps(quantification, 10_000)
	for e := range s.image().All(list) {
		if n, ok := xmldoc.ParseNumber(e.Text()); ok && e.Attr("band_id") == strconv.Itoa(number) {
			offset = n / steps
		}
	}
	return 1 / steps, offset
}

// steps is how many numbers of an image make one unit.
func (s sentinel2) steps(path string, usual float64) float64 {
	if n, ok := xmldoc.ParseNumber(s.image().Find(path).Text()); ok && n > 0 {
		return n
	}
	return usual
}

func suffixed(key string, resolution int) string { return key + "_" + strconv.Itoa(resolution) + "m" }

// picture is the ready-made picture in true colour.
func (s sentinel2) picture(resolution int) (asset stac.DraftAsset, native bool) {
	bands := msi()
	fields := map[string]any{
		"title": "True color image", "roles": []string{"visual"}, "eo:bands": []any{bands[3].eo(), bands[2].eo(), bands[1].eo()},
	}
	key := "visual"
	if native = resolution == 0 || resolution == 10; !native {
		key = suffixed(key, resolution)
	}
	if resolution != 0 {
		fields["gsd"] = resolution
	} else {
		resolution = 10
	}
	one := map[string]any{"data_type": "uint8", "nodata": 0, "spatial_resolution": resolution}
	fields["raster:bands"] = []any{one, one, one}
	s.grid.place(fields, resolution)
	return stac.DraftAsset{Key: key, Fields: fields}, native
}

// layer is one of the layers that level 2A adds.
func (s sentinel2) layer(shows string, resolution int) stac.DraftAsset {
	raster := map[string]any{"nodata": 0, "spatial_resolution": resolution}
	fields := map[string]any{"gsd": resolution, "roles": []string{"data"}, "raster:bands": []any{raster}}
	switch shows {
	case "AOT":
		fields["title"], raster["data_type"] = "Aerosol optical thickness (AOT)", "uint16"
		raster["scale"], raster["offset"] = 1/s.steps("QUANTIFICATION_VALUES_LIST/AOT_QUANTIFICATION_VALUE", 1000), 0
	case "WVP":
		fields["title"], raster["data_type"], raster["unit"] = "Water Vapour (WVP)", "uint16", "cm"
		raster["scale"], raster["offset"] = 1/s.steps("QUANTIFICATION_VALUES_LIST/WVP_QUANTIFICATION_VALUE", 1000), 0
	default:
		fields["title"], raster["data_type"], raster["classification:classes"] = "Scene classification map (SCL)", "uint8", sceneClasses()
	}
	key := strings.ToLower(shows)
	if resolution != 20 {
		key = suffixed(key, resolution)
	}
	s.grid.place(fields, resolution)
	return stac.DraftAsset{Key: key, Fields: fields}
}

// sceneClasses are the classes of a scene classification map (Sentinel-2 Products Specification Document).
func sceneClasses() []any {
	var classes []any
	for value, c := range [][2]string{
		{"no_data", "No data"}, {"saturated_or_defective", "Saturated or defective"}, {"dark_area_pixels", "Dark areas, shadows of mountains"},
		{"cloud_shadows", "Shadows of clouds"}, {"vegetation", "Vegetation"}, {"not_vegetated", "Not vegetated"}, {"water", "Water"},
		{"unclassified", "Not classified"}, {"cloud_medium_probability", "Probably clouds"}, {"cloud_high_probability", "Most probably clouds"},
		{"thin_cirrus", "Thin cirrus"}, {"snow", "Snow or ice"},
	} {
		classes = append(classes, map[string]any{"value": value, "name": c[0], "description": c[1]})
	}
	return classes
}

// preview is the small picture of the tile.
func (s sentinel2) preview(kind, extension string) []stac.DraftAsset {
	file := s.granule.Find("Quality_Indicators_Info/PVI_FILENAME").Text()
	if file == "" || strings.Contains(file, "..") {
		return nil
	}
	if path.Ext(file) == "" {
		file += extension
	}
	fields := map[string]any{
		"href": s.Href(path.Clean(file)), "type": kind, "title": "True color preview", "roles": []string{"overview"}, "gsd": 320,
	}
	s.grid.place(fields, 320)
	return []stac.DraftAsset{{Key: "preview", Fields: fields}}
}

// KeyByBand calls the images of Sentinel-2 by their bands: B04 and B04-20m for red and red_20m, and visual-10m for the
// picture of level 2A. Such are the keys that product types of EOEPCA's own configurations ask for.
func KeyByBand(assets []stac.DraftAsset) {
	for i, a := range assets {
		key, resolution, resampled := strings.Cut(a.Key, "_")
		for _, b := range msi() {
			if b.key == key {
				key = b.name
			}
		}
		switch {
		case a.Key == "visual" && a.Fields["gsd"] == 10:
			key += "-10m"
		case resampled && strings.HasSuffix(resolution, "m"):
			key += "-" + resolution
		case resampled:
			continue
		}
		assets[i].Key = key
	}
}
