package stacapi

import (
	"net/http"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// The alternate assets extension, by which the place of a file in the object store is told beside the address that opens
// it (https://github.com/stac-extensions/alternate-assets).
const (
	alternateFamily = "https://stac-extensions.github.io/alternate-assets/"
	alternateSchema = alternateFamily + "v1.2.0/schema.json"
	alternateName   = "s3"
)

const schemeS3 = "s3://"

// openAssets gives the assets that lie in the object store addresses that open them: at the place where everybody reads
// them, else here, where the client is led to the file.
func (a api) openAssets(e *stac.Editor, self, source string) error {
	alternates := false
	err := e.EditAssets(func(key, href string) stac.AssetEdit {
		href = a.Assets.Place(stac.ResolveHref(source, href))
		if !strings.HasPrefix(href, schemeS3) {
			return stac.AssetEdit{Href: href}
		}
		alternates = true
		address, ok := a.Assets.Public(href)
		if !ok {
			address = ogcapi.Href(self, "assets", key)
		}
		return stac.AssetEdit{Href: address, AlternateName: alternateName, Alternate: href}
	})
	if err == nil {
		err = e.EditTemplates(func(key, href string) stac.AssetEdit {
			edit := a.openTemplate(self, key, a.Assets.Place(stac.ResolveHref(source, href)))
			alternates = alternates || edit.Alternate != ""
			return edit
		})
	}
	if alternates {
		e.AddExtension(alternateSchema, alternateFamily)
	}
	return err
}

func (a api) itemAsset(w http.ResponseWriter, r *http.Request) error {
	on := ask(r)
	item, err := a.Store.Item(r.Context(), on.scope, r.PathValue("collection"), r.PathValue("item"))
	if err != nil {
		return err
	}
	document, source, err := on.source(item)
	if err != nil {
		return err
	}
	if r.PathValue("asset") == stac.RoleThumbnail && isDrawn(item) {
		if _, has := stac.AssetHref(document, stac.RoleThumbnail); !has {
			return leadTo(w, r, mapHref(on, item))
		}
	}
	return a.asset(w, r, item.Workspace, document, source)
}

func (a api) collectionAsset(w http.ResponseWriter, r *http.Request) error {
	on := ask(r)
	c, err := a.Store.Collection(r.Context(), on.scope, r.PathValue("collection"))
	if err != nil {
		return err
	}
	return a.asset(w, r, c.Workspace, c.Document, c.Source)
}

// asset leads the client to the file of an asset in the object store, where it can be read for a while, in parts too.
// Nothing is signed but what a document says that the client may read, and that may show it. The redirection is signed
// for GET only, so that HEAD is answered here.
func (a api) asset(w http.ResponseWriter, r *http.Request, workspace string, document []byte, source string) error {
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return err
	}
	href, err := a.placeOfAsset(document, source, r.PathValue("asset"))
	if err != nil {
		return err
	}
	return a.open(w, r, workspace, href)
}

// open leads the client to a file of a workspace.
func (a api) open(w http.ResponseWriter, r *http.Request, workspace, href string) error {
	if address, ok := a.Assets.Public(href); ok {
		return leadTo(w, r, address)
	}
	if r.Method == http.MethodHead {
		return a.describe(w, r, workspace, href)
	}
	to, err := a.Assets.Sign(r.Context(), workspace, href)
	if err != nil {
		return err
	}
	return leadTo(w, r, to)
}

// placeOfAsset is where in the object store the file of an asset lies.
func (a api) placeOfAsset(document []byte, source, key string) (string, error) {
	href, ok := stac.AssetHref(document, key)
	if !ok {
		return "", fault.At(fault.NotFound, "asset", "there is no asset %q here", key)
	}
	if href = a.Assets.Place(resolved(document, source, href)); !strings.HasPrefix(href, schemeS3) {
		return "", fault.At(fault.NotFound, "asset", "the asset %q does not lie in the object store", key)
	}
	return href, nil
}

// resolved is a reference of a document that lies at a place, as it leads from there.
func resolved(document []byte, source, href string) string {
	own, _ := stac.Links(document) // an unreadable list of links names no place
	return stac.ResolveHref(place(source, own), href)
}

// leadTo sends the client elsewhere, for this time: the address may be another one the next time.
func leadTo(w http.ResponseWriter, r *http.Request, address string) error {
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, max-age=60")
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusFound)
	return nil
}

func (a api) describe(w http.ResponseWriter, r *http.Request, workspace, href string) error {
	file, err := a.Assets.Stat(r.Context(), workspace, href)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Length", strconv.FormatInt(file.Size, 10))
	header.Set("Content-Type", file.ContentType)
	header.Set("Accept-Ranges", "bytes")
	header.Set("ETag", `"`+file.ETag+`"`)
	header.Set("Last-Modified", file.Modified.UTC().Format(http.TimeFormat))
	w.WriteHeader(http.StatusOK)
	return nil
}

// isDrawn tells whether a map shows the item by itself. A comma would end the name of the layer.
func isDrawn(item record.Record) bool { return item.Shown && !strings.Contains(item.ID, ",") }
