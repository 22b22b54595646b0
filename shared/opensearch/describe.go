package opensearch

import (
	"encoding/xml"
	"slices"
	"strings"

	"perigee/shared/ows"
)

// mediaTypeDescription is that of description documents.
const mediaTypeDescription = "application/opensearchdescription+xml"

// The wire types of a description document (OpenSearch 1.1 draft 6, and its Parameter extension draft 2).

type description struct {
	XMLName     xml.Name   `xml:"OpenSearchDescription"`
	Attributes  []xml.Attr `xml:",any,attr"`
	ShortName   string     `xml:"ShortName"`
	Description string     `xml:"Description"`
	Tags        string     `xml:"Tags"`
	URLs        []template `xml:"Url"`
	LongName    string     `xml:"LongName"`
	Developer   string     `xml:"Developer,omitempty"`
	Examples    []example  `xml:"Query"`
	Right       string     `xml:"SyndicationRight"`
	Adult       bool       `xml:"AdultContent"`
	Language    string     `xml:"Language"`
	Output      string     `xml:"OutputEncoding"`
	Input       string     `xml:"InputEncoding"`
}

type template struct {
	Type       string             `xml:"type,attr"`
	Rel        string             `xml:"rel,attr"`
	Offset     *int               `xml:"indexOffset,attr"`
	Template   string             `xml:"template,attr"`
	Method     string             `xml:"parameters:method,attr,omitempty"`
	Encoding   string             `xml:"parameters:enctype,attr,omitempty"`
	Parameters []parameterElement `xml:"parameters:Parameter"`
}

type parameterElement struct {
	Name     string        `xml:"name,attr"`
	Value    string        `xml:"value,attr"`
	Minimum  int           `xml:"minimum,attr"` // how often it has to be there
	Least    string        `xml:"minInclusive,attr,omitempty"`
	Most     string        `xml:"maxInclusive,attr,omitempty"`
	Pattern  string        `xml:"pattern,attr,omitempty"`
	Title    string        `xml:"title,attr,omitempty"`
	Options  []option      `xml:"parameters:Option"`
	Profiles []profileLink `xml:"atom:link"`
}

type option struct {
	Value string `xml:"value,attr"`
	Label string `xml:"label,attr"`
}

type profileLink struct {
	Rel   string `xml:"rel,attr"`
	Href  string `xml:"href,attr"`
	Title string `xml:"title,attr"`
}

type example struct {
	Role  string `xml:"role,attr"`
	Count int    `xml:"count,attr"`
	Title string `xml:"title,attr"`
}

// The longest texts that the specification allows.
const (
	maxShortName   = 16
	maxLongName    = 48
	maxDescription = 1024
)

// describe makes the description of a step: a template for each format, for GET and for forms.
func (c *call) describe(of about, parameters []parameter) description {
	d := description{
		Attributes: ows.Attributes("xmlns", namespaceOpenSearch, "xmlns:parameters", namespaceParameters, "xmlns:atom", namespaceAtom,
			"xmlns:geo", namespaceGeo, "xmlns:time", namespaceTime, "xmlns:eo", namespaceEO, "xmlns:cql", namespaceCQL),
		ShortName: shortened(of.title, maxShortName), LongName: shortened(of.title, maxLongName), Tags: "CEOS-OS-BP-V1.1/L1",
		Developer: shortened(c.config.Service.Provider.Name, 64), Right: "open", Language: "*", Output: "UTF-8", Input: "UTF-8",
		Examples: []example{{"example", 10, "the newest ones"}},
	}
	if d.Description = shortened(of.abstract, maxDescription); d.Description == "" {
		d.Description = "Search in " + of.title
	}
	rel := "results"
	if c.collection == "" && !c.config.OneStep {
		rel = "collection"
	}
	d.URLs = []template{{Type: mediaTypeDescription, Rel: "self", Template: c.address("")}}
	for _, f := range formats {
		one := template{Type: f.mediaType, Rel: rel, Offset: new(int), Template: c.address(f.name) + "?" + queryTemplate(parameters), Parameters: elements(parameters)}
		form := one
		form.Template, form.Method, form.Encoding = c.address(f.name), "POST", "application/x-www-form-urlencoded"
		d.URLs = append(d.URLs, one, form)
	}
	return d
}

// queryTemplate is the query of a template, in which every parameter may be left out.
func queryTemplate(parameters []parameter) string {
	parts := make([]string, len(parameters))
	for i, p := range parameters {
		parts[i] = p.name + "={" + p.template + "?}"
	}
	return strings.Join(parts, "&")
}

// wktKinds are the geometries that the parameter for one takes (10-032r8 table 7).
var wktKinds = []string{"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"}

func elements(parameters []parameter) []parameterElement {
	all := make([]parameterElement, len(parameters))
	for i, p := range parameters {
		all[i] = parameterElement{Name: p.name, Value: "{" + p.template + "}", Least: p.least, Most: p.most, Pattern: p.pattern, Title: p.about}
		for _, value := range p.options {
			all[i].Options = append(all[i].Options, option{value, value})
		}
		if p.profile != "" {
			for _, kind := range wktKinds {
				all[i].Profiles = append(all[i].Profiles, profileLink{"profile", p.profile + kind, "This service takes a " + kind})
			}
		}
	}
	return all
}

// shortened is a text of at most so many characters.
func shortened(text string, most int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return strings.TrimSpace(string(runes[:min(len(runes), most)]))
}

// formatNames are the names by which formats stand in addresses.
func formatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return slices.Clip(names)
}
