package safe

import (
	"maps"
	"math"
	"path"
	"regexp"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/stac"
	"perigee/shared/xmldoc"
)

// The files of a product of Sentinel-2 that are read besides its manifest (Sentinel-2 Products Specification Document).

// IsProductMetadata tells whether a file describes a product of Sentinel-2: MTD_MSIL1C.xml, MTD_MSIL2A.xml.
func IsProductMetadata(file string) bool {
	return strings.HasPrefix(file, "MTD_MSI") && strings.HasSuffix(file, ".xml")
}

// IsGranuleMetadata tells whether a file describes the tile of a product of Sentinel-2.
func IsGranuleMetadata(file string) bool {
	return strings.HasPrefix(file, "GRANULE/") && path.Base(file) == "MTD_TL.xml"
}

// sentinel2 is a product of Sentinel-2 that is read.
type sentinel2 struct {
	Manifest
	product, granule *xmldoc.Node
	w                *xmldoc.Wanted
	grid             tileGrid
}

// Sentinel2 makes an item of a product of Sentinel-2 of level 1C or 2A, in the form of one tile that its processing
// baselines have since 2.04, of its manifest and the two files that describe it. All that is missing is told at once.
func Sentinel2(m Manifest, product, granule []byte) (stac.Draft, error) {
	s := sentinel2{Manifest: m, w: &xmldoc.Wanted{File: m.Name()}}
	var err error
	if s.product, err = xmldoc.Parse(product, "Spectral_Information_List", "Auxiliary_Data_Info", "Solar_Irradiance_List"); err != nil {
		return stac.Draft{}, fault.At(fault.Invalid, "product_metadata", "%s: the product's metadata: %w", m.Name(), err)
	}
	if s.granule, err = xmldoc.Parse(granule, "Sun_Angles_Grid", "Viewing_Incidence_Angles_Grids", "Pixel_Level_QI"); err != nil {
		return stac.Draft{}, fault.At(fault.Invalid, "granule_metadata", "%s: the granule's metadata: %w", m.Name(), err)
	}
	s.grid = s.readGrid()
	draft := stac.Draft{
		ID:         s.w.Text(s.info(), "PRODUCT_URI"),
		Extensions: s.extensions(),
		Geometry:   s.footprint(),
		Links:      licenceLinks(),
	}
	if draft.Geometry != nil {
		draft.Properties = s.properties(draft.Geometry)
	}
	draft.Assets = distinct(append(s.images(), s.descriptions()...))
	return draft, s.w.Err()
}

func (s sentinel2) info() *xmldoc.Node { return s.product.Find("General_Info/Product_Info") }

func (s sentinel2) image() *xmldoc.Node {
	return s.product.Find("General_Info/Product_Image_Characteristics")
}

func (s sentinel2) isLevel2() bool { return s.info().Find("PRODUCT_TYPE").Text() == "S2MSI2A" }

func (s sentinel2) extensions() []string {
	all := []string{
		extensionEO, extensionRaster, extensionSAT, extensionProjection,
		"https://stac-extensions.github.io/mgrs/v1.0.0/schema.json", "https://stac-extensions.github.io/grid/v1.1.0/schema.json",
		"https://stac-extensions.github.io/view/v1.0.0/schema.json", "https://stac-extensions.github.io/sentinel-2/v1.0.0/schema.json",
	}
	if s.isLevel2() {
		all = append(all, "https://stac-extensions.github.io/classification/v2.0.0/schema.json")
	}
	return all
}

// outline2 is where the metadata of a product of Sentinel-2 say what it shows of the earth.
const outline2 = "Geometric_Info/Product_Footprint/Product_Footprint/Global_Footprint/EXT_POS_LIST"

func (s sentinel2) footprint() orb.Geometry {
	if text := s.w.Text(s.product, outline2); text != "" {
		if outline := positions(s.w, outline2, text); outline != nil {
			return geo.Footprint(outline)
		}
	}
	return nil
}

