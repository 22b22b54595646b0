package function

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What goes on for long comes piece by piece, compressed for who takes that, and is not whole when it was broken off.
func TestStreams(t *testing.T) {
	line := strings.Repeat(`{"type":"Feature"}`, 100) + "\n"
	url, _ := start(t, Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		connection := http.NewResponseController(w)
		for range 3 {
			_, _ = io.WriteString(w, line)
			_ = connection.Flush()
		}
		if r.URL.Path == "/broken" {
			_ = connection.SetWriteDeadline(time.Unix(1, 0))
		}
	})})
	for path, whole := range map[string]bool{"/": true, "/broken": false} {
		for _, coding := range []string{"gzip", "identity"} {
			r, err := http.NewRequest(http.MethodGet, url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", coding)
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if got := answer.Header.Get("Content-Encoding"); (got == "gzip") != (coding == "gzip") {
				t.Errorf("%s as %s: %q", path, coding, got)
			}
			body, err := readWhole(answer)
			answer.Body.Close()
			if (err == nil) != whole || whole && body != strings.Repeat(line, 3) {
				t.Errorf("%s as %s: %d bytes, %v", path, coding, len(body), err)
			}
		}
	}
}

func readWhole(answer *http.Response) (string, error) {
	var body io.Reader = answer.Body
	if answer.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			return "", err
		}
		body = unzipped
	}
	text, err := io.ReadAll(body)
	return string(text), err
}
