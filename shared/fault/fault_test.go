package fault

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
)

func TestKinds(t *testing.T) {
	for kind, want := range map[Kind]struct {
		name      string
		status    int
		permanent bool
	}{
		Internal: {"internal", http.StatusInternalServerError, false}, Invalid: {"invalid", http.StatusBadRequest, true},
		NotFound: {"not found", http.StatusNotFound, true}, Conflict: {"conflict", http.StatusConflict, true},
		Unsupported: {"unsupported", http.StatusNotImplemented, true}, Unauthorised: {"unauthorised", http.StatusUnauthorized, true},
		Forbidden: {"forbidden", http.StatusForbidden, true}, Unavailable: {"unavailable", http.StatusServiceUnavailable, false},
		Outdated: {"outdated", http.StatusPreconditionFailed, true},
	} {
		if kind.String() != want.name || kind.Status() != want.status || kind.Permanent() != want.permanent {
			t.Errorf("%s is %d, permanent %v", kind, kind.Status(), kind.Permanent())
		}
		if ParseKind(want.name) != kind || ParseKind("no such") != Internal {
			t.Errorf("%q is read as %v", want.name, ParseKind(want.name))
		}
	}
}

func TestFailures(t *testing.T) {
	inner := At(Invalid, "bbox", "four numbers are needed: %w", io.EOF)
	for _, c := range []struct {
		name    string
		err     error
		kind    Kind
		locator string
		text    string
	}{
		{"made", New(NotFound, "there is no %q", "x"), NotFound, "", `there is no "x"`},
		{"located", inner, Invalid, "bbox", "four numbers are needed: EOF"},
		{"classified", Classify(Unavailable, io.EOF, "read %s", "x"), Unavailable, "", "read x: EOF"},
		{"classified again", Classify(Unavailable, inner, "search"), Unavailable, "bbox", "search: four numbers are needed: EOF"},
		{"wrapped", fmt.Errorf("search: %w", inner), Invalid, "bbox", "search: four numbers are needed: EOF"},
		{"without words", Classify(Conflict, io.EOF, ""), Conflict, "", "EOF"},
		{"unclassified", io.EOF, Internal, "", "EOF"},
	} {
		if KindOf(c.err) != c.kind || LocatorOf(c.err) != c.locator || c.err.Error() != c.text {
			t.Errorf("%s: %v at %q: %s", c.name, KindOf(c.err), LocatorOf(c.err), c.err)
		}
	}
	if !errors.Is(inner, io.EOF) || !errors.Is(Classify(Unavailable, io.EOF, "x"), io.EOF) {
		t.Error("the cause is lost")
	}
	if Classify(Invalid, nil, "x") != nil || KindOf(nil) != Internal || LocatorOf(nil) != "" {
		t.Error("no failure became one")
	}
}

func TestAll(t *testing.T) {
	a, b, c := errors.New("a"), New(Invalid, "b"), errors.New("c")
	got := All(errors.Join(a, errors.Join(b, nil), c))
	if len(got) != 3 || got[0] != a || got[1] != b || got[2] != c {
		t.Errorf("%v", got)
	}
	if len(All(a)) != 1 || All(nil) != nil {
		t.Error("one or none")
	}
}
