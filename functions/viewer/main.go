// Command viewer serves the web client: one page on Leaflet that shows the layers of the tile cache and the footprints
// of the catalogue, for the system and for every workspace. The page asks the host it came from, and nobody else.
//
// In: HTTP /, /viewer, /leaflet
// Out: nothing
// Reads: Leaflet's files
// Writes: nothing
package main

import (
	"context"

	"perigee/shared/function"
	"perigee/shared/identity"
)

type config struct {
	identity.Config
	Leaflet string `envconfig:"LEAFLET" default:"/usr/share/javascript/leaflet" desc:"folder of Leaflet's files, as Debian's package libjs-leaflet has them"`
}

func main() { function.Main("viewer", run) }

func run(ctx context.Context, c config) error {
	edge, err := identity.New(c.Config)
	if err != nil {
		return err
	}
	handler, err := newHandler(c.Leaflet)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(handler)})
}
