// Package mcf reads the metadata control files of pygeometa (https://geopython.github.io/pygeometa/reference/mcf/): YAML that
// says of a resource what documents of metadata are composed of, here the ISO 19139 of a record and a STAC collection.
package mcf

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter/literal"
	"perigee/shared/geo"
	"perigee/shared/iso19115"
	"perigee/shared/plainyaml"
	"perigee/shared/record"
)

// maxBases bounds how many files a file may be based on, one below the other and all together.
const maxBases = 16

// Decode reads a file, whose name is that in messages. What it is based on (base_mcf) is read by read, nil of a file that
// came by itself and can be based on none. The key of the record lacks the workspace and the collection. All that is wrong
// comes back joined, each fault located by the path of the field.
func Decode(name string, text []byte, read func(name string) ([]byte, error)) (record.Record, error) {
	l := loader{read: read}
	top, err := l.load(name, text)
	if err != nil {
		return record.Record{}, err
	}
	f := file{section: section{m: top}, name: name}
	f.version()
	m := f.metadata()
	rec := m.Record()
	f.errs = append(f.errs, record.CheckID(rec.ID, "metadata.identifier"))
	return rec, errors.Join(f.errs...)
}

// loader reads files with those that they are based on.
type loader struct {
	read  func(name string) ([]byte, error)
	files int
}

func (l *loader) load(name string, text []byte) (map[string]any, error) {
	if l.files++; l.files > maxBases {
		return nil, fault.At(fault.Invalid, "base_mcf", "%s: more than %d files are based on each other", name, maxBases)
	}
	if len(text) > plainyaml.MaxSize {
		return nil, plainyaml.Check(name, text)
	}
	var top map[string]any
	if err := plainyaml.Decode(name, withoutAnchors(text), &top); err != nil {
		return nil, err
	}
	if top == nil {
		return nil, fault.New(fault.Invalid, "%s: the text is no mapping", name)
	}
	return top, l.based(name, top)
}

// based fills what a mapping, and those within it, do not say from the files that they are based on.
func (l *loader) based(name string, m map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if inner, ok := m[key].(map[string]any); ok {
			if err := l.based(name, inner); err != nil {
				return err
			}
		}
	}
	base, given := m["base_mcf"].(string)
	if !given {
		return nil
	}
	if l.read == nil {
		return fault.At(fault.Unsupported, "base_mcf", "%s: base_mcf names the file %.100q, and there are no files beside what was sent", name, base)
	}
	text, err := l.read(base)
	if err != nil {
		return fmt.Errorf("%s: base_mcf: %w", name, err)
	}
	below, err := l.load(base, text)
	if err != nil {
		return err
	}
	delete(m, "base_mcf")
	fill(m, below)
	return nil
}

// fill adds to a mapping what only another one has.
func fill(m, below map[string]any) {
	for key, value := range below {
		own, has := m[key]
		ownMap, isMap := own.(map[string]any)
		belowMap, belowIsMap := value.(map[string]any)
		switch {
		case !has:
			m[key] = value
		case isMap && belowIsMap:
			fill(ownMap, belowMap)
		}
	}
}

// anchored and aliased are lines that name a contact for others, and that refer to one, by the anchors of YAML.
var (
	anchored = regexp.MustCompile(`(?m)^(\s*([\w-]{1,100}):)[ \t]+&([\w-]{1,100})[ \t\r]*$`)
	aliased  = regexp.MustCompile(`(?m)^(\s*[\w-]+:)[ \t]+\*([\w-]+)[ \t\r]*$`)
)

// withoutAnchors writes a reference by an anchor as one by the field's name (ref), which pygeometa has too: anchors, which
// make a long text of a short one, are not read, and the names of fields are short.
func withoutAnchors(text []byte) []byte {
	names := map[string]string{}
	for _, m := range anchored.FindAllSubmatch(text, -1) {
		names[string(m[3])] = string(m[2])
	}
	text = anchored.ReplaceAll(text, []byte("$1"))
	return aliased.ReplaceAllFunc(text, func(line []byte) []byte {
		m := aliased.FindSubmatch(line)
		name, known := names[string(m[2])]
		if !known {
			return line
		}
		return fmt.Appendf(nil, "%s {ref: %s}", m[1], name)
	})
}

