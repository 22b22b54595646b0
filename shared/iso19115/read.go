package iso19115

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter/literal"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// maxLinks bounds what is kept of the addresses of a resource.
const maxLinks = 500

// Read reads the metadata below a root element. The names of properties are the same in most of both encodings; where
// they are not, both are looked for. Classes, which stand between properties, may be those of a profile. All that is wrong
// comes back joined, each fault located by the element.
func Read(root *xmldoc.Node) (Metadata, error) {
	r := reader{}
	m := Metadata{
		ID:         cmp.Or(text(root.Find("fileIdentifier")), text(root.Find("metadataIdentifier/*/code"))),
		Parent:     cmp.Or(text(root.Find("parentIdentifier")), textAt(root, "parentMetadata/*/identifier/*/code"), textAt(root, "parentMetadata/*/title"), root.Find("parentMetadata").Attr("uuidref")),
		Language:   cmp.Or(code(root.Find("language")), code(root.Find("defaultLocale/*/language"))),
		Level:      cmp.Or(code(root.Find("hierarchyLevel")), code(root.Find("metadataScope/*/resourceScope"))),
		DateStamp:  dateStamp(root),
		Contacts:   contacts(root, "contact"),
		CRS:        texts(root, "referenceSystemInfo/*/referenceSystemIdentifier/*/code"),
		Processing: textAt(root, "contentInfo/*/processingLevelCode/*/code"),
		CloudCover: r.number(root.Find("contentInfo/*/cloudCoverPercentage"), "cloudCoverPercentage"),
		SunHeight:  r.number(root.Find("contentInfo/*/illuminationElevationAngle"), "illuminationElevationAngle"),
		Bands:      Named(bands(root)),
		Lineage:    cmp.Or(textAt(root, "dataQualityInfo/*/lineage/*/statement"), textAt(root, "resourceLineage/*/statement")),
		Conforms:   conformances(root),
	}
	m.Platform = textAt(root, "acquisitionInformation/*/platform/*/identifier")
	m.Instrument = texts(root, "acquisitionInformation/*/platform/*/instrument/*/identifier")
	if len(m.Instrument) == 0 {
		m.Instrument = texts(root, "acquisitionInformation/*/instrument/*/identifier")
	}
	m.Sensor = cmp.Or(textAt(root, "acquisitionInformation/*/platform/*/instrument/*/type"), textAt(root, "acquisitionInformation/*/instrument/*/type"))
	info := root.Find("identificationInfo/*")
	m.Resource = r.resource(info)
	if info.Has("serviceType") || strings.HasSuffix(info.Name().Local, "SV_ServiceIdentification") {
		m.Service = service(info)
		m.Level = cmp.Or(m.Level, "service")
	}
	m.Formats = formats(root, info)
	m.Online = links(root)
	m.Overviews = overviews(info)
	return m, errors.Join(r.errs...)
}

// reader collects what is wrong.
type reader struct{ errs []error }

func (r *reader) fail(at, format string, args ...any) {
	r.errs = append(r.errs, fault.At(fault.Invalid, at, format, args...))
}

// number is a number that is given, nil when none is.
func (r *reader) number(n *xmldoc.Node, at string) *float64 {
	given := n.Deep()
	if given == "" {
		return nil
	}
	v, ok := xmldoc.ParseNumber(given)
	if !ok {
		r.fail(at, "%s is %.100q, not a number", at, given)
		return nil
	}
	return &v
}

// Text is the text of a property as Read reads it.
func Text(n *xmldoc.Node) string { return text(n) }

// text is the text of a property, whatever class of text it has: gco:CharacterString, gmx:Anchor, a choice of languages of
// which the first is the default, or none.
func text(n *xmldoc.Node) string {
	if own := n.Text(); own != "" {
		return own
	}
	for c := range n.Children() {
		if own := c.Text(); own != "" {
			return own
		}
		switch c.Local {
		case "CharacterString", "Anchor":
		case "PT_FreeText":
			if own := c.TextAt("textGroup/*"); own != "" {
				return own
			}
		case "MD_Identifier", "RS_Identifier":
			return text(c.Find("code"))
		case "CI_Citation":
			return text(c.Find("title"))
		default:
			if own := c.Attr("codeListValue"); own != "" {
				return own
			}
		}
	}
	return ""
}

// code is the value of a code list.
func code(n *xmldoc.Node) string {
	for c := range n.Children() {
		if v := strings.TrimSpace(c.Attr("codeListValue")); v != "" {
			return v
		}
	}
	return text(n)
}

