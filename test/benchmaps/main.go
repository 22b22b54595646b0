// Command benchmaps measures what maps cost: CPU milliseconds per tile of 256 x 256 pixels in Web Mercator as PNG, of all
// processes that take part: the function render, asked by the Web Map Service, PostgreSQL, which it asks, and local-runner,
// which runs the object store; in the rows of tiles that are kept, the function tile too. Beside them stand the cost of decoding the blocks alone and, where MapServer is installed, MapServer's as FastCGI with PNG at level
// 1. Two clients ask each of them at the same time, and of MapServer there are two processes. All of a row is measured in
// one run; on a busy machine compare ratios.
//
// JPEG 2000 (RND-19) is measured with the bands of the scene in files of their own, beside the same bands as GeoTIFF.
//
//	local-runner with -- benchmaps [-scenes FOLDER] [-tiles 600] [-only TEXT] [-profile FOLDER]
//
// A folder of scenes holds scene4.tif (B02, B03, B04 and B08 in one file), B02.tif, B03.tif, B04.tif, B08.tif, the first three
// as .jp2 too, and
// mosaic/*.tif with the bands of scene4.tif; what is missing is skipped. Without a folder small scenes are made.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

func main() {
	var o options
	flag.StringVar(&o.scenes, "scenes", "", "folder of scenes; small ones are made when empty")
	flag.IntVar(&o.tiles, "tiles", 600, "tiles of each case")
	flag.StringVar(&o.only, "only", "", "measure only cases whose name contains this")
	flag.StringVar(&o.profile, "profile", "", "folder for profiles of render, by perf, where it is installed; one of each case")
	serve := flag.Bool("serve", false, "decode what is asked for, instead of measuring (used by the program itself)")
	flag.Parse()
	var err error
	if *serve {
		err = decode(o)
	} else {
		err = measure(context.Background(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmaps:", err)
		os.Exit(1)
	}
}

type options struct {
	scenes string
	tiles  int
	only   string

	profile string
}

// one is a row of the table.
type one struct {
	name   string
	layer  string
	zoom   int
	random bool
	cached bool // the blocks are decoded before it is measured
	peer   string
}

// fewTiles are so many that their blocks stay in the cache.
const fewTiles = 30

// cases are those whose numbers the project holds itself to.
func cases() []one {
	return []one{
		{name: "RGB z11 random", layer: "scene", zoom: 11, random: true, peer: "scene"},
		{name: "RGB z13 random", layer: "scene", zoom: 13, random: true, peer: "scene"},
		{name: "RGB z13 random, blocks cached", layer: "scene", zoom: 13, random: true, cached: true},
		{name: "RGB z13 scan", layer: "scene", zoom: 13, peer: "scene"},
		{name: "RGB z14 random", layer: "scene", zoom: 14, random: true, peer: "scene"},
		{name: "RGB z14 scan", layer: "scene", zoom: 14, peer: "scene"},
		{name: "NDVI z13 random", layer: "scene__NDVI", zoom: 13, random: true},
		{name: "RGB z13 random, a file per band", layer: "bands", zoom: 13, random: true},
		{name: "RGB z13 scan, a file per band", layer: "bands", zoom: 13},
		{name: "RGB z11 random, a file per band", layer: "bands", zoom: 11, random: true},
		{name: "RGB z11 random, JPEG 2000 per band", layer: "jp2", zoom: 11, random: true},
		{name: "RGB z13 random, JPEG 2000 per band", layer: "jp2", zoom: 13, random: true},
		{name: "RGB z13 scan, JPEG 2000 per band", layer: "jp2", zoom: 13},
		{name: "mosaic z7", layer: "mosaic", zoom: 7, random: true, peer: "mosaic"},
		{name: "mosaic z9", layer: "mosaic", zoom: 9, random: true, peer: "mosaic"},
		{name: "mosaic z5, whole", layer: "mosaic", zoom: 5, peer: "mosaic"},
	}
}

func measure(ctx context.Context, o options) error {
	if o.scenes == "" {
		dir, err := made()
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		fmt.Fprintln(os.Stderr, "No folder of scenes is given (-scenes): small ones were made, which fit into the caches.")
		o.scenes = dir
	}
	h, err := build(ctx, o)
	if err != nil {
		return err
	}
	peer, err := startPeer(o.scenes)
	if err != nil {
		return err
	}
	if peer == nil {
		fmt.Fprintln(os.Stderr, "MapServer is not installed: its column is left out.")
	}
	defer peer.stop()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "case\tours, CPU ms\tof it database\tKiB\tMiB at most\tfloor\tours/floor\tMapServer\tKiB\tMapServer/ours")
	for _, c := range cases() {
		if !strings.Contains(c.name, o.only) {
			continue
		}
		row, err := h.row(ctx, c, peer)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintln(w, row)
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if strings.Contains("kept tiles", o.only) {
		if err := h.kept(ctx, w); err != nil {
			return err
		}
	}
	if strings.Contains("many scenes", o.only) {
		if err := h.many(ctx, w); err != nil {
			return err
		}
	}
	if strings.Contains("remote files", o.only) {
		if err := h.remote(ctx, w); err != nil {
			return err
		}
	}
	if strings.Contains("seeding", o.only) {
		if err := h.seeding(ctx, w); err != nil {
			return err
		}
	}
	return w.Flush()
}

// row measures a case.
func (h *house) row(ctx context.Context, c one, peer *mapserver) (string, error) {
	tiles := h.tiles(c)
	if len(tiles) == 0 {
		return c.name + "\tskipped: there are no such scenes", nil
	}
	if c.cached {
		tiles = tiles[:min(len(tiles), fewTiles)]
	}
	tiles = repeated(tiles, h.options.tiles)
	floor, err := h.floor(ctx, c.layer, tiles)
	if err != nil {
		return "", err
	}
	ours, err := h.ours(ctx, c, tiles)
	if err != nil {
		return "", err
	}
	row := fmt.Sprintf("%s\t%.2f\t%.2f\t%.0f\t%.0f\t%.2f\t%.2f", c.name, ours.cpu, ours.database, ours.kib, ours.memory, floor, ours.cpu/floor)
	if c.cached {
		row = fmt.Sprintf("%s\t%.2f\t%.2f\t%.0f\t%.0f\t\t", c.name, ours.cpu, ours.database, ours.kib, ours.memory)
	}
	if peer == nil || c.peer == "" {
		return row, nil
	}
	theirs, err := peer.run(c.peer, tiles)
	if err != nil {
		return "", err
	}
	return row + fmt.Sprintf("\t%.2f\t%.0f\t%.1f", theirs.cpu, theirs.kib, theirs.cpu/ours.cpu), nil
}