// file is a file that is read, and what is wrong with it.
type file struct {
	section
	name string
	errs []error
}

func (f *file) fail(at, format string, args ...any) {
	f.errs = append(f.errs, fault.At(fault.Invalid, at, f.name+": "+format, args...))
}

// version checks which edition of the format the file says to be of.
func (f *file) version() {
	version := f.in("mcf").text("version")
	major, _, _ := strings.Cut(version, ".")
	switch {
	case version == "":
		f.fail("mcf.version", "mcf.version is missing")
	case major != "1" && major != "2":
		f.fail("mcf.version", "mcf.version is %.50q: versions 1 and 2 are read", version)
	}
}

func (f *file) metadata() iso19115.Metadata {
	about, what := f.in("metadata"), f.in("identification")
	language := cmp.Or(about.text("language"), what.text("language"))
	m := iso19115.Metadata{
		ID: about.text("identifier"), Parent: about.text("parentidentifier"), Language: language, Level: cmp.Or(about.text("hierarchylevel"), "dataset"),
		DateStamp: cmp.Or(about.text("datestamp"), about.in("dates").text("revision"), about.in("dates").text("creation")), Lineage: f.in("dataquality").in("lineage").said("statement", language),
	}
	if crs := f.firstOf("identification", "extents", "spatial").text("crs"); crs != "" {
		m.CRS = []string{"EPSG:" + strings.TrimPrefix(crs, "EPSG:")}
	}
	m.Resource = f.resource(what, language)
	m.Resource.Parties = f.contacts()
	m.Contacts = nil // those of the resource, which of them is asked
	f.content(&m)
	f.online(&m, language)
	if m.Level == "service" {
		s := f.in("identification").in("service")
		m.Service = &iso19115.Service{Type: cmp.Or(s.text("type"), what.text("servicetype")), Version: s.text("version")}
	}
	return m
}

func (f *file) resource(what section, language string) iso19115.Resource {
	res := iso19115.Resource{
		Title: what.said("title", language), Abstract: what.said("abstract", language), Edition: what.text("edition"), Topics: what.list("topiccategory"),
		AlternateTitle: what.said("alternatetitle", language),
	}
	if s := what.text("language"); s != "" && s != "missing" {
		res.Languages = []string{s}
	}
	dates := what.in("dates")
	for _, kind := range []string{"creation", "publication", "revision"} {
		if s := dates.text(kind); s != "" {
			res.Dates = append(res.Dates, iso19115.Date{Date: s, Type: kind})
		}
	}
	groups := what.in("keywords")
	for _, name := range slices.Sorted(maps.Keys(groups.m)) {
		g := groups.in(name)
		if words := g.saidList("keywords", language); len(words) > 0 {
			res.Keywords = append(res.Keywords, iso19115.Keywords{Words: words, Type: g.text("keywords_type"), Thesaurus: g.in("vocabulary").said("name", language)})
		}
	}
	if s := given(what.text("accessconstraints")); s != "" {
		res.Access = []string{s}
	}
	if s := given(what.said("rights", language)); s != "" {
		res.Other = []string{s}
	}
	f.place(&res)
	period := f.firstOf("identification", "extents", "temporal")
	if i, err := record.ParseInterval(orOpen(period.text("begin")) + "/" + orOpen(period.text("end"))); err == nil {
		res.Time = i
	} else {
		f.fail("identification.extents.temporal", "identification.extents.temporal: %v", err)
	}
	return res
}

// given is a text, empty for the word for none.
func given(s string) string {
	if strings.EqualFold(s, "none") {
		return ""
	}
	return s
}

// orOpen is the end of an interval, open where the file has a word for that.
func orOpen(s string) string {
	switch strings.ToLower(s) {
	case "", "now", "none", "unknown", "missing", "..":
		return ".."
	}
	return s
}

