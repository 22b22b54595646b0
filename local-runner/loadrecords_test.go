package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// recordHouse plays the catalogue of a house: it asks for at most a hundred records at once, writes whole transactions or nothing,
// and takes no record whose title is bad.
type recordHouse struct {
	mu      sync.Mutex
	titles  map[string]string
	largest int                 // records of a transaction
	asked   int                 // requests
	order   map[string][]string // the titles that records had, one after the other
}

type recordRequest struct {
	XMLName xml.Name
	IDs     []string     `xml:"Id"`
	Inserts []recordSent `xml:"Insert>Record"`
	Updates []recordSent `xml:"Update>Record"`
}

type recordSent struct {
	ID    string `xml:"identifier"`
	Title string `xml:"title"`
}

func (h *recordHouse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	var q recordRequest
	if err := xml.NewDecoder(r.Body).Decode(&q); err != nil {
		h.refuse(w, err.Error())
		return
	}
	if q.XMLName.Local == "GetRecordById" {
		h.find(w, q.IDs)
		return
	}
	for _, s := range q.Inserts {
		if _, there := h.titles[s.ID]; there {
			h.refuse(w, "the record "+s.ID+" is there already")
			return
		}
	}
	for _, s := range slices.Concat(q.Inserts, q.Updates) {
		if s.Title == "bad" {
			h.refuse(w, "its title is bad")
			return
		}
	}
	once := map[string]bool{}
	for _, s := range slices.Concat(q.Inserts, q.Updates) {
		if once[s.ID] {
			h.refuse(w, s.ID+" is changed more than once")
			return
		}
		once[s.ID] = true
	}
	for _, s := range slices.Concat(q.Inserts, q.Updates) {
		h.titles[s.ID] = s.Title
		if h.order != nil {
			h.order[s.ID] = append(h.order[s.ID], s.Title)
		}
	}
	h.largest = max(h.largest, len(q.Inserts)+len(q.Updates))
	fmt.Fprintf(w, `<t:TransactionResponse xmlns:t="urn:t"><t:TransactionSummary><t:totalInserted>%d</t:totalInserted><t:totalUpdated>%d</t:totalUpdated></t:TransactionSummary></t:TransactionResponse>`,
		len(q.Inserts), len(q.Updates))
}

func (h *recordHouse) find(w http.ResponseWriter, ids []string) {
	if len(ids) > 100 {
		h.refuse(w, "more than 100 identifiers at once")
		return
	}
	io.WriteString(w, "<r>")
	for _, id := range ids {
		if _, there := h.titles[id]; there {
			fmt.Fprintf(w, "<BriefRecord><identifier>%s</identifier></BriefRecord>", id)
		}
	}
	io.WriteString(w, "</r>")
}

func (h *recordHouse) refuse(w http.ResponseWriter, why string) {
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `<ExceptionReport xmlns="http://www.opengis.net/ows"><Exception exceptionCode="NoApplicableCode"><ExceptionText>%s</ExceptionText></Exception></ExceptionReport>`, why)
}

// load loads files, each a line "identifier title", and gives what was told of them and of all.
func (h *recordHouse) load(t *testing.T, replace bool, lines ...string) (out, said string, err error) {
	t.Helper()
	folder := t.TempDir()
	var files []string
	for i, line := range lines {
		id, title, _ := strings.Cut(line, " ")
		name := filepath.Join(folder, fmt.Sprintf("%05d.xml", i))
		text := `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>` + id + `</dc:identifier><dc:title>` + title + `</dc:title></csw:Record>`
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	var o, e bytes.Buffer
	x := &transfer{client: client{url: server.URL, http: server.Client()}, say: &speaker{out: &e}, patience: time.Nanosecond}
	err = (&loading{transfer: x, out: &o, replace: replace}).run(context.Background(), files)
	return o.String(), e.String(), err
}

func many(n int, title string) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("r%d %s", i, title)
	}
	return lines
}

