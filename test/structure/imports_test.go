// Package structure holds the tests of the house itself: who may import whom, what the README tables and the manifests
// say against what is there. The files are read in this process, so that no cached result hides a violation.
package structure

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// file is a Go file of the project.
type file struct {
	path    string // slash-separated, from the root of the project
	room    string // its folder
	test    bool   // a _test.go file, or of a package that supports tests
	syntax  *ast.File
	imports []string
}

// set knows where in the files things are.
var set = token.NewFileSet()

func (f file) pos(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(set.Position(n.Pos()).Line)
}

// imported is the package that a name in the file stands for.
func (f file) imported(name string) string {
	for i, spec := range f.syntax.Imports {
		if spec.Name == nil && path.Base(f.imports[i]) == name || spec.Name != nil && spec.Name.Name == name {
			return f.imports[i]
		}
	}
	return ""
}

// read parses a file; rel is its path from the root of the project. The text is that of the file when none is given.
func read(rel string, text any) (file, error) {
	syntax, err := parser.ParseFile(set, filepath.Join(root, rel), text, parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	f := file{path: rel, room: path.Dir(rel), syntax: syntax}
	f.test = strings.HasSuffix(rel, "_test.go") || strings.HasSuffix(f.room, "test") || strings.HasPrefix(rel, "test/")
	for _, spec := range syntax.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		f.imports = append(f.imports, imported)
	}
	return f, nil
}

func readFiles(t *testing.T) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(strings.TrimPrefix(name, root)), "/")
		if entry.IsDir() && (rel == "bin" || (strings.HasPrefix(entry.Name(), ".") && rel != "") || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(rel, ".go") {
			return nil
		}
		f, err := read(rel, nil)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d Go files were found below %s", len(files), root)
	}
	return files
}

// floors names the floor of the house that each room of shared lies on.
var floors = map[string][]string{
	"vocabulary": {"datatest", "fault", "federation", "filter", "geo", "grid", "lettering", "mosaic", "overview", "plainyaml", "product", "record", "scope", "stac", "trace", "yamlfile"},
	"encoding":   {"atom", "capabilities", "cwl", "datacite", "dif", "dublincore", "ebrim", "fgdc", "geojsonseq", "geoparquet", "gm03", "iso19115", "iso19115p3", "iso19139", "landsat", "mcf", "metadata", "ogcrecord", "parquet", "postprocess", "pycsw", "safe", "xmldoc"},
	"protocol":   {"csw", "dseo", "oaipmh", "ogcapi", "opensearch", "ows", "page", "records", "sru", "stacapi", "transaction", "wcs", "wms", "wmts"},
	"door":       {"bucket", "catalogue", "identity", "outward", "raster", "routes", "source", "tenancy", "tilecache"},
	"process":    {"function"},
}

// allowed says which floors a floor may import, and why not others.
var allowed = map[string]struct {
	floors []string
	why    string
}{
	"function":     {[]string{"eventing", "vocabulary", "encoding", "protocol", "door", "process"}, "a function never imports another: they talk by events and requests"},
	"local-runner": {[]string{"local-runner", "eventing", "vocabulary", "encoding", "door", "manifests"}, "the local stage runs the binaries that the cluster runs; it never imports a function"},
	"eventing":     {[]string{"eventing", "vocabulary"}, "events are vocabulary"},
	"protocol":     {[]string{"vocabulary", "encoding", "protocol"}, "a protocol is a translation: it owns no data and knows no door"},
	"encoding":     {[]string{"vocabulary", "encoding"}, "an encoding is a translation"},
	"door":         {[]string{"vocabulary", "encoding"}, "a door knows its one third party; another door's service comes through a small interface"},
	"process":      {[]string{"vocabulary"}, "what every process shares knows no function, protocol or door"},
	"vocabulary":   {[]string{"vocabulary"}, "the vocabulary knows nothing above it"},
	"manifests":    {nil, "manifests are data"},
}

func floorOf(room string) string {
	parts := strings.Split(room, "/")
	if parts[0] != "shared" {
		return strings.TrimSuffix(parts[0], "s") + map[string]string{"manifests": "s"}[parts[0]]
	}
	if len(parts) < 2 {
		return ""
	}
	for floor, rooms := range floors {
		if slices.Contains(rooms, parts[1]) {
			return floor
		}
	}
	return ""
}

