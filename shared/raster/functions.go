package raster

import "math"

// function is a function that expressions can call.
type function struct {
	least, most int // arguments
	build       func(p *parser, args []*node) (*node, error)
}

// functions are those of EOxServer's browse expressions that work pixel by pixel (services/ows: browse functions), under
// their names, and a few more.
var functions = map[string]function{
	"sin": ofOne(math.Sin), "cos": ofOne(math.Cos), "tan": ofOne(math.Tan),
	"arcsin": ofOne(math.Asin), "arccos": ofOne(math.Acos), "arctan": ofOne(math.Atan),
	"sinh": ofOne(math.Sinh), "cosh": ofOne(math.Cosh), "tanh": ofOne(math.Tanh),
	"arcsinh": ofOne(math.Asinh), "arccosh": ofOne(math.Acosh), "arctanh": ofOne(math.Atanh),
	"degrees": ofOne(degrees), "rad2deg": ofOne(degrees), "radians": ofOne(radians), "deg2rad": ofOne(radians),
	"exp": ofOne(math.Exp), "expm1": ofOne(math.Expm1), "exp2": ofOne(math.Exp2),
	"log": ofOne(math.Log), "log10": ofOne(math.Log10), "log2": ofOne(math.Log2), "log1p": ofOne(math.Log1p),
	"floor": ofOne(math.Floor), "ceil": ofOne(math.Ceil), "round": ofOne(math.RoundToEven), "sign": ofOne(sign),
	"hypot": ofTwo(two(math.Hypot)), "arctan2": ofTwo(two(math.Atan2)), "pow": ofTwo(two(math.Pow)),
	"abs": {1, 1, apply(rowAbs)}, "sqrt": {1, 1, apply(rowSqrt)},
	"where": {3, 3, apply(rowWhere)},
	"min":   {1, 16, fold(rowMin)}, "max": {1, 16, fold(rowMax)},
	"clip":        {3, 3, clipped},
	"interpolate": {5, 6, interpolate},
}

func ofOne(f func(float64) float64) function { return function{1, 1, apply(one(f))} }

func ofTwo(row rowFunc) function { return function{2, 2, apply(row)} }

func apply(row rowFunc) func(*parser, []*node) (*node, error) {
	return func(p *parser, args []*node) (*node, error) { return p.operation(row, args...) }
}

// fold applies a row function of two values from left to right.
func fold(row rowFunc) func(*parser, []*node) (*node, error) {
	return func(p *parser, args []*node) (*node, error) {
		result := args[0]
		for _, a := range args[1:] {
			var err error
			if result, err = p.operation(row, result, a); err != nil {
				return nil, err
			}
		}
		return result, nil
	}
}

// clipped keeps a value between two others.
func clipped(p *parser, args []*node) (*node, error) {
	raised, err := p.operation(rowMax, args[0], args[1])
	if err != nil {
		return nil, err
	}
	return p.operation(rowMin, raised, args[2])
}

// interpolate maps x1..x2 on y1..y2 in a straight line; a sixth value other than 0 keeps the result within y1..y2.
func interpolate(p *parser, args []*node) (*node, error) {
	var err error
	do := func(row rowFunc, a, b *node) *node {
		if err != nil {
			return nil
		}
		var n *node
		n, err = p.operation(row, a, b)
		return n
	}
	value, x1, x2, y1, y2 := args[0], args[1], args[2], args[3], args[4]
	share := do(rowDivide, do(rowSubtract, value, x1), do(rowSubtract, x2, x1))
	result := do(rowAdd, y1, do(rowMultiply, share, do(rowSubtract, y2, y1)))
	if len(args) == 6 {
		low, high := do(rowMin, y1, y2), do(rowMax, y1, y2)
		clipped := do(rowMin, do(rowMax, result, low), high)
		if err != nil {
			return nil, err
		}
		return p.operation(rowWhere, args[5], clipped, result)
	}
	return result, err
}

func degrees(v float64) float64 { return v * 180 / math.Pi }
func radians(v float64) float64 { return v * math.Pi / 180 }

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v
}
