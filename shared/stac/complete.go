package stac

import (
	"regexp"
	"strconv"

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
