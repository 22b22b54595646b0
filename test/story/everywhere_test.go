package story

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// The output schemas of CSW, each of which a record is answered in whatever it came as, and the prefixes of OAI-PMH.
var (
	outputSchemas = []string{
		"http://www.opengis.net/cat/csw/2.0.2", "http://www.isotc211.org/2005/gmd", "http://standards.iso.org/iso/19115/-3/mdb/2.0", "http://www.w3.org/2005/Atom",
		"http://gcmd.gsfc.nasa.gov/Aboutus/xml/dif/", "http://www.opengis.net/cat/csw/csdgm", "http://www.interlis.ch/INTERLIS2.3", "http://datacite.org/schema/kernel-4",
	}
	prefixes = []string{"oai_dc", "iso19139", "csw-record", "dif", "fgdc-std", "gm03", "datacite"}
)

// everywhere COLLECTION ID TITLE BBOX TIME asks every protocol that reads for a record: by its id, and by words of its title,
// place and time where a protocol has such questions. Each answer has its title; `! everywhere` expects that none has.
// COLLECTION is that of STAC.
func everywhere(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 5 {
		ts.Fatalf("usage: everywhere COLLECTION ID TITLE BBOX TIME")
	}
	title := []byte(args[2])
	for _, path := range questions(args[0], args[1], args[2], args[3], args[4]) {
		_, answer, _ := fetch(ts, http.MethodGet, ts.Getenv("URL")+path, http.Header{}, nil)
		if bytes.Contains(answer, title) == neg {
			ts.Fatalf("%s has the title %q, or has it not: %.3000s", path, title, answer)
		}
	}
}

// questions are the addresses at which a record is found.
func questions(collection, id, title, box, when string) []string {
	with := func(path string, pairs ...string) string {
		query := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			query.Set(pairs[i], pairs[i+1])
		}
		return path + "?" + query.Encode()
	}
	word, _, _ := strings.Cut(title, " ")
	quoted := func(name, value string) string { return name + "='" + value + "'" }
	all := []string{
		"/stac/collections/" + url.PathEscape(collection) + "/items/" + url.PathEscape(id),
		"/stac/collections/metadata:main/items/" + url.PathEscape(id),
		with("/stac/search", "ids", id),
		with("/stac/search", "collections", collection, "bbox", box, "datetime", when),
		with("/stac/search", "collections", collection, "q", word),
		with("/stac/search", "collections", collection, "filter", quoted("title", title)),
		with("/stac/collections/"+url.PathEscape(collection)+"/items", "f", "html", "ids", id),
	}
	const main = "/records/collections/metadata:main/items"
	for _, f := range []string{"json", "xml", "html"} {
		all = append(all, with(main+"/"+url.PathEscape(id), "f", f))
	}
	all = append(all, with(main, "bbox", box, "datetime", when, "ids", id), with(main, "q", word, "filter", quoted("title", title)), with(main, "title", title))
	for _, schema := range outputSchemas {
		all = append(all, with("/csw", "service", "CSW", "version", "2.0.2", "request", "GetRecordById", "elementSetName", "full", "outputSchema", schema, "id", id))
	}
	all = append(all,
		with("/csw", "service", "CSW", "version", "3.0.0", "request", "GetRecordById", "elementSetName", "full", "id", id),
		with("/csw", "service", "CSW", "version", "3.0.0", "request", "GetRecords", "elementSetName", "full", "bbox", box, "time", when, "q", word),
		with("/csw", "service", "CSW", "version", "2.0.2", "request", "GetRecords", "typeNames", "csw:Record", "resultType", "results", "elementSetName", "full",
			"constraintLanguage", "CQL_TEXT", "constraint_language_version", "1.1.0", "constraint", quoted("dc:title", title)),
		with("/csw", "mode", "opensearch", "service", "CSW", "version", "3.0.0", "request", "GetRecords", "elementSetName", "full", "q", word),
		with("/sru", "operation", "searchRetrieve", "version", "1.1", "query", `dc.identifier = "`+id+`"`))
	for _, prefix := range prefixes {
		all = append(all, with("/oaipmh", "verb", "GetRecord", "identifier", id, "metadataPrefix", prefix))
	}
	return all
}
