package iso19115

import (
	"cmp"
	"strconv"

	"perigee/shared/record"
)

// Record makes the record of metadata: its key lacks the workspace and the collection, which may be the parent
// (record.PropertyParent).
func (m *Metadata) Record() record.Record {
	res := &m.Resource
	rec := record.Record{
		Key: record.Key{ID: m.ID}, Type: typeOf(m.Level), Title: cmp.Or(res.Title, m.ID), Abstract: res.Abstract, Keywords: words(res.Keywords),
		Time: res.Time, Footprint: res.Footprint, Links: append(append([]record.Link(nil), m.Online...), m.Overviews...), MediaType: MediaType,
	}
	rec.SetContacts(append(append([]record.Contact(nil), res.Parties...), m.Contacts...))
	rec.SetThemes(themes(res.Keywords))
	for _, p := range []struct {
		name  string
		texts []string
	}{
		{record.PropertyLanguage, []string{m.Language}}, {record.PropertyResourceLanguage, res.Languages}, {record.PropertyDateStamp, []string{m.DateStamp}}, {record.PropertyParent, []string{m.Parent}},
		{record.PropertyResourceIdentifier, res.IDs}, {record.PropertyAlternateTitle, []string{res.AlternateTitle}}, {record.PropertyEdition, []string{res.Edition}},
		{record.PropertyKeywordType, types(res.Keywords)}, {record.PropertyTopicCategory, res.Topics}, {record.PropertyCRS, m.CRS}, {record.PropertyGeographicCode, res.Places},
		{record.PropertyDistanceUOM, []string{res.DistanceUOM}}, {record.PropertyAccessConstraints, res.Access}, {record.PropertyUseConstraints, res.Use},
		{record.PropertyOtherConstraints, res.Other}, {record.PropertyClassification, res.Classification}, {record.PropertyUseLimitation, res.Limitations},
		{record.PropertyLineage, []string{m.Lineage}}, {record.PropertyFormat, m.Formats}, {record.PropertyPlatform, []string{m.Platform}}, {record.PropertySensorType, []string{m.Sensor}},
		{record.PropertyProcessingLevel, []string{m.Processing}}, {record.PropertyBands, m.bandNames()},
	} {
		rec.SetTexts(p.name, p.texts...)
	}
	m.numbers(&rec)
	m.dates(&rec)
	m.people(&rec)
	m.conformity(&rec)
	m.service(&rec)
	observations(&rec)
	return rec
}

func (m *Metadata) bandNames() []string {
	var all []string
	for _, b := range m.Bands {
		all = append(all, b.Name)
	}
	return all
}

// typeOf is the type of a record by the scope of its metadata. Those words that stand for STAC documents are left to them.
func typeOf(level string) string {
	if level == "" || level == record.TypeItem || level == record.TypeCollection {
		return "dataset"
	}
	return level
}

func words(groups []Keywords) []string {
	var all []string
	seen := map[string]bool{}
	for _, k := range groups {
		for _, w := range k.Words {
			if !seen[w] {
				seen[w] = true
				all = append(all, w)
			}
		}
	}
	return all
}

func types(groups []Keywords) []string {
	var all []string
	for _, k := range groups {
		all = append(all, k.Type)
	}
	return all
}

func themes(groups []Keywords) []record.Theme {
	var all []record.Theme
	for _, k := range groups {
		all = append(all, record.Theme{Concepts: k.Words, Scheme: k.Thesaurus})
	}
	return all
}

func (m *Metadata) numbers(rec *record.Record) {
	for name, n := range map[string]*float64{
		record.PropertyCloudCover: m.CloudCover, record.PropertySunElevation: m.SunHeight, record.PropertyDistance: m.Resource.Distance,
		record.PropertyMinimumElevation: m.Resource.Bottom, record.PropertyMaximumElevation: m.Resource.Top,
	} {
		if n != nil {
			rec.SetNumber(name, *n)
		}
	}
	if scale, err := strconv.ParseFloat(first(m.Resource.Scales), 64); err == nil && scale-scale == 0 {
		rec.SetNumber(record.PropertyDenominator, scale)
	}
	if len(m.Instrument) > 0 {
		list := make([]any, len(m.Instrument))
		for i, s := range m.Instrument {
			list[i] = s
		}
		rec.SetList(record.PropertyInstruments, list)
	}
	if len(m.Resource.Access)+len(m.Resource.Classification)+len(m.Resource.Other) > 0 {
		rec.SetFlag(record.PropertySecurity, len(m.Resource.Classification) > 0)
	}
}

// dateNames are the properties of dates by their types.
var dateNames = map[string]string{
	"creation": record.PropertyCreationDate, "publication": record.PropertyPublicationDate, "revision": record.PropertyRevisionDate,
}

func (m *Metadata) dates(rec *record.Record) {
	byName := map[string][]string{}
	for _, d := range m.Resource.Dates {
		if name := dateNames[d.Type]; name != "" {
			byName[name] = append(byName[name], d.Date)
		}
	}
	for name, dates := range byName {
		rec.SetTexts(name, dates[0])
	}
}

// people are those whose role has a name in Dublin Core.
func (m *Metadata) people(rec *record.Record) {
	byName := map[string][]string{}
	for _, c := range m.Resource.Parties {
		for _, role := range c.Roles {
			switch role {
			case "author", "originator":
				byName[record.PropertyCreator] = append(byName[record.PropertyCreator], cmp.Or(c.Organisation, c.Name))
			case "publisher":
				byName[record.PropertyPublisher] = append(byName[record.PropertyPublisher], cmp.Or(c.Organisation, c.Name))
			case "funder":
				byName[record.PropertyFunder] = append(byName[record.PropertyFunder], cmp.Or(c.Organisation, c.Name))
			case "contributor", "processor":
				byName[record.PropertyContributor] = append(byName[record.PropertyContributor], cmp.Or(c.Organisation, c.Name))
			}
		}
	}
	for name, people := range byName {
		rec.SetTexts(name, people...)
	}
}

func (m *Metadata) conformity(rec *record.Record) {
	var titles []string
	for _, c := range m.Conforms {
		titles = append(titles, c.Title)
	}
	rec.SetTexts(record.PropertySpecification, titles...)
	if len(m.Conforms) == 0 {
		return
	}
	first := m.Conforms[0]
	rec.SetTexts(record.PropertySpecificationDate, first.Date)
	rec.SetTexts(record.PropertySpecificationType, first.DateType)
	if first.Pass == "true" || first.Pass == "false" || first.Pass == "1" || first.Pass == "0" {
		rec.SetFlag(record.PropertyDegree, first.Pass == "true" || first.Pass == "1")
	}
}

func (m *Metadata) service(rec *record.Record) {
	s := m.Service
	if s == nil {
		return
	}
	rec.SetTexts(record.PropertyServiceType, s.Type)
	rec.SetTexts(record.PropertyServiceTypeVersion, s.Version)
	rec.SetTexts(record.PropertyCouplingType, s.Coupling)
	rec.SetTexts(record.PropertyOperation, s.Operations...)
	rec.SetTexts(record.PropertyOperatesOn, s.OperatesOn...)
	rec.SetTexts(record.PropertyOperatesOnIdentifier, s.OperatesOnIDs...)
	rec.SetTexts(record.PropertyOperatesOnName, s.OperatesOnNames...)
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
