package landsat

import (
	"cmp"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/stac"
)

// scene is a product that is read, with all that is wrong with it.
type scene struct {
	MTL
	folder string // its address
	id     string
	errs   []error
}

// identifier is what a product or scene is called.
var identifier = regexp.MustCompile(`^L[A-Z0-9]{2,3}[A-Z0-9_]*$`)

// Item makes an item of the metadata file of a product that lies in the folder of an address, and of the file of angle
// coefficients, if there is one, which tells the outline of what was seen: the metadata file knows the corners of the image
// alone. All that is missing is told at once. Which of the files beside the product are there, such as its pictures, the
// metadata file does not say.
func Item(m MTL, angles []byte, folder string) (stac.Draft, error) {
	s := &scene{MTL: m, folder: strings.TrimSuffix(folder, "/")}
	s.id = s.wanted("LANDSAT_PRODUCT_ID", "LANDSAT_SCENE_ID")
	if s.id != "" && !identifier.MatchString(s.id) {
		return stac.Draft{}, fault.At(fault.Invalid, "LANDSAT_PRODUCT_ID", "the metadata file is of %.40q, which is no product of Landsat", s.id)
	}
	draft := stac.Draft{
		ID: s.id,
		Extensions: []string{
			"https://stac-extensions.github.io/eo/v1.1.0/schema.json", "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
			"https://stac-extensions.github.io/view/v1.0.0/schema.json", "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
			"https://landsat.usgs.gov/stac/landsat-extension/v1.1.1/schema.json",
		},
		Geometry:   s.footprint(angles),
		Properties: s.properties(),
	}
	if doi := strings.TrimPrefix(m.text("DIGITAL_OBJECT_IDENTIFIER"), "https://doi.org/"); strings.HasPrefix(doi, "10.") {
		draft.Extensions = append(draft.Extensions, "https://stac-extensions.github.io/scientific/v1.0.0/schema.json")
		draft.Properties["sci:doi"] = doi
		draft.Links = append(draft.Links, stac.Link{Rel: "cite-as", Href: "https://doi.org/" + doi})
	}
	draft.Assets = s.assets()
	return draft, errors.Join(s.errs...)
}

func (s *scene) fail(name, format string, args ...any) {
	s.errs = append(s.errs, fault.At(fault.Invalid, name, "the metadata file of "+s.id+": "+name+" "+format, args...))
}

func (s *scene) wanted(names ...string) string {
	value := s.text(names...)
	if value == "" {
		s.fail(names[0], "is missing")
	}
	return value
}

func (s *scene) wantedNumber(name string) float64 {
	n, ok := s.number(name)
	if !ok {
		s.fail(name, "is %.40q, which is not a number", s.text(name))
	}
	return n
}

// Level is what the product is: L1TP, L1GT, L2SP, ...
func (m MTL) Level() string { return m.text("PROCESSING_LEVEL", "DATA_TYPE", "DATA_TYPE_L0RP") }

// Platform is the satellite: landsat-8.
func (m MTL) Platform() string {
	return strings.ReplaceAll(strings.ToLower(m.text("SPACECRAFT_ID")), "_", "-")
}

// Footprint is the outline of the image (REG-27): what was seen of it is told by the file of angle coefficients.
func (m MTL) Footprint() (orb.Geometry, error) {
	s := &scene{MTL: m, id: m.text("LANDSAT_PRODUCT_ID", "LANDSAT_SCENE_ID")}
	footprint := s.footprint(nil)
	return footprint, errors.Join(s.errs...)
}

// footprint is the outline of what was seen, or of the image.
func (s *scene) footprint(angles []byte) orb.Geometry {
	before := len(s.errs)
	outline := s.outline(angles)
	if outline != nil {
		return geo.Footprint(outline)
	}
	s.errs = s.errs[:before] // what is wrong is told where it is looked at for itself
	for _, corner := range []string{"UL", "LL", "LR", "UR"} {
		lon, lat := s.wantedNumber("CORNER_"+corner+"_LON_PRODUCT"), s.wantedNumber("CORNER_"+corner+"_LAT_PRODUCT")
		if math.Abs(lon) > 180 || math.Abs(lat) > 90 {
			s.fail("CORNER_"+corner+"_LAT_PRODUCT", "is at %v %v, which is not on earth", lat, lon)
		}
		outline = append(outline, orb.Point{lon, lat})
	}
	if len(s.errs) > before {
		return nil
	}
	return geo.Footprint(outline)
}

