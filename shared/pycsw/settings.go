package pycsw

import "strings"

// meanings are the settings that have one here, by their place in pycsw.yml.
var meanings = map[string]meaning{
	"server.url":              textTo(func(c *Config) *string { return &c.Server.URL }),
	"server.language":         textTo(func(c *Config) *string { return &c.Server.Language }),
	"server.maxrecords":       numberTo(func(c *Config) *int { return &c.Server.MaxRecords }),
	"server.domainquerytype":  domainType,
	"server.domaincounts":     truthTo(func(c *Config) *bool { return &c.Server.DomainCounts }),
	"server.spatial_ranking":  truthTo(func(c *Config) *bool { return &c.Server.SpatialRanking }),
	"server.timeout":          timeout,
	"profiles":                listTo(func(c *Config) *[]string { return &c.Profiles }),
	"federatedcatalogues":     federated,
	"distributedsearch.merge": merge,

	"distributedsearch.merge_results":    merge,
	"distributedsearch.catalogues.id":    ofCatalogue(func(c *Catalogue) *string { return &c.ID }),
	"distributedsearch.catalogues.type":  ofCatalogue(func(c *Catalogue) *string { return &c.Type }),
	"distributedsearch.catalogues.title": ofCatalogue(func(c *Catalogue) *string { return &c.Title }),
	"distributedsearch.catalogues.url":   ofCatalogue(func(c *Catalogue) *string { return &c.URL }),

	"manager.transactions":                truthTo(func(c *Config) *bool { return &c.Manager.Transactions }),
	"manager.allowed_ips":                 listTo(func(c *Config) *[]string { return &c.Manager.AllowedIPs }),
	"manager.csw_harvest_pagesize":        numberTo(func(c *Config) *int { return &c.Manager.PageSize }),
	"manager.csw_harvest_pagination_size": numberTo(func(c *Config) *int { return &c.Manager.PageSize }),
	"pubsub.broker.type":                  textTo(func(c *Config) *string { return &c.Hub.Type }),
	"pubsub.broker.url":                   textTo(func(c *Config) *string { return &c.Hub.URL }),

	"metadata.identification.title":             textTo(func(c *Config) *string { return &c.Identity.Title }),
	"metadata.identification.description":       textTo(func(c *Config) *string { return &c.Identity.Abstract }),
	"metadata.identification.abstract":          textTo(func(c *Config) *string { return &c.Identity.Abstract }),
	"metadata.identification.keywords":          listTo(func(c *Config) *[]string { return &c.Identity.Keywords }),
	"metadata.identification.keywords_type":     textTo(func(c *Config) *string { return &c.Identity.KeywordsType }),
	"metadata.identification.fees":              textTo(func(c *Config) *string { return &c.Identity.Fees }),
	"metadata.identification.accessconstraints": textTo(func(c *Config) *string { return &c.Identity.Constraints }),
	"metadata.identification.terms_of_service":  textTo(func(c *Config) *string { return &c.Identity.Terms }),
	"metadata.identification.url":               textTo(func(c *Config) *string { return &c.Identity.URL }),
	"metadata.license.name":                     textTo(func(c *Config) *string { return &c.License.Name }),
	"metadata.license.url":                      textTo(func(c *Config) *string { return &c.License.URL }),
	"metadata.provider.name":                    textTo(func(c *Config) *string { return &c.Provider.Name }),
	"metadata.provider.url":                     textTo(func(c *Config) *string { return &c.Provider.URL }),
	"metadata.contact.name":                     textTo(func(c *Config) *string { return &c.Contact.Name }),
	"metadata.contact.position":                 textTo(func(c *Config) *string { return &c.Contact.Position }),
	"metadata.contact.address":                  textTo(func(c *Config) *string { return &c.Contact.Address }),
	"metadata.contact.city":                     textTo(func(c *Config) *string { return &c.Contact.City }),
	"metadata.contact.stateorprovince":          textTo(func(c *Config) *string { return &c.Contact.Region }),
	"metadata.contact.postalcode":               textTo(func(c *Config) *string { return &c.Contact.PostCode }),
	"metadata.contact.country":                  textTo(func(c *Config) *string { return &c.Contact.Country }),
	"metadata.contact.phone":                    textTo(func(c *Config) *string { return &c.Contact.Phone }),
	"metadata.contact.fax":                      textTo(func(c *Config) *string { return &c.Contact.Fax }),
	"metadata.contact.email":                    textTo(func(c *Config) *string { return &c.Contact.Email }),
	"metadata.contact.url":                      textTo(func(c *Config) *string { return &c.Contact.URL }),
	"metadata.contact.hours":                    textTo(func(c *Config) *string { return &c.Contact.Hours }),
	"metadata.contact.instructions":             textTo(func(c *Config) *string { return &c.Contact.Instructions }),
	"metadata.contact.role":                     textTo(func(c *Config) *string { return &c.Contact.Role }),
	"metadata.inspire.enabled":                  truthTo(func(c *Config) *bool { return &c.Inspire.Enabled }),
	"metadata.inspire.languages_supported":      listTo(func(c *Config) *[]string { return &c.Inspire.Languages }),
	"metadata.inspire.default_language":         textTo(func(c *Config) *string { return &c.Inspire.DefaultLanguage }),
	"metadata.inspire.date":                     textTo(func(c *Config) *string { return &c.Inspire.Date }),
	"metadata.inspire.gemet_keywords":           listTo(func(c *Config) *[]string { return &c.Inspire.Keywords }),
	"metadata.inspire.conformity_service":       textTo(func(c *Config) *string { return &c.Inspire.Conformity }),
	"metadata.inspire.contact_name":             textTo(func(c *Config) *string { return &c.Inspire.ContactName }),
	"metadata.inspire.contact_email":            textTo(func(c *Config) *string { return &c.Inspire.ContactEmail }),
	"metadata.inspire.temp_extent":              extent,
	"metadata.inspire.temp_extent.begin":        textTo(func(c *Config) *string { return &c.Inspire.Begin }),
	"metadata.inspire.temp_extent.end":          textTo(func(c *Config) *string { return &c.Inspire.End }),

	"repository.filter": textTo(func(c *Config) *string { return &c.Repository.Filter }),
	"repository.facets": listTo(func(c *Config) *[]string { return &c.Repository.Facets }),
}

