package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
	"perigee/shared/product"
	"perigee/shared/raster"
)

// decode answers requests for maps by reading what they need, and drawing nothing, until its input ends; it says where.
func decode(o options) error {
	r, err := raster.New(raster.Config{Root: o.scenes})
	if err != nil {
		return err
	}
	defer r.Close()
	all, err := items(context.Background(), r, o.scenes)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{layer}", func(w http.ResponseWriter, q *http.Request) {
		m := raster.Map{CRS: grid.GoogleMapsCompatible.CRS, Width: grid.TileSize, Height: grid.TileSize, Scenes: scenes(all, q.PathValue("layer"))}
		_, err := fmt.Sscanf(q.FormValue("bbox"), "%f,%f,%f,%f", &m.Bounds.Min[0], &m.Bounds.Min[1], &m.Bounds.Max[0], &m.Bounds.Max[1])
		if err == nil {
			err = r.Warm(q.Context(), m)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		listener.Close()
	}()
	_ = http.Serve(listener, mux)
	return nil
}

func scenes(all []item, layer string) []raster.Scene {
	channel := func(band string) *product.Channel {
		return &product.Channel{Expression: band, Range: []float64{0, 4000}, NoData: new(float64)}
	}
	layer, look, _ := strings.Cut(layer, "__")
	browse := product.Browse{Red: channel("B04"), Green: channel("B03"), Blue: channel("B02")}
	if look == "NDVI" {
		browse = product.Browse{Grey: channel("(B08-B04)/(B08+B04)")}
	}
	var scenes []raster.Scene
	for _, i := range all {
		if i.layer == layer {
			scenes = append(scenes, raster.Scene{Browse: browse, Coverages: i.coverages})
		}
	}
	return scenes
}

// floor is what the decoding alone costs.
func (h *house) floor(ctx context.Context, layer string, tiles []orb.Bound) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	p := &process{command: exec.Command(self, "-serve", "-scenes", h.options.scenes)}
	p.command.Stderr = os.Stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if p.input, err = p.command.StdinPipe(); err != nil {
		return 0, err
	}
	output, err := p.command.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := p.command.Start(); err != nil {
		return 0, err
	}
	defer p.stop()
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("it does not say where it decodes: %w", err)
	}
	before := cpuOf(p.pid())
	_, err = asked(tiles, func(t orb.Bound) (int, error) {
		return fetch(ctx, fmt.Sprintf("http://%s/%s?bbox=%s", strings.TrimSpace(line), layer, url.QueryEscape(bbox(t))))
	})
	return (cpuOf(p.pid()) - before) / float64(len(tiles)), err
}
