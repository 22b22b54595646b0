package records

import (
	"context"
	"net/http"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// collections lists the collections, which are found as records are: this is a catalogue of local resources
// (20-004r1, /req/local-resources-catalog).
func (a api) collections(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	on := ask(r)
	q := readQuery(p, defaultCollections, maxCollections)
	readProfile(p)
	if err := a.finish(r.Context(), on, p, &q); err != nil {
		return err
	}
	page, err := a.findCollections(r.Context(), on, q)
	if err != nil {
		return err
	}
	links := collectionsLinks(r, on, page)
	announce(w, links)
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.collectionsPage(w, r, on, page, links)
	}
	var body writer
	body.WriteByte('{')
	body.textMember("id", "collections")
	body.textMember("type", stac.TypeCollection)
	body.textMember("itemType", "catalog")
	body.textMember("title", "Collections of "+a.Title)
	body.textMember("recordsArrayName", "collections")
	body.name("collections")
	body.WriteByte('[')
	for _, c := range page.Collections {
		body.comma()
		if err := a.describe(r.Context(), &body, on, c, false); err != nil {
			return err
		}
	}
	body.WriteByte(']')
	body.links(links)
	body.member("crs", systems())
	if page.Matched != nil {
		body.member("numberMatched", *page.Matched)
	}
	body.member("numberReturned", len(page.Collections))
	body.WriteByte('}')
	ogcapi.Write(w, r, ogcapi.MediaTypeJSON, body.Bytes())
	return body.err
}

// findCollections finds collections; that of all records is the first, when the query finds it.
func (a api) findCollections(ctx context.Context, on asked, q Query) (CollectionPage, error) {
	main := a.main()
	holds, err := q.holds(*main.Record)
	if err != nil {
		return CollectionPage{}, err
	}
	listed := holds && q.After == "" && q.Offset == 0
	switch {
	case listed:
		q.Limit--
	case holds && q.Offset > 0:
		q.Offset--
	}
	page, err := a.Store.Collections(ctx, on.scope, q)
	if err != nil {
		return page, err
	}
	if listed {
		page.Collections = append([]Collection{main}, page.Collections...)
	}
	if holds && page.Matched != nil {
		*page.Matched++
	}
	return page, nil
}

func collectionsLinks(r *http.Request, on asked, page CollectionPage) []link {
	query, href := r.URL.Query(), on.root+"/collections"
	links := []link{
		linkTo("self", ogcapi.WithQuery(href, query, map[string]string{"f": ""}), ogcapi.MediaTypeJSON, ""),
		linkTo("alternate", ogcapi.WithQuery(href, query, map[string]string{"f": "html"}), typeHTML, "The collections for people"),
		linkTo("profile", profileCatalogue, "", ""),
		linkTo("root", on.root, ogcapi.MediaTypeJSON, ""),
		linkTo(relQueryables, on.root+"/queryables", mediaTypeSchema, "What collections are found by"),
		linkTo(relSortables, on.root+"/sortables", mediaTypeSchema, "What collections are sorted by"),
	}
	if page.Next != "" {
		links = append(links, linkTo("next", ogcapi.WithQuery(href, query, map[string]string{"token": page.Next, "offset": "", "startindex": "", "f": ""}), ogcapi.MediaTypeJSON, ""))
	}
	return links
}

// main is the collection of all records.
func (a api) main() Collection {
	return Collection{ID: Main, Record: &record.Record{
		Key: record.Key{ID: Main}, Type: record.TypeCollection, Title: a.Title, Abstract: a.Description, Keywords: a.Keywords,
		Footprint: everywhere.ToPolygon(),
	}}
}

func (a api) collection(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	readProfile(p)
	if err := p.Err(); err != nil {
		return err
	}
	on, id := ask(r), r.PathValue("collection")
	c, err := a.find(r.Context(), on, id)
	if err != nil {
		return err
	}
	announce(w, on.collectionLinks(c, true))
	if c.Record != nil {
		ogcapi.SetModified(w.Header(), c.Record.Modified)
	}
	var body writer
	if err := a.describe(r.Context(), &body, on, c, true); err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.collectionPage(w, r, on, c, body.Bytes())
	}
	ogcapi.Write(w, r, ogcapi.MediaTypeJSON, body.Bytes())
	return nil
}

func (a api) find(ctx context.Context, on asked, id string) (Collection, error) {
	if id == Main {
		return a.main(), nil
	}
	return a.Store.Collection(ctx, on.scope, id)
}

// describe writes what a collection is (/req/record-collection): the document of one that was registered as such, with
// what records need beside it; of any other what its record, or its records, tell.
func (a api) describe(ctx context.Context, w *writer, on asked, c Collection, alone bool) error {
	if rec := c.Record; rec != nil && rec.Type == record.TypeCollection && IsJSON(rec.MediaType) && len(rec.Document) > 0 {
		return on.registered(w, c, alone)
	}
	where, when := everywhere, record.Interval{}
	switch {
	case c.ID == Main:
	case c.Record != nil && c.Record.Footprint != nil:
		where, when = c.Record.Footprint.Bound(), c.Record.Time
	default:
		extent, err := a.Store.Extent(ctx, on.scope, c.ID)
		if err != nil {
			return err
		}
		where, when = extent.Bounds, extent.Time
	}
	rec := record.Record{}
	if c.Record != nil {
		rec = *c.Record
	}
	w.WriteByte('{')
	w.textMember("id", c.ID)
	w.textMember("type", stac.TypeCollection)
	w.textMember("itemType", "record")
	w.textMember("title", c.title())
	w.textMember("description", rec.Abstract)
	if len(rec.Keywords) > 0 {
		w.member("keywords", rec.Keywords)
	}
	if name := text(rec.Properties["license"]); name != "" {
		w.property("license", name)
	}
	if !rec.Created.IsZero() {
		w.textMember("created", record.Instant(rec.Created))
		w.textMember("updated", record.Instant(rec.Modified))
	}
	w.member("extent", extentOf([4]float64{where.Min[0], where.Min[1], where.Max[0], where.Max[1]}, when))
	w.crs(alone)
	w.links(on.collectionLinks(c, alone))
	w.WriteByte('}')
	return w.err
}

