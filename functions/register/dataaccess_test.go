package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/eventing"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
	"perigee/shared/datatest"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/routes"
)

// drawnBy sets how the items of the world are drawn.
func (w *world) drawnBy(d routes.Drawing) {
	for i, r := range w.r.routes.Routes {
		if r.Name == "items" {
			w.r.routes.Routes[i].Backends = []routes.Backend{{Kind: routes.DataAccess, Drawing: d}}
		}
	}
}

// REG-22: each of the kwargs of the data access backend.
func TestDrawingAsConfigured(t *testing.T) {
	w := newWorld(t)
	w.files("", "B02.tif", "B03.tif", "B04.tif")
	typed, auto := item("C", "typed", "x", "B04"), untyped(item("C", "auto", "x", "B04"))
	for _, c := range []struct {
		name    string
		drawing routes.Drawing
		typed   string // type, coverages and layers of the item that a product type takes
		auto    string // of the one that none takes
	}{
		{"everything", routes.Drawing{Auto: true}, "S2MSI2A 1", " 1 layer"},
		{"no product types of themselves", routes.Drawing{}, "S2MSI2A 1", " 0"},
		{"other product types", routes.Drawing{ProductTypes: []string{"other"}, Auto: true}, " 1 layer", " 1 layer"},
		{"this product type", routes.Drawing{ProductTypes: []string{"S2MSI2A"}}, "S2MSI2A 1", " 0"},
		{"not listed", routes.Drawing{Auto: true, Visible: []string{routes.ServiceWCS}}, "S2MSI2A 1", " 1"},
		{"listed", routes.Drawing{Auto: true, Visible: []string{routes.ServiceWMS}}, "S2MSI2A 1", " 1 layer"},
	} {
		w.drawnBy(c.drawing)
		w.handled(w.put("typed.json", typed), w.put("auto.json", auto))
		for id, want := range map[string]string{"typed": c.typed, "auto": c.auto} {
			p := w.product(id)
			got := fmt.Sprintf("%s %d", p.Type, len(p.Coverages))
			if shown, err := w.store.Products(t.Context(), scopeOf(""), catalogue.ProductQuery{Layer: id}); err != nil || len(shown) > 0 {
				got += " layer"
			}
			if got != want {
				t.Errorf("%s: %s is %q, want %q", c.name, id, got, want)
			}
		}
	}

	const corner = `{"type": "Polygon", "coordinates": [[[0, 0], [1, 0.001], [2, 0], [2, 2], [0, 2], [0, 0]]]}`
	text := strings.Replace(item("C", "shape", "x"), `{"type": "Point", "coordinates": [14, 48]}`, corner, 1)
	for tolerance, points := range map[float64]int{0: 6, 0.01: 5} {
		w.drawnBy(routes.Drawing{Tolerance: tolerance})
		w.handled(w.put("shape.json", text))
		if p, ok := w.record("C", "shape").Footprint.(orb.Polygon); !ok || len(p[0]) != points {
			t.Errorf("with the tolerance %g the footprint is %v", tolerance, p)
		}
		text = strings.Replace(text, `"title": "x"`, `"title": "y"`, 1)
	}
}

// REG-22: what would vanish stays, and what is no area is left alone.
func TestSimplified(t *testing.T) {
	small := orb.Polygon{{{0, 0}, {0.001, 0}, {0.001, 0.001}, {0, 0}}}
	for name, c := range map[string]struct{ given, want orb.Geometry }{
		"a small ring": {small, small},
		"a point":      {orb.Point{1, 2}, orb.Point{1, 2}},
		"several":      {orb.MultiPolygon{small, {{{0, 0}, {1, 0}, {2, 0}, {2, 2}, {0, 0}}}}, orb.MultiPolygon{small, {{{0, 0}, {2, 0}, {2, 2}, {0, 0}}}}},
	} {
		if got := simplified(c.given, 0.1); !orb.Equal(got, c.want) {
			t.Errorf("%s became %v", name, got)
		}
	}
}

// REG-03: where the default route is disabled, items have no route, and documents that come all the same are told so.
func TestWithoutRoute(t *testing.T) {
	w := newWorld(t)
	config, err := routes.Load("routes", []byte("disableDefaultRoute: true\nroutes: {c: {path: registrar.route.stac.CollectionRoute, queue: register_collection_queue, backends: [{path: registrar_pycsw.backend.CollectionBackend}]}}"))
	if err != nil {
		t.Fatal(err)
	}
	w.r.routes = config
	if status, words := w.deliver(w.put("x.json", item("C", "x", "x"))); status != http.StatusUnprocessableEntity || !strings.Contains(words, `there is no route "items", but c`) {
		t.Errorf("%d %s", status, words)
	}
}

