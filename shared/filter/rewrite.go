package filter

// Rewrite is a condition whose leaves are replaced. What joins or negates them (And, Or, Not, Certain) is kept, and its parts stay in
// their order; conditions within operands are left as they are. leaf is never called with nil.
func Rewrite(e Expr, leaf func(Expr) Expr) Expr {
	switch e := e.(type) {
	case nil:
		return nil
	case And:
		return And(rewriteAll(e, leaf))
	case Or:
		return Or(rewriteAll(e, leaf))
	case Not:
		return Not{Expr: Rewrite(e.Expr, leaf)}
	case Certain:
		return Certain{Expr: Rewrite(e.Expr, leaf)}
	}
	return leaf(e)
}

func rewriteAll(parts []Expr, leaf func(Expr) Expr) []Expr {
	all := make([]Expr, len(parts))
	for i, part := range parts {
		all[i] = Rewrite(part, leaf)
	}
	return all
}
