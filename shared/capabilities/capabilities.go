// Package capabilities reads what services of the OGC say of themselves as records: one of the service, and one of each thing
// that it offers: WMS 1.1.1 and 1.3.0, WMTS 1.0.0, WFS 1.0.0 to 2.0.0, WCS 1.0.0 to 2.0.1, WPS 1.0.0 and 2.0.0, SOS 1.0.0 and 2.0.0.
package capabilities

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// MaxOffered bounds the things of one service that become records.
const MaxOffered = 5000

// Service is a kind of service.
type Service struct {
	Name     string // WMS
	Protocol string // OGC:WMS, by which links say how they are spoken to
	offers   []offer
}

// offer is where in capabilities the things are that a service offers, and what they say. Paths are those of xmldoc.
type offer struct {
	things     string
	nested     bool // things hold further ones
	name       string
	title      []string
	abstract   []string
	keywords   string
	boundaries []boundary
}

// boundary reads a box of longitudes and latitudes; ok is false when there is none.
type boundary func(n *xmldoc.Node) (box orb.Bound, ok bool)

var services = []Service{
	{"WMS", "OGC:WMS", []offer{{
		things: "Capability/Layer", nested: true, name: "Name", title: []string{"Title"}, abstract: []string{"Abstract"}, keywords: "KeywordList/Keyword",
		boundaries: []boundary{geographic("EX_GeographicBoundingBox"), attributes("LatLonBoundingBox")},
	}}},
	{"WMTS", "OGC:WMTS", []offer{{
		things: "Contents/Layer", name: "Identifier", title: []string{"Title"}, abstract: []string{"Abstract"}, keywords: "Keywords/Keyword",
		boundaries: []boundary{corners("WGS84BoundingBox", "LowerCorner", "UpperCorner", false)},
	}}},
	{"WFS", "OGC:WFS", []offer{{
		things: "FeatureTypeList/FeatureType", name: "Name", title: []string{"Title"}, abstract: []string{"Abstract"}, keywords: "Keywords/Keyword",
		boundaries: []boundary{corners("WGS84BoundingBox", "LowerCorner", "UpperCorner", false), attributes("LatLongBoundingBox")},
	}}},
	{"WCS", "OGC:WCS", []offer{
		{
			things: "Contents/CoverageSummary", nested: true, name: "Identifier", title: []string{"Title"}, abstract: []string{"Abstract"}, keywords: "Keywords/Keyword",
			boundaries: []boundary{corners("WGS84BoundingBox", "LowerCorner", "UpperCorner", false)},
		},
		{
			things: "Contents/CoverageSummary", name: "CoverageId", title: []string{"Title"}, abstract: []string{"Abstract"}, keywords: "Keywords/Keyword",
			boundaries: []boundary{corners("WGS84BoundingBox", "LowerCorner", "UpperCorner", false)},
		},
		{
			things: "ContentMetadata/CoverageOfferingBrief", name: "name", title: []string{"label"}, abstract: []string{"description"}, keywords: "keywords/keyword",
			boundaries: []boundary{positions("lonLatEnvelope")},
		},
	}},
	{"WPS", "OGC:WPS", []offer{
		{things: "ProcessOfferings/Process", name: "Identifier", title: []string{"Title"}, abstract: []string{"Abstract"}},
		{things: "Contents/ProcessSummary", name: "Identifier", title: []string{"Title"}, abstract: []string{"Abstract"}},
	}},
	{"SOS", "OGC:SOS", []offer{
		{
			things: "Contents/ObservationOfferingList/ObservationOffering", name: "@id", title: []string{"name"}, abstract: []string{"description"},
			boundaries: []boundary{corners("boundedBy/Envelope", "lowerCorner", "upperCorner", true)},
		},
		{
			things: "contents/Contents/offering/ObservationOffering", name: "identifier", title: []string{"name", "identifier"}, abstract: []string{"description"},
			boundaries: []boundary{corners("observedArea/Envelope", "lowerCorner", "upperCorner", true)},
		},
	}},
}

// byRoot are the names of services by the root elements of their capabilities; those of OWS Common are called Capabilities.
var byRoot = map[string]string{
	"WMS_Capabilities": "WMS", "WMT_MS_Capabilities": "WMS", "WFS_Capabilities": "WFS", "WCS_Capabilities": "WCS",
}

var spoken = regexp.MustCompile(`(?i)/(wmts|wfs|wcs|wps|sos)(/|$)`)

