package page

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"perigee/shared/scope"
)

// hostile would leave a text, an attribute and a style, if it were let.
const hostile = `"'></td></style><script>alert(1)</script><a href=javascript:alert(2) x="`

// written is the answer with a page.
func written(t *testing.T, p Page) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/things/a%2Fb?limit=2", nil)
	r = r.WithContext(scope.NewContext(t.Context(), scope.Asked{Base: "https://perigee.example/workspaces/alice"}))
	w := httptest.NewRecorder()
	if err := Write(w, r, p); err != nil {
		t.Fatal(err)
	}
	return w
}

// RC-22: whatever a stranger named, nothing of it is markup, and nothing of it can be followed into a script.
func TestNothingOfAStrangerIsMarkup(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, address := range []string{hostile, "javascript:alert(3)", "JavaScript:alert(3)", " javascript:alert(3)", "java\tscript:alert(3)", "data:text/html,x",
		"vbscript:x", "//evil.example", "file:///etc/passwd", "https://evil.example/" + hostile} {
		body := written(t, Page{
			Title: hostile, Trail: []Anchor{{hostile, address}}, Here: hostile, JSON: address, Prev: Anchor{hostile, address}, Next: Anchor{hostile, address},
			Body: []Node{
				Text(hostile), Name(hostile), Paragraph(Text(hostile)), Section(hostile, Text(hostile)), Sheet(hostile, hostile, Code(hostile)), Bad(hostile), Note(hostile),
				Link(address, Text(hostile)), Picture(address, hostile), Unfold(hostile, hostile), Button(address, hostile), List(Text(hostile)),
				Facts(Fact{hostile, Text(hostile)}), Table([]Column{{Name: hostile}, {Name: "n", Numbers: true}}, []Node{Moment(at), Number(1)}, []Node{Text(hostile), nil}),
			},
		}).Body.String()
		if n := strings.Count(body, "<script"); n != 0 {
			t.Errorf("%q: %d scripts in %s", address, n, body)
		}
		if n := strings.Count(body, "</style>"); n != 1 {
			t.Errorf("%q: the style ends %d times", address, n)
		}
		for _, tag := range regexp.MustCompile(`<[a-z][^<>]*>`).FindAllString(body, -1) {
			if !regexp.MustCompile(`^<[a-z0-9]+( [a-z-]+(="[^"<>]*")?)*>$`).MatchString(tag) {
				t.Errorf("%q: the tag %s", address, tag)
			}
		}
		for _, followed := range regexp.MustCompile(` (?:href|src|action)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if followed[1] != "#content" && !strings.HasPrefix(followed[1], "https://") {
				t.Errorf("%q: %s can be followed", address, followed[1])
			}
		}
	}
}

func TestWeb(t *testing.T) {
	for href, want := range map[string]bool{
		"https://a.example/x": true, "http://127.0.0.1:8080/": true, "HTTPS://a.example": true, "": false, "https://": false, "s3://bucket/key": false,
		"javascript://a.example/%0aalert(1)": false, "\x01https://a.example": false, "/stac": false,
	} {
		if got := Web(href); (got != "") != want || want && got != href {
			t.Errorf("%q: %q", href, got)
		}
	}
}

// A browser runs nothing, loads nothing, and posts only where a page has buttons.
func TestPolicy(t *testing.T) {
	const always = "default-src 'none'; style-src 'sha256-"
	for want, p := range map[string]Page{
		"frame-ancestors 'self'; form-action 'none'":            {},
		"frame-ancestors 'self'; form-action 'self'":            {Forms: true},
		"frame-ancestors 'self'; form-action 'none'; img-src *": {Pictures: true},
	} {
		if got := written(t, p).Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, always) || !strings.HasSuffix(got, "='; base-uri 'none'; "+want) {
			t.Errorf("%+v: %s", p, got)
		}
	}
}

// The header and the footer keep to the workspace that was asked.
func TestEveryPageLeadsOn(t *testing.T) {
	body := written(t, Page{Title: "Things", Here: "/dead-letters", Next: Anchor{"Older", "https://perigee.example/things?token=x&limit=2"}}).Body.String()
	for _, want := range []string{
		"<title>Things · Perigee</title>", "<h1>Things</h1>",
		`<a href="https://perigee.example/workspaces/alice/">Map</a>`, `<a href="https://perigee.example/workspaces/alice/stac">Catalogue</a>`,
		`<a href="https://perigee.example/workspaces/alice/dead-letters" aria-current="page">Dead letters</a>`,
		`<a rel="next" href="https://perigee.example/things?token=x&amp;limit=2">Older</a>`,
		`<a href="https://perigee.example/workspaces/alice/things/a%2Fb?f=json&amp;limit=2">The same as JSON</a>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
}

func TestTableAlignsNumbers(t *testing.T) {
	var b strings.Builder
	err := Table([]Column{{Name: "Name"}, {Name: "Found", Numbers: true}}, []Node{Text("all"), Number(12)}, []Node{nil, Number(-3)}).Render(&b)
	const want = `<table><thead><tr><th scope="col">Name</th><th scope="col" class="n">Found</th></tr></thead>` +
		`<tbody><tr><td data-name="Name">all</td><td class="n" data-name="Found">12</td></tr><tr><td data-name="Name"></td><td class="n" data-name="Found">-3</td></tr></tbody></table>`
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}

func TestNamesBreakAtTheirJoints(t *testing.T) {
	var b strings.Builder
	if err := Group(Name("s3://a/b_c.json"), Text(" "), Name(`</"`), Name("")).Render(&b); err != nil || b.String() != "s3:/<wbr>/<wbr>a/<wbr>b_<wbr>c.<wbr>json &lt;/<wbr>&#34;" {
		t.Errorf("%v %s", err, b.String())
	}
}