func (f *file) place(res *iso19115.Resource) {
	spatial := f.firstOf("identification", "extents", "spatial")
	if description := spatial.text("description"); description != "" {
		res.Places = []string{description}
	}
	list, isList := spatial.m["bbox"].([]any)
	if !isList {
		return
	}
	const at = "identification.extents.spatial.bbox"
	var sides [4]float64
	for i, v := range list[:min(len(list), 4)] {
		n, err := strconv.ParseFloat(words(v), 64)
		if err != nil || n-n != 0 {
			f.fail(at, "%s holds %.50q, which is not a number", at, words(v))
			return
		}
		sides[i] = n
	}
	if len(list) != 4 {
		f.fail(at, "%s has %d numbers, not four", at, len(list))
		return
	}
	box, err := literal.Box(geo.CRS84, [2]float64{sides[0], sides[1]}, [2]float64{sides[2], sides[3]})
	if err != nil {
		f.fail(at, "%s: %v", at, err)
		return
	}
	res.Footprint = box
}

// roles are the words of CI_RoleCode that files may write in lower case.
var roles = map[string]string{"pointofcontact": "pointOfContact", "resourceprovider": "resourceProvider", "principalinvestigator": "principalInvestigator"}

// contacts are those of the file, each with the role that it is given, else the one that its name is; one may refer to
// another.
func (f *file) contacts() []record.Contact {
	all := f.in("contact")
	var list []record.Contact
	for _, name := range slices.Sorted(maps.Keys(all.m)) {
		c := all.in(name)
		if ref := c.text("ref"); ref != "" {
			c = all.in(ref)
		}
		contact := record.Contact{
			Name: c.text("individualname"), Position: c.text("positionname"), Organisation: c.text("organization"), Href: c.text("url"),
			Phones: c.list("phone"), Emails: c.list("email"),
		}
		address := record.Address{
			Lines: c.list("address"), City: c.text("city"), Area: c.text("administrativearea"), PostalCode: c.text("postalcode"), Country: c.text("country"),
		}
		if len(address.Lines) > 0 || address.City != "" {
			contact.Addresses = []record.Address{address}
		}
		roleOf := all.in(name).list("role")
		if len(roleOf) == 0 {
			roleOf = []string{cmp.Or(roles[strings.ToLower(name)], name)}
		}
		contact.Roles = roleOf
		list = append(list, contact)
	}
	return list
}

// content reads what an image shows, and by what it was measured.
func (f *file) content(m *iso19115.Metadata) {
	c := f.in("content_info")
	m.Processing = c.text("processing_level")
	if s := c.text("cloud_cover"); s != "" {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || n-n != 0 {
			f.fail("content_info.cloud_cover", "content_info.cloud_cover is %.50q, not a number", s)
		} else {
			m.CloudCover = &n
		}
	}
	for _, d := range c.each("dimensions") {
		if name := d.text("name"); name != "" {
			m.Bands = append(m.Bands, iso19115.Band{Name: name})
		}
	}
	for _, p := range f.in("acquisition").each("platforms") {
		m.Platform = cmp.Or(m.Platform, p.text("identifier"))
		for _, i := range p.each("instruments") {
			if name := i.text("identifier"); name != "" {
				m.Instrument = append(m.Instrument, name)
			}
			m.Sensor = cmp.Or(m.Sensor, i.text("type"))
		}
	}
}

func (f *file) online(m *iso19115.Metadata, language string) {
	if uri := f.in("metadata").text("dataseturi"); uri != "" {
		m.Resource.IDs = append(m.Resource.IDs, uri)
	}
	all := f.in("distribution")
	for _, name := range slices.Sorted(maps.Keys(all.m)) {
		d := all.in(name)
		l := record.Link{
			Rel: cmp.Or(d.text("rel"), map[string]string{"download": "enclosure", "search": "search"}[d.text("function")], "related"), Href: d.text("url"),
			Title: d.said("description", language), Name: d.said("name", language), Protocol: d.text("type"),
		}
		if major, minor, found := strings.Cut(l.Protocol, "/"); found && major != "" && minor != "" {
			l.Type = l.Protocol
		}
		if l.Href != "" {
			m.Online = append(m.Online, l)
		}
	}
}

// firstOf is the first mapping of a list at a path.
func (f *file) firstOf(path ...string) section {
	s := f.section
	for _, name := range path[:len(path)-1] {
		s = s.in(name)
	}
	for _, first := range s.each(path[len(path)-1]) {
		return first
	}
	return section{}
}
