package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/csw"
	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// measured is what pycsw does with the same records on such a machine, in requests a second (catalogue.md of the reference).
var measured = map[string]float64{
	"bbox": 17.6, "fulltext": 10.3, "full-iso": 20.7, "full-iso-100": 5.1, "byid-iso": 30.2, "hits": 7, "caps": 26.5, "load": 120,
}

// generated is a catalogue of synthetic metadata of ISO 19139 with the parameters to ask it by.
type generated struct {
	IDs   []string     `json:"iso_ids"`
	Words []string     `json:"words"`
	Boxes [][4]float64 `json:"boxes"`
	files []string
}

const benchRecords = 10_000

func generate(b *testing.B) generated {
	b.Helper()
	folder := b.TempDir()
	script := filepath.Join(datatest.Folder(b), "bench", "gen_catalogue.py")
	if out, err := exec.Command("/usr/bin/python3", script, folder, "--iso", strconv.Itoa(benchRecords), "--stac", "0").CombinedOutput(); err != nil {
		b.Skipf("SKIPPED: no records to measure with: %v %s", err, out)
	}
	var g generated
	text, err := os.ReadFile(filepath.Join(folder, "queries.json"))
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		b.Fatal(err)
	}
	g.files, _ = filepath.Glob(filepath.Join(folder, "iso", "*.xml"))
	return g
}

// load brings documents into a store, as register does: read and written, 500 at once.
func load(b *testing.B, store *catalogue.Store, files []string) time.Duration {
	b.Helper()
	documents := make([][]byte, len(files))
	for i, file := range files {
		var err error
		if documents[i], err = os.ReadFile(file); err != nil {
			b.Fatal(err)
		}
	}
	writer := scope.New(scope.System, "bench", scope.Writer)
	began := time.Now()
	for len(documents) > 0 {
		some := documents[:min(500, len(documents))]
		documents = documents[len(some):]
		changes := make([]record.Change, len(some))
		for i, d := range some {
			r, err := metadata.Decode(d)
			if err != nil {
				b.Fatal(err)
			}
			r.Document, r.MediaType, r.Version = d, "application/xml", ows.ETag(d)
			changes[i] = record.Change{Record: r}
		}
		if _, err := store.Apply(b.Context(), writer, changes); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}

const (
	requestHead = `<csw:GetRecords service="CSW" version="2.0.2" startPosition="1" xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:ogc="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml" xmlns:gmd="http://www.isotc211.org/2005/gmd" `
	likeHead    = `<csw:Constraint version="1.1.0"><ogc:Filter><ogc:PropertyIsLike wildCard="%" singleChar="_" escapeChar="\"><ogc:PropertyName>`
)

// body is a GetRecords request.
func body(attributes, set, condition string) string {
	return requestHead + attributes + `><csw:Query typeNames="csw:Record"><csw:ElementSetName>` + set + `</csw:ElementSetName>` + condition + `</csw:Query></csw:GetRecords>`
}

func liking(property, word string) string {
	return likeHead + property + `</ogc:PropertyName><ogc:Literal>%` + word + `%</ogc:Literal></ogc:PropertyIsLike></ogc:Filter></csw:Constraint>`
}

// asking makes a request of a kind with random parameters; a body is posted, anything else the query of a GET.
func (g generated) asking(kind string, r *rand.Rand) string {
	const gmd = ` outputSchema="http://www.isotc211.org/2005/gmd" `
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	switch kind {
	case "bbox":
		x := g.Boxes[r.IntN(len(g.Boxes))]
		return body(`resultType="results" maxRecords="10"`, "summary", `<csw:Constraint version="1.1.0"><ogc:Filter><ogc:BBOX><ogc:PropertyName>ows:BoundingBox</ogc:PropertyName><gml:Envelope srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:lowerCorner>`+
			number(x[0])+" "+number(x[1])+`</gml:lowerCorner><gml:upperCorner>`+number(x[2])+" "+number(x[3])+`</gml:upperCorner></gml:Envelope></ogc:BBOX></ogc:Filter></csw:Constraint>`)
	case "fulltext":
		return body(`resultType="results" maxRecords="10"`, "summary", liking("csw:AnyText", g.Words[r.IntN(len(g.Words))]))
	case "full-iso":
		return body(`resultType="results" maxRecords="10"`+gmd, "full", liking("apiso:Title", g.Words[r.IntN(len(g.Words))]))
	case "full-iso-100":
		return body(`resultType="results" maxRecords="100"`+gmd, "full", "")
	case "hits":
		return body(`resultType="hits"`, "brief", "")
	case "byid-iso":
		return "service=CSW&version=2.0.2&request=GetRecordById&elementsetname=full&outputschema=http://www.isotc211.org/2005/gmd&id=" + g.IDs[r.IntN(len(g.IDs))]
	}
	return "service=CSW&version=2.0.2&request=GetCapabilities"
}

// BenchmarkCSW asks a catalogue of ten thousand records over HTTP by four connections, each request with parameters of its own, and
// tells how many times as fast as pycsw that is.
func BenchmarkCSW(b *testing.B) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	g := generate(b)
	database := cataloguetest.URL(b)
	store, err := catalogue.Open(b.Context(), catalogue.Config{URL: database})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(store.Close)
	rate := float64(len(g.files)) / load(b, store, g.files).Seconds()
	cataloguetest.Settle(b, database)
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(rate, "records/s")
		b.ReportMetric(rate/measured["load"], "x-pycsw")
	})
	offered, err := offers(records{store: store}, service(), config{})
	if err != nil {
		b.Fatal(err)
	}
	h := csw.New(offered)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://eo.example"})))
	}))
	b.Cleanup(s.Close)
	for _, kind := range []string{"caps", "bbox", "fulltext", "full-iso", "full-iso-100", "byid-iso", "hits"} {
		b.Run(kind, func(b *testing.B) { g.drive(b, s.URL+"/csw", kind) })
	}
}

// drive asks by four connections.
func (g generated) drive(b *testing.B, address, kind string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	work := make(chan int)
	var group sync.WaitGroup
	b.ResetTimer()
	began, size := time.Now(), make([]int64, 4)
	for c := range 4 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(uint64(c), 42))
			for range work {
				n, err := once(client, address, g.asking(kind, random))
				if err != nil {
					b.Error(err)
				}
				size[c] += n
			}
		})
	}
	for i := range b.N {
		work <- i
	}
	close(work)
	group.Wait()
	rate := float64(b.N) / time.Since(began).Seconds()
	b.ReportMetric(rate, "req/s")
	b.ReportMetric(rate/measured[kind], "x-pycsw")
	b.ReportMetric(float64(size[0]+size[1]+size[2]+size[3])/float64(b.N), "B/answer")
}

func once(client *http.Client, address, request string) (int64, error) {
	var response *http.Response
	var err error
	if strings.HasPrefix(request, "<") {
		response, err = client.Post(address, "application/xml", strings.NewReader(request))
	} else {
		response, err = client.Get(address + "?" + request)
	}
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || strings.Contains(string(text[:min(300, len(text))]), "Exception")) {
		err = fault.New(fault.Unavailable, "answered %s: %.300s", response.Status, text)
	}
	return int64(len(text)), err
}
