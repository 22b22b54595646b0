package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"perigee/shared/datatest"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// documents is the folder of the documents of real providers, if it is there.
func documents() (folder string, found bool) {
	folder, found = datatest.Find()
	return filepath.Join(folder, "data"), found
}

// returns PATH... writes each STAC document below paths by the STAC API, items and collections and collections of items, and reads it
// back: it is as it was sent, member for member in their order and to the letter, but for links and the addresses of assets. It is
// found by what it says, and it is an OGC record and a csw:Record. What was read is written again, which changes nothing. Then what the
// original's harvesters ask for, in YAML files, is asked of STAC, by GET and by POST, and of Records: all find the same.
// `returns -few N PATH...` fails where fewer than N documents return.
func returns(ts *testscript.TestScript, neg bool, args []string) {
	few := 1
	if len(args) > 2 && args[0] == "-few" {
		if _, err := fmt.Sscan(args[1], &few); err != nil {
			ts.Fatalf("%v", err)
		}
		args = args[2:]
	}
	if len(args) == 0 || neg {
		ts.Fatalf("usage: returns [-few N] PATH...")
	}
	r := &returning{ts: ts, stac: ts.Getenv("URL") + "/stac", known: map[string]bool{}, records: map[record.Key]record.Record{}}
	var questions []string
	for _, root := range args {
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || d.IsDir():
			case strings.HasSuffix(name, ".json"):
				r.file(name)
			case strings.HasSuffix(name, ".yaml"):
				questions = append(questions, name)
			}
			return err
		}))
	}
	for _, name := range questions {
		r.question(name)
	}
	ts.Logf("%d collections and %d items returned, %d questions were answered, %d documents are no such or wrong by themselves:\n%s",
		r.collections, r.items, r.questions, len(r.refused), strings.Join(r.refused, "\n"))
	if r.items+r.collections < few {
		ts.Fatalf("%d documents returned, where %d belong", r.items+r.collections, few)
	}
}

// returning is what returns has done so far.
type returning struct {
	ts                 *testscript.TestScript
	stac               string
	known              map[string]bool              // collections, and items behind a space
	records            map[record.Key]record.Record // of items
	collections, items int
	questions          int
	refused            []string
}

func (r *returning) file(name string) {
	raw, err := os.ReadFile(name)
	r.ts.Check(err)
	var top struct {
		Type     string
		Features []json.RawMessage
	}
	if json.Unmarshal(raw, &top) != nil {
		return // it is a list, or none
	}
	switch top.Type {
	case stac.TypeCollection:
		r.collection(name, raw)
	case stac.TypeItem:
		r.item(name, raw)
	case "FeatureCollection":
		for i, feature := range top.Features {
			r.item(fmt.Sprintf("%s features[%d]", name, i), feature)
		}
	}
}

// send sends a document and expects one of some answers.
func (r *returning) send(method, address string, body []byte, header http.Header, statuses ...int) (status int, answer []byte, head http.Header) {
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	status, answer, head = fetch(r.ts, method, address, header, bytes.NewReader(body))
	if !slices.Contains(statuses, status) {
		r.ts.Fatalf("%s %s was answered %d: %.2000s\n%.500s", method, address, status, answer, body)
	}
	return status, answer, head
}

func (r *returning) collection(name string, raw []byte) {
	c, err := stac.DecodeCollection(raw)
	if err != nil {
		r.refuse(name, r.stac+"/collections", raw, err)
		return
	}
	address := r.stac + "/collections/" + url.PathEscape(c.ID)
	if r.known[c.ID] { // another document of the same, or one that was made for items
		r.send(http.MethodPut, address, raw, nil, http.StatusOK)
	} else {
		r.send(http.MethodPost, r.stac+"/collections", raw, nil, http.StatusCreated)
	}
	r.known[c.ID] = true
	r.compare(name, address, raw)
	r.finds(name, r.stac+"/collections?limit=1000&filter="+url.QueryEscape("id = '"+strings.ReplaceAll(c.ID, "'", "''")+"'"), `"id":`, c.ID)
	r.collections++
}

