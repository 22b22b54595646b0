package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cheggaaa/pb/v3"

	"perigee/shared/fault"
)

// seedRequest is what the function seed is asked.
type seedRequest struct {
	Layer   string    `json:"layer"`
	Style   string    `json:"style,omitempty"`
	Grids   []string  `json:"grids,omitempty"`
	BBox    []float64 `json:"bbox,omitempty"`
	Time    string    `json:"time,omitempty"`
	MinZoom *int      `json:"minzoom,omitempty"`
	MaxZoom *int      `json:"maxzoom,omitempty"`
	Mode    string    `json:"mode,omitempty"`
	Format  string    `json:"format,omitempty"`
}

// seedJob is what the function seed tells of a job.
type seedJob struct {
	JobID   string `json:"jobID"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Tiles   seeded `json:"tiles"`
	Chunks  seeded `json:"chunks"` // of the overview mosaic
	Levels  []struct {
		Level    int
		Overview bool
		Blocks   int64
		Done     int64 `json:"blocksDone"`
	} `json:"levels"`
}

// seeded says what became of tiles or chunks.
type seeded struct{ Total, Done, Drawn, Skipped, Deleted, Failed int64 }

// total counts tiles and chunks, and ready those with which nothing is left to do.
func (j seedJob) total() int64 { return j.Tiles.Total + j.Chunks.Total }
func (j seedJob) ready() int64 {
	return j.Tiles.Done + j.Tiles.Failed + j.Chunks.Done + j.Chunks.Failed
}

func (j seedJob) ended() bool { return j.Status != "accepted" && j.Status != "running" }

// level names the one that is being worked on.
func (j seedJob) level() string {
	for _, l := range j.Levels {
		switch {
		case l.Done == l.Blocks:
			continue
		case l.Overview:
			return fmt.Sprintf("overview mosaic, level %d", l.Level)
		}
		return fmt.Sprintf("level %d", l.Level)
	}
	return "level 0"
}

func seedCommand() command {
	c := command{
		name: "seed", args: "LAYER", brief: "fill the tile cache of a layer, or empty it, and show how far it is",
		long: "What is not said: every grid, as far as the layer reaches, without a time, the levels that are seeded after changes.\n" +
			"Ctrl-C ends the watching and the job.",
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		state := set.String("state", defaultState, "`FOLDER` of the running house")
		workspace := set.String("workspace", "", "of this workspace `NAME`, not the system's")
		zoom := set.String("zoom", "", "`LEVELS`, as 6 or 0-6")
		bbox := set.String("bbox", "", "`W,S,E,N` in degrees; west beyond east crosses the date line")
		grids := set.String("grid", "", "`NAMES` of tile matrix sets, between commas")
		var req seedRequest
		set.StringVar(&req.Mode, "mode", "seed", "`MODE`: seed what is not current, reseed all, delete")
		set.StringVar(&req.Time, "time", "", "`TIME` of the tiles, as 2026-05-01")
		set.StringVar(&req.Style, "style", "", "`NAME` of a style")
		set.StringVar(&req.Format, "format", "", "`FORMAT`: png or jpeg")
		if len(args) > 0 && !strings.HasPrefix(args[0], "-") { // the layer may come first
			args = append(args[1:len(args):len(args)], args[0])
		}
		if err := c.parse(t, set, args); err != nil {
			return err
		}
		if set.NArg() != 1 {
			return misuse(c.name, "one layer is needed")
		}
		req.Layer = set.Arg(0)
		if err := req.read(c, *zoom, *bbox, *grids); err != nil {
			return err
		}
		at, err := stateFolder(*state).find()
		if err != nil {
			return err
		}
		prefix := ""
		if *workspace != "" {
			prefix = "/workspaces/" + *workspace
		}
		return seeding{client: newClient(at), prefix: prefix, out: t.out}.run(ctx, req)
	}
	return c
}

// read takes over the flags that are more than texts.
func (r *seedRequest) read(c command, zoom, bbox, grids string) error {
	if zoom != "" {
		from, to, isRange := strings.Cut(zoom, "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil {
			return misuse(c.name, "--zoom is a level or two, as 6 or 0-6, not %q", zoom)
		}
		r.MinZoom, r.MaxZoom = &first, &last
	}
	if bbox != "" {
		for part := range strings.SplitSeq(bbox, ",") {
			v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			if err != nil {
				return misuse(c.name, "--bbox is four numbers between commas, not %q", bbox)
			}
			r.BBox = append(r.BBox, v)
		}
	}
	if grids != "" {
		r.Grids = strings.Split(grids, ",")
	}
	return nil
}

// seeding follows a job.
type seeding struct {
	client
	prefix string
	out    io.Writer
}

// run starts a job and watches it to its end. Its failure is the command's.
func (s seeding) run(ctx context.Context, req seedRequest) error {
	job, err := s.start(ctx, req)
	if err != nil {
		return err
	}
	show := s.shower(req, job)
	defer show.end()
	for !job.ended() {
		if err := sleep(ctx, 2*longestPause); err != nil {
			s.dismiss(ctx, job)
			return err
		}
		if err := s.getJSON(ctx, s.prefix+"/seed/jobs/"+job.JobID, &job); err != nil {
			if fault.KindOf(err) == fault.NotFound || ctx.Err() != nil {
				return err
			}
			continue // the function may be away for a moment
		}
		show.at(job)
	}
	show.end()
	n := job.Tiles
	fmt.Fprintf(s.out, "%s: %d tiles drawn, %d current already, %d deleted, %d failed\n%s", job.Status, n.Drawn, n.Skipped, n.Deleted, n.Failed, job.mosaic())
	if job.Status != "successful" {
		return fmt.Errorf("job %s is %s: %s", job.JobID, job.Status, job.Message)
	}
	return nil
}

// mosaic says what became of chunks, where there are any.
func (j seedJob) mosaic() string {
	if j.Chunks.Total == 0 {
		return ""
	}
	return fmt.Sprintf("of the overview mosaic: %d chunks made, %d left as they were, %d failed\n", j.Chunks.Drawn, j.Chunks.Skipped, j.Chunks.Failed)
}

// start posts the request.
func (s seeding) start(ctx context.Context, wanted seedRequest) (seedJob, error) {
	var job seedJob
	body, err := json.Marshal(wanted)
	if err != nil {
		return job, err
	}
	text, err := s.say(ctx, http.MethodPost, s.prefix+"/seed", body)
	if err != nil {
		return job, err
	}
	return job, understood("/seed", json.Unmarshal(text, &job))
}

// dismiss ends a job that nobody watches any more.
func (s seeding) dismiss(ctx context.Context, job seedJob) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := s.do(ctx, http.MethodDelete, s.prefix+"/seed/jobs/"+job.JobID); err == nil {
		fmt.Fprintf(s.out, "dismissed: job %s\n", job.JobID)
	}
}

// seedBar is the form of the bar.
const seedBar = `{{string . "level"}} {{counters . }} {{bar . }} {{percent . }}`

// shower shows how far a job is: a bar for people who watch, a line now and then otherwise.
type shower struct {
	out  io.Writer
	bar  *pb.ProgressBar
	told int64 // tenths
}

func (s seeding) shower(req seedRequest, job seedJob) *shower {
	fmt.Fprintf(s.out, "%s %s: %d tiles, job %s\n", req.Mode, req.Layer, job.Tiles.Total, job.JobID)
	w := &shower{out: s.out}
	if onTerminal(s.out) {
		w.bar = pb.ProgressBarTemplate(seedBar).New(0).SetTotal(job.total()).SetWriter(s.out).Start()
	}
	return w
}

func (w *shower) at(job seedJob) {
	done := job.ready()
	if w.bar != nil {
		w.bar.Set("level", job.level()).SetCurrent(done)
		return
	}
	if tenths := done * 10 / max(job.total(), 1); tenths > w.told && !job.ended() {
		w.told = tenths
		fmt.Fprintf(w.out, "  %s, %d of %d\n", job.level(), done, job.total())
	}
}

// end leaves the bar as it is; it may be called again.
func (w *shower) end() {
	if w.bar != nil {
		w.bar.Finish()
	}
}
