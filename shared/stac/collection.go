package stac

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/record"
)

// DecodeCollection reads a collection. All faults of the document come back joined, each located by its path. A
// collection needs an id and an extent; what else STAC asks for (a description, a licence, links) may be missing.
func DecodeCollection(raw []byte) (*Collection, error) {
	r := &reader{}
	top, err := openDocument(r, raw, TypeCollection)
	if err != nil {
		return nil, err
	}
	extent := top.get("extent").open()
	c := &Collection{
		ID:          top.get("id").id(),
		Title:       top.get("title").text(),
		Description: top.get("description").text(),
		Keywords:    top.get("keywords").texts(1000),
		License:     top.get("license").text(),
		Bounds:      boxes(extent.get("spatial")),
		Time:        interval(extent.get("temporal")),
		Links:       links(top.get("links")),
		Raw:         raw,
	}
	c.Properties = ownMembers(top)
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// structuralMembers are those of a collection that are no properties of it: what makes its form, what is read above, and what
// speaks of its items.
var structuralMembers = []string{
	"type", "stac_version", "stac_extensions", "id", "title", "description", "keywords", "extent", "links", "assets", "summaries", "queryables",
}

// ownMembers are the other members of a collection that are texts, numbers, truth values, or lists of such.
func ownMembers(top object) map[string]any {
	own := map[string]any{}
	for _, name := range top.names {
		if m := top.fields[name]; !slices.Contains(structuralMembers, name) && !m.absent() && m.flat() {
			own[name] = m.plain(0)
		}
	}
	return own
}

// flat tells whether a value is no object and has none in it, nor a list in a list.
func (n node) flat() bool {
	if n.raw[0] != '[' {
		return n.raw[0] != '{'
	}
	for _, e := range n.list(maxMembers) {
		if !e.absent() && (e.raw[0] == '{' || e.raw[0] == '[') {
			return false
		}
	}
	return true
}

// Record is what filters and searches know of a collection: its identity but for the workspace, and its core properties. Its
// title is its id when it has no other.
func (c *Collection) Record() record.Record {
	return record.Record{
		Key: record.Key{ID: c.ID}, Type: record.TypeCollection, Title: cmp.Or(c.Title, c.ID), Abstract: c.Description, Keywords: c.Keywords,
		Time: c.Time, Footprint: c.Footprint(), Properties: c.Properties,
	}
}

// Footprint is the overall extent as a geometry; one across the date line comes as two polygons.
func (c *Collection) Footprint() orb.Geometry {
	b := c.Bounds[0]
	return filter.Box(b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

func boxes(spatial node) []orb.Bound {
	list := spatial.open().get("bbox")
	before := list.r.faults()
	var all []orb.Bound
	for _, e := range list.list(1000) {
		all = append(all, e.box())
	}
	if len(all) == 0 && list.r.faults() == before {
		list.fail("is missing: a collection says where it is in extent.spatial.bbox")
	}
	return all
}

// box reads a bounding box of 4 or, with heights, 6 numbers.
func (n node) box() orb.Bound {
	before := n.r.faults()
	v := n.numbers(6)
	if len(v) != 4 && len(v) != 6 {
		if n.r.faults() == before {
			n.fail("has %d numbers, not 4 or 6", len(v))
		}
		return orb.Bound{}
	}
	half := len(v) / 2
	b := orb.Bound{Min: n.onEarth(orb.Point{v[0], v[1]}), Max: n.onEarth(orb.Point{v[half], v[half+1]})}
	if b.Min[1] > b.Max[1] {
		n.fail("has its south above its north")
	}
	return b
}

func interval(temporal node) record.Interval {
	list := temporal.open().get("interval")
	var overall record.Interval
	seen := false
	for i, e := range list.list(1000) {
		one := e.ends()
		if i == 0 {
			overall, seen = one, true
		}
	}
	if !seen {
		list.fail("is missing: a collection says when it is in extent.temporal.interval, [[null, null]] for an open one")
	}
	return overall
}

// ends reads [start, end], null for an open end.
func (n node) ends() record.Interval {
	var i record.Interval
	size := 0
	for at, e := range n.list(2) {
		size++
		if at == 0 {
			i.Start = e.instant().Start
		} else {
			i.End = e.instant().End
		}
	}
	if size != 2 {
		n.fail("has %d ends, not 2", size)
	}
	if !i.Start.IsZero() && !i.End.IsZero() && i.End.Before(i.Start) {
		n.fail("ends before it starts")
	}
	return i
}
