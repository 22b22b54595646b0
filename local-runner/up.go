package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"perigee/local-runner/stage"
)

func upCommand() command {
	c := command{
		name: "up", brief: "run the house in the foreground",
		long: `Starts a database, an object store and a broker of its own, and the functions of the manifests when they are needed.
It says "ready URL in TIME" once everything answers. Ctrl-C stops everything that was started; a second one does not
wait for requests in flight. The state stays: the next start goes on from there.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		h := &house{say: &speaker{out: t.out}}
		var sample sampling
		var data string
		set := c.flags()
		set.StringVar(&h.listen, "listen", "127.0.0.1:8080", "`ADDRESS` of the ingress")
		set.StringVar((*string)(&h.state), "state", defaultState, "`FOLDER` of everything that is kept")
		set.StringVar(&h.manifests, "manifests", "", "`FOLDER` of the manifests, read instead of those in this binary")
		set.StringVar(&h.bin, "bin", "", "`FOLDER` of the functions' binaries (default: where this binary is)")
		set.DurationVar(&h.idle, "idle", 0, "`TIME` after which an idle instance stops, instead of what the manifests say")
		set.Var(&h.env, "env", "`FUNCTION:NAME=VALUE`, a setting of a function in place of the manifests' (csw:CSW_AS_PYCSW=true), any number of times; the environment of this command reaches no function")
		set.IntVar(&sample.products, "sample", defaultProducts, "`NUMBER` of sample scenes to make and upload, once; 0 for none")
		set.IntVar(&sample.size, "size", defaultSize, "width and height of a sample scene in `PIXELS`")
		set.Int64Var(&sample.seed, "seed", 1, "`SEED` of the sample scenes")
		set.StringVar(&data, "data", "", "`FOLDER` with STAC items and GeoTIFFs to upload instead of a sample")
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		if err := c.noArguments(set); err != nil {
			return err
		}
		if sample.products < 0 || sample.products > mostProducts {
			return misuse(c.name, "--sample must be from 0 to %d", mostProducts)
		}
		if data != "" {
			if _, err := os.Stat(data); err != nil { // told now, not once everything runs
				return fmt.Errorf("what is to be uploaded: %w", err)
			}
		}
		if err := h.absolute(); err != nil {
			return err
		}
		return runUp(ctx, t, h, h.start, func(ctx context.Context) { h.fill(ctx, t, sample, data) })
	}
	return c
}

// grace is how long a stop may take until what is left is killed.
const grace = 20 * time.Second

// runUp brings the house up, fills it and keeps it until it is interrupted or breaks.
func runUp(ctx context.Context, t terminal, h *house, start func(context.Context) error, fill func(context.Context)) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer func() {
		if errors.Is(err, errInterrupted) {
			err = nil
		}
		if err != nil { // told before the stop, which may take a while
			err = exitCode(t.failed(err))
		}
		if h.database != nil {
			h.say.line("stopping")
		}
		err = errors.Join(err, stopHouse(t, h))
	}()
	if err := start(ctx); err != nil {
		return orCause(ctx, err)
	}
	h.say.line("ready %s/ in %.1f s", h.url, time.Since(h.began).Seconds())
	if h.public != nil && !stage.LoopbackAddress(h.public.Addr) {
		h.say.line("everybody who reaches %s can read what is here; without a token only this machine can write", h.public.Addr)
	}
	var filling sync.WaitGroup
	filling.Go(func() { fill(ctx) })
	defer func() { // what fills the house must not go on when the house stops
		cancel(nil)
		filling.Wait()
	}()
	select {
	case err := <-h.broken:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// orCause prefers the interruption to what it led to.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// stopHouse stops what runs. Who has no patience for it has asked for what is then killed.
func stopHouse(t terminal, h *house) error {
	ctx, cancel := context.WithTimeout(t.patience, grace)
	defer cancel()
	err := h.stop(ctx)
	if t.patience.Err() != nil {
		return nil
	}
	return err
}

// fill brings the first data in, and then says what to open.
func (h *house) fill(ctx context.Context, t terminal, sample sampling, data string) {
	up := h.uploader(t)
	var err error
	switch {
	case data != "":
		err = up.run(ctx, []string{data})
	case sample.products > 0:
		err = h.sample(ctx, up, sample)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		h.say.line("%v", err)
	}
	h.sayWhatToOpen(up.shown)
}

// sayWhatToOpen names the addresses for people and their programs.
func (h *house) sayWhatToOpen(item string) {
	at := h.url
	if item == "" {
		item = "ID"
	}
	h.say.line(`
Open
  map          %[1]s/
  what runs    %[1]s/_runner/
  one item     %[1]s/_runner/events?subject=%[2]s
  statuses     %[1]s/registrations
Paste into QGIS
  STAC         %[1]s/stac
  Records      %[1]s/records
  WMS          %[1]s/ows?service=WMS&request=GetCapabilities
  WMTS         %[1]s/cache/wmts/1.0.0/WMTSCapabilities.xml
  CSW          %[1]s/csw
Try
  %[3]s my.tif
  eval "$(%[4]s)"
Ctrl-C stops everything that was started here.`, at, url.QueryEscape(item), h.call("upload"), h.call("env"))
}

// call is how a command of this program is called for this house.
func (h *house) call(name string) string {
	if h.state == h.defaultState {
		return os.Args[0] + " " + name
	}
	return fmt.Sprintf("%s %s --state %s", os.Args[0], name, h.state)
}
