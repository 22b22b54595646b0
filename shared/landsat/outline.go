package landsat

import (
	"bytes"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/xmldoc"
)

// MaxAngles bounds the file of angle coefficients that comes with a product, in bytes; real ones have some 120 kB.
const MaxAngles = 2 << 20

// The values of the file of angle coefficients that tell where in the image the corners of what was seen lie: its rows and
// columns, clockwise from the north-west.
const (
	cornerLines   = "BAND01_L1T_IMAGE_CORNER_LINES"
	cornerSamples = "BAND01_L1T_IMAGE_CORNER_SAMPS"
)

// outline is what was seen, which is turned against the image: by the file of angle coefficients, where there is one and
// the reference system is one that is computed here; else it is nil.
func (s *scene) outline(angles []byte) []orb.Point {
	rows, columns := corners(angles, cornerLines), corners(angles, cornerSamples)
	crs, err := geo.ParseCRS(s.code())
	projection, ok := geo.Plain(crs)
	g := s.grid(30)
	if err != nil || !ok || g.rows == 0 || len(rows) != 4 || len(columns) != 4 {
		return nil
	}
	var outline []orb.Point
	for i := range 4 {
		if rows[i] < 0 || rows[i] > float64(g.rows) || columns[i] < 0 || columns[i] > float64(g.columns) {
			return nil
		}
		lon, lat := projection.Inverse(g.x+g.step*(columns[i]+0.5), g.y-g.step*(rows[i]+0.5))
		if math.IsNaN(lon) || math.IsNaN(lat) {
			return nil
		}
		outline = append(outline, orb.Point{round(math.Remainder(lon, 360)), round(lat)})
	}
	return outline
}

func round(degrees float64) float64 { return math.Round(degrees*1e6) / 1e6 }

// corners reads four numbers: NAME = (  8.7, 1390.4, 7774.9, 6383.9).
func corners(angles []byte, name string) []float64 {
	at := bytes.Index(angles, []byte(name))
	if at < 0 {
		return nil
	}
	line, _, _ := bytes.Cut(angles[at:min(len(angles), at+500)], []byte(")"))
	_, list, _ := strings.Cut(string(line), "(")
	var all []float64
	for text := range strings.SplitSeq(list, ",") {
		n, ok := xmldoc.ParseNumber(text)
		if !ok {
			return nil
		}
		all = append(all, n)
	}
	return all
}
