package main

import (
	"context"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/postprocess"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// productKinds are the products that describe themselves, by the names of their folders, and who reads them (REG-08).
var productKinds = []struct {
	name   *regexp.Regexp
	reader string
}{
	{regexp.MustCompile(`^S1[A-D]_.*\.SAFE$`), "sentinel1"},
	{regexp.MustCompile(`^S2[A-D]_.*\.SAFE$`), "sentinel2"},
	{regexp.MustCompile(`^S3[A-D]_.*\.SEN3$`), "sentinel3"},
	{regexp.MustCompile(`^L[COT]0[89]_[A-Z0-9]{4}_[0-9]{6}_[0-9]{8}_[0-9]{8}_[0-9]{2}_[A-Z0-9]{2}$`), "landsat8"},
}

// readerOfProduct names the reader of the product at an address; it is empty where there is none.
func readerOfProduct(href string) string {
	name := path.Base(href)
	for _, k := range productKinds {
		if k.name.MatchString(name) {
			return k.reader
		}
	}
	return ""
}

// placed is the address that a path stands for: that of an object, as it was told, or of one in a bucket that the path
// begins with; in the workspace's own bucket otherwise. /eodata is where CREODIAS mounts its bucket.
func (r *registrar) placed(sc scope.Scope, told string) string {
	if stac.IsAbsolute(told) {
		return strings.TrimRight(told, "/")
	}
	told = strings.Trim(told, "/")
	name, key, _ := strings.Cut(told, "/")
	if name == "eodata" {
		name = strings.ToUpper(name)
	}
	own := sc.Workspace
	if own == scope.System {
		own = r.places.ingest
	}
	switch {
	case key == "":
		return bucket.Href(own, told)
	case name == own || name == "EODATA" || slices.Contains(r.places.read, name) || r.named(sc, name):
		return bucket.Href(name, key)
	}
	return bucket.Href(own, told)
}

// named tells whether a source is of a bucket.
func (r *registrar) named(sc scope.Scope, name string) bool {
	e := r.objects.source(name)
	return sc.Workspace == scope.System && e != nil && e.bucket == name
}

// product makes the item of the product at a work's address of what that says of itself.
func (r *registrar) product(ctx context.Context, req request, w *work, reader string) (source, error) {
	read, err := postprocess.Lookup(reader, nil)
	if err != nil {
		return source{}, fault.Classify(fault.Internal, err, "reading products")
	}
	asked, err := json.Marshal(map[string]any{"id": path.Base(w.href), "properties": map[string]string{"productIdentifier": w.href}})
	if err != nil {
		return source{}, fault.Classify(fault.Internal, err, "naming a product")
	}
	files := &productFiles{r: r, sc: req.scope}
	text, err := read(ctx, asked, postprocess.Reach{Files: files})
	if fault.KindOf(err) == fault.NotFound && err != nil && len(files.absent) > 0 {
		return source{}, missing{fault.At(fault.Invalid, "assets", "the product refers to files that are not there: %s", strings.Join(files.absent, ", ")), files.absent, nil}
	}
	return source{href: w.href, text: text}, err
}

// isEntry tells whether a file is the one by which a product is there at all; the others may come later.
func isEntry(href string) bool {
	name := path.Base(href)
	return name == "manifest.safe" || name == "xfdumanifest.xml" || strings.Contains(name, "_MTL.")
}

// productFiles are the files of a product that a workspace may read.
type productFiles struct {
	r      *registrar
	sc     scope.Scope
	absent []string // files that were looked for, which are not those by which a product is there
}

// Read gives a file of at most limit bytes.
func (f *productFiles) Read(ctx context.Context, href string, limit int64) ([]byte, error) {
	w, err := f.at(href)
	if err != nil {
		return nil, err
	}
	if w.object.Key == "" {
		answer, err := f.r.get(ctx, href, "*/*")
		return answer.Body, err
	}
	text, _, err := f.r.storeOf(f.sc.Workspace, w.object.Bucket).ReadAll(ctx, w.object.Bucket, w.object.Key, limit)
	if fault.KindOf(err) == fault.NotFound && err != nil && !isEntry(href) {
		f.absent = append(f.absent, w.href)
	}
	return text, err
}

// Exists tells whether there is a file.
func (f *productFiles) Exists(ctx context.Context, href string) (bool, error) {
	w, err := f.at(href)
	if err != nil {
		return false, err
	}
	if w.object.Key == "" {
		_, err = f.r.get(ctx, href, "*/*")
	} else {
		_, err = f.r.storeOf(f.sc.Workspace, w.object.Bucket).Head(ctx, w.object.Bucket, w.object.Key)
	}
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return false, nil
	}
	return err == nil, err
}

func (f *productFiles) at(href string) (*work, error) {
	w := &work{href: href}
	return w, f.r.locate(f.sc, w)
}
