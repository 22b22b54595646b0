package source

import (
	"cmp"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

// Means is what a source is opened with.
type Means struct {
	Places Places
	Files  interface {
		Reader
		Lister
	}
	Web Web
}

// Open opens what a harvester harvests.
func (h Harvester) Open(m Means) (Source, error) {
	switch h.Type {
	case TypeOpenSearch:
		return &OpenSearch{Web: m.Web, URL: h.URL, Query: h.Query, Service: h.Service}, nil
	case TypeOData:
		return &OData{Web: m.Web, URL: h.URL, Query: h.Query, Service: h.Service}, nil
	case TypeSTACAPI:
		return &STACAPI{Web: m.Web, URL: h.URL, Query: h.Query, Service: h.Service, Filter: h.FilterText}, nil
	case TypeRecords, TypeFeatures:
		return &OGCAPI{Web: m.Web, URL: h.URL, Query: h.Query, Service: h.Service, Records: h.Type == TypeRecords}, nil
	case TypeCSW:
		return &CSW{Web: m.Web, URL: h.URL, Query: h.Query, Service: h.Service}, nil
	}
	at := h.RootPath
	if m.Places.Kind == KindS3 && h.Store.Bucket == "" && !stac.IsAbsolute(at) {
		at = "s3://" + strings.TrimLeft(at, "/") // where a path begins with its bucket
	}
	root, err := m.Places.Root(at)
	switch {
	case err != nil:
		return nil, err
	case h.Type == TypeSTACCatalog:
		return &STACCatalog{Places: m.Places, Reader: m.Files, RootHref: root, Collection: h.Collection, Inline: !m.Places.Own()}, nil
	case h.Type == TypeFileScheme && m.Places.Kind == KindHTTP:
		return nil, fault.At(fault.Unsupported, "root_path", "files are listed in buckets and folders, not on the web")
	case h.Type == TypeFileScheme:
		return &FileScheme{Places: m.Places, Reader: m.Files, Lister: m.Files, RootHref: root, Pattern: h.Pattern, Collection: h.Collection}, nil
	}
	return nil, fault.New(fault.Internal, "the harvester %s is of the type %q", h.Name, h.Type)
}

// Paged tells whether a harvester's nodes are pages of many items.
func (h Harvester) Paged() bool { return h.Type != TypeSTACCatalog }

// Kind is the kind of the file system that a harvester's files lie in; empty: the deployment's own object store, where own is
// its address.
func (h Harvester) Kind(own string) string {
	s := h.Store
	switch {
	case s.Kind == "" && isWeb(h.RootPath) && (own == "" || !startsWith(h.RootPath, own)):
		return KindHTTP
	case s.Kind == KindS3 && !s.Public && (s.Endpoint == "" || trimmed(s.Endpoint) == trimmed(own)):
		return ""
	}
	return s.Kind
}

// Elsewhere is the bucket that a harvester reads in another store than the deployment's: the one that is configured with it,
// or else that the path of the configuration begins with. No request leads to another.
func (h Harvester) Elsewhere() string {
	first, _, _ := strings.Cut(strings.TrimLeft(h.home, "/"), "/")
	return cmp.Or(h.Store.Bucket, bucketOf(h.home), first)
}
