package main

import (
	"context"
	"encoding/json"
	"slices"

	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/stac"
)

const (
	maxProcesses = 400 // of one service: more are not written at once
	maxPages     = 20
	typeADES     = "ades" // of a message: an ADES of EOEPCA, whose processes are nobody's to find
)

// linked is what a document of an OGC API says of itself, as far as a record needs it.
type linked struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Version     string    `json:"version"`
	Keywords    []string  `json:"keywords"`
	ConformsTo  []string  `json:"conformsTo"`
	STACVersion string    `json:"stac_version"`
	Links       []apiLink `json:"links"`
}

type apiLink struct {
	Rel   string `json:"rel"`
	Href  string `json:"href"`
	Type  string `json:"type"`
	Title string `json:"title"`
}

// link finds the address of the first link with one of the relations.
func (l linked) link(place string, rels ...string) string {
	for _, rel := range rels {
		for _, link := range l.Links {
			if link.Rel == rel && link.Href != "" {
				return stac.ResolveHref(place, link.Href)
			}
		}
	}
	return ""
}

// further are the links of a service that its record shows too.
func (l linked) further(place string) []record.Link {
	var all []record.Link
	for _, link := range l.Links {
		if slices.Contains([]string{"service-desc", "service-doc", "license", "describedby", "about"}, link.Rel) && link.Href != "" && len(all) < maxLinks {
			all = append(all, record.Link{Rel: link.Rel, Href: stac.ResolveHref(place, link.Href), Type: link.Type, Title: link.Title})
		}
	}
	return all
}

// processes registers a service of OGC API Processes, and its processes as records that belong to it. Of an ADES the service
// alone is registered (REG-14).
func (r *registrar) processes(ctx context.Context, req request, w *work, _ routes.Backend) ([]record.Change, error) {
	src, err := r.read(ctx, req.scope, w)
	if err != nil {
		return nil, err
	}
	var landing linked
	if json.Unmarshal(src.text, &landing) != nil || len(landing.Links) == 0 {
		return nil, fault.New(fault.Invalid, "%s answers no landing page of OGC API Processes", w.href)
	}
	id := identifierOf(w.href)
	w.status.ID = id
	d := ogcrecord.Draft{
		ID: id, Type: "service", Title: landing.Title, Description: landing.Description, World: true,
		Keywords: []string{"OGC API - Processes", "service", "application", "process"},
		Links:    append([]record.Link{{Rel: "service", Href: w.href, Type: "application/json", Title: "OGC API - Processes", Name: "service", Protocol: "OGCAPI:Processes"}}, landing.further(w.href)...),
	}
	if w.said.Type == typeADES {
		d.Keywords = append(d.Keywords, "ADES")
	}
	service, err := composed(req, d, w.said.Parent)
	if err != nil || w.said.Type == typeADES {
		return []record.Change{service}, err
	}
	all, err := r.listProcesses(ctx, w.href, landing)
	if err != nil {
		return nil, err
	}
	changes := []record.Change{service}
	for _, p := range all {
		change, err := process(req, w.href, id, p)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// process makes the record of one process of the service at an address.
func process(req request, address, service string, p linked) (record.Change, error) {
	href := p.link(address, "self", "http://www.opengis.net/def/rel/ogc/1.0/process-desc", "process-desc")
	if href == "" {
		href = below(address, "processes/"+p.ID)
	}
	d := ogcrecord.Draft{
		ID: service + "-" + p.ID, Type: "process", Title: p.Title, Description: p.Description, World: true,
		Keywords: append([]string{"OGC API - Processes", "process"}, p.Keywords...), Properties: map[string]any{"process": p.ID},
		Links: []record.Link{{Rel: "item", Href: href, Type: "application/json", Title: "Process description", Name: p.ID, Protocol: "OGCAPI:Processes"}},
	}
	if p.Version != "" {
		d.Properties["edition"] = p.Version
	}
	change, err := composed(req, d, service)
	change.Source.Href = part(address, p.ID)
	return change, err
}

// listProcesses reads the list of processes page by page (OGC 18-062r2, 7.10).
func (r *registrar) listProcesses(ctx context.Context, address string, landing linked) ([]linked, error) {
	next := landing.link(address, "http://www.opengis.net/def/rel/ogc/1.0/processes", "processes")
	if next == "" {
		next = below(address, "processes")
	}
	var all []linked
	seen := map[string]bool{}
	for page := 0; next != ""; page++ {
		var list struct {
			Processes []linked  `json:"processes"`
			Links     []apiLink `json:"links"`
		}
		if err := r.getJSON(ctx, next, &list); err != nil {
			return nil, err
		}
		for _, p := range list.Processes {
			if p.ID != "" && !seen[p.ID] {
				seen[p.ID] = true
				all = append(all, p)
			}
		}
		if len(all) > maxProcesses || page == maxPages {
			return nil, fault.New(fault.Invalid, "the service at %s has more than %d processes, or lists them on more than %d pages", address, maxProcesses, maxPages)
		}
		next = linked{Links: list.Links}.link(next, "next")
	}
	return all, nil
}
