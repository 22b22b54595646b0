package raster

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// node is a part of a parsed expression. Parts that are written alike are one node, which is computed once.
type node struct {
	kind   nodeKind
	number float32 // of a constant
	at     int     // of a band: its place in the list of names; of what is bound: its place in the list of those
	text   string  // of a text
	op     operation
	args   []*node // of an operation or a list
	margin int     // how many pixels around it needs of the bands
	id     int
}

type nodeKind uint8

const (
	nodeConstant nodeKind = iota
	nodeBand
	nodeBound // a number that the scene's files give
	nodeOperation
	nodeList
	nodeText
	nodeNone
)

// operation computes a node from others, value by value or, with frame, from those around too. The name tells operations
// apart.
type operation struct {
	name  string
	row   rowFunc
	frame frameFunc
}

type parser struct {
	src       string
	tokens    []token
	names     []string
	bound     []bound
	variables map[string]any
	nodes     map[string]*node
	depth     int
	around    int // operations that look around
}

// binding says how tightly the binary operators hold.
var binding = map[string]int{
	"||": 1, "&&": 2, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8,
	"+": 9, "-": 9, "*": 10, "/": 10, "%": 10, "**": 12,
}

const (
	bindingNot   = 3
	bindingMinus = 11
)

// literals are names that stand for values.
var literals = map[string]node{"True": {number: 1}, "False": {number: 0}, "None": {kind: nodeNone}}

func parse(src string, variables map[string]any) (*node, *parser, error) {
	tokens, err := tokenise(src)
	if err != nil {
		return nil, nil, err
	}
	p := &parser{src: src, tokens: tokens, variables: variables, nodes: map[string]*node{}}
	root, err := p.ternary()
	if err != nil {
		return nil, nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, nil, p.unexpected(t, "an operator")
	}
	if err := p.value(root); err != nil {
		return nil, nil, err
	}
	return root, p, nil
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
	return p.wrong("has %s at position %d where %s was expected", t.text, t.at+1, wanted)
}

// wrong is the failure of the expression, which says what about it is wrong.
func (p *parser) wrong(format string, args ...any) error {
	return fault.New(fault.Invalid, "the expression %q %s", p.src, fmt.Sprintf(format, args...))
}

// deeper counts the levels of nesting.
func (p *parser) deeper() error {
	if p.depth++; p.depth > maxExpressionDepth {
		return fault.New(fault.Invalid, "an expression is nested at most %d levels deep", maxExpressionDepth)
	}
	return nil
}

// ternary reads `a ? b : c`, or what is above it.
func (p *parser) ternary() (*node, error) {
	defer func() { p.depth-- }()
	if err := p.deeper(); err != nil {
		return nil, err
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
	return p.operation(choice, condition, yes, no)
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
		left, err = p.operation(operation{name: t.text, row: binaryRows[t.text]}, left, right)
	}
	return nil, err
}

// operand reads the right side of a binary operator, counting depth.
func (p *parser) operand(floor int) (*node, error) {
	defer func() { p.depth-- }()
	if err := p.deeper(); err != nil {
		return nil, err
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
		return p.operation(operation{name: "negate", row: rowNegate}, of)
	case p.accept("+"):
		return p.operand(bindingMinus)
	case p.accept("!"):
		of, err := p.operand(bindingNot)
		if err != nil {
			return nil, err
		}
		return p.operation(operation{name: "not", row: rowNot}, of)
	}
	return p.subscripted()
}

// subscripted reads a value and what follows it between brackets: which of several values is meant, counted from 0.
func (p *parser) subscripted() (*node, error) {
	n, err := p.primary()
	if err != nil || !p.accept("[") {
		return n, err
	}
	number := p.take()
	i, wrong := strconv.Atoi(number.text)
	if number.kind != tokenNumber || wrong != nil || i < 0 {
		return nil, p.unexpected(number, "a number counted from 0")
	}
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	if n.kind != nodeList {
		return nil, p.wrong("has a subscript at position %d that is not that of a list", number.at+1)
	}
	if i >= len(n.args) {
		return nil, p.wrong("takes number %d of %d values, counted from 0", i, len(n.args))
	}
	return n.args[i], nil
}

