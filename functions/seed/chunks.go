package main

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/overview"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
	"perigee/shared/trace"
)

// The levels of an overview mosaic come before those of tiles, the finest first: each of the others is made of the one
// before. In a job they have numbers below zero.
func levelOf(z int) int        { return -1 - z }
func chunkLevel(level int) int { return -1 - level }

// chunks are those of a level of the overview mosaic that show the areas of a job, each a block by itself. A change counts
// for a chunk a little beyond its border too (tilecache.Cells).
func (o order) chunks(level int) []block {
	found := map[block]bool{}
	z := chunkLevel(level)
	beyond := math.Ldexp(360, -z) / 15
	for _, area := range o.Overviews {
		var wider []orb.Bound
		for _, b := range o.Areas[area] {
			b = b.Pad(beyond)
			wider = append(wider, orb.Bound{Min: orb.Point{max(b.Min[0], -180), max(b.Min[1], -90)}, Max: orb.Point{min(b.Max[0], 180), min(b.Max[1], 90)}})
		}
		for _, r := range rectangles(overview.Grid(), wider, z) {
			for row := r.row0; row <= r.row1; row++ {
				for col := r.col0; col <= r.col1; col++ {
					found[block{col: col, row: row, has: 1}] = true
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b block) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.col, b.col)) })
}

// chunks makes chunks of overview mosaics and keeps them.
type chunks struct {
	kept      kept
	revisions *tilecache.Revisions
	address   string
	client    *http.Client
	limit     time.Duration
}

func newChunks(c config, store *catalogue.Store, bucket kept) (*chunks, error) {
	u, err := url.Parse(c.Render)
	if err != nil || u.Host == "" {
		return nil, fault.At(fault.Invalid, "RENDER_URL", "RENDER_URL %q is not an absolute URL", c.Render)
	}
	return &chunks{
		kept: bucket, revisions: tilecache.NewRevisions(revisions{store}, time.Second, slog.Default()),
		address: strings.TrimSuffix(c.Render, "/") + "/internal/overview", client: &http.Client{Transport: trace.Transport(http.DefaultTransport)}, limit: c.Drawing,
	}, nil
}

// chunk does what a job says with a chunk of the overview mosaic of its subject.
func (s *seeder) chunk(ctx context.Context, sc scope.Scope, p plan, b block) (catalogue.SeedCount, error) {
	c := overview.Chunk{Workspace: sc.Workspace, Layer: p.order.Subject, At: grid.Tile{Z: chunkLevel(p.level), Col: b.col, Row: b.row}}
	made, err := s.chunks.seed(ctx, sc, c, p.order.Mode == modeReseed)
	if err != nil || !made {
		return catalogue.SeedCount{Skipped: 1}, err
	}
	return catalogue.SeedCount{Drawn: 1}, nil
}

// seed sees to it that a chunk is kept as it is to be now, and tells whether it was made. One whose parts are not current
// waits for the next job, which is certain to come: what changed them is seeded too.
func (c *chunks) seed(ctx context.Context, sc scope.Scope, chunk overview.Chunk, again bool) (made bool, err error) {
	known, ok := c.revisions.NotBefore(ctx, time.Now())
	if !ok {
		return false, fault.New(fault.Unavailable, "the revisions of the catalogue cannot be read")
	}
	state := stateOf(known, sc, chunk)
	if slices.Max(state) == 0 {
		return false, nil // nothing was ever there
	}
	if current, err := c.current(ctx, chunk, state); err != nil || current && !again {
		return false, err
	}
	for _, child := range chunk.Children() {
		of := stateOf(known, sc, child)
		if slices.Max(of) == 0 {
			continue
		}
		if current, err := c.current(ctx, child, of); err != nil || !current {
			return false, err
		}
	}
	meta, file, err := c.ask(ctx, chunk, known.LatestOf(sc.Workspace))
	if err != nil {
		return false, err
	}
	if !slices.Equal(state, stateOf(known, sc, chunk)) {
		return false, nil // it changed meanwhile
	}
	meta.Revisions = state
	return true, c.kept.Put(ctx, chunk.Key(), tilecache.Object{Body: file, MediaType: "image/tiff", Metadata: meta.Map()})
}

func stateOf(known *tilecache.RevisionMap, sc scope.Scope, c overview.Chunk) []int64 {
	return known.State(sc.Readable(), c.Layer, overview.Grid(), c.At)
}

// current tells whether a chunk is kept as it is to be.
func (c *chunks) current(ctx context.Context, chunk overview.Chunk, state []int64) (bool, error) {
	object, err := c.kept.Head(ctx, chunk.Key())
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	meta, ok := overview.ParseMeta(object.Metadata)
	return ok && meta.At(state), nil
}

// maxChunk bounds the bytes of a chunk.
const maxChunk = 32 << 20

// ask has render make a chunk.
func (c *chunks) ask(ctx context.Context, chunk overview.Chunk, revision int64) (meta overview.Meta, file []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address+"?"+url.Values{
		"workspace": {chunk.Workspace}, "layer": {chunk.Layer}, "z": {strconv.Itoa(chunk.At.Z)}, "col": {strconv.Itoa(chunk.At.Col)}, "row": {strconv.Itoa(chunk.At.Row)},
		"revision": {strconv.FormatInt(revision, 10)},
	}.Encode(), nil)
	if err != nil {
		return meta, nil, fault.Classify(fault.Internal, err, "asking for an overview")
	}
	answer, err := c.client.Do(request)
	if err != nil {
		return meta, nil, fault.Classify(fault.Unavailable, err, "the renderer does not answer")
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return meta, nil, tilecache.Refusal(answer)
	}
	if file, err = io.ReadAll(io.LimitReader(answer.Body, maxChunk+1)); err != nil || len(file) > maxChunk {
		return meta, nil, fault.New(fault.Unavailable, "the renderer's overview broke off, or has more than %d bytes", maxChunk)
	}
	told := map[string]string{}
	for name := range answer.Header {
		if key, ok := strings.CutPrefix(name, "Overview-"); ok {
			told[strings.ToLower(key)] = answer.Header.Get(name)
		}
	}
	meta, ok := overview.ParseMeta(told)
	if !ok || (meta.State == overview.Filled) != (len(file) > 0) {
		return meta, nil, fault.New(fault.Unavailable, "the renderer's overview is not told in words that are understood")
	}
	return meta, file, nil
}
