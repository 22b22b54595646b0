package stac

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
)

// Version is the version of STAC that documents are given which say none.
const Version = "1.0.0"

// versions are those of documents that are taken.
var versions = regexp.MustCompile(`^1\.[01]\.\d+(-[0-9A-Za-z.]+)?$`)

// CompleteItem checks a document that somebody writes at the address of an item, or of a collection's items when id is
// empty, and gives it what every item has and its address, or its geometry, says: the id, the collection, the version,
// a bounding box. What it says itself stays byte for byte; where that is something else, it is a fault (STAC API -
// Transaction Extension 1.0.0: what is sent may be partial). DecodeItem finds what is wrong besides.
func CompleteItem(raw []byte, collection, id string) ([]byte, error) {
	return complete(raw, func(c *completion) {
		c.named("id", id)
		c.named("collection", collection)
		c.versioned()
		c.timed()
		c.given("bbox", c.box())
		c.given("links", []byte("[]"))
		c.given("assets", []byte("{}"))
	})
}

// CompleteCollection does so for a collection. Its description and its licence nobody can make up.
func CompleteCollection(raw []byte, id string) ([]byte, error) {
	return complete(raw, func(c *completion) {
		c.named("id", id)
		c.versioned()
		c.given("links", []byte("[]"))
		for _, name := range []string{"description", "license"} {
			c.top.get(name).required()
		}
	})
}

// completion is a document that gets what it lacks.
type completion struct {
	top object
	e   *Editor
}

func complete(raw []byte, fill func(*completion)) ([]byte, error) {
	if err := check(raw); err != nil {
		return nil, err
	}
	e, err := NewEditor(raw)
	if err != nil {
		return nil, notAnObject(raw)
	}
	r := &reader{}
	c := &completion{e: e, top: object{node: node{r: r, raw: raw[space(raw, 0):]}, fields: map[string]node{}}}
	for _, m := range e.top {
		c.top.fields[m.name] = node{r, raw[m.from:m.to], m.name}
	}
	fill(c)
	return e.Bytes(), r.err()
}

// given sets a member that is missing; nil sets nothing.
func (c *completion) given(name string, value []byte) {
	if _, has := c.top.fields[name]; !has && value != nil {
		c.e.Set(name, value)
	}
}

// named makes a member say what the address says.
func (c *completion) named(name, text string) {
	is := c.top.get(name)
	said, _ := unquote(is.raw)
	switch {
	case text == "":
	case is.absent():
		c.e.Set(name, quote(text))
	case said != text:
		is.fail("is %.200s, but the address says %q", is.raw, text)
	}
}

func (c *completion) versioned() {
	c.given("stac_version", quote(Version))
	if is := c.top.get("stac_version"); len(is.raw) > 0 && !versions.MatchString(is.text()) {
		is.fail("is %.40s: documents of STAC 1.0 and 1.1 are taken", is.raw)
	}
}

// timed gives the properties of an item the time that an OGC record says beside them (OGC 20-004r1, /req/record-core/time), when they
// have none: an instant, a day, or an interval that begins and ends. What is open at an end has no like in STAC.
func (c *completion) timed() {
	when, properties := c.top.get("time").raw, c.top.get("properties").raw
	if !isObject(when) || !isObject(properties) {
		return
	}
	for m, err := range Members(properties) {
		if name := string(m.Name); err != nil || name == "datetime" || name == "start_datetime" || name == "end_datetime" {
			return
		}
	}
	members := timeOf(when)
	if members == nil {
		return
	}
	if rest := bytes.TrimLeft(properties[1:], " \t\r\n"); rest[0] != '}' {
		members = append(members, ',')
	}
	c.e.Set("properties", slices.Concat([]byte{'{'}, members, properties[1:]))
}

func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }

// timeOf writes the time of a record as properties of an item, nil where it is none that an item has
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/time.yaml).
func timeOf(when []byte) []byte {
	var t struct {
		Timestamp, Date string
		Interval        []string
	}
	switch err := json.Unmarshal(when, &t); {
	case err != nil:
		return nil
	case t.Timestamp != "":
		return append([]byte(`"datetime":`), quote(t.Timestamp)...)
	case t.Date != "":
		t.Interval = []string{t.Date, t.Date}
	}
	if len(t.Interval) != 2 || t.Interval[0] == ".." || t.Interval[1] == ".." {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, t.Interval[0]); err == nil {
		t.Interval[0] += "T00:00:00Z"
	}
	if _, err := time.Parse(time.DateOnly, t.Interval[1]); err == nil {
		t.Interval[1] += "T23:59:59Z"
	}
	return slices.Concat([]byte(`"datetime":null,"start_datetime":`), quote(t.Interval[0]), []byte(`,"end_datetime":`), quote(t.Interval[1]))
}

// box is the bounding box of the document's geometry, nil where that is none (RFC 7946, 5).
func (c *completion) box() []byte {
	raw := c.top.get("geometry").raw
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	g, err := DecodeGeometry(raw, "geometry")
	if err != nil || g == nil {
		return nil
	}
	b := around(geo.Bounds(g), g.Bound())
	text := []byte{'['}
	for i, v := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, v, 'f', -1, 64)
	}
	return append(text, ']')
}

// around is the box of all parts. Where parts meet at the date line its west is greater than its east (RFC 7946, 5.2).
func around(parts []orb.Bound, whole orb.Bound) orb.Bound {
	if whole.Min[0] > -180 || whole.Max[0] < 180 || len(parts) < 2 {
		return whole
	}
	west, east := 180.0, -180.0
	for _, p := range parts {
		switch {
		case p.Min[0] >= 0:
			west = min(west, p.Min[0])
		case p.Max[0] <= 0:
			east = max(east, p.Max[0])
		default:
			return whole
		}
	}
	whole.Min[0], whole.Max[0] = west, east
	return whole
}
