package stac

import (
	"bytes"
	"slices"

	"perigee/shared/fault"
)

// AssetEdit is the new reference of an asset. Alternate, when there is one, is added to the asset as
// alternate.<AlternateName>.href (https://github.com/stac-extensions/alternate-assets) unless it has that already.
type AssetEdit struct {
	Href          string
	AlternateName string
	Alternate     string
}

// Editor replaces parts of a document that was decoded before, each part once, and leaves every other byte as it was.
type Editor struct {
	raw   []byte
	top   []member
	added int // top-level members
	done  []edit
	grown int // bytes that the edits add

	links   []Link // that were read
	faults  error
	haveOwn bool
}

type edit struct {
	from, to int
	text     []byte
}

// NewEditor begins to edit a document, which must be a JSON object.
func NewEditor(raw []byte) (*Editor, error) {
	top, err := members(raw)
	if err != nil {
		return nil, malformed(err)
	}
	return &Editor{raw: raw, top: top, done: make([]edit, 0, 16)}, nil
}

// Links reads the document's own links.
func (e *Editor) Links() ([]Link, error) {
	if e.haveOwn {
		return e.links, e.faults
	}
	e.haveOwn = true
	m, ok := find(e.top, "links")
	if !ok {
		return nil, nil
	}
	if e.links, ok = plainLinks(e.raw[m.from:m.to]); ok {
		return e.links, nil
	}
	r := &reader{}
	e.links = links(node{r: r, raw: e.raw[m.from:m.to], path: "links"})
	e.faults = r.err()
	return e.links, e.faults
}

// plainLinks reads links in which nothing is wrong; ok is false for all others, and for what cannot be read at a glance.
func plainLinks(array []byte) (all []Link, ok bool) {
	if array[0] != '[' {
		return nil, false
	}
	for i, raw := range elements(array) {
		l, ok := plainLink(raw)
		if !ok || i >= maxMembers {
			return nil, false
		}
		all = append(all, l)
	}
	return all, true
}

func plainLink(raw []byte) (Link, bool) {
	l := Link{Raw: raw}
	for m, err := range walk(raw) {
		if err != nil {
			return l, false
		}
		var to *string
		switch m.name {
		case "rel":
			to = &l.Rel
		case "href":
			to = &l.Href
		case "type":
			to = &l.Type
		case "title":
			to = &l.Title
		default:
			continue
		}
		text, isText := unquote(raw[m.from:m.to])
		if !isText || *to != "" { // a text that is empty, or given twice, is looked at closely
			return l, false
		}
		*to = text
	}
	return l, l.Rel != "" && l.Href != ""
}

// SetLinks replaces the links, or adds them.
func (e *Editor) SetLinks(links []Link) error {
	size := 2
	for _, l := range links {
		size += len(l.Raw) + len(l.Rel) + len(l.Href) + len(l.Type) + len(l.Title) + len(l.Body) + 64
	}
	value := append(make([]byte, 0, size), '[')
	for i, l := range links {
		if i > 0 {
			value = append(value, ',')
		}
		value = l.appendJSON(value)
	}
	e.Set("links", append(value, ']'))
	return nil
}

// Set gives a top-level member a value, which is JSON.
func (e *Editor) Set(name string, value []byte) {
	if e.set(0, e.top, name, value); len(e.top) == 0 && e.added > 0 {
		last := &e.done[len(e.done)-1]
		last.text = append([]byte{','}, last.text...)
	}
	e.added++
}

// EditAssets asks for each asset's new reference and rewrites the asset where it differs.
func (e *Editor) EditAssets(edit func(key, href string) AssetEdit) error {
	return e.editHrefs("assets", edit)
}

// EditTemplates does the same with the templates of assets that come in tiles
// (https://github.com/stac-extensions/tiled-assets).
func (e *Editor) EditTemplates(edit func(key, href string) AssetEdit) error {
	return e.editHrefs(templates, edit)
}

