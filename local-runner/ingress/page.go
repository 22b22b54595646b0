package ingress

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed header.html overview.html way.html
var pages embed.FS

var templates = template.Must(template.New("").Funcs(words()).ParseFS(pages, "*.html"))

//go:embed page.css
var style []byte

//go:embed live.js
var script []byte

func asset(mediaType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(content) // the asker may be gone
	}
}

// wantsJSON decides by f= or the Accept header; a browser gets the page.
func wantsJSON(r *http.Request) bool {
	if f := r.FormValue("f"); f != "" {
		return f == "json"
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

func overview(h *House, w http.ResponseWriter, r *http.Request) {
	o, err := h.overview(r.Context())
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	if wantsJSON(r) {
		writeJSON(w, o)
		return
	}
	show(w, "overview.html", o)
}

// show writes a page, whole or not at all.
func show(w http.ResponseWriter, name string, shown any) {
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, shown); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes()) // the asker may be gone
}

// words are how the pages write figures.
func words() template.FuncMap {
	return template.FuncMap{
		"clock": func(t time.Time) string { return t.Local().Format("15:04:05.000") },
		"day":   func(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") },
		"ms": func(ms float64) string {
			if ms >= 1000 {
				return fmt.Sprintf("%.2f s", ms/1000)
			}
			return fmt.Sprintf("%.0f ms", ms)
		},
		"mb": func(b int64) string { return fmt.Sprintf("%.0f MB", float64(b)/1e6) },
		"local": func(url string) string {
			return strings.TrimSuffix(strings.TrimPrefix(url, "http://"), ".svc.cluster.local")
		},
		"bad": func(outcome string) bool { return outcome != "delivered" && outcome != "replied" },
	}
}