func (r *returning) item(name string, raw []byte) {
	i, err := stac.DecodeItem(raw)
	collection := "returning"
	if err == nil && i.Collection != "" {
		collection = i.Collection
	}
	items := r.stac + "/collections/" + url.PathEscape(collection) + "/items"
	if !r.known[collection] {
		r.send(http.MethodPost, r.stac+"/collections", fmt.Appendf(nil, `{"type":"Collection","stac_version":"1.0.0","id":%q,"description":"of items that are sent","license":"other","links":[],`+
			`"extent":{"spatial":{"bbox":[[-180,-90,180,90]]},"temporal":{"interval":[[null,null]]}}}`, collection), nil, http.StatusCreated)
		r.known[collection] = true
	}
	if err != nil {
		r.refuse(name, items, raw, err)
		return
	}
	address := items + "/" + url.PathEscape(i.ID)
	method, to, expected := http.MethodPost, items, http.StatusCreated
	if r.known[collection+" "+i.ID] {
		method, to, expected = http.MethodPut, address, http.StatusOK
	}
	raw, sent := r.sent(name, method, to, raw, expected)
	if !sent {
		return
	}
	i, err = stac.DecodeItem(raw)
	r.ts.Check(err)
	r.known[collection+" "+i.ID] = true
	r.records[record.Key{Collection: collection, ID: i.ID}] = i.Record()
	r.compare(name, address, raw)
	in := r.stac + "/search?collections=" + url.QueryEscape(collection)
	r.finds(name, in+"&ids="+url.QueryEscape(i.ID), `"id":`, i.ID)
	if i.Geometry != nil && !i.Time.IsZero() {
		b := i.Geometry.Bound()
		r.finds(name, fmt.Sprintf("%s&limit=1000&bbox=%.9f,%.9f,%.9f,%.9f&datetime=%s", in, b.Min[0], b.Min[1], b.Max[0], b.Max[1], url.QueryEscape(i.Time.String())), `"id":`, i.ID)
	}
	r.asked(name, in+"&limit=1000", i)
	house := r.ts.Getenv("URL")
	r.finds(name, house+"/records/collections/"+url.PathEscape(collection)+"/items/"+url.PathEscape(i.ID), `"id":`, i.ID)
	if status, body, _ := fetch(r.ts, http.MethodGet, house+"/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&id="+url.QueryEscape(i.ID), nil, nil); status != http.StatusOK || !bytes.Contains(body, []byte(":identifier>")) {
		r.ts.Fatalf("%s: csw answered %d: %.1000s", name, status, body)
	}
	r.items++
}

// sent sends an item. One that refers to files beside it has to say where it lies, and one that refers to a bucket of somebody else
// has to have it served by somebody: both are told so, and taken then. One of a former version of STAC is not taken.
func (r *returning) sent(name, method, to string, raw []byte, expected int) (as []byte, ok bool) {
	for range 3 {
		status, answer, _ := r.send(method, to, raw, nil, expected, http.StatusBadRequest, http.StatusForbidden)
		switch {
		case status == expected:
			return raw, true
		case bytes.Contains(answer, []byte(`"locator":"stac_version"`)):
			r.refused = append(r.refused, filepath.Base(name)+": it is not of STAC 1.0 or 1.1")
			return nil, false
		case bytes.Contains(answer, []byte("the document does not say where it lies")):
			raw = r.told(raw, name)
		case bytes.Contains(answer, []byte("is not one that the system reads")):
			raw = bytes.ReplaceAll(raw, []byte(`"s3://`), []byte(`"https://objects.example/`))
		default:
			r.ts.Fatalf("%s was refused: %s", name, answer)
		}
	}
	r.ts.Fatalf("%s is refused still", name)
	return nil, false
}

// told is a document that says where it lies.
func (r *returning) told(raw []byte, name string) []byte {
	e, err := stac.NewEditor(raw)
	r.ts.Check(err)
	links, err := e.Links()
	r.ts.Check(err)
	links = slices.DeleteFunc(links, func(l stac.Link) bool { return l.Rel == "self" })
	self := stac.Link{Rel: "self", Href: "https://documents.example/" + url.PathEscape(filepath.Base(name)), Type: stac.MediaTypeItem}
	r.ts.Check(e.SetLinks(append(links, self)))
	return e.Bytes()
}