var everywhere = orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}

// title is the title of a collection, which it always has.
func (c Collection) title() string {
	switch {
	case c.Record != nil && c.Record.Title != "":
		return c.Record.Title
	case c.ID == record.Uncollected:
		return "Records without a collection"
	}
	return c.ID
}

// extent is where and when the records of a collection are
// (https://schemas.opengis.net/ogcapi/features/part1/1.0/openapi/schemas/extent.yaml).
type extent struct {
	Spatial struct {
		Boxes [][4]float64 `json:"bbox"`
		CRS   string       `json:"crs"`
	} `json:"spatial"`
	Temporal struct {
		Intervals [][2]*string `json:"interval"`
		TRS       string       `json:"trs"`
	} `json:"temporal"`
}

func extentOf(box [4]float64, when record.Interval) extent {
	var e extent
	e.Spatial.Boxes, e.Spatial.CRS = [][4]float64{box}, geo.CRS84.URI()
	e.Temporal.TRS = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
	var ends [2]*string
	if !when.Start.IsZero() {
		start := record.Instant(when.Start)
		ends[0] = &start
	}
	if !when.End.IsZero() {
		end := record.Instant(when.End)
		ends[1] = &end
	}
	e.Temporal.Intervals = [][2]*string{ends}
	return e
}

// crs writes the reference systems of a collection (18-058r1, 6.1): among others, those of the list that all share.
func (w *writer) crs(alone bool) {
	if alone {
		w.member("crs", systems())
	} else {
		w.member("crs", []string{"#/crs"})
	}
	w.textMember("storageCrs", geo.CRS84.URI())
}

// collectionLinks say where a collection stands, and what belongs to it.
func (on asked) collectionLinks(c Collection, alone bool) []link {
	self := on.collection(c.ID)
	links := []link{
		linkTo("self", self, ogcapi.MediaTypeJSON, ""),
		linkTo("items", self+"/items", ogcapi.MediaTypeGeoJSON, "The records"),
		linkTo("items", self+"/items"+asHTML, typeHTML, "The records for people"), // each encoding is listed (17-069r4, 7.14)
		linkTo(relQueryables, self+"/queryables", mediaTypeSchema, "What records are found by"),
		linkTo(relSortables, self+"/sortables", mediaTypeSchema, "What records are sorted by"),
		linkTo(relFacets, self+"/facets", ogcapi.MediaTypeJSON, "How records are divided"),
		linkTo(relSchema, self+"/schema", mediaTypeSchema, "The properties of records"),
	}
	if alone {
		links = append(links, linkTo("alternate", self+asHTML, typeHTML, "The collection for people"), linkTo("profile", profileCatalogue, "", ""))
	}
	if rec := c.Record; rec != nil && c.ID != Main {
		links = append(links, linkTo("describedby", on.item(home(*rec), rec.ID), ogcapi.MediaTypeGeoJSON, "The record of the collection"))
		for _, l := range rec.Links {
			links = append(links, on.served(*rec, l))
		}
	}
	return links
}

// registered writes the document of a STAC collection as it came, with what makes it a collection of records.
func (on asked) registered(w *writer, c Collection, alone bool) error {
	rec := c.Record
	edited, err := stac.NewEditor(rec.Document)
	if err != nil {
		return err
	}
	own, err := edited.Links()
	if err != nil {
		own = nil // links of a document registered before they were checked
	}
	edited.Set("links", on.registeredLinks(c, own, alone))
	set := func(name string, v any) {
		value, encoding := ogcapi.Encode(v)
		if encoding != nil {
			err = encoding
			return
		}
		edited.Set(name, value)
	}
	set("itemType", "record")
	if !titledDocument(rec.Document) {
		set("title", c.title())
	}
	if alone {
		set("crs", systems())
	} else {
		set("crs", []string{"#/crs"})
	}
	set("storageCrs", geo.CRS84.URI())
	if err != nil {
		return err
	}
	if err := edited.EditAssets(func(key, href string) stac.AssetEdit {
		if href = stac.ResolveHref(rec.Source, href); strings.HasPrefix(href, "s3://") {
			href = ogcapi.Href(on.base+"/stac", "collections", c.ID, "assets", key)
		}
		return stac.AssetEdit{Href: href}
	}); err != nil {
		return err
	}
	w.Write(edited.Bytes())
	return nil
}

// titledDocument tells whether a document has a title.
func titledDocument(document []byte) bool {
	for m, err := range stac.Members(document) {
		if err == nil && string(m.Name) == "title" {
			title, ok := stac.Text(m.Value)
			return ok && title != ""
		}
	}
	return false
}

// registeredLinks are the links that say where a collection stands here, and those of its document that say something else.
func (on asked) registeredLinks(c Collection, own []stac.Link, alone bool) []byte {
	var w writer
	w.WriteByte('[')
	for _, l := range on.collectionLinks(c, alone) {
		w.link(l)
	}
	w.kept(own, c.Record.Source)
	w.WriteByte(']')
	return w.Bytes()
}
