package main

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"perigee/shared/dseo"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/ows"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// downloads are the products of the catalogue as files (dseo.Store).
type downloads struct{ *painter }

// maxDownloaded bounds the files of a product, which are looked at before the first byte is sent.
const maxDownloaded = 500

// Product finds an item by its id, with the files of its assets. One of them may be the whole product already: then that is
// what is downloaded, where the function stac lets it be read.
func (d downloads) Product(ctx context.Context, asked scope.Asked, uri string) (dseo.Product, error) {
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	found, err := d.store.Record(ctx, asked.Scope, record.TypeItem, "", uri)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return dseo.Product{}, fault.At(fault.NotFound, "ProductURI", "there is no product %q", uri)
	}
	if err != nil {
		return dseo.Product{}, err
	}
	product := dseo.Product{ID: found.ID, Modified: found.Modified}
	item, err := stac.DecodeItem(found.Document)
	if err != nil { // it has no files that are known
		product.Files = []dseo.File{documentFile(found)}
		return product, nil
	}
	if at := slices.IndexFunc(item.Assets, isPackage); at >= 0 {
		product.Package = ogcapi.Href(asked.Base+"/stac/collections", found.Collection, "items", found.ID, "assets", item.Assets[at].Key)
		return product, nil
	}
	product.Files, err = d.files(ctx, found, item.Assets)
	return product, err
}

// packages are the media types and endings of files that hold whole products.
var (
	packageTypes   = []string{"application/zip", "application/x-zip-compressed", "application/x-tar", "application/gzip", "application/x-gtar", "application/x-compressed-tar"}
	packageEndings = []string{".zip", ".tar", ".tar.gz", ".tgz"}
)

// isPackage tells whether an asset is the product as one file: an archive that holds data.
func isPackage(a stac.Asset) bool {
	media, _, _ := strings.Cut(a.Type, ";")
	archive := slices.Contains(packageTypes, strings.ToLower(strings.TrimSpace(media))) ||
		slices.ContainsFunc(packageEndings, func(ending string) bool { return strings.HasSuffix(strings.ToLower(a.Href), ending) })
	return archive && (a.HasRole("data") || a.HasRole("archive") || slices.Contains([]string{"product", "package", "archive", "safe", "download"}, strings.ToLower(a.Key)))
}

// files are the document and the assets of an item, by their names in the archive. What cannot be had is named in a file of its
// own, so that nobody takes the archive for whole.
func (d downloads) files(ctx context.Context, found record.Record, assets []stac.Asset) ([]dseo.File, error) {
	if len(assets) > maxDownloaded {
		return nil, fault.At(fault.Unsupported, "ProductURI", "the product %q has %d files; %d can be downloaded together", found.ID, len(assets), maxDownloaded)
	}
	had, missing := make([]*dseo.File, len(assets)), make([]string, len(assets))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, a := range assets {
		group.Go(func() error {
			file, err := d.file(ctx, found, a)
			if err != nil && !fault.KindOf(err).Permanent() {
				return err
			}
			if err != nil {
				slog.Warn("a file is not downloaded with its product", "workspace", found.Workspace, "id", found.ID, "asset", a.Key, "error", err)
				missing[i] = fmt.Sprintf("%s\t%s\n", a.Key, whyNot(err))
				return nil
			}
			had[i] = &file
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	files := []dseo.File{documentFile(found)}
	for _, one := range had {
		if one != nil {
			files = append(files, *one)
		}
	}
	if text := strings.Join(missing, ""); text != "" {
		files = append(files, memoryFile(dseo.Path(found.ID, "NOT-INCLUDED.txt"), []byte(text)))
	}
	return distinct(files), nil
}

// whyNot says why a file is not there, and not where it would lie.
func whyNot(err error) string {
	if fault.KindOf(err) == fault.NotFound {
		return "is not there"
	}
	return "is not read by this service"
}

// file is an asset: rasters in a folder of the name of their asset, as EOxServer has it, the rest beside the document.
func (d downloads) file(ctx context.Context, found record.Record, a stac.Asset) (dseo.File, error) {
	href := stac.ResolveHref(found.Source, a.Href)
	objects, err := d.reader(found.Workspace, href)
	if err != nil {
		return dseo.File{}, err
	}
	size, version, err := objects.Size(ctx, href)
	if err != nil {
		return dseo.File{}, err
	}
	base := path.Base(strings.TrimRight(strings.SplitN(href, "?", 2)[0], "/"))
	name := dseo.Path(found.ID, a.Key, base)
	if a.HasRole("metadata") || a.HasRole(stac.RoleThumbnail) || a.HasRole("overview") || a.HasRole("documentation") {
		name = dseo.Path(found.ID, base)
	}
	return dseo.File{Name: name, Size: size, Version: version, Content: content{d.painter, objects, href, version}}, nil
}

// reader is what reads files at an address on behalf of a workspace.
func (d downloads) reader(workspace, href string) (raster.Objects, error) {
	if err := d.access.allow(workspace, href); err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(href, "s3://"):
		return d.objects, nil
	case d.web != nil && (strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "http://")):
		return d.web, nil
	}
	return nil, fault.At(fault.Unsupported, "href", "files at addresses like %q are not downloaded", href)
}

// content is what a file holds.
type content struct {
	painter       *painter
	objects       raster.Objects
	href, version string
}

// ReadRange reads a part of the file, in the time that a request has for one.
func (c content) ReadRange(ctx context.Context, offset, n int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.painter.config.Timeout)
	defer cancel()
	return c.objects.ReadRange(ctx, c.href, c.version, offset, n)
}

// documentFile is the document of an item.
func documentFile(found record.Record) dseo.File {
	ending := ".json"
	if strings.Contains(found.MediaType, "xml") {
		ending = ".xml"
	}
	return memoryFile(dseo.Path(found.ID, found.ID+ending), found.Document)
}

func memoryFile(name string, body []byte) dseo.File {
	return dseo.File{Name: name, Size: int64(len(body)), Version: ows.ETag(body), Content: dseo.Bytes(body)}
}

// distinct gives files of the same name others: a number before the last dot.
func distinct(files []dseo.File) []dseo.File {
	seen := map[string]bool{}
	for i := range files {
		name := files[i].Name
		for n := 2; seen[strings.ToLower(files[i].Name)]; n++ {
			ending := path.Ext(name)
			files[i].Name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ending), n, ending)
		}
		seen[strings.ToLower(files[i].Name)] = true
	}
	return files
}
