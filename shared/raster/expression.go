package raster

import "slices"

// Expression is a compiled band expression: names of bands, numbers, + - * / % **, comparisons, and or not, ?:,
// parentheses and functions (sqrt, where, clip, …). It computes in single precision; no data, a division by zero and
// whatever is not a finite number come out as NaN. An Expression is not changed by its use.
type Expression struct {
	src       string
	names     []string
	steps     []step
	constants []float32
	registers int
	result    operand
}

// operand is where a step finds a value.
type operand struct {
	from  source
	index int
}

type source uint8

const (
	fromBand source = iota
	fromConstant
	fromRegister
)

// step computes one register.
type step struct {
	row  rowFunc
	dst  int
	args []operand
}

// CompileExpression reads an expression. Failures are fault.Invalid and say where the expression is wrong.
func CompileExpression(src string) (*Expression, error) {
	root, names, err := parse(src)
	if err != nil {
		return nil, err
	}
	e := &Expression{src: src, names: names}
	e.result = e.compile(root, &registers{})
	return e, nil
}

// Names are the bands that the expression needs, each once, in order of appearance.
func (e *Expression) Names() []string { return slices.Clone(e.names) }

// String is the expression as it was written.
func (e *Expression) String() string { return e.src }

// registers hands out rows for intermediate results and takes them back.
type registers struct{ free []int }

func (r *registers) take(e *Expression) int {
	if n := len(r.free); n > 0 {
		last := r.free[n-1]
		r.free = r.free[:n-1]
		return last
	}
	e.registers++
	return e.registers - 1
}

// compile turns a node into steps and says where its value will be.
func (e *Expression) compile(n *node, r *registers) operand {
	switch n.kind {
	case nodeConstant:
		e.constants = append(e.constants, n.number)
		return operand{fromConstant, len(e.constants) - 1}
	case nodeBand:
		return operand{fromBand, n.band}
	}
	args := make([]operand, len(n.args))
	for i, a := range n.args {
		args[i] = e.compile(a, r)
	}
	for _, a := range args {
		if a.from == fromRegister {
			r.free = append(r.free, a.index) // the kernels may write over what they read
		}
	}
	dst := r.take(e)
	e.steps = append(e.steps, step{row: n.row, dst: dst, args: args})
	return operand{fromRegister, dst}
}

// band tells whether the expression is nothing but a band.
func (e *Expression) band() bool { return e.result.from == fromBand }

// evaluator is an expression with the memory to compute it; it is used by one goroutine at a time.
type evaluator struct {
	e         *Expression
	registers [][]float32
	constants [][]float32
}

// newEvaluator makes room for rows of up to n values.
func newEvaluator(e *Expression, n int) *evaluator {
	v := &evaluator{e: e}
	for range e.registers {
		v.registers = append(v.registers, make([]float32, n))
	}
	for _, c := range e.constants {
		v.constants = append(v.constants, slices.Repeat([]float32{c}, n))
	}
	return v
}

// row computes n values from the rows of the bands, in the order of Names. The result is valid until the next call.
func (v *evaluator) row(bands [][]float32, n int) []float32 {
	find := func(o operand) []float32 {
		switch o.from {
		case fromBand:
			return bands[o.index][:n]
		case fromConstant:
			return v.constants[o.index][:n]
		default:
			return v.registers[o.index][:n]
		}
	}
	for _, s := range v.e.steps {
		var args [maxArgs][]float32
		for i, a := range s.args {
			args[i] = find(a)
		}
		s.row(v.registers[s.dst][:n], args)
	}
	return find(v.e.result)
}

// Evaluate computes rows of values at once: bands are in the order of Names, dst takes as many values as each has.
func (e *Expression) Evaluate(dst []float32, bands ...[]float32) {
	copy(dst, newEvaluator(e, len(dst)).row(bands, len(dst)))
	for i, v := range dst {
		if v-v != 0 {
			dst[i] = nan
		}
	}
}
