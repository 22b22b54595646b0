package function

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// pair is both ends of a connection.
func pair(t *testing.T) (*connection, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := connections{listener}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near.(*connection), far
}

func TestPiecesGoOutTogether(t *testing.T) {
	rest := strings.Repeat("r", 3*pieceBytes)
	for name, c := range map[string]struct {
		pieces []string
		held   int // after the first
	}{
		"a head and the rest":   {[]string{"head", rest}, 4},
		"a head that is alone":  {[]string{"head"}, 4},
		"a full piece":          {[]string{rest[:pieceBytes], rest, "tail"}, pieceBytes},
		"a large piece is sent": {[]string{rest, "tail"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			near.hold()
			for i, p := range c.pieces {
				if n, err := near.Write([]byte(p)); n != len(p) || err != nil {
					t.Fatalf("piece %d: %d of %d bytes, %v", i, n, len(p), err)
				}
				if i == 0 && len(near.held) != c.held {
					t.Errorf("%d bytes are held back, not %d", len(near.held), c.held)
				}
			}
			if err := near.release(); err != nil {
				t.Fatal(err)
			}
			near.Close()
			got, err := io.ReadAll(far)
			if want := strings.Join(c.pieces, ""); err != nil || string(got) != want {
				t.Errorf("%d bytes came, not %d, %v", len(got), len(want), err)
			}
		})
	}
}

func TestWritingToWhoIsGone(t *testing.T) {
	near, _ := pair(t)
	near.hold()
	if _, err := near.Write([]byte("head")); err != nil {
		t.Fatal(err)
	}
	near.TCPConn.Close()
	if n, err := near.Write(make([]byte, 2*pieceBytes)); n != 0 || err == nil {
		t.Errorf("%d bytes were written to a closed connection, %v", n, err)
	}
	if err := near.release(); err != nil {
		t.Errorf("what was lost is held back still: %v", err)
	}
}

// Answers of all sizes are whole, whether their length is told or not, one after the other on a connection.
func TestAnswersAreWhole(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.FormValue("size"))
		body := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		w.Header().Set("Content-Type", "image/png")
		if r.FormValue("told") != "" {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		}
		half := size / 2
		if r.FormValue("parts") == "" {
			half = 0
		}
		w.Write(body[:half])
		w.Write(body[half:])
	})
	address, _ := start(t, Server{Handler: handler})
	for _, size := range []int{0, 1, 2048, pieceBytes - 1, pieceBytes, pieceBytes + 1, 45000, 1 << 20} {
		for _, query := range []string{"", "&told=1", "&parts=1", "&told=1&parts=1"} {
			status, body := get(t, address+"/?size="+strconv.Itoa(size)+query)
			if want := strings.Repeat("0123456789abcdef", size/16+1)[:size]; status != 200 || body != want {
				t.Errorf("%d bytes%s: %d, %d bytes", size, query, status, len(body))
			}
		}
		answer, err := http.Head(address + "/?told=1&size=" + strconv.Itoa(size))
		if err != nil || answer.ContentLength != int64(size) {
			t.Errorf("HEAD of %d bytes: %v, %v", size, answer, err)
		}
	}
}
