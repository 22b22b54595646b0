package dseo

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/scope"
)

// shelf is products in memory.
type shelf map[string]Product

func (s shelf) Product(_ context.Context, asked scope.Asked, uri string) (Product, error) {
	if err := asked.Scope.Valid(); err != nil {
		return Product{}, err
	}
	if p, ok := s[uri]; ok {
		return p, nil
	}
	return Product{}, fault.At(fault.NotFound, "ProductURI", "there is no product %q", uri)
}

// counted is a content that tells how much of it was read.
type counted struct {
	Bytes
	read *int64
}

func (c counted) ReadRange(ctx context.Context, offset, n int64) ([]byte, error) {
	*c.read += n
	return c.Bytes.ReadRange(ctx, offset, n)
}

func noise(n int) []byte {
	random, all := rand.New(rand.NewPCG(1, uint64(n))), make([]byte, n)
	for i := range all {
		all[i] = byte(random.Uint32())
	}
	return all
}

// newShelf has a product of three files, one of which is larger than what is read at once and one of which is empty, and one
// that is an archive already.
func newShelf(read *int64) shelf {
	modified := time.Date(2026, 6, 10, 10, 0, 30, 0, time.UTC)
	file := func(name string, body []byte) File {
		return File{Name: name, Size: int64(len(body)), Version: fmt.Sprint(len(body)), Content: counted{body, read}}
	}
	return shelf{
		"S2": {ID: "S2", Modified: modified, Files: []File{
			file("S2/B04/B04.tif", noise(3<<20+17)), file("S2/empty.txt", nil), file("S2/Überblick.json", []byte(`{"type":"Feature"}`)),
		}},
		"ZIPPED": {ID: "ZIPPED", Package: "https://eo.example/stac/collections/C/items/ZIPPED/assets/package"},
		"a/../ü": {ID: "a/../ü", Modified: modified},
	}
}

func ask(t *testing.T, store Store, method, query string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return askOf(t, Handler(store, testConfig), method, query, headers...)
}

var testConfig = Config{Service: ows.Service{Title: "Perigee <downloads>", Keywords: []string{"earth observation"}, Provider: ows.Provider{Name: "A provider"}}}

func askOf(t *testing.T, handler http.Handler, method, query string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/ows", nil)
	r.URL.RawQuery = query
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New("ws", ""), Base: "https://eo.example/workspaces/ws"})))
	return w
}

