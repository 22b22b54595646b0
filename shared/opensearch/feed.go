package opensearch

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
)

// format is a way in which searches are answered.
type format struct {
	name      string
	mediaType string
	write     func(w http.ResponseWriter, r *http.Request, f feed) error
}

// formats are those that there are (RND-13).
var formats = []format{
	{"atom", "application/atom+xml", writeAtom},
	{"rss", "application/rss+xml", writeRSS},
	{"json", "application/geo+json", writeJSON},
	{"kml", "application/vnd.google-earth.kml+xml", writeKML},
	{"html", "text/html", writeHTML},
}

// feed is an answer, whatever the format.
type feed struct {
	title      string
	self       string
	home       string // where the search is described
	base       string // of the deployment
	updated    time.Time
	links      []link
	matched    int
	start      int
	perPage    int
	asked      []pair
	parameters map[string]string // templates by name
	entries    []entry
}

// link is a link of Atom (RFC 4287 clause 4.2.7).
type link struct {
	Rel   string `xml:"rel,attr"`
	Type  string `xml:"type,attr,omitempty"`
	Title string `xml:"title,attr,omitempty"`
	Href  string `xml:"href,attr"`
}

// entry is a record with what leads on from it.
type entry struct {
	record.Record
	self      string
	links     []link
	quicklook string // address of a picture; empty: there is none
	thumbnail string
	maps      string // capabilities of its maps; empty: there are none
}

// title is what people call the record.
func (e entry) title() string {
	if e.Title != "" {
		return e.Title
	}
	return e.ID
}

// feed makes an answer of a page.
func (c *call) feed(of about, q Query, page Page) feed {
	f := feed{
		title: of.title, self: c.linkTo(q.Offset), home: c.address(""), base: c.asked.Base, matched: page.Matched, start: q.Offset, perPage: q.Limit, asked: c.pairs,
		parameters: map[string]string{},
	}
	for _, p := range slices.Concat(plain, observation, []parameter{condition}) {
		f.parameters[strings.ToLower(p.name)] = p.template
	}
	for _, r := range page.Records {
		f.entries = append(f.entries, c.entry(r))
		if r.Modified.After(f.updated) {
			f.updated = r.Modified
		}
	}
	f.links = c.links(f)
	return f
}

// links lead to the neighbouring pages, and to the description.
func (c *call) links(f feed) []link {
	to := func(rel string, offset int) link {
		return link{Rel: rel, Type: c.format.mediaType, Href: c.linkTo(offset)}
	}
	all := []link{to("self", f.start), {Rel: "search", Type: mediaTypeDescription, Href: f.home}}
	for _, other := range formats {
		if other.name != c.format.name {
			all = append(all, link{Rel: "alternate", Type: other.mediaType, Href: c.addressWith(other.name, f.start)})
		}
	}
	if f.perPage == 0 {
		return all
	}
	all = append(all, to("first", 0))
	if f.start > 0 {
		all = append(all, to("previous", max(f.start-f.perPage, 0)))
	}
	if next := f.start + f.perPage; next < f.matched && next <= maxStart {
		all = append(all, to("next", next))
	}
	last := max(f.matched-1, 0) / f.perPage * f.perPage
	return append(all, to("last", min(last, maxStart)))
}

// linkTo is the same search from another record on.
func (c *call) linkTo(offset int) string { return c.addressWith(c.format.name, offset) }

func (c *call) addressWith(format string, offset int) string {
	values := url.Values{}
	for _, p := range c.pairs {
		values.Add(canonical(p.name), p.value)
	}
	values.Del("startIndex")
	if offset > 0 {
		values.Set("startIndex", strconv.Itoa(offset))
	}
	if len(values) == 0 {
		return c.address(format)
	}
	return c.address(format) + "?" + values.Encode()
}

// canonical is a parameter's name as it is described, whatever case it was sent in.
func canonical(name string) string {
	for _, p := range slices.Concat(plain, observation, []parameter{condition}) {
		if strings.EqualFold(p.name, name) {
			return p.name
		}
	}
	return name
}

// pictureSizes are the longer sides of pictures, in pixels.
const (
	quicklookSize = 500
	thumbnailSize = 100
)

