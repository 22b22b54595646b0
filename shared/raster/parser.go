package raster

import "perigee/shared/fault"

// node is a part of a parsed expression: a number, a band, or an operation on other nodes.
type node struct {
	kind   nodeKind
	number float32 // of a constant
	band   int     // of a name: its place in the list of names
	row    rowFunc // of an operation
	args   []*node
}

type nodeKind uint8

const (
	nodeConstant nodeKind = iota
	nodeBand
	nodeOperation
)

type parser struct {
	src    string
	tokens []token
	names  []string
	nodes  int
	depth  int
}

// binding says how tightly the binary operators hold.
var binding = map[string]int{"||": 1, "&&": 2, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "**": 8}

const (
	bindingNot   = 3
	bindingMinus = 7
)

func parse(src string) (*node, []string, error) {
	tokens, err := tokenise(src)
	if err != nil {
		return nil, nil, err
	}
	p := &parser{src: src, tokens: tokens}
	root, err := p.ternary()
	if err != nil {
		return nil, nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, nil, p.unexpected(t, "an operator")
	}
	return root, p.names, nil
}

func (p *parser) peek() token { return p.tokens[0] }

func (p *parser) take() token {
	t := p.tokens[0]
	if t.kind != tokenEnd {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the symbol if it is next.
func (p *parser) accept(symbol string) bool {
	if t := p.peek(); t.kind != tokenSymbol || t.text != symbol {
		return false
	}
	p.take()
	return true
}

func (p *parser) expect(symbol string) error {
	if !p.accept(symbol) {
		return p.unexpected(p.peek(), `"`+symbol+`"`)
	}
	return nil
}

func (p *parser) unexpected(t token, wanted string) error {
	return fault.New(fault.Invalid, "the expression %q has %s at position %d where %s was expected", p.src, t.text, t.at+1, wanted)
}

// ternary reads `a ? b : c`, or what is above it.
func (p *parser) ternary() (*node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxExpressionDepth {
		return nil, fault.New(fault.Invalid, "an expression is nested at most %d levels deep", maxExpressionDepth)
	}
	condition, err := p.binary(0)
	if err != nil || !p.accept("?") {
		return condition, err
	}
	yes, err := p.ternary()
	if err != nil {
		return nil, err
	}
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	no, err := p.ternary()
	if err != nil {
		return nil, err
	}
	return p.operation(rowWhere, condition, yes, no)
}

// binary reads operators that bind more tightly than floor, by precedence climbing.
func (p *parser) binary(floor int) (*node, error) {
	left, err := p.unary()
	for err == nil {
		t := p.peek()
		tight, ok := binding[t.text]
		if t.kind != tokenSymbol || !ok || tight <= floor {
			return left, nil
		}
		p.take()
		if t.text == "**" {
			tight-- // to the right
		}
		var right *node
		if right, err = p.operand(tight); err != nil {
			break
		}
		left, err = p.operation(binaryRows[t.text], left, right)
	}
	return nil, err
}

// operand reads the right side of a binary operator, counting depth.
func (p *parser) operand(floor int) (*node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxExpressionDepth {
		return nil, fault.New(fault.Invalid, "an expression is nested at most %d levels deep", maxExpressionDepth)
	}
	return p.binary(floor)
}

func (p *parser) unary() (*node, error) {
	switch {
	case p.accept("-"):
		of, err := p.operand(bindingMinus)
		if err != nil {
			return nil, err
		}
		return p.operation(rowNegate, of)
	case p.accept("+"):
		return p.operand(bindingMinus)
	case p.accept("!"):
		of, err := p.operand(bindingNot)
		if err != nil {
			return nil, err
		}
		return p.operation(rowNot, of)
	}
	return p.primary()
}

func (p *parser) primary() (*node, error) {
	switch t := p.take(); {
	case t.kind == tokenNumber:
		return p.node(&node{kind: nodeConstant, number: t.number})
	case t.kind == tokenName && p.accept("("):
		return p.call(t)
	case t.kind == tokenName:
		return p.node(&node{kind: nodeBand, band: p.name(t.text)})
	case t.kind == tokenSymbol && t.text == "(":
		inner, err := p.ternary()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	default:
		return nil, p.unexpected(t, "a value")
	}
}

// call reads the arguments of a function, after its parenthesis.
func (p *parser) call(name token) (*node, error) {
	var args []*node
	for !p.accept(")") {
		if len(args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		a, err := p.ternary()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	f, ok := functions[name.text]
	if !ok {
		return nil, fault.New(fault.Invalid, "the expression %q calls %q, which is not a function here", p.src, name.text)
	}
	if len(args) < f.least || len(args) > f.most {
		return nil, fault.New(fault.Invalid, "the function %s takes %d to %d values, not %d, in the expression %q", name.text, f.least, f.most, len(args), p.src)
	}
	return f.build(p, args)
}

func (p *parser) name(s string) int {
	for i, n := range p.names {
		if n == s {
			return i
		}
	}
	p.names = append(p.names, s)
	return len(p.names) - 1
}

// operation makes a node of a row function; of constants only, it is computed at once.
func (p *parser) operation(row rowFunc, args ...*node) (*node, error) {
	n := &node{kind: nodeOperation, row: row, args: args}
	for _, a := range args {
		if a.kind != nodeConstant {
			return p.node(n)
		}
	}
	var dst [1]float32
	var values [maxArgs][]float32
	for i, a := range args {
		values[i] = []float32{a.number}
	}
	row(dst[:], values)
	return p.node(&node{kind: nodeConstant, number: dst[0]})
}

func (p *parser) node(n *node) (*node, error) {
	if p.nodes++; p.nodes > maxExpressionNodes {
		return nil, fault.New(fault.Invalid, "an expression has at most %d parts", maxExpressionNodes)
	}
	return n, nil
}
