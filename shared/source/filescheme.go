package source

import (
	"context"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// FileScheme is the files, or the folders, of a file system that have a pattern (HRV-07, HRV-08): SAFE folders, MTL files,
// rasters. Items and collections of STAC are taken as what they are; of all else, an item is made that names it, which
// postprocessors make whole: without a place and a time it is not registered.
type FileScheme struct {
	Places     Places
	Reader     Reader
	Lister     Lister
	RootHref   string // a folder
	Pattern    string
	Collection string // that items belong to
}

// filesAtOnce is how many names are looked through at a node.
const filesAtOnce = 10_000

// maxFolders bounds how deep a folder lies that fits: each on the way to it is looked at.
const maxFolders = 64

// Root is the node where a walk begins.
func (f *FileScheme) Root() string { return f.RootHref }

// behind stands in a node between the folder and the name behind which to go on.
const behind = "#behind="

// Visit lists names from a place on. A folder that fits is taken once, at the first name in it.
func (f *FileScheme) Visit(ctx context.Context, node string) (Found, error) {
	folder, after, _ := strings.Cut(node, behind)
	if err := f.Places.mayRead(folder); err != nil {
		return Found{}, err
	}
	fits, err := compiled(f.Pattern)
	if err != nil {
		return Found{}, fault.Classify(fault.Invalid, err, "the pattern cannot be read")
	}
	names, err := f.Lister.List(ctx, folder, after, filesAtOnce)
	if err != nil {
		return Found{}, err
	}
	var found Found
	last := f.taken(after, folder, fits)
	for _, href := range names {
		if ctx.Err() != nil {
			return Found{}, fault.Classify(fault.Unavailable, context.Cause(ctx), "looking through %s", folder)
		}
		hit := f.taken(href, folder, fits)
		if hit == "" || hit == last {
			continue
		}
		last = hit
		f.file(ctx, &found, hit)
	}
	if len(names) == filesAtOnce {
		next := folder + behind + names[len(names)-1]
		if len(next) > maxAddress {
			return found, fault.New(fault.Invalid, "the name %.200s is longer than can be gone on behind", names[len(names)-1])
		}
		found.Next = []string{next}
	}
	return found, nil
}

// taken is the file that fits, or the folder of it, or nothing.
func (f *FileScheme) taken(href, folder string, fits *regexp.Regexp) string {
	rest, below := strings.CutPrefix(href, folder)
	if !below || rest == "" {
		return ""
	}
	if !strings.HasSuffix(f.Pattern, "/") {
		if fits.MatchString(rest) && !strings.HasSuffix(rest, "/") {
			return href
		}
		return ""
	}
	depth := 0
	for i, r := range rest {
		if r != '/' {
			continue
		}
		if depth++; depth > maxFolders {
			return ""
		}
		if fits.MatchString(rest[:i+1]) {
			return folder + rest[:i+1]
		}
	}
	return ""
}

// file takes a file or folder into what was found.
func (f *FileScheme) file(ctx context.Context, found *Found, href string) {
	if strings.HasSuffix(strings.ToLower(href), "json") {
		text, err := f.Reader.Read(ctx, href, stac.MaxSize)
		if err == nil && f.document(found, href, text) {
			return
		}
	}
	name := path.Base(strings.TrimSuffix(href, "/"))
	id := strings.TrimSuffix(name, ".SAFE")
	if !strings.HasSuffix(href, "/") {
		id = strings.TrimSuffix(id, path.Ext(id))
	}
	product := strings.TrimSuffix(href, "/")
	if strings.Contains(name, "_MTL.") { // which stands for the product in its folder
		product, id = strings.TrimSuffix(href, "/"+name), name[:strings.Index(name, "_MTL.")]
	}
	item, err := json.Marshal(map[string]any{
		"type": "Feature", "stac_version": stac.Version, "id": id, "collection": orNull(f.Collection), "geometry": nil, "links": []any{},
		"properties": map[string]any{"datetime": nil, "productIdentifier": product},
		"assets":     map[string]asset{"product": {Href: href}},
	})
	if err != nil {
		found.Failures = append(found.Failures, Failure{href, fault.Classify(fault.Internal, err, "writing an item")})
		return
	}
	found.Documents = append(found.Documents, Document{
		Href: href, Content: item, Kind: stac.TypeItem, Stub: true, Record: record.Record{Key: record.Key{Collection: f.Collection, ID: id}, Type: record.TypeItem},
	})
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// document takes a document of STAC as what it is.
func (f *FileScheme) document(found *Found, href string, text []byte) bool {
	kind, err := stac.Type(text)
	if err != nil || !slices.Contains([]string{stac.TypeItem, stac.TypeCollection}, kind) {
		return false
	}
	c := STACCatalog{Places: f.Places, Inline: !f.Places.Own()}
	var one Found
	if kind == stac.TypeItem {
		if one, err = c.item(href, text); err != nil {
			one.Failures = []Failure{{href, err}}
		}
	} else {
		c.collection(&one, href, text)
	}
	found.Documents, found.Failures = append(found.Documents, one.Documents...), append(found.Failures, one.Failures...)
	return true
}