// entry adds to a record what leads on: to its description in other formats, to its download, its pictures and maps; of a
// collection, to the second step.
func (c *call) entry(r record.Record) entry {
	if r.Type == record.TypeCollection {
		e := entry{Record: r, self: c.address("atom") + "?uid=" + url.QueryEscape(r.ID)}
		if !c.config.OneStep {
			e.links = []link{
				{Rel: "search", Type: mediaTypeDescription, Title: "Search in " + e.title(), Href: c.addressIn(r.ID, "")},
			}
		}
		e.links = append(e.links, link{Rel: "alternate", Type: "application/json", Title: "STAC collection", Href: ogcapi.Href(c.asked.Base+"/stac/collections", r.ID)})
		return e
	}
	e := entry{Record: r, self: c.address("atom") + "?uid=" + url.QueryEscape(r.ID)}
	if r.Type != record.TypeItem {
		e.links = []link{c.catalogued(r)}
		return e
	}
	ows, id := c.asked.Base+"/ows?", url.QueryEscape(r.ID)
	e.thumbnail = ogcapi.Href(c.asked.Base+"/coverages/metadata", r.ID) + "/thumbnail"
	e.links = []link{
		{Rel: "enclosure", Type: "application/zip", Title: "Download of " + r.ID, Href: ows + "service=DSEO&version=1.0.0&request=GetProduct&ProductURI=" + id},
		{Rel: "alternate", Type: "application/geo+json", Title: "STAC item", Href: ogcapi.Href(c.asked.Base+"/stac/collections", r.Collection, "items", r.ID)},
		c.catalogued(r),
		{Rel: "icon", Title: "Thumbnail", Href: e.thumbnail},
	}
	if c.collection == "" && c.config.OneStep && r.Collection != "" {
		e.links = append(e.links, link{Rel: "up", Type: "application/json", Title: "STAC collection", Href: ogcapi.Href(c.asked.Base+"/stac/collections", r.Collection)})
	}
	if r.Shown && r.Footprint != nil {
		e.maps = ows + "service=WMS&version=1.3.0&request=GetCapabilities&cql=" + url.QueryEscape(`identifier="`+r.ID+`"`)
		e.quicklook = ows + mapQuery(r, quicklookSize)
	}
	return e
}

// catalogued leads to the record in the catalogue.
func (c *call) catalogued(r record.Record) link {
	return link{Rel: "via", Type: "application/xml", Title: "Catalogue record", Href: c.asked.Base + "/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&id=" + url.QueryEscape(r.ID)}
}

// mapQuery asks for a map of a whole product; one across the date line is asked for beyond it.
func mapQuery(r record.Record, size int) string {
	b := geo.Frame(r.Footprint)
	width, height := max(b.Max[0]-b.Min[0], 1e-6), max(b.Max[1]-b.Min[1], 1e-6)
	longer := max(width, height)
	pixels := func(side float64) string { return strconv.Itoa(max(int(side/longer*float64(size)+.5), 1)) }
	return "service=WMS&version=1.3.0&request=GetMap&styles=&format=image/png&transparent=TRUE&crs=CRS:84&layers=" + url.QueryEscape(r.ID) + "&width=" + pixels(width) + "&height=" + pixels(height) +
		"&bbox=" + strings.Join([]string{number(b.Min[0]), number(b.Min[1]), number(b.Min[0] + width), number(b.Min[1] + height)}, ",")
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// when is the time of a record: an instant, or an interval with open ends left empty.
func when(i record.Interval) string {
	switch {
	case i.IsZero():
		return ""
	case i.Start.Equal(i.End):
		return record.Instant(i.Start)
	}
	return instant(i.Start) + "/" + instant(i.End)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return record.Instant(t)
}

// echo is opensearch:Query, which repeats what was asked for.
type echo struct {
	Attributes []xml.Attr `xml:",any,attr"`
}

func (f feed) echo() echo {
	e := echo{Attributes: []xml.Attr{{Name: xml.Name{Local: "role"}, Value: "request"}}}
	seen := map[string]bool{}
	for _, p := range f.asked {
		template, known := f.parameters[p.name]
		if !known || seen[template] { // an attribute is there once
			continue
		}
		seen[template] = true
		e.Attributes = append(e.Attributes, xml.Attr{Name: xml.Name{Local: template}, Value: p.value})
	}
	return e
}

// box is latitudes and longitudes as GeoRSS has them: the lower corner, then the upper one.
func box(g orb.Geometry) string {
	if g == nil {
		return ""
	}
	b := g.Bound()
	return strings.Join([]string{number(b.Min[1]), number(b.Min[0]), number(b.Max[1]), number(b.Max[0])}, " ")
}
