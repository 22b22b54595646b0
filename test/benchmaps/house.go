package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/paulmach/orb"
	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// products says how the layers look.
const products = `
collections:
  scene: {product_types: [STACK]}
  bands: {product_types: [STACK]}
  jp2: {product_types: [STACK]}
  mosaic: {product_types: [STACK]}
  many: {product_types: [STACK]}
  far_scene: {product_types: [STACK]}
  far_bands: {product_types: [STACK]}
productTypes:
  - name: STACK
    filter: {platform: x}
    collections: [scene, bands, jp2, mosaic, many, far_scene, far_bands]
    coverages: {S2L2A_B02: {assets: [B02]}, S2L2A_B03: {assets: [B03]}, S2L2A_B04: {assets: [B04]}, S2L2A_B08: {assets: [B08]}}
    defaultBrowse: RGB
    browses:
      RGB:
        red: {expression: B04, range: [0, 4000], nodata: 0}
        green: {expression: B03, range: [0, 4000], nodata: 0}
        blue: {expression: B02, range: [0, 4000], nodata: 0}
      NDVI: {grey: {expression: (B08-B04)/(B08+B04), range: [-1, 1]}}
`

// house is what is measured: a catalogue that knows the scenes, and where the functions' programs are.
type house struct {
	options  options
	bin      string
	database string
	postgres int // the process of the database server
	items    []item
	layers   map[string]orb.Bound
}

// build fills the catalogue of the throwaway database.
func build(ctx context.Context, o options) (*house, error) {
	h := &house{options: o, bin: os.Getenv("PERIGEE_BIN"), database: os.Getenv("PERIGEE_TEST_DATABASE_URL")}
	if h.bin == "" || h.database == "" {
		return nil, errors.New("there is no database: run it by make bench-maps, or as local-runner with -- benchmaps")
	}
	r, err := raster.New(raster.Config{Root: o.scenes})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all, err := items(ctx, r, o.scenes)
	if err != nil {
		return nil, err
	}
	h.items = all
	if h.layers, err = extents(r, all); err != nil {
		return nil, err
	}
	if err := register(ctx, h.database, all); err != nil {
		return nil, err
	}
	h.postgres, err = postmaster(h.database)
	return h, err
}

// register puts items into the catalogue, each a day older than the one before.
func register(ctx context.Context, database string, all []item) error {
	if err := catalogue.Migrate(ctx, database, func(string) {}); err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: database})
	if err != nil {
		return err
	}
	defer store.Close()
	var changes []record.Change
	for i, one := range all {
		id := fmt.Sprintf("%s-%d", one.layer, i)
		when := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC).AddDate(0, 0, -i)
		changes = append(changes, record.Change{
			Record: record.Record{
				Key: record.Key{Collection: one.layer, ID: id}, Type: record.TypeItem, Title: id, ProductType: "STACK", Time: record.Interval{Start: when, End: when},
				Footprint: one.footprint, Properties: map[string]any{}, Document: []byte(`{"id":"` + id + `"}`), MediaType: "application/geo+json", Version: "1",
			},
			Coverages: one.coverages, Layers: []string{one.layer}, Replace: true,
			Source: record.Source{Href: "s3://ingest/" + id + ".json", Version: "1", Time: when},
		})
	}
	applied, err := store.Apply(ctx, scope.New(scope.System, "benchmaps", scope.Writer), changes)
	for _, a := range applied {
		err = errors.Join(err, a.Err)
	}
	return err
}

// postmaster finds the server of a database that is reached by a socket: the process that was started with its folder.
func postmaster(database string) (int, error) {
	u, err := url.Parse(database)
	if err != nil {
		return 0, err
	}
	folder := filepath.Dir(u.Query().Get("host"))
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, path := range processes {
		line, err := os.ReadFile(path)
		words := strings.Split(string(line), "\x00")
		if err == nil && filepath.Base(words[0]) == "postgres" && strings.Contains(string(line), folder) {
			return strconv.Atoi(filepath.Base(filepath.Dir(path)))
		}
	}
	return 0, fmt.Errorf("no process of a database in %s was found", folder)
}

// cost is what a tile took.
type cost struct {
	cpu, database float64 // milliseconds; those of the database are among them
	kib           float64
	memory        float64 // MiB of render, at most
}

// clients is how many ask at the same time.
const clients = 2

// asked has all tiles asked for, in their order, by clients of which each takes the next one, and adds up what they gave.
func asked(tiles []orb.Bound, ask func(orb.Bound) (int, error)) (int, error) {
	var next, sum atomic.Int64
	var group errgroup.Group
	for range clients {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(len(tiles)); i = next.Add(1) - 1 {
				n, err := ask(tiles[i])
				if err != nil {
					return err
				}
				sum.Add(int64(n))
			}
			return nil
		})
	}
	err := group.Wait()
	return int(sum.Load()), err
}

