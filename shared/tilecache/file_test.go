package tilecache

import (
	"bytes"
	"testing"

	"perigee/shared/fault"
)

// FuzzFile checks that a file that is read as a tile is one that would be written so, and any other is not there.
func FuzzFile(f *testing.F) {
	for _, text := range []string{"", magic, magic + "Content-Type: image/png\nContent-Length: 2\nperigee-revision: 1\n\nab", magic + "Content-Length: 2\n\na", magic + "a: b: c\n: \n\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := decodeFile(text)
		if err != nil {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%q gives %v", text, err)
			}
			return
		}
		head, err := encodeHead(o)
		if err != nil {
			return // larger than what is written
		}
		again, err := decodeFile(append(head, o.Body...))
		if err != nil || !bytes.Equal(again.Body, o.Body) || again.MediaType != o.MediaType || len(again.Metadata) != len(o.Metadata) {
			t.Errorf("%q becomes %+v, %v", text, again, err)
		}
	})
}
