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

// wayOfDocument is the route by which the document at an address was registered, for those that do not say it themselves,
// as items and collections do.
func (r *registrar) wayOfDocument(ctx context.Context, req request, href string) (routes.Route, error) {
	if extension := strings.ToLower(path.Ext(href)); extension == ".json" || extension == ".geojson" {
		return req.way, nil
	}
	known, _, err := r.store.Registrations(ctx, req.scope.In(req.scope.Workspace), catalogue.RegistrationQuery{Href: href, Limit: 1})
	if err != nil || len(known) == 0 {
		return req.way, err
	}
	if way, ok := r.routes.Route(known[0].Route); ok {
		return way, nil
	}
	return req.way, nil
}

// message is what a JSON route is told: where something lies, and what it belongs to.
type message struct {
	Type       string // what is registered, in small letters
	URL        string
	Parent     string // identifier of the record that it belongs to
	Identifier string // of the record to deregister
}

// listen reads what a route is told in place of a document.
func (w *work) listen() error {
	w.said = message{}
	if len(w.document.Content) == 0 || w.asked != nil {
		return nil
	}
	var err error
	switch w.way.Kind {
	case routes.Path:
		w.href, err = pathOf(w.document.Content)
	case routes.JSON:
		err = w.hear()
	}
	return err
}

// hear reads the message of a JSON route. Where the document itself is the record, its members mean something else.
func (w *work) hear() (err error) {
	if _, own := w.way.Backend(routes.CatalogueJSON); own && w.mode != eventing.ModeDeregister {
		return nil
	}
	if w.said, err = readMessage(w.document.Content, w.way.HrefField); err != nil {
		return err
	}
	w.href = cmp.Or(w.href, w.said.URL)
	if w.href != "" && w.mode == eventing.ModeDeregister && !strings.Contains(w.href, "://") {
		w.href = "s3://" + strings.TrimPrefix(w.href, "/") // as clients of the original name objects here
	}
	return nil
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
