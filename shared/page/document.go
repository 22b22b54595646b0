package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"
)

// Members shows the members of a JSON object in their order: those without a prefix first, then those of each extension
// below its name. Facts stand before them, and members that are named stay out.
func Members(first []Fact, object []byte, without ...string) Node {
	all, _ := members(object) // what is no object has none
	hidden := map[string]bool{}
	for _, name := range without {
		hidden[name] = true
	}
	plain := group{facts: first}
	var groups []*group
	of := map[string]*group{"": &plain}
	for _, m := range all {
		if hidden[m.name] {
			continue
		}
		prefix, _, _ := strings.Cut(m.name, ":")
		if prefix == m.name {
			prefix = ""
		}
		if of[prefix] == nil {
			of[prefix] = &group{prefix: prefix}
			groups = append(groups, of[prefix])
		}
		of[prefix].facts = append(of[prefix].facts, Fact{m.name, m.value(m.name, 0)})
	}
	nodes := []Node{Facts(plain.facts...)}
	for _, one := range groups {
		nodes = append(nodes, html.Section(html.H3(Text(one.title())), Facts(one.facts...)))
	}
	return html.Div(html.Class("members"), Group(nodes...))
}

// group is the members of an extension.
type group struct {
	prefix string
	facts  []Fact
}

// extensions are the names that people know the prefixes of STAC's extensions by.
var extensions = map[string]string{
	"eo": "Electro-optical", "proj": "Projection", "sar": "Radar", "sat": "Satellite", "view": "View", "sci": "Citation", "processing": "Processing",
	"raster": "Raster", "file": "File", "grid": "Grid", "mgrs": "MGRS grid", "s2": "Sentinel-2", "s1": "Sentinel-1", "landsat": "Landsat", "product": "Product",
	"storage": "Storage", "version": "Version", "card4l": "CARD4L", "cube": "Data cube", "pc": "Point cloud", "order": "Order", "table": "Table", "xarray": "Xarray",
}

func (g group) title() string {
	if title := extensions[g.prefix]; title != "" {
		return title
	}
	return g.prefix
}

// member is a member of a JSON object, with its value as it stands there.
type member struct {
	name string
	json.RawMessage
}

func members(object []byte) ([]member, bool) {
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	var all []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		m := member{name: name.(string)} // the decoder takes nothing else for a name
		if d.Decode(&m.RawMessage) != nil {
			return nil, false
		}
		all = append(all, m)
	}
	return all, true
}

// What is longer or deeper is shown as it is written, when it is asked for.
const (
	maxDepth = 3
	maxShown = 20
	maxWords = 400 // bytes
)

// value shows a value by its kind.
func (m member) value(name string, depth int) Node {
	switch m.RawMessage[0] {
	case '{':
		return m.object(name, depth)
	case '[':
		return m.array(name, depth)
	case '"':
		var text string
		_ = json.Unmarshal(m.RawMessage, &text) // was read before
		return said(text)
	case 'n':
		return Note("none")
	}
	return g.Group{Text(string(m.RawMessage)), Note(unitOf(name))}
}

// said shows a text: an instant as one, an address as a link.
func said(text string) Node {
	if len(text) >= len("2006-01-02T15:04:05Z") {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return Moment(at)
		}
	}
	if Web(text) != "" && !strings.ContainsAny(text, " \n") {
		return Link(text, Name(text))
	}
	return Text(text)
}

func (m member) object(name string, depth int) Node {
	all, _ := members(m.RawMessage)
	if depth >= maxDepth || len(all) > maxShown || geometryType(all) != "" {
		return m.folded(cmp.Or(geometryType(all), many(len(all), "member")))
	}
	var facts []Fact
	for _, one := range all {
		facts = append(facts, Fact{one.name, one.value(one.name, depth+1)})
	}
	if len(facts) == 0 {
		return Note("none")
	}
	return Facts(facts...)
}

// geometryType is the type of a GeoJSON geometry; nothing of anything else.
func geometryType(all []member) string {
	kind, placed := "", false
	for _, m := range all {
		switch m.name {
		case "type":
			_ = json.Unmarshal(m.RawMessage, &kind) // what is no text is no type
		case "coordinates":
			placed = true
		}
	}
	if !placed {
		return ""
	}
	return kind
}

func (m member) array(name string, depth int) Node {
	var all []json.RawMessage
	_ = json.Unmarshal(m.RawMessage, &all) // was read before
	if len(all) == 0 {
		return Note("none")
	}
	if depth >= maxDepth || len(all) > maxShown || len(m.RawMessage) > maxWords && all[0][0] != '{' {
		return m.folded(many(len(all), "value"))
	}
	if table := rowsOf(all, depth); table != nil {
		return table
	}
	var nodes []Node
	flat := true
	for _, one := range all {
		flat = flat && one[0] != '{' && one[0] != '['
		nodes = append(nodes, member{RawMessage: one}.value(name, depth+1))
	}
	if !flat {
		return List(nodes...)
	}
	var line g.Group
	for i, node := range nodes {
		if i > 0 {
			line = append(line, Text(", "))
		}
		line = append(line, node)
	}
	return line
}

// maxColumns is how many members objects may have together to be shown as a table.
const maxColumns = 6

// rowsOf shows several objects with few and plain members as a table; nil for anything else.
func rowsOf(all []json.RawMessage, depth int) Node {
	if len(all) < 2 {
		return nil
	}
	var columns []Column
	at := map[string]int{}
	rows := make([][]Node, len(all))
	for i, one := range all {
		object, ok := members(one)
		if !ok {
			return nil
		}
		rows[i] = make([]Node, maxColumns)
		for _, m := range object {
			column, known := at[m.name]
			if !known {
				column = len(columns)
				at[m.name], columns = column, append(columns, Column{Name: m.name})
			}
			if len(columns) > maxColumns || !m.plain() {
				return nil
			}
			rows[i][column] = m.value(m.name, depth+1)
		}
	}
	return Table(columns, rows...)
}

// plain tells whether a value fits into a cell: no object, and no list but a short one of such.
func (m member) plain() bool {
	var list []json.RawMessage
	switch {
	case m.RawMessage[0] == '{' || len(m.RawMessage) > maxWords:
		return false
	case m.RawMessage[0] != '[':
		return true
	case json.Unmarshal(m.RawMessage, &list) != nil || len(list) > maxColumns:
		return false
	}
	return !slices.ContainsFunc(list, func(one json.RawMessage) bool { return one[0] == '{' || one[0] == '[' })
}

// folded shows a value as it is written, when it is asked for.
func (m member) folded(summary string) Node {
	var text bytes.Buffer
	if json.Indent(&text, m.RawMessage, "", " ") != nil || len(m.RawMessage) > 4*maxWords {
		text.Reset()
		text.Write(m.RawMessage)
	}
	return Unfold(summary, text.String())
}

// unitOf is the unit that STAC prescribes for a number.
func unitOf(name string) string {
	prefix, rest, _ := strings.Cut(name, ":")
	switch {
	case name == "gsd", name == "sar:resolution_range", name == "sar:resolution_azimuth", name == "sar:pixel_spacing_range", name == "sar:pixel_spacing_azimuth":
		return " m"
	case name == "eo:cloud_cover", name == "eo:snow_cover", strings.HasSuffix(name, "_percentage"):
		return " %"
	case prefix == "view" && rest != "":
		return "°"
	case name == "file:size":
		return " bytes"
	}
	return ""
}

// many is a number of things.
func many(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
