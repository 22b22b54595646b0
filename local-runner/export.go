package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"

	"perigee/shared/geojsonseq"
	"perigee/shared/geoparquet"
	"perigee/shared/stac"
)

func exportCommand() command {
	c := command{
		name: "export", args: "[COLLECTION…]", brief: "write items of the running house into a file, as lines or as stac-geoparquet",
		long: `Without a COLLECTION the items of all are written, to the standard output without --to. The name of the file says the format
(.ndjson, .geojsons, .parquet; .gz behind the first two compresses them). The items are as they were registered, their relative references
made absolute, so that import brings the same ones elsewhere; with --served they are as the STAC API answers them.
An export that is interrupted says by which --after it goes on: lines are then added to the file, a Parquet file is a further one.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		at := addHouse(set)
		to := set.String("to", "", "`FILE` to write")
		format := set.String("format", "", "`NAME` of the format, where the file's name does not say it: ndjson, geojsonseq or parquet")
		filter := set.String("filter", "", "`CQL2` text that the items fulfil")
		bbox := set.String("bbox", "", "`W,S,E,N` that the items touch")
		datetime := set.String("datetime", "", "`TIME` or interval of the items (RFC 3339)")
		served := set.Bool("served", false, "items as the STAC API answers them")
		after := set.String("after", "", "`TOKEN` of an export that was interrupted")
		collections, err := c.mixed(t, set, args)
		if err != nil {
			return err
		}
		kind, err := formatOf(*format, *to)
		if err != nil {
			return misuse(c.name, "%v", err)
		}
		x, err := at.open(t)
		if err != nil {
			return err
		}
		e := exporting{transfer: x, asked: url.Values{"f": {"ndjson"}, "limit": {"1000"}, "hrefs": {"original"}}}
		for name, value := range map[string]string{"filter": *filter, "bbox": *bbox, "datetime": *datetime, "collections": strings.Join(collections, ",")} {
			if value != "" {
				e.asked.Set(name, value)
			}
		}
		if *served {
			e.asked.Set("hrefs", "served")
		}
		return e.into(ctx, t, *to, kind, *after)
	}
	return c
}

// The formats of files of items.
const (
	formatLines    = "ndjson"
	formatSequence = "geojsonseq"
	formatParquet  = "parquet"
)

// formatOf is the format of a file, by its name where nothing else is said.
func formatOf(said, file string) (string, error) {
	if said == "" {
		plain := strings.TrimSuffix(file, ".gz")
		for suffix, format := range map[string]string{".geojsons": formatSequence, ".geojsonseq": formatSequence, ".parquet": formatParquet, ".geoparquet": formatParquet} {
			if strings.HasSuffix(plain, suffix) {
				said = format
			}
		}
		if said == "" {
			said = formatLines
		}
	}
	switch said {
	case formatLines, formatSequence, formatParquet:
		return said, nil
	}
	return "", fmt.Errorf("the format is %q, not ndjson, geojsonseq or parquet", said)
}

// exporting asks for one part of the items after the other.
type exporting struct {
	*transfer
	asked url.Values
}

// itemWriter takes items.
type itemWriter interface {
	Write(document []byte) error
	Close() error
}

// into writes the items into a file, or to the standard output.
func (e exporting) into(ctx context.Context, t terminal, name, format, after string) (err error) {
	out := t.out
	if name != "" && name != "-" {
		how := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
		if after != "" && format != formatParquet {
			how = os.O_CREATE | os.O_WRONLY | os.O_APPEND
		}
		file, failed := os.OpenFile(name, how, 0o644)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	if strings.HasSuffix(name, ".gz") && format != formatParquet {
		zipped := gzip.NewWriter(out)
		defer func() { err = errors.Join(err, zipped.Close()) }()
		out = zipped
	}
	items, err := e.writer(ctx, out, format)
	if err != nil {
		return err
	}
	token, err := e.run(ctx, items, after)
	err = errors.Join(err, items.Close())
	if err != nil && token != "" {
		e.say.line("to go on: --after %s", token)
	}
	return err
}

func (e exporting) writer(ctx context.Context, out io.Writer, format string) (itemWriter, error) {
	switch format {
	case formatSequence:
		return geojsonseq.NewSequence(out), nil
	case formatParquet:
		collections, err := e.collections(ctx)
		if err != nil {
			return nil, err
		}
		return geoparquet.NewWriter(out, geoparquet.Options{Collections: collections})
	}
	return geojsonseq.NewLines(out), nil
}

// collections are the documents of the collections that are named, which a Parquet file tells of.
func (e exporting) collections(ctx context.Context) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, id := range strings.Split(e.asked.Get("collections"), ",") {
		if id == "" {
			continue
		}
		got, err := e.persist(ctx, http.MethodGet, "/stac/collections/"+url.PathEscape(id)+"?f=json", "", nil)
		if err != nil {
			return nil, err
		}
		if got.status != http.StatusOK {
			return nil, refusal(got.status, got.body)
		}
		all[id] = got.body
	}
	return all, nil
}

// run writes part after part, each when it has come whole. The token is where it goes on when it was interrupted.
func (e exporting) run(ctx context.Context, items itemWriter, after string) (token string, err error) {
	count := newCounting(e.say, e.watched, "exported", 0, false)
	defer count.end()
	asked := maps.Clone(e.asked)
	for {
		if after != "" {
			asked.Set("token", after)
		}
		got, err := e.persist(ctx, http.MethodGet, "/stac/export?"+asked.Encode(), "", nil)
		if err != nil {
			return after, err
		}
		if got.status != http.StatusOK {
			return after, refusal(got.status, got.body)
		}
		written, err := copyItems(items, got.body)
		if err != nil {
			return after, err
		}
		count.add(written, 0)
		if after = got.header.Get("Next-Token"); after == "" {
			return "", nil
		}
	}
}

func copyItems(items itemWriter, part []byte) (written int64, err error) {
	for r := geojsonseq.NewReader(bytes.NewReader(part), stac.MaxSize); ; written++ {
		item, err := r.Next()
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		if err := items.Write(item); err != nil {
			return written, err
		}
	}
}
