package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/geojsonseq"
	"perigee/shared/geoparquet"
	"perigee/shared/stac"
)

func importCommand() command {
	c := command{
		name: "import", args: "FILE", brief: "register the items of a file in the running house",
		long: `FILE has an item on each line (.ndjson, .geojsons, with .gz behind it when it is compressed), or is stac-geoparquet (.parquet); - is the
standard input. An item that is there already is replaced. Each line that is not registered is told with the reason, and the exit code is
then 1; the others count. An import that is interrupted says by which --after it goes on.`,
	}
	c.run = func(ctx context.Context, t terminal, args []string) error {
		set := c.flags()
		at := addHouse(set)
		format := set.String("format", "", "`NAME` of the format, where the file's name does not say it: ndjson, geojsonseq or parquet")
		after := set.Int("after", 0, "`LINE` behind which to begin")
		names, err := c.mixed(t, set, args)
		if err != nil {
			return err
		}
		if len(names) != 1 || *after < 0 {
			return misuse(c.name, "one file is needed, and a line from 0")
		}
		kind, err := formatOf(*format, names[0])
		if err != nil {
			return misuse(c.name, "%v", err)
		}
		x, err := at.open(t)
		if err != nil {
			return err
		}
		return importing{transfer: x, out: t.out}.file(ctx, t, names[0], kind, *after)
	}
	return c
}

// importing sends the items of a file by the thousand.
type importing struct {
	*transfer
	out io.Writer // what failed is told here, line by line
}

// The bounds of what is sent at once.
const (
	importItems = 1000
	importBytes = 8 << 20
)

// source is a file of items.
type source interface {
	Next() ([]byte, error)
	Line() int
}

type parquetRows struct {
	*geoparquet.Reader
	row int
}

func (r *parquetRows) Next() ([]byte, error) {
	item, err := r.Reader.Next()
	r.row++
	return item, err
}

func (r *parquetRows) Line() int { return r.row }

// consumed counts what is read of a file.
type consumed struct {
	io.Reader
	bytes int64
}

func (c *consumed) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	return n, err
}

// parquetMemory is what the pages of a Parquet file may take on a laptop.
const parquetMemory = 1 << 30

