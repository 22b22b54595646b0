package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseLog(t *testing.T) {
	for line, want := range map[string]said{
		`{"time":"x","level":"INFO","msg":"read","href":"s3://a"}`:                          {detail, "read href=s3://a"},
		`{"level":"WARN","msg":"slow","seconds":3,"function":"csw","traceparent":"00-1-2"}`: {warning, "slow seconds=3"},
		`{"level":"ERROR+4","msg":"gone","error":{"b":1}}`:                                  {failure, "gone error=map[b:1]"},
		`{"msg":"no level"}`: {detail, "no level"},
	} {
		if got, ok := parseLog(line); !ok || got != want {
			t.Errorf("%s: %+v %t, want %+v", line, got, ok, want)
		}
	}
	for _, line := range []string{"", "panic: oh", "{", `{"level":"ERROR"}`, `{"msg":1}`, "[]"} {
		if got, ok := parseLog(line); ok {
			t.Errorf("%q: %+v", line, got)
		}
		if inWords(line) != line {
			t.Errorf("%q is not kept as it is", line)
		}
	}
}

// FuzzParseLog feeds what a program may print.
func FuzzParseLog(f *testing.F) {
	f.Add(`{"level":"WARN","msg":"slow"}`)
	f.Add("panic: runtime error")
	f.Fuzz(func(t *testing.T, line string) {
		if got, ok := parseLog(line); ok && got.level > failure {
			t.Errorf("%+v", got)
		}
	})
}

// A log that has grown large is put aside once; what is written then is not lost.
func TestLogIsPutAside(t *testing.T) {
	dir := t.TempDir()
	l, err := openLog(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	l.size = maxLog
	l.write("the last of the old")
	l.write("the first of the new")
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	if err := l.close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	l.write("nobody hears this")
	for name, want := range map[string]string{"a.log.old": "the last of the old\n", "a.log": "the first of the new\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	again, err := openLog(dir, "a")
	if err != nil || again.size != int64(len("the first of the new\n")) {
		t.Errorf("opened again: %+v, %v", again, err)
	}
	if err := again.close(); err != nil {
		t.Error(err)
	}
	if _, err := openLog(filepath.Join(dir, "nowhere"), "a"); err == nil || !strings.Contains(err.Error(), "opening a log") {
		t.Errorf("in a folder that is not there: %v", err)
	}
}