// The capabilities are answered, and are what the abstract tests of the best practice look for: 1.9/6 of EOxServer's defects.
func TestCapabilities(t *testing.T) {
	body := ask(t, newShelf(new(int64)), http.MethodGet, "service=DSEO&request=GetCapabilities").Body.Bytes()
	owstest.Golden(t, "capabilities.xml", body)
	var d struct {
		XMLName    xml.Name `xml:"http://www.opengis.net/dseo/1.0 Capabilities"`
		Version    string   `xml:"version,attr"`
		Profile    string   `xml:"http://www.opengis.net/ows/2.0 ServiceIdentification>Profile"`
		Operations []struct {
			Name string `xml:"name,attr"`
			Get  struct {
				Href string `xml:"http://www.w3.org/1999/xlink href,attr"`
			} `xml:"DCP>HTTP>Get"`
		} `xml:"http://www.opengis.net/ows/2.0 OperationsMetadata>Operation"`
	}
	if err := xml.Unmarshal(body, &d); err != nil || d.Profile != "http://www.opengis.net/dseo/1.0" || d.Version != "1.0.0" || len(d.Operations) != 2 {
		t.Fatalf("%v %s", err, body)
	}
	for i, name := range []string{"GetCapabilities", "GetProduct"} {
		if o := d.Operations[i]; o.Name != name || o.Get.Href != "https://eo.example/workspaces/ws/ows?" {
			t.Errorf("%+v", o)
		}
	}
	schema, err := filepath.Abs(filepath.Join("testdata", "dseo.xsd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{"service=dseo", "SERVICE=DSEO&REQUEST=getcapabilities&acceptVersions=1.0.0", "service=DSEO&request=GetCapabilities&sections=OperationsMetadata", "service=DSEO&request=GetCapabilities&sections=serviceprovider,All"} {
		w := ask(t, newShelf(new(int64)), http.MethodGet, query)
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/xml" {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
		owstest.Validate(t, schema, w.Body.Bytes())
		if one := strings.Contains(query, "sections=Op"); one == strings.Contains(w.Body.String(), "ServiceProvider") {
			t.Errorf("%s: %s", query, w.Body)
		}
	}
}

// RND-12: a product is an archive of its files as they are (1.9/16 of EOxServer's defects: what is compressed already is
// stored), whose length is known, and every part of which can be asked for by itself.
func TestGetProduct(t *testing.T) {
	var read int64
	store := newShelf(&read)
	const query = "service=DSEO&version=1.0.0&request=GetProduct&ProductURI=S2"
	handler := Handler(store, testConfig)
	whole := askOf(t, handler, http.MethodGet, query)
	body := whole.Body.Bytes()
	if whole.Code != 200 || whole.Header().Get("Content-Length") != fmt.Sprint(len(body)) || whole.Header().Get("Content-Type") != "application/zip" ||
		whole.Header().Get("Content-Disposition") != `attachment; filename=S2.zip` || whole.Header().Get("Accept-Ranges") != "bytes" {
		t.Fatalf("%d, %d bytes, %v", whole.Code, len(body), whole.Header())
	}
	if read != 3<<20+17+18 {
		t.Errorf("%d bytes were read", read)
	}
	same(t, body, store["S2"])
	if w := ask(t, store, http.MethodHead, query); w.Code != 200 || w.Header().Get("Content-Length") != fmt.Sprint(len(body)) || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
	for _, part := range [][2]int{{0, 9}, {20, 60}, {1 << 20, 1<<20 + 5}, {3 << 20, 3<<20 + 200}, {len(body) - 400, len(body) - 1}, {3<<20 + 10, len(body) - 1}} {
		for name, to := range map[string]http.Handler{"before": Handler(store, testConfig), "after": handler} {
			read = 0
			w := askOf(t, to, http.MethodGet, query, "Range", fmt.Sprintf("bytes=%d-%d", part[0], part[1]), "If-Range", whole.Header().Get("ETag"))
			if w.Code != 206 || !bytes.Equal(w.Body.Bytes(), body[part[0]:part[1]+1]) {
				t.Errorf("%v: %d, %d bytes", part, w.Code, w.Body.Len())
			}
			if most := int64(2*chunk + 100); name == "after" && read > most {
				t.Errorf("%v: %d bytes were read of an archive that was read before", part, read)
			}
		}
	}
	for ranges, status := range map[string]int{"bytes=0-1,5-6": 206, "bytes=0-1,5-6,9-9,12-13,20-21": 206, "bytes=0-0" + strings.Repeat(",2-2,0-0", 1000): 200, "bytes=99999999-": 416} {
		if w := ask(t, store, http.MethodGet, query, "Range", ranges); w.Code != status {
			t.Errorf("%.40s: %d", ranges, w.Code)
		}
	}
	if w := ask(t, store, http.MethodGet, query, "If-None-Match", whole.Header().Get("ETag")); w.Code != 304 {
		t.Errorf("of the same: %d", w.Code)
	}
	changed := store["S2"]
	changed.Files[0].Version = "another"
	store["S2"] = changed
	if w := ask(t, store, http.MethodGet, query, "Range", "bytes=0-9", "If-Range", whole.Header().Get("ETag")); w.Code != 200 || w.Header().Get("ETag") == whole.Header().Get("ETag") {
		t.Errorf("a part of what has changed: %d", w.Code)
	}
	if w := ask(t, store, http.MethodGet, "service=DSEO&request=GetProduct&producturi=ZIPPED"); w.Code != 302 || w.Header().Get("Location") != store["ZIPPED"].Package {
		t.Errorf("what is an archive already: %d %v", w.Code, w.Header())
	}
	if w := ask(t, store, http.MethodGet, "service=DSEO&request=GetProduct&producturi=a/../%C3%BC"); w.Code != 200 || w.Header().Get("Content-Disposition") != "attachment; filename*=utf-8''a_.._%C3%BC.zip" {
		t.Errorf("a name with everything: %d %v", w.Code, w.Header())
	}
}

// same compares an archive with a product.
func same(t *testing.T, body []byte, p Product) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil || len(archive.File) != len(p.Files) {
		t.Fatal(err)
	}
	for i, f := range archive.File {
		want, _ := p.Files[i].Content.ReadRange(t.Context(), 0, p.Files[i].Size)
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(content) // checks the sum
		if err != nil || f.Name != p.Files[i].Name || f.Method != zip.Store || !bytes.Equal(got, want) || !f.Modified.Equal(p.Modified) || f.Mode() != 0o644 {
			t.Errorf("%s: %v, %d bytes, %s %s", f.Name, err, len(got), f.Modified, f.Mode())
		}
	}
}

// What is larger than 32 bits can say is written as ZIP64, and read back. Here the numbers are wide from a few bytes on.
func TestWideArchives(t *testing.T) {
	p := newShelf(new(int64))["S2"]
	for _, limit := range []int64{0, 18, 1 << 20, 3 << 20, largest32} {
		body, err := io.ReadAll(newArchive(p, limit).reader(t.Context(), nil, func([]sum) {}))
		if err != nil {
			t.Fatal(err)
		}
		same(t, body, p)
	}
}

