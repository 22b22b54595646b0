// Package tilecachetest gives tests a renderer that draws words.
package tilecachetest

import (
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"sync"
)

// Drawing is a renderer as functions ask it: it remembers the requests, and draws tiles that tell what they are.
type Drawing struct {
	mu    sync.Mutex
	Asked []string
	Part  func(io.Writer, *multipart.Writer, textproto.MIMEHeader, int) bool // writes the i-th part; nil: a good one; false: the answer ends
	Fail  func(http.ResponseWriter)                                          // answers instead
}

// ServeHTTP answers a request for a block of tiles.
func (d *Drawing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.Asked = append(d.Asked, r.URL.Path+"?"+r.URL.RawQuery)
	round, part, fail := len(d.Asked), d.Part, d.Fail
	d.mu.Unlock()
	if fail != nil {
		fail(w)
		return
	}
	q := r.URL.Query()
	number := func(name string) int { n, _ := strconv.Atoi(q.Get(name)); return n }
	m := multipart.NewWriter(w)
	w.Header().Set("Content-Type", "multipart/mixed; boundary="+m.Boundary())
	for i := range number("cols") * number("rows") {
		col, row := number("col")+i%number("cols"), number("row")+i/number("cols")
		h := textproto.MIMEHeader{"Content-Type": {q.Get("format")}, "Tile-Col": {strconv.Itoa(col)}, "Tile-Row": {strconv.Itoa(row)}, "Tile-Empty": {"false"}}
		if part != nil {
			if !part(w, m, h, i) {
				return
			}
			continue
		}
		p, _ := m.CreatePart(h)
		fmt.Fprintf(p, "%s %s %d/%d/%d #%d", q.Get("layer"), q.Get("time"), number("z"), col, row, round)
	}
	m.Close()
}

// FailWith lets every request from now on be answered by fail; nil draws again.
func (d *Drawing) FailWith(fail func(http.ResponseWriter)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Fail = fail
}

// Rounds is how many blocks were asked for.
func (d *Drawing) Rounds() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.Asked)
}
