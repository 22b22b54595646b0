package wcs

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/geo"
	"perigee/shared/ows"
)

// request is a GetCoverage request, before the coverage is known.
type request struct {
	id        string
	subsets   []subset
	fields    []string
	multipart bool
	cut       Cut
	scales    []scale
}

// subset is a trim or a slice along an axis (09-147r3 clause 6.6.1).
type subset struct {
	name      string
	crs       geo.CRS // 0: not said
	low, high string  // as they were written, without quotes; * for an open end
	slice     bool
}

var subsetForm = regexp.MustCompile(`^\s*([^(),\s]+)\s*(?:,\s*([^(),\s]+)\s*)?\(\s*([^(),]*?)\s*(?:,\s*([^(),]*?)\s*)?\)\s*$`)

// maxSubsets bounds the subsets of a request, of which each axis has one.
const maxSubsets = 10

// readSubsets reads the parameter subset, which is given once for each axis.
func (c *call) readSubsets() []subset {
	values := c.params.Values("subset")
	if len(values) > maxSubsets {
		c.params.Fail(failing(InvalidSubsetting, "subset", "there are %d subsets, more than %d", len(values), maxSubsets))
		return nil
	}
	var all []subset
	for _, value := range values {
		found := subsetForm.FindStringSubmatch(value)
		if found == nil {
			c.params.Fail(failing(InvalidSubsetting, "subset", "%q is no subset, which is axis(low,high) or axis(point)", value))
			continue
		}
		s := subset{name: found[1], low: unquoted(found[3]), high: unquoted(found[4]), slice: !strings.Contains(value[strings.IndexByte(value, '('):], ",")}
		if found[2] != "" {
			s.crs = c.crs(found[2], SubsettingCRSNotSupported, "subset")
		}
		if s.slice {
			s.high = s.low
		}
		all = append(all, s)
	}
	return all
}

func unquoted(s string) string { return strings.Trim(s, `"'`) }

// crs reads a reference system.
func (c *call) crs(text string, code ows.Code, locator string) geo.CRS {
	if text == "" {
		return 0
	}
	crs, err := geo.ParseCRS(text)
	if err != nil {
		c.params.Fail(failing(code, locator, "%v", err))
	}
	return crs
}

// edge reads an end of a subset; nil for an open one.
func edge(s subset, text string) (*float64, error) {
	if text == "*" || text == "" && !s.slice {
		return nil, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, failing(InvalidSubsetting, "subset", "%q is no coordinate along the axis %q", text, s.name)
	}
	return &v, nil
}

// edges are where a subset begins and ends; nil where the axis does.
func (s subset) edges() (low, high *float64, err error) {
	if low, err = edge(s, s.low); err != nil {
		return nil, nil, err
	}
	high, err = edge(s, s.high)
	return low, high, err
}

// readRequest reads GetCoverage.
func (c *call) readRequest() request {
	p := c.params
	p.Version(version201, version200)
	r := request{id: p.Need("coverageId"), subsets: c.readSubsets(), fields: p.List("rangeSubset")}
	r.cut.SubsettingCRS = c.crs(p.Get("subsettingCrs"), SubsettingCRSNotSupported, "subsettingCrs")
	r.cut.OutputCRS = c.crs(p.Get("outputCrs"), OutputCRSNotSupported, "outputCrs")
	r.cut.Format = c.format()
	r.multipart = p.Choice("mediaType", "", "multipart/related", "multipart/mixed") != ""
	r.cut.Interpolation = c.interpolation()
	r.scales = c.readScales()
	r.cut.GeoTIFF = c.readGeoTIFF(r.cut.Format)
	return r
}

// format is a media type of those that are offered.
func (c *call) format() string {
	asked, _, _ := strings.Cut(c.params.Get("format"), ";")
	asked = strings.TrimSpace(asked)
	if asked == "" {
		return c.config.Formats[0]
	}
	for _, format := range c.config.Formats {
		if strings.EqualFold(format, asked) || asked == "image/geotiff" && format == "image/tiff" {
			return format
		}
	}
	c.params.Fail(ows.Invalid("format", "%q is no format of coverages here; there are %s", asked, strings.Join(c.config.Formats, ", ")))
	return c.config.Formats[0]
}

// interpolationRoot is where the methods of interpolation are defined.
const interpolationRoot = "http://www.opengis.net/def/interpolation/OGC/1/"

// Interpolations are the methods of interpolation, by the last parts of their URLs.
var Interpolations = []string{"nearest-neighbor", "bilinear", "cubic", "cubic-spline", "lanczos", "average", "mode"}

