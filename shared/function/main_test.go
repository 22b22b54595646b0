package function

import (
	"reflect"
	"testing"
)

type hidden struct{ Endpoint string }

// Shown is embedded below; the environment reaches its fields.
type Shown struct{ Endpoint string }

func TestSettingsThatTheEnvironmentDoesNotReachAreRefused(t *testing.T) {
	for _, c := range []struct {
		config any
		ok     bool
	}{
		{struct{ A string }{}, true}, {struct{ Shown }{}, true}, {struct{ hidden }{}, false}, {struct{ a string }{}, false},
	} {
		if err := readable(reflect.TypeOf(c.config)); (err == nil) != c.ok {
			t.Errorf("%T: %v", c.config, err)
		}
	}
}
