package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/source"
)

// store is an object store elsewhere that everybody may read, and keeps who asked.
type store struct {
	url     string
	objects map[string]string

	mutex sync.Mutex
	who   []string
}

func newStore(t *testing.T, objects map[string]string) *store {
	s := &store{objects: objects}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *store) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.who = append(s.who, q.Header.Get("Authorization"))
	text, ok := s.objects[q.URL.Path]
	if !ok {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
		return
	}
	w.Header().Set("ETag", `"1"`)
	fmt.Fprint(w, text)
}

// asked is who asked since, as far as it begins so.
func (s *store) asked() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	who := ""
	for _, w := range s.who {
		who += w + "\n"
	}
	s.who = nil
	return who
}

func catalogueOf(prefix string) map[string]string {
	return map[string]string{
		prefix + "catalog.json": nodeText("Catalog", "c", "item one.json", "item s3://other/two.json"),
		prefix + "one.json":     itemText("i000", "S2"),
	}
}

// HRV-08: a catalogue in another store is read by the keys of its file system, or unsigned where it is public, and its items are
// asked for by what they say; no other bucket of that store is read.
func TestFilesystems(t *testing.T) {
	w, s := newWorld(t), newStore(t, catalogueOf("/data/in/"))
	for _, c := range []struct{ name, config, who string }{
		{"S3 with keys", "filesystems: {f: {type: s3, s3: {access_key_id: key, secret_access_key: secret, endpoint_url: %q, region: RegionOne, bucket: data}}}", "Credential=key/"},
		{"public", "filesystems: {f: {type: s3, s3: {public: true, endpoint_url: %q, bucket: data}}}", ""},
		{"Swift", "filesystems: {f: {type: swift, swift: {access_key_id: key, secret_access_key: secret, endpoint_url: %q, container: data}}}", "Credential=key/"},
	} {
		w.configured("harvesters: {a: {resource: {type: STACCatalog, staccatalog: {filesystem: f, root_path: /in/catalog.json}}}}\n"+fmt.Sprintf(c.config, s.url), nil)
		w.handled(wanted(c.name, "a", "", ""))
		w.wantContents([]string{"i000"})
		run := w.latest("")
		if run.Status != catalogue.HarvestFinished || run.Failed != 1 || !strings.Contains(run.Failures[0].Reason, `the bucket "other" is not the one`) {
			t.Errorf("%s: %+v", c.name, run)
		}
		if who := s.asked(); c.who == "" && strings.TrimSpace(who) != "" || !strings.Contains(who, c.who) {
			t.Errorf("%s: asked by %s", c.name, who)
		}
		if status, words := w.deliver(wanted(c.name+", another", "a", "", `{"resource": {"root_path": "s3://other/catalog.json"}}`)); status != http.StatusUnprocessableEntity {
			t.Errorf("%s, another bucket: %d %s", c.name, status, words)
		}
	}
}

// A catalogue on the web is walked with the operator's credentials, which no link carries elsewhere.
func TestCatalogueOnTheWeb(t *testing.T) {
	w, elsewhere := newWorld(t), newStore(t, map[string]string{"/x.json": itemText("x", "S2")})
	s := newStore(t, map[string]string{"/c/catalog.json": nodeText("Catalog", "c", "item one.json", "item "+strings.Replace(elsewhere.url, "127.0.0.1", "localhost", 1)+"/x.json"), "/c/one.json": itemText("i000", "S2")})
	w.configured(fmt.Sprintf("harvesters: {a: {resource: {type: STACCatalog, staccatalog: {filesystem: f, root_path: %q}}}}\nfilesystems: {f: {type: http, http: {username: u, password: p}}}", s.url+"/c/"),
		func(c *config) { c.Allow = []string{"localhost"} })
	w.handled(wanted("1", "a", "", ""))
	w.wantContents([]string{"i000", "x"})
	if who := s.asked(); !strings.Contains(who, "Basic dTpw") {
		t.Errorf("asked by %s", who)
	}
	if who := elsewhere.asked(); strings.TrimSpace(who) != "" {
		t.Errorf("elsewhere asked by %s", who)
	}
}

