package scene

import "github.com/paulmach/orb"

// footprint is the outline of what the product shows, as longitude and latitude, with points between the corners since
// straight lines of the projection are none in degrees.
func (p product) footprint() orb.Polygon {
	side := p.side()
	square := orb.Ring{{p.x, p.y}, {p.x, p.y - side}, {p.x + side, p.y - side}, {p.x + side, p.y}, {p.x, p.y}}
	ring := p.edge.clip(square)
	var out orb.Ring
	for i := 1; i < len(ring); i++ {
		const parts = 4
		for j := range parts {
			t := float64(j) / parts
			x, y := ring[i-1][0]+t*(ring[i][0]-ring[i-1][0]), ring[i-1][1]+t*(ring[i][1]-ring[i-1][1])
			lon, lat := utm.Inverse(x, y)
			out = append(out, orb.Point{round(lon, 7), round(lat, 7)})
		}
	}
	return orb.Polygon{append(out, out[0])}
}

// clip keeps the part of a ring that was seen (Sutherland and Hodgman's clipping at one line).
func (e *edge) clip(ring orb.Ring) orb.Ring {
	if e == nil {
		return ring
	}
	beyond := func(p orb.Point) float64 { return p[0] - e.x - (p[1]-e.y)*slant }
	var out orb.Ring
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if e.seen(a[0], a[1]) {
			out = append(out, a)
		}
		if e.seen(a[0], a[1]) != e.seen(b[0], b[1]) {
			t := beyond(a) / (beyond(a) - beyond(b))
			out = append(out, orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])})
		}
	}
	return append(out, out[0])
}
