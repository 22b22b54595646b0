package source

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// description is an OpenSearch description document (OpenSearch 1.1, draft 6; OGC 10-032r8 and 13-026r9 for its parameters).
type description struct {
	XMLName xml.Name
	Name    string        `xml:"ShortName"`
	URLs    []templateURL `xml:"Url"`
}

type templateURL struct {
	Type        string `xml:"type,attr"`
	Template    string `xml:"template,attr"`
	Rel         string `xml:"rel,attr"`
	IndexOffset string `xml:"indexOffset,attr"`
}

const maxTemplates = 200

// readDescription reads a description.
func readDescription(text []byte) (description, error) {
	var d description
	if err := xml.Unmarshal(text, &d); err != nil {
		return d, fault.Classify(fault.Invalid, err, "the OpenSearch description cannot be read")
	}
	if d.XMLName.Local != "OpenSearchDescription" {
		return d, fault.New(fault.Invalid, "%s is no OpenSearch description", d.XMLName.Local)
	}
	if len(d.URLs) > maxTemplates {
		return d, fault.New(fault.Invalid, "the OpenSearch description has more than %d templates", maxTemplates)
	}
	return d, nil
}

// understood are the media types of answers that are read, best first.
func understood() []string {
	return []string{mediaGeoJSON, mediaJSON, mediaAtom, "application/xml"}
}

// template finds the template for answers of a media type, or of the best that is understood; parameters of media types do
// not count.
func (d description) template(mediaType string) (string, error) {
	wanted := understood()
	if mediaType != "" {
		wanted = []string{plainType(mediaType)}
	}
	var offered []string
	for _, w := range wanted {
		for _, u := range d.URLs {
			rel := strings.Fields(u.Rel)
			results := len(rel) == 0 || slices.Contains(rel, "results")
			if plainType(u.Type) == w && results && u.Template != "" {
				return u.Template, nil
			}
		}
	}
	for _, u := range d.URLs {
		offered = append(offered, u.Type)
	}
	return "", fault.New(fault.Invalid, "the OpenSearch description has no template for %s, but for %q", strings.Join(wanted, ", "), offered)
}

func plainType(mediaType string) string {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	return strings.ToLower(strings.TrimSpace(mediaType))
}

// isDescription tells whether a text is an OpenSearch description.
func isDescription(text []byte) bool {
	return bytes.Contains(text[:min(len(text), 4096)], []byte("OpenSearchDescription"))
}

var slot = regexp.MustCompile(`\{([A-Za-z0-9_.\-]+:)?([A-Za-z0-9_.\-]+)(\?)?\}`)

// template is a template with what is filled in.
type template struct {
	text   string
	values map[string]string // by the local name of a parameter
}

// has tells whether a template has a parameter of a local name.
func (t template) has(name string) bool {
	for _, m := range slot.FindAllStringSubmatch(t.text, -1) {
		if m[2] == name {
			return true
		}
	}
	return false
}

// params are the local names of the parameters of a template.
func (t template) params() []string {
	var names []string
	for _, m := range slot.FindAllStringSubmatch(t.text, -1) {
		names = append(names, m[2])
	}
	return names
}

// named is the local name of the parameter that stands behind a name of the query.
func (t template) named(key string) string {
	_, query := t.parts()
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if m := slot.FindStringSubmatch(value); m != nil && name == key && m[0] == value {
			return m[2]
		}
	}
	return ""
}

// filled is the address of a template: parameters that nobody has a value for are left out with the name before them, and
// one that has to be given is told.
func (t template) filled(extra map[string]string) (string, error) {
	before, query := t.parts()
	path, _, err := t.fill(before, url.PathEscape)
	if err != nil {
		return "", err
	}
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		text, empty, err := t.fill(pair, url.QueryEscape)
		if err != nil {
			return "", err
		}
		if text != "" && !empty {
			pairs = append(pairs, text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(extra[name]))
	}
	if len(pairs) == 0 {
		return path, nil
	}
	return path + "?" + strings.Join(pairs, "&"), nil
}

// parts are what stands before the question mark that begins the query, which is none within a parameter, and behind it.
func (t template) parts() (before, query string) {
	inside := false
	for i, r := range t.text {
		switch {
		case r == '{':
			inside = true
		case r == '}':
			inside = false
		case r == '?' && !inside:
			return t.text[:i], t.text[i+1:]
		}
	}
	return t.text, ""
}

// fill fills the parameters of a part; empty tells that it has some and none has a value.
func (t template) fill(part string, escape func(string) string) (text string, empty bool, err error) {
	empty = slot.MatchString(part)
	var missing string
	text = slot.ReplaceAllStringFunc(part, func(one string) string {
		m := slot.FindStringSubmatch(one)
		value := t.values[m[2]]
		if value != "" {
			empty = false
		} else if m[3] == "" && m[2] != "searchTerms" {
			missing = m[2]
		}
		return escape(value)
	})
	if missing != "" {
		err = fault.New(fault.Invalid, "the service has to be asked with the parameter %q, which extra_params does not give", missing)
	}
	return text, empty, err
}

// ask fills a template with a query.
func (t template) ask(q Query, pageSize int) (string, error) {
	t.values = map[string]string{"count": strconv.Itoa(pageSize)}
	if err := t.time(q); err != nil {
		return "", err
	}
	switch {
	case len(q.BBox) == 0:
	case t.has("box"):
		t.values["box"] = q.bbox()
	case t.has("geometry"):
		t.values["geometry"] = q.wkt()
	default:
		return "", fault.At(fault.Invalid, "bbox", "the service has no parameter for a bbox, but for %s", strings.Join(t.params(), ", "))
	}
	extra := map[string]string{}
	for name, value := range q.Extra {
		switch inner := t.named(name); {
		case inner != "":
			t.values[inner] = value
		case t.has(name):
			t.values[name] = value
		default:
			extra[name] = value
		}
	}
	return t.collected(q, extra)
}

// collected asks for a collection, by the parameter that the service has for it.
func (t template) collected(q Query, extra map[string]string) (string, error) {
	switch {
	case len(q.Collections) > 1:
		return "", fault.At(fault.Invalid, "collections", "a search is asked for one collection, not %d", len(q.Collections))
	case len(q.Collections) == 0:
	case t.has("parentIdentifier"):
		t.values["parentIdentifier"] = q.Collections[0]
	case t.has("collection"):
		t.values["collection"] = q.Collections[0]
	default:
		extra["collection"] = q.Collections[0]
	}
	return t.filled(extra)
}

// time fills in the time of a query: when it was sensed, or what the property calls.
func (t template) time(q Query) error {
	if q.Begin.IsZero() && q.End.IsZero() {
		return nil
	}
	pairs := [][2]string{{"start", "end"}}
	if p := q.Property; p != "" && p != "sensed" {
		pairs = [][2]string{{p + "After", p + "Before"}, {p + "Start", p + "End"}, {p + "From", p + "To"}, {p + "Begin", p + "End"}}
		if t.has(p) || t.has(p+"Date") { // one parameter, which takes an interval
			name := p
			if !t.has(p) {
				name = p + "Date"
			}
			t.values[name] = "[" + q.begin() + "," + q.end() + "]"
			return nil
		}
	}
	for _, pair := range pairs {
		if t.has(pair[0]) || t.has(pair[1]) {
			t.values[pair[0]], t.values[pair[1]] = q.begin(), q.end()
			return nil
		}
	}
	return fault.At(fault.Invalid, "time.property", "the service has no parameters for the time %q, but for %s", q.Property, strings.Join(t.params(), ", "))
}