// REG-24: the coverages of an item that no product type takes are of types of its own.
func TestTypesOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	w.handled(w.put("x.json", strings.Replace(untyped(item("C", "x", "x", "B04")), `"other"`, `"platform": "sat-1", "instruments": ["cam"], "other"`, 1)))
	if p := w.product("x"); len(p.Coverages) != 1 || p.Coverages[0].Type != "sat-1_cam_B04" {
		t.Errorf("product %+v", p)
	}
}

// REG-26: an item is found by each of the properties that the original kept, with the words that STAC has for them.
func TestMetadataIsFound(t *testing.T) {
	w := newWorld(t)
	properties := `"eo:cloud_cover": 12.5, "sar:instrument_mode": "IW", "sat:relative_orbit": 22, "view:incidence_angle": 33.5, "view:sun_azimuth": 170, "view:sun_elevation": 45,
		"sar:polarizations": ["VV", "VH"], "sar:observation_direction": "right", "sat:orbit_state": "descending"`
	w.handled(w.put("x.json", strings.Replace(item("C", "x", "x"), `"title"`, properties+`, "title"`, 1)), w.put("y.json", item("C", "y", "y")))
	for property, value := range map[string]any{
		"eo:cloud_cover": 12.5, "sar:instrument_mode": "IW", "sat:relative_orbit": 22.0, "view:incidence_angle": 33.5, "view:sun_azimuth": 170.0, "view:sun_elevation": 45.0,
		"sar:observation_direction": "right", "sat:orbit_state": "descending",
	} {
		literal, _ := filter.Literal(value)
		found, err := w.store.Search(t.Context(), scopeOf(""), catalogue.Query{Filter: filter.Compare{Op: filter.Equal, Left: filter.Property(property), Right: literal}})
		if err != nil || len(found.Records) != 1 || found.Records[0].ID != "x" {
			t.Errorf("%s = %v finds %+v, %v", property, value, found.Records, err)
		}
	}
	if got, ok := w.record("C", "x").Properties["sar:polarizations"].([]any); !ok || !slices.Equal(got, []any{"VV", "VH"}) {
		t.Errorf("polarizations %v", got)
	}
}

// REG-28: an asset within an archive is read there, and the archive's changes are the item's.
func TestArchives(t *testing.T) {
	w := newWorld(t)
	w.put("x.zip", "an archive")
	w.put("odd.bin", "an archive too")
	within := func(name, archive string) string {
		return strings.Replace(untyped(item("C", name, "x", "B04")), `"./B04.tif", "type": "image/tiff; application=geotiff"`, `"./`+archive+`", "type": "application/zip", "archive:href": "IMG_DATA/B04.tif"`, 1)
	}
	w.inside = map[string]string{"s3://" + w.bucket + "/x.zip!/IMG_DATA/B04.tif": "x.zip"}
	w.handled(w.put("x.json", within("x", "x.zip")))
	if p := w.product("x"); len(p.Coverages) != 1 || p.Coverages[0].Href != "s3://"+w.bucket+"/x.zip!/IMG_DATA/B04.tif" {
		t.Errorf("product %+v", p)
	}
	w.news()
	w.handled(w.put("x.zip", "another archive"))
	w.wantNews("replace C/x")
	if status, words := w.deliver(w.put("odd.json", within("odd", "odd.bin"))); status != http.StatusUnprocessableEntity || !strings.Contains(words, "archive that is not called .zip") {
		t.Errorf("%d %s", status, words)
	}
}

