package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/test/scenes/scene"
)

var bandNames = []string{"B02", "B03", "B04", "B08"}

// made makes small scenes in the layout that is measured.
func made() (string, error) {
	dir, err := os.MkdirTemp("", "benchmaps")
	if err != nil {
		return "", err
	}
	for name, o := range map[string]scene.Options{"stack": {Products: 4, Dates: 1, Size: 2048, Format: scene.Stack}, "bands": {Products: 1, Dates: 1, Size: 2048, Format: scene.Bands}} {
		o.Dir, o.Seed = filepath.Join(dir, name), 1
		if _, err := scene.Make(o); err != nil {
			return dir, err
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "mosaic"), 0o755); err != nil {
		return dir, err
	}
	stacks, err := filepath.Glob(filepath.Join(dir, "stack", "S2*", "data.tif"))
	if err != nil {
		return dir, err
	}
	for i, path := range stacks {
		if i == 0 {
			if err := os.Link(path, filepath.Join(dir, "scene4.tif")); err != nil {
				return dir, err
			}
		}
		if err := os.Rename(path, filepath.Join(dir, "mosaic", fmt.Sprintf("m_%d.tif", i))); err != nil {
			return dir, err
		}
	}
	for _, b := range bandNames {
		files, err := filepath.Glob(filepath.Join(dir, "bands", "S2*", b+".tif"))
		if err != nil || len(files) == 0 {
			return dir, fmt.Errorf("no band %s was made: %w", b, err)
		}
		if err := os.Rename(files[0], filepath.Join(dir, b+".tif")); err != nil {
			return dir, err
		}
	}
	return dir, inJPEG2000(dir)
}

// inJPEG2000 writes the bands of a picture as JPEG 2000 too, without loss and in tiles as Sentinel-2's are.
func inJPEG2000(dir string) error {
	for _, b := range bandNames[:3] {
		from, to := filepath.Join(dir, b+".tif"), filepath.Join(dir, b+".jp2")
		said, err := exec.Command("gdal_translate", "-q", "-of", "JP2OpenJPEG", "-co", "QUALITY=100", "-co", "REVERSIBLE=YES", "-co", "BLOCKXSIZE=1024", "-co", "BLOCKYSIZE=1024", from, to).CombinedOutput()
		if err != nil {
			return fmt.Errorf("writing %s: %w\n%s", to, err, said)
		}
	}
	return nil
}

// item is a product of a layer, as registration would describe it.
type item struct {
	layer     string
	coverages []record.Coverage
	footprint orb.Geometry
}

// items describes the scenes of a folder that are there.
func items(ctx context.Context, r *raster.Renderer, dir string) ([]item, error) {
	wanted := [][]string{{"scene", "scene4.tif"}, {"bands", "B02.tif", "B03.tif", "B04.tif"}, {"jp2", "B02.jp2", "B03.jp2", "B04.jp2"}}
	mosaic, err := filepath.Glob(filepath.Join(dir, "mosaic", "m_*.tif"))
	if err != nil {
		return nil, err
	}
	for _, path := range mosaic {
		wanted = append(wanted, []string{"mosaic", "mosaic/" + filepath.Base(path)})
	}
	var all []item
	for _, w := range wanted {
		i := item{layer: w[0]}
		for _, name := range w[1:] {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err != nil {
				i.coverages = nil
				break
			}
			d, err := r.Describe(ctx, path)
			if err != nil {
				return nil, err
			}
			c := record.Coverage{Asset: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), Href: path, Grid: d.Grid, Bands: d.Bands}
			for k := range c.Bands {
				if c.Bands[k].Name = c.Asset; len(c.Bands) > 1 {
					c.Bands[k].Name = bandNames[k]
				}
			}
			i.coverages, i.footprint = append(i.coverages, c), d.Footprint
		}
		if len(i.coverages) > 0 {
			all = append(all, i)
		}
	}
	return all, nil
}

// extents are where the layers of items lie, in Web Mercator.
func extents(r *raster.Renderer, all []item) (map[string]orb.Bound, error) {
	layers := map[string]orb.Bound{}
	for _, i := range all {
		g := i.coverages[0].Grid
		b, err := r.Transform(g.Bounds(), g.CRS, grid.GoogleMapsCompatible.CRS)
		if err != nil {
			return nil, err
		}
		if had, ok := layers[i.layer]; ok {
			b = b.Union(had)
		}
		layers[i.layer] = b
	}
	return layers, nil
}

// tiles lists the tiles of a case, row by row or in an order that is random but always the same: those that lie within
// the layer, or touch it where none does.
func (h *house) tiles(c one) []orb.Bound {
	layer, _, _ := strings.Cut(c.layer, "__")
	b, ok := h.layers[layer]
	if !ok {
		return nil
	}
	var inner, outer []orb.Bound
	from, to, _ := grid.GoogleMapsCompatible.Covering(b, c.zoom)
	for row := from.Row; row <= to.Row; row++ {
		for col := from.Col; col <= to.Col; col++ {
			t := grid.GoogleMapsCompatible.Bounds(grid.Tile{Z: c.zoom, Col: col, Row: row})
			if outer = append(outer, t); b.Contains(t.Min) && b.Contains(t.Max) {
				inner = append(inner, t)
			}
		}
	}
	if len(inner) == 0 {
		inner = outer
	}
	if c.random {
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(inner), func(i, j int) { inner[i], inner[j] = inner[j], inner[i] })
	}
	return inner
}

// repeated gives n tiles, beginning anew where there are not so many.
func repeated(tiles []orb.Bound, n int) []orb.Bound {
	all := make([]orb.Bound, n)
	for i := range all {
		all[i] = tiles[i%len(tiles)]
	}
	return all
}
