package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/ows/owstest"
)

// pictures draws tiles in a colour that tells their place: red is 10 times the column, green 10 times the row, of the last
// 25; white is left out of the first column of blocks.
func pictures(_ io.Writer, m *multipart.Writer, h textproto.MIMEHeader, _ int) bool {
	col, _ := strconv.Atoi(h.Get("Tile-Col"))
	row, _ := strconv.Atoi(h.Get("Tile-Row"))
	tile := image.NewPaletted(image.Rect(0, 0, 256, 256), color.Palette{placeColour(col, row)})
	part, err := m.CreatePart(h)
	if err != nil {
		return false
	}
	if h.Get("Content-Type") == "image/jpeg" {
		return jpeg.Encode(part, tile, nil) == nil
	}
	return png.Encode(part, tile) == nil
}

func placeColour(col, row int) color.NRGBA {
	return color.NRGBA{uint8(col % 25 * 10), uint8(row % 25 * 10), 99, 255}
}

func mapHouse(t *testing.T) (*house, instance) {
	t.Helper()
	h := newHouse(t)
	h.drawing.Part = pictures
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	return h, h.instance(t)
}

const getMap = "service=WMS&version=1.1.1&request=GetMap&layers=S2L2A&styles=&format=image/png&transparent=TRUE&"

// box is the bounding box of a block of tiles of Web Mercator, as it is written in a request.
func box(z, col, row, cols, rows int) string {
	b := grid.GoogleMapsCompatible.BlockBounds(grid.Tile{Z: z, Col: col, Row: row}, cols, rows)
	return fmt.Sprintf("%.4f,%.4f,%.4f,%.4f", b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

func (i instance) picture(t *testing.T, path string) image.Image {
	t.Helper()
	status, _, body := i.get(t, path)
	img, _, err := image.Decode(strings.NewReader(body))
	if status != 200 || err != nil {
		t.Fatalf("%s: %d %v %.400s", path, status, err, body)
	}
	return img
}

func wantColour(t *testing.T, img image.Image, x, y int, want color.NRGBA) {
	t.Helper()
	got := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B), int(got.A) - int(want.A)} {
		if d < -2 || d > 2 {
			t.Errorf("at %d, %d it is %v, want %v", x, y, got, want)
			return
		}
	}
}

// CSC-01: maps are put together from tiles: a tile as it is, several beside each other, and resampled.
func TestMapsOfTiles(t *testing.T) {
	h, i := mapHouse(t)
	srs := "srs=EPSG:3857&"
	_, _, tile := i.get(t, "/cache/xyz/S2L2A/8/138/90.png")
	for _, path := range []string{"/cache/wms?", "/cache/ows?", "/cache?"} {
		if status, _, body := i.get(t, path+getMap+srs+"width=256&height=256&bbox="+box(8, 138, 90, 1, 1)); status != 200 || body != tile {
			t.Errorf("%s: a map that is a tile is %d, %d bytes", path, status, len(body))
		}
	}
	four := i.picture(t, "/cache/wms?"+getMap+srs+"width=512&height=512&bbox="+box(8, 138, 90, 2, 2))
	for n := range 4 {
		wantColour(t, four, 255+n%2, 255+n/2, placeColour(138+n%2, 90+n/2))
	}
	drawn := h.drawing.Rounds()
	inner := grid.GoogleMapsCompatible.BlockBounds(grid.Tile{Z: 8, Col: 138, Row: 90}, 2, 2).Pad(-5000)
	within := fmt.Sprintf("%v,%v,%v,%v", inner.Min[0], inner.Min[1], inner.Max[0], inner.Max[1])
	half := i.picture(t, "/cache/wms?"+getMap+srs+"width=380&height=380&bbox="+within)
	wantColour(t, half, 100, 100, placeColour(138, 90))
	wantColour(t, half, 300, 300, placeColour(139, 91))
	if n := h.drawing.Rounds(); n != drawn {
		t.Errorf("%d blocks were drawn for a map of what is kept", n-drawn)
	}
	both := i.picture(t, "/cache/wms?"+strings.Replace(getMap, "layers=S2L2A", "layers=S2L2A,S2L2A__NDVI", 1)+srs+"width=512&height=256&bbox="+box(8, 138, 90, 2, 1))
	wantColour(t, both, 300, 100, placeColour(139, 90))
}

// Where nothing is a map is of the background, and where a tile is transparent it is laid over it.
func TestBackgroundOfMaps(t *testing.T) {
	_, i := mapHouse(t)
	elsewhere := "srs=EPSG:4326&width=40&height=20&bbox=-80,-40,-70,-35"
	if c := i.picture(t, "/cache/wms?"+getMap+elsewhere); color.NRGBAModel.Convert(c.At(5, 5)) != (color.NRGBA{}) {
		t.Errorf("elsewhere it is %v", c.At(5, 5))
	}
	blue := strings.Replace(getMap, "transparent=TRUE", "bgcolor=0x0000FF", 1)
	wantColour(t, i.picture(t, "/cache/wms?"+blue+elsewhere), 5, 5, color.NRGBA{0, 0, 255, 255})
	inJPEG := strings.Replace(blue, "image/png", "image/jpeg", 1)
	status, _, body := i.get(t, "/cache/wms?"+inJPEG+elsewhere)
	if img, kind, err := image.Decode(strings.NewReader(body)); status != 200 || kind != "jpeg" || err != nil {
		t.Errorf("%d %s %v", status, kind, err)
	} else {
		wantColour(t, img, 5, 5, color.NRGBA{0, 0, 254, 255})
	}
}

