package raster

import "slices"

// Expression is a compiled band expression: names of bands, numbers, + - * / % **, comparisons, & | ^ << >>, and or not,
// ?:, lists, subscripts, parentheses and functions (Functions lists them). It computes in single precision; no data, a
// division by zero and whatever is not a finite number come out as NaN. An Expression is not changed by its use.
type Expression struct {
	src       string
	names     []string
	bound     []bound // numbers that the files of a scene give
	steps     []step
	constants []float32
	registers int
	result    operand
	margin    int // how many pixels around it needs of the bands
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
	fromBound
	fromRegister
)

// step computes one register.
type step struct {
	op   operation
	dst  int
	args []operand
}

// CompileExpression reads an expression. Failures are fault.Invalid and say where the expression is wrong.
func CompileExpression(src string) (*Expression, error) { return compileExpression(src, nil) }

// compileExpression reads an expression with the values of its variables.
func compileExpression(src string, variables map[string]any) (*Expression, error) {
	root, p, err := parse(src, variables)
	if err != nil {
		return nil, err
	}
	e := &Expression{src: src, names: p.names, bound: p.bound, margin: root.margin}
	c := compilation{e: e, uses: map[*node]int{}, done: map[*node]operand{}}
	c.count(root)
	e.result = c.compile(root)
	return e, nil
}

// Names are the bands that the expression needs, each once, in order of appearance.
func (e *Expression) Names() []string { return slices.Clone(e.names) }

// Local tells whether the expression needs of its bands nothing but their values in a pixel: not those around it, and no
// numbers that their files give.
func (e *Expression) Local() bool { return e.margin == 0 && len(e.bound) == 0 }

// Band tells whether the expression is nothing but a band.
func (e *Expression) Band() bool { return e.band() }

// String is the expression as it was written.
func (e *Expression) String() string { return e.src }

// compilation turns nodes into steps, and hands out rows for intermediate results.
type compilation struct {
	e    *Expression
	uses map[*node]int // that are still to come
	done map[*node]operand
	free []int
}

func (c *compilation) count(n *node) {
	if c.uses[n]++; c.uses[n] > 1 {
		return
	}
	for _, a := range n.args {
		c.count(a)
	}
}

func (c *compilation) take() int {
	if n := len(c.free); n > 0 {
		last := c.free[n-1]
		c.free = c.free[:n-1]
		return last
	}
	c.e.registers++
	return c.e.registers - 1
}

// compile makes the steps of a node, if there are none yet, and says where its value will be.
func (c *compilation) compile(n *node) operand {
	if o, ok := c.done[n]; ok {
		return o
	}
	var o operand
	switch n.kind {
	case nodeConstant:
		c.e.constants = append(c.e.constants, n.number)
		o = operand{fromConstant, len(c.e.constants) - 1}
	case nodeBand:
		o = operand{fromBand, n.at}
	case nodeBound:
		o = operand{fromBound, n.at}
	default:
		o = c.operation(n)
	}
	c.done[n] = o
	return o
}

func (c *compilation) operation(n *node) operand {
	args := make([]operand, len(n.args))
	for i, a := range n.args {
		args[i] = c.compile(a)
	}
	var dst int
	if n.op.frame != nil {
		dst = c.take() // it reads what lies around what it writes
	}
	for i, a := range n.args {
		if c.uses[a]--; c.uses[a] == 0 && args[i].from == fromRegister {
			c.free = append(c.free, args[i].index) // the kernels may write over what they read
		}
	}
	if n.op.frame == nil {
		dst = c.take()
	}
	c.e.steps = append(c.e.steps, step{op: n.op, dst: dst, args: args})
	return operand{fromRegister, dst}
}

// band tells whether the expression is nothing but a band.
func (e *Expression) band() bool { return e.result.from == fromBand }

// evaluator is an expression with the memory to compute it; it is used by one goroutine at a time.
type evaluator struct {
	e         *Expression
	size      int
	registers [][]float32
	constants [][]float32
	given     []float32 // what is bound
	bound     [][]float32
}

// newEvaluator makes room for rows of up to n values. bound are the values of what the scene's files give.
func newEvaluator(e *Expression, n int, bound []float32) *evaluator {
	v := &evaluator{e: e, size: n, given: bound}
	for range e.registers {
		v.registers = append(v.registers, make([]float32, n))
	}
	for _, c := range e.constants {
		v.constants = append(v.constants, slices.Repeat([]float32{c}, n))
	}
	for i := range e.bound {
		value := nan
		if i < len(bound) {
			value = bound[i]
		}
		v.bound = append(v.bound, slices.Repeat([]float32{value}, n))
	}
	return v
}

// row computes n values from the rows of the bands, in the order of Names. The result is valid until the next call.
func (v *evaluator) row(bands [][]float32, n int) []float32 {
	return v.frame(bands, n, frame{width: n, height: 1})
}

// frame computes n values, which are the pixels of a frame row by row.
func (v *evaluator) frame(bands [][]float32, n int, f frame) []float32 {
	for _, s := range v.e.steps {
		var args [maxArgs][]float32
		for i, a := range s.args {
			args[i] = v.find(a, bands, n)
		}
		if dst := v.registers[s.dst][:n]; s.op.frame != nil {
			s.op.frame(dst, args, f)
		} else {
			s.op.row(dst, args)
		}
	}
	return v.find(v.e.result, bands, n)
}

func (v *evaluator) find(o operand, bands [][]float32, n int) []float32 {
	switch o.from {
	case fromBand:
		return bands[o.index][:n]
	case fromConstant:
		return v.constants[o.index][:n]
	case fromBound:
		return v.bound[o.index][:n]
	}
	return v.registers[o.index][:n]
}

// Evaluate computes rows of values at once: bands are in the order of Names, dst takes as many values as each has. Of
// functions that look around a pixel, and of those that need a file, nothing comes out but no data.
func (e *Expression) Evaluate(dst []float32, bands ...[]float32) {
	copy(dst, newEvaluator(e, len(dst), nil).row(bands, len(dst)))
	for i, v := range dst {
		if v-v != 0 {
			dst[i] = nan
		}
	}
}
