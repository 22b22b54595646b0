package stactest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"perigee/shared/datatest"
)

// Differences lists where two JSON documents say something else, each by its path: numbers that differ by more than
// rounding, times that are not the same moment, all else that is not the same.
func Differences(t *testing.T, got, want []byte) []string {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	return differences("", a, b)
}

func differences(path string, got, want any) []string {
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return members(path, got, want)
		}
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			var all []string
			for i := range want {
				all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), got[i], want[i])...)
			}
			return all
		}
	case float64:
		if got, ok := got.(float64); ok && math.Abs(got-want) <= 1e-9*max(1, math.Abs(want)) {
			return nil
		}
	case string:
		if got, ok := got.(string); ok && (got == want || sameMoment(got, want)) {
			return nil
		}
	default:
		if got == want {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: %v, not %v", path, got, want)}
}

func members(path string, got, want map[string]any) []string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[key]; !ok {
			all = append(all, fmt.Sprintf("%s.%s: missing, not %v", path, key, want[key]))
			continue
		}
		all = append(all, differences(path+"."+key, got[key], want[key])...)
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			all = append(all, fmt.Sprintf("%s.%s: %v, not missing", path, key, got[key]))
		}
	}
	return all
}

func sameMoment(a, b string) bool {
	at, err := time.Parse(time.RFC3339Nano, a)
	too, err2 := time.Parse(time.RFC3339Nano, b)
	return err == nil && err2 == nil && at.Equal(too)
}

// Data is the folder of public data, by a path within it. Without it the test is skipped, visibly.
func Data(t testing.TB, path string) string {
	t.Helper()
	return datatest.Folder(t) + "/data/" + path
}