// WMS 1.3.0 has latitude first in EPSG:4326; both are made from the tiles of longitude and latitude.
func TestAxesOfMaps(t *testing.T) {
	_, i := mapHouse(t)
	b := grid.WGS84.Bounds(grid.Tile{Z: 8, Col: 276, Row: 61})
	for _, where := range []string{
		fmt.Sprintf("crs=EPSG:4326&bbox=%v,%v,%v,%v", b.Min[1], b.Min[0], b.Max[1], b.Max[0]), fmt.Sprintf("crs=CRS:84&bbox=%v,%v,%v,%v", b.Min[0], b.Min[1], b.Max[0], b.Max[1]),
	} {
		img := i.picture(t, "/cache/wms?"+strings.Replace(getMap, "1.1.1", "1.3.0", 1)+where+"&width=256&height=256")
		wantColour(t, img, 9, 9, placeColour(276, 61))
	}
}

func TestRefusalsOfMaps(t *testing.T) {
	_, i := mapHouse(t)
	good := getMap + "srs=EPSG:3857&width=100&height=100&bbox=" + box(8, 138, 90, 1, 1)
	for query, want := range map[string]string{
		strings.Replace(good, "3857", "32633", 1):                  "InvalidSRS",
		strings.Replace(good, "layers=S2L2A", "layers=nothing", 1): "LayerNotDefined",
		strings.Replace(good, "styles=", "styles=sepia", 1):        "StyleNotDefined",
		strings.Replace(good, "width=100", "width=2049", 1):        "InvalidParameterValue",
		good + "&cql=a=1":       "/ows draws with it",
		good + "&sortBy=a+A":    "/ows draws with it",
		good + "&variables=a=1": "/ows draws with it",
		good + "&dim_range=0+1": "/ows draws with it",
		good + "&time=2024,2022,2020,2018,2016,2014,2012,2010,2008,2006,2004":                                       "at most 10",
		"service=WMS&request=GetCapabilities&cql=a=1":                                                               "/ows draws with it",
		"service=WMS&request=GetLegendGraphic&version=1.1.1&layer=S2L2A&format=image/png":                           "OperationNotSupported",
		strings.Replace(good, "GetMap", "GetFeatureInfo", 1) + "&query_layers=S2L2A&x=1&y=1&info_format=text/plain": "OperationNotSupported",
	} {
		if status, _, body := i.get(t, "/cache/wms?"+query); status < 400 || status > 501 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

// CSC-01: the service describes itself in both versions, with the systems of its sets and no others.
func TestCapabilitiesOfMaps(t *testing.T) {
	h, _ := mapHouse(t)
	h.config.Products += alpsYAML
	i := h.instance(t)
	_, _, document := i.get(t, "/cache/ows?service=WMS&request=GetCapabilities")
	for _, want := range []string{"<CRS>CRS:84</CRS>", "<CRS>EPSG:3857</CRS>", "<CRS>EPSG:3035</CRS>", "<Name>S2L2A__NDVI</Name>", i.server.URL + "/cache/ows?"} {
		if !strings.Contains(document, want) {
			t.Errorf("%s is not in %s", want, document)
		}
	}
	if strings.Contains(document, "EPSG:3995") || strings.Contains(document, `queryable="1"`) {
		t.Errorf("more is told than there is: %s", document)
	}
	owstest.Validate(t, "wms/1.3.0/capabilities_1_3_0.xsd", []byte(document))
}

const alpsYAML = `
grids: [{name: Alps, crs: "EPSG:3035", extent: [4000000, 2500000, 4800000, 2900000], resolutions: [1000, 250]}]
`

// CSC-03: a set that the configuration defines: the renderer is asked for it, and its tiles are kept as the layer says.
func TestTilesOfADefinedSet(t *testing.T) {
	h := newHouse(t)
	h.config.Products = strings.Replace(productsYAML, "layers:\n", "layers:\n  - {id: S2L2A__NDVI, grids: [{name: Alps, zoom: 0}]}\n", 1) + alpsYAML
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	i := h.instance(t)
	i.expect(t, "/cache/wmts/1.0.0/S2L2A__NDVI/default/Alps/0/0/1.png", "miss", "S2L2A__NDVI  0/1/0 #1")
	i.expect(t, "/cache/wmts/1.0.0/S2L2A__NDVI/default/Alps/1/2/3.png", "miss", "S2L2A__NDVI  1/3/2 #2")
	if !strings.Contains(h.drawing.Asked[0], "grid=Alps") {
		t.Errorf("the renderer was asked %s", h.drawing.Asked[0])
	}
	other := h.instance(t)
	other.expect(t, "/cache/wmts/1.0.0/S2L2A__NDVI/default/Alps/0/0/1.png", "hit", "S2L2A__NDVI  0/1/0 #1")
	if status, from, _ := other.get(t, "/cache/wmts/1.0.0/S2L2A__NDVI/default/Alps/1/2/3.png"); status != 200 || from != "miss" {
		t.Errorf("beyond the zoom of the layer the tile is %d %s", status, from)
	}
}

// GDAL reads the tiles by WMTS and XYZ, each at its place, and the maps made from them by WMS.
func TestGDALReadsTiles(t *testing.T) {
	_, i := mapHouse(t)
	run := func(program string, args ...string) string {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "GDAL_ENABLE_WMS_CACHE=NO")
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v (it is in the package gdal-bin)\n%s", program, args, err, said)
		}
		if strings.HasPrefix(program, "gdal_translate") {
			picture, err := os.ReadFile(filepath.Join(cmd.Dir, "map.png"))
			if err != nil {
				t.Fatal(err)
			}
			return string(picture)
		}
		return string(said)
	}
	base := i.server.URL + "/cache"
	if said := run("gdalinfo", "WMTS:"+base+"/wmts/1.0.0/WMTSCapabilities.xml"); !strings.Contains(said, "layer=S2L2A__NDVI") || !strings.Contains(said, "GoogleMapsCompatible") {
		t.Fatalf("GDAL finds\n%s", said)
	}
	mercator, _ := geo.Plain(geo.WebMercator)
	west, north := mercator.Forward(14.1, 46.9)
	east, south := mercator.Forward(14.3, 46.7)
	xyz := strings.NewReplacer("{z}", "${z}", "{x}", "${x}", "{y}", "${y}").Replace("{z}/{x}/{y}.png")
	minidriver := fmt.Sprintf(`<GDAL_WMS><Service name="TMS"><ServerUrl>%s/xyz/S2L2A/%s</ServerUrl></Service><DataWindow><UpperLeftX>-20037508.34</UpperLeftX><UpperLeftY>20037508.34</UpperLeftY><LowerRightX>20037508.34</LowerRightX><LowerRightY>-20037508.34</LowerRightY><TileLevel>8</TileLevel><TileCountX>1</TileCountX><TileCountY>1</TileCountY><YOrigin>top</YOrigin></DataWindow><Projection>EPSG:3857</Projection><BlockSizeX>256</BlockSizeX><BlockSizeY>256</BlockSizeY><BandsCount>4</BandsCount></GDAL_WMS>`, base, xyz)
	for name, target := range map[string]string{
		"WMTS": "WMTS:" + base + "/wmts/1.0.0/WMTSCapabilities.xml,layer=S2L2A,tilematrixset=GoogleMapsCompatible,zoom_level=8",
		"XYZ":  minidriver,
		"WMS":  "WMS:" + base + "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=S2L2A&SRS=EPSG:3857&FORMAT=image/png&TRANSPARENT=TRUE&BBOX=" + box(8, 138, 90, 1, 1),
	} {
		picture := run("gdal_translate", "-q", "-of", "PNG", "-outsize", "64", "64", "-projwin", fmt.Sprint(west), fmt.Sprint(north), fmt.Sprint(east), fmt.Sprint(south), target, "map.png")
		img, err := png.Decode(bytes.NewReader([]byte(picture)))
		if err != nil {
			t.Fatal(err)
		}
		c := color.NRGBAModel.Convert(img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2)).(color.NRGBA)
		if want := placeColour(138, 90); name != "WMS" && c != want || c.A != 255 {
			t.Errorf("by %s it reads %v, want %v", name, c, want)
		}
	}
}

