package function

import (
	"log/slog"
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

func TestLogLevel(t *testing.T) {
	for wanted, level := range map[string]slog.Level{"": slog.LevelInfo, "debug": slog.LevelDebug, "WARN": slog.LevelWarn, "error": slog.LevelError} {
		log, err := logger("f", wanted)
		if err != nil || !log.Enabled(t.Context(), level) || log.Enabled(t.Context(), level-1) {
			t.Errorf("%q: %v", wanted, err)
		}
	}
	if log, err := logger("f", "loud"); err == nil || !log.Enabled(t.Context(), slog.LevelInfo) {
		t.Errorf("a level that does not exist gives %v", err)
	}
}
