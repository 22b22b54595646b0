package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/catalogue"
)

// What a foreign catalogue calls its documents, and why they failed, is shown as text and leads nowhere.
func TestPageOfAHostileSource(t *testing.T) {
	const hostile = `"'></td><script>alert(1)</script>`
	run := catalogue.HarvestRun{
		ID: "1/" + hostile, Harvester: hostile, Status: catalogue.HarvestFailed, Error: hostile, Found: 7, Visited: 3, Nodes: 4,
		Failures: []catalogue.HarvestFailure{{Href: "javascript:alert(2)" + hostile, Reason: hostile}},
	}
	w := httptest.NewRecorder()
	list := harvests{[]catalogue.HarvestRun{run}, []link{{Rel: "next", Href: "javascript:alert(3)"}}, "https://perigee.example"}
	if err := answerPage(w, httptest.NewRequest(http.MethodGet, "/harvest-runs", nil), list); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	for _, bad := range []string{"<script", `="javascript:`} {
		if strings.Contains(body, bad) {
			t.Errorf("%s in %s", bad, body)
		}
	}
	for _, want := range []string{
		`href="https://perigee.example/harvest-runs/1%2F%22%27%3E%3C%2Ftd%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E"`, "javascript:alert(2)&#34;",
		`<span class="bad">failed</span>`, `<td class="n" data-name="Found">7</td>`, "3 of 4", "What failed",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}