func TestEveryRoomOfSharedHasAFloor(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "shared"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && floorOf("shared/"+entry.Name()) == "" {
			t.Errorf("shared/%s lies on no floor: name it in floors", entry.Name())
		}
	}
}

// rule tells what a file does that it must not.
type rule func(f file, tell func(format string, args ...any))

// rules are held by every file.
var rules = map[string]rule{
	"who may import whom":                   whoMayImportWhom,
	"each heavy dependency has one door":    oneDoor,
	"vocabulary needs little":               vocabularyNeedsLittle,
	"protocols and vocabulary do no I/O":    noInputOutput,
	"one place reads the environment, ends": environmentAndEnd,
	"names say what is provided":            namesSay,
}

func TestRules(t *testing.T) {
	files := readFiles(t)
	for name, hold := range rules {
		t.Run(name, func(t *testing.T) {
			for _, f := range files {
				hold(f, t.Errorf)
			}
		})
	}
}

// TestRulesFindWhatTheyForbid: a rule that finds nothing anywhere may as well be broken.
func TestRulesFindWhatTheyForbid(t *testing.T) {
	for _, c := range []struct{ rule, path, text string }{
		{"who may import whom", "shared/csw/x.go", `import _ "perigee/shared/catalogue"`},
		{"who may import whom", "shared/geo/x.go", `import _ "perigee/shared/csw"`},
		{"who may import whom", "shared/bucket/x.go", `import _ "perigee/shared/catalogue"`},
		{"who may import whom", "shared/csw/x.go", `import _ "perigee/functions/csw"`},
		{"who may import whom", "shared/bucket/x.go", `import _ "perigee/shared/bucket/buckettest"`},
		{"who may import whom", "functions/csw/x.go", `import _ "perigee/functions/stac"`},
		{"who may import whom", "functions/csw/x_test.go", `import _ "perigee/functions/stac"`},
		{"who may import whom", "functions/csw/x.go", `import _ "perigee/shared/raster"`},
		{"who may import whom", "functions/csw/x.go", `import _ "perigee/local-runner/broker"`},
		{"who may import whom", "functions/csw/x.go", `import _ "perigee/test/scenes/scene"`},
		{"who may import whom", "local-runner/x.go", `import _ "perigee/functions/csw"`},
		{"who may import whom", "eventing/x.go", `import _ "perigee/shared/bucket"`},
		{"who may import whom", "shared/nowhere/x.go", `import _ "perigee/shared/fault"`},
		{"each heavy dependency has one door", "functions/csw/x.go", `import _ "github.com/jackc/pgx/v5"`},
		{"each heavy dependency has one door", "functions/csw/x.go", `import _ "database/sql"`},
		{"each heavy dependency has one door", "functions/csw/x.go", `import _ "knative.dev/pkg/signals"`},
		{"each heavy dependency has one door", "shared/csw/x.go", `import _ "github.com/cloudevents/sdk-go/v2/event"`},
		{"each heavy dependency has one door", "functions/csw/x.go", `import "C"`},
		{"each heavy dependency has one door", "functions/csw/x.go", `import _ "text/template"`},
		{"vocabulary needs little", "shared/geo/x.go", `import _ "github.com/klauspost/compress/gzip"`},
		{"protocols and vocabulary do no I/O", "shared/geo/x.go", `import _ "net/http"`},
		{"protocols and vocabulary do no I/O", "shared/product/x.go", `import _ "os"`},
		{"protocols and vocabulary do no I/O", "shared/wms/x.go", `import _ "os/exec"`},
		{"one place reads the environment, ends", "functions/csw/x.go", `import "os"; var x = os.Getenv("X")`},
		{"one place reads the environment, ends", "functions/csw/x.go", `import o "os"; var x, _ = o.LookupEnv("X")`},
		{"one place reads the environment, ends", "functions/csw/x.go", `import "syscall"; var x, _ = syscall.Getenv("X")`},
		{"one place reads the environment, ends", "functions/csw/x.go", `import "os"; func f() { os.Exit(1) }`},
		{"one place reads the environment, ends", "shared/csw/x.go", `import "log"; func f() { log.Fatalf("x") }`},
		{"one place reads the environment, ends", "shared/csw/x.go", `func f() { panic("x") }`},
		{"one place reads the environment, ends", "shared/csw/x.go", `func init() {}`},
		{"names say what is provided", "shared/util/x.go", ``},
		{"names say what is provided", "shared/csw/helpers.go", ``},
	} {
		f, err := read(c.path, "package x\n"+c.text)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		rules[c.rule](f, func(string, ...any) { found = true })
		if !found {
			t.Errorf("%s: nothing is said of %s in %s", c.rule, c.text, c.path)
		}
	}
}