// mapQuery asks for a tile by the Web Map Service.
func mapQuery(layer string, t orb.Bound, side int) string {
	return url.Values{
		"service": {"WMS"}, "version": {"1.3.0"}, "request": {"GetMap"}, "layers": {layer}, "styles": {""}, "crs": {"EPSG:3857"}, "bbox": {bbox(t)},
		"width": {strconv.Itoa(side)}, "height": {strconv.Itoa(side)}, "format": {"image/png"}, "transparent": {"true"},
	}.Encode()
}

// ours measures the tiles of a case.
func (h *house) ours(ctx context.Context, c one, tiles []orb.Bound) (cost, error) {
	render, err := h.render(ctx)
	if err != nil {
		return cost{}, err
	}
	defer render.stop()
	ask := func(width int, tiles ...orb.Bound) (int, error) {
		return asked(tiles, func(t orb.Bound) (int, error) { return fetch(ctx, render.url+"/ows?"+mapQuery(c.layer, t, width)) })
	}
	layer, _, _ := strings.Cut(c.layer, "__")
	if _, err := ask(4, h.layers[layer]); err != nil { // what is done once: it is not the cost of a tile
		return cost{}, err
	}
	if c.cached {
		if _, err := ask(256, tiles...); err != nil {
			return cost{}, err
		}
	}
	done, err := h.profiled(c, render.pid())
	if err != nil {
		return cost{}, err
	}
	began := [2]float64{cpuOf(render.pid()) + h.runnerCPU(), familyCPU(h.postgres)}
	got, err := ask(256, tiles...)
	if err != nil {
		return cost{}, err
	}
	done()
	n := float64(len(tiles))
	database := (familyCPU(h.postgres) - began[1]) / n
	return cost{(cpuOf(render.pid())+h.runnerCPU()-began[0])/n + database, database, float64(got) / 1024 / n, peakOf(render.pid())}, nil
}

// runnerCPU is what the processors spent on local-runner, which started this program, and on its object store: on all that it
// started but the database, which is counted by itself, and this program.
func (h *house) runnerCPU() float64 {
	return cpuOf(os.Getppid()) + childrenCPU(os.Getppid(), h.postgres, os.Getpid())
}

// profiled has perf look at a process until done is called.
func (h *house) profiled(c one, pid int) (done func(), err error) {
	if h.options.profile == "" {
		return func() {}, nil
	}
	name := strings.NewReplacer(" ", "-", ",", "").Replace(c.name) + ".perf"
	perf := exec.Command("perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-g", "-o", filepath.Join(h.options.profile, name), "-p", strconv.Itoa(pid))
	perf.Stderr = os.Stderr
	if err := perf.Start(); err != nil {
		return nil, err
	}
	time.Sleep(300 * time.Millisecond) // it tells nobody when it has begun
	return func() {
		_ = perf.Process.Signal(os.Interrupt)
		_ = perf.Wait()
	}, nil
}

// process is a program that answers.
type process struct {
	command *exec.Cmd
	url     string
	input   io.Closer // closed: it ends; nil: it is told
}

func (p *process) pid() int { return p.command.Process.Pid }

func (p *process) stop() {
	if p.input != nil {
		p.input.Close()
	} else {
		_ = p.command.Process.Signal(os.Interrupt)
	}
	_ = p.command.Wait()
}

var collection = regexp.MustCompile(`name: (GOGC|GOMEMLIMIT)\b.*\n +value: "?(\w+)"?`)

// render starts the function as it is deployed, but for what it reads: the folder of scenes.
func (h *house) render(ctx context.Context, env ...string) (*process, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	host, port, _ := net.SplitHostPort(address)
	p := &process{command: exec.Command(filepath.Join(h.bin, "render")), url: "http://" + address}
	p.command.Env = append(os.Environ(), "HOST="+host, "PORT="+port, "AUTH=none", "DATABASE_URL="+h.database, "DATABASE_CONNECTIONS=2", "PRODUCTS="+products, "READ_FOLDER="+h.options.scenes)
	manifest, err := os.ReadFile("manifests/base/render.yaml")
	if err != nil {
		return nil, err
	}
	for _, m := range collection.FindAllStringSubmatch(string(manifest), -1) {
		p.command.Env = append(p.command.Env, m[1]+"="+m[2])
	}
	p.command.Env = append(p.command.Env, env...)
	var said bytes.Buffer
	p.command.Stdout, p.command.Stderr = &said, os.Stderr
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for range 500 {
		if _, err = fetch(ctx, p.url+"/health/readiness"); err == nil {
			return p, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.stop()
	return nil, fmt.Errorf("render does not come up: %w\n%s", err, &said)
}

func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func bbox(b orb.Bound) string {
	return fmt.Sprintf("%.9f,%.9f,%.9f,%.9f", b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

func fetch(ctx context.Context, address string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || strings.HasPrefix(res.Header.Get("Content-Type"), "text/xml")) {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return len(body), err
}