func (i importing) file(ctx context.Context, t terminal, name, format string, after int) error {
	if name == "-" {
		if format == formatParquet {
			return errors.New("a Parquet file is read from its end: it cannot be the standard input")
		}
		return i.run(ctx, geojsonseq.NewReader(t.in, stac.MaxSize), after, 0, func(int) int64 { return 0 })
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	about, err := file.Stat()
	if err != nil {
		return err
	}
	if format == formatParquet {
		reader, err := geoparquet.NewReader(file, about.Size(), geoparquet.Limits{Memory: parquetMemory})
		if err != nil {
			return err
		}
		defer reader.Close()
		return i.run(ctx, &parquetRows{Reader: reader}, after, reader.Rows(), func(line int) int64 { return int64(line) })
	}
	read := &consumed{Reader: file}
	var lines io.Reader = read
	if strings.HasSuffix(name, ".gz") {
		if lines, err = gzip.NewReader(read); err != nil {
			return fmt.Errorf("%s is not compressed by gzip: %w", name, err)
		}
	}
	return i.run(ctx, geojsonseq.NewReader(lines, stac.MaxSize), after, about.Size(), func(int) int64 { return read.bytes })
}

// outcome is what register tells of the items that it was sent.
type outcome struct {
	Created, Replaced, Unchanged, Failed, After int
	Failures                                    []struct {
		Line           int
		Collection, ID string
		Error          string
	}
	Error string
}

// run sends batch after batch. at tells how much of the total is done.
func (i importing) run(ctx context.Context, items source, after int, total int64, at func(line int) int64) error {
	count := newCounting(i.say, i.watched, "imported", total, false)
	var sum outcome
	done := after
	err := i.batches(ctx, items, after, func(b importBatch) error {
		got, err := i.send(ctx, b)
		got.Failed += b.failed
		sum.add(got)
		if err == nil {
			done = b.end
			count.add(got.there(), at(done))
		}
		return err
	})
	count.end()
	i.say.line("created %d, replaced %d, unchanged %d, failed %d", sum.Created, sum.Replaced, sum.Unchanged, sum.Failed)
	switch {
	case err != nil:
		i.say.line("to go on: --after %d", done)
		return err
	case sum.Failed > 0:
		return exitCode(exitFailed)
	}
	return nil
}

// importBatch is items that are sent together, each on a line, and the lines of the file where they stand.
type importBatch struct {
	body   bytes.Buffer
	lines  []int
	end    int // the last line of the file that is in it, or that failed by itself
	failed int // lines that could not be read
}

func (i importing) batches(ctx context.Context, items source, after int, send func(importBatch) error) error {
	for {
		b := importBatch{end: after}
		var err error
		for len(b.lines) < importItems && b.body.Len() < importBytes && err == nil {
			err = i.take(items, after, &b)
		}
		if err != nil && err != io.EOF {
			return err
		}
		if len(b.lines) > 0 || b.failed > 0 {
			if err := send(b); err != nil {
				return err
			}
		}
		if err == io.EOF || ctx.Err() != nil {
			return context.Cause(ctx)
		}
		after = b.end
	}
}

// take reads one item into a batch. A line that is not JSON would be several to who reads it: it is told here.
func (i importing) take(items source, after int, b *importBatch) error {
	item, err := items.Next()
	line := items.Line()
	_, rows := items.(*parquetRows)
	switch {
	case err == io.EOF || err != nil && (rows || fault.KindOf(err) != fault.Invalid):
		return err
	case line <= after:
		return nil
	}
	b.end = line
	var compact bytes.Buffer
	if err == nil {
		err = json.Compact(&compact, item)
	}
	if err != nil {
		b.failed++
		fmt.Fprintf(i.out, "line %d: %s\n", line, printable(err.Error()))
		return nil
	}
	b.lines = append(b.lines, line)
	b.body.Write(compact.Bytes())
	b.body.WriteByte('\n')
	return nil
}

// send has a batch registered; what register could not finish is sent again, from there on.
func (i importing) send(ctx context.Context, b importBatch) (sum outcome, err error) {
	wait := i.patience
	for from, attempt := 0, 1; from < len(b.lines); attempt++ {
		got, err := i.exchange(ctx, http.MethodPost, "/register?after="+strconv.Itoa(from), geojsonseq.MediaTypeLines, b.body.Bytes())
		var part outcome
		told := err == nil && json.Unmarshal(got.body, &part) == nil
		if told {
			i.tell(b, part)
			sum.add(part)
		}
		switch {
		case told && got.status == http.StatusOK:
			return sum, nil
		case told && part.After > from:
			from, attempt, wait = part.After, 0, i.patience
		case err == nil && !got.mayPass():
			return sum, refusal(got.status, got.body)
		case attempt == attempts && err == nil:
			return sum, fault.New(fault.Unavailable, "the house says: %s", cmp.Or(part.Error, http.StatusText(got.status)))
		case attempt == attempts || ctx.Err() != nil:
			return sum, err
		}
		if err := sleep(ctx, wait); err != nil {
			return sum, err
		}
		wait *= 2
	}
	return sum, nil
}

func (i importing) tell(b importBatch, part outcome) {
	for _, f := range part.Failures {
		if f.Line >= 1 && f.Line <= len(b.lines) {
			fmt.Fprintf(i.out, "line %d %s: %s\n", b.lines[f.Line-1], printable(f.ID), printable(f.Error))
		}
	}
}

func (o *outcome) add(part outcome) {
	o.Created, o.Replaced, o.Unchanged, o.Failed = o.Created+part.Created, o.Replaced+part.Replaced, o.Unchanged+part.Unchanged, o.Failed+part.Failed
}

// there is how many items are registered.
func (o outcome) there() int64 { return int64(o.Created + o.Replaced + o.Unchanged) }
