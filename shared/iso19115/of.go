package iso19115

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// Of is the metadata of a record, whatever it came as: the core, and the further properties by the names of package record
// and by those of STAC.
func Of(r *record.Record) Metadata {
	m := Metadata{
		ID: r.ID, Parent: r.Text(record.PropertyParent), Language: r.Text(record.PropertyLanguage), Level: level(r.Type), DateStamp: DateStamp(r),
		CRS: crs(r), Formats: r.Texts(record.PropertyFormat), Lineage: cmp.Or(r.Text(record.PropertyLineage), r.Text("processing:lineage")),
		Platform: r.Text(record.PropertyPlatform), Instrument: r.Texts(record.PropertyInstruments), Sensor: r.Text(record.PropertySensorType),
		CloudCover: number(r, record.PropertyCloudCover), SunHeight: number(r, record.PropertySunElevation), Processing: r.Text(record.PropertyProcessingLevel),
		Bands: bandsOf(r),
	}
	if m.Parent == "" && r.Type != record.TypeCollection && r.Collection != record.Uncollected {
		m.Parent = r.Collection
	}
	m.Resource = resourceOf(r)
	m.Contacts = pointsOfContact(m.Resource.Parties)
	m.Conforms = conformsOf(r)
	for _, l := range r.Links {
		if l.Rel == RelOverview || l.Rel == "thumbnail" {
			m.Overviews = append(m.Overviews, l)
		} else {
			m.Online = append(m.Online, l)
		}
	}
	if r.Type == "service" || r.Text(record.PropertyServiceType) != "" {
		m.Service = &Service{
			Type: r.Text(record.PropertyServiceType), Version: r.Text(record.PropertyServiceTypeVersion), Coupling: r.Text(record.PropertyCouplingType),
			Operations: r.Texts(record.PropertyOperation), OperatesOn: r.Texts(record.PropertyOperatesOn), OperatesOnIDs: r.Texts(record.PropertyOperatesOnIdentifier),
			OperatesOnNames: r.Texts(record.PropertyOperatesOnName),
		}
	}
	return m
}

// level is the scope of the metadata of a type of records.
func level(recordType string) string {
	switch recordType {
	case record.TypeItem:
		return "dataset"
	case record.TypeCollection:
		return "series"
	}
	return recordType
}

// DateStamp is when the metadata of a record were last changed: by their own word, else here.
func DateStamp(r *record.Record) string {
	if said := r.Text(record.PropertyDateStamp); said != "" {
		return said
	}
	if said := r.Text("updated"); said != "" {
		return said
	}
	return instant(r.Modified)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return record.Instant(t)
}

// crs are the reference systems of a resource, of a STAC item too.
func crs(r *record.Record) []string {
	if said := r.Texts(record.PropertyCRS); len(said) > 0 {
		return said
	}
	if code := r.Text("proj:code"); code != "" {
		return []string{code}
	}
	if code, ok := r.Number("proj:epsg"); ok && code > 0 {
		return []string{"EPSG:" + strconv.Itoa(int(code))}
	}
	return nil
}

func number(r *record.Record, name string) *float64 {
	if n, ok := r.Number(name); ok {
		return &n
	}
	return nil
}

// bandsOf are the bands by their names, those of STAC's lists of objects too.
func bandsOf(r *record.Record) []Band {
	if names := r.Texts(record.PropertyBands); len(names) > 0 {
		return Named(names)
	}
	for _, name := range []string{record.PropertyBands, "eo:bands"} {
		list, _ := r.Properties[name].([]any)
		var bands []Band
		for _, v := range list {
			if m, ok := v.(map[string]any); ok {
				if b := bandOf(record.Record{Properties: m}); b.Name != "" {
					bands = append(bands, b)
				}
			}
		}
		if len(bands) > 0 {
			return bands
		}
	}
	return nil
}

