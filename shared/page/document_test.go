package page

import (
	"strings"
	"testing"
)

func TestMembers(t *testing.T) {
	got := drawn(t, Members([]Fact{{"id", Text("x")}}, []byte(`{"b":1.50,"eo:cloud_cover":3,"a":"2026-01-02T03:04:05Z","datetime":"hidden","eo:bands":[{"name":"B1"}],"site":"https://a.example/b_c",
		"list":["x",2,null],"odd:thing":true,"geometry":{"type":"Point","coordinates":[1,2]},"deep":{"a":{"b":{"c":{"d":1}}}},"long":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21],
		"rows":[{"name":"B2","gsd":10},{"gsd":20,"roles":["a","b"]}],"uneven":[{"a":1},{"b":{}}],
		"empty":[],"none":{},"<b>":"<script>","js":"javascript:alert(1)"}`), "datetime"))
	for _, want := range []string{
		"<dt>id</dt><dd>x</dd><dt>b</dt><dd>1.50<", `<dt>a</dt><dd><time datetime="2026-01-02T03:04:05Z">2026-01-02 03:04:05</time></dd>`,
		"<h3>Electro-optical</h3><dl><dt>eo:cloud_<wbr>cover</dt><dd>3<span class=\"note\"> %</span></dd><dt>eo:bands</dt><dd><ul><li><dl><dt>name</dt><dd>B1</dd></dl></li></ul></dd></dl>",
		"<h3>odd</h3><dl><dt>odd:thing</dt><dd>true<", `<a href="https://a.example/b_c">`, "x, 2, <span class=\"note\">none</span>", "<summary>Point</summary>",
		`<dt>rows</dt><dd><table><thead><tr><th scope="col">name</th><th scope="col">gsd</th><th scope="col">roles</th></tr></thead><tbody><tr><td data-name="name">B2</td><td data-name="gsd">10`,
		`<tr><td data-name="name"></td><td data-name="gsd">20<span class="note"> m</span></td><td data-name="roles">a, b</td></tr>`, "<dt>uneven</dt><dd><ul><li><dl>",
		"<summary>1 member</summary>", "<summary>21 values</summary>", "<dt>&lt;b&gt;</dt><dd>&lt;script&gt;</dd>", "<dt>js</dt><dd>javascript:alert(1)</dd>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "hidden") {
		t.Error("what is to stay out is shown")
	}
	for _, odd := range []string{"", "[]", "3", `{"a":`, `{"a":1`, "null"} {
		drawn(t, Members(nil, []byte(odd)))
	}
}

func FuzzMembers(f *testing.F) {
	f.Add(`{"a:b":[{"c":"<"}]}`)
	f.Fuzz(func(t *testing.T, object string) {
		var b strings.Builder
		if err := Members(nil, []byte(object)).Render(&b); err != nil || strings.Contains(strings.ToLower(b.String()), "<script") {
			t.Fatalf("%v %s", err, b.String())
		}
		drawn(t, Assets(ReadAssets([]byte(object))))
	})
}

func TestAssets(t *testing.T) {
	files := ReadAssets([]byte(`{"assets":{"b":{"href":"https://a.example/b.tif","title":"Blue","type":"image/tiff; application=geotiff; profile=cloud-optimized","roles":["data"],"file:size":12345678,
		"alternate":{"s3":{"href":"s3://x/b.tif"}}},"a":{"href":"https://a.example/a.jp2","roles":["overview"],"type":"image/jp2"},"t":{"href":"https://a.example/t.png","roles":["thumbnail"],"type":"image/png"},
		"js":{"href":"javascript:alert(1)"},"odd":3}}`))
	if len(files) != 4 || Preview(files) != "https://a.example/t.png" {
		t.Fatalf("%+v %s", files, Preview(files))
	}
	got := drawn(t, Assets(files))
	for _, want := range []string{`<a href="https://a.example/b.tif">b</a> <span class="note">Blue</span>`, "s3:/<wbr>/<wbr>x/<wbr>b.<wbr>tif", "Cloud-optimised GeoTIFF", "12 MB", "JPEG 2000", `<td data-name="File">js</td>`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	for mediaType, want := range map[string]string{"image/tiff;application=geotiff;profile=cloud-optimized": "Cloud-optimised GeoTIFF", "IMAGE/PNG": "PNG", "image/x-odd": "image/x-odd", "text/xml; charset=utf-8": "XML", "": ""} {
		if got := FormatName(mediaType); got != want {
			t.Errorf("%s is called %s", mediaType, got)
		}
	}
	for n, want := range map[int64]string{0: "", 1: "1 B", 999: "999 B", 1000: "1.0 kB", 9960: "10 kB", 999_600: "1.0 MB", 5_400_000_000: "5.4 GB", 7e15: "7000 TB"} {
		if got := bytesOf(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestSearchForm(t *testing.T) {
	got := drawn(t, Search("https://a.example/search", "Find",
		Field{Name: "q", Label: "Words", Value: `"><script>`, Hint: "sea ice", Size: "wide"}, Field{Name: "sortby", Label: "Order", Value: "b", Options: []Option{{"a", "A"}, {"b", "B"}}}))
	for _, want := range []string{
		`<form class="search" method="get" action="https://a.example/search" role="search"><input type="hidden" name="f" value="html">`,
		`<label class="wide"><span>Words</span><input name="q" value="&#34;&gt;&lt;script&gt;" placeholder="sea ice"`, `<option value="a">A</option><option value="b" selected>B</option>`, "<button>Find</button>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if Search("javascript:alert(1)", "Find") != nil {
		t.Error("a form leads nowhere")
	}
}
