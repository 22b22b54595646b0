package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// mission is a family of satellites and what becomes of its passes.
type mission struct {
	collection, prefix, platform, instrument string
	satellites                               int
	share                                    int     // of a hundred scenes
	along, across                            float64 // of a scene, in kilometres
	swath                                    int     // scenes beside each other
	period                                   float64 // of an orbit, in minutes
	orbits                                   int     // of a cycle
	gsd                                      float64
	optical                                  bool // by day and over land only
}

var missions = []mission{
	{"sentinel-2-l2a", "S2_MSIL2A", "sentinel-2", "msi", 2, 45, 110, 110, 3, 100.6, 143, 10, true},
	{"sentinel-2-l1c", "S2_MSIL1C", "sentinel-2", "msi", 2, 10, 110, 110, 3, 100.6, 143, 10, true},
	{"sentinel-1-grd", "S1_IW_GRDH_1SDV", "sentinel-1", "c-sar", 2, 20, 170, 250, 1, 98.7, 175, 10, false},
	{"landsat-c2-l2", "LC_L2SP", "landsat", "oli", 2, 20, 180, 185, 1, 98.9, 233, 30, true},
	{"sentinel-3-olci", "S3_OL_1_EFR", "sentinel-3", "olci", 2, 5, 1200, 1270, 1, 101, 385, 300, false},
}

