package federation

import (
	"context"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
)

// RC-12: the catalogues of a type are taken from every form of the setting, others are handed back, and what is wrong is told.
func TestCatalogues(t *testing.T) {
	for _, c := range []struct{ setting, wanted, want, passed string }{
		{"", CSW, "", ""},
		{"http://x/csw/, b=https://y/collections/c", CSW, "catalogue-1 http://x/csw 1s", "https://y/collections/c"},
		{"http://x/csw, b=https://y/collections/c/", Records, "catalogue-1 http://x/csw 1s, b https://y/collections/c 1s", ""},
		{`["http://x/csw?map=a", {"url": "http://y", "type": "CSW", "id": "y", "timeout": 3}]`, CSW, "catalogue-1 http://x/csw?map=a 1s, y http://y 3s", ""},
		{`{"merge_results": true, "catalogues": [{"url": "http://y", "type": "CSW", "auth": {"type": "iam"}}, {"url": "http://z", "timeout": 100000}]}`, Records, "catalogue-2 http://z 10m0s", "http://y"},
	} {
		entries, merged, err := Read(c.setting)
		if err != nil || (merged != nil) != strings.Contains(c.setting, "merge_results") {
			t.Fatalf("%s: %v, %v", c.setting, merged, err)
		}
		all, passed, err := Of(c.wanted, entries, time.Second)
		var got, left []string
		for _, one := range all {
			got = append(got, one.ID+" "+one.URL+" "+one.Timeout.String())
		}
		for _, one := range passed {
			left = append(left, one.URL)
		}
		if err != nil || strings.Join(got, ", ") != c.want || strings.Join(left, ", ") != c.passed {
			t.Errorf("%s: %q, passed over %q, %v", c.setting, got, left, err)
		}
	}
	for setting, kind := range map[string]fault.Kind{
		`{"catalogs": []}`: fault.Invalid, "[7]": fault.Invalid, "x": fault.Invalid, "a b=http://x": fault.Invalid, `[{"id": "a b", "url": "http://x"}]`: fault.Invalid, "http://u@x": fault.Invalid,
		`[{"url": "http://x", "auth": {}}]`: fault.Unsupported,
	} {
		entries, _, err := Read(setting)
		if err == nil {
			_, _, err = Of(CSW, entries, 0)
		}
		if fault.KindOf(err) != kind || fault.LocatorOf(err) != Setting {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// A catalogue is asked by so many at once; who waits does so no longer than may be.
func TestTurns(t *testing.T) {
	all, _, err := Of(CSW, []Entry{{URL: "http://x"}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done func()
	for range atOnce {
		if done, err = all[0].Turn(ctx); err != nil {
			t.Fatal(err)
		}
	}
	done()
	if _, err = all[0].Turn(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err = all[0].Turn(ctx); fault.KindOf(err) != fault.Unavailable {
		t.Error(err)
	}
}
