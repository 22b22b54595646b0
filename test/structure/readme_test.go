package structure

import (
	"flag"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables anew")

// contract is what a function's package comment says of it.
type contract struct{ In, Out, Reads, Writes string }

var contractLine = regexp.MustCompile(`^(In|Out|Reads|Writes): (.*)$`)

// readContract finds the contract in the package comment of a function's main.go; a line that is indented or follows
// directly continues the one before.
func readContract(t *testing.T, function string) contract {
	t.Helper()
	syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "functions", function, "main.go"), nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	last := ""
	for line := range strings.SplitSeq(syntax.Doc.Text(), "\n") {
		line = strings.TrimSpace(line)
		if m := contractLine.FindStringSubmatch(line); m != nil {
			last = m[1]
			fields[last] = m[2]
		} else if line == "" {
			last = ""
		} else if last != "" {
			fields[last] += " " + line
		}
	}
	for _, key := range []string{"In", "Out", "Reads", "Writes"} {
		if fields[key] == "" {
			t.Errorf("functions/%s/main.go: the package comment has no line %q", function, key+": …")
		}
	}
	return contract{fields["In"], fields["Out"], fields["Reads"], fields["Writes"]}
}

func functionNames(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil || len(mains) == 0 {
		t.Fatalf("no functions: %v", err)
	}
	var names []string
	for _, main := range mains {
		names = append(names, filepath.Base(filepath.Dir(main)))
	}
	return names
}

// TestFunctionsTable holds the table of functions/README.md against the package comments. -update writes it.
func TestFunctionsTable(t *testing.T) {
	rows := []string{"| function | in | out | reads | writes | image |", "|---|---|---|---|---|---|"}
	for _, name := range functionNames(t) {
		c := readContract(t, name)
		rows = append(rows, "| "+strings.Join([]string{"[`" + name + "`](" + name + ")", c.In, c.Out, c.Reads, c.Writes, "`perigee/" + name + "`"}, " | ")+" |")
	}
	table := strings.Join(rows, "\n") + "\n"
	file := filepath.Join(root, "functions", "README.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)(^\|.*\n)+`).FindString(string(text))
	if found == table {
		return
	}
	if *update {
		os.WriteFile(file, []byte(strings.Replace(string(text), found, table, 1)), 0o644)
		return
	}
	t.Errorf("functions/README.md differs from the package comments (go test ./test/structure -update writes it):\n%s\nwant\n%s", found, table)
}

// entry is the first cell of a row: a name in back quotes, perhaps linked.
var entry = regexp.MustCompile("(?m)^\\| \\[?`([^`]+)`")

// TestReadmeTables holds the tables of the top folders' READMEs against what is there.
func TestReadmeTables(t *testing.T) {
	for folder, pattern := range map[string]string{
		"functions": "*/", "shared": "*/", "eventing": "*", "manifests": "*", "local-runner": "*/", "test": "*/",
	} {
		text, err := os.ReadFile(filepath.Join(root, folder, "README.md"))
		if err != nil {
			t.Error(err)
			continue
		}
		var named []string
		for _, m := range entry.FindAllStringSubmatch(string(text), -1) {
			named = append(named, strings.TrimSuffix(m[1], "/"))
		}
		if folder == "eventing" { // whose table is one of event types
			continue
		}
		there := list(t, filepath.Join(root, folder), pattern == "*/")
		for _, name := range there {
			if !slices.Contains(named, name) {
				t.Errorf("%s/README.md says nothing of %s", folder, name)
			}
		}
		for _, name := range named {
			if !slices.Contains(there, name) {
				t.Errorf("%s/README.md speaks of %s, which is not there", folder, name)
			}
		}
	}
}

func list(t *testing.T, folder string, foldersOnly bool) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() == "README.md" || e.Name() == "testdata" || (foldersOnly && !e.IsDir()) {
			continue
		}
		names = append(names, e.Name())
	}
	return names
}

// TestEventCatalogue holds the table of eventing/README.md against the event types that the code names.
func TestEventCatalogue(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "eventing", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, "eventing", "types.go"))
	if err != nil {
		t.Fatal(err)
	}
	constants := regexp.MustCompile(`(?m)^\tType\w+\s+= "([^"]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(constants) < 8 {
		t.Fatalf("only %d types were found in types.go", len(constants))
	}
	for _, c := range constants {
		if !strings.Contains(string(text), "`"+c[1]) {
			t.Errorf("eventing/README.md says nothing of %s", c[1])
		}
	}
	for _, m := range entry.FindAllStringSubmatch(string(text), -1) {
		if !slices.ContainsFunc(constants, func(c []string) bool { return strings.HasPrefix(m[1], c[1]) }) {
			t.Errorf("eventing/README.md speaks of %s, which the code does not know", m[1])
		}
	}
}

func TestTopLevelIsWhatWasAgreed(t *testing.T) {
	agreed := []string{"functions", "shared", "eventing", "manifests", "local-runner", "test", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "bin"}
	for _, name := range list(t, root, false) {
		if !slices.Contains(agreed, name) && !strings.HasPrefix(name, ".") {
			t.Errorf("%s does not belong to the top level", name)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines > 200 {
		t.Errorf("README.md has %d lines, 200 at most", lines)
	}
}
