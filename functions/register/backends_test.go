package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/eventing"
	"perigee/shared/datatest"
	"perigee/shared/record"
	"perigee/shared/routes"
)

// site is a server of documents by their paths and queries, in which {site} stands for its address.
type site struct {
	*httptest.Server
	documents map[string]string
}

func (w *world) site(documents map[string]string) *site {
	s := &site{documents: documents}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		text, ok := s.documents[q.URL.RequestURI()]
		if !ok {
			http.NotFound(rw, q)
			return
		}
		fmt.Fprint(rw, strings.ReplaceAll(text, "{site}", s.URL))
	}))
	w.t.Cleanup(s.Close)
	return s
}

// told is a message of a JSON route as an event brings it.
func (w *world) told(route string, mode eventing.Mode, message any) (status int, words string) {
	w.t.Helper()
	content, err := json.Marshal(message)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.deliver(w.request(eventing.Route(route), mode, eventing.Document{Content: content, Time: time.Now()}))
}

func (w *world) mustTell(route string, mode eventing.Mode, message any) {
	w.t.Helper()
	if status, words := w.told(route, mode, message); status != http.StatusAccepted {
		w.t.Fatalf("%s %v was answered %d %s", route, message, status, words)
	}
}

func linkOf(r record.Record, rel string) string {
	for _, l := range r.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

const processesLanding = `{"title": "Processing", "description": "of data", "links": [
	{"rel": "self", "href": "{site}/"}, {"rel": "service-desc", "href": "{site}/api", "type": "application/json"},
	{"rel": "http://www.opengis.net/def/rel/ogc/1.0/processes", "href": "/processes?f=json"}]}`

// REG-14, REG-18, REG-19: a service of OGC API Processes is a record, and so is each process, which belongs to it; when a
// process is gone so is its record, and when the service is deregistered nothing is left, whether by address or by name.
func TestProcesses(t *testing.T) {
	w := newWorld(t)
	s := w.site(map[string]string{
		"/":                   processesLanding,
		"/processes?f=json":   `{"processes": [{"id": "ndvi", "title": "NDVI", "version": "1.2", "keywords": ["index"]}], "links": [{"rel": "next", "href": "{site}/processes?page=2"}]}`,
		"/processes?page=2":   `{"processes": [{"id": "nbr", "links": [{"rel": "self", "href": "{site}/processes/nbr"}]}, {"id": "ndvi"}]}`,
		"/landed/":            processesLanding,
		"/nothing/":           `{"detail": "nothing here"}`,
		"/ades/processes":     `not asked for`,
		"/ades/":              processesLanding,
		"/endless/":           `{"links": [{"rel": "processes", "href": "{site}/endless/list"}]}`,
		"/endless/list":       `{"processes": [], "links": [{"rel": "next", "href": "{site}/endless/list"}]}`,
		"/processes/unlisted": `{}`,
	})
	address, id := s.URL+"/", identifierOf(s.URL+"/")
	w.mustTell("register_ades_queue", eventing.ModeRegister, map[string]any{"type": "oaproc", "url": address, "parent_identifier": nil})
	service, ndvi := w.record("", id), w.record(id, id+"-ndvi")
	if service.Type != "service" || service.Title != "Processing" || strings.Join(service.Keywords, "|") != "OGC API - Processes|service|application|process" || linkOf(service, "service-desc") != s.URL+"/api" || service.Source != address {
		t.Errorf("service %+v", service)
	}
	if ndvi.Title != "NDVI" || ndvi.Collection != id || ndvi.Properties["edition"] != "1.2" || linkOf(ndvi, "item") != s.URL+"/processes/ndvi" {
		t.Errorf("process %+v", ndvi)
	}
	if w.record(id, id+"-nbr").ID == "" {
		t.Error("the second page was not read")
	}
	if news := w.news(); strings.Count(news, "create ") != 3 {
		t.Errorf("sent %q", news)
	}
	w.mustTell("ades", eventing.ModeRegister, map[string]any{"type": "OAPROC", "url": address})
	w.wantNews("")

	s.documents["/processes?page=2"] = `{"processes": []}`
	w.mustTell("ades", eventing.ModeReplace, map[string]any{"type": "oaproc", "url": address})
	w.wantNews("delete " + id + "/" + id + "-nbr")

	w.mustTell("deregister_ades_queue", eventing.ModeDeregister, map[string]any{"url": address})
	if w.record("", id).ID != "" || w.record(id, id+"-ndvi").ID != "" {
		t.Error("something is left of the service")
	}
	w.news()
	w.mustTell("ades", eventing.ModeRegister, map[string]any{"type": "oaproc", "url": address, "parent_identifier": "parent"})
	if w.record("parent", id).ID == "" {
		t.Error("the service does not belong to its parent")
	}
	w.mustTell("ades", eventing.ModeDeregister, map[string]any{"identifier": id})
	if w.record("", id).ID != "" || w.record(id, id+"-ndvi").ID != "" {
		t.Error("something is left of the service that was deregistered by its name")
	}

	w.mustTell("ades", eventing.ModeRegister, map[string]any{"type": "ades", "url": s.URL + "/ades/"})
	if ades := w.record("", identifierOf(s.URL+"/ades/")); !strings.HasSuffix(strings.Join(ades.Keywords, "|"), "|ADES") {
		t.Errorf("ADES %+v", ades)
	}
	for path, words := range map[string]string{"/nothing/": "no landing page", "/none/": "404", "/endless/": "pages"} {
		if status, said := w.told("ades", eventing.ModeRegister, map[string]any{"type": "oaproc", "url": s.URL + path}); status != http.StatusUnprocessableEntity || !strings.Contains(said, words) {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
	if status, said := w.told("ades", eventing.ModeRegister, map[string]any{"type": "oaproc"}); status != http.StatusUnprocessableEntity || !strings.Contains(said, "url is missing") {
		t.Errorf("%d %s", status, said)
	}
}

// REG-15: an application package in a bucket, with the addresses at which it is got; its object's changes and its end are
// the record's.
func TestApplication(t *testing.T) {
	w := newWorld(t)
	for i, route := range w.r.routes.Routes {
		if route.Name == "application" {
			w.r.routes.Routes[i].Backends = []routes.Backend{{Kind: routes.CatalogueApplication, PublicS3: "https://minio.example/" + w.bucket}}
		}
	}
	const text = "cwlVersion: v1.0\n$graph:\n- class: Workflow\n  id: app\n  label: An app\n  doc: It works.\n"
	w.put("apps/app.cwl", text)
	href := "s3://" + w.bucket + "/apps/app.cwl"
	w.mustTell("register_application_queue", eventing.ModeRegister, map[string]any{"type": "application", "url": href, "parent_identifier": "apps"})
	app := w.record("apps", "app")
	if app.Type != "application" || app.Title != "An app" || app.Abstract != "It works." || strings.Join(app.Keywords, "|") != "application|CWL" {
		t.Errorf("application %+v", app)
	}
	if linkOf(app, "manifest") != href || linkOf(app, "data") != "https://minio.example/"+w.bucket+"/apps/app.cwl" {
		t.Errorf("links %+v", app.Links)
	}
	w.news()
	w.handled(w.put("apps/app.cwl", strings.Replace(text, "An app", "A better app", 1)))
	if got := w.record("", "app"); got.Title != "A better app" {
		t.Errorf("after a change of its object: %+v", got)
	}
	if s := w.status("apps/app.cwl"); s.Route != "application" || s.Outcome != record.Replaced {
		t.Errorf("status %+v", s)
	}
	w.handled(w.delete("apps/app.cwl"))
	if got := w.record("", "app"); got.ID != "" {
		t.Errorf("after its object is gone: %+v", got)
	}
	w.put("apps/bad.cwl", "class: Workflow")
	if status, said := w.told("application", eventing.ModeRegister, map[string]any{"url": "s3://" + w.bucket + "/apps/bad.cwl"}); status != http.StatusUnprocessableEntity || !strings.Contains(said, "cwlVersion is missing") {
		t.Errorf("%d %s", status, said)
	}
}

// REG-15: the application of the original's own test, by HTTP, deregistered by its address as the original writes it.
func TestApplicationOfTheOriginal(t *testing.T) {
	shared := datatest.Folder(t)
	text, err := os.ReadFile(filepath.Join(shared, "data/eoepca/rm-data-access/app-s-expression.dev.0.0.2.cwl"))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.put("app.cwl", string(text))
	response, answer := w.ask("POST", "/register", "somebody", `{"type": "application", "url": "s3://`+w.bucket+`/app.cwl"}`)
	if response.StatusCode != http.StatusAccepted || !strings.Contains(answer, `"message":"application s3://`+w.bucket+`/app.cwl was applied for registration"`) {
		t.Errorf("%s %s", response.Status, answer)
	}
	if got := w.record("", "s-expression"); got.Title != "s expressions" || got.Abstract != "Applies s expressions to EO acquisitions" || got.Type != "application" || got.Keywords[0] != "softwareVersion:0.0.2" {
		t.Errorf("record %+v", got)
	}
	w.mustTell("application", eventing.ModeDeregister, map[string]any{"url": w.bucket + "/app.cwl"})
	if got := w.record("", "s-expression"); got.ID != "" {
		t.Errorf("it is still there: %+v", got)
	}
}

// REG-16: five kinds of catalogues are told apart by what they answer.
func TestCatalogues(t *testing.T) {
	const (
		capabilities = `<csw:Capabilities xmlns:csw="%s" xmlns:ows="%s"><ows:ServiceIdentification><ows:Title>Records</ows:Title><ows:Abstract>of all</ows:Abstract><ows:Keywords><ows:Keyword>k</ows:Keyword></ows:Keywords></ows:ServiceIdentification></csw:Capabilities>`
		question     = "?request=GetCapabilities&service=CSW"
	)
	csw2 := fmt.Sprintf(capabilities, "http://www.opengis.net/cat/csw/2.0.2", "http://www.opengis.net/ows")
	csw3 := fmt.Sprintf(capabilities, "http://www.opengis.net/cat/csw/3.0", "http://www.opengis.net/ows/2.0")
	w := newWorld(t)
	s := w.site(map[string]string{
		"/records":         `{"title": "Records", "description": "of all", "links": [{"rel": "conformance", "href": "{site}/conformance"}]}`,
		"/conformance":     `{"conformsTo": ["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core", "https://api.stacspec.org/v1.0.0/core"]}`,
		"/stac":            `{"type": "Catalog", "stac_version": "1.0.0", "id": "x", "title": "Records", "description": "of all", "conformsTo": ["https://api.stacspec.org/v1.0.0/core"], "links": []}`,
		"/csw" + question:  csw2,
		"/csw?v=3":         csw3,
		"/catalog.json":    `{"type": "Catalog", "stac_version": "1.0.0", "id": "x", "title": "Records", "description": "of all", "links": []}`,
		"/osdd.xml":        `<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/"><ShortName>R</ShortName><LongName>Records</LongName><Description>of all</Description><Tags>a b</Tags></OpenSearchDescription>`,
		"/page":            `<html><body>Hello</body></html>`,
		"/any":             `{"hello": "world"}`,
		"/any" + question:  `<html/>`,
		"/page" + question: `<ExceptionReport xmlns="http://www.opengis.net/ows"/>`,
	})
	for path, want := range map[string]string{
		"/records": "service OGC API - Records|catalogue|STAC API", "/stac": "service STAC API|catalogue", "/csw": "service CSW|catalogue|k", "/csw?v=3": "service CSW|catalogue|k",
		"/catalog.json": "dataset STAC|catalogue", "/osdd.xml": "service OpenSearch|catalogue|a|b",
	} {
		w.mustTell("register_catalogue_queue", eventing.ModeRegister, map[string]any{"type": "catalogue", "url": s.URL + path})
		got := w.record("", identifierOf(s.URL+path))
		if said := got.Type + " " + strings.Join(got.Keywords, "|"); said != want || got.Title != "Records" || got.Abstract != "of all" || linkOf(got, "service") != s.URL+path {
			t.Errorf("%s is %q: %+v", path, said, got)
		}
		w.mustTell("catalogue", eventing.ModeDeregister, map[string]any{"url": s.URL + path})
		if got := w.record("", identifierOf(s.URL+path)); got.ID != "" {
			t.Errorf("%s is still there", path)
		}
	}
	for path, words := range map[string]string{"/page": "no catalogue is recognised", "/any": "no catalogue is recognised", "/none": "404"} {
		if status, said := w.told("catalogue", eventing.ModeRegister, map[string]any{"url": s.URL + path}); status != http.StatusUnprocessableEntity || !strings.Contains(said, words) {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
}

// REG-17: records as JSON, whichever of the standards they are of, and as XML by their addresses; items that come this way
// are not drawn.
func TestRecordsByThemselves(t *testing.T) {
	w := newWorld(t)
	w.files("", "B02.tif", "B03.tif", "B04.tif")
	const csw = `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>dc</dc:identifier><dc:title>By the web</dc:title></csw:Record>`
	s := w.site(map[string]string{"/record.xml": csw, "/bad.xml": "<a", "/other.xml": "<other/>"})

	w.mustTell("register_json_queue", eventing.ModeRegister, json.RawMessage(`{"type": "Feature", "id": "r", "geometry": null, "properties": {"title": "A record", "type": "service"}, "links": []}`))
	if got := w.record("", "r"); got.Title != "A record" || got.Type != "service" {
		t.Errorf("record %+v", got)
	}
	w.put("x/item.json", strings.ReplaceAll(item("J", "j", "An item", "B02"), "./B02.tif", "s3://"+w.bucket+"/B02.tif"))
	w.mustTell("json", eventing.ModeRegister, json.RawMessage(item("J", "j", "An item", "B02", "B03", "B04")))
	if got := w.record("J", "j"); got.Title != "An item" || got.Type != record.TypeItem || got.ProductType != "" || len(w.product("j").Coverages) != 0 {
		t.Errorf("item %+v", got)
	}
	w.mustTell("register_xml_queue", eventing.ModeRegister, map[string]any{"type": "xml", "url": s.URL + "/record.xml", "parent_identifier": "p"})
	if got := w.record("p", "dc"); got.Title != "By the web" || string(got.Document) != csw || got.Source != s.URL+"/record.xml" {
		t.Errorf("record %+v", got)
	}
	w.put("dc.xml", strings.ReplaceAll(csw, "dc</dc", "dc2</dc"))
	w.mustTell("xml", eventing.ModeRegister, map[string]any{"url": "s3://" + w.bucket + "/dc.xml"})
	if got := w.record("", "dc2"); got.Title != "By the web" {
		t.Errorf("record %+v", got)
	}
	w.mustTell("xml", eventing.ModeRegister, strings.ReplaceAll(csw, "dc</dc", "dc3</dc")) // the document itself, as a text
	if got := w.record("", "dc3"); got.Title != "By the web" {
		t.Errorf("record %+v", got)
	}
	for _, url := range []string{s.URL + "/record.xml", "s3://" + w.bucket + "/dc.xml"} {
		response, text := w.ask("POST", "/deregister", "somebody", `{"type": "xml", "url": "`+url+`"}`)
		if response.StatusCode != http.StatusOK || !strings.Contains(text, "was successfully de-registered") {
			t.Errorf("%s %s", response.Status, text)
		}
	}
	for _, id := range []string{"dc", "dc2"} {
		if w.record("", id).ID != "" {
			t.Errorf("%s is still there", id)
		}
	}
	w.mustTell("json", eventing.ModeDeregister, map[string]any{"identifier": "r"})
	if w.record("", "r").ID != "" {
		t.Error("the record is still there")
	}
	for path, words := range map[string]string{"/bad.xml": "", "/other.xml": "root element", "/none.xml": "404"} {
		if status, said := w.told("xml", eventing.ModeRegister, map[string]any{"url": s.URL + path}); status != http.StatusUnprocessableEntity || !strings.Contains(said, words) {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
}

// Addresses inside are not asked for whoever names them, be it by redirection.
func TestInsideIsNotReached(t *testing.T) {
	w := newWorld(t)
	s := w.site(map[string]string{"/": processesLanding})
	web, err := newWeb(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.r.web = web
	for _, route := range []string{"ades", "application", "catalogue", "xml"} {
		if response, text := w.ask("POST", "/register", "somebody", `{"type": "`+route+`", "url": "`+s.URL+`/"}`); response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s %s", route, response.Status, text)
		}
	}
	if response, text := w.ask("POST", "/register", "somebody", `{"url": "`+s.URL+`/item.json"}`); response.StatusCode != http.StatusForbidden {
		t.Errorf("%s %s", response.Status, text)
	}
}

// A catalogue of items in a bucket is harvested, as the original's clients expect of it.
func TestCatalogIsHarvested(t *testing.T) {
	w := newWorld(t)
	w.put("home/catalog.json", `{"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "d", "links": []}`)
	url := "s3://" + w.bucket + "/home/"
	response, text := w.ask("POST", "/register", "somebody", `{"type": "stac-item", "url": "`+url+`"}`)
	if response.StatusCode != http.StatusAccepted || !strings.Contains(text, `"message":"STAC Catalog '`+url+`catalog.json' was accepted for harvesting"`) {
		t.Fatalf("%s %s", response.Status, text)
	}
	if len(w.sent) != 1 || w.sent[0].Type() != eventing.TypeHarvestRequested {
		t.Fatalf("sent %v", w.sent)
	}
	var asked eventing.HarvestRequest
	if err := w.sent[0].DataAs(&asked); err != nil || asked.Name != catalogHarvester || string(asked.Values) != `{"resource":{"root_path":"`+url+`catalog.json"}}` {
		t.Errorf("asked %+v, %v", asked, err)
	}
}
