package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever an item or a layer is called, the page of layers shows it as text.
func TestPageOfAHostileLayer(t *testing.T) {
	const hostile = `"'></code><script>alert(1)</script>`
	l := layer{Name: hostile, Title: hostile, Abstract: hostile, Tiles: hostile, TileJSON: "javascript:alert(2)" + hostile, Bounds: &[4]float64{14, 46, 15.5, 47}, Dates: []string{"2024-05-06"}, Start: hostile, End: hostile}
	outer := l
	outer.Layers = []layer{l}
	w := httptest.NewRecorder()
	list := layerList{Title: hostile, Abstract: hostile, Self: hostile, Capabilities: "javascript:alert(3)", Layers: []layer{outer}}
	if err := answerPage(w, httptest.NewRequest(http.MethodGet, "/cache/", nil), list); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	for _, bad := range []string{"<script", `="javascript:`} {
		if strings.Contains(body, bad) {
			t.Errorf("%s in %s", bad, body)
		}
	}
	for _, want := range []string{`<section class="sheet" id="&#34;&#39;&gt;`, "14, 46, 15.5, 47", "1, from &#34;"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}
