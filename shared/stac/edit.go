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
	return &Editor{raw: raw, top: top}, nil
}

// Links reads the document's own links.
func (e *Editor) Links() ([]Link, error) {
	m, ok := find(e.top, "links")
	if !ok {
		return nil, nil
	}
	r := &reader{}
	all := links(node{r: r, raw: e.raw[m.from:m.to], path: "links"})
	return all, r.err()
}

// SetLinks replaces the links, or adds them.
func (e *Editor) SetLinks(links []Link) error {
	if links == nil {
		links = []Link{}
	}
	value, err := encode(links)
	if err == nil {
		e.Set("links", value)
	}
	return err
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
	list, ok := find(e.top, "assets")
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

func (e *Editor) replace(from, to int, text []byte) { e.done = append(e.done, edit{from, to, text}) }

// set gives the member of the object at offset at a value, or adds it as the object's last member.
func (e *Editor) set(at int, all []member, name string, value []byte) {
	if m, ok := find(all, name); ok {
		e.replace(at+m.from, at+m.to, value)
		return
	}
	end := at + space(e.raw[at:], 0) + 1 // an empty object: behind its brace
	text := append(append(quote(name), ':'), value...)
	if len(all) > 0 {
		end = at + all[len(all)-1].to
		text = append([]byte{','}, text...)
	}
	e.replace(end, end, text)
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
	inner := append(append([]byte(`{"href":`), quote(wanted.Alternate)...), '}')
	m, ok := find(asset, "alternate")
	if !ok || e.raw[from+m.from] != '{' {
		value := append(append(append([]byte{'{'}, quote(wanted.AlternateName)...), ':'), inner...)
		e.set(from, asset, "alternate", append(value, '}'))
		return nil
	}
	all, err := members(e.raw[from+m.from : from+m.to])
	if err != nil {
		return malformed(err)
	}
	if _, has := find(all, wanted.AlternateName); !has {
		e.set(from+m.from, all, wanted.AlternateName, inner)
	}
	return nil
}

// Bytes is the document with all its edits.
func (e *Editor) Bytes() []byte {
	if len(e.done) == 0 {
		return e.raw
	}
	slices.SortStableFunc(e.done, func(a, b edit) int { return a.from - b.from })
	var out bytes.Buffer
	out.Grow(len(e.raw) + 1024)
	at := 0
	for _, d := range e.done {
		out.Write(e.raw[at:d.from])
		out.Write(d.text)
		at = d.to
	}
	out.Write(e.raw[at:])
	return out.Bytes()
}
