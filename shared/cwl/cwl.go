// Package cwl reads what application packages say of themselves: workflows in the Common Workflow Language
// (https://www.commonwl.org/v1.2/Workflow.html) with annotations of schema.org, as OGC's Best Practice for Earth
// Observation Application Packages (OGC 20-089r1) has them.
package cwl

import (
	"fmt"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
	"perigee/shared/plainyaml"
	"perigee/shared/record"
)

// MediaType is that of application packages as YAML.
const MediaType = "application/cwl+yaml"

// MaxSize bounds a package in bytes.
const MaxSize = plainyaml.MaxSize

// Package is what a catalogue needs to know of an application package. Everything but the ID may be missing.
type Package struct {
	ID              string // of the workflow
	Label           string
	Doc             string
	Version         string // of schema.org, as the rest
	SoftwareVersion string
	Keywords        []string
	Author          Person
	Contributor     Person
	Created         string
	ReleaseNotes    string
	Citation        string
	CodeRepository  string
	License         string
	Logo            string
}

// Person is somebody behind a package.
type Person struct{ Name, Affiliation, Email string }

// Decode reads a package, as YAML or JSON. name is that of the text in messages.
func Decode(name string, text []byte) (Package, error) {
	var top map[string]any
	if err := plainyaml.Decode(name, text, &top); err != nil {
		return Package{}, err
	}
	if version, ok := top["cwlVersion"]; !ok || words(version) == "" {
		return Package{}, fault.At(fault.Invalid, "cwlVersion", "%s: cwlVersion is missing: the document is no application package", name)
	}
	workflow, err := workflowOf(name, top)
	if err != nil {
		return Package{}, err
	}
	id := words(workflow["id"])
	id = id[strings.LastIndexByte(id, '#')+1:]
	if err := record.CheckID(id, "id"); err != nil {
		return Package{}, fault.At(fault.Invalid, "id", "%s: the workflow's %w", name, err)
	}
	a := annotations{prefixes(top), []map[string]any{top, workflow}}
	return Package{
		ID: id, Label: words(workflow["label"]), Doc: words(workflow["doc"]),
		Version: a.text("version"), SoftwareVersion: a.text("softwareVersion"), Keywords: a.list("keywords"), Author: a.person("author"),
		Contributor: a.person("contributor"), Created: a.text("dateCreated"), ReleaseNotes: a.text("releaseNotes"), Citation: a.text("citation"),
		CodeRepository: a.text("codeRepository"), License: a.text("license"), Logo: a.text("logo"),
	}, nil
}

// workflowOf finds the workflow of a package: the document itself, or the one in its graph that is called main, else the
// first.
func workflowOf(name string, top map[string]any) (map[string]any, error) {
	graph, packed := top["$graph"].([]any)
	if !packed {
		graph = []any{top}
	}
	var found map[string]any
	for _, one := range graph {
		process, _ := one.(map[string]any)
		if words(process["class"]) != "Workflow" {
			continue
		}
		if id := words(process["id"]); found == nil || strings.TrimPrefix(id, "#") == "main" {
			found = process
		}
	}
	if found == nil {
		return nil, fault.At(fault.Invalid, "class", "%s: the document has no Workflow: it is no application package", name)
	}
	return found, nil
}

// Draft is the record of a package (EOEPCA's mapping to ISO 19115): an application, which may be used anywhere. Where the
// package itself lies is for its reader to add.
func (p Package) Draft() ogcrecord.Draft {
	d := ogcrecord.Draft{
		ID: p.ID, Type: "application", Title: p.Label, Description: p.Doc, License: p.License, World: true, Formats: []string{"CWL"},
		Created: moment(p.Created), Properties: map[string]any{},
	}
	if p.SoftwareVersion != "" {
		d.Keywords = append(d.Keywords, "softwareVersion:"+p.SoftwareVersion)
	}
	d.Keywords = append(d.Keywords, "application", "CWL")
	d.Keywords = append(d.Keywords, p.Keywords...)
	for name, text := range map[string]string{"edition": p.Version, "lineage": p.ReleaseNotes, "softwareVersion": p.SoftwareVersion} {
		if text != "" {
			d.Properties[name] = text
		}
	}
	d.Contacts = append(ogcrecord.NewContact("author", p.Author.Name, p.Author.Affiliation, p.Author.Email),
		ogcrecord.NewContact("pointOfContact", p.Contributor.Name, p.Contributor.Affiliation, p.Contributor.Email)...)
	for _, l := range []record.Link{
		{Rel: "related", Href: p.ReleaseNotes, Title: "Release notes"}, {Rel: "cite-as", Href: p.Citation, Title: "Citation"},
		{Rel: "working-copy-of", Href: p.CodeRepository, Title: "Source code"}, {Rel: "license", Href: p.License, Title: "Licence"},
		{Rel: "icon", Href: p.Logo, Title: "Logo"},
	} {
		if isAddress(l.Href) {
			d.Links = append(d.Links, l)
		}
	}
	return d
}

// isAddress tells whether a text can be the target of a link: some annotations are words, a licence's name for instance.
func isAddress(text string) bool {
	return strings.Contains(text, "://") && !strings.ContainsAny(text, " \t\n")
}

func moment(text string) time.Time {
	i, err := record.ParseInterval(text)
	if err != nil {
		return time.Time{}
	}
	return i.Start
}

// words is a value as text: paragraphs are joined, and what is no text is nothing.
func words(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case nil, map[string]any:
		return ""
	case []any:
		var all []string
		for _, one := range v {
			if text := words(one); text != "" {
				all = append(all, text)
			}
		}
		return strings.Join(all, "\n")
	}
	return fmt.Sprint(v)
}
