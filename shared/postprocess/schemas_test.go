package postprocess

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/stac"
	"perigee/shared/stac/stactest"
)

// items are the items that come of all products at hand.
func items(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	add := func(kind, name, path string) {
		home := "s3://bucket/" + name
		all[name] = process(t, `{"type":"`+kind+`"}`, home, folder{home, path})
	}
	for kind, names := range map[string][]string{
		"sentinel1": {"S1A_IW_GRDH_1SDV_20210809T173953_20210809T174018_039156_049F13_6FF8.SAFE", "S1A_IW_SL1__1_SH_20141031T095929_20141031T100002_003072_003842_91FC.SAFE"},
		"sentinel2": {"S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE", "S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857.SAFE"},
	} {
		for _, name := range names {
			add(kind, name, stactest.Data(t, "eoepca/safe/"+name))
		}
	}
	add("landsat", scene, stactest.Data(t, "eoepca/landsat"))
	for _, own := range []struct{ kind, pattern string }{{"sentinel3", "testdata/*.SEN3"}, {"landsat", "testdata/LC08*"}} {
		paths, err := filepath.Glob(own.pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal(own.pattern, err)
		}
		for _, path := range paths {
			add(own.kind, filepath.Base(path), path)
		}
	}
	return all
}

// TestSchemas: HRV-11 to HRV-14, the schemas of STAC and of its extensions accept every item that is made, once it has the
// link to its collection that it gets where it is served.
func TestSchemas(t *testing.T) {
	schemas := stactest.Schemas(t)
	made := items(t)
	var all bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(made)) {
		served := made[name]
		if item, err := stac.DecodeItem(served); err != nil {
			t.Fatal(err)
		} else if item.Collection != "" {
			if served, err = stac.SpliceLinks(served, append(item.Links, stac.Link{Rel: "collection", Href: "https://example.com/c"})); err != nil {
				t.Fatal(err)
			}
		}
		line, err := json.Marshal(map[string]any{"name": name, "sent": json.RawMessage(served)})
		if err != nil {
			t.Fatal(err)
		}
		all.Write(append(line, '\n'))
	}
	command := exec.Command("/usr/bin/python3", "-W", "ignore", "../stacapi/testdata/schemas/validate.py", schemas)
	command.Stdin, command.Env = &all, append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	said, err := command.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	if t.Log(lines[len(lines)-1]); err != nil || len(lines) != 1 {
		t.Errorf("%v\n%s", err, said)
	}
}

// TestSameEveryTime: what is made of a product twice is the same, byte for byte, so that registering it again changes
// nothing.
func TestSameEveryTime(t *testing.T) {
	first := items(t)
	for range 3 {
		for name, item := range items(t) {
			if !bytes.Equal(item, first[name]) {
				t.Errorf("%s: %v", name, stactest.Differences(t, item, first[name]))
			}
		}
	}
}