// REG-10, REG-11: the four branches of the original's backend. With a metadata document beside it, an item is found by what
// that says, and leads to it; the others are what they say themselves. All lead to their maps, and to the product's folder.
func TestBranches(t *testing.T) {
	w := newWorld(t)
	for i, r := range w.r.routes.Routes {
		if r.Name == "items" {
			w.r.routes.Routes[i].Backends = append(r.Backends, routes.Backend{Kind: routes.CatalogueItem, OWS: "https://data.example/ows"})
		}
	}
	const iso = `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/"><dc:identifier>other</dc:identifier><dc:title>A scene of the sea</dc:title><dc:subject>sea</dc:subject><dc:publisher>ESA</dc:publisher><dct:abstract>Waves.</dct:abstract></csw:Record>`
	for name, c := range map[string]struct{ assets, title, abstract string }{
		"sentinel2": {`"inspire-metadata": {"href": "INSPIRE.xml"}, "product-metadata": {"href": "MTD.xml"}`, "sentinel2", ""},
		"iso":       {`"iso-metadata": {"href": "iso.xml"}`, "A scene of the sea", "Waves."},
		"gone":      {`"iso-metadata": {"href": "gone.xml"}`, "gone", ""},
		"broken":    {`"iso-metadata": {"href": "broken.xml"}`, "broken", ""},
		"silent":    {`"iso-metadata": {"href": "http://127.0.0.1:1/iso.xml"}`, "silent", ""},
		"landsat":   {`"MTL.xml": {"href": "x_MTL.xml"}`, "landsat", ""},
		"generic":   {``, "generic", ""},
	} {
		w.put(name+"/iso.xml", iso)
		w.put(name+"/broken.xml", "<a>")
		text := strings.Replace(strings.Replace(item("C", name, "x"), `"assets": {}`, `"assets": {`+c.assets+`}`, 1), `"title": "x", `, "", 1)
		w.handled(w.put(name+"/item.json", text))
		got := w.record("C", name)
		if got.Type != record.TypeItem || got.Title != c.title || got.Abstract != c.abstract || string(got.Document) != text {
			t.Errorf("%s: %+v", name, got)
		}
		links := map[string]string{}
		for _, l := range got.Links {
			links[l.Rel+" "+l.Name] = l.Href
		}
		want := map[string]string{
			"http://www.opengis.net/def/serviceType/ogc/wms " + name: "https://data.example/ows?service=WMS&version=1.3.0&request=GetCapabilities&cql=identifier%3D%22" + name + "%22",
			"http://www.opengis.net/def/serviceType/ogc/wcs " + name: "https://data.example/ows?service=WCS&version=2.0.1&request=DescribeEOCoverageSet&eoid=" + name,
			"alternate product": "s3://" + w.bucket + "/" + name + "/",
		}
		if name == "iso" {
			want["describedby iso-metadata"] = "s3://" + w.bucket + "/iso/iso.xml"
			if got.Properties["publisher"] != "ESA" || got.Properties["s2:product_type"] != "S2MSI2A" || !slices.Contains(got.Keywords, "sea") {
				t.Errorf("%s: %+v", name, got)
			}
		}
		for link, href := range want {
			if links[link] != href {
				t.Errorf("%s: the link %s is %q, want %q", name, link, links[link], href)
			}
		}
	}
}

// REG-27: an item that says no place of its own has that of the metadata document beside it, or that of its rasters; without any
// it is found by all else, and is on no map.
func TestWithoutPlace(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	w.put("iso.xml", `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:ows="http://www.opengis.net/ows"><dc:identifier>other</dc:identifier><dc:title>Sea</dc:title>
		<ows:BoundingBox crs="urn:ogc:def:crs:EPSG::4326"><ows:LowerCorner>45 14</ows:LowerCorner><ows:UpperCorner>46 15</ows:UpperCorner></ows:BoundingBox></csw:Record>`)
	w.handled(
		w.put("told.json", placeless(t, strings.Replace(item("C", "told", "x"), `"assets": {}`, `"assets": {"iso-metadata": {"href": "iso.xml"}}`, 1))),
		w.put("nowhere.json", placeless(t, item("C", "nowhere", "x", "B04"))),
	)
	w.files("outlined/", "B04.tif")
	w.handled(w.put("outlined/item.json", placeless(t, item("C", "outlined", "x", "B04"))))
	if got, drawn := w.record("C", "outlined"), w.product("outlined"); got.Footprint == nil || got.Footprint.Bound() != (orb.Bound{Min: orb.Point{15, 48}, Max: orb.Point{16, 49}}) || len(drawn.Coverages) != 1 {
		t.Errorf("%+v, %+v", got, drawn)
	}
	if got := w.record("C", "told"); got.Footprint == nil || got.Footprint.Bound() != (orb.Bound{Min: orb.Point{14, 45}, Max: orb.Point{15, 46}}) {
		t.Errorf("%+v", got)
	}
	if got, drawn := w.record("C", "nowhere"), w.product("nowhere"); got.ID == "" || got.Footprint != nil || len(drawn.Coverages) > 0 {
		t.Errorf("%+v, %+v", got, drawn)
	}
}

// placeless is an item without its place.
func placeless(t *testing.T, text string) string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "bbox")
	all["geometry"] = json.RawMessage("null")
	out, _ := json.Marshal(all) // it was read from JSON
	return string(out)
}

