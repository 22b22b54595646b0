// Command scenes writes test scenes that look like Sentinel-2 level 2A products: cloud-optimised GeoTIFFs of an
// invented ground, each with a STAC item, and the STAC collection they belong to.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"perigee/test/scenes/scene"
)

const usage = `scenes writes test scenes that look like Sentinel-2 level 2A products.

  scenes -dir DIRECTORY [-n 6] [-dates 3] [-size 2048] [-seed 1] [-format bands]

Neighbouring tiles in EPSG:32633, every 5 days from 10 June 2026: per product a cloud-optimised GeoTIFF
of B02, B03, B04 and B08 (10 m, uint16) and of SCL (20 m, classes), a thumbnail and a STAC item; beside them
collection.json. The same arguments write the same files.

`

func main() {
	var o scene.Options
	flag.StringVar(&o.Dir, "dir", "", "`directory` to write to (required)")
	flag.IntVar(&o.Products, "n", 6, "number of products of the region, spread over the dates")
	flag.IntVar(&o.Dates, "dates", 3, "number of dates; each shows the same tiles")
	flag.IntVar(&o.Size, "size", 2048, "width and height of a band in pixels, up to 10980 (takes 3.2 GB of memory)")
	flag.Int64Var(&o.Seed, "seed", 1, "seed of the ground and the weather")
	flag.StringVar(&o.Format, "format", scene.Bands, "layout: "+strings.Join(scene.Formats, ", ")+"; stack has all bands in one file, visual adds a picture")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if o.Dir == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	o.Progress = func(line string) { fmt.Println(line) }
	if _, err := scene.Make(o); err != nil {
		fmt.Fprintln(os.Stderr, "scenes:", err)
		os.Exit(1)
	}
}
