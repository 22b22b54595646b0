package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/record"
)

// Whatever a document calls itself, the page of registrations shows it as text and leads nowhere.
func TestPageOfAHostileDocument(t *testing.T) {
	const hostile = `"'></td><script>alert(1)</script>`
	w := httptest.NewRecorder()
	list := registrations{
		[]record.Registration{
			{Href: "javascript:alert(2)" + hostile, Collection: hostile, ID: hostile, Status: failed, Error: hostile, Took: 0.206},
			{ID: "good", Status: registered, Outcome: record.Outcome(hostile)},
		},
		[]link{{Rel: "next", Href: "javascript:alert(3)"}},
	}
	if err := answerPage(w, httptest.NewRequest(http.MethodGet, "/registrations", nil), list); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	for _, bad := range []string{"<script", `="javascript:`} {
		if strings.Contains(body, bad) {
			t.Errorf("%s in %s", bad, body)
		}
	}
	for _, want := range []string{`<span class="bad">failed</span>`, "javascript:alert(2)&#34;", `<td class="n" data-name="Took">0.21 s</td>`, `registered<span class="note"> (&#34;`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}