func (s sentinel2) properties(footprint orb.Geometry) map[string]any {
	info, take := s.info(), s.info().Find("Datatake")
	p := map[string]any{
		"constellation": "sentinel-2", "instruments": []string{"msi"}, "providers": providers("https://earth.esa.int/web/guest/home"),
		"datetime":               s.w.Text(info, "PRODUCT_START_TIME"),
		"platform":               strings.ToLower(s.w.Text(take, "SPACECRAFT_NAME")),
		"sat:orbit_state":        strings.ToLower(s.w.Text(take, "SENSING_ORBIT_DIRECTION")),
		"sat:relative_orbit":     s.w.Whole(take, "SENSING_ORBIT_NUMBER"),
		"proj:code":              s.grid.code,
		"proj:centroid":          centroid(footprint),
		"s2:product_uri":         s.w.Text(info, "PRODUCT_URI"),
		"s2:product_type":        s.w.Text(info, "PRODUCT_TYPE"),
		"s2:processing_baseline": s.w.Text(info, "PROCESSING_BASELINE"),
		"s2:generation_time":     s.w.Text(info, "GENERATION_TIME"),
		"s2:tile_id":             s.w.Text(s.granule, "General_Info/TILE_ID"),
	}
	setText(p, "s2:datatake_id", take.Attr("datatakeIdentifier"))
	setText(p, "s2:datatake_type", take.Find("DATATAKE_TYPE").Text())
	setText(p, "s2:datastrip_id", info.Find("Product_Organisation/Granule_List/Granule").Attr("datastripIdentifier"))
	setNumber(p, "s2:reflectance_conversion_factor", s.image().Find("Reflectance_Conversion/U").Text())
	maps.Copy(p, s.tile())
	maps.Copy(p, s.quality())
	maps.Copy(p, s.angles())
	return p
}

// quality are the percentages of what the tile shows; those of clouds and snow have names in STAC.
func (s sentinel2) quality() map[string]any {
	p := map[string]any{}
	content := s.granule.Find("Quality_Indicators_Info/Image_Content_QI")
	for e := range content.Below("*") {
		switch name := e.Local; {
		case name == "CLOUDY_PIXEL_PERCENTAGE":
			setNumber(p, "eo:cloud_cover", e.Text())
		case strings.HasSuffix(name, "_PERCENTAGE"):
			setNumber(p, "s2:"+strings.ToLower(name), e.Text())
		}
		if e.Local == "SNOW_ICE_PERCENTAGE" {
			setNumber(p, "eo:snow_cover", e.Text())
		}
	}
	return p
}

// angles are those of the sun, and of the view as a mean over the bands.
func (s sentinel2) angles() map[string]any {
	p := map[string]any{}
	angles := s.granule.Find("Geometric_Info/Tile_Angles")
	if zenith, ok := xmldoc.ParseNumber(angles.Find("Mean_Sun_Angle/ZENITH_ANGLE").Text()); ok {
		p["view:sun_elevation"] = 90 - zenith
	}
	setNumber(p, "view:sun_azimuth", angles.Find("Mean_Sun_Angle/AZIMUTH_ANGLE").Text())
	var incidence, azimuth, first, count float64
	for band := range angles.All("Mean_Viewing_Incidence_Angle_List/Mean_Viewing_Incidence_Angle") {
		z, ok := xmldoc.ParseNumber(band.Find("ZENITH_ANGLE").Text())
		a, too := xmldoc.ParseNumber(band.Find("AZIMUTH_ANGLE").Text())
		if !ok || !too {
			continue
		}
		if count == 0 {
			first = a
		}
		incidence, azimuth, count = incidence+z, azimuth+first+math.Remainder(a-first, 360), count+1
	}
	if count > 0 {
		p["view:incidence_angle"], p["view:azimuth"] = incidence/count, math.Mod(azimuth/count+360, 360)
	}
	return p
}

// mgrs finds the tile of the Military Grid Reference System in a tile's identifier.
var mgrs = regexp.MustCompile(`_T(\d{2})([C-HJ-NP-X])([A-HJ-NP-Z]{2})(_|$)`)

func (s sentinel2) tile() map[string]any {
	m := mgrs.FindStringSubmatch(s.granule.Find("General_Info/TILE_ID").Text())
	if m == nil {
		s.w.Fail("General_Info/TILE_ID", "names no tile of MGRS")
		return nil
	}
	zone, _ := xmldoc.ParseNumber(m[1])
	return map[string]any{
		"grid:code": "MGRS-" + m[1] + m[2] + m[3], "mgrs:utm_zone": int(zone), "mgrs:latitude_band": m[2], "mgrs:grid_square": m[3],
	}
}

func centroid(footprint orb.Geometry) map[string]any {
	c := geo.Centroid(footprint)
	return map[string]any{"lat": rounded(c[1], 5), "lon": rounded(c[0], 5)}
}

// descriptions are the files that describe the product.
func (s sentinel2) descriptions() []stac.DraftAsset {
	all := []stac.DraftAsset{metadataAsset("safe_manifest", s.Href(s.name))}
	for _, d := range []struct {
		key string
		is  func(file string) bool
	}{
		{"product_metadata", IsProductMetadata}, {"granule_metadata", IsGranuleMetadata},
		{"datastrip_metadata", func(file string) bool {
			return strings.HasPrefix(file, "DATASTRIP/") && path.Base(file) == "MTD_DS.xml"
		}},
		{"inspire_metadata", func(file string) bool { return file == "INSPIRE.xml" }},
	} {
		if href, ok := s.Find(d.is); ok {
			all = append(all, metadataAsset(d.key, href))
		}
	}
	return all
}
