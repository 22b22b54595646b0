package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/eventing"
	"perigee/shared/datatest"
)

// HRV-07, HRV-08, HRV-10, HRV-11: SAFE folders in a bucket become items of their own metadata.
func TestFolders(t *testing.T) {
	folder := datatest.Folder(t)
	const name = "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248"
	w := newWorld(t)
	root := filepath.Join(folder, "data/eoepca/safe")
	objects := map[string]string{"in/BROKEN.SAFE/manifest.safe": "<no/>"}
	err := filepath.WalkDir(filepath.Join(root, name+".SAFE"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		objects["in/"+filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.put(w.bucket, objects)
	w.configured(`
harvesters:
  folders:
    resource: {type: FileScheme, filescheme: {root_path: /in/, pattern: "*.SAFE/"}}
    postprocessors: [{type: external, process: harvester_eoepca.postprocess.postprocess_sentinel2}, {type: title}]
    filter: {op: "=", args: [{property: "s2:product_type"}, "S2MSI1C"]}
`, nil)
	w.handled(wanted("1", "folders", "", ""))
	w.mutex.Lock()
	var asked eventing.RegisterRequest
	for _, e := range w.sent {
		if e.Type() == eventing.TypeRegisterRequested {
			if err := json.Unmarshal(e.Data(), &asked); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.mutex.Unlock()
	if len(asked.Documents) != 1 || !strings.Contains(string(asked.Documents[0].Content), name) || !strings.Contains(string(asked.Documents[0].Content), `"S2MSI1C"`) {
		t.Errorf("%d documents: %.2000s", len(asked.Documents), asked.Documents)
	}
	if run := w.latest(""); run.Found != 2 || run.Failed != 1 || !strings.Contains(run.Failures[0].Href, "BROKEN.SAFE") {
		t.Errorf("%+v", run)
	}
}