func (p *parser) primary() (*node, error) {
	t := p.take()
	switch {
	case t.kind == tokenNumber:
		return p.constant(t.number)
	case t.kind == tokenText:
		return p.intern(&node{kind: nodeText, text: t.text})
	case t.kind == tokenName && p.accept("("):
		return p.call(t)
	case t.kind == tokenName || t.kind == tokenQuoted:
		if known, ok := literals[t.text]; ok && t.kind == tokenName {
			return p.intern(&known)
		}
		return p.bandOf(t)
	case t.kind == tokenSymbol && t.text == "(":
		inner, err := p.ternary()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	case t.kind == tokenSymbol && t.text == "[":
		args, err := p.list("]", nil)
		if err != nil {
			return nil, err
		}
		return p.intern(&node{kind: nodeList, args: args})
	}
	return nil, p.unexpected(t, "a value")
}

// bandOf reads the name of a band, with the subscript that may follow it.
func (p *parser) bandOf(t token) (*node, error) {
	name := t.text
	if len(p.tokens) >= 3 && p.tokens[0].text == "[" && p.tokens[0].kind == tokenSymbol {
		number := p.tokens[1]
		i, err := strconv.Atoi(number.text)
		if number.kind != tokenNumber || err != nil || i < 0 {
			return nil, p.unexpected(number, "a number counted from 0")
		}
		p.take()
		p.take()
		if err := p.expect("]"); err != nil {
			return nil, err
		}
		name += "[" + strconv.Itoa(i) + "]"
	}
	return p.intern(&node{kind: nodeBand, at: p.name(name)})
}

// list reads values up to a closing symbol. texts says which of them may be texts, for which quoted names count too.
func (p *parser) list(end string, texts func(i int) bool) ([]*node, error) {
	var args []*node
	for !p.accept(end) {
		if len(args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		if t := p.peek(); t.kind == tokenQuoted && texts != nil && texts(len(args)) {
			p.tokens[0].kind = tokenText
		}
		a, err := p.ternary()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	return args, nil
}

// call reads the arguments of a function, after its parenthesis.
func (p *parser) call(name token) (*node, error) {
	f, ok := functions[name.text]
	if !ok {
		return nil, p.wrong("calls %q, which is not a function here", name.text)
	}
	args, err := p.list(")", func(i int) bool { return strings.Contains(f.texts, strconv.Itoa(i)) })
	if err != nil {
		return nil, err
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

// value refuses what is no number for each pixel.
func (p *parser) value(n *node) error {
	switch n.kind {
	case nodeList:
		return p.wrong("has a list where one value was expected; [0] takes its first")
	case nodeText:
		return p.wrong("has the text %q where a value was expected", n.text)
	case nodeNone:
		return p.wrong("has None where a value was expected")
	}
	return nil
}

func (p *parser) constant(v float32) (*node, error) { return p.intern(&node{number: v}) }

// operation makes a node of an operation; of constants only, it is computed at once.
func (p *parser) operation(op operation, args ...*node) (*node, error) {
	n := &node{kind: nodeOperation, op: op, args: args}
	constant := op.frame == nil
	for _, a := range args {
		if err := p.value(a); err != nil {
			return nil, err
		}
		constant = constant && a.kind == nodeConstant
		n.margin = max(n.margin, a.margin)
	}
	if op.frame != nil {
		if n.margin++; n.margin > maxMargin {
			return nil, fault.New(fault.Invalid, "functions that look around a pixel are nested at most %d levels deep", maxMargin)
		}
	}
	if !constant {
		return p.intern(n)
	}
	var dst [1]float32
	var values [maxArgs][]float32
	for i, a := range args {
		values[i] = []float32{a.number}
	}
	op.row(dst[:], values)
	return p.constant(dst[0])
}

// intern finds the node that is the same, or adds this one.
func (p *parser) intern(n *node) (*node, error) {
	var key strings.Builder
	fmt.Fprintf(&key, "%d %d %d %s%s", n.kind, math.Float32bits(n.number), n.at, n.op.name, n.text)
	for _, a := range n.args {
		fmt.Fprintf(&key, " %d", a.id)
	}
	if known, ok := p.nodes[key.String()]; ok {
		return known, nil
	}
	if len(p.nodes) >= maxExpressionNodes {
		return nil, fault.New(fault.Invalid, "an expression has at most %d parts", maxExpressionNodes)
	}
	if n.op.frame != nil {
		if p.around++; p.around > maxAround {
			return nil, fault.New(fault.Invalid, "an expression looks around a pixel at most %d times", maxAround)
		}
	}
	n.id = len(p.nodes)
	p.nodes[key.String()] = n
	return n, nil
}