// serviceOf is the kind of service that a document describes, nil when there is none.
func serviceOf(root *xmldoc.Node) *Service {
	name := byRoot[root.Local]
	if m := spoken.FindStringSubmatch(root.Space); name == "" && root.Local == "Capabilities" && m != nil {
		name = strings.ToUpper(m[1])
	}
	i := slices.IndexFunc(services, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &services[i]
}

// Decode reads capabilities of a service that is asked at an address, or at the one that it says itself when that is empty: its record, and those of what it offers, which name it as
// their parent. Their identifiers are made of the address and the names, so that they are the same another time.
func Decode(document []byte, address string) ([]record.Record, error) {
	if space, local, found := xmldoc.Root(document); found && serviceOf(&xmldoc.Node{Space: space, Local: local}) == nil {
		return nil, noService(space, local) // without reading all of it
	}
	root, err := parse(document)
	if err != nil {
		return nil, err
	}
	kind := serviceOf(root)
	if kind == nil {
		return nil, noService(root.Space, root.Local)
	}
	if address == "" {
		address = addressOf(root)
	}
	if address == "" {
		return nil, fault.New(fault.Invalid, "the service does not say where it is asked")
	}
	service := kind.record(root, address)
	all := []record.Record{service}
	for _, o := range kind.offers {
		all = append(all, o.records(root, kind, &service, address)...)
	}
	if len(all) > MaxOffered {
		return nil, fault.New(fault.Invalid, "the service offers more than %d things", MaxOffered)
	}
	all[0].Footprint = around(all[1:])
	return all, nil
}

// addressOf is where a service says that it is asked.
func addressOf(root *xmldoc.Node) string {
	for _, path := range []string{"OperationsMetadata/Operation/DCP/HTTP/Get", "Capability/Request/GetCapabilities/DCPType/HTTP/Get/OnlineResource", "Service/OnlineResource"} {
		if href := root.Find(path).Attr("href"); href != "" {
			return href
		}
	}
	return root.Find("Capability/Request/GetCapabilities/DCPType/HTTP/Get").Attr("onlineResource") // of WFS 1.0.0
}

// doctype is a document type declaration. Capabilities of WMS 1.1.1 have one, which nothing here needs.
var doctype = regexp.MustCompile(`<!DOCTYPE[^\[>]*(\[[^\]]*\])?\s*>`)

func parse(document []byte) (*xmldoc.Node, error) {
	head := document[:min(len(document), 8<<10)]
	if m := doctype.FindIndex(head); m != nil && !bytes.Contains(head[m[0]:m[1]], []byte("<!ENTITY")) {
		document = slices.Concat(document[:m[0]], document[m[1]:])
	}
	return xmldoc.Parse(document)
}

func noService(space, local string) error {
	return fault.New(fault.Unsupported, "{%.200s}%.100s describes no service that is read here", space, local)
}

// record is the record of the service itself.
func (s Service) record(root *xmldoc.Node, address string) record.Record {
	about := root.Find("ServiceIdentification")
	if about == nil {
		about = root.Find("Service")
	}
	first := func(paths ...string) string {
		for _, path := range paths {
			if text := about.TextAt(path); text != "" {
				return text
			}
		}
		return ""
	}
	r := record.Record{
		Key: record.Key{ID: identifier(address)}, Type: "service", Title: cmp.Or(first("Title", "label", "name"), s.Name+" "+address), Abstract: first("Abstract", "description"),
		Keywords: slices.Concat(about.TextsAt("Keywords/Keyword"), about.TextsAt("KeywordList/Keyword"), about.TextsAt("keywords/keyword")),
		Links:    []record.Link{{Rel: "service", Href: address, Protocol: s.Protocol, Title: s.Name}},
	}
	r.SetTexts(record.PropertyServiceType, s.Protocol)
	r.SetTexts(record.PropertyServiceTypeVersion, cmp.Or(root.Attr("version"), first("ServiceTypeVersion")))
	r.SetTexts(record.PropertyOrganisation, cmp.Or(root.TextAt("ServiceProvider/ProviderName"), about.TextAt("ContactInformation/ContactPersonPrimary/ContactOrganization"), about.TextAt("responsibleParty/organisationName")))
	return r
}

// records are those of the things that are offered.
func (o offer) records(root *xmldoc.Node, s *Service, service *record.Record, address string) []record.Record {
	var all []record.Record
	var add func(n *xmldoc.Node, within *orb.Bound)
	add = func(n *xmldoc.Node, within *orb.Bound) {
		if box, ok := o.box(n); ok {
			within = &box // further in, it holds unless it is said otherwise
		}
		if name := o.nameOf(n); name != "" && len(all) <= MaxOffered {
			all = append(all, o.record(n, name, s, service, address, within))
		}
		if o.nested {
			for inner := range n.All(o.things[strings.LastIndexByte(o.things, '/')+1:]) {
				add(inner, within)
			}
		}
	}
	for n := range root.All(o.things) {
		add(n, nil)
	}
	return all
}

func (o offer) nameOf(n *xmldoc.Node) string {
	if attribute, is := strings.CutPrefix(o.name, "@"); is {
		return n.Attr(attribute)
	}
	return n.TextAt(o.name)
}

func (o offer) record(n *xmldoc.Node, name string, s *Service, service *record.Record, address string, within *orb.Bound) record.Record {
	first := func(paths []string) string {
		for _, path := range paths {
			if text := n.TextAt(path); text != "" {
				return text
			}
		}
		return ""
	}
	r := record.Record{
		Key: record.Key{ID: service.ID + "-" + name}, Type: "dataset", Title: cmp.Or(first(o.title), name), Abstract: first(o.abstract),
		Links: []record.Link{{Rel: "service", Href: address, Protocol: s.Protocol, Name: name, Title: cmp.Or(first(o.title), name)}},
	}
	if o.keywords != "" {
		r.Keywords = n.TextsAt(o.keywords)
	}
	if within != nil {
		r.Footprint = within.ToPolygon()
	}
	r.SetTexts(record.PropertyParent, service.ID)
	return r
}

func (o offer) box(n *xmldoc.Node) (orb.Bound, bool) {
	for _, read := range o.boundaries {
		if box, ok := read(n); ok {
			return box, true
		}
	}
	return orb.Bound{}, false
}

// identifier is the same for the same address: a name-based UUID (RFC 9562, 5.5) in the namespace of URLs.
func identifier(address string) string {
	space, _ := hex.DecodeString("6ba7b8119dad11d180b400c04fd430c8")
	sum := sha1.Sum(append(space, address...)) //nolint:gosec // the standard says so
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x50, id[8]&0x3f|0x80
	text := hex.EncodeToString(id)
	return "urn:uuid:" + strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// around is the box around all footprints, nil when there is none.
func around(all []record.Record) orb.Geometry {
	var whole orb.Bound
	found := false
	for _, r := range all {
		if r.Footprint == nil {
			continue
		}
		if !found {
			whole, found = r.Footprint.Bound(), true
		}
		whole = whole.Union(r.Footprint.Bound())
	}
	if !found {
		return nil
	}
	return whole.ToPolygon()
}

// geographic reads the box of ISO 19115, as WMS 1.3.0 has it.
func geographic(path string) boundary {
	return func(n *xmldoc.Node) (orb.Bound, bool) {
		at := n.Find(path)
		return box(at.TextAt("westBoundLongitude"), at.TextAt("southBoundLatitude"), at.TextAt("eastBoundLongitude"), at.TextAt("northBoundLatitude"))
	}
}

// attributes reads the attributes minx, miny, maxx and maxy.
func attributes(path string) boundary {
	return func(n *xmldoc.Node) (orb.Bound, bool) {
		at := n.Find(path)
		return box(at.Attr("minx"), at.Attr("miny"), at.Attr("maxx"), at.Attr("maxy"))
	}
}

// corners reads two corners; latitude comes first where the reference system is EPSG:4326, as it is of an envelope.
func corners(path, lower, upper string, envelope bool) boundary {
	return func(n *xmldoc.Node) (orb.Bound, bool) {
		at := n.Find(path)
		low, high := strings.Fields(at.TextAt(lower)), strings.Fields(at.TextAt(upper))
		if len(low) < 2 || len(high) < 2 {
			return orb.Bound{}, false
		}
		if system := at.Attr("srsName"); envelope && (strings.HasSuffix(system, "4326") || system == "") {
			return box(low[1], low[0], high[1], high[0])
		} else if envelope {
			return orb.Bound{}, false // of another reference system
		}
		return box(low[0], low[1], high[0], high[1])
	}
}

// positions reads two positions of longitude and latitude.
func positions(path string) boundary {
	return func(n *xmldoc.Node) (orb.Bound, bool) {
		both := n.Find(path).TextsAt("pos")
		if len(both) != 2 {
			return orb.Bound{}, false
		}
		low, high := strings.Fields(both[0]), strings.Fields(both[1])
		if len(low) != 2 || len(high) != 2 {
			return orb.Bound{}, false
		}
		return box(low[0], low[1], high[0], high[1])
	}
}

// box reads four numbers. What is not on the globe is none.
func box(west, south, east, north string) (orb.Bound, bool) {
	var n [4]float64
	for i, text := range []string{west, south, east, north} {
		var err error
		if n[i], err = strconv.ParseFloat(text, 64); err != nil {
			return orb.Bound{}, false
		}
	}
	b := orb.Bound{Min: orb.Point{n[0], n[1]}, Max: orb.Point{n[2], n[3]}}
	ok := b.Min[0] <= b.Max[0] && b.Min[1] <= b.Max[1] && b.Min[0] >= -180 && b.Max[0] <= 180 && b.Min[1] >= -90 && b.Max[1] <= 90
	return b, ok
}