// Tests that draw values draw the same whenever they run, unless they are asked for others: what chance finds one day would refuse
// a change that has nothing to do with it.
func TestDrawsAreTheSame(t *testing.T) {
	drawn, same := map[string]bool{}, map[string]bool{}
	for _, f := range readFiles(t) {
		drawn[f.room] = drawn[f.room] || f.test && slices.Contains(f.imports, "pgregory.net/rapid")
		same[f.room] = same[f.room] || f.test && slices.Contains(f.imports, "perigee/test/draws")
	}
	for room, draws := range drawn {
		if draws && !same[room] && !strings.HasPrefix(room, "test/") { // whose modules of their own are tested by hand
			t.Errorf("the tests of %s draw by pgregory.net/rapid and do not import perigee/test/draws", room)
		}
	}
}

func whoMayImportWhom(f file, tell func(string, ...any)) {
	for _, imported := range f.imports {
		room, ours := strings.CutPrefix(imported, "perigee/")
		if !ours {
			continue
		}
		if strings.HasPrefix(room, "functions/") && room != f.room {
			tell("%s imports %s: %s", f.path, imported, allowed["function"].why)
		}
		if f.test {
			continue
		}
		rule, known := allowed[floorOf(f.room)]
		if !known {
			tell("%s lies on no floor", f.path)
			continue
		}
		sameRoom := strings.HasPrefix(room+"/", strings.Join(strings.SplitN(f.room, "/", 3)[:min(2, strings.Count(f.room, "/")+1)], "/")+"/")
		if !sameRoom && !slices.Contains(rule.floors, floorOf(room)) {
			tell("%s imports %s: %s", f.path, imported, rule.why)
		}
		if strings.HasSuffix(room, "test") {
			tell("%s imports %s, which supports tests only", f.path, imported)
		}
		if room == "shared/raster" && f.room != "functions/render" {
			tell("%s imports shared/raster: only render links GDAL, so that every other function is static and small", f.path)
		}
	}
}

// doors names the only places that may import a third party's packages.
var doors = map[string][]string{
	"github.com/jackc/pgx":         {"shared/catalogue", "local-runner/postgres", "test/benchstore", "test/benchapi", "test/benchcsw"}, // which compare with SQL written by hand, and let a database settle
	"github.com/pressly/goose":     {"shared/catalogue"},
	"github.com/airbusgeo/godal":   {"shared/raster", "test/scenes"},
	"github.com/aws/":              {"shared/bucket", "shared/tenancy", "local-runner/s3/telling"},
	"github.com/versity/versitygw": {"local-runner/s3"},
	"github.com/nats-io":           {"local-runner/broker", "local-runner/notify"},
	"github.com/robfig/cron":       {"local-runner/ping"},
	"github.com/coreos/go-oidc":    {"shared/identity"},
	"github.com/kelseyhightower":   {"shared/function"},
	"k8s.io/":                      {},
	"github.com/VictoriaMetrics":   {"shared/function"},
	"github.com/goccy/go-yaml":     {"shared/plainyaml", "shared/product", "shared/pycsw", "shared/source", "local-runner/manifest", "shared/routes", "shared/yamlfile"},
	"github.com/cloudevents/":      {"eventing", "functions/intake", "functions/register", "functions/csw", "functions/dead-letter", "functions/seed", "functions/harvest", "functions/workspace", "local-runner"},
	"knative.dev/":                 {"shared/function"},
	"maragu.dev/gomponents":        {"shared/page"},
	"database/sql":                 {"shared/catalogue"},
	"C":                            {"shared/raster"},
}

