package main

import (
	"bytes"
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

// headSize is how much of a document is read at first: most items fit, larger documents say what they are in it.
const headSize = 64 << 10

// document decides on a JSON object by its head, or by the whole of it when the head does not tell. What cannot be told
// goes the items' way, where its failure is kept for people to read.
func (in *intake) document(ctx context.Context, n notice, d *decision) error {
	d.route = eventing.RouteItems
	head, err := in.objects.ReadRange(ctx, n.bucket, n.key, "", 0, headSize)
	if err == nil && len(head) == headSize {
		if _, known := stac.Type(head); known != nil {
			head, _, err = in.objects.ReadAll(ctx, n.bucket, n.key, stac.MaxSize)
		}
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		classify(head, d)
		return nil
	case kind == fault.NotFound, kind == fault.Invalid: // gone already, or too large: register sees the same and says so
		return nil
	case kind == fault.Forbidden:
		return fault.Classify(fault.Forbidden, err, "%s cannot be read", bucket.Href(n.bucket, n.key))
	default:
		return err
	}
}

// classify decides by the text of a document, which may be cut off behind its type.
func classify(text []byte, d *decision) {
	if id := topString(text, "id"); id != "" {
		d.subject = eventing.Attribute(id)
	}
	kind, err := stac.Type(text)
	switch {
	case kind == stac.TypeCollection:
		d.route = eventing.RouteCollections
	case kind == stac.TypeCatalog:
		d.ignored = "it is a STAC catalogue: its items are registered one by one"
	case err != nil && !pretends(text):
		d.ignored = "it is JSON, but not STAC"
	}
}

// pretends tells whether a document whose type is not known was nonetheless meant to be registered, so that its author
// should be told: broken JSON, or what names a version of STAC or a type of GeoJSON.
func pretends(text []byte) bool {
	if !json.Valid(text) {
		return true
	}
	return topString(text, "stac_version") != "" || strings.HasPrefix(topString(text, "type"), "Feature")
}

// topString reads a member of a JSON object that is a string; nothing when it has no such member.
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
	request := eventing.RegisterRequest{Documents: []eventing.Document{{Href: bucket.Href(n.bucket, n.key), Time: n.time}}}
	if err := e.SetData(event.ApplicationJSON, request); err != nil {
		return nil, fault.Classify(fault.Internal, err, "the request to register %s/%s cannot be encoded", n.bucket, n.key)
	}
	return &e, nil
}
