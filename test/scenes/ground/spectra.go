package ground

// Spectrum is the reflectance times 10000 in B02 (blue), B03 (green), B04 (red) and B08 (near infrared).
type Spectrum [4]float32

// The surfaces of the land.
var (
	deepSea     = Spectrum{800, 690, 400, 170}
	shallowSea  = Spectrum{1250, 1420, 820, 330}
	lakeWater   = Spectrum{640, 760, 470, 200}
	riverWater  = Spectrum{760, 900, 660, 270}
	beach       = Spectrum{1900, 2300, 2650, 3100}
	conifers    = Spectrum{430, 610, 410, 2300}
	leafTrees   = Spectrum{470, 800, 480, 3700}
	meadow      = Spectrum{640, 1130, 760, 3700}
	rock        = Spectrum{1500, 1660, 1800, 2150}
	soil        = Spectrum{1080, 1430, 1890, 2450}
	darkSoil    = Spectrum{760, 990, 1250, 1650}
	road        = Spectrum{1350, 1450, 1560, 1900}
	roofs       = Spectrum{1650, 1700, 1850, 2150}
	brightRoofs = Spectrum{2900, 2950, 3050, 3200}
	gardens     = Spectrum{800, 1130, 960, 2700}
	cloudTop    = Spectrum{4650, 4600, 4600, 4800}
)

// crop is what grows on a parcel: how it looks at the beginning of summer and two months later.
type crop struct {
	share       float32 // of the parcels
	early, late Spectrum
}

var crops = []crop{
	{.24, Spectrum{680, 1130, 820, 3900}, Spectrum{1250, 1750, 2200, 3000}},  // winter wheat ripens
	{.11, Spectrum{850, 1330, 1210, 3200}, Spectrum{1420, 1900, 2300, 2950}}, // barley ripens first
	{.15, Spectrum{1050, 1360, 1680, 2450}, Spectrum{560, 1000, 580, 4300}},  // maize grows over bare soil
	{.08, Spectrum{760, 1560, 1180, 3800}, Spectrum{1150, 1500, 1750, 2700}}, // rape
	{.11, Spectrum{540, 1060, 540, 4500}, Spectrum{520, 1010, 540, 4400}},    // sugar beet
	{.13, meadow, Spectrum{800, 1240, 1020, 3200}},                           // grassland
	{.10, soil, Spectrum{980, 1330, 1620, 2600}},                             // fallow
	{.08, darkSoil, Spectrum{700, 1080, 900, 3100}},                          // vegetables, sown late
}

// cropOf chooses a crop by a number in [0,1).
func cropOf(u float32) crop {
	for _, c := range crops {
		if u -= c.share; u < 0 {
			return c
		}
	}
	return crops[0]
}

func (s *Spectrum) blend(o Spectrum, t float32) {
	if t <= 0 {
		return
	}
	for i := range s {
		s[i] += (o[i] - s[i]) * t
	}
}

func (s *Spectrum) scale(f float32) {
	for i := range s {
		s[i] *= f
	}
}

func between(a, b Spectrum, t float32) Spectrum {
	a.blend(b, t)
	return a
}
