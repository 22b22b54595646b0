package opensearch

import (
	"encoding/xml"
	"net/http"
	"time"

	"perigee/shared/ows"
)

// rss is RSS 2.0, with the elements of OpenSearch and GeoRSS.
type rss struct {
	XMLName    xml.Name   `xml:"rss"`
	Attributes []xml.Attr `xml:",any,attr"`
	Version    string     `xml:"version,attr"`
	Channel    rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Generator   string    `xml:"generator"`
	Total       int       `xml:"opensearch:totalResults"`
	Start       int       `xml:"opensearch:startIndex"`
	PerPage     int       `xml:"opensearch:itemsPerPage"`
	Query       echo      `xml:"opensearch:Query"`
	Links       []link    `xml:"atom:link"`
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string        `xml:"title"`
	Link        string        `xml:"link"`
	Description string        `xml:"description"`
	GUID        string        `xml:"guid"`
	Published   string        `xml:"pubDate,omitempty"`
	Links       []link        `xml:"atom:link"`
	Identifier  string        `xml:"dc:identifier"`
	Date        string        `xml:"dc:date,omitempty"`
	Box         string        `xml:"georss:box,omitempty"`
	Where       *where        `xml:"georss:where"`
	Media       *mediaGroup   `xml:"media:group"`
	Offerings   []owcOffering `xml:"owc:offering"`
}

func writeRSS(w http.ResponseWriter, r *http.Request, f feed) error {
	document := rss{
		Attributes: ows.Attributes(append([]string{"xmlns:atom", namespaceAtom}, extensions...)...), Version: "2.0",
		Channel: rssChannel{
			Title: f.title, Link: f.self, Description: "Results of a search in " + f.title, Generator: "Perigee",
			Total: f.matched, Start: f.start, PerPage: f.perPage, Query: f.echo(), Links: f.links,
		},
	}
	for _, e := range f.entries {
		one := rssItem{
			Title: e.title(), Link: e.self, Description: e.summary(), GUID: e.self, Links: e.links, Identifier: e.ID, Date: when(e.Time),
			Box: box(e.Footprint), Where: place(e.Footprint), Media: e.media(), Offerings: e.offerings(),
		}
		if !e.Modified.IsZero() {
			one.Published = e.Modified.UTC().Format(time.RFC1123Z)
		}
		document.Channel.Items = append(document.Channel.Items, one)
	}
	return serve(w, r, "application/rss+xml", document)
}