func textAt(n *xmldoc.Node, path string) string {
	for at := range n.All(path) {
		if s := text(at); s != "" {
			return s
		}
	}
	return ""
}

func texts(n *xmldoc.Node, path string) []string { return gathered(n, path, text) }

func codes(n *xmldoc.Node, path string) []string { return gathered(n, path, code) }

func gathered(n *xmldoc.Node, path string, one func(*xmldoc.Node) string) []string {
	var all []string
	for at := range n.All(path) {
		if s := one(at); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// dateStamp is when the metadata were last changed: in ISO 19115-3 the latest of their revisions, else when they were made.
func dateStamp(root *xmldoc.Node) string {
	if s := text(root.Find("dateStamp")); s != "" {
		return s
	}
	stamp, revised := "", false
	for d := range root.All("dateInfo/*") {
		s, revision := text(d.Find("date")), code(d.Find("dateType")) == "revision"
		if s != "" && (stamp == "" || revision && !revised || revision == revised && s > stamp) {
			stamp, revised = s, revision
		}
	}
	return stamp
}

func contacts(n *xmldoc.Node, path string) []record.Contact {
	var all []record.Contact
	for p := range n.All(path + "/*") {
		role := code(p.Find("role"))
		if !p.Has("party") {
			all = append(all, withRole(contact2003(p), role))
			continue
		}
		for party := range p.All("party/*") {
			all = append(all, withRole(contact2014(party), role))
		}
	}
	return all
}

func withRole(c record.Contact, role string) record.Contact {
	if role != "" {
		c.Roles = []string{role}
	}
	return c
}

// contact2003 reads CI_ResponsibleParty.
func contact2003(p *xmldoc.Node) record.Contact {
	c := record.Contact{Name: text(p.Find("individualName")), Position: text(p.Find("positionName")), Organisation: text(p.Find("organisationName"))}
	reach(&c, p.Find("contactInfo/*"))
	return c
}

// contact2014 reads a party of CI_Responsibility: an organisation with its people, or a person.
func contact2014(p *xmldoc.Node) record.Contact {
	var c record.Contact
	if strings.HasSuffix(p.Local, "CI_Individual") {
		c.Name, c.Position = text(p.Find("name")), text(p.Find("positionName"))
	} else {
		c.Organisation = text(p.Find("name"))
		c.Name, c.Position = textAt(p, "individual/*/name"), textAt(p, "individual/*/positionName")
	}
	info := p.Find("contactInfo/*")
	if info == nil {
		info = p.Find("individual/*/contactInfo/*")
	}
	reach(&c, info)
	return c
}

// reach reads how somebody is reached (CI_Contact).
func reach(c *record.Contact, info *xmldoc.Node) {
	c.Phones = append(texts(info, "phone/*/voice"), texts(info, "phone/*/number")...)
	c.Href = textAt(info, "onlineResource/*/linkage")
	for a := range info.All("address/*") {
		c.Emails = append(c.Emails, texts(a, "electronicMailAddress")...)
		address := record.Address{
			Lines: texts(a, "deliveryPoint"), City: text(a.Find("city")), Area: text(a.Find("administrativeArea")),
			PostalCode: text(a.Find("postalCode")), Country: text(a.Find("country")),
		}
		if len(address.Lines) > 0 || address.City+address.Area+address.PostalCode+address.Country != "" {
			c.Addresses = append(c.Addresses, address)
		}
	}
}

func (r *reader) resource(info *xmldoc.Node) Resource {
	citation := info.Find("citation/*")
	res := Resource{
		Title: text(citation.Find("title")), AlternateTitle: text(citation.Find("alternateTitle")), Edition: text(citation.Find("edition")),
		Abstract: text(info.Find("abstract")), IDs: texts(citation, "identifier/*/code"), Topics: texts(info, "topicCategory"),
		Languages: append(codes(info, "language"), codes(info, "defaultLocale/*/language")...),
		Scales:    texts(info, "spatialResolution/*/equivalentScale/*/denominator"),
		Parties:   append(contacts(info, "pointOfContact"), contacts(citation, "citedResponsibleParty")...),
	}
	for d := range citation.All("date/*") {
		if s := text(d.Find("date")); s != "" {
			res.Dates = append(res.Dates, Date{s, code(d.Find("dateType"))})
		}
	}
	distance := info.Find("spatialResolution/*/distance")
	res.Distance = r.number(distance, "distance")
	for c := range distance.Children() {
		res.DistanceUOM = unit(c.Attr("uom"))
	}
	res.Keywords = append(keywords(info, "descriptiveKeywords/*"), keywords(info, "keywords/*")...)
	r.extents(&res, info)
	constraints(&res, info)
	return res
}

// unit is the name of a unit of measure, which may be written as an address that ends in it.
func unit(uom string) string { return uom[strings.LastIndexAny(uom, "/#:")+1:] }

func keywords(info *xmldoc.Node, path string) []Keywords {
	var all []Keywords
	for k := range info.All(path) {
		words := Keywords{Words: texts(k, "keyword"), Type: code(k.Find("type")), Thesaurus: textAt(k, "thesaurusName/*/title")}
		if len(words.Words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

func constraints(res *Resource, info *xmldoc.Node) {
	for c := range info.All("resourceConstraints/*") {
		res.Limitations = append(res.Limitations, texts(c, "useLimitation")...)
		res.Access = append(res.Access, codes(c, "accessConstraints")...)
		res.Use = append(res.Use, codes(c, "useConstraints")...)
		res.Other = append(res.Other, texts(c, "otherConstraints")...)
		res.Classification = append(res.Classification, codes(c, "classification")...)
	}
}

// extents reads where and when the resource is (EX_Extent).
func (r *reader) extents(res *Resource, info *xmldoc.Node) {
	var boxes, outlines []orb.Geometry
	for e := range info.All("extent/*") {
		for g := range e.All("geographicElement/*") {
			switch {
			case g.Has("westBoundLongitude"):
				if box := r.box(g); box != nil {
					boxes = append(boxes, box)
				}
			case g.Has("polygon"):
				outlines = append(outlines, outlinesOf(g)...)
			default:
				res.Places = append(res.Places, texts(g, "geographicIdentifier/*/code")...)
			}
		}
		for t := range e.All("temporalElement/*/extent") {
			res.Time = res.Time.Union(when(t))
		}
		for v := range e.All("verticalElement/*") {
			res.Bottom, res.Top = r.number(v.Find("minimumValue"), "minimumValue"), r.number(v.Find("maximumValue"), "maximumValue")
		}
	}
	res.Footprint = together(boxes)
	if len(outlines) > 0 && (len(boxes) == 0 || within(outlines, res.Footprint.Bound())) {
		res.Footprint = together(outlines)
	}
}

// within tells whether outlines lie in the box that the metadata give, too: otherwise their axes are likely to be in another
// order than their reference system has, or than was meant by none.
func within(outlines []orb.Geometry, box orb.Bound) bool {
	box = box.Pad(0.01)
	for _, g := range outlines {
		if b := g.Bound(); !box.Contains(b.Min) || !box.Contains(b.Max) {
			return false
		}
	}
	return true
}

// box reads EX_GeographicBoundingBox: nil when it has no numbers at all.
func (r *reader) box(g *xmldoc.Node) orb.Geometry {
	box, err := ReadBox(g, "EX_GeographicBoundingBox", [4]string{"westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude"})
	r.errs = append(r.errs, fault.All(err)...)
	return box
}

// ReadBox reads a box of the four sides that an element has: west, south, east and north, by the names of their elements.
// It is nil when none of them has a number. What is wrong is located at the side, or by the name of the box.
func ReadBox(n *xmldoc.Node, name string, sides [4]string) (orb.Geometry, error) {
	var r reader
	var corners [4]float64
	missing := 0
	for i, side := range sides {
		if v := r.number(n.Find(side), side); v != nil {
			corners[i] = *v
		} else {
			missing++
		}
	}
	switch {
	case len(r.errs) > 0:
		return nil, errors.Join(r.errs...)
	case missing == 4:
		return nil, nil
	case missing > 0:
		return nil, fault.At(fault.Invalid, name, "%s has no number for %d of its four sides", name, missing)
	}
	box, err := literal.Box(geo.CRS84, [2]float64{corners[0], corners[1]}, [2]float64{corners[2], corners[3]})
	if err != nil {
		return nil, fault.At(fault.Invalid, name, "%s: %w", name, err)
	}
	return box, nil
}

// outlinesOf reads EX_BoundingPolygon, as far as it is of polygons of GML with positions in lists.
func outlinesOf(g *xmldoc.Node) []orb.Geometry {
	var all []orb.Geometry
	for p := range g.All("polygon/*") {
		for _, polygon := range polygonsOf(p, 0) {
			if err := geo.Check(polygon); err == nil { // what is not a polygon says nothing; the box counts
				all = append(all, polygon)
			}
		}
	}
	return all
}

// polygonsOf finds the polygons of a geometry of GML.
func polygonsOf(p *xmldoc.Node, depth int) []orb.Polygon {
	if p.Local != "Polygon" && p.Local != "PolygonPatch" {
		var all []orb.Polygon
		if depth < 8 {
			for c := range p.Children() {
				all = append(all, polygonsOf(c, depth+1)...)
			}
		}
		return all
	}
	srs := p.Attr("srsName")
	latitudeFirst := strings.HasPrefix(srs, "urn:") && strings.HasSuffix(srs, ":4326") || strings.HasPrefix(srs, "http") && strings.HasSuffix(srs, "/4326") && strings.Contains(srs, "/def/")
	var polygon orb.Polygon
	for _, path := range []string{"exterior/LinearRing", "interior/LinearRing"} {
		for ring := range p.All(path) {
			points := positions(ring, latitudeFirst)
			if points == nil {
				return nil
			}
			polygon = append(polygon, points)
		}
	}
	return []orb.Polygon{polygon}
}

func positions(ring *xmldoc.Node, latitudeFirst bool) orb.Ring {
	fields := strings.Fields(ring.TextAt("posList"))
	if len(fields) == 0 {
		fields = strings.Fields(strings.Join(ring.TextsAt("pos"), " "))
	}
	if len(fields)%2 != 0 {
		return nil
	}
	points := make(orb.Ring, 0, len(fields)/2)
	for i := 0; i < len(fields); i += 2 {
		x, wrongX := strconv.ParseFloat(fields[i], 64)
		y, wrongY := strconv.ParseFloat(fields[i+1], 64)
		if wrongX != nil || wrongY != nil {
			return nil
		}
		if latitudeFirst {
			x, y = y, x
		}
		points = append(points, orb.Point{x, y})
	}
	return points
}

// together is one geometry of several: polygons that do not touch are one of many parts, of others the box around them.
func together(all []orb.Geometry) orb.Geometry {
	if len(all) < 2 {
		if len(all) == 1 {
			return all[0]
		}
		return nil
	}
	var parts orb.MultiPolygon
	bound := all[0].Bound()
	for _, g := range all {
		bound = bound.Union(g.Bound())
		switch g := g.(type) {
		case orb.Polygon:
			parts = append(parts, g)
		case orb.MultiPolygon:
			parts = append(parts, g...)
		}
	}
	if len(parts) >= len(all) && apart(parts) {
		return parts
	}
	return bound.ToPolygon()
}

// apart tells whether the boxes around the parts do not touch each other.
func apart(parts orb.MultiPolygon) bool {
	if len(parts) > 100 {
		return false
	}
	for i := range parts {
		for j := range i {
			if parts[i].Bound().Intersects(parts[j].Bound()) {
				return false
			}
		}
	}
	return true
}

// when reads a time of GML. What is no time, as unknown and now, leaves its end open.
func when(t *xmldoc.Node) record.Interval {
	for p := range t.Children() {
		if p.Local == "TimeInstant" {
			i, err := record.ParseInterval(p.TextAt("timePosition"))
			if err != nil {
				return record.Interval{}
			}
			return i
		}
		begin, end := cmp.Or(p.TextAt("beginPosition"), p.TextAt("begin/*/timePosition")), cmp.Or(p.TextAt("endPosition"), p.TextAt("end/*/timePosition"))
		return period(begin, end)
	}
	return record.Interval{}
}

func period(begin, end string) record.Interval {
	start, startErr := record.ParseInterval(begin)
	stop, stopErr := record.ParseInterval(end)
	i := record.Interval{}
	if startErr == nil {
		i.Start = start.Start
	}
	if stopErr == nil {
		i.End = stop.End
	}
	if !i.Start.IsZero() && !i.End.IsZero() && i.End.Before(i.Start) {
		i.End = i.Start
	}
	return i
}

func conformances(root *xmldoc.Node) []Conformance {
	var all []Conformance
	for res := range root.All("dataQualityInfo/*/report/*/result/*") {
		c := res.Find("specification/*")
		if c == nil {
			continue
		}
		date := c.Find("date/*")
		all = append(all, Conformance{Title: text(c.Find("title")), Date: text(date.Find("date")), DateType: code(date.Find("dateType")), Pass: strings.ToLower(text(res.Find("pass")))})
	}
	return all
}

func service(info *xmldoc.Node) *Service {
	s := &Service{
		Type: text(info.Find("serviceType")), Version: text(info.Find("serviceTypeVersion")), Coupling: code(info.Find("couplingType")),
		Operations: texts(info, "containsOperations/*/operationName"), OperatesOnIDs: append(texts(info, "coupledResource/*/identifier"), texts(info, "coupledResource/*/resourceReference/*/identifier")...),
	}
	for o := range info.All("operatesOn") {
		if ref := cmp.Or(o.Attr("uuidref"), o.Attr("href")); ref != "" {
			s.OperatesOn = append(s.OperatesOn, ref)
		}
		if title := o.Attr("title"); title != "" {
			s.OperatesOnNames = append(s.OperatesOnNames, title)
		}
	}
	return s
}

// bands are the names of bands, and of other dimensions of the contents.
func bands(root *xmldoc.Node) []string {
	var all []string
	for d := range root.All("contentInfo/*/dimension/*") {
		all = append(all, bandName(d)...)
	}
	for d := range root.All("contentInfo/*/attributeGroup/*/attribute/*") {
		all = append(all, bandName(d)...)
	}
	return all
}

func bandName(d *xmldoc.Node) []string {
	if name := cmp.Or(textAt(d, "sequenceIdentifier/*/aName"), textAt(d, "name/*/code"), d.Find("sequenceIdentifier").Deep(), text(d.Find("descriptor")), d.Attr("id")); name != "" {
		return []string{name}
	}
	return nil
}

func formats(root, info *xmldoc.Node) []string {
	var all []string
	for _, f := range []struct {
		at   *xmldoc.Node
		path string
	}{
		{root, "distributionInfo/*/distributionFormat/*"}, {root, "distributionInfo/*/distributor/*/distributorFormat/*"}, {info, "resourceFormat/*"},
	} {
		for at := range f.at.All(f.path) {
			if name := cmp.Or(text(at.Find("name")), textAt(at, "formatSpecificationCitation/*/title")); name != "" {
				all = append(all, name)
			}
		}
	}
	return all
}

// links are the addresses where the resource is had (CI_OnlineResource).
func links(root *xmldoc.Node) []record.Link {
	var all []record.Link
	for _, path := range []string{"distributionInfo/*/transferOptions/*/onLine/*", "distributionInfo/*/distributor/*/distributorTransferOptions/*/onLine/*", "identificationInfo/*/containsOperations/*/connectPoint/*"} {
		for o := range root.All(path) {
			link, ok := online(o)
			if ok && len(all) < maxLinks && !slices.Contains(all, link) {
				all = append(all, link)
			}
		}
	}
	return all
}

func online(o *xmldoc.Node) (record.Link, bool) {
	name := o.Find("name")
	l := record.Link{
		Rel: relOf(code(o.Find("function"))), Href: text(o.Find("linkage")), Title: text(o.Find("description")),
		Name: text(name), Protocol: text(o.Find("protocol")), Type: name.Find("MimeFileType").Attr("type"),
	}
	if major, minor, found := strings.Cut(l.Protocol, "/"); l.Type == "" && found && mediaTypes[major] && minor != "" {
		l.Type = l.Protocol // as pygeometa writes it
	}
	return l, l.Href != ""
}

var mediaTypes = map[string]bool{"application": true, "image": true, "text": true, "audio": true, "video": true, "multipart": true, "model": true}

// relations are the link relations of the functions of addresses (CI_OnLineFunctionCode).
var relations = map[string]string{"download": "enclosure", "search": "search", "order": "payment", "offlineAccess": "related"}

// relOf is the relation of a link by its function.
func relOf(function string) string { return cmp.Or(relations[function], "related") }

// Function is the function of a link by its relation, empty when it says none.
func Function(rel string) string {
	switch rel {
	case "enclosure":
		return "download"
	case "search":
		return "search"
	case "payment":
		return "order"
	}
	return "information"
}

// RelOverview is the relation of pictures that show a resource; ProtocolOverview is what catalogues call their protocol.
const (
	RelOverview      = "preview"
	ProtocolOverview = "WWW:LINK-1.0-http--image-thumbnail"
)

func overviews(info *xmldoc.Node) []record.Link {
	var all []record.Link
	for g := range info.All("graphicOverview/*") {
		href := cmp.Or(text(g.Find("fileName")), textAt(g, "linkage/*/linkage"))
		if href != "" && len(all) < maxLinks {
			link := record.Link{Rel: RelOverview, Href: href, Title: text(g.Find("fileDescription")), Protocol: ProtocolOverview}
			if kind := text(g.Find("fileType")); strings.Contains(kind, "/") {
				link.Type = kind
			} else {
				link.Name = kind
			}
			all = append(all, link)
		}
	}
	return all
}
