package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"path"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/stac"
)

// decision is what a notification asks for.
type decision struct {
	route     eventing.Route
	mode      eventing.Mode
	workspace string
	href      string // of what is asked for, where that is not the object itself
	subject   string // the id of the item or collection where it could be read, else the key
	ignored   string // why there is nothing to do
}

// decide goes by what the object is. What is asked for is always to look at the object's present state, so that the
// order in which notifications arrive does not matter.
func (in *intake) decide(ctx context.Context, n notice) (decision, error) {
	d := decision{route: eventing.RouteAssets, mode: eventing.ModeReplace, workspace: in.workspace(n.bucket), subject: eventing.Attribute(n.key)}
	switch {
	case n.bucket == in.cache:
		d.ignored = "it lies in the tile cache"
	case strings.HasSuffix(n.key, "/"):
		d.ignored = "it is a folder"
	case isManifest(n.key):
		d.route, d.href = eventing.RoutePaths, bucket.Href(n.bucket, path.Dir(n.key))
		d.subject = eventing.Attribute(path.Base(path.Dir(n.key)))
		if n.removed {
			d.mode = eventing.ModeDeregister
		}
	case n.removed && isJSON(n.key):
		d.route, d.mode = eventing.RouteItems, eventing.ModeDeregister
	case n.removed:
		d.mode = eventing.ModeDeregister
	case isJSON(n.key):
		return d, in.document(ctx, n, &d)
	}
	return d, nil
}

func isJSON(key string) bool {
	extension := strings.ToLower(path.Ext(key))
	return extension == ".json" || extension == ".geojson"
}

// isManifest tells whether an object is the manifest of a product of Sentinel, whose folder is the product.
func isManifest(key string) bool {
	folder := path.Ext(path.Dir(key))
	return folder == ".SAFE" && path.Base(key) == "manifest.safe" || folder == ".SEN3" && path.Base(key) == "xfdumanifest.xml"
}

const (
	headSize = 64 << 10 // of a document is read at first: most items fit, larger documents say what they are in it
	readers  = 2        // documents read whole at once, so that many large ones do not fill the memory
)

// document decides on a JSON object by its head, or by the whole of it when the head does not tell. What cannot be told
// goes the items' way: register meets the same failure and keeps it for people to read.
func (in *intake) document(ctx context.Context, n notice, d *decision) error {
	d.route = eventing.RouteItems
	head, err := in.objects.ReadRange(ctx, n.bucket, n.key, "", 0, headSize)
	if err == nil && len(head) == headSize {
		if _, known := stac.Type(head); known != nil {
			return in.whole(ctx, n, d)
		}
	}
	return decided(head, err, d)
}

// whole decides on a document by all of it.
func (in *intake) whole(ctx context.Context, n notice, d *decision) error {
	select {
	case in.reading <- struct{}{}:
	case <-ctx.Done():
		return fault.Classify(fault.Unavailable, ctx.Err(), "waiting to read %s", bucket.Href(n.bucket, n.key))
	}
	defer func() { <-in.reading }()
	text, _, err := in.objects.ReadAll(ctx, n.bucket, n.key, stac.MaxSize)
	return decided(text, err, d)
}

// decided takes in what reading a document brought. A failure that will not pass is register's to tell.
func decided(text []byte, err error, d *decision) error {
	switch {
	case err == nil:
		classify(text, d)
		return nil
	case fault.KindOf(err).Permanent():
		return nil
	}
	return err
}

// said is what a document says of itself.
type said struct {
	ID      string
	Type    string
	Version bool // of STAC: it names one
	JSON    bool // the text is JSON, and whole
}

// saidBy takes from a document what it says of itself, without copying the rest: it may be large.
func saidBy(text []byte) said {
	var top struct {
		ID      json.RawMessage `json:"id"`
		Type    json.RawMessage `json:"type"`
		Version json.RawMessage `json:"stac_version"`
	}
	if json.Unmarshal(text, &top) != nil && !json.Valid(text) {
		return said{ID: topString(text[:min(len(text), headSize)], "id")}
	}
	s := said{Version: len(top.Version) > 0 && string(top.Version) != "null", JSON: true}
	_, _ = json.Unmarshal(top.ID, &s.ID), json.Unmarshal(top.Type, &s.Type) // what is not a string says nothing
	return s
}

// classify decides by the text of a document, which may be cut off behind its type.
func classify(text []byte, d *decision) {
	says := saidBy(text)
	if says.ID != "" {
		d.subject = eventing.Attribute(says.ID)
	}
	kind, err := stac.Type(text)
	switch {
	case kind == stac.TypeCollection:
		d.route = eventing.RouteCollections
	case kind == stac.TypeCatalog, err != nil && !says.pretends():
		d.route = eventing.RouteAssets // a file like any other, which may be referred to, or lie where an item lay
	}
}

// pretends tells whether a document whose type is not known was nonetheless meant to be registered, so that its author
// should be told: broken JSON, or what names a version of STAC or a type of GeoJSON.
func (s said) pretends() bool { return !s.JSON || s.Version || strings.HasPrefix(s.Type, "Feature") }

// topString reads a member of the beginning of a JSON object that is a string; nothing when it has no such member.
func topString(text []byte, name string) string {
	in := json.NewDecoder(bytes.NewReader(text))
	if start, err := in.Token(); err != nil || start != json.Delim('{') {
		return ""
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if in.Decode(&value) != nil {
			return ""
		}
		if key == name {
			var s string
			if json.Unmarshal(value, &s) != nil {
				return ""
			}
			return s
		}
	}
	return ""
}

// requested is the event that asks register to look at the object.
func requested(n notice, d decision) (*event.Event, error) {
	e := event.New()
	e.SetID("register/" + n.id())
	e.SetSource("/perigee/intake")
	e.SetType(eventing.TypeRegisterRequested)
	e.SetSubject(d.subject)
	e.SetExtension(eventing.ExtensionRoute, string(d.route))
	e.SetExtension(eventing.ExtensionMode, string(d.mode))
	if d.workspace != "" {
		e.SetExtension(eventing.ExtensionWorkspace, d.workspace)
	}
	if !n.time.IsZero() {
		e.SetTime(n.time)
	}
	request := eventing.RegisterRequest{Documents: []eventing.Document{{Href: cmp.Or(d.href, bucket.Href(n.bucket, n.key)), Time: n.time}}}
	if err := e.SetData(event.ApplicationJSON, request); err != nil {
		return nil, fault.Classify(fault.Internal, err, "the request to register %s/%s cannot be encoded", n.bucket, n.key)
	}
	return &e, nil
}
