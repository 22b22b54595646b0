package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"perigee/shared/record"
)

func assetsOf(p record.Product) []string {
	var all []string
	for _, c := range p.Coverages {
		all = append(all, c.Asset+" "+c.Href[strings.Index(c.Href[5:], "/")+6:])
	}
	return all
}

// The ways in which items refer to their files: relative, escaped, absolute, by the object store's own URL, elsewhere on the web
// or in a bucket of others.
func TestAddressesOfAssets(t *testing.T) {
	w := newWorld(t)
	w.files("", "up.tif", "d/a b.tif", "d/100%25.tif", "d/plain.tif")
	text := untyped(item("C", "x", "x", "plain", "other", "third", "fourth", "fifth", "sixth"))
	for from, to := range map[string]string{
		"./other.tif":  "a%20b.tif",
		"./third.tif":  "100%25.tif",
		"./fourth.tif": w.r.places.endpoint.String() + "/" + w.bucket + "/up.tif",
		"./fifth.tif":  "https://elsewhere.example/far.tif",
		"./sixth.tif":  "s3://sentinel-s2-l1c/tiles/far.tif",
	} {
		text = strings.Replace(text, from, to, 1)
	}
	w.handled(w.put("d/x.json", text))
	want := []string{"plain d/plain.tif", "other d/a b.tif", "third d/100%25.tif", "fourth up.tif"}
	if got := assetsOf(w.product("x")); !slices.Equal(got, want) {
		t.Errorf("coverages %q, want %q", got, want)
	}
	for _, l := range w.record("C", "x").Links {
		if l.Name == "fifth" && l.Href != "https://elsewhere.example/far.tif" || l.Name == "sixth" && l.Href != "s3://sentinel-s2-l1c/tiles/far.tif" {
			t.Errorf("link %+v", l)
		}
	}
}

// No reference leads out of the bucket of its document.
func TestAddressesStayInside(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	w.handled(w.put("d/x.json", strings.Replace(item("C", "x", "x", "B04"), "./B04.tif", "../../../../B04.tif", 1)))
	if got := assetsOf(w.product("x")); !slices.Equal(got, []string{"B04 B04.tif"}) {
		t.Errorf("coverages %q", got)
	}
	for _, href := range []string{"file:///etc/passwd", "/etc/passwd", "s3://cache/B04.tif"} {
		status, words := w.deliver(w.put("y.json", strings.Replace(item("C", "y", "y", "B04"), "./B04.tif", href, 1)))
		if p := w.product("y"); len(p.Coverages) != 0 || (status != http.StatusAccepted && status != http.StatusUnprocessableEntity) {
			t.Errorf("%s: %d %s, coverages %q", href, status, words, assetsOf(p))
		}
	}
}

// A product is whole without its picture; one that has no product type is whole without its overview.
func TestOptionalAssets(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif", "red.tif")
	w.r.products.System().ProductTypes[0].Browses["PICTURE"] = w.r.products.System().ProductTypes[0].Browses["RED"]
	picture := w.r.products.System().ProductTypes[0].Browses["PICTURE"]
	picture.Asset = "visual"
	w.r.products.System().ProductTypes[0].Browses["PICTURE"] = picture
	w.handled(w.put("t.json", item("C", "t", "t", "B04", "visual")))
	overview := strings.Replace(untyped(item("C", "u", "u", "red", "overview")), `"href": "./overview.tif", "type": "image/tiff; application=geotiff", "roles": ["data"]`,
		`"href": "./overview.tif", "type": "image/tiff; application=geotiff", "roles": ["overview"]`, 1)
	w.handled(w.put("u.json", overview))
	if got := assetsOf(w.product("t")); !slices.Equal(got, []string{"B04 B04.tif"}) {
		t.Errorf("coverages %q", got)
	}
	if got := assetsOf(w.product("u")); !slices.Equal(got, []string{"red red.tif"}) {
		t.Errorf("coverages %q", got)
	}
}