func (e *Editor) editHrefs(name string, edit func(key, href string) AssetEdit) error {
	list, ok := find(e.top, name)
	if !ok || e.raw[list.from] != '{' {
		return nil
	}
	assets, err := members(e.raw[list.from:list.to])
	if err != nil {
		return malformed(err)
	}
	for _, a := range assets {
		if err := e.asset(list.from+a.from, list.from+a.to, a.name, edit); err != nil {
			return err
		}
	}
	return nil
}

func malformed(err error) error {
	return fault.Classify(fault.Internal, err, "a stored document cannot be edited")
}

func find(all []member, name string) (member, bool) {
	for i := len(all) - 1; i >= 0; i-- { // of members with the same name the last counts
		if all[i].name == name {
			return all[i], true
		}
	}
	return member{}, false
}

func (e *Editor) replace(from, to int, text []byte) {
	e.done = append(e.done, edit{from, to, text})
	e.grown += len(text) - (to - from)
}

// set gives the member of the object at offset at a value, or adds it as the object's last member.
func (e *Editor) set(at int, all []member, name string, value []byte) {
	if m, ok := find(all, name); ok {
		e.replace(at+m.from, at+m.to, value)
		return
	}
	end := at + space(e.raw[at:], 0) + 1 // an empty object: behind its brace
	text := make([]byte, 0, len(name)+len(value)+4)
	if len(all) > 0 {
		end = at + all[len(all)-1].to
		text = append(text, ',')
	}
	text = append(appendQuoted(text, name), ':')
	e.replace(end, end, append(text, value...))
}

func (e *Editor) asset(from, to int, key string, ask func(key, href string) AssetEdit) error {
	if e.raw[from] != '{' {
		return nil
	}
	all, err := members(e.raw[from:to])
	if err != nil {
		return malformed(err)
	}
	m, ok := find(all, "href")
	if !ok {
		return nil
	}
	href, ok := unquote(e.raw[from+m.from : from+m.to])
	if !ok {
		return nil
	}
	wanted := ask(key, href)
	if wanted.Href != href {
		e.replace(from+m.from, from+m.to, quote(wanted.Href))
	}
	if wanted.Alternate != "" {
		return e.alternate(from, all, wanted)
	}
	return nil
}

func (e *Editor) alternate(from int, asset []member, wanted AssetEdit) error {
	m, ok := find(asset, "alternate")
	inner := append(make([]byte, 0, len(wanted.AlternateName)+len(wanted.Alternate)+20), '{')
	if !ok || e.raw[from+m.from] != '{' {
		inner = appendQuoted(append(appendQuoted(inner, wanted.AlternateName), `:{"href":`...), wanted.Alternate)
		e.set(from, asset, "alternate", append(inner, "}}"...))
		return nil
	}
	inner = append(appendQuoted(append(inner, `"href":`...), wanted.Alternate), '}')
	all, err := members(e.raw[from+m.from : from+m.to])
	if err != nil {
		return malformed(err)
	}
	if _, has := find(all, wanted.AlternateName); !has {
		e.set(from+m.from, all, wanted.AlternateName, inner)
	}
	return nil
}

// Size is how many bytes the document has with all its edits.
func (e *Editor) Size() int { return len(e.raw) + e.grown }

// Bytes is the document with all its edits.
func (e *Editor) Bytes() []byte {
	if len(e.done) == 0 {
		return e.raw
	}
	var out bytes.Buffer
	out.Grow(e.Size())
	e.Write(&out)
	return out.Bytes()
}

// Write adds the document with all its edits to others.
func (e *Editor) Write(out *bytes.Buffer) {
	slices.SortStableFunc(e.done, func(a, b edit) int { return a.from - b.from })
	at := 0
	for _, d := range e.done {
		out.Write(e.raw[at:d.from])
		out.Write(d.text)
		at = d.to
	}
	out.Write(e.raw[at:])
}
