// Command benchmaps measures what maps cost: CPU milliseconds of the process that answers, per tile of 256 x 256 pixels in
// Web Mercator as PNG, beside the cost of decoding the blocks alone and, where MapServer is installed, MapServer's as
// FastCGI with PNG at level 1. All of a row is measured in one run; on a busy machine compare ratios.
//
// What answers is the renderer behind HTTP, in a process of its own: neither the catalogue's look-up nor the parsing of
// the Web Map Service is in it.
//
//	benchmaps [-scenes FOLDER] [-tiles 150] [-only TEXT]
//
// A folder of scenes holds scene4.tif (B02, B03, B04 and B08 in one file), B02.tif, B03.tif, B04.tif, B08.tif, and
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
	flag.IntVar(&o.tiles, "tiles", 150, "tiles of each case")
	flag.StringVar(&o.only, "only", "", "measure only cases whose name contains this")
	serve := flag.Bool("serve", false, "answer, instead of measuring (used by the program itself)")
	flag.Parse()
	var err error
	if *serve {
		err = answer(o)
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

// cases are those whose numbers the project holds itself to.
func cases() []one {
	return []one{
		{name: "RGB z11 random", layer: "scene", zoom: 11, random: true, peer: "scene"},
		{name: "RGB z13 random", layer: "scene", zoom: 13, random: true, peer: "scene"},
		{name: "RGB z13 random, blocks cached", layer: "scene", zoom: 13, random: true, cached: true},
		{name: "RGB z13 scan", layer: "scene", zoom: 13, peer: "scene"},
		{name: "RGB z14 scan", layer: "scene", zoom: 14, peer: "scene"},
		{name: "NDVI z13 random", layer: "ndvi", zoom: 13, random: true},
		{name: "RGB z13 random, a file per band", layer: "bands", zoom: 13, random: true},
		{name: "RGB z13 scan, a file per band", layer: "bands", zoom: 13},
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
	peer, err := startPeer(o.scenes)
	if err != nil {
		return err
	}
	if peer == nil {
		fmt.Fprintln(os.Stderr, "MapServer is not installed: its column is left out.")
	}
	defer peer.stop()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "case\tours, CPU ms\tKiB\tfloor\tours/floor\tMapServer\tKiB\tMapServer/ours")
	for _, c := range cases() {
		if !strings.Contains(c.name, o.only) {
			continue
		}
		row, err := c.measure(ctx, o, peer)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fmt.Fprintln(w, row)
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (c one) measure(ctx context.Context, o options, peer *mapserver) (string, error) {
	s, err := startServer(o)
	if err != nil {
		return "", err
	}
	defer s.stop()
	tiles, err := s.tiles(c)
	if err != nil {
		return "", err
	}
	if len(tiles) == 0 {
		return c.name + "\tskipped: there are no such scenes", nil
	}
	tiles = repeated(tiles, o.tiles)
	floor, err := s.run(ctx, "warm", c.layer, tiles)
	if err != nil {
		return "", err
	}
	if !c.cached { // a process whose cache is empty
		s.stop()
		if s, err = startServer(o); err != nil {
			return "", err
		}
		defer s.stop()
	}
	ours, err := s.run(ctx, "map", c.layer, tiles)
	if err != nil {
		return "", err
	}
	row := fmt.Sprintf("%s\t%.2f\t%.0f\t%.2f\t%.2f", c.name, ours.cpu, ours.kib, floor.cpu, ours.cpu/floor.cpu)
	if c.cached {
		row = fmt.Sprintf("%s\t%.2f\t%.0f\t\t", c.name, ours.cpu, ours.kib)
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
