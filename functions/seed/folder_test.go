package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/catalogue"
)

// A grid of the configuration, whose system only PROJ knows, is seeded as the well-known ones are, into a folder where one
// keeps the tiles, with the pixels around blocks that the function tile draws too.
func TestGridsAndFoldersOfTheDeployment(t *testing.T) {
	folder := t.TempDir()
	w := newWorld(t, func(c *config) {
		c.Folder, c.Buffer = folder, 8
		c.Products = `grids: [{name: Alps, crs: "EPSG:3035", extent: [4000000, 2500000, 4800000, 2900000], resolutions: [1000, 500]}]` + "\n" +
			strings.Replace(productsYAML, "      - name: WGS84\n        zoom: 13\n", "      - name: Alps\n        zoom: 1\n", 1)
	})
	job := w.post(t, `{"layer":"S2L2A","grid":"Alps","maxzoom":1}`)
	w.run(t)
	if job = w.job(t, job.JobID); job.Status != catalogue.SeedSuccessful || job.Tiles.Total != 4*2+7*4 || job.Tiles.Failed > 0 {
		t.Errorf("%+v", job)
	}
	found, err := filepath.Glob(filepath.Join(folder, "_/S2L2A/default/Alps/default/*/*/*.png"))
	if err != nil || len(found) != int(job.Tiles.Total) || len(w.keys(t)) > 0 {
		t.Errorf("%d tiles lie in the folder, %d in the bucket: %v", len(found), len(w.keys(t)), err)
	}
	if slices.ContainsFunc(w.drawing.Asked, func(asked string) bool { return !strings.Contains(asked, "buffer=8") }) {
		t.Errorf("blocks were asked for as %v", w.drawing.Asked)
	}
	w.post(t, `{"layer":"S2L2A","grid":"Alps","maxzoom":1,"mode":"delete"}`)
	w.run(t)
	if found, _ := filepath.Glob(filepath.Join(folder, "_/S2L2A/default/Alps/default/*/*/*.png")); len(found) > 0 {
		t.Errorf("after the deletion %d tiles lie there", len(found))
	}
	if _, err := os.Stat(folder); err != nil {
		t.Error(err)
	}
}
