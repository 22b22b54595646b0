package geo

import (
	"math"
	"math/big"

	"github.com/paulmach/orb"
)

// turn is 1 when the way from a over b to c turns left, -1 when it turns right, 0 when it goes straight. It is exact:
// where rounding might decide, it calculates with fractions.
func turn(a, b, c orb.Point) int {
	l, r := (b[0]-a[0])*(c[1]-a[1]), (b[1]-a[1])*(c[0]-a[0])
	if d := l - r; math.Abs(d) > (math.Abs(l)+math.Abs(r))*roundingOfTurn {
		return sign(d)
	}
	return exactTurn(positionAt(a), positionAt(b), positionAt(c))
}

// roundingOfTurn bounds the relative error of the terms of a turn: some units of the last place.
const roundingOfTurn = 1e-15

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// position is an exact position: one that floats hold, or a crossing of two lines, which need not be.
type position struct {
	near  orb.Point
	exact *[2]big.Rat // nil when near is exact
}

func positionAt(p orb.Point) position { return position{near: p} }

// rational makes a position of fractions, of floats where these hold it.
func rational(x, y *big.Rat) position {
	lon, exactLon := x.Float64()
	lat, exactLat := y.Float64()
	p := position{near: orb.Point{lon, lat}}
	if !exactLon || !exactLat {
		p.exact = &[2]big.Rat{}
		p.exact[0].Set(x)
		p.exact[1].Set(y)
	}
	return p
}

// axis is a coordinate as a fraction.
func (p position) axis(i int) *big.Rat {
	if p.exact != nil {
		return &p.exact[i]
	}
	return new(big.Rat).SetFloat64(p.near[i])
}

// key is the same for the same position only.
func (p position) key() positionKey {
	k := positionKey{near: orb.Point{p.near[0] + 0, p.near[1] + 0}} // -0 is 0
	if p.exact != nil {
		k.exact = p.exact[0].RatString() + " " + p.exact[1].RatString()
	}
	return k
}

type positionKey struct {
	near  orb.Point
	exact string
}

// compare orders two positions by one of their coordinates.
func (p position) compare(q position, axis int) int {
	if p.exact == nil && q.exact == nil || p.near[axis] != q.near[axis] {
		return sign(p.near[axis] - q.near[axis]) // rounding keeps the order
	}
	return p.axis(axis).Cmp(q.axis(axis))
}

// turnOf is turn with a third position that floats need not hold.
func turnOf(a, b orb.Point, p position) int {
	if p.exact == nil {
		return turn(a, b, p.near)
	}
	l, r := (b[0]-a[0])*(p.near[1]-a[1]), (b[1]-a[1])*(p.near[0]-a[0])
	slack := (math.Abs(b[0]-a[0])*math.Abs(p.near[1]) + math.Abs(b[1]-a[1])*math.Abs(p.near[0])) * roundingOfTurn
	if d := l - r; math.Abs(d) > (math.Abs(l)+math.Abs(r))*roundingOfTurn+slack {
		return sign(d)
	}
	return exactTurn(positionAt(a), positionAt(b), p)
}

func exactTurn(a, b, c position) int {
	part := func(p position, i int) *big.Rat { return new(big.Rat).Sub(p.axis(i), a.axis(i)) }
	l := part(b, 0)
	l.Mul(l, part(c, 1))
	r := part(b, 1)
	return l.Cmp(r.Mul(r, part(c, 0)))
}

// middle is halfway between two positions.
func middle(p, q position) position {
	half := big.NewRat(1, 2)
	mean := func(i int) *big.Rat {
		sum := new(big.Rat).Add(p.axis(i), q.axis(i))
		return sum.Mul(sum, half)
	}
	return rational(mean(0), mean(1))
}

// crossing is where the lines of two segments cross, which are not parallel.
func crossing(s, t [2]orb.Point) position {
	of := func(p orb.Point, i int) *big.Rat { return new(big.Rat).SetFloat64(p[i]) }
	minus := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
	times := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }
	dx, dy := minus(of(s[1], 0), of(s[0], 0)), minus(of(s[1], 1), of(s[0], 1))
	ex, ey := minus(of(t[1], 0), of(t[0], 0)), minus(of(t[1], 1), of(t[0], 1))
	along := minus(times(minus(of(t[0], 0), of(s[0], 0)), ey), times(minus(of(t[0], 1), of(s[0], 1)), ex))
	along.Quo(along, minus(times(dx, ey), times(dy, ex)))
	x, y := times(dx, along), times(dy, along)
	return rational(x.Add(x, of(s[0], 0)), y.Add(y, of(s[0], 1)))
}