// sameInterpolation are other names of them: those of the OGC's register, of EOxServer and of PROJ's world.
var sameInterpolation = map[string]string{"nearest-neighbour": "nearest-neighbor", "nearest": "nearest-neighbor", "linear": "bilinear"}

func (c *call) interpolation() string {
	asked := c.params.Get("interpolation")
	name := strings.ToLower(asked[strings.LastIndexByte(asked, '/')+1:])
	if same, ok := sameInterpolation[name]; ok {
		name = same
	}
	if name != "" && !slices.Contains(Interpolations, name) {
		c.params.Fail(failing(InterpolationMethodUnsupported, "interpolation", "%q is no method of interpolation here; there are %s", asked, strings.Join(Interpolations, ", ")))
	}
	return name
}

// lay applies what a request asks for to the coverage that it asks for.
func (r *request) lay(p *ows.Params, coverage Coverage) {
	r.cut.Coverage = coverage
	r.laySubsets(p, coverage)
	r.layScales(p)
	fields, err := fieldsOf(r.fields, coverage.Fields)
	p.Fail(err)
	r.cut.Fields = fields
}

// laySubsets finds the box. Latitudes and longitudes of a coverage that has others are those of WGS 84, whatever system the
// coverage comes out in; a subsetting system that is named is that of the output too (11-053r1 requirement 10).
func (r *request) laySubsets(p *ows.Params, coverage Coverage) {
	seen, box := map[axis]bool{}, geo.CRS(0)
	for _, s := range r.subsets {
		at, degrees, known := axisOf(s.name)
		if !known {
			p.Fail(failing(InvalidAxisLabel, s.name, "the coverage %q has no axis %q, only %s", coverage.ID, s.name, strings.ReplaceAll(systemOf(coverage.Grid.CRS).labels, " ", " and ")))
			continue
		}
		if seen[at] {
			p.Fail(failing(InvalidAxisLabel, s.name, "there are two subsets along the axis %q", s.name))
			continue
		}
		named := s.crs
		if named == 0 && r.cut.SubsettingCRS == 0 && degrees && !coverage.Grid.CRS.Geographic() {
			named = geo.CRS84
		}
		if len(seen) > 0 && named != box {
			p.Fail(failing(InvalidSubsetting, "subset", "the subsets are of different reference systems"))
		}
		seen[at], box = true, named
		p.Fail(r.trim(at, s))
	}
	switch {
	case box == geo.CRS84:
		r.cut.SubsettingCRS = box
		return
	case box != 0 && r.cut.SubsettingCRS != 0 && box != r.cut.SubsettingCRS:
		p.Fail(failing(InvalidSubsetting, "subset", "the subsets are of another reference system than subsettingCrs"))
	case box != 0:
		r.cut.SubsettingCRS = box
	}
	if r.cut.OutputCRS == 0 {
		r.cut.OutputCRS = r.cut.SubsettingCRS
	}
}

func (r *request) trim(at axis, s subset) error {
	low, high, err := s.edges()
	if err != nil {
		return err
	}
	if low != nil && high != nil && *low > *high {
		return failing(InvalidSubsetting, "subset", "the subset along %q begins at %s and ends before, at %s", s.name, s.low, s.high)
	}
	r.cut.Min[at], r.cut.Max[at] = low, high
	return nil
}

// fieldsOf are the places of fields that are named, alone or as intervals (12-040 clause 7.3), or counted from 1.
func fieldsOf(items []string, fields []Field) ([]int, error) {
	var all []int
	for _, item := range items {
		first, last, interval := strings.Cut(item, ":")
		from, err := fieldAt(first, fields)
		if err != nil {
			return nil, err
		}
		to := from
		if interval {
			if to, err = fieldAt(last, fields); err != nil {
				return nil, err
			}
		}
		if to < from {
			return nil, failing(InvalidFieldSequence, item, "the field %q comes behind %q", first, last)
		}
		for at := from; at <= to; at++ {
			all = append(all, at)
		}
	}
	const most = 1000
	if len(all) > most {
		return nil, failing(InvalidFieldSequence, "rangeSubset", "%d fields are asked for, more than %d", len(all), most)
	}
	return all, nil
}

func fieldAt(name string, fields []Field) (int, error) {
	name = strings.TrimSpace(name)
	for i, f := range fields {
		if f.Name == name {
			return i, nil
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(fields) {
		return n - 1, nil
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return 0, failing(NoSuchField, name, "there is no field %q; there are %s", name, strings.Join(names, ", "))
}
