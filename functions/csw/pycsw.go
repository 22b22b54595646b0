package main

import (
	"cmp"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"perigee/shared/csw"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/cql"
	"perigee/shared/ows"
	"perigee/shared/pycsw"
)

// maxConfig bounds the bytes of a configuration file that are read.
const maxConfig = 1 << 20

// settled is the configuration with what the file of pycsw says laid over it. PUBLIC_URL and PYCSW_SERVER_URL win over
// the file (RC-20).
func (c config) settled() (config, pycsw.Config, error) {
	var p pycsw.Config
	if c.File != "" {
		about, err := os.Stat(c.File)
		if err != nil || about.Size() > maxConfig {
			return c, p, fault.At(fault.Invalid, "PYCSW_CONFIG", "the file %s of PYCSW_CONFIG cannot be read, or has more than %d bytes", c.File, maxConfig)
		}
		text, err := os.ReadFile(c.File)
		if err != nil {
			return c, p, fault.At(fault.Invalid, "PYCSW_CONFIG", "the file of PYCSW_CONFIG cannot be read: %w", err)
		}
		if p, err = pycsw.Read(filepath.Base(c.File), text); err != nil {
			return c, p, fault.Classify(fault.Invalid, err, "PYCSW_CONFIG")
		}
		for _, i := range p.Ignored {
			slog.Info("a setting of pycsw has no meaning here", "file", c.File, "line", i.Line, "setting", i.Key, "why", i.Why)
		}
	}
	said := func(to *string, text string) {
		if text != "" {
			*to = text
		}
	}
	said(&c.Title, p.Identity.Title)
	said(&c.Abstract, p.Identity.Abstract)
	said(&c.Provider, p.Provider.Name)
	said(&c.Email, p.Contact.Email)
	if c.PublicURL == "" {
		address := p.Server.URL
		said(&address, c.ServerURL)
		base, err := baseOf(address)
		if err != nil {
			return c, p, err
		}
		c.PublicURL = base
	}
	if p.Server.Timeout > 0 {
		c.Patience = p.Server.Timeout // pycsw waits as long for each of the others
	}
	if p.Manager.Transactions {
		c.Writes, c.Writers = true, []string{"127.0.0.1"} // whom pycsw trusts when it is not told
	}
	if len(p.Manager.AllowedIPs) > 0 {
		c.Writers = p.Manager.AllowedIPs
	}
	return c, p, nil
}

// baseOf is the address below which the paths of the services lie, of the address that pycsw had: its own name at the end, and what
// it was told by parameters, do not count.
func baseOf(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fault.At(fault.Invalid, "server.url", "the address %.200q of the server is not one of http or https", address)
	}
	path := strings.TrimRight(u.Path, "/")
	for _, name := range []string{"/csw.py", "/csw.wsgi", "/wsgi.py", "/csw"} {
		path = strings.TrimSuffix(path, name)
	}
	return u.Scheme + "://" + u.Host + path, nil
}

// serviceOf is what capabilities tell.
func serviceOf(c config, p pycsw.Config) ows.Service {
	k := p.Contact
	s := ows.Service{
		Title: c.Title, Abstract: c.Abstract, Keywords: p.Identity.Keywords, KeywordsType: p.Identity.KeywordsType, Fees: none(p.Identity.Fees), AccessConstraints: none(p.Identity.Constraints),
		Provider: ows.Provider{Name: c.Provider, Site: p.Provider.URL, Contact: ows.Contact{
			Person: k.Name, Position: k.Position, Phone: k.Phone, Fax: k.Fax, Address: k.Address, City: k.City, Region: k.Region, PostCode: k.PostCode, Country: k.Country, Email: k.Email,
			Site: k.URL, Hours: k.Hours, Instructions: k.Instructions, Role: k.Role,
		}},
	}
	if s.Keywords == nil {
		s.Keywords = []string{"earth observation"}
	}
	return s
}

// listed is how many records a part of a list by OAI-PMH has in pycsw.
func listed(p pycsw.Config) int { return cmp.Or(p.Server.MaxRecords, 10) }

// none is empty for Python's word for nothing.
func none(text string) string {
	if strings.EqualFold(text, "none") {
		return ""
	}
	return text
}

// inspireOf is what capabilities tell INSPIRE; nil when it is not switched on, or when there is no date yet, as in published templates.
func inspireOf(p pycsw.Config) *csw.Inspire {
	i := p.Inspire
	if i.Enabled && date(i.Date) == "" {
		slog.Warn("capabilities tell nothing of INSPIRE, because metadata.inspire.date is no date", "date", i.Date)
	}
	if !i.Enabled || date(i.Date) == "" {
		return nil
	}
	languages := slices.Clone(i.Languages)
	if at := slices.Index(languages, i.DefaultLanguage); at > 0 { // the first is the default
		languages = slices.Insert(slices.Delete(languages, at, at+1), 0, i.DefaultLanguage)
	}
	if len(languages) == 0 {
		languages = []string{cmp.Or(i.DefaultLanguage, "eng")}
	}
	begin := cmp.Or(date(i.Begin), i.Date)
	return &csw.Inspire{
		Languages: languages, Date: i.Date, Begin: begin, End: cmp.Or(date(i.End), begin), Conformity: cmp.Or(i.Conformity, "notEvaluated"),
		Contact: cmp.Or(i.ContactName, p.Contact.Name), Email: cmp.Or(i.ContactEmail, p.Contact.Email), GEMETTerms: i.Keywords, ServiceTerm: "infoCatalogueService",
	}
}

// date is a text that is a date, or nothing.
func date(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

// conditionOf is what all records that are shown fulfil.
func conditionOf(p pycsw.Config) (filter.Expr, error) {
	if p.Repository.Filter == "" {
		return nil, nil
	}
	e, err := cql.Parse(p.Repository.Filter, columns{csw.Names})
	if err != nil {
		return nil, fault.At(fault.Invalid, "repository.filter", "repository.filter: %w", err)
	}
	return csw.Certain(e), nil
}

// columns are names of queryables, and of the columns of pycsw's table, of which its repository.filter is a condition in SQL.
type columns struct{ filter.Names }

// columnNames are the columns that are called otherwise than their queryables.
var columnNames = map[string]string{
	"anytext": "csw:AnyText", "date": "dc:date", "date_creation": "apiso:CreationDate", "date_modified": "apiso:Modified", "date_publication": "apiso:PublicationDate",
	"date_revision": "apiso:RevisionDate", "geodescode": "apiso:GeographicDescriptionCode", "illuminationelevationangle": "apiso:IlluminationElevationAngle", "insert_date": "dct:modified",
	"keywordstype": "apiso:KeywordType", "operatesoname": "apiso:OperatesOnName", "organization": "apiso:OrganisationName", "securityconstraints": "apiso:HasSecurityConstraints",
	"time_begin": "apiso:TempExtent_begin", "time_end": "apiso:TempExtent_end", "title_alternate": "apiso:AlternateTitle", "topicategory": "apiso:TopicCategory",
	"vert_extent_max": "mdb:VertExtentMax", "vert_extent_min": "mdb:VertExtentMin", "wkt_geometry": "ows:BoundingBox",
}

// Property is the property of a column or a queryable.
func (c columns) Property(name string) (filter.Property, bool, error) {
	if queryable, is := columnNames[strings.ToLower(name)]; is {
		name = queryable
	}
	return c.Names.Property(name)
}

// inside narrows a question to the records that are shown.
func (r records) inside(f filter.Expr) filter.Expr {
	all := slices.DeleteFunc(filter.And{r.shown, f}, func(e filter.Expr) bool { return e == nil })
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}
