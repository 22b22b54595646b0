package scope

import (
	"context"
	"slices"
	"testing"

	"perigee/shared/fault"
)

func TestMayWrite(t *testing.T) {
	for _, c := range []struct {
		name  string
		scope Scope
		ok    bool
		kind  fault.Kind
	}{
		{"nobody made it", Scope{Workspace: "w", Roles: []Role{Admin}}, false, fault.Internal},
		{"a stranger", New("w", ""), false, fault.Unauthorised},
		{"a reader", New("w", "anna"), false, fault.Forbidden},
		{"another role", New("w", "anna", "reader"), false, fault.Forbidden},
		{"a writer", New("w", "anna", Writer), true, 0},
		{"an admin", New("w", "anna", Admin), true, 0},
		{"a writer elsewhere", New("w", "anna", Writer).In("v"), true, 0},
	} {
		err := c.scope.MayWrite()
		if (err == nil) != c.ok || !c.ok && fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if (Scope{}).Valid() == nil || New("", "").Valid() != nil {
		t.Error("only made scopes are valid")
	}
}

func TestWidening(t *testing.T) {
	s := New("w", "anna", Writer)
	wide := s.Including(System).Including("v")
	if !slices.Equal(wide.Readable(), []string{"w", "", "v"}) || !slices.Equal(s.Readable(), []string{"w"}) {
		t.Errorf("%q and %q", wide.Readable(), s.Readable())
	}
	other := wide.In("x")
	if !slices.Equal(other.Readable(), []string{"x"}) || other.Principal != "anna" || other.Valid() != nil || other.MayWrite() != nil {
		t.Errorf("%+v", other)
	}
}

func TestContext(t *testing.T) {
	asked := Asked{Scope: New("w", "anna"), Base: "https://example.org/workspaces/w"}
	if got := FromContext(NewContext(context.Background(), asked)); got.Base != asked.Base || got.Scope.Workspace != "w" || got.Scope.Valid() != nil {
		t.Errorf("%+v", got)
	}
	if FromContext(context.Background()).Scope.Valid() == nil {
		t.Error("outside an edge there is a scope")
	}
}
