package record

import (
	"regexp"
	"strings"
)

// Contact is somebody who has to do with a resource, as records of OGC API - Records say it
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/contact.yaml).
type Contact struct {
	Name         string
	Position     string
	Organisation string
	Phones       []string
	Emails       []string
	Addresses    []Address
	Href         string   // of the first link
	Roles        []string // words of CI_RoleCode: pointOfContact, author, publisher
}

// Address is where somebody gets mail.
type Address struct {
	Lines      []string
	City       string
	Area       string // an administrative one
	PostalCode string
	Country    string
}

// Contacts are those of a record.
func (r *Record) Contacts() []Contact {
	list, _ := r.Properties[PropertyContacts].([]any)
	contacts := make([]Contact, 0, len(list))
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			contacts = append(contacts, contactOf(m))
		}
	}
	return contacts
}

func contactOf(m map[string]any) Contact {
	fields := Record{Properties: m}
	c := Contact{
		Name: fields.Text("name"), Position: fields.Text("position"), Organisation: fields.Text("organization"),
		Phones: values(m["phones"], "value"), Emails: values(m["emails"], "value"), Roles: fields.Texts("roles"),
	}
	for _, href := range values(m["links"], "href") {
		c.Href = href
		break
	}
	addresses, _ := m["addresses"].([]any)
	for _, v := range addresses {
		a, _ := v.(map[string]any)
		fields := Record{Properties: a}
		c.Addresses = append(c.Addresses, Address{
			Lines: fields.Texts("deliveryPoint"), City: fields.Text("city"), Area: fields.Text("administrativeArea"),
			PostalCode: fields.Text("postalCode"), Country: fields.Text("country"),
		})
	}
	return c
}

// values are the texts of a field of the objects of a list.
func values(list any, field string) []string {
	objects, _ := list.([]any)
	var texts []string
	for _, v := range objects {
		m, _ := v.(map[string]any)
		if s, ok := m[field].(string); ok && s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

// SetContacts sets the contacts of a record, those of the same name and role once, and what it is found by of them: the names of the organisations, and the
// roles.
func (r *Record) SetContacts(contacts []Contact) {
	var list []any
	var organisations, roles []string
	seen := map[string]bool{}
	for _, c := range contacts {
		m, key := c.object(), strings.Join(append([]string{c.Name, c.Organisation, c.Position}, c.Roles...), "\n")
		if len(m) == 0 || seen[key] {
			continue
		}
		seen[key] = true
		list = append(list, m)
		organisations, roles = append(organisations, c.Organisation), append(roles, c.Roles...)
	}
	if len(list) > 0 {
		r.set(PropertyContacts, list)
	}
	r.SetTexts(PropertyOrganisation, organisations...)
	r.SetTexts(PropertyRole, roles...)
}

// object is a contact as the schema has it: somebody with a name, else with a position or an address that is called so.
// Numbers and addresses that are none are left out.
func (c Contact) object() map[string]any {
	m := map[string]any{}
	emails := matching(email, c.Emails)
	if c.Name == "" && c.Organisation == "" {
		c.Name = strings.Join(append([]string{c.Position}, emails[:min(1, len(emails))]...), " ")
		c.Name, c.Position = strings.TrimSpace(c.Name), ""
	}
	if c.Name == "" && c.Organisation == "" {
		return nil
	}
	put(m, "name", c.Name)
	put(m, "position", c.Position)
	put(m, "organization", c.Organisation)
	phones := make([]string, len(c.Phones))
	for i, phone := range c.Phones {
		phones[i] = plain.ReplaceAllString(phone, "")
	}
	putList(m, "phones", objects("value", matching(number, phones)))
	putList(m, "emails", objects("value", emails))
	if c.Href != "" {
		m["links"] = []any{map[string]any{"rel": "about", "href": c.Href, "type": "text/html"}}
	}
	var addresses []any
	for _, a := range c.Addresses {
		o := map[string]any{}
		putList(o, "deliveryPoint", list(a.Lines))
		put(o, "city", a.City)
		put(o, "administrativeArea", a.Area)
		put(o, "postalCode", a.PostalCode)
		put(o, "country", a.Country)
		if len(o) > 0 {
			addresses = append(addresses, o)
		}
	}
	putList(m, "addresses", addresses)
	if len(m) > 0 {
		putList(m, "roles", list(c.Roles))
	}
	return m
}

// What numbers (E.164) and addresses look like, and what numbers are written with between their digits.
var (
	number = regexp.MustCompile(`^\+[1-9][0-9]{3,14}$`)
	email  = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	plain  = regexp.MustCompile(`\(0\)|[\s()./-]`)
)

func matching(form *regexp.Regexp, texts []string) []string {
	var all []string
	for _, text := range texts {
		if form.MatchString(text) {
			all = append(all, text)
		}
	}
	return all
}

func put(m map[string]any, name, text string) {
	if text != "" {
		m[name] = text
	}
}

func putList(m map[string]any, name string, all []any) {
	if len(all) > 0 {
		m[name] = all
	}
}

func list(texts []string) []any {
	var all []any
	for _, s := range texts {
		if s != "" {
			all = append(all, s)
		}
	}
	return all
}

func objects(field string, texts []string) []any {
	var all []any
	for _, s := range texts {
		if s != "" {
			all = append(all, map[string]any{field: s})
		}
	}
	return all
}

// Theme are concepts of one vocabulary that a resource is about
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/theme.yaml).
type Theme struct {
	Concepts []string
	Scheme   string // the vocabulary
}

// Themes are those of a record.
func (r *Record) Themes() []Theme {
	list, _ := r.Properties[PropertyThemes].([]any)
	themes := make([]Theme, 0, len(list))
	for _, v := range list {
		m, _ := v.(map[string]any)
		scheme, _ := m["scheme"].(string)
		if concepts := values(m["concepts"], "id"); len(concepts) > 0 {
			themes = append(themes, Theme{concepts, scheme})
		}
	}
	return themes
}

// SetThemes sets the themes of a record, those that have concepts and a vocabulary.
func (r *Record) SetThemes(themes []Theme) {
	var list []any
	for _, t := range themes {
		if concepts := objects("id", t.Concepts); len(concepts) > 0 && t.Scheme != "" {
			list = append(list, map[string]any{"concepts": concepts, "scheme": t.Scheme})
		}
	}
	if len(list) > 0 {
		r.set(PropertyThemes, list)
	}
}
