package tilecache_test

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/tilecache"
	"perigee/shared/tilecache/tilecachetest"
)

func block() tilecache.Block {
	start := time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC)
	return tilecache.Block{Cols: 2, Rows: 2, Tile: tilecache.Tile{
		Workspace: "w", Layer: "S2L2A__NDVI", Style: "default", Set: grid.WGS84, At: grid.Tile{Z: 7, Col: 130, Row: 40}, Format: tilecache.PNG,
		Time: record.Interval{Start: start, End: start.AddDate(0, 0, 1)},
	}}
}

func renderAll(t *testing.T, d *tilecachetest.Drawing) (drawn []tilecache.Drawn, err error) {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	r, err := tilecache.NewRemote(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	for tile, e := range r.Render(t.Context(), block()) {
		if e != nil {
			return drawn, e
		}
		drawn = append(drawn, tile)
	}
	return drawn, nil
}

func TestRenderAsksForABlockAndReadsItsTiles(t *testing.T) {
	d := &tilecachetest.Drawing{}
	drawn, err := renderAll(t, d)
	if err != nil || len(drawn) != 4 {
		t.Fatalf("%d tiles, %v", len(drawn), err)
	}
	last := drawn[3]
	if last.Col != 131 || last.Row != 41 || last.Empty || last.MediaType != "image/png" || !strings.HasPrefix(string(last.Body), "S2L2A__NDVI 2024-05-06T00:00:00Z/2024-05-07T00:00:00Z 7/131/41") {
		t.Errorf("the last tile is %+v %q", last, last.Body)
	}
	want := "/internal/tiles?col=130&cols=2&format=image%2Fpng&grid=WGS84&layer=S2L2A__NDVI&row=40&rows=2&style=default&time=2024-05-06T00%3A00%3A00Z%2F2024-05-07T00%3A00%3A00Z&workspace=w&z=7"
	if d.Asked[0] != want {
		t.Errorf("asked %s, want %s", d.Asked[0], want)
	}
}

func TestRenderTakesEmptyTiles(t *testing.T) {
	drawn, err := renderAll(t, &tilecachetest.Drawing{Part: func(_ io.Writer, m *multipart.Writer, h textproto.MIMEHeader, _ int) bool {
		h.Set("Tile-Empty", "true")
		_, _ = m.CreatePart(h)
		return true
	}})
	if err != nil || len(drawn) != 4 || !drawn[2].Empty {
		t.Errorf("%+v, %v", drawn, err)
	}
}

func TestRenderRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		status  int
		body    string
		kind    fault.Kind
		locator string
		text    string
	}{
		"unknown layer": {404, `{"detail":"there is no layer \"x\""}`, fault.NotFound, "layer", `there is no layer "x"`},
		"bad request":   {400, `{"detail":"no such style","locator":"style"}`, fault.Invalid, "style", "no such style"},
		"busy":          {503, `{"detail":"too many maps at once"}`, fault.Unavailable, "", "too many maps at once"},
		"broken":        {500, `<html>`, fault.Unavailable, "", "500"},
		"elsewhere":     {302, ``, fault.Unavailable, "", "302"},
	} {
		_, err := renderAll(t, &tilecachetest.Drawing{Fail: func(w http.ResponseWriter) {
			w.WriteHeader(test.status)
			_, _ = io.WriteString(w, test.body)
		}})
		if fault.KindOf(err) != test.kind || fault.LocatorOf(err) != test.locator || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v (%v at %q)", name, err, fault.KindOf(err), fault.LocatorOf(err))
		}
	}
}

func TestRenderAnswersThatCannotBeUsed(t *testing.T) {
	type header = textproto.MIMEHeader
	good := func(m *multipart.Writer, h header, body string) {
		if p, err := m.CreatePart(h); err == nil { // else the client has gone
			_, _ = io.WriteString(p, body)
		}
	}
	for name, test := range map[string]struct {
		part  func(io.Writer, *multipart.Writer, header, int) bool
		tiles int
	}{
		"cut between tiles": {func(_ io.Writer, m *multipart.Writer, h header, i int) bool { good(m, h, "x"); return i < 1 }, 1},
		"cut in a tile": {func(w io.Writer, m *multipart.Writer, h header, i int) bool {
			good(m, h, "half of a ti")
			return i < 2
		}, 2},
		"without a place": {func(_ io.Writer, m *multipart.Writer, h header, i int) bool {
			h.Del("Tile-Col")
			good(m, h, "x")
			return true
		}, 0},
		"of another type": {func(_ io.Writer, m *multipart.Writer, h header, i int) bool {
			h.Set("Content-Type", "text/html")
			good(m, h, "x")
			return true
		}, 0},
		"without a pixel": {func(_ io.Writer, m *multipart.Writer, h header, i int) bool { good(m, h, ""); return true }, 0},
		"without a limit": {func(_ io.Writer, m *multipart.Writer, h header, i int) bool {
			good(m, h, strings.Repeat("x", 4<<20+1))
			return true
		}, 0},
		"not in parts":     {nil, 0},
		"without anything": {func(io.Writer, *multipart.Writer, header, int) bool { return false }, 0},
	} {
		d := &tilecachetest.Drawing{Part: test.part}
		if test.part == nil {
			d.Fail = func(w http.ResponseWriter) { _, _ = io.WriteString(w, "hello") }
		}
		drawn, err := renderAll(t, d)
		if fault.KindOf(err) != fault.Unavailable || len(drawn) != test.tiles {
			t.Errorf("%s: %d tiles, %v", name, len(drawn), err)
		}
	}
}

func TestRendererThatIsAway(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	r, err := tilecache.NewRemote(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Render(context.Background(), block()) {
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a renderer that is away gives %v", err)
		}
	}
	for _, wrong := range []string{"", "render", "/internal", "http://"} {
		if _, err := tilecache.NewRemote(wrong); fault.LocatorOf(err) != "RENDER_URL" {
			t.Errorf("RENDER_URL %q gives %v", wrong, err)
		}
	}
}

// Who draws is told whether anybody waits for the tiles.
func TestBackground(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("background"))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	r, err := tilecache.NewRemote(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []*tilecache.Remote{r, r.Background()} {
		for range one.Render(t.Context(), block()) {
		}
	}
	if len(asked) != 2 || asked[0] != "" || asked[1] != "true" {
		t.Errorf("%q", asked)
	}
}