// REG-27: an item that says no place of its own, and is drawn there, has that which the manifest of its product of Sentinel-1,
// the metadata of its product of Sentinel-2 or of Landsat, or those of another as an observation say; what lies beside and says none does no harm.
func TestPlaceOfTheProduct(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	folder := filepath.Join(datatest.Folder(t), "data/eoepca")
	scene := filepath.Join(folder, "landsat/LC08_L2SP_005009_20150710_20200908_02_T2_MTL")
	for name, c := range map[string]struct {
		asset, file string
		box         orb.Bound
	}{
		"radar":    {"safe-manifest", filepath.Join(folder, "safe/S1A_IW_GRDH_1SDV_20210809T173953_20210809T174018_039156_049F13_6FF8.SAFE/manifest.safe"), orb.Bound{Min: orb.Point{1.512143, 44.536255}, Max: orb.Point{5.188996, 46.436539}}},
		"optical":  {"product_metadata", filepath.Join(folder, "rm-data-access/MTD_MSIL2A.xml"), orb.Bound{Min: orb.Point{22.11023969131881, 36.03410504881955}, Max: orb.Point{23.358467546278757, 37.039161424629846}}},
		"inspire":  {"inspire_metadata", filepath.Join(folder, "rm-data-access/INSPIRE.xml"), orb.Bound{Min: orb.Point{22.11023969131881, 36.03410504881955}, Max: orb.Point{23.358467546278757, 37.039161424629846}}},
		"observed": {"observation", filepath.Join(folder, "eoxserver/meris_mosaic_rgb/mosaic_ENVISAT-MER_FRS_1PNPDE20060816_090929_000001972050_00222_23322_0058_RGB_reduced.xml"), orb.Bound{Min: orb.Point{11.64834, 32.26975}, Max: orb.Point{27.96859, 46.21656}}},
		"xml":      {"MTL.xml", scene + ".xml", landsatBox}, "text": {"MTL.txt", scene + ".txt", landsatBox}, "json": {"MTL.json", scene + ".json", landsatBox},
	} {
		text, err := os.ReadFile(c.file)
		if err != nil {
			t.Fatal(err)
		}
		beside := name + "/" + filepath.Base(c.file)
		w.put(beside, string(text))
		w.put(name+"/odd.xml", "<odd/>")
		w.put(name+"/B04.tif", "pixels")
		assets := fmt.Sprintf(`"assets": {"odd": {"href": "odd.xml", "roles": ["metadata"]}, "gone": {"href": "gone.xml", "roles": ["metadata"]}, %q: {"href": %q, "roles": ["metadata"]}, `, c.asset, filepath.Base(c.file))
		w.handled(w.put(name+"/item.json", placeless(t, strings.Replace(item("C", name, "x", "B04"), `"assets": {`, assets, 1))))
		got, drawn := w.record("C", name), w.product(name)
		if got.Footprint == nil || !nearly(got.Footprint.Bound(), c.box) || len(drawn.Coverages) != 1 {
			t.Errorf("%s: %v of %+v", name, got.Footprint, drawn)
		}
	}
}

// landsatBox is around the corners that the metadata of the scene tell.
var landsatBox = orb.Bound{Min: orb.Point{-43.20149, 70.97945}, Max: orb.Point{-34.95131, 73.34905}}

func nearly(a, b orb.Bound) bool {
	return math.Abs(a.Min[0]-b.Min[0])+math.Abs(a.Min[1]-b.Min[1])+math.Abs(a.Max[0]-b.Max[0])+math.Abs(a.Max[1]-b.Max[1]) < 1e-4
}

// REG-07: the member that names the place of a document is the one that the route says.
func TestHrefField(t *testing.T) {
	w := newWorld(t)
	config, err := routes.Load("routes", []byte("routes: {apps: {path: registrar.route.json.JSONRoute, queue: apps_queue, kwargs: {href_field: package}, backends: [{path: registrar_pycsw.backend.CWLBackend}]}}"))
	if err != nil {
		t.Fatal(err)
	}
	w.r.routes = config
	w.put("app.cwl", "cwlVersion: v1.0\nclass: Workflow\nid: app\n")
	w.mustTell("apps_queue", eventing.ModeRegister, map[string]any{"package": "s3://" + w.bucket + "/app.cwl", "url": "not this"})
	if w.record("", "app").ID == "" {
		t.Error("the application is not registered")
	}
	if status, words := w.told("apps", eventing.ModeRegister, map[string]any{"url": "s3://" + w.bucket + "/app.cwl"}); status != http.StatusUnprocessableEntity || !strings.Contains(words, "package is missing") {
		t.Errorf("%d %s", status, words)
	}
}

