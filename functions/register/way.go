package main

import (
	"cmp"
	"context"
	"encoding/json"
	"path"
	"strings"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/routes"
	"perigee/shared/scope"
)

// wayOf is the route of a name: its own, or one of a queue of the original. Files that items refer to go the items' way.
func (r *registrar) wayOf(name eventing.Route) (routes.Route, error) {
	if name == eventing.RouteAssets {
		return r.itemsWay(), nil
	}
	way, ok := r.routes.Route(string(name))
	if !ok {
		return way, fault.At(fault.Invalid, eventing.ExtensionRoute, "there is no route %q, but %s", name, strings.Join(r.routes.Names(), ", "))
	}
	return way, nil
}

// itemsWay is the route of items. Where there is none they are registered by no event, but still by transactions.
func (r *registrar) itemsWay() routes.Route {
	way, ok := r.routes.Route(routes.QueueItems)
	if !ok {
		return routes.Route{Name: string(eventing.RouteItems), Kind: routes.Items}
	}
	return way
}

// known is the work on a document that is looked at again because its object came or went: by the route by which it was
// registered, and as a part of what it belongs to, where it does not say that itself, as items and collections do.
func (r *registrar) known(ctx context.Context, req request, d eventing.Document) (*work, error) {
	w := &work{document: d, mode: eventing.ModeReplace, way: req.way, again: true}
	if extension := strings.ToLower(path.Ext(d.Href)); extension == ".json" || extension == ".geojson" {
		return w, nil
	}
	sc := req.scope.In(req.scope.Workspace)
	before, _, err := r.store.Registrations(ctx, sc, catalogue.RegistrationQuery{Href: d.Href, Limit: 1})
	if err != nil || len(before) == 0 {
		return w, err
	}
	if way, ok := r.routes.Route(before[0].Route); ok {
		w.way = way
	}
	key, _, _, err := r.store.ResolveSource(ctx, sc, d.Href)
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	w.parent = key.Collection
	return w, err
}

// message is what a JSON route is told: where something lies, and what it belongs to.
type message struct {
	Type       string // what is registered, in small letters
	URL        string
	Parent     string // identifier of the record that it belongs to
	Identifier string // of the record to deregister
}

// listen reads what a route is told in place of a document.
func (r *registrar) listen(sc scope.Scope, w *work) error {
	w.said = message{Parent: w.parent}
	var err error
	switch {
	case w.way.Kind == routes.Path && len(w.document.Content) > 0:
		w.href, err = pathOf(w.document.Content)
	case w.way.Kind == routes.JSON && len(w.document.Content) > 0:
		err = w.hear()
	}
	if w.way.Kind == routes.Path && w.href != "" {
		w.href = r.placed(sc, w.href)
	}
	return err
}

// hear reads the message of a JSON route. Where the document itself is the record, its members mean something else.
func (w *work) hear() (err error) {
	if _, own := w.way.Backend(routes.CatalogueJSON); own && w.mode != eventing.ModeDeregister {
		return nil
	}
	var whole string // a document that came by itself, XML for instance, as a text
	if json.Unmarshal(w.document.Content, &whole) == nil && whole != "" {
		w.text = []byte(whole)
		return nil
	}
	if w.said, err = readMessage(w.document.Content, w.way.HrefField); err != nil {
		return err
	}
	w.href = cmp.Or(w.href, w.said.URL)
	if w.mode == eventing.ModeDeregister {
		w.href = addressOf(w.href)
	}
	return nil
}

// addressOf is the address of what is to be deregistered: clients of the original name objects by bucket and key alone.
func addressOf(told string) string {
	if told == "" || strings.Contains(told, "://") {
		return told
	}
	return "s3://" + strings.TrimPrefix(told, "/")
}

// readMessage takes a message apart; a member that is null says nothing.
func readMessage(text []byte, hrefField string) (m message, err error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return m, fault.New(fault.Invalid, "the document is not a JSON object")
	}
	for name, into := range map[string]*string{"type": &m.Type, cmp.Or(hrefField, routes.HrefField): &m.URL, "parent_identifier": &m.Parent, "identifier": &m.Identifier} {
		if raw := members[name]; len(raw) > 0 && json.Unmarshal(raw, into) != nil {
			return m, fault.At(fault.Invalid, name, "%s is not a text", name)
		}
	}
	m.Type = strings.ToLower(m.Type)
	return m, nil
}

// pathOf is the address that a message of a path route stands for: a JSON string, or an object with one.
func pathOf(text []byte) (string, error) {
	var address string
	if json.Unmarshal(text, &address) == nil {
		return address, nil
	}
	m, err := readMessage(text, routes.HrefField)
	if err == nil && m.URL == "" {
		err = fault.At(fault.Invalid, routes.HrefField, "there is no path to register")
	}
	return m.URL, err
}

func isWeb(href string) bool {
	scheme, _, ok := strings.Cut(href, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}