// Five years, in which all scenes lie however many they are.
var (
	firstDay = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

const (
	kilometre   = 1 / 111.2 // in degrees of latitude
	inclination = 98.6 * math.Pi / 180
	maxLatitude = 81.0
)

// places are words that scenes are found by: a few are frequent, most are rare.
const places = 5000

// generator makes scenes in the order of their times, the same ones for the same number.
type generator struct {
	random   *rand.Rand
	small    bool
	at       time.Time
	step     time.Duration
	number   int
	upcoming []record.Change // of a pass that is not used up
}

func newGenerator(n int, small bool) *generator {
	step := lastDay.Sub(firstDay) / time.Duration(n) * 35 / 10 // a pass gives 3 scenes or 4
	return &generator{random: rand.New(rand.NewPCG(7, 11)), small: small, at: firstDay, step: max(step, 1)}
}

// batch gives the next scenes.
func (g *generator) batch(size int) []record.Change {
	changes := make([]record.Change, 0, size)
	for len(changes) < size {
		for len(g.upcoming) == 0 {
			g.pass()
		}
		taken := min(size-len(changes), len(g.upcoming))
		changes, g.upcoming = append(changes, g.upcoming[:taken]...), g.upcoming[taken:]
	}
	return changes
}

// pass is a moment of a satellite: two rows of the scenes across its swath.
func (g *generator) pass() {
	g.at = g.at.Add(g.step)
	m := g.mission()
	satellite := g.random.IntN(m.satellites)
	u, orbit, centre, heading := m.position(g.at, satellite)
	if m.optical && math.Cos(u) > 0 || math.Abs(centre[1]) > maxLatitude { // ascending, by night
		u = math.Pi - u
		centre, heading = m.over(g.at, satellite, u)
	}
	if m.optical && !land(centre) {
		centre = nearLand(g.random)
	}
	for row := range 2 {
		for column := range m.swath {
			x := (float64(column) - float64(m.swath-1)/2) * m.across * 0.9
			y := float64(row) * m.along * 0.9
			g.upcoming = append(g.upcoming, g.scene(m, satellite, orbit, moved(centre, heading, x, y), heading, g.at))
		}
		if m.swath == 1 && g.random.IntN(2) == 0 {
			break
		}
	}
}

func (g *generator) mission() mission {
	share := g.random.IntN(100)
	for _, m := range missions {
		if share -= m.share; share < 0 {
			return m
		}
	}
	return missions[0]
}

// position is where a satellite is: its angle along a circular, sun-synchronous orbit, the relative orbit, and the ground.
func (m mission) position(at time.Time, satellite int) (u float64, orbit int, centre orb.Point, heading float64) {
	turns := at.Sub(firstDay).Minutes()/m.period + float64(satellite)/2
	u = 2 * math.Pi * (turns - math.Floor(turns))
	centre, heading = m.over(at, satellite, u)
	return u, int(turns) % m.orbits, centre, heading
}

func (m mission) over(at time.Time, satellite int, u float64) (orb.Point, float64) {
	latitude := math.Asin(math.Sin(inclination) * math.Sin(u))
	longitude := math.Atan2(math.Cos(inclination)*math.Sin(u), math.Cos(u)) - 2*math.Pi*at.Sub(firstDay).Hours()/23.9345 + float64(satellite)*math.Pi
	heading := math.Atan2(math.Cos(inclination), math.Cos(latitude)*math.Copysign(1, math.Cos(u)))
	return orb.Point{wrapped(longitude * 180 / math.Pi), latitude * 180 / math.Pi}, heading
}

func wrapped(longitude float64) float64 {
	return longitude - 360*math.Floor((longitude+180)/360)
}

// moved goes x kilometres across and y along a heading.
func moved(from orb.Point, heading, x, y float64) orb.Point {
	sin, cos := math.Sincos(heading)
	latitude := max(-maxLatitude, min(maxLatitude, from[1]+(y*cos-x*sin)*kilometre))
	return orb.Point{from[0] + (x*cos+y*sin)*kilometre/math.Cos(latitude*math.Pi/180), latitude}
}

// continents are about where the land is.
var continents = []orb.Bound{
	{Min: orb.Point{-125, 25}, Max: orb.Point{-65, 60}}, {Min: orb.Point{-165, 55}, Max: orb.Point{-70, 72}},
	{Min: orb.Point{-110, 8}, Max: orb.Point{-80, 25}}, {Min: orb.Point{-80, -20}, Max: orb.Point{-37, 8}},
	{Min: orb.Point{-73, -53}, Max: orb.Point{-50, -20}}, {Min: orb.Point{-10, 36}, Max: orb.Point{40, 70}},
	{Min: orb.Point{-17, 5}, Max: orb.Point{50, 36}}, {Min: orb.Point{10, -34}, Max: orb.Point{42, 5}},
	{Min: orb.Point{40, 12}, Max: orb.Point{90, 72}}, {Min: orb.Point{90, 20}, Max: orb.Point{140, 73}},
	{Min: orb.Point{95, -8}, Max: orb.Point{150, 20}}, {Min: orb.Point{114, -38}, Max: orb.Point{153, -12}},
	{Min: orb.Point{-55, 60}, Max: orb.Point{-20, 81}}, {Min: orb.Point{166, -47}, Max: orb.Point{178, -35}},
}

func land(p orb.Point) bool {
	for _, c := range continents {
		if c.Contains(p) {
			return true
		}
	}
	return false
}

func nearLand(random *rand.Rand) orb.Point {
	c := continents[random.IntN(len(continents)-2)]
	return orb.Point{c.Min[0] + random.Float64()*(c.Max[0]-c.Min[0]), c.Min[1] + random.Float64()*(c.Max[1]-c.Min[1])}
}

// footprint is a scene on the ground, cut at the date line.
func footprint(m mission, centre orb.Point, heading float64) orb.Geometry {
	w, h := m.across/2, m.along/2
	ring := orb.Ring{moved(centre, heading, -w, -h), moved(centre, heading, w, -h), moved(centre, heading, w, h), moved(centre, heading, -w, h)}
	ring = append(ring, ring[0])
	for i := range ring {
		ring[i] = orb.Point{rounded(ring[i][0]), rounded(ring[i][1])}
	}
	b := ring.Bound()
	if b.Min[0] >= -180 && b.Max[0] <= 180 {
		return orb.Polygon{ring}
	}
	return parts(b)
}

// parts are the boxes of what lies on both sides of the date line.
func parts(b orb.Bound) orb.Geometry {
	west, east := wrapped(b.Min[0]), wrapped(b.Max[0])
	return orb.MultiPolygon{
		orb.Bound{Min: orb.Point{min(west, 179.9), b.Min[1]}, Max: orb.Point{180, b.Max[1]}}.ToPolygon(),
		orb.Bound{Min: orb.Point{-180, b.Min[1]}, Max: orb.Point{max(east, -179.9), b.Max[1]}}.ToPolygon(),
	}
}

func rounded(v float64) float64 { return math.Round(v*1e5) / 1e5 }

func (g *generator) scene(m mission, satellite, orbit int, centre orb.Point, heading float64, at time.Time) record.Change {
	g.number++
	at = at.Truncate(time.Millisecond)
	code := gridCode(centre)
	id := m.prefix + "_" + at.Format("20060102T150405") + "_R" + strconv.Itoa(1000 + orbit)[1:] + "_T" + code + "_" + strconv.Itoa(g.number)
	place := fmt.Sprintf("place%d", int(math.Pow(g.random.Float64(), 3)*places))
	properties := map[string]any{
		"datetime": at.Format("2006-01-02T15:04:05.000Z"), "eo:cloud_cover": math.Round(math.Pow(g.random.Float64(), 1.5)*10000) / 100,
		"platform": m.platform + string(rune('a'+satellite)), "constellation": m.platform, "instruments": []any{m.instrument}, "gsd": m.gsd,
		"sat:relative_orbit": float64(orbit), "grid:code": "MGRS-" + code, "title": "Scene over " + place,
	}
	c := record.Change{
		Record: record.Record{
			Key: record.Key{Collection: m.collection, ID: id}, Type: record.TypeItem, Time: record.Interval{Start: at, End: at},
			Footprint: footprint(m, centre, heading), Properties: properties, MediaType: "application/geo+json",
		},
		Replace: true,
		Source:  record.Source{Href: "s3://ingest/" + m.collection + "/" + id + ".json", Version: fmt.Sprintf("%032x", g.number), Time: at.Add(time.Hour)},
	}
	if !g.small {
		g.whole(&c, m)
	}
	c.Record.Document = g.document(c)
	return c
}

// gridCode is a cell of a degree, written like those of the military grid.
func gridCode(p orb.Point) string {
	x, y := int(wrapped(p[0])+180), int(p[1]+90)
	return fmt.Sprintf("%02d%c%c%c", x/6+1, 'C'+rune(y/9), 'A'+rune(x%6*4+y%4), 'A'+rune(y%20))
}

// whole makes a scene as large as a product of several files is.
func (g *generator) whole(c *record.Change, m mission) {
	r := &c.Record
	p := r.Properties
	p["sat:orbit_state"], p["processing:level"], p["s2:processing_baseline"] = "descending", "L2", "05.00"
	p["view:sun_azimuth"], p["view:sun_elevation"], p["proj:epsg"] = math.Round(g.random.Float64()*36000)/100, math.Round(g.random.Float64()*9000)/100, 32600.0+float64(g.random.IntN(60))
	p["s2:product_uri"], p["created"], p["s2:nodata_pixel_percentage"] = r.ID+".SAFE", p["datetime"], g.random.Float64()
	r.Keywords, r.ProductType, c.Layers = []string{"land", "reflectance"}, m.prefix, []string{m.collection}
	for band := range 4 {
		name := fmt.Sprintf("B%02d", band)
		c.Coverages = append(c.Coverages, record.Coverage{
			Asset: name, Type: m.prefix, Href: "s3://ingest/" + r.ID + "/" + name + ".tif", ETag: fmt.Sprintf("%032x", g.random.Uint64()),
			Bands: []record.Band{{Name: name, Index: 1}},
			Grid: geo.Grid{CRS: 32633, Transform: [6]float64{399960, 10, 0, 5300040, 0, -10}, Width: 10980, Height: 10980, BlockWidth: 512,
				BlockHeight: 512, DataType: "UInt16", Bands: 1, Overviews: []geo.Size{{Width: 5490, Height: 5490}}},
		})
	}
}

// document is the scene as a STAC item.
func (g *generator) document(c record.Change) []byte {
	r := c.Record
	b := r.Footprint.Bound()
	text := make([]byte, 0, 1024)
	text = append(text, `{"type":"Feature","stac_version":"1.0.0","id":"`+r.ID+`","collection":"`+r.Collection+`","geometry":`...)
	text = geometry(text, r.Footprint)
	text = fmt.Appendf(text, `,"bbox":[%v,%v,%v,%v],"properties":`, b.Min[0], b.Min[1], b.Max[0], b.Max[1])
	text = object(text, r.Properties)
	text = append(text, `,"assets":{"data":{"href":"data.tif","roles":["data"]}`...)
	if !g.small {
		for i := range 16 {
			text = fmt.Appendf(text, `,"B%02d":{"href":"s3://ingest/%s/B%02d.tif","type":"image/tiff; application=geotiff; profile=cloud-optimized",`+
				`"roles":["data","reflectance"],"gsd":10,"checksum":"%016x%016x","bands":[{"name":"B%02d","center_wavelength":%.3f}]}`,
				i, r.ID, i, g.random.Uint64(), g.random.Uint64(), i, g.random.Float64())
		}
	}
	return append(text, `},"links":[]}`...)
}

func geometry(text []byte, g orb.Geometry) []byte {
	switch g := g.(type) {
	case orb.Polygon:
		return append(rings(append(text, `{"type":"Polygon","coordinates":`...), g), '}')
	case orb.MultiPolygon:
		text = append(text, `{"type":"MultiPolygon","coordinates":[`...)
		for i, p := range g {
			if i > 0 {
				text = append(text, ',')
			}
			text = rings(text, p)
		}
		return append(text, `]}`...)
	}
	return append(text, "null"...)
}

func rings(text []byte, p orb.Polygon) []byte {
	text = append(text, `[[`...)
	for i, point := range p[0] {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, '[')
		text = strconv.AppendFloat(text, point[0], 'f', -1, 64)
		text = append(text, ',')
		text = append(strconv.AppendFloat(text, point[1], 'f', -1, 64), ']')
	}
	return append(text, `]]`...)
}

// object writes properties, whose texts need no quoting, in the order of a list, for maps have none.
func object(text []byte, properties map[string]any) []byte {
	text = append(text, '{')
	for _, name := range propertyNames {
		v, ok := properties[name]
		if !ok {
			continue
		}
		if text[len(text)-1] != '{' {
			text = append(text, ',')
		}
		text = append(append(append(text, '"'), name...), `":`...)
		switch v := v.(type) {
		case string:
			text = append(append(append(text, '"'), v...), '"')
		case float64:
			text = strconv.AppendFloat(text, v, 'f', -1, 64)
		case []any:
			text = fmt.Appendf(text, `["%v"]`, v[0])
		}
	}
	return append(text, '}')
}

var propertyNames = []string{"datetime", "created", "platform", "constellation", "instruments", "gsd", "eo:cloud_cover", "sat:relative_orbit", "sat:orbit_state",
	"grid:code", "title", "processing:level", "proj:epsg", "view:sun_azimuth", "view:sun_elevation", "s2:product_uri", "s2:processing_baseline", "s2:nodata_pixel_percentage"}
