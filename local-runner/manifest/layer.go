package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Files is where the manifests of a layer are.
type Files = fs.FS

// maxFile is the size of the largest manifest; Kubernetes itself takes no larger object.
const maxFile = 3 << 20

// kustomization is the file that lists the others.
const kustomization = "kustomization.yaml"

// loader gathers objects and problems.
type loader struct {
	objects  []*object
	byName   map[string]*object
	problems Problems
}

func (l *loader) problem(file string, line int, text string, args ...any) {
	l.problems = append(l.problems, Problem{File: file, Line: line, Text: fmt.Sprintf(text, args...)})
}

func (l *loader) layer(layer Layer) {
	read := &reader{loader: l, layer: layer, seen: map[string]*object{}}
	read.folder(".")
	for _, o := range read.objects {
		l.put(o)
	}
}

// put adds an object, or replaces the one of the same kind and name of an earlier layer.
func (l *loader) put(o *object) {
	if old, ok := l.byName[o.key()]; ok {
		l.objects = slices.DeleteFunc(l.objects, func(x *object) bool { return x == old })
	}
	l.byName[o.key()] = o
	l.objects = append(l.objects, o)
}

// reader reads one layer.
type reader struct {
	*loader
	layer   Layer
	seen    map[string]*object // of this layer
	objects []*object
}

func (r *reader) label(name string) string { return path.Join(r.layer.Name, name) }

// folder reads what the folder's kustomization lists, or, without one, every manifest in it.
func (r *reader) folder(dir string) {
	entries, err := fs.ReadDir(r.layer.Files, dir)
	if err != nil {
		r.problem(r.label(dir), 0, "%s", inWords(err))
		return
	}
	var files []string
	for _, e := range entries {
		if ext := path.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") && e.Name() != kustomization {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	listed, ok := r.kustomization(dir)
	if !ok {
		r.files(files)
		return
	}
	for _, name := range files {
		if !slices.Contains(listed, name) {
			r.problem(r.label(name), 0, "is not listed in %s, so a cluster would not get it", kustomization)
		}
	}
	r.files(listed)
}

func (r *reader) files(names []string) {
	for _, name := range names {
		if info, err := fs.Stat(r.layer.Files, name); err == nil && info.IsDir() {
			r.folder(name)
			continue
		}
		for _, doc := range r.documents(name) {
			r.object(doc)
		}
	}
}

// kustomization lists the resources of a folder; not ok means that there is no such file.
func (r *reader) kustomization(dir string) ([]string, bool) {
	name := path.Join(dir, kustomization)
	if _, err := fs.Stat(r.layer.Files, name); errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	var listed []string
	for _, doc := range r.documents(name) {
		doc.fields(map[string]func(value){
			"apiVersion": func(v value) { v.oneOf("kustomize.config.k8s.io/v1beta1", "kustomize.config.k8s.io/v1") },
			"kind":       func(v value) { v.oneOf("Kustomization") },
			"resources": func(v value) {
				for _, item := range v.items() {
					if found, ok := r.resource(dir, item); ok {
						listed = append(listed, found)
					}
				}
			},
		}, rest{refused: []string{
			"namespace", "namePrefix", "nameSuffix", "labels", "commonLabels", "commonAnnotations", "images", "replicas", "patches",
			"patchesStrategicMerge", "patchesJson6902", "configMapGenerator", "secretGenerator", "generatorOptions", "components",
			"generators", "transformers", "replacements", "vars", "crds", "bases", "helmCharts", "configurations", "openapi", "metadata",
		}})
	}
	return listed, true
}

func (r *reader) resource(dir string, item value) (string, bool) {
	text := item.said()
	name := path.Join(dir, text)
	switch _, err := fs.Stat(r.layer.Files, name); {
	case text == "":
	case !fs.ValidPath(name):
		item.fail("leads out of the folder, which local-runner does not follow")
	case path.Base(name) == kustomization || name == dir:
		item.fail("lists itself")
	case err != nil:
		item.fail("%s: %s", text, inWords(err))
	default:
		return name, true
	}
	return "", false
}

// documents reads a file and parses its documents.
func (r *reader) documents(name string) []value {
	label := r.label(name)
	text, err := fs.ReadFile(r.layer.Files, name)
	switch {
	case err != nil:
		r.problem(label, 0, "%s", inWords(err))
		return nil
	case len(text) > maxFile:
		r.problem(label, 0, "is larger than %d MiB", maxFile>>20)
		return nil
	}
	var docs []value
	for _, part := range split(string(text)) {
		body, err := parse(part.text)
		if err != nil {
			r.problem(label, part.line+err.line, "%s", err.text)
			continue
		}
		if body != nil {
			in := &source{file: label, offset: part.line, values: r.layer.Values, problems: &r.problems}
			docs = append(docs, in.root(body))
		}
	}
	return docs
}

func inWords(err error) string {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err.Error()
	}
	return err.Error()
}

// part is one document of a file; line is how many lines are before it.
type part struct {
	text string
	line int
}

// split cuts a file at the lines that start with three dashes, as kubectl does.
func split(text string) []part {
	var parts []part
	var b strings.Builder
	start, n := 0, 0
	for line := range strings.Lines(text) {
		n++
		if line == "---" || strings.HasPrefix(line, "---\n") || strings.HasPrefix(line, "---\r") || strings.HasPrefix(line, "--- ") {
			parts = append(parts, part{b.String(), start})
			b.Reset()
			start = n - 1
			b.WriteString(strings.Replace(line, "---", "   ", 1))
			continue
		}
		b.WriteString(line)
	}
	return append(parts, part{b.String(), start})
}

// syntaxError is what the parser says; line counts from 1 within the document.
type syntaxError struct {
	line int
	text string
}

// parse gives the body of a document, nil for an empty one.
func parse(text string) (ast.Node, *syntaxError) {
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		var known yaml.Error
		if errors.As(err, &known) && known.GetToken() != nil {
			return nil, &syntaxError{known.GetToken().Position.Line, "is not YAML: " + known.GetMessage()}
		}
		return nil, &syntaxError{1, "is not YAML: " + err.Error()}
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			return doc.Body, nil
		}
	}
	return nil, nil
}
