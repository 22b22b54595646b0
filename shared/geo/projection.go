package geo

import "math"

// Projection converts between longitude/latitude (WGS 84, degrees) and the coordinates of a system, easting first.
// Points outside the system's domain come back as NaN.
type Projection interface {
	Forward(lon, lat float64) (x, y float64)
	Inverse(x, y float64) (lon, lat float64)
}

// Plain gives the projection of a system that is computed here: geographic WGS 84, Web Mercator and the UTM zones of
// WGS 84 (EPSG:32601-32660 north, 32701-32760 south). Others are left to PROJ (package raster).
func Plain(c CRS) (Projection, bool) {
	switch {
	case c == CRS84, c == WGS84:
		return identity{}, true
	case c == WebMercator:
		return mercator{}, true
	case c > 32600 && c <= 32660:
		return newUTM(int(c)-32600, false), true
	case c > 32700 && c <= 32760:
		return newUTM(int(c)-32700, true), true
	}
	return nil, false
}

type identity struct{}

func (identity) Forward(lon, lat float64) (x, y float64) { return lon, lat }
func (identity) Inverse(x, y float64) (lon, lat float64) { return x, y }

const radius = 6378137.0 // semi-major axis of WGS 84 in metres

// MercatorExtent is half the width of the Web Mercator square in metres.
const MercatorExtent = math.Pi * radius

type mercator struct{}

func (mercator) Forward(lon, lat float64) (x, y float64) {
	if lat <= -90 || lat >= 90 {
		return radius * lon * math.Pi / 180, math.NaN()
	}
	return radius * lon * math.Pi / 180, radius * math.Atanh(math.Sin(lat*math.Pi/180))
}

func (mercator) Inverse(x, y float64) (lon, lat float64) {
	return x / radius * 180 / math.Pi, math.Atan(math.Sinh(y/radius)) * 180 / math.Pi
}

// utm is the transverse Mercator projection in Krüger's series to the third order in the third flattening n, exact to
// better than a micrometre within a zone (Karney, "Transverse Mercator with an accuracy of a few nanometers", 2011).
type utm struct {
	lon0, falseNorthing float64
	a, e                float64
	alpha, beta         [4]float64
}

func newUTM(zone int, south bool) utm {
	const f = 1 / 298.257223563
	n := f / (2 - f)
	n2, n3, n4 := n*n, n*n*n, n*n*n*n
	p := utm{lon0: float64(zone*6-183) * math.Pi / 180, a: 0.9996 * radius / (1 + n) * (1 + n2/4 + n4/64), e: math.Sqrt(f * (2 - f))}
	p.alpha = [4]float64{n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180, 13*n2/48 - 3*n3/5 + 557*n4/1440, 61*n3/240 - 103*n4/140, 49561 * n4 / 161280}
	p.beta = [4]float64{n/2 - 2*n2/3 + 37*n3/96 - n4/360, n2/48 + n3/15 - 437*n4/1440, 17*n3/480 - 37*n4/840, 4397 * n4 / 161280}
	if south {
		p.falseNorthing = 1e7
	}
	return p
}

func (p utm) Forward(lon, lat float64) (x, y float64) {
	l := lon*math.Pi/180 - p.lon0
	l = math.Remainder(l, 2*math.Pi)
	if math.Abs(l) > 80*math.Pi/180 {
		return math.NaN(), math.NaN()
	}
	s := math.Sin(lat * math.Pi / 180)
	t := math.Sinh(math.Atanh(s) - p.e*math.Atanh(p.e*s))
	xi0, eta0 := math.Atan2(t, math.Cos(l)), math.Asinh(math.Sin(l)/math.Hypot(t, math.Cos(l)))
	xi, eta := series(xi0, eta0, p.alpha)
	return 500000 + p.a*eta, p.falseNorthing + p.a*xi
}

func (p utm) Inverse(x, y float64) (lon, lat float64) {
	xi, eta := (y-p.falseNorthing)/p.a, (x-500000)/p.a
	for j := range p.beta {
		p.beta[j] = -p.beta[j]
	}
	xi0, eta0 := series(xi, eta, p.beta)
	chi := math.Asin(math.Sin(xi0) / math.Cosh(eta0))
	q := math.Asinh(math.Tan(chi))
	psi := q
	for range 6 {
		psi = q + p.e*math.Atanh(p.e*math.Tanh(psi))
	}
	lon = (p.lon0 + math.Atan2(math.Sinh(eta0), math.Cos(xi0))) * 180 / math.Pi
	return lon, math.Atan(math.Sinh(psi)) * 180 / math.Pi
}

func series(xi, eta float64, c [4]float64) (float64, float64) {
	x, e := xi, eta
	for j, k := range c {
		m := float64(2 * (j + 1))
		x += k * math.Sin(m*xi) * math.Cosh(m*eta)
		e += k * math.Cos(m*xi) * math.Sinh(m*eta)
	}
	return x, e
}