// Thousands of files are loaded in few transactions; loaded again each is told, or replaced.
func TestLoadRecords(t *testing.T) {
	h := &recordHouse{titles: map[string]string{}}
	if _, said, err := h.load(t, false, many(2500, "one")...); err != nil || !strings.Contains(said, "created 2500, replaced 0, left as they were 0, failed 0") || h.largest != loadDocuments {
		t.Fatalf("%v %s, %d at once", err, said, h.largest)
	}
	out, said, err := h.load(t, false, many(300, "two")...)
	if err != nil || !strings.Contains(said, "created 0, replaced 0, left as they were 300, failed 0") || strings.Count(out, "already; -y replaces it") != 300 {
		t.Errorf("%v %s %s", err, said, out)
	}
	if _, said, err = h.load(t, true, append(many(300, "two"), "new one")...); err != nil || !strings.Contains(said, "created 1, replaced 300,") || h.titles["r7"] != "two" || h.titles["r300"] != "one" {
		t.Errorf("%v %s", err, said)
	}
}

// A bad file costs no other, and of files with the same record the last counts where it may replace.
func TestLoadRecordsOneByOne(t *testing.T) {
	h := &recordHouse{titles: map[string]string{}}
	lines := append(many(150, "one"), "r7 two", "x bad", "r8 two")
	out, said, err := h.load(t, true, lines...)
	if err != exitCode(exitFailed) || !strings.Contains(said, "created 150, replaced 2, left as they were 0, failed 1") || !strings.Contains(out, "00151.xml: its title is bad") {
		t.Errorf("%v %s %s", err, said, out)
	}
	if h.titles["r7"] != "two" || h.titles["r8"] != "two" || h.titles["r9"] != "one" {
		t.Errorf("%v", h.titles)
	}
}

// RC-17: of files with the same records each waits for those before it and for no others: they are written in their order, in few transactions, and
// the last counts; where nothing is replaced the first does, and no other is sent.
func TestLoadRecordsInTurns(t *testing.T) {
	for name, c := range map[string]struct {
		line func(i int) string // of 600 files
		ids  int
		most int // requests that are made where records are replaced
	}{
		"in pairs":      {func(i int) string { return fmt.Sprintf("r%d v%d", i/2, i) }, 300, 2},
		"one by one":    {func(i int) string { return fmt.Sprintf("r%d v%d", i%10, i) }, 10, 60},
		"in rows":       {func(i int) string { return fmt.Sprintf("r%d v%d", i/60, i) }, 10, 60},
		"all but some":  {func(i int) string { return fmt.Sprintf("r%d v%d", max(i, 100), i) }, 500, 101},
		"none is twice": {func(i int) string { return fmt.Sprintf("r%d v%d", i, i) }, 600, 1},
	} {
		var lines []string
		for i := range 600 {
			lines = append(lines, c.line(i))
		}
		h := &recordHouse{titles: map[string]string{}, order: map[string][]string{}}
		_, said, err := h.load(t, true, lines...)
		if want := fmt.Sprintf("created %d, replaced %d, left as they were 0, failed 0", c.ids, 600-c.ids); err != nil || !strings.Contains(said, want) || h.asked > c.most {
			t.Errorf("%s: %v, %d requests: %s", name, err, h.asked, said)
		}
		want := map[string][]string{}
		for _, line := range lines {
			id, title, _ := strings.Cut(line, " ")
			want[id] = append(want[id], title)
		}
		if !reflect.DeepEqual(h.order, want) {
			t.Errorf("%s: they were not written in their order", name)
		}
		h = &recordHouse{titles: map[string]string{}, order: map[string][]string{}}
		out, said, err := h.load(t, false, lines...)
		if want := fmt.Sprintf("created %d, replaced 0, left as they were %d, failed 0", c.ids, 600-c.ids); err != nil || !strings.Contains(said, want) || h.asked > 1 || strings.Count(out, "already; -y") != 600-c.ids {
			t.Errorf("%s: %v, %d requests: %s", name, err, h.asked, said)
		}
		for id, titles := range h.order {
			if len(titles) != 1 || titles[0] != want[id][0] {
				t.Errorf("%s: %s was %v", name, id, titles)
			}
		}
	}
}

