package stacapi

import (
	"net/http"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

func (a api) itemAsset(w http.ResponseWriter, r *http.Request) error {
	item, err := a.Store.Item(r.Context(), ask(r).scope, r.PathValue("collection"), r.PathValue("item"))
	if err != nil {
		return err
	}
	return a.asset(w, r, item.Workspace, item.Document, item.Source)
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
// The redirection is signed for GET only, so that HEAD is answered here.
func (a api) asset(w http.ResponseWriter, r *http.Request, workspace string, document []byte, source string) error {
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return err
	}
	key := r.PathValue("asset")
	href, ok := stac.AssetHref(document, key)
	if !ok {
		return fault.At(fault.NotFound, "asset", "there is no asset %q here", key)
	}
	own, _ := stac.Links(document) // an unreadable list of links names no place
	href = stac.ResolveHref(place(source, own), href)
	if !strings.HasPrefix(href, "s3://") {
		return fault.At(fault.NotFound, "asset", "the asset %q does not lie in the object store", key)
	}
	if r.Method == http.MethodHead {
		return a.describe(w, r, workspace, href)
	}
	to, err := a.Assets.Sign(r.Context(), workspace, href)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "private, max-age=60")
	w.Header().Set("Location", to)
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
