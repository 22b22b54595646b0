// Package ogcrecord reads records of OGC API - Records - Part 1 (OGC 20-004r1) as GeoJSON
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/recordGeoJSON.yaml).
package ogcrecord

import (
	"cmp"
	"encoding/json"
	"errors"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// MediaType is that of a record.
const MediaType = "application/geo+json"

// TypeDataset is the type of the resource of a record that says none.
const TypeDataset = "dataset"

// maxLinks bounds what other schemas show of a record.
const maxLinks = 500

type link struct {
	Rel   string `json:"rel"`
	Href  string `json:"href"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

// Decode reads a record: its key lacks the workspace and the collection. All that is wrong with it comes back joined, each
// fault located by its path.
func Decode(raw []byte) (record.Record, error) {
	rec := record.Record{Type: TypeDataset, Document: raw, MediaType: MediaType}
	if err := stac.Check(raw); err != nil {
		return rec, err
	}
	d, err := open(raw)
	if err != nil {
		return rec, err
	}
	r := &reader{}
	rec.ID = r.id(d["id"])
	if kind := r.text(d["type"], "type"); kind != "Feature" {
		r.fail("type", "type is %q, not Feature", kind)
	}
	rec.Footprint = r.geometry(d["geometry"])
	rec.Time = r.time(d["time"])
	r.properties(d["properties"], &rec)
	rec.Links = r.links(d["links"])
	rec.Title = cmp.Or(rec.Title, rec.ID)
	return rec, errors.Join(r.errs...)
}

// open gives the members of a document by their names; of those with the same name the last counts.
func open(raw []byte) (map[string][]byte, error) {
	all := map[string][]byte{}
	for m, err := range stac.Members(raw) {
		if err != nil {
			return nil, fault.New(fault.Invalid, "the document is not a JSON object")
		}
		all[string(m.Name)] = m.Value
	}
	return all, nil
}

func (r *reader) links(raw []byte) []record.Link {
	var all []link
	if !absent(raw) && json.Unmarshal(raw, &all) != nil {
		r.fail("links", "links is not a list of links")
	}
	var links []record.Link
	for _, l := range all {
		if l.Rel == "self" || l.Href == "" || len(links) == maxLinks {
			continue
		}
		links = append(links, record.Link{Rel: l.Rel, Href: l.Href, Type: l.Type, Title: l.Title})
	}
	return links
}

// reader collects what is wrong.
type reader struct{ errs []error }

func (r *reader) fail(at, format string, args ...any) {
	r.errs = append(r.errs, fault.At(fault.Invalid, at, format, args...))
}

func absent(raw []byte) bool { return len(raw) == 0 || string(raw) == "null" }

// text is a string, empty when it is absent.
func (r *reader) text(raw []byte, at string) string {
	var s string
	if !absent(raw) && json.Unmarshal(raw, &s) != nil {
		r.fail(at, "%s is not a string", at)
	}
	return s
}

func (r *reader) id(raw []byte) string {
	before := len(r.errs)
	id := r.text(raw, "id")
	if err := record.CheckID(id, "id"); err != nil && len(r.errs) == before {
		r.errs = append(r.errs, err)
	}
	return id
}

// geometry is where the resource is; null is nowhere in particular.
func (r *reader) geometry(raw []byte) orb.Geometry {
	if len(raw) == 0 {
		r.fail("geometry", "geometry is missing: that of what is nowhere is null")
	}
	if absent(raw) {
		return nil
	}
	g, err := stac.DecodeGeometry(raw, "geometry")
	r.errs = append(r.errs, fault.All(err)...)
	return g
}

// time is when the resource is (20-004r1, 7.3.3): a date, a timestamp, or an interval with .. for an open end.
func (r *reader) time(raw []byte) record.Interval {
	if absent(raw) {
		return record.Interval{}
	}
	var t struct {
		Date, Timestamp string
		Interval        []string
	}
	if json.Unmarshal(raw, &t) != nil || len(t.Interval) != 0 && len(t.Interval) != 2 {
		r.fail("time", `time is none of {"date": …}, {"timestamp": …} and {"interval": […, …]}`)
		return record.Interval{}
	}
	text := cmp.Or(t.Timestamp, t.Date)
	if len(t.Interval) == 2 {
		text = t.Interval[0] + "/" + t.Interval[1]
	}
	if text == "" {
		return record.Interval{}
	}
	i, err := record.ParseInterval(text)
	if err != nil {
		r.fail("time", "time: %w", err)
	}
	return i
}

func (r *reader) properties(raw []byte, rec *record.Record) {
	if len(raw) == 0 {
		r.fail("properties", "properties is missing")
	}
	if absent(raw) {
		return
	}
	var p struct {
		Type, Title, Description json.RawMessage
		Keywords                 json.RawMessage
	}
	if json.Unmarshal(raw, &p) != nil || json.Unmarshal(raw, &rec.Properties) != nil {
		r.fail("properties", "properties is not an object")
		return
	}
	rec.Title, rec.Abstract = r.text(p.Title, "properties.title"), r.text(p.Description, "properties.description")
	rec.Type = cmp.Or(r.text(p.Type, "properties.type"), TypeDataset)
	if rec.Type == record.TypeItem || rec.Type == record.TypeCollection {
		r.fail("properties.type", "properties.type is %q, which is what STAC documents are", rec.Type)
	}
	if !absent(p.Keywords) && json.Unmarshal(p.Keywords, &rec.Keywords) != nil {
		r.fail("properties.keywords", "properties.keywords is not a list of strings")
	}
}

// Identify gives a record that somebody writes at the address of one its id, where it says none; another one is a fault.
func Identify(raw []byte, id string) ([]byte, error) {
	if err := stac.Check(raw); err != nil || id == "" {
		return raw, err
	}
	d, err := open(raw)
	if err != nil {
		return raw, err
	}
	var said string
	if !absent(d["id"]) && (json.Unmarshal(d["id"], &said) != nil || said != id) {
		return raw, fault.At(fault.Invalid, "id", "id is %.200s, but the address says %q", d["id"], id)
	}
	if said == id {
		return raw, nil
	}
	text, err := json.Marshal(id)
	if err != nil {
		return raw, fault.Classify(fault.Internal, err, "writing an id")
	}
	return stac.SpliceMember(raw, "id", text)
}
