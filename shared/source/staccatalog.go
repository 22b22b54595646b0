package source

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// STACCatalog is a static STAC catalogue in a bucket, on the web or in a folder: documents that lead to each other by links of
// the relations child and item (HRV-06; STAC 1.1.0 catalog-spec). What lies in the deployment's own object store is
// registered from there; of all else, the documents themselves are.
type STACCatalog struct {
	Places     Places
	Reader     Reader
	RootHref   string // …/catalog.json, or a folder that has one, or else a collection.json
	Collection string // only what belongs to the collection of this id; empty: everything
	Inline     bool   // documents are given with their content, whose addresses are made absolute
}

// maxLinks bounds the links of one node.
const maxLinks = 100_000

// Root is the node where a walk begins.
func (c *STACCatalog) Root() string { return c.RootHref }

// Visit reads the document at a node. A folder leads to the document that describes it.
func (c *STACCatalog) Visit(ctx context.Context, href string) (Found, error) {
	if err := c.Places.mayRead(href); err != nil {
		return Found{}, err
	}
	if strings.HasSuffix(href, "/") {
		return c.folder(ctx, href)
	}
	text, err := c.Reader.Read(ctx, href, stac.MaxSize)
	if err != nil {
		return Found{}, err
	}
	kind, err := stac.Type(text)
	switch {
	case err != nil:
		return Found{}, err
	case kind == stac.TypeItem:
		return c.item(href, text)
	}
	found, err := c.below(href, text)
	if err == nil && kind == stac.TypeCollection {
		c.collection(&found, href, text)
	}
	return found, err
}

func (c *STACCatalog) folder(ctx context.Context, href string) (Found, error) {
	for _, name := range []string{"catalog.json", "collection.json"} {
		_, err := c.Reader.Read(ctx, href+name, stac.MaxSize)
		switch {
		case err == nil:
			return Found{Next: []string{href + name}}, nil
		case fault.KindOf(err) != fault.NotFound:
			return Found{}, err
		}
	}
	return Found{}, fault.New(fault.NotFound, "there is neither a catalog.json nor a collection.json in %s", href)
}

func (c *STACCatalog) item(href string, text []byte) (Found, error) {
	item, err := stac.DecodeItem(text)
	if err != nil {
		return Found{}, err
	}
	content, err := c.content(href, text)
	return Found{Documents: []Document{{
		Href: href, Kind: stac.TypeItem, Content: content, Left: c.Collection != "" && item.Collection != c.Collection, Record: item.Record(),
	}}}, err
}

// content is what a document says, where it is not registered from where it lies.
func (c *STACCatalog) content(href string, text []byte) ([]byte, error) {
	if !c.Inline {
		return nil, nil
	}
	return anchored(text, href, false)
}

// collection adds a collection to what its document leads to; when it is not understood, the walk goes on below it.
func (c *STACCatalog) collection(found *Found, href string, text []byte) {
	collection, err := stac.DecodeCollection(text)
	var content []byte
	if err == nil {
		content, err = c.content(href, text)
	}
	if err != nil {
		found.Failures = append(found.Failures, Failure{href, err})
		return
	}
	found.Documents = append(found.Documents, Document{
		Href: href, Kind: stac.TypeCollection, Content: content, Left: c.Collection != "" && collection.ID != c.Collection,
		Record: record.Record{Key: record.Key{ID: collection.ID}, Type: record.TypeCollection, Title: collection.Title},
	})
}

// node is as much of a catalogue or collection as a walk needs.
type node struct {
	Links links `json:"links"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

// links reads as many links as are bearable.
type links []link

// UnmarshalJSON reads a list of links one after the other and keeps those that lead on, and the document's own address.
func (l *links) UnmarshalJSON(text []byte) error {
	in := json.NewDecoder(bytes.NewReader(text))
	if start, err := in.Token(); err != nil || start != json.Delim('[') {
		return fault.At(fault.Invalid, "links", "links is not a list")
	}
	for in.More() {
		var one link
		if err := in.Decode(&one); err != nil {
			return fault.At(fault.Invalid, "links", "a link is not understood: %w", err)
		}
		if one.Rel != "child" && one.Rel != "item" && one.Rel != "self" {
			continue
		}
		if *l = append(*l, one); len(*l) > maxLinks {
			return fault.At(fault.Invalid, "links", "the document leads to more than %d others", maxLinks)
		}
	}
	return nil
}

func (c *STACCatalog) below(href string, text []byte) (Found, error) {
	var n node
	if err := json.Unmarshal(text, &n); err != nil {
		return Found{}, fault.Classify(fault.Invalid, err, "the document cannot be read")
	}
	self := ""
	for _, l := range n.Links {
		if l.Rel == "self" {
			self = l.Href
		}
	}
	var found Found
	for _, l := range n.Links {
		if l.Rel == "self" {
			continue
		}
		to, err := c.Places.resolve(href, self, l.Href)
		if err != nil {
			found.Failures = append(found.Failures, Failure{l.Href, err})
			continue
		}
		found.Below = append(found.Below, to)
	}
	return found, nil
}
