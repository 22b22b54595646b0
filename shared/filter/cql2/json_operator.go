package cql2

import (
	"strings"

	"perigee/shared/filter"
)

// aliases are other names of operators that are understood.
var aliases = map[string]string{"==": "=", "!=": "<>", "ANYINTERACTS": "T_INTERSECTS"}

// arities are the operators and how many operands they take; and, or take any number.
var arities = map[string]int{
	"AND": -1, "OR": -1, "NOT": 1, "ISNULL": 1, "CASEI": 1, "ACCENTI": 1, "LIKE": 2, "IN": 2, "BETWEEN": 3,
	"=": 2, "<>": 2, "<": 2, "<=": 2, ">": 2, ">=": 2, "+": 2, "-": 2, "*": 2, "/": 2, "%": 2, "^": 2, "DIV": 2,
}

func (p *jsonParser) operator(v *value, o object, depth int) (filter.Operand, error) {
	op := o.member("op")
	name, err := op.text("the name of an operator")
	if err != nil {
		return nil, err
	}
	args := o.member("args")
	if args == nil {
		return nil, v.failing("%s has no args", shorten(name))
	}
	operator := capitals(name)
	if other, ok := aliases[operator]; ok {
		operator = other
	}
	arity, known := arities[operator]
	operands, ok := args.content.(elements)
	if !ok && arity == 1 {
		operands, ok = elements{args}, true
	}
	switch {
	case !ok:
		return nil, args.failing("args is not an array")
	case predicates[operator] != 0:
		return p.predicate(v, operator, operands, depth)
	case known:
		return p.known(args, operator, arity, operands, depth)
	}
	return p.function(op, name, operands, depth)
}

// function makes a function of its arguments; v is what names it.
func (p *jsonParser) function(v *value, name string, args []*value, depth int) (filter.Operand, error) {
	if !isBare(name) {
		return nil, v.failing("%q is no operator of CQL2, and no function can have the name", shorten(name))
	}
	all, err := p.operands(args, depth+1)
	if err != nil || len(all) == 0 {
		return filter.Function{Name: name}, err
	}
	return filter.Function{Name: name, Args: all}, nil
}

// known reads one of the operators of arities, with its operands.
func (p *jsonParser) known(args *value, name string, arity int, operands []*value, depth int) (filter.Operand, error) {
	switch name {
	case "AND", "OR":
		return truth(p.junction(args, name, operands, depth+1))
	case "IN":
		return truth(p.in(args, operands, depth+1))
	case "BETWEEN":
		operands = bounds(operands)
	}
	if len(operands) != arity {
		return nil, args.failing("there are %d operands, it takes %d", len(operands), arity)
	}
	if name == "NOT" {
		return truth(negate(p.condition(operands[0], depth+1)))
	}
	all := make([]filter.Operand, arity)
	for i, v := range operands {
		var err error
		if all[i], err = p.operand(v, depth+1); err != nil {
			return nil, err
		}
	}
	o, err := p.apply(name, all)
	return o, args.located(err, operands...)
}

// apply applies one of the operators that take plain operands.
func (p *jsonParser) apply(name string, o []filter.Operand) (filter.Operand, error) {
	if op, ok := comparisons[name]; ok {
		return truth(compare(p.names, op, o[0], o[1]))
	}
	for _, ops := range []map[string]filter.ArithmeticOp{sums, products, powers} {
		if op, ok := ops[name]; ok {
			return arithmetic(op, o[0], o[1])
		}
	}
	switch name {
	case "LIKE":
		return truth(like(o[0], o[1]))
	case "BETWEEN":
		return truth(between(p.names, o[0], o[1], o[2]))
	case "ISNULL":
		return truth(isNull(o[0]))
	default:
		return fold(name, o[0])
	}
}

// bounds takes the bounds of between out of an array in which they may stand.
func bounds(operands []*value) []*value {
	if len(operands) == 2 {
		if pair, ok := operands[1].content.(elements); ok {
			return append([]*value{operands[0]}, pair...)
		}
	}
	return operands
}

func (p *jsonParser) junction(args *value, name string, operands []*value, depth int) (filter.Expr, error) {
	if len(operands) == 0 {
		return nil, args.failing("there are no operands")
	}
	parts := make([]filter.Expr, len(operands))
	for i, v := range operands {
		var err error
		if parts[i], err = p.condition(v, depth); err != nil {
			return nil, err
		}
	}
	switch {
	case len(parts) == 1:
		return parts[0], nil
	case name == "AND":
		return filter.And(parts), nil
	}
	return filter.Or(parts), nil
}

func (p *jsonParser) in(args *value, operands []*value, depth int) (filter.Expr, error) {
	if len(operands) != 2 {
		return nil, args.failing("there are %d operands, it takes 2", len(operands))
	}
	list, ok := operands[1].content.(elements)
	if !ok || len(list) == 0 {
		return nil, operands[1].failing("the values are not an array of one at least")
	}
	operand, err := p.operand(operands[0], depth)
	if err != nil {
		return nil, err
	}
	values, err := p.operands(list, depth)
	if err != nil {
		return nil, err
	}
	e, err := in(p.names, operand, values)
	return e, args.located(err, append([]*value{operands[0]}, list...)...)
}

// predicate reads a spatial, temporal or array predicate.
func (p *jsonParser) predicate(v *value, name string, operands []*value, depth int) (filter.Operand, error) {
	if len(operands) != 2 {
		return nil, v.failing("%s takes 2 operands, not %d", strings.ToLower(name), len(operands))
	}
	var both [2]filter.Operand
	for i, operand := range operands {
		var err error
		if predicates[name] == temporal {
			both[i], err = p.time(operand, depth+1)
		} else {
			both[i], err = p.operand(operand, depth+1)
		}
		if err != nil {
			return nil, err
		}
	}
	o, err := truth(predicate(name, both[0], both[1]))
	return o, v.located(err, operands...)
}

// time reads an operand of a temporal predicate: where nothing but a time may stand, texts and arrays are such.
func (p *jsonParser) time(v *value, depth int) (filter.Operand, error) {
	switch content := v.content.(type) {
	case elements:
		if len(content) == 2 {
			return p.ends(content, depth)
		}
	case string:
		start, end, isInterval := strings.Cut(content, "/")
		if !isInterval {
			return v.instant(instant)
		}
		return p.ends([]*value{{v.parent, v.key, start}, {v.parent, v.key, end}}, depth)
	}
	return p.operand(v, depth)
}
