package filter_test

import (
	"reflect"
	"testing"

	"perigee/shared/filter"
)

// Leaves are replaced wherever they stand; what joins them, and their order, is kept, and what was given is not changed.
func TestRewrite(t *testing.T) {
	one, two := filter.IsNull{Operand: filter.Property("one")}, filter.IsNull{Operand: filter.Property("two")}
	given := filter.And{one, filter.Or{filter.Not{Expr: one}, filter.Certain{Expr: filter.Not{Expr: one}}}, two}
	got := filter.Rewrite(given, func(e filter.Expr) filter.Expr {
		if reflect.DeepEqual(e, one) {
			return filter.And{two, one}
		}
		return e
	})
	both := filter.And{two, one}
	want := filter.And{both, filter.Or{filter.Not{Expr: both}, filter.Certain{Expr: filter.Not{Expr: both}}}, two}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, not %v", got, want)
	}
	if !reflect.DeepEqual(given[0], one) {
		t.Errorf("what was given became %v", given)
	}
	if filter.Rewrite(nil, nil) != nil {
		t.Error("no condition became one")
	}
}
