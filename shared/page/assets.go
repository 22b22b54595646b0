package page

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"
)

// Asset is a file that belongs to something, and where it is opened.
type Asset struct {
	Key, Title string
	Href       string
	Origin     string // where it lies, when it is opened elsewhere
	Type       string
	Roles      []string
	Size       int64 // bytes; 0 when it is not known
}

// ReadAssets reads the assets of a STAC document, in its order (STAC 1.1.0, assets). What is none is left out.
func ReadAssets(document []byte) []Asset {
	var doc struct{ Assets json.RawMessage }
	if json.Unmarshal(document, &doc) != nil {
		return nil
	}
	all, _ := members(doc.Assets)
	var files []Asset
	for _, m := range all {
		var a struct {
			Title     string
			Href      string
			Type      string
			Roles     []string
			Size      float64 `json:"file:size"`
			Alternate map[string]struct{ Href string }
		}
		if json.Unmarshal(m.RawMessage, &a) == nil {
			files = append(files, Asset{Key: m.name, Title: a.Title, Href: a.Href, Type: a.Type, Roles: a.Roles, Size: int64(a.Size), Origin: a.Alternate["s3"].Href})
		}
	}
	return files
}

// Preview is the address of the first file that is meant to be looked at and that browsers can show.
func Preview(files []Asset) string {
	for _, role := range []string{"thumbnail", "overview"} {
		for _, a := range files {
			if slices.Contains(a.Roles, role) && (pictured(a.Type) || role == "thumbnail" && a.Type == "") {
				return Web(a.Href)
			}
		}
	}
	return ""
}

// pictured tells whether browsers show a media type.
func pictured(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, ";")
	return slices.Contains([]string{"image/png", "image/jpeg", "image/webp", "image/gif"}, strings.TrimSpace(kind))
}

// Assets is a table of files.
func Assets(all []Asset) Node {
	if len(all) == 0 {
		return Paragraph(Note("There are no files."))
	}
	var rows [][]Node
	sized := false
	for _, a := range all {
		sized = sized || a.Size > 0
	}
	columns := []Column{{Name: "File"}, {Name: "Format"}, {Name: "Roles"}}
	if sized {
		columns = append(columns, Column{Name: "Size", Numbers: true})
	}
	for _, a := range all {
		rows = append(rows, []Node{a.name(), Text(FormatName(a.Type)), Text(strings.Join(a.Roles, ", ")), Text(bytesOf(a.Size))})
	}
	return Table(columns, rows...)
}

func (a Asset) name() Node {
	name := g.Group{Link(a.Href, Name(a.Key))}
	if a.Title != "" && a.Title != a.Key {
		name = append(name, Text(" "), Note(a.Title))
	}
	if a.Origin != "" {
		name = append(name, html.Div(html.Class("origin"), html.Code(Name(a.Origin))))
	}
	return name
}

// formats are the names that people know media types by; the longest that begins a media type counts.
var formats = []struct{ mediaType, name string }{
	{"image/tiff; application=geotiff; profile=cloud-optimized", "Cloud-optimised GeoTIFF"},
	{"image/tiff; application=geotiff", "GeoTIFF"}, {"image/vnd.stac.geotiff; cloud-optimized=true", "Cloud-optimised GeoTIFF"},
	{"image/tiff", "TIFF"}, {"image/png", "PNG"}, {"image/jpeg", "JPEG"}, {"image/jp2", "JPEG 2000"}, {"image/webp", "WebP"},
	{"application/geo+json", "GeoJSON"}, {"application/geopackage+sqlite3", "GeoPackage"}, {"application/x-hdf5", "HDF5"}, {"application/x-hdf", "HDF4"},
	{"application/netcdf", "NetCDF"}, {"application/x-netcdf", "NetCDF"}, {"application/vnd+zarr", "Zarr"}, {"application/vnd.zarr", "Zarr"}, {"application/vnd.apache.parquet", "Parquet"},
	{"application/x-parquet", "Parquet"}, {"application/vnd.laszip+copc", "COPC"}, {"application/json", "JSON"}, {"application/xml", "XML"}, {"text/xml", "XML"},
	{"text/html", "HTML"}, {"text/plain", "Text"}, {"text/csv", "CSV"}, {"application/pdf", "PDF"}, {"application/zip", "ZIP"}, {"application/gzip", "gzip"},
}

// FormatName is how people call a media type.
func FormatName(mediaType string) string {
	asked := squeezed(mediaType)
	for _, f := range formats {
		if known := squeezed(f.mediaType); asked == known || strings.HasPrefix(asked, known+";") {
			return f.name
		}
	}
	return mediaType
}

func squeezed(mediaType string) string {
	return strings.NewReplacer(" ", "", `"`, "").Replace(strings.ToLower(mediaType))
}

func bytesOf(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 1000:
		return strconv.FormatInt(n, 10) + " B"
	}
	v := float64(n)
	for _, name := range []string{"kB", "MB", "GB", "TB"} {
		if v /= 1000; v < 999.5 || name == "TB" {
			precision := 0
			if v < 9.95 {
				precision = 1
			}
			return strconv.FormatFloat(v, 'f', precision, 64) + " " + name
		}
	}
	return ""
}