// bandOf is a band by its own limits, or by the middle and the width that STAC has for it, in micrometres (extension eo).
func bandOf(said record.Record) Band {
	b := Band{Name: said.Text("name")}
	low, lowest := said.Number("min")
	high, highest := said.Number("max")
	if lowest && highest {
		b.Min, b.Max = low, high
		return b
	}
	for _, prefix := range []string{"eo:", ""} {
		middle, ok := said.Number(prefix + "center_wavelength")
		width, wide := said.Number(prefix + "full_width_half_max")
		if ok && wide && width > 0 && width < 2*middle {
			b.Min, b.Max = nanometres(middle-width/2), nanometres(middle+width/2)
			return b
		}
	}
	return b
}

// nanometres are those of micrometres, to a thousandth.
func nanometres(micrometres float64) float64 { return math.Round(micrometres*1e6) / 1e3 }

func resourceOf(r *record.Record) Resource {
	res := Resource{
		Title: cmp.Or(r.Title, r.ID), AlternateTitle: cmp.Or(r.Text(record.PropertyAlternateTitle), r.Text(record.PropertyAlternative)), Edition: cmp.Or(r.Text(record.PropertyEdition), r.Text("version")), Abstract: r.Abstract,
		Dates: datesOf(r), IDs: r.Texts(record.PropertyResourceIdentifier), Parties: partiesOf(r), Keywords: keywordsOf(r), Topics: r.Texts(record.PropertyTopicCategory),
		Languages: r.Texts(record.PropertyResourceLanguage), Distance: number(r, record.PropertyDistance), DistanceUOM: r.Text(record.PropertyDistanceUOM),
		Footprint: r.Footprint, Places: r.Texts(record.PropertyGeographicCode), Time: r.Time, Bottom: number(r, record.PropertyMinimumElevation), Top: number(r, record.PropertyMaximumElevation),
		Limitations: r.Texts(record.PropertyUseLimitation), Access: r.Texts(record.PropertyAccessConstraints), Use: r.Texts(record.PropertyUseConstraints),
		Other: r.Texts(record.PropertyOtherConstraints), Classification: r.Texts(record.PropertyClassification),
	}
	if doi := r.Text(record.PropertyDOI); doi != "" && len(res.IDs) == 0 {
		res.IDs = []string{"https://doi.org/" + doi}
	}
	if scale, ok := r.Number(record.PropertyDenominator); ok {
		res.Scales = []string{strconv.FormatFloat(scale, 'f', 0, 64)}
	}
	if gsd := number(r, "gsd"); gsd != nil && res.Distance == nil {
		res.Distance, res.DistanceUOM = gsd, "m"
	}
	if res.Distance != nil && res.DistanceUOM == "" {
		res.DistanceUOM = "m"
	}
	licensed(&res, cmp.Or(r.Text(record.PropertyLicence), r.Text(record.PropertyRights)))
	return res
}

// licensed says under which licence a resource is, if nothing else says how it may be used.
func licensed(res *Resource, licence string) {
	if licence == "" || len(res.Other)+len(res.Limitations) > 0 {
		return
	}
	res.Other = []string{licence}
	if len(res.Use) == 0 {
		res.Use = []string{"license"}
	}
}

func datesOf(r *record.Record) []Date {
	var all []Date
	add := func(kind string, names ...string) {
		for _, name := range names {
			if s := r.Text(name); s != "" {
				all = append(all, Date{s, kind})
				return
			}
		}
	}
	add("creation", record.PropertyCreationDate, "created")
	add("publication", record.PropertyPublicationDate, "published")
	add("revision", record.PropertyRevisionDate)
	if len(all) == 0 && !r.Time.Start.IsZero() {
		all = append(all, Date{instant(r.Time.Start), "creation"})
	}
	return all
}

// roles are the words of CI_RoleCode for the roles of STAC's providers.
var roles = map[string]string{"host": "distributor", "licensor": "owner", "producer": "originator", "processor": "processor"}

