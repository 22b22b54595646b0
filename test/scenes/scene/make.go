package scene

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"perigee/test/scenes/cog"
	"perigee/test/scenes/ground"
)

// Make writes the collection and the products below the directory and gives the paths of the items' documents.
func Make(o Options) ([]string, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	products := plan(o)
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	if err := writeDocument(filepath.Join(o.Dir, "collection.json"), newCollection(products)); err != nil {
		return nil, err
	}
	g := ground.New(o.Seed)
	var items []string
	for i, p := range products {
		began := time.Now()
		path, cloud, err := o.product(g, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.id, err)
		}
		items = append(items, path)
		if o.Progress != nil {
			o.Progress(fmt.Sprintf("%d/%d %s  clouds %.1f %%  %.1f s", i+1, len(products), p.id, cloud, time.Since(began).Seconds()))
		}
	}
	return items, nil
}

// product writes one product; its item comes last, so that who sees the item finds the files.
func (o Options) product(g *ground.Ground, p product) (path string, cloud float64, err error) {
	view := ground.View{X: p.x, Y: p.y, Step: step, Width: p.size, Height: p.size, Day: p.day, Cover: p.cover}
	if p.edge != nil {
		view.Seen = p.edge.seen
	}
	w := &writer{dir: filepath.Join(o.Dir, p.id), product: p, image: g.Look(view), assets: map[string]asset{}}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return "", 0, err
	}
	if err := w.files(o.Format); err != nil {
		return "", 0, err
	}
	s := count(w.image.Class)
	path = filepath.Join(w.dir, p.id+".json")
	return path, s.cloud, writeDocument(path, newItem(p, s, w.assets))
}

func (w *writer) files(format string) error {
	layout := w.bands
	if format == Stack {
		layout = w.stack
	}
	if err := layout(); err != nil {
		return err
	}
	if format == Visual {
		if err := w.visual(); err != nil {
			return err
		}
	}
	if err := w.classes(); err != nil {
		return err
	}
	return w.thumbnail()
}

func writeDocument(path string, document any) error {
	b, err := encode(document)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

func writeRaster(path string, r cog.Raster) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	b := bufio.NewWriterSize(f, 1<<20)
	if err := cog.Write(b, r); err != nil {
		return err
	}
	return b.Flush()
}
