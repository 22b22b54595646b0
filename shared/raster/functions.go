package raster

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// function is a function that expressions can call.
type function struct {
	least, most int // arguments
	build       func(p *parser, args []*node) (*node, error)
	texts       string // the positions of arguments that are texts, as digits
}

// Functions lists the names of the functions that expressions can call.
func Functions() []string { return slices.Sorted(maps.Keys(functions)) }

// functions are those of EOxServer's browse expressions (services/ows: browse functions) under their names, and a few
// more.
var functions = func() map[string]function {
	all := map[string]function{
		"sqrt": {1, 1, apply(operation{name: "sqrt", row: rowSqrt}), ""}, "abs": {1, 1, apply(operation{name: "abs", row: rowAbs}), ""},
		"where": {3, 3, apply(choice), ""},
		"min":   {1, 16, fold(operation{name: "min", row: rowMin}), ""}, "max": {1, 16, fold(operation{name: "max", row: rowMax}), ""},
		"clip":        {3, 3, clipped, ""},
		"interpolate": {5, 7, interpolate, ""},
		"pansharpen":  {2, 17, pansharpen, ""},
		"var":         {1, 2, variable, "01"},
	}
	for name, f := range map[string]func(float64) float64{
		"sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "arcsin": math.Asin, "arccos": math.Acos, "arctan": math.Atan,
		"sinh": math.Sinh, "cosh": math.Cosh, "tanh": math.Tanh, "arcsinh": math.Asinh, "arccosh": math.Acosh, "arctanh": math.Atanh,
		"degrees": degrees, "rad2deg": degrees, "radians": radians, "deg2rad": radians,
		"exp": math.Exp, "expm1": math.Expm1, "exp2": math.Exp2, "log": math.Log, "log10": math.Log10, "log2": math.Log2, "log1p": math.Log1p,
		"floor": math.Floor, "ceil": math.Ceil, "round": math.RoundToEven, "sign": sign,
	} {
		all[name] = function{1, 1, apply(operation{name: name, row: one(f)}), ""}
	}
	for name, f := range map[string]func(a, b float64) float64{"hypot": math.Hypot, "arctan2": math.Atan2, "pow": math.Pow} {
		all[name] = function{2, 2, apply(operation{name: name, row: two(f)}), ""}
	}
	maps.Copy(all, terrainFunctions())
	maps.Copy(all, boundFunctions())
	return all
}()

// choice takes the second value where the first is true, else the third.
var choice = operation{name: "where", row: rowWhere}

func apply(op operation) func(*parser, []*node) (*node, error) {
	return func(p *parser, args []*node) (*node, error) { return p.operation(op, args...) }
}

// fold applies an operation of two values from left to right. A list counts as its values.
func fold(op operation) func(*parser, []*node) (*node, error) {
	return func(p *parser, args []*node) (*node, error) {
		var all []*node
		for _, a := range args {
			if a.kind == nodeList {
				all = append(all, a.args...)
			} else {
				all = append(all, a)
			}
		}
		if len(all) == 0 {
			return nil, p.wrong("has no value for the function %s", op.name)
		}
		f := folding{p: p}
		result := all[0]
		for _, a := range all[1:] {
			result = f.do(op, result, a)
		}
		return result, f.err
	}
}

// folding makes several operations and keeps the first failure.
type folding struct {
	p   *parser
	err error
}

func (f *folding) do(op operation, args ...*node) *node {
	if f.err != nil {
		return &node{}
	}
	n, err := f.p.operation(op, args...)
	if f.err = err; err != nil {
		return &node{}
	}
	return n
}

// The operations that others are made of.
var (
	plus   = operation{name: "+", row: rowAdd}
	minus  = operation{name: "-", row: rowSubtract}
	times  = operation{name: "*", row: rowMultiply}
	divide = operation{name: "/", row: rowDivide}
	least  = operation{name: "min", row: rowMin}
	most   = operation{name: "max", row: rowMax}
)

// clipped keeps a value between two others.
func clipped(p *parser, args []*node) (*node, error) {
	f := folding{p: p}
	n := f.do(least, f.do(most, args[0], args[1]), args[2])
	return n, f.err
}

// interpolate maps x1..x2 on y1..y2 in a straight line; a sixth value other than 0 keeps the result within y1..y2, values
// within the range of the seventh, a list of two, are no data.
func interpolate(p *parser, args []*node) (*node, error) {
	f := folding{p: p}
	value, x1, x2, y1, y2 := args[0], args[1], args[2], args[3], args[4]
	result := f.do(plus, y1, f.do(times, f.do(divide, f.do(minus, value, x1), f.do(minus, x2, x1)), f.do(minus, y2, y1)))
	if len(args) >= 6 && args[5].kind != nodeNone {
		inside := f.do(least, f.do(most, result, f.do(least, y1, y2)), f.do(most, y1, y2))
		result = f.do(choice, args[5], inside, result)
	}
	if len(args) < 7 || args[6].kind == nodeNone {
		return result, f.err
	}
	if args[6].kind != nodeList || len(args[6].args) != 2 {
		return nil, p.wrong("has a range of no data that is not a list of two numbers")
	}
	from := f.do(operation{name: ">=", row: binaryRows[">="]}, value, args[6].args[0])
	to := f.do(operation{name: "<=", row: binaryRows["<="]}, value, args[6].args[1])
	none, err := p.constant(nan)
	if err != nil {
		return nil, err
	}
	return f.do(choice, f.do(operation{name: "&&", row: binaryRows["&&"]}, from, to), none, result), f.err
}

// pansharpen gives each spectral band the detail of the panchromatic one, by the weighted Brovey method with equal
// weights. The result is a list.
func pansharpen(p *parser, args []*node) (*node, error) {
	spectral := args[1:]
	if len(spectral) == 1 && spectral[0].kind == nodeList {
		spectral = spectral[0].args
	}
	if len(spectral) == 0 {
		return nil, p.wrong("has no spectral band for pansharpen")
	}
	f := folding{p: p}
	sum := spectral[0]
	for _, s := range spectral[1:] {
		sum = f.do(plus, sum, s)
	}
	n, err := p.constant(float32(len(spectral)))
	if err != nil {
		return nil, err
	}
	ratio := f.do(divide, f.do(times, args[0], n), sum)
	list := &node{kind: nodeList}
	for _, s := range spectral {
		list.args = append(list.args, f.do(times, s, ratio))
	}
	if f.err != nil {
		return nil, f.err
	}
	return p.intern(list)
}

// variable is a value that the request gives, or the default.
func variable(p *parser, args []*node) (*node, error) {
	if args[0].kind != nodeText {
		return nil, p.wrong("has a variable without a name between quotes")
	}
	switch v := p.variables[args[0].text].(type) {
	case float64:
		return p.constant(float32(v))
	case string:
		return p.intern(&node{kind: nodeText, text: v})
	case nil:
		if len(args) == 2 {
			return args[1], nil
		}
		return nil, p.wrong("needs the variable %q", args[0].text)
	default:
		return nil, p.wrong("needs a number or a text for the variable %q, not %s", args[0].text, fmt.Sprint(v))
	}
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