// Why settings have no meaning here.
const (
	ownDatabase = "records live in Perigee's own database (DATABASE_URL); load them with local-runner load-records"
	ownProcess  = "the platform decides how many instances there are"
	ownLog      = "logs go to standard output as JSON"
	ownAnswer   = "answers are UTF-8, compressed as the client accepts"
)

// ignored tells why a setting has no meaning here; transformations have sections of their own in files of INI.
func ignored(path string) (why string, is bool) {
	if path == "xslt" || strings.HasPrefix(path, "xslt.") || strings.HasPrefix(path, "xslt:") {
		return "records are written in every format without transformations", true
	}
	why, is = ignoredSettings[path]
	return why, is
}

var ignoredSettings = map[string]string{
	"server.home": "there is nothing beside the program", "server.workers": ownProcess, "server.mimetype": ownAnswer, "server.encoding": ownAnswer,
	"server.pretty_print": "answers are always indented", "server.gzip_compresslevel": ownAnswer, "server.ogc_schemas_base": "schemas are named by their official addresses",
	"server.templates": "pages have their own form", "server.templates.path": "pages have their own form", "server.templates.static": "pages have their own form",
	"server.ogc_schemas_location": "schemas are named by their official addresses", "server.smtp_host": "nothing is mailed", "server.provider": "metadata.provider tells it",
	"logging.level": ownLog, "logging.logfile": ownLog, "server.loglevel": ownLog, "server.logfile": ownLog, "server.stable_sort": "every order is total",
	"repository.database": ownDatabase, "repository.table": ownDatabase, "repository.mappings": ownDatabase, "repository.max_retries": "connections are made again by themselves",
	"repository.source": ownDatabase, "distributedsearch.catalogues.auth": "catalogues are asked as anybody may",
}
