package structure

import (
	"bytes"
	"go/build"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// harmless are the packages that import templates and do not run them: what they use is linked, the rest is not.
// test/story looks into the binaries for the proof.
var harmless = map[string]string{
	"maragu.dev/gomponents":                "escapes by html/template's function, and no more",
	"github.com/kelseyhightower/envconfig": "has them for Usage, which shared/function does not call",
	"github.com/pressly/goose/v3":          "has them for making new migrations, which no function does",
	"html/template":                        "builds on text/template",
}

// TestNoFunctionRunsTemplates: text/template calls methods by their names, as reflection can. Where a program may do that,
// the linker has to keep every exported method of every type in use: up to 9 MB of each image, most of it the S3 client.
func TestNoFunctionRunsTemplates(t *testing.T) {
	w := newWalk(t)
	for _, name := range functionNames(t) {
		for _, way := range w.waysToTemplates("perigee/functions/" + name) {
			t.Errorf("%s: pages are made by shared/page, settings are printed by shared/function; calling methods by name makes the linker keep every exported method, and images exceed 25 MB", way)
		}
	}
	if len(w.read) < 300 {
		t.Errorf("only %d packages were looked at", len(w.read))
	}
}

// TestTheWalkFindsTemplates, whoever brings them in.
func TestTheWalkFindsTemplates(t *testing.T) {
	w := newWalk(t)
	for _, c := range []struct{ name, imported, want string }{
		{"own", "html/template", "perigee/functions/own imports html/template"},
		{"room", "perigee/local-runner/ingress", "perigee/functions/room → perigee/local-runner/ingress imports html/template"},
		{"library", "net/rpc", "perigee/functions/library → net/rpc imports html/template"},
	} {
		w.read["perigee/functions/"+c.name] = source{imports: []string{"perigee/shared/page", c.imported}}
		if ways := strings.Join(w.waysToTemplates("perigee/functions/"+c.name), "\n"); !strings.Contains(ways, c.want) {
			t.Errorf("%s: nothing is said of %s: %q", c.imported, c.want, ways)
		}
	}
	w.read["perigee/functions/reflects"] = source{byName: true}
	if ways := w.waysToTemplates("perigee/functions/reflects"); len(ways) != 1 {
		t.Errorf("calling by name gives %v", ways)
	}
}

// source is what is to know of a package.
type source struct {
	imports []string
	byName  bool // calls methods that it chooses while it runs
}

// walk follows imports as the linker does, without tests, over the sources that the build uses.
type walk struct {
	t       *testing.T
	context build.Context
	modules map[string]string // folders by module path
	read    map[string]source
}

var required = regexp.MustCompile(`(?m)^(?:require )?\s*([\w.\-]+\.[\w.\-/]+) (v\S+)`)

func newWalk(t *testing.T) *walk {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{t: t, context: build.Default, modules: map[string]string{"perigee": root}, read: map[string]source{}}
	w.context.BuildTags = []string{"netgo", "osusergo"}
	cache := os.Getenv("GOMODCACHE")
	if cache == "" {
		cache = filepath.Join(filepath.SplitList(build.Default.GOPATH)[0], "pkg", "mod")
	}
	capital := regexp.MustCompile("[A-Z]")
	for _, m := range required.FindAllStringSubmatch(string(text), -1) {
		escaped := capital.ReplaceAllStringFunc(m[1]+"@"+m[2], func(c string) string { return "!" + strings.ToLower(c) })
		w.modules[m[1]] = filepath.Join(cache, filepath.FromSlash(escaped))
	}
	return w
}

// waysToTemplates tells, one by one, where templates are imported or methods called by name below a package, and how
// one gets there.
func (w *walk) waysToTemplates(from string) []string {
	var found []string
	over := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		s := w.source(at)
		if s.byName && at != "reflect" && at != "text/template" {
			found = append(found, way(over, at)+" calls methods by name")
		}
		for _, imported := range s.imports {
			if (imported == "text/template" || imported == "html/template") && harmless[at] == "" {
				found = append(found, way(over, at)+" imports "+imported)
			}
			if _, met := over[imported]; !met && imported != "C" && imported != "unsafe" {
				over[imported] = at
				queue = append(queue, imported)
			}
		}
	}
	return found
}

func way(over map[string]string, to string) string {
	steps := []string{to}
	for over[to] != "" {
		to = over[to]
		steps = append(steps, to)
	}
	slices.Reverse(steps)
	return strings.Join(steps, " → ")
}

func (w *walk) source(name string) source {
	if known, ok := w.read[name]; ok {
		return known
	}
	folder := w.folder(name)
	p, err := w.context.ImportDir(folder, 0)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	s := source{imports: p.Imports}
	for _, file := range slices.Concat(p.GoFiles, p.CgoFiles) {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			w.t.Fatal(err)
		}
		s.byName = s.byName || callsByName(text)
	}
	w.read[name] = s
	return s
}

var byName = regexp.MustCompile(`\.Method(ByName)?\(`)

// callsByName tells whether a file uses reflect to choose a method while it runs.
func callsByName(text []byte) bool {
	return bytes.Contains(text, []byte(`"reflect"`)) && byName.Match(text)
}

// folder is where a package lies: in the longest module that its path begins with, or in the standard library.
func (w *walk) folder(name string) string {
	for module := name; module != "."; module = path.Dir(module) {
		if folder, ok := w.modules[module]; ok {
			return filepath.Join(folder, filepath.FromSlash(strings.TrimPrefix(name, module)))
		}
	}
	standard := filepath.Join(w.context.GOROOT, "src", filepath.FromSlash(name))
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		return standard
	}
	vendored := filepath.Join(w.context.GOROOT, "src", "vendor", filepath.FromSlash(name))
	if _, err := os.Stat(vendored); err != nil {
		w.t.Fatalf("%s lies in no module of go.mod", name)
	}
	return vendored
}