func (s *scene) properties() map[string]any {
	p := map[string]any{
		"datetime": s.moment(), "platform": s.Platform(), "gsd": 30,
		"instruments":                 strings.Split(strings.ToLower(s.wanted("SENSOR_ID")), "_"),
		"proj:code":                   s.code(),
		"landsat:wrs_type":            cmp.Or(s.text("WRS_TYPE"), "2"),
		"landsat:wrs_path":            padded(s.wanted("WRS_PATH")),
		"landsat:wrs_row":             padded(s.wanted("WRS_ROW")),
		"landsat:scene_id":            s.wanted("LANDSAT_SCENE_ID"),
		"landsat:correction":          s.wanted("PROCESSING_LEVEL", "DATA_TYPE", "DATA_TYPE_L0RP"),
		"landsat:collection_category": s.text("COLLECTION_CATEGORY"),
		"landsat:collection_number":   s.text("COLLECTION_NUMBER"),
		"view:off_nadir":              s.offNadir(),
	}
	if p["platform"] == "" {
		s.fail("SPACECRAFT_ID", "is missing")
	}
	for name, key := range map[string]string{"eo:cloud_cover": "CLOUD_COVER", "landsat:cloud_cover_land": "CLOUD_COVER_LAND"} {
		if cover, ok := s.number(key); ok && cover >= 0 { // -1: not known
			p[name] = cover
		}
	}
	if azimuth, ok := s.number("SUN_AZIMUTH"); ok {
		if azimuth < 0 { // the file counts west of north as negative
			azimuth += 360
		}
		p["view:sun_azimuth"] = azimuth
	}
	if elevation, ok := s.number("SUN_ELEVATION"); ok {
		p["view:sun_elevation"] = elevation
	}
	if category := p["landsat:collection_category"]; category == "" { // before collections
		delete(p, "landsat:collection_category")
		delete(p, "landsat:collection_number")
	}
	s.grid(30).place(p)
	return p
}

// moment is when the centre of the scene was seen.
func (s *scene) moment() string {
	text := s.wanted("DATE_ACQUIRED") + "T" + strings.TrimSuffix(s.wanted("SCENE_CENTER_TIME"), "Z") + "Z"
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		s.fail("SCENE_CENTER_TIME", "is %.60q, which is no time", text)
		return ""
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000Z")
}

func (s *scene) offNadir() float64 {
	roll, ok := s.number("ROLL_ANGLE")
	if s.text("NADIR_OFFNADIR") != "OFFNADIR" || !ok {
		return 0
	}
	return math.Abs(roll)
}

// code is the reference system. The zones of UTM are all counted as those of the north: south of the equator northings are
// negative. Near the poles it is polar stereographic, by the latitude of true scale.
func (s *scene) code() string {
	if zone, ok := s.number("UTM_ZONE"); ok && zone >= 1 && zone <= 60 {
		return "EPSG:" + strconv.Itoa(32600+int(zone))
	}
	switch latitude, ok := s.number("TRUE_SCALE_LAT"); {
	case ok && latitude == -71:
		return "EPSG:3031"
	case ok && latitude == 71:
		return "EPSG:3995"
	}
	s.fail("UTM_ZONE", "is no zone, and TRUE_SCALE_LAT neither 71 nor -71")
	return ""
}

func padded(number string) string {
	return strings.Repeat("0", max(0, 3-len(number))) + number
}

// pixels are where the pixels of an image lie.
type pixels struct {
	rows, columns int
	step, x, y    float64
}

// grid is that of images of a resolution in metres: 15 the panchromatic, else the reflective and thermal ones. The corners
// that the file tells are the middles of the outermost pixels.
func (s *scene) grid(resolution float64) pixels {
	kind := "REFLECTIVE"
	if resolution == 15 {
		kind = "PANCHROMATIC"
	}
	lines, ok := s.number(kind + "_LINES")
	samples, too := s.number(kind + "_SAMPLES")
	step, steps := s.number("GRID_CELL_SIZE_" + kind)
	x, hasX := s.number("CORNER_UL_PROJECTION_X_PRODUCT")
	y, hasY := s.number("CORNER_UL_PROJECTION_Y_PRODUCT")
	if !ok || !too || !steps || !hasX || !hasY || lines < 1 || samples < 1 || lines > 1e6 || samples > 1e6 || step <= 0 {
		return pixels{}
	}
	return pixels{rows: int(lines), columns: int(samples), step: step, x: x - step/2, y: y + step/2}
}

// place writes the fields of the projection extension.
func (g pixels) place(fields map[string]any) {
	if g.rows == 0 {
		return
	}
	fields["proj:shape"] = []int{g.rows, g.columns}
	fields["proj:transform"] = []float64{g.step, 0, g.x, 0, -g.step, g.y}
	fields["proj:bbox"] = []float64{g.x, g.y - g.step*float64(g.rows), g.x + g.step*float64(g.columns), g.y}
}
