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

func (f file) pos(set *token.FileSet, n ast.Node) string {
	return f.path + ":" + strconv.Itoa(set.Position(n.Pos()).Line)
}

func readFiles(t *testing.T) ([]file, *token.FileSet) {
	t.Helper()
	set := token.NewFileSet()
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
		syntax, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		f := file{path: rel, room: path.Dir(rel), syntax: syntax}
		f.test = strings.HasSuffix(rel, "_test.go") || strings.HasSuffix(f.room, "test") || strings.HasPrefix(rel, "test/")
		for _, spec := range syntax.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			f.imports = append(f.imports, imported)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d Go files were found below %s", len(files), root)
	}
	return files, set
}

// floors names the floor of the house that each room of shared lies on.
var floors = map[string][]string{
	"vocabulary": {"fault", "filter", "geo", "grid", "product", "record", "scope", "stac", "trace"},
	"encoding":   {"dublincore"},
	"protocol":   {"csw", "ogcapi", "ows", "stacapi", "wms", "wmts"},
	"door":       {"bucket", "catalogue", "identity", "raster", "tilecache"},
	"process":    {"function"},
}

// allowed says which floors a floor may import, and why not others.
var allowed = map[string]struct {
	floors []string
	why    string
}{
	"function":     {[]string{"eventing", "vocabulary", "encoding", "protocol", "door", "process"}, "a function never imports another: they talk by events and requests"},
	"local-runner": {[]string{"local-runner", "eventing", "vocabulary", "door", "manifests"}, "the local stage runs the binaries that the cluster runs; it never imports a function"},
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

func TestWhoMayImportWhom(t *testing.T) {
	files, _ := readFiles(t)
	for _, f := range files {
		for _, imported := range f.imports {
			room, ours := strings.CutPrefix(imported, "perigee/")
			if !ours {
				continue
			}
			if strings.HasPrefix(room, "functions/") && room != f.room {
				t.Errorf("%s imports %s: %s", f.path, imported, allowed["function"].why)
			}
			if f.test {
				continue
			}
			rule, known := allowed[floorOf(f.room)]
			if !known {
				t.Errorf("%s lies on no floor", f.path)
				continue
			}
			sameRoom := strings.HasPrefix(room+"/", strings.Join(strings.SplitN(f.room, "/", 3)[:min(2, strings.Count(f.room, "/")+1)], "/")+"/")
			if !sameRoom && !slices.Contains(rule.floors, floorOf(room)) {
				t.Errorf("%s imports %s: %s", f.path, imported, rule.why)
			}
			if strings.HasSuffix(room, "test") {
				t.Errorf("%s imports %s, which supports tests only", f.path, imported)
			}
			if room == "shared/raster" && f.room != "functions/render" {
				t.Errorf("%s imports shared/raster: only render links GDAL, so that every other function is static and small", f.path)
			}
		}
	}
}

// doors names the only places that may import a third party's packages.
var doors = map[string][]string{
	"github.com/jackc/pgx":         {"shared/catalogue", "local-runner/postgres"},
	"github.com/pressly/goose":     {"shared/catalogue"},
	"github.com/airbusgeo/godal":   {"shared/raster", "test/scenes"},
	"github.com/aws/":              {"shared/bucket", "local-runner/s3/telling"},
	"github.com/versity/versitygw": {"local-runner/s3"},
	"github.com/nats-io":           {"local-runner/broker", "local-runner/notify"},
	"github.com/coreos/go-oidc":    {"shared/identity"},
	"github.com/kelseyhightower":   {"shared/function"},
	"k8s.io/":                      {},
	"github.com/VictoriaMetrics":   {"shared/function"},
	"github.com/goccy/go-yaml":     {"shared/product", "local-runner/manifest"},
}

func TestEachHeavyDependencyHasOneDoor(t *testing.T) {
	files, _ := readFiles(t)
	for _, f := range files {
		if strings.HasSuffix(f.path, "_test.go") || strings.HasSuffix(f.room, "test") {
			continue
		}
		for _, imported := range f.imports {
			for third, rooms := range doors {
				inside := slices.ContainsFunc(rooms, func(room string) bool { return f.room == room || strings.HasPrefix(f.room, room+"/") })
				if strings.HasPrefix(imported, third) && !inside {
					t.Errorf("%s imports %s, whose door is %v", f.path, imported, rooms)
				}
			}
			if imported == "text/template" {
				t.Errorf("%s imports text/template: documents are made from types, which escape", f.path)
			}
		}
	}
}

func TestVocabularyNeedsLittle(t *testing.T) {
	files, _ := readFiles(t)
	may := []string{"perigee/", "github.com/paulmach/orb"}
	for _, f := range files {
		if floorOf(f.room) != "vocabulary" || f.test {
			continue
		}
		for _, imported := range f.imports {
			first, _, _ := strings.Cut(imported, "/")
			known := !strings.Contains(first, ".") || slices.ContainsFunc(may, func(p string) bool { return strings.HasPrefix(imported, p) })
			if !known && !(f.room == "shared/product" && strings.HasPrefix(imported, "github.com/goccy/go-yaml")) {
				t.Errorf("%s imports %s: the vocabulary needs the standard library and orb only", f.path, imported)
			}
			if imported == "net/http" && f.room != "shared/fault" && f.room != "shared/trace" {
				t.Errorf("%s imports net/http: the vocabulary does no I/O", f.path)
			}
		}
	}
}

// forbidden are the calls that belong to one place, and the declarations that belong nowhere.
func TestOnlyFunctionReadsTheEnvironmentAndEnds(t *testing.T) {
	files, set := readFiles(t)
	for _, f := range files {
		if f.test || strings.HasPrefix(f.room, "local-runner") || f.room == "shared/function" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if decl, ok := n.(*ast.FuncDecl); ok && decl.Recv == nil && decl.Name.Name == "init" {
				t.Errorf("%s: an init function hides what main should say", f.pos(set, n))
			}
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			switch owner, _ := call.X.(*ast.Ident); {
			case owner == nil:
			case owner.Name == "os" && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, call.Sel.Name):
				t.Errorf("%s: only shared/function reads the environment", f.pos(set, n))
			case owner.Name == "os" && call.Sel.Name == "Exit", owner.Name == "log" && strings.HasPrefix(call.Sel.Name, "Fatal"):
				t.Errorf("%s: only function.Main ends the process", f.pos(set, n))
			}
			return true
		})
	}
}

func TestNamesSayWhatIsProvided(t *testing.T) {
	files, _ := readFiles(t)
	for _, f := range files {
		for _, name := range []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc"} {
			if path.Base(f.room) == name || strings.TrimSuffix(path.Base(f.path), ".go") == name && f.room != "eventing" {
				t.Errorf("%s: the name does not say what is provided", f.path)
			}
		}
	}
}

// maxWiring is how many lines a main.go may have below its configuration.
const maxWiring = 40

func TestMainIsWiringOnly(t *testing.T) {
	files, set := readFiles(t)
	for _, f := range files {
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