func isThird(imported, third string) bool {
	return imported == third || strings.HasPrefix(imported, strings.TrimSuffix(third, "/")+"/")
}

func oneDoor(f file, tell func(string, ...any)) {
	if strings.HasSuffix(f.path, "_test.go") || strings.HasSuffix(f.room, "test") {
		return
	}
	for _, imported := range f.imports {
		for third, rooms := range doors {
			inside := slices.ContainsFunc(rooms, func(room string) bool { return f.room == room || strings.HasPrefix(f.room, room+"/") })
			if isThird(imported, third) && !inside {
				tell("%s imports %s, whose door is %v", f.path, imported, rooms)
			}
		}
		if imported == "text/template" {
			tell("%s imports text/template: documents are made from types, which escape", f.path)
		}
	}
}

func vocabularyNeedsLittle(f file, tell func(string, ...any)) {
	if floorOf(f.room) != "vocabulary" || f.test {
		return
	}
	for _, imported := range f.imports {
		first, _, _ := strings.Cut(imported, "/")
		known := !strings.Contains(first, ".") || isThird(imported, "perigee") || isThird(imported, "github.com/paulmach/orb") || isThird(imported, "golang.org/x/text")
		if !known && !(isThird(imported, "github.com/goccy/go-yaml") && slices.Contains(doors["github.com/goccy/go-yaml"], f.room)) {
			tell("%s imports %s: the vocabulary needs the standard library, x/text and orb only", f.path, imported)
		}
	}
}

// noInputOutput: what only knows, or only translates, touches no file, process or network. Protocols answer HTTP.
func noInputOutput(f file, tell func(string, ...any)) {
	floor := floorOf(f.room)
	if f.test || !slices.Contains([]string{"vocabulary", "encoding", "protocol"}, floor) {
		return
	}
	for _, imported := range f.imports {
		speaksHTTP := imported == "net/http" && (floor == "protocol" || f.room == "shared/fault" || f.room == "shared/trace")
		if slices.Contains([]string{"os", "os/exec", "net", "net/http", "syscall"}, imported) && !speaksHTTP {
			tell("%s imports %s: the %s does no I/O", f.path, imported, floor)
		}
	}
}

// ends are the functions that belong to shared/function alone: they read the environment or end the process.
var ends = map[string][]string{
	"os":      {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Exit"},
	"syscall": {"Getenv", "Environ", "Exit", "Kill"},
	"log":     {"Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"},
}

func environmentAndEnd(f file, tell func(string, ...any)) {
	if f.test || strings.HasPrefix(f.room, "local-runner") || f.room == "shared/function" || f.room == "manifests" {
		return
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				tell("%s: an init function hides what main should say", f.pos(n))
			}
		case *ast.CallExpr:
			if called, ok := n.Fun.(*ast.Ident); ok && called.Name == "panic" {
				tell("%s: a failure is returned, not thrown", f.pos(n))
			}
		case *ast.SelectorExpr:
			owner, ok := n.X.(*ast.Ident)
			if ok && slices.Contains(ends[f.imported(owner.Name)], n.Sel.Name) {
				tell("%s: only shared/function reads the environment and ends the process", f.pos(n))
			}
		}
		return true
	})
}

func namesSay(f file, tell func(string, ...any)) {
	for _, name := range []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc"} {
		if path.Base(f.room) == name || strings.TrimSuffix(path.Base(f.path), ".go") == name && f.room != "eventing" {
			tell("%s: the name does not say what is provided", f.path)
		}
	}
}

// maxWiring is how many lines a main.go may have below its configuration.
const maxWiring = 40

func TestMainIsWiringOnly(t *testing.T) {
	for _, f := range readFiles(t) {
		if !strings.HasPrefix(f.path, "functions/") || path.Base(f.path) != "main.go" {
			continue
		}
		for _, declared := range f.syntax.Decls {
			if _, isFunc := declared.(*ast.FuncDecl); !isFunc {
				continue
			}
			first, last := set.Position(declared.Pos()).Line, set.Position(f.syntax.End()).Line
			if last-first >= maxWiring {
				t.Errorf("%s has %d lines of code; a main is wiring", f.path, last-first+1)
			}
			break
		}
	}
}
