package stac

import (
	"net/url"
	"path"
	"strings"
)

// IsAbsolute tells whether a reference names a place by itself: it begins with a scheme (RFC 3986, 3.1), which has two letters
// at least, so that C:\data is not one.
func IsAbsolute(href string) bool {
	for i := range len(href) {
		switch c := href[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case c == ':':
			return i > 1
		case i == 0 || (c < '0' || c > '9') && c != '+' && c != '.' && c != '-':
			return false
		}
	}
	return false
}

// ResolveHref makes a reference absolute against the place of the document it stands in. An object key is not escaped,
// so a reference beside an s3:// document is a plain path within the bucket; a leading slash starts at the bucket's
// root. Without a place the reference stays as it is.
func ResolveHref(document, href string) string {
	if IsAbsolute(href) || !IsAbsolute(document) {
		return href
	}
	if rest, ok := strings.CutPrefix(document, "s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		if strings.HasPrefix(href, "/") {
			key = ""
		}
		return "s3://" + bucket + path.Join("/", path.Dir("/"+key), href)
	}
	base, err := url.Parse(document)
	if err != nil {
		return href
	}
	reference, err := url.Parse(href)
	if err != nil {
		return href
	}
	return base.ResolveReference(reference).String()
}

// AssetHref finds the reference of an asset in an item's or collection's document, as it stands there.
func AssetHref(raw []byte, key string) (href string, ok bool) { return hrefOf(raw, "assets", key) }

// templates is the member of an item that holds templates of assets.
const templates = "asset_templates"

// TemplateHref finds the reference of a template of assets in an item's document, as it stands there.
func TemplateHref(raw []byte, key string) (href string, ok bool) { return hrefOf(raw, templates, key) }

func hrefOf(raw []byte, list, key string) (href string, ok bool) {
	for _, name := range []string{list, key, "href"} {
		all, err := members(raw)
		if err != nil {
			return "", false
		}
		m, found := find(all, name)
		if !found {
			return "", false
		}
		raw = raw[m.from:m.to]
	}
	return unquote(raw)
}
