package safe

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/stac"
	"perigee/shared/xmldoc"
)

// The extensions of the items.
const (
	extensionEO         = "https://stac-extensions.github.io/eo/v1.1.0/schema.json"
	extensionRaster     = "https://stac-extensions.github.io/raster/v1.1.0/schema.json"
	extensionSAT        = "https://stac-extensions.github.io/sat/v1.0.0/schema.json"
	extensionSAR        = "https://stac-extensions.github.io/sar/v1.0.0/schema.json"
	extensionProjection = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
	extensionProcessing = "https://stac-extensions.github.io/processing/v1.1.0/schema.json"
	extensionFile       = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
)

const (
	typeXML    = "application/xml"
	typeJP2    = "image/jp2"
	typePNG    = "image/png"
	typeTIFF   = "image/tiff; application=geotiff"
	typeCOG    = "image/tiff; application=geotiff; profile=cloud-optimized"
	typeNetCDF = "application/x-netcdf"
)

// legalNotice is the licence of Copernicus Sentinel data.
const legalNotice = "https://sentinel.esa.int/documents/247904/690755/Sentinel_Data_Legal_Notice"

func licenceLinks() []stac.Link { return []stac.Link{{Rel: "license", Href: legalNotice}} }

func providers(url string) []any {
	return []any{map[string]any{"name": "ESA", "roles": []string{"producer", "processor", "licensor"}, "url": url}}
}

// metadataAsset is a file that describes the product.
func metadataAsset(key, href string) stac.DraftAsset {
	return stac.DraftAsset{Key: key, Fields: map[string]any{"href": href, "type": typeXML, "roles": []string{"metadata"}}}
}

// times reads the times of acquisition, which are UTC though some manifests do not say so.
func times(w *xmldoc.Wanted, period *xmldoc.Node) (start, stop time.Time) {
	read := func(path string) time.Time {
		text := w.Text(period, path)
		if text == "" {
			return time.Time{}
		}
		at, err := time.Parse(time.RFC3339Nano, strings.TrimSuffix(text, "Z")+"Z")
		if err != nil {
			w.Fail(path, "is %.40q, which is not a time", text)
		}
		return at
	}
	start, stop = read("startTime"), read("stopTime")
	if stop.Before(start) {
		w.Fail("stopTime", "lies before startTime")
	}
	return start, stop
}

// setTimes writes the interval and the moment in its middle (STAC 1.1.0, item-spec, datetime).
func setTimes(properties map[string]any, start, stop time.Time) {
	properties["start_datetime"], properties["end_datetime"] = stamp(start), stamp(stop)
	properties["datetime"] = stamp(start.Add(stop.Sub(start) / 2))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// maxPositions bounds a footprint.
const maxPositions = 10_000

// positions reads latitudes and longitudes as exactPositions does, to a millionth of a degree.
func positions(w *xmldoc.Wanted, path, text string) []orb.Point {
	points := exactPositions(w, path, text)
	for i, p := range points {
		points[i] = orb.Point{rounded(p[0], 6), rounded(p[1], 6)}
	}
	return points
}

// exactPositions reads latitudes and longitudes in turn, between spaces or commas. Heights of 0 between them, as some
// products write, are left out.
func exactPositions(w *xmldoc.Wanted, path, text string) []orb.Point {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' || r == '\r' })
	if len(fields)%3 == 0 && !slices.ContainsFunc(thirds(fields), func(s string) bool { return strings.Trim(s, "0.") != "" }) {
		fields = flat(fields)
	}
	if len(fields)%2 != 0 || len(fields) < 6 || len(fields) > maxPositions {
		w.Fail(path, "has %d numbers, which are no footprint", len(fields))
		return nil
	}
	var points []orb.Point
	for i := 0; i < len(fields); i += 2 {
		lat, ok := xmldoc.ParseNumber(fields[i])
		lon, too := xmldoc.ParseNumber(fields[i+1])
		if !ok || !too || math.Abs(lat) > 90 || math.Abs(lon) > 180 {
			w.Fail(path, "has the position %.20s %.20s, which is no latitude and longitude", fields[i], fields[i+1])
			return nil
		}
		points = append(points, orb.Point{lon, lat})
	}
	return points
}

func thirds(fields []string) []string {
	var all []string
	for i := 2; i < len(fields); i += 3 {
		all = append(all, fields[i])
	}
	return all
}

func flat(fields []string) []string {
	var all []string
	for i, f := range fields {
		if i%3 != 2 {
			all = append(all, f)
		}
	}
	return all
}

func rounded(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}

// setNumber writes a number that the product may leave out.
func setNumber(properties map[string]any, name, text string) {
	if n, ok := xmldoc.ParseNumber(text); ok {
		properties[name] = n
	}
}

// setText writes a text that the product may leave out.
func setText(properties map[string]any, name, text string) {
	if text != "" {
		properties[name] = text
	}
}

// distinct gives assets that would have the same key numbers behind it.
func distinct(assets []stac.DraftAsset) []stac.DraftAsset {
	seen := map[string]int{}
	for i, a := range assets {
		if seen[a.Key]++; seen[a.Key] > 1 {
			assets[i].Key = a.Key + "-" + strconv.Itoa(seen[a.Key])
		}
	}
	return assets
}