// asked finds an item by each of its properties that is a number or a text, in CQL2.
func (r *returning) asked(name, in string, i *stac.Item) {
	var all []string
	for property, value := range i.Properties {
		switch v := value.(type) {
		case string:
			if _, err := time.Parse(time.RFC3339, v); err != nil && len(v) < 200 { // texts alone are compared with texts
				all = append(all, fmt.Sprintf(`"%s" = '%s'`, property, strings.ReplaceAll(v, "'", "''")))
			}
		case json.Number:
			all = append(all, fmt.Sprintf(`"%s" = %s`, property, v))
		case float64:
			all = append(all, fmt.Sprintf(`"%s" = %v`, property, v))
		}
	}
	slices.Sort(all)
	if len(all) > 0 {
		r.finds(name, in+"&filter="+url.QueryEscape(strings.Join(all[:min(len(all), 12)], " AND ")), `"id":`, i.ID)
	}
}

// finds reads what names something.
func (r *returning) finds(name, address, before, id string) {
	status, body, _ := fetch(r.ts, http.MethodGet, address, nil, nil)
	var plain bytes.Buffer
	r.ts.Check(json.Compact(&plain, body))
	quoted, err := json.Marshal(id)
	r.ts.Check(err)
	if status != http.StatusOK || !bytes.Contains(plain.Bytes(), append([]byte(before), quoted...)) {
		r.ts.Fatalf("%s is not found by %s: %d %.1000s", name, address, status, body)
	}
}

// The place and the time of a harvester's question.
var questionLine = regexp.MustCompile(`(?m)^ *(bbox|begin|end): *"?([-0-9][^"# \n]*)`)

// question asks what a configuration of a harvester asks for.
func (r *returning) question(name string) {
	text, err := os.ReadFile(name)
	r.ts.Check(err)
	asked := map[string]string{}
	for _, m := range questionLine.FindAllStringSubmatch(string(text), -1) {
		asked[m[1]] = m[2]
	}
	if len(asked) != 3 {
		return // it asks for something else
	}
	when := asked["begin"] + "/" + asked["end"]
	query := "?limit=1000&bbox=" + asked["bbox"] + "&datetime=" + url.QueryEscape(when)
	want := r.fitting(asked["bbox"], when)
	_, got, _ := r.send(http.MethodGet, r.stac+"/search"+query, nil, nil, http.StatusOK)
	_, posted, _ := r.send(http.MethodPost, r.stac+"/search", fmt.Appendf(nil, `{"limit":1000,"bbox":[%s],"datetime":%q}`, asked["bbox"], when), nil, http.StatusOK)
	_, recorded, _ := r.send(http.MethodGet, r.ts.Getenv("URL")+"/records/collections/metadata:main/items"+query+"&type=dataset", nil, nil, http.StatusOK)
	for protocol, answer := range map[string][]byte{"STAC": got, "STAC by POST": posted, "Records": recorded} {
		if found := r.ids(answer); !slices.Equal(found, want) {
			r.ts.Fatalf("%s: %s finds %v, not %v", name, protocol, found, want)
		}
	}
	r.questions++
}