// CSC-01: capabilities of 1.1.1 tell of the tiles as WMS-C does, by which tiling clients know which maps are kept.
func TestTileSets(t *testing.T) {
	_, i := mapHouse(t)
	_, _, document := i.get(t, "/cache/wms?service=WMS&request=GetCapabilities&version=1.1.1")
	owstest.ValidateDTD(t, "wms/1.1.1/WMS_MS_Capabilities.dtd", []byte(document))
	for _, part := range []string{
		"<!ELEMENT VendorSpecificCapabilities (TileSet*)>", "<TileSet><SRS>EPSG:3857</SRS>", `minx="-20037508.342789`, "<Resolutions>156543.033928", "<Width>256</Width><Height>256</Height><Format>image/png</Format><Layers>S2L2A</Layers>",
		"<SRS>EPSG:4326</SRS>", "<Format>image/jpeg</Format>",
	} {
		if !strings.Contains(compact(document), part) {
			t.Errorf("%s is missing in\n%s", part, document)
		}
	}
	if _, _, other := i.get(t, "/cache/wms?service=WMS&request=GetCapabilities&version=1.3.0"); strings.Contains(other, "TileSet") {
		t.Error("1.3.0 has no place for them")
	}
}

// compact is a document without what lies between its elements.
func compact(document string) string {
	var b strings.Builder
	for line := range strings.Lines(document) {
		b.WriteString(strings.TrimSpace(line))
	}
	return b.String()
}