// Archives can be read from any place, in any order.
func TestReadingFromAnywhere(t *testing.T) {
	a := newArchive(newShelf(new(int64))["S2"], largest32)
	whole, err := io.ReadAll(a.reader(t.Context(), nil, func([]sum) {}))
	if err != nil || int64(len(whole)) != a.size {
		t.Fatalf("%d of %d bytes: %v", len(whole), a.size, err)
	}
	r := a.reader(t.Context(), nil, func([]sum) {})
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		at, some := random.Int64N(a.size+1), make([]byte, 1+random.IntN(3000))
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		n, err := io.ReadFull(r, some)
		if want := whole[at:min(at+int64(len(some)), a.size)]; !bytes.Equal(some[:n], want) {
			t.Fatalf("%d bytes at %d differ (%v)", n, at, err)
		}
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("there is something before the beginning")
	}
}

func TestFaults(t *testing.T) {
	store := newShelf(new(int64))
	for query, want := range map[string]struct {
		status        int
		code, locator string
	}{
		"service=DSEO&request=GetProduct":                             {400, "MissingParameterValue", "ProductURI"},
		"service=DSEO&request=GetProduct&ProductURI=nowhere":          {404, "", "ProductURI"},
		"service=DSEO&request=GetProduct&ProductURI=S2&version=2.0.0": {400, "InvalidParameterValue", "version"},
		"service=DSEO&request=DescribeProduct":                        {501, "OperationNotSupported", "request"},
		"service=DSEO&request=":                                       {400, "MissingParameterValue", "request"},
		"service=DSEO&request=GetCapabilities&acceptVersions=9.9":     {400, "VersionNegotiationFailed", "acceptversions"},
		"service=DSEO&request=GetCapabilities&sections=Contents":      {400, "InvalidParameterValue", "sections"},
	} {
		w := ask(t, store, http.MethodGet, query)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.code) || !strings.Contains(w.Body.String(), `locator="`+want.locator+`"`) {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
		owstest.Validate(t, "ows/2.0/owsExceptionReport.xsd", w.Body.Bytes())
	}
	if w := ask(t, store, http.MethodPost, "service=DSEO"); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

// slow is a content that is read when it is told to.
type slow struct {
	begun, go_ chan struct{}
}

func (s slow) ReadRange(_ context.Context, _, n int64) ([]byte, error) {
	s.begun <- struct{}{}
	<-s.go_
	return make([]byte, n), nil
}

// As many downloads go on as may; the next is told to come back.
func TestDownloadsAreBounded(t *testing.T) {
	s := slow{make(chan struct{}), make(chan struct{})}
	handler := Handler(shelf{"S": {ID: "S", Files: []File{{Name: "a", Size: 5, Content: s}}}}, Config{Downloads: 1})
	const query = "service=DSEO&request=GetProduct&ProductURI=S"
	done := make(chan int)
	go func() { done <- askOf(t, handler, http.MethodGet, query).Code }()
	<-s.begun
	if w := askOf(t, handler, http.MethodGet, query); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	close(s.go_)
	if code := <-done; code != 200 {
		t.Error(code)
	}
	go func() { <-s.begun }()
	if w := askOf(t, handler, http.MethodGet, query); w.Code != 200 {
		t.Errorf("afterwards: %d", w.Code)
	}
}

// gone is a content that is no longer there.
type gone struct{}

func (gone) ReadRange(context.Context, int64, int64) ([]byte, error) {
	return nil, fault.New(fault.Conflict, "the file has changed")
}

// A file that changes on the way ends the answer before its length, so that nobody takes it for whole.
func TestWhatBreaksIsNotWhole(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New("", ""), Base: "http://eo.example"}
		Handler(shelf{"S": {ID: "S", Files: []File{{Name: "a", Size: 5 << 20, Content: gone{}}}}}, Config{}).ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	}))
	defer server.Close()
	response, err := server.Client().Get(server.URL + "/ows?service=DSEO&request=GetProduct&ProductURI=S")
	if err != nil {
		return // nor does this look whole
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("%d bytes look like all", len(body))
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct {
		steps []string
		want  string
	}{
		{[]string{"S2", "B04", "B04.tif"}, "S2/B04/B04.tif"}, {[]string{"..", "/etc/passwd"}, "_/_etc_passwd"}, {[]string{"", ".", "a\x00b"}, "_/_/a_b"},
		{[]string{`C:\x`, "ü \xff"}, "C__x/ü _"}, {[]string{strings.Repeat("é", 300)}, strings.Repeat("é", 100)},
	} {
		if got := Path(c.steps...); got != c.want {
			t.Errorf("%q: %q", c.want, got)
		}
	}
}