// partiesOf are the contacts of a record, of STAC its providers.
func partiesOf(r *record.Record) []record.Contact {
	all := r.Contacts()
	if len(all) > 0 {
		return all
	}
	providers, _ := r.Properties["providers"].([]any)
	for _, v := range providers {
		m, _ := v.(map[string]any)
		p := record.Record{Properties: m}
		c := record.Contact{Organisation: p.Text("name"), Href: p.Text("url")}
		for _, role := range p.Texts("roles") {
			if word := roles[role]; word != "" {
				c.Roles = append(c.Roles, word)
			}
		}
		if c.Organisation != "" {
			all = append(all, c)
		}
	}
	for _, pair := range []struct{ property, role string }{
		{record.PropertyCreator, "author"}, {record.PropertyPublisher, "publisher"}, {record.PropertyContributor, "contributor"},
	} {
		for _, name := range r.Texts(pair.property) {
			all = append(all, record.Contact{Organisation: name, Roles: []string{pair.role}})
		}
	}
	return all
}

// pointsOfContact are those who are to be asked, of whom metadata have one: of several without that role the first.
func pointsOfContact(all []record.Contact) []record.Contact {
	for _, c := range all {
		for _, role := range c.Roles {
			if role == "pointOfContact" {
				return []record.Contact{c}
			}
		}
	}
	return all[:min(1, len(all))]
}

// keywordsOf groups the keywords of a record by the vocabularies of its themes.
func keywordsOf(r *record.Record) []Keywords {
	var groups []Keywords
	themed := map[string]bool{}
	for _, t := range r.Themes() {
		groups = append(groups, Keywords{Words: t.Concepts, Thesaurus: t.Scheme})
		for _, c := range t.Concepts {
			themed[c] = true
		}
	}
	var free []string
	for _, w := range r.Keywords {
		if !themed[w] {
			free = append(free, w)
		}
	}
	if len(free) > 0 {
		groups = append(groups, Keywords{Words: free})
	}
	return groups
}

func conformsOf(r *record.Record) []Conformance {
	var all []Conformance
	for i, title := range r.Texts(record.PropertySpecification) {
		c := Conformance{Title: title}
		if i == 0 {
			c.Date, c.DateType = r.Text(record.PropertySpecificationDate), r.Text(record.PropertySpecificationType)
			if degree, ok := r.Properties[record.PropertyDegree].(bool); ok {
				c.Pass = strconv.FormatBool(degree)
			}
		}
		all = append(all, c)
	}
	return all
}

// Box is the box around a geometry in degrees, and whether there is one; west is beyond east where it crosses the date
// line.
func Box(g orb.Geometry) (west, south, east, north float64, ok bool) {
	if g == nil {
		return 0, 0, 0, 0, false
	}
	b := g.Bound()
	west, south, east, north = b.Min[0], b.Min[1], b.Max[0], b.Max[1]
	if west == -180 && east == 180 {
		west, east = across(geo.Bounds(g), west, east)
	}
	return west, south, east, north, true
}

// across finds the sides of a box over the date line, of parts on both sides of it with nothing between.
func across(parts []orb.Bound, west, east float64) (w, e float64) {
	w, e = 180, -180
	for _, p := range parts {
		switch {
		case p.Min[0] > 0 || p.Max[0] == 180 && p.Min[0] > -180:
			w = min(w, p.Min[0])
		case p.Max[0] < 0 || p.Min[0] == -180 && p.Max[0] < 180:
			e = max(e, p.Max[0])
		default:
			return west, east
		}
	}
	if w <= e {
		return west, east
	}
	return w, e
}

// DateText is a date as XML Schema has it, and whether it has a time of the day; empty for what is no date. Those reduced to
// a month or a year stay so.
func DateText(said string) (text string, timed bool) {
	said = strings.TrimSpace(said)
	i, err := record.ParseInterval(said)
	if err != nil || strings.Contains(said, "/") || said == "" || said == ".." {
		return "", false
	}
	if len(said) <= len("2006-01-02") {
		return said, false
	}
	return record.Instant(i.Start), true
}

// NCName is a name that XML takes for an identifier (xs:ID) of a text.
func NCName(prefix, text string) string {
	b := []byte(prefix)
	for i := range len(text) {
		c := text[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' {
			b = append(b, c)
		} else {
			b = append(b, '_')
		}
	}
	return string(b)
}
