package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
	"perigee/shared/product"
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
	return dir, nil
}

// layer is something to draw.
type layer struct {
	scenes []raster.Scene
	bounds orb.Bound // in Web Mercator
}

// layers describes the scenes as registration does.
func layers(ctx context.Context, r *raster.Renderer, dir string) (map[string]layer, error) {
	rgb := product.Browse{Red: channel("B04"), Green: channel("B03"), Blue: channel("B02")}
	ndvi := product.Browse{Grey: &product.Channel{Expression: "(B08-B04)/(B08+B04)", Range: []float64{-1, 1}}}
	all := map[string]layer{}
	add := func(name string, browse product.Browse, files ...string) error {
		l := all[name]
		s := raster.Scene{Browse: browse}
		for _, path := range files {
			if _, err := os.Stat(path); err != nil {
				return nil //nolint:nilerr // it is skipped
			}
			d, err := r.Describe(ctx, path)
			if err != nil {
				return err
			}
			c := record.Coverage{Asset: strings.TrimSuffix(filepath.Base(path), ".tif"), Href: path, Grid: d.Grid, Bands: d.Bands}
			for i := range c.Bands {
				if c.Bands[i].Name = c.Asset; len(c.Bands) > 1 {
					c.Bands[i].Name = bandNames[i]
				}
			}
			s.Coverages = append(s.Coverages, c)
		}
		b, err := r.Transform(s.Coverages[0].Grid.Bounds(), s.Coverages[0].Grid.CRS, grid.GoogleMapsCompatible.CRS)
		if err != nil {
			return err
		}
		if l.bounds = l.bounds.Union(b); len(l.scenes) == 0 {
			l.bounds = b
		}
		l.scenes = append(l.scenes, s)
		all[name] = l
		return nil
	}
	scene4 := filepath.Join(dir, "scene4.tif")
	var files []string
	for _, b := range bandNames[:3] {
		files = append(files, filepath.Join(dir, b+".tif"))
	}
	for _, err := range []error{add("scene", rgb, scene4), add("ndvi", ndvi, scene4), add("bands", rgb, files...)} {
		if err != nil {
			return nil, err
		}
	}
	mosaic, err := filepath.Glob(filepath.Join(dir, "mosaic", "*.tif"))
	for _, path := range mosaic {
		if err := add("mosaic", rgb, path); err != nil {
			return nil, err
		}
	}
	return all, err
}

func channel(band string) *product.Channel {
	return &product.Channel{Expression: band, Range: []float64{0, 4000}, NoData: new(float64)}
}

// answer serves maps until its input ends, and says where.
func answer(o options) error {
	r, err := raster.New(raster.Config{Root: o.scenes})
	if err != nil {
		return err
	}
	defer r.Close()
	all, err := layers(context.Background(), r, o.scenes)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /layers", func(w http.ResponseWriter, _ *http.Request) {
		bounds := map[string]orb.Bound{}
		for name, l := range all {
			bounds[name] = l.bounds
		}
		_ = json.NewEncoder(w).Encode(bounds)
	})
	mux.HandleFunc("GET /{what}/{layer}", func(w http.ResponseWriter, q *http.Request) {
		body, err := draw(q, r, all[q.PathValue("layer")])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(body)
	})
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		listener.Close()
	}()
	_ = http.Serve(listener, mux)
	return nil
}

// draw draws the tile of a request, or only reads what it needs.
func draw(q *http.Request, r *raster.Renderer, l layer) ([]byte, error) {
	m := raster.Map{CRS: grid.GoogleMapsCompatible.CRS, Width: grid.TileSize, Height: grid.TileSize, Scenes: l.scenes, Transparent: true}
	if _, err := fmt.Sscanf(q.FormValue("bbox"), "%f,%f,%f,%f", &m.Bounds.Min[0], &m.Bounds.Min[1], &m.Bounds.Max[0], &m.Bounds.Max[1]); err != nil {
		return nil, err
	}
	if q.PathValue("what") == "warm" {
		return nil, r.Warm(q.Context(), m)
	}
	p, err := r.Draw(q.Context(), m)
	if err != nil {
		return nil, err
	}
	return p.Encode(raster.PNG, color.RGBA{})
}

// server is a process that answers.
type server struct {
	command *exec.Cmd
	input   io.Closer
	url     string
	layers  map[string]orb.Bound
}

func startServer(o options) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{command: exec.Command(self, "-serve", "-scenes", o.scenes)}
	s.command.Stderr = os.Stderr
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if s.input, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the server says nowhere where it is: %w", err)
	}
	s.url = "http://" + strings.TrimSpace(line)
	res, err := http.Get(s.url + "/layers")
	if err != nil {
		s.stop()
		return nil, err
	}
	defer res.Body.Close()
	return s, json.NewDecoder(res.Body).Decode(&s.layers)
}

func (s *server) stop() {
	s.input.Close()
	_ = s.command.Wait()
}

// tiles lists the tiles of a case, row by row or in an order that is random but always the same: those that lie within
// the layer, or touch it where none does.
func (s *server) tiles(c one) ([]orb.Bound, error) {
	b, ok := s.layers[c.layer]
	if !ok {
		return nil, nil
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
	return inner, nil
}

// repeated gives n tiles, beginning anew where there are not so many.
func repeated(tiles []orb.Bound, n int) []orb.Bound {
	all := make([]orb.Bound, n)
	for i := range all {
		all[i] = tiles[i%len(tiles)]
	}
	return all
}

// cost is what a tile took.
type cost struct{ cpu, kib float64 }

// run asks for tiles, one after the other.
func (s *server) run(ctx context.Context, what, layer string, tiles []orb.Bound) (cost, error) {
	before, err := cpuOf(s.command.Process.Pid)
	if err != nil {
		return cost{}, err
	}
	bytes := 0
	for _, t := range tiles {
		n, err := fetch(ctx, fmt.Sprintf("%s/%s/%s?bbox=%s", s.url, what, layer, url.QueryEscape(bbox(t))))
		if err != nil {
			return cost{}, err
		}
		bytes += n
	}
	after, err := cpuOf(s.command.Process.Pid)
	return cost{(after - before) / float64(len(tiles)), float64(bytes) / 1024 / float64(len(tiles))}, err
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
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, body)
	}
	return len(body), err
}

// cpuOf is how many milliseconds the processors spent on a process, all its threads together (proc_pid_schedstat counts
// only one of them, stat only hundredths of a second, which many tiles even out).
func cpuOf(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	ticks := 0.
	for _, f := range fields[11:13] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ, which Linux fixes
	return ticks * 1000 / perSecond, nil
}
