package gate

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What is behind a gate is answered while it is open, and refused while it is shut; nobody else can listen there meanwhile.
func TestGate(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	defer server.Close()
	g := New(t, "127.0.0.1:0")
	g.Lead(strings.TrimPrefix(server.URL, "http://"))
	for range 3 {
		connection, err := net.Dial("tcp", g.Address())
		if err != nil {
			t.Fatal(err)
		}
		if body := get(t, g); body != "here" {
			t.Errorf("open, it answers %q", body)
		}
		g.Shut()
		if _, err := connection.Read(make([]byte, 1)); err == nil {
			t.Error("a connection outlives the gate")
		}
		if body := get(t, g); !strings.Contains(body, "connection refused") {
			t.Errorf("shut, it answers %q", body)
		}
		if other, err := net.Listen("tcp", g.Address()); err == nil {
			t.Error("somebody else listens at ", other.Addr())
		}
		g.Open()
	}
}

// get is what is answered, or why nothing is.
func get(t *testing.T, g *Gate) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get("http://" + g.Address())
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}
