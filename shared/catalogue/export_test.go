package catalogue

import "perigee/shared/scope"

// SearchSQL is the statement of a page.
func SearchSQL(sc scope.Scope, q Query) (string, []any, error) {
	p, err := planSearch(sc, q)
	if err != nil {
		return "", nil, err
	}
	return p.sql, p.args, nil
}

// ProductSQL is the statement of a map.
func ProductSQL(sc scope.Scope, q ProductQuery) (string, []any, error) { return productSQL(sc, q) }