// A file that is refused costs none that waits for it; what cannot be read is told where nothing is replaced, too, and no more waits in memory
// than there is room for.
func TestLoadRecordsInTurnsThatFail(t *testing.T) {
	h := &recordHouse{titles: map[string]string{}}
	out, said, err := h.load(t, true, "r bad", "r one", "q one", "r bad", "r two", "q bad")
	if err != exitCode(exitFailed) || !strings.Contains(said, "created 2, replaced 1, left as they were 0, failed 3") || h.titles["r"] != "two" || h.titles["q"] != "one" || strings.Count(out, "its title is bad") != 3 {
		t.Errorf("%v %s %s %v", err, said, out, h.titles)
	}
	h = &recordHouse{titles: map[string]string{}}
	if out, said, err = h.load(t, false, "r bad", "r one", "r two", "q one"); err != exitCode(exitFailed) || !strings.Contains(said, "created 2, replaced 0, left as they were 1, failed 1") || h.titles["r"] != "one" {
		t.Errorf("%v %s %s %v", err, said, out, h.titles)
	}
	h = &recordHouse{titles: map[string]string{}}
	large := strings.Repeat("x", 15<<20)
	if out, said, err = h.load(t, true, "r "+large, "r "+large, "r "+large, "r "+large, "r "+large, "r "+large, "q one", "r last"); err != nil || !strings.Contains(said, "created 2, replaced 6,") || h.titles["r"] != "last" {
		t.Errorf("%v %s %s", err, said, out)
	}
}

// A house that does not answer ends it.
func TestLoadRecordsAway(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer server.Close()
	name := filepath.Join(t.TempDir(), "a.xml")
	if err := os.WriteFile(name, []byte(`<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>a</dc:identifier></csw:Record>`), 0o600); err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	x := &transfer{client: client{url: server.URL, http: server.Client()}, say: &speaker{out: &e}, patience: time.Nanosecond}
	if err := (&loading{transfer: x, out: &o}).run(t.Context(), []string{name}); err == nil || err == exitCode(exitFailed) {
		t.Errorf("%v", err)
	}
}

// Files are told from each other by their identifiers alone; what is wrong beyond that is found by who writes them, and told here
// file by file, as what is not well formed is.
func TestLoadRecordsTellsWhatCannotBeRead(t *testing.T) {
	h := &recordHouse{titles: map[string]string{"taken": "x"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "not a number") {
			h.refuse(w, "a longitude is no number")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	iso := func(id, longitude string) string {
		return `<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco"><gmd:fileIdentifier><gco:CharacterString>` + id +
			`</gco:CharacterString></gmd:fileIdentifier><gmd:contentInfo><gmd:MD_ImageDescription><gmd:cloudCoverPercentage><gco:Real>` + longitude +
			`</gco:Real></gmd:cloudCoverPercentage></gmd:MD_ImageDescription></gmd:contentInfo></gmd:MD_Metadata>`
	}
	folder, files := t.TempDir(), []string{}
	for i, text := range []string{iso("good", "4"), iso("bad", "not a number"), iso("cut", "4")[:200], `<r/>`} {
		files = append(files, filepath.Join(folder, fmt.Sprint(i, ".xml")))
		if err := os.WriteFile(files[i], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, said bytes.Buffer
	x := &transfer{client: client{url: server.URL, http: server.Client()}, say: &speaker{out: &said}, patience: time.Nanosecond}
	err := (&loading{transfer: x, out: &out}).run(context.Background(), files)
	if err == nil || !strings.Contains(said.String(), "failed 3") {
		t.Errorf("%v: %s", err, said.String())
	}
	for i, want := range []string{"", "cloudCoverPercentage", "not well formed", "no record is read"} {
		if named := strings.Contains(out.String(), files[i]); named != (want != "") || !strings.Contains(out.String(), want) {
			t.Errorf("file %d: %q", i, out.String())
		}
	}
}