// fitting are the ids of the items that lie in a box at a time.
func (r *returning) fitting(box, when string) []string {
	params := ogcapi.NewParams(url.Values{"bbox": {box}, "datetime": {when}})
	condition := filter.And{filter.Intersects(params.BBox()), filter.During(params.Datetime())}
	r.ts.Check(params.Err())
	holds, err := filter.Prepare(condition, nil)
	r.ts.Check(err)
	ids := []string{}
	for _, rec := range r.records {
		if holds.Holds(rec) {
			ids = append(ids, rec.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// ids are those of the features of an answer.
func (r *returning) ids(answer []byte) []string {
	var page struct{ Features []struct{ ID string } }
	r.ts.Check(json.Unmarshal(answer, &page))
	ids := make([]string, len(page.Features))
	for i, f := range page.Features {
		ids[i] = f.ID
	}
	slices.Sort(ids)
	return ids
}

// refuse sends what is wrong by itself, which is answered with what is wrong.
func (r *returning) refuse(name, address string, raw []byte, why error) {
	r.send(http.MethodPost, address, raw, nil, http.StatusBadRequest)
	r.refused = append(r.refused, filepath.Base(name)+": "+why.Error())
}

// compare reads a document back, and writes it again as it was read.
func (r *returning) compare(name, address string, raw []byte) {
	_, read, head := r.send(http.MethodGet, address, nil, nil, http.StatusOK)
	if diff := difference(r.document(raw), r.document(read)); diff != "" {
		r.ts.Fatalf("%s did not return from %s: %s", name, address, diff)
	}
	r.send(http.MethodPut, address, read, http.Header{"If-Match": {head.Get("ETag")}}, http.StatusOK)
	_, again, _ := r.send(http.MethodGet, address, nil, nil, http.StatusOK)
	if read, again := r.compact(read), r.compact(again); read != again {
		at := 0
		for at < min(len(read), len(again)) && read[at] == again[at] {
			at++
		}
		r.ts.Fatalf("%s, read from %s and written, is another: %.300s became %.300s", name, address, read[max(0, at-80):], again[max(0, at-80):])
	}
}

// document is what returns of a document: its members in their order, to the letter.
func (r *returning) document(raw []byte) []string {
	var all []string
	for m, err := range stac.Members(raw) {
		r.ts.Check(err)
		switch name := string(m.Name); name {
		case "links":
			for _, link := range stac.Elements(m.Value) {
				if text := r.link(link); text != "" {
					all = append(all, "link "+text)
				}
			}
		case "assets":
			for asset, err := range stac.Members(m.Value) {
				r.ts.Check(err)
				all = append(all, "asset "+string(asset.Name)+r.parts(asset.Value, "href", "alternate"))
			}
		case "stac_extensions":
			for _, extension := range stac.Elements(m.Value) {
				if !bytes.Contains(extension, []byte("/alternate-assets/")) {
					all = append(all, "extension "+string(extension))
				}
			}
		case "collection": // a document that names none is told
		default:
			all = append(all, name+" "+r.compact(m.Value))
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { // links and extensions may stand elsewhere, where there were none
		return bytes.Compare(kindOf(a), kindOf(b))
	})
	return all
}

// kindOf tells links, assets and extensions from what is compared in its order.
func kindOf(line string) []byte {
	for _, kind := range []string{"asset ", "extension ", "link "} {
		if strings.HasPrefix(line, kind) {
			return []byte(kind)
		}
	}
	return nil
}

// link is a link without its address, unless it says where a document stands.
func (r *returning) link(raw []byte) string {
	for m, err := range stac.Members(raw) {
		r.ts.Check(err)
		if rel, _ := stac.Text(m.Value); string(m.Name) == "rel" && slices.Contains(standing, rel) {
			return ""
		}
	}
	return r.parts(raw, "href")
}

// standing are the relations by which documents say where they stand, which are answered anew, and those of a collection to what
// else is told of it.
var standing = []string{
	"self", "root", "parent", "collection", "child", "children", "item", "items", "next", "prev", "alternate", "canonical",
	"http://www.opengis.net/def/rel/ogc/1.0/queryables", "aggregate", "aggregations", "http://stac-extensions.github.io/export", "enclosure",
}

// parts are the members of an object in their order, but for some.
func (r *returning) parts(object []byte, but ...string) string {
	text := ""
	for m, err := range stac.Members(object) {
		r.ts.Check(err)
		if !slices.Contains(but, string(m.Name)) {
			text += " " + string(m.Name) + "=" + r.compact(m.Value)
		}
	}
	return text
}

func (r *returning) compact(raw []byte) string {
	var out bytes.Buffer
	r.ts.Check(json.Compact(&out, raw))
	return out.String()
}

// difference tells where two documents part.
func difference(want, got []string) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(want):
			return fmt.Sprintf("%.500s was added", got[i])
		case i >= len(got):
			return fmt.Sprintf("%.500s is missing", want[i])
		case want[i] != got[i]:
			return fmt.Sprintf("%.1000s is %.1000s", want[i], got[i])
		}
	}
	return ""
}