// A service that the operator named may lie inside, but leads nowhere else inside: not by a redirection either, and no more does
// the service of a postprocessor.
func TestRedirectedInside(t *testing.T) {
	w, inside := newWorld(t), newStore(t, map[string]string{"/c/catalog.json": nodeText("Catalog", "c", "item one.json"), "/c/one.json": itemText("i000", "S2"), "/": itemText("i001", "S2")})
	elsewhere := strings.Replace(inside.url, "127.0.0.1", "127.0.0.2", 1)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		http.Redirect(rw, q, elsewhere+q.URL.Path, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	w.configured(fmt.Sprintf("harvesters:\n  a: {resource: {type: STACCatalog, staccatalog: {filesystem: f, root_path: %q}}}\nfilesystems: {f: {type: http}}", server.URL+"/c/"), nil)
	w.handled(wanted("1", "a", "", ""))
	if run := w.latest(""); run.Requested != 0 || !strings.Contains(fmt.Sprint(run.Error, run.Failures), "lies inside") {
		t.Errorf("%+v", run)
	}
	w.put(w.bucket, map[string]string{"catalog.json": nodeText("Catalog", "c", "item a.json"), "a.json": itemText("a", "S2")})
	w.configured(fmt.Sprintf("harvesters:\n  b:\n    resource: {type: STACCatalog, staccatalog: {root_path: /catalog.json}}\n    postprocessors: [{type: external, kwargs: {url: %q, retries: 0}}]", server.URL), nil)
	w.handled(wanted("2", "b", "", ""))
	w.drain()
	if run := w.latest(""); run.Requested != 0 || !strings.Contains(fmt.Sprint(run.Error, run.Failures), "lies inside") {
		t.Errorf("%+v", run)
	}
	if who := inside.asked(); who != "" {
		t.Errorf("it was asked: %q", who)
	}
}

// HRV-16: postprocessors read s3://EODATA by the keys of CREODIAS, whatever the store of the deployment is; what no one may read
// stays unread.
func TestEODATA(t *testing.T) {
	s := newStore(t, map[string]string{"/EODATA/a": "text"})
	b := buckettest.Config(t)
	m, err := newMeans(config{Endpoint: b.Endpoint, IngestBucket: "in", CacheBucket: "cache", EODATA: s.url, EODATAKey: "access", EODATASecret: "access", EODATARegion: "RegionOne"})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := m.open(scope.System, source.Harvester{Type: source.TypeSTACAPI, URL: "https://api.example/"})
	if err != nil {
		t.Fatal(err)
	}
	files := opened.reach.Files
	text, err := files.Read(t.Context(), "s3://EODATA/a", 10)
	if err != nil || string(text) != "text" || !strings.Contains(s.asked(), "Credential=access/") {
		t.Errorf("%s: %v", text, err)
	}
	for href, want := range map[string]bool{"s3://EODATA/a": true, "s3://eodata/b": false} {
		if there, err := files.Exists(t.Context(), href); err != nil || there != want {
			t.Errorf("%s: %v, %v", href, there, err)
		}
	}
	for _, href := range []string{"s3://cache/a", "s3://other/a", "file:///etc/passwd", "http://127.0.0.1:1/", "s3://", "x"} {
		if _, err := files.Read(t.Context(), href, 10); !fault.KindOf(err).Permanent() {
			t.Errorf("%s: %v", href, err)
		}
	}
}

// HRV-08: a folder of the machine, which nothing leads out of.
func TestFolder(t *testing.T) {
	folder, w := t.TempDir(), newWorld(t)
	for name, text := range map[string]string{
		"c/catalog.json": nodeText("Catalog", "c", "item one.json", "item ../../secret.json", "item leak.json"), "c/one.json": itemText("i000", "S2"),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, "in", name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "in", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "secret.json"), []byte(itemText("secret", "S2")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(folder, "secret.json"), filepath.Join(folder, "in/c/leak.json")); err != nil {
		t.Fatal(err)
	}
	w.configured(fmt.Sprintf("filesystems: {f: {type: local, local: {root_directory: %q}}}\nharvesters:\n  a: {resource: {type: STACCatalog, staccatalog: {filesystem: f, root_path: c}}}\n"+
		"  b: {resource: {type: FileScheme, filescheme: {filesystem: f, root_path: c, pattern: '*.json'}}}", filepath.Join(folder, "in")), nil)
	for _, name := range []string{"a", "b"} {
		w.handled(wanted(name, name, "", ""))
		if got := w.contents(); len(got) == 0 || strings.Contains(strings.Join(got, " "), "secret") {
			t.Errorf("%s: %v", name, got)
		}
	}
}
