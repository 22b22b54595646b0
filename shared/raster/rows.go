package raster

import "math"

// maxArgs is how many rows an operation may take.
const maxArgs = 3

// rowFunc computes one row from others of the same length. NaN is no data and comes out where it goes in.
type rowFunc func(dst []float32, args [maxArgs][]float32)

var nan = float32(math.NaN())

// one makes a row function of a function of one number, computed in double precision.
func one(f func(float64) float64) rowFunc {
	return func(dst []float32, args [maxArgs][]float32) {
		a := args[0][:len(dst)]
		for i := range dst {
			dst[i] = float32(f(float64(a[i])))
		}
	}
}

func two(f func(a, b float64) float64) rowFunc {
	return func(dst []float32, args [maxArgs][]float32) {
		a, b := args[0][:len(dst)], args[1][:len(dst)]
		for i := range dst {
			if v := a[i] + b[i]; v != v { // some functions of package math forget a NaN
				dst[i] = nan
				continue
			}
			dst[i] = float32(f(float64(a[i]), float64(b[i])))
		}
	}
}

func rowAdd(dst []float32, args [maxArgs][]float32) {
	a, b := args[0][:len(dst)], args[1][:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func rowSubtract(dst []float32, args [maxArgs][]float32) {
	a, b := args[0][:len(dst)], args[1][:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func rowMultiply(dst []float32, args [maxArgs][]float32) {
	a, b := args[0][:len(dst)], args[1][:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// rowDivide gives no data where the divisor is zero.
func rowDivide(dst []float32, args [maxArgs][]float32) {
	a, b := args[0][:len(dst)], args[1][:len(dst)]
	for i := range dst {
		if b[i] == 0 {
			dst[i] = nan
		} else {
			dst[i] = a[i] / b[i]
		}
	}
}

func rowNegate(dst []float32, args [maxArgs][]float32) {
	a := args[0][:len(dst)]
	for i := range dst {
		dst[i] = -a[i]
	}
}

func rowAbs(dst []float32, args [maxArgs][]float32) {
	a := args[0][:len(dst)]
	for i := range dst {
		dst[i] = max(a[i], -a[i])
	}
}

func rowSqrt(dst []float32, args [maxArgs][]float32) {
	a := args[0][:len(dst)]
	for i := range dst {
		dst[i] = float32(math.Sqrt(float64(a[i])))
	}
}

func rowMin(dst []float32, args [maxArgs][]float32) {
	a, b := args[0][:len(dst)], args[1][:len(dst)]
	for i := range dst {
		dst[i] = min(a[i], b[i])
	}
}

func rowMax(dst []float32, args [maxArgs][]float32) {
	a, b := args[0][:len(dst)], args[1][:len(dst)]
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

// rowWhere chooses: the second value where the first is not zero, otherwise the third; only the chosen one counts.
func rowWhere(dst []float32, args [maxArgs][]float32) {
	c, a, b := args[0][:len(dst)], args[1][:len(dst)], args[2][:len(dst)]
	for i := range dst {
		switch v := c[i]; {
		case v != v:
			dst[i] = nan
		case v != 0:
			dst[i] = a[i]
		default:
			dst[i] = b[i]
		}
	}
}

// test makes a row function of a comparison: 1 where it holds, 0 where not.
func test(holds func(a, b float32) bool) rowFunc {
	return func(dst []float32, args [maxArgs][]float32) {
		a, b := args[0][:len(dst)], args[1][:len(dst)]
		for i := range dst {
			switch {
			case a[i] != a[i] || b[i] != b[i]:
				dst[i] = nan
			case holds(a[i], b[i]):
				dst[i] = 1
			default:
				dst[i] = 0
			}
		}
	}
}

func rowNot(dst []float32, args [maxArgs][]float32) {
	a := args[0][:len(dst)]
	for i := range dst {
		switch v := a[i]; {
		case v != v:
			dst[i] = nan
		case v == 0:
			dst[i] = 1
		default:
			dst[i] = 0
		}
	}
}

// binaryRows are the binary operators. The remainder has the sign of the divisor, as in Python.
var binaryRows = map[string]rowFunc{
	"+": rowAdd, "-": rowSubtract, "*": rowMultiply, "/": rowDivide, "**": two(math.Pow), "%": two(remainder),
	"<":  test(func(a, b float32) bool { return a < b }),
	"<=": test(func(a, b float32) bool { return a <= b }),
	">":  test(func(a, b float32) bool { return a > b }),
	">=": test(func(a, b float32) bool { return a >= b }),
	"==": test(func(a, b float32) bool { return a == b }),
	"!=": test(func(a, b float32) bool { return a != b }),
	"&":  whole2(func(a, b int64) int64 { return a & b }),
	"|":  whole2(func(a, b int64) int64 { return a | b }),
	"^":  whole2(func(a, b int64) int64 { return a ^ b }),
	"<<": two(func(a, b float64) float64 { return shifted(a, b) }),
	">>": two(func(a, b float64) float64 { return shifted(a, -b) }),
	"&&": test(func(a, b float32) bool { return a != 0 && b != 0 }),
	"||": test(func(a, b float32) bool { return a != 0 || b != 0 }),
}

// whole2 makes a row function of a function of whole numbers; what is behind the point of a value does not count.
func whole2(f func(a, b int64) int64) rowFunc {
	return two(func(a, b float64) float64 {
		if math.Abs(a) > 1<<53 || math.Abs(b) > 1<<53 {
			return math.NaN()
		}
		return float64(f(int64(a), int64(b)))
	})
}

// shifted moves the bits of a whole number to the left, or to the right by a negative number of places.
func shifted(a, places float64) float64 {
	if math.Abs(a) > 1<<53 || math.Abs(places) > 62 {
		return math.NaN()
	}
	return math.Floor(math.Ldexp(math.Trunc(a), int(places)))
}

func remainder(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}
