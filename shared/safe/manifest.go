// Package safe makes STAC items of the products of Sentinel-1, -2 and -3 in the Standard Archive Format for Europe (SAFE):
// folders whose manifest, an XFDU document (CCSDS 661.0-B-1), names all files. It reads nothing by itself: who calls it
// brings the texts.
package safe

import (
	"encoding/hex"
	"path"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/xmldoc"
)

// The names of manifests: that of Sentinel-1 and -2, and that of Sentinel-3.
const (
	ManifestName  = "manifest.safe"
	ManifestName3 = "xfdumanifest.xml"
)

// MaxManifest bounds a manifest, and each other text that is asked for, in bytes.
const MaxManifest = 8 << 20

// Manifest is what the manifest of a product says.
type Manifest struct {
	home  string // address of the product's folder
	name  string // of the manifest's file
	root  *xmldoc.Node
	files []File
}

// File is a file of a product.
type File struct {
	ID       string // of the data object
	Path     string // below the product's folder
	Title    string
	Size     int64  // 0 when the manifest does not say
	Checksum string // as a multihash, empty when the manifest gives none of a kind known here
}

// ReadManifest reads the manifest of the product whose folder has the address home. A file that is not within the folder
// is a fault.
func ReadManifest(home, name string, text []byte) (Manifest, error) {
	skipped := "informationPackageMap"
	if name == ManifestName3 { // which is long for all that the product was made of
		skipped = "processing"
	}
	root, err := xmldoc.Parse(text, skipped)
	if err != nil {
		return Manifest{}, fault.At(fault.Invalid, name, "%s: %w", name, err)
	}
	m := Manifest{home: strings.TrimSuffix(home, "/"), name: name, root: root}
	if root.Local != "XFDU" {
		return m, fault.At(fault.Invalid, name, "%s is no manifest of a SAFE product: its root element is %.40s, not XFDU", name, root.Local)
	}
	titles := m.titles()
	for object := range root.All("dataObjectSection/dataObject") {
		f, err := readFile(object)
		if err != nil {
			return m, err
		}
		f.Title = titles[f.ID]
		m.files = append(m.files, f)
	}
	if len(m.files) == 0 {
		return m, fault.At(fault.Invalid, "dataObjectSection", "%s names no files", name)
	}
	return m, nil
}

func readFile(object *xmldoc.Node) (File, error) {
	stream := object.Find("byteStream")
	f := File{ID: object.Attr("ID"), Path: path.Clean(stream.Find("fileLocation").Attr("href"))}
	if f.Path == "." || strings.HasPrefix(f.Path, "/") || strings.HasPrefix(f.Path, "..") || strings.Contains(f.Path, ":") {
		return f, fault.At(fault.Invalid, "fileLocation", "the file %.80q of the manifest is not within the product", f.Path)
	}
	if size, err := strconv.ParseInt(stream.Attr("size"), 10, 64); err == nil && size > 0 {
		f.Size = size
	}
	f.Checksum = multihash(stream.Find("checksum").Attr("checksumName"), stream.Find("checksum").Text())
	return f, nil
}

// multihash writes a checksum as the file extension asks for (https://github.com/multiformats/multihash): the code of the
// function, the number of bytes, the bytes.
func multihash(function, digest string) string {
	prefix, ok := map[string]string{"MD5": "d50110", "SHA3-256": "1620", "SHA-256": "1220"}[strings.ToUpper(function)]
	raw, err := hex.DecodeString(digest)
	if !ok || err != nil || len(raw) != map[bool]int{true: 16, false: 32}[prefix == "d50110"] {
		return ""
	}
	return prefix + strings.ToLower(digest)
}

// titles are what the manifest calls its data objects.
func (m Manifest) titles() map[string]string {
	titles := map[string]string{}
	for unit := range m.root.Find("informationPackageMap").Below("contentUnit") {
		if id := unit.Find("dataObjectPointer").Attr("dataObjectID"); id != "" {
			titles[id] = unit.Attr("textInfo")
		}
	}
	return titles
}

// Name is the name of the product's folder.
func (m Manifest) Name() string { return path.Base(m.home) }

// Href is the address of a file of the product.
func (m Manifest) Href(file string) string { return m.home + "/" + file }

// Find gives the address of the product's first file whose path the function takes; false when there is none.
func (m Manifest) Find(takes func(path string) bool) (href string, ok bool) {
	for _, f := range m.files {
		if takes(f.Path) {
			return m.Href(f.Path), true
		}
	}
	return "", false
}

// metadata is the element that the manifest holds in the metadata object of an ID.
func (m Manifest) metadata(id string) *xmldoc.Node {
	for object := range m.root.All("metadataSection/metadataObject") {
		if object.Attr("ID") == id {
			return object.Find("metadataWrap/xmlData")
		}
	}
	return nil
}
