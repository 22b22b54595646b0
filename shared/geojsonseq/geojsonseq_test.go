package geojsonseq

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"perigee/shared/fault"
)

// all reads what there is; a failure stands among the objects.
func all(in io.Reader, limit int) string {
	var got []string
	for r := NewReader(in, limit); ; {
		text, err := r.Next()
		switch {
		case err == io.EOF:
			return strings.Join(got, " ")
		case fault.KindOf(err) == fault.Invalid:
			got = append(got, fmt.Sprintf("%d:!", r.Line()))
		case err != nil:
			return strings.Join(append(got, err.Error()), " ")
		default:
			got = append(got, fmt.Sprintf("%d:%s", r.Line(), text))
		}
	}
}

func TestReader(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for in, want := range map[string]string{
		"":                           "",
		"\n\r\n \n":                  "",
		`{"a":1}`:                    `1:{"a":1}`,
		"{}\n{}\r\n\n {} \n":         "1:{} 2:{} 4:{}",
		"\x1e{}\n\x1e{\"a\":1}\n":    `1:{} 2:{"a":1}`,
		"\x1e\n{}":                   "2:{}",
		"1\n" + long + "\n2":         "1:1 2:! 3:2",
		long:                         "1:!",
		"1\n" + long[:90_000] + "\n": "1:1 2:" + long[:90_000],
	} {
		for _, r := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
			if got := all(r, 100_000); got != want {
				t.Errorf("%.40q: %.80q", in, got)
			}
		}
	}
	if got := all(io.MultiReader(strings.NewReader("1\n2"), iotest.ErrReader(io.ErrUnexpectedEOF)), 10); got != "1:1 unexpected EOF" {
		t.Error(got)
	}
}

func TestWriter(t *testing.T) {
	for _, c := range []struct {
		of   func(io.Writer) *Writer
		want string
	}{{NewLines, "{\"a\":1.0,\"b\":\" <\\u00e9>\"}\n[]\n"}, {NewSequence, "\x1e{\"a\":1.0,\"b\":\" <\\u00e9>\"}\n\x1e[]\n"}} {
		var out bytes.Buffer
		w := c.of(&out)
		for _, object := range []string{"{ \"a\":\n1.0,\t\"b\": \" <\\u00e9>\"}\n", "[ ]"} {
			if err := w.Write([]byte(object)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil || out.String() != c.want {
			t.Errorf("%q, %v", out.String(), err)
		}
		if w.Write([]byte("{")) == nil {
			t.Error("half an object is written")
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("\x1e{}\n{}\n"), 10)
	f.Fuzz(func(t *testing.T, in []byte, limit int) {
		limit = limit&0xff + 1
		r := NewReader(bytes.NewReader(in), limit)
		for {
			text, err := r.Next()
			if err == io.EOF {
				return
			}
			if err != nil && fault.KindOf(err) != fault.Invalid || len(text) > limit || bytes.ContainsRune(text, '\n') {
				t.Fatalf("%q %v", text, err)
			}
		}
	})
}
