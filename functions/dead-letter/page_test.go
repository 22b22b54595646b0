package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue"
)

// Whatever an event calls itself, its page shows it as text, and its buttons post to this house alone.
func TestPageOfAHostileEvent(t *testing.T) {
	const hostile = `"'></td><script>alert(1)</script>/../../x?y#z`
	event, err := json.Marshal(map[string]string{"id": hostile, "data": "</pre>" + hostile})
	if err != nil {
		t.Fatal(err)
	}
	letter := catalogue.DeadLetter{ID: hostile, Type: hostile, Source: hostile, Subject: hostile, Workspace: hostile, Reason: hostile, Event: event}
	sent := letter
	sent.Event, sent.Replayed = nil, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w := httptest.NewRecorder()
	const base = "https://perigee.example"
	next := []link{{Rel: "next", Href: `javascript:alert("` + hostile + `")`}}
	if err := answerPage(w, httptest.NewRequest(http.MethodGet, "/dead-letters", nil), letters{[]catalogue.DeadLetter{letter, sent}, next, base}); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	for _, bad := range []string{"<script", "javascript:", "</pre>&"} {
		if strings.Contains(body, bad) {
			t.Errorf("%s in %s", bad, body)
		}
	}
	const escaped = "/dead-letters/%22%27%3E%3C%2Ftd%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E%2F..%2F..%2Fx%3Fy%23z"
	for _, want := range []string{`action="` + base + `/dead-letters/replay"`, `action="` + base + escaped + `/replay"`, `href="` + base + escaped + `"`, "large event", "2026-01-02 03:04:05"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self'") {
		t.Error(policy)
	}
}
