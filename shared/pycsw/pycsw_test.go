package pycsw

import (
	"os"
	"path/filepath"
	"perigee/shared/datatest"
	"reflect"
	"strings"
	"testing"
	"time"
)

const yamlText = `
server:
    url: https://eo.example/csw
    language: en-US
    maxrecords: 25
    gzip_compresslevel: 9
    timeout: 30
    domaincounts: true
    spatial_ranking: true
logging: {level: ERROR}
profiles:
    - apiso
distributedsearch:
    merge_results: false
    catalogues:
        - {id: a, type: CSW, title: A, url: 'https://a.example/csw'}
        - id: b
          url: https://b.example/collections/x
manager:
    transactions: "true"
    allowed_ips:
        - 127.0.0.1
        - 10.0.0.0/8
metadata:
    identification:
        title: A catalogue
        keywords: [catalogue, discovery]
    contact:
        name: Lastname, Firstname
    inspire:
        enabled: true
        languages_supported: [eng, gre]
        temp_extent:
            begin: 2011-02-01
            end: 2011-03-30
repository:
    database: postgresql://user:secret@host/pycsw
    filter: type = 'dataset'
    facets: [type, title]
`

const iniText = `
# a comment
[server]
url=https://eo.example/csw
language = en-US
maxrecords: 25
profiles=apiso
domaincounts=true
spatial_ranking=true
timeout=30
gzip_compresslevel=9
loglevel=ERROR

[manager]
transactions=true
allowed_ips=127.0.0.1,10.0.0.0/8

[metadata:main]
identification_title=A
  catalogue
identification_keywords=catalogue,discovery
contact_name=Lastname, Firstname

[metadata:inspire]
enabled=true
languages_supported=eng,gre
temp_extent=2011-02-01/2011-03-30

[repository]
database=sqlite:////x.db
filter=type = 'dataset'
facets=type,title
`

func expected() Config {
	no := false
	return Config{
		Server:   Server{URL: "https://eo.example/csw", Language: "en-US", MaxRecords: 25, Timeout: 30 * time.Second, DomainCounts: true, SpatialRanking: true},
		Profiles: []string{"apiso"}, Merge: &no,
		Catalogues: []Catalogue{{ID: "a", Type: "CSW", Title: "A", URL: "https://a.example/csw"}, {ID: "b", URL: "https://b.example/collections/x"}},
		Manager:    Manager{Transactions: true, AllowedIPs: []string{"127.0.0.1", "10.0.0.0/8"}},
		Identity:   Identification{Title: "A catalogue", Keywords: []string{"catalogue", "discovery"}},
		Contact:    Contact{Name: "Lastname, Firstname"},
		Inspire:    Inspire{Enabled: true, Languages: []string{"eng", "gre"}, Begin: "2011-02-01", End: "2011-03-30"},
		Repository: Repository{Filter: "type = 'dataset'", Facets: []string{"type", "title"}},
	}
}

// RC-16: both generations of pycsw's configuration become one.
func TestBothGenerations(t *testing.T) {
	got, err := Read("pycsw.yml", []byte(yamlText))
	ignored := got.Ignored
	got.Ignored = nil
	if want := expected(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("pycsw.yml became\n %+v, %v\nwant\n %+v", got, err, want)
	}
	if len(ignored) != 3 || ignored[2].Line != 37 || ignored[2].Key != "repository.database" || !strings.Contains(ignored[2].Why, "load-records") {
		t.Errorf("what has no meaning is %v", ignored)
	}
	got, err = Read("pycsw.cfg", []byte(iniText))
	want := expected()
	want.Merge, want.Catalogues, got.Ignored = nil, nil, nil
	want.Identity.Title = "A\ncatalogue"
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("pycsw.cfg became\n %+v, %v\nwant\n %+v", got, err, want)
	}
}

// Transformations and pages of pycsw are passed over, in either form of its files.
func TestIgnored(t *testing.T) {
	for name, text := range map[string]string{
		"pycsw.yml": "server:\n  templates:\n    path: a\nxslt:\n  - input_os: urn:a\n    output_os: urn:b\n    transform: a.xslt\n",
		"pycsw.cfg": "[xslt:urn:a,urn:b]\nxslt=a.xslt\n",
	} {
		if got, err := Read(name, []byte(text)); err != nil || len(got.Ignored) == 0 {
			t.Errorf("%s became %+v, %v", name, got, err)
		}
	}
}

func TestChartValues(t *testing.T) {
	for name, text := range map[string]string{
		"1.x":     "db: {name: x}\npycsw:\n  replicas: 1\n  config:\n    server: {profiles: apiso}\n    metadata: {identification_title: A, contact_email: a@b.example}\n    inspire: {enabled: 'true', temp_extent: 2011/2012}\n",
		"2.x":     "pycsw:\n  config:\n    profiles: [apiso]\n    metadata: {identification: {title: A}, contact: {email: a@b.example}, inspire: {enabled: true, temp_extent: {begin: 2011, end: 2012}}}\n",
		"release": "kind: HelmRelease\nspec:\n  values:\n    pycsw:\n      config:\n        profiles: [apiso]\n        metadata: {identification: {title: A}, contact: {email: a@b.example}, inspire: {enabled: true, temp_extent: 2011/2012}}\n",
	} {
		got, err := Read(name, []byte(text))
		want := Config{Profiles: []string{"apiso"}, Identity: Identification{Title: "A"}, Contact: Contact{Email: "a@b.example"}, Inspire: Inspire{Enabled: true, Begin: "2011", End: "2012"}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s became\n %+v, %v\nwant\n %+v", name, got, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"server:\n  colour: red\n  maxrecords: many\n": "x:2: pycsw has no setting \"server.colour\"\nx:3: server.maxrecords: \"many\" is not a number from 1 on",
		"manager:\n  transactions: perhaps\n":          `x:2: manager.transactions: "perhaps" is neither true nor false`,
		"server:\n  url: [a, b]\n":                     "x:2: server.url: one value is expected, not a list",
		"server:\n  domainquerytype: tree\n":           `x:2: server.domainquerytype: "tree" is neither list nor range`,
		"[server\nurl=x\n":                             "x:1: the name of a section ends with ]",
		"[server]\nurl\n":                              `x:2: "url" is neither a section nor a setting`,
		"[server]\n[main]\n x\n":                       "x:3: a value goes on that never began",
		"[server]\nprofile=x\n":                        `x:2: pycsw has no setting "server.profile"`,
		"a: &b 1":                                      "x:1:4: anchors, references, tags and complex keys are not taken here",
		"\xff":                                         "x is larger than 262144 bytes, or no text in UTF-8",
	} {
		if _, err := Read("x", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q is refused by\n %v\nwant\n %s", text, err, want)
		}
	}
}

// RC-16: what EOEPCA published, and pycsw's own suites, load unchanged.
func TestPublishedConfigurations(t *testing.T) {
	shared := datatest.Folder(t)
	files, err := filepath.Glob(filepath.Join(shared, "data/pycsw-suites/*/default.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rm-resource-catalogue-1.4.0-values.yaml", "rm-resource-catalogue-2.0.0-values.yaml", "hr-resource-catalogue.yaml"} {
		files = append(files, filepath.Join(shared, "data/eoepca/configs", name))
	}
	if len(files) < 5 {
		t.Fatalf("there are %d configurations only", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Read(filepath.Base(file), text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if c.Identity.Title == "" || c.Contact.Name == "" || c.Server.URL == "" {
			t.Errorf("%s became %+v", file, c)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(yamlText))
	f.Add([]byte(iniText))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = Read("x", text)
	})
}
