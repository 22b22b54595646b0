package catalogue

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"

	"perigee/shared/fault"
)

func FuzzParseToken(f *testing.F) {
	f.Add(token{Keys: []string{"2024-05-01 12:00:00+00", "a", ""}, For: "q"}.String())
	f.Add(token{Back: true, Keys: []string{"", "ü", `"\`}, For: "q"}.String())
	f.Add("")
	f.Add("e30")
	f.Add("bnVsbA")
	f.Fuzz(func(t *testing.T, s string) {
		read, err := parseToken(s, "q", 3)
		switch {
		case err != nil:
			if fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "token" || read != nil {
				t.Errorf("%q: %v", s, err)
			}
		case s == "":
			if read != nil {
				t.Error("nothing is a token")
			}
		default:
			again, err := parseToken(read.String(), "q", 3)
			if err != nil || !slices.Equal(again.Keys, read.Keys) || again.Back != read.Back {
				t.Errorf("%q is %+v, which is %+v, %v", s, read, again, err)
			}
		}
	})
}

// The version that a program asks for is one that its own migrations reach, and they are numbered without gaps.
func TestTheVersionThatIsNeeded(t *testing.T) {
	names, err := fs.Glob(Migrations(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if n, err := strconv.Atoi(strings.SplitN(name, "_", 2)[0]); err != nil || n != i+1 {
			t.Errorf("%s is not number %d", name, i+1)
		}
	}
	if minimumVersion < 1 || minimumVersion > len(names) {
		t.Errorf("version %d is needed, there are %d", minimumVersion, len(names))
	}
}