// REG-02, REG-23: a values file of the original drives registration as it is: its products, its routes, its sources.
func TestValuesOfTheOriginal(t *testing.T) {
	shared := datatest.Folder(t)
	w := newWorld(t)
	values := filepath.Join(shared, "data/eoepca/configs/hr-data-access-creodias-v1.4.yaml")
	driven, err := newRegistrar(config{Products: values, RenderURL: "http://render.example", Endpoint: buckettest.Config(t).Endpoint, IngestBucket: w.bucket, CacheBucket: "cache"}, w.store)
	if err != nil {
		t.Fatal(err)
	}
	w.r.routes, w.r.products = driven.routes, driven.products
	if !driven.objects.foreign("EODATA") || driven.objects.foreign(w.bucket) || driven.mayRead("", "EODATA") != nil || driven.mayRead("ws", "EODATA") == nil {
		t.Errorf("the stores are %+v", driven.objects)
	}
	w.files("x/", "B02.tif", "B03.tif", "B04.tif")
	scene := strings.Replace(item("S2MSI1C", "x", "x", "B02", "B03", "B04"), `"s2:product_type": "S2MSI2A"`, `"s2:product_type": "S2MSI1C"`, 1)
	w.handled(w.put("x/item.json", scene))
	if p := w.product("x"); p.Type != "S2MSI1C" || len(p.Coverages) != 3 || p.Coverages[0].Type != "S2L1C_B02" {
		t.Errorf("product %+v", p)
	}
	if got := linkOf(w.record("S2MSI1C", "x"), "http://www.opengis.net/def/serviceType/ogc/wms"); !strings.HasPrefix(got, "https://data-access.develop.eoepca.org/ows?") {
		t.Errorf("its maps are at %s", got)
	}
	collection, err := os.ReadFile(filepath.Join(shared, "data/eoepca/samples/S2MSI2A.json"))
	if err != nil {
		t.Fatal(err)
	}
	if response, text := w.ask("POST", "/register-collection", "somebody", string(collection)); response.StatusCode != http.StatusAccepted || !strings.Contains(text, "S2MSI2A was applied for registration") {
		t.Errorf("%s %s", response.Status, text)
	}
	if got := w.record("", "S2MSI2A"); string(got.Document) != string(collection) {
		t.Errorf("collection %+v", got)
	}
	app, err := os.ReadFile(filepath.Join(shared, "data/eoepca/cwl/water-bodies-app.cwl"))
	if err != nil {
		t.Fatal(err)
	}
	w.put("app.cwl", string(app))
	w.mustTell("register_application_queue", eventing.ModeRegister, map[string]any{"type": "application", "url": "s3://" + w.bucket + "/app.cwl", "parent_identifier": nil})
	if got := w.record("", "water-bodies"); got.Type != "application" {
		t.Errorf("application %+v", got)
	}
}

// REG-31: documents are read of a source that is another store, by its own key; the files of their items are kept in the
// record, since nobody here draws them. Workspaces have their own bucket, and no source.
func TestSourceElsewhere(t *testing.T) {
	w := newWorld(t)
	other := w.extraBucket()
	there := buckettest.Config(t)
	w.r.objects = newStores(config{Endpoint: "http://127.0.0.1:1", AccessKey: "own", SecretKey: "own", IngestBucket: w.bucket}, []routes.Source{
		{Name: "local", Kind: routes.SourceLocal, Folder: "/data"},
		{Name: "there", Kind: routes.SourceS3, Bucket: other, Endpoint: there.Endpoint, Region: there.Region, AccessKey: there.AccessKey, SecretKey: there.SecretKey},
	})
	w.putIn(other, "x.json", item("C", "x", "x", "B04"))
	w.handled(w.request("register_path_queue", eventing.ModeRegister, eventing.Document{Content: json.RawMessage(`"` + other + `/x.json"`), Time: time.Now()}))
	if got := w.record("C", "x"); got.Source != "s3://"+other+"/x.json" || len(w.product("x").Coverages) != 0 {
		t.Errorf("record %+v", got)
	}
	if err := w.r.mayRead("ws", other); err == nil {
		t.Error("a workspace reads the system's source")
	}
	if err := w.r.mayRead("", "unknown"); err == nil {
		t.Error("a bucket is read that nobody named")
	}
	if got := folderOf([]routes.Source{{Kind: routes.SourceS3}, {Kind: routes.SourceLocal, Folder: "/data"}}); got != "/data" {
		t.Errorf("the folder is %q", got)
	}
}
