package story

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// maxBinary keeps an image that holds nothing but a function below 25 MB.
const maxBinary = 25_000_000

// TestFunctionsAreSmall looks at the programs that `make build` made. None of them may call methods by names that are not
// known before it runs, as templates do: the linker would keep every exported method of every type in use.
func TestFunctionsAreSmall(t *testing.T) {
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("no functions: %v", err)
	}
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		program, err := os.ReadFile(filepath.Join("../../bin", name))
		if err != nil {
			t.Fatalf("%v: run `make build` first, or `make test`", err)
		}
		if len(program) > maxBinary {
			t.Errorf("%s has %d bytes, %d at most", name, len(program), maxBinary)
		}
		if bytes.Contains(program, []byte("reflect.Value.MethodByName")) {
			t.Errorf("%s calls methods by name: something of it runs text/template, or envconfig's Usage", name)
		}
	}
}
