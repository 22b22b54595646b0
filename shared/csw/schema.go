package csw

import (
	"net/url"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

var schemas2, schemas3 = schemasOf(csw2), schemasOf(csw3)

// schemas are the formats that records are answered in, that of the edition itself first. The other edition's is left to it.
func schemas(e *edition) []*metadata.Format {
	if e == csw3 {
		return schemas3
	}
	return schemas2
}

func schemasOf(e *edition) []*metadata.Format {
	all := []*metadata.Format{metadata.ByNamespace(e.namespace)}
	for _, f := range metadata.Formats() {
		if editionIn(f.Namespace) == nil {
			all = append(all, f)
		}
	}
	return all
}

// uris lists the names of schemas.
func uris(all []*metadata.Format) []string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Namespace
	}
	return names
}

// typesOf lists the types of records of schemas, each once.
func typesOf(all []*metadata.Format) []string {
	var types []string
	for _, f := range all {
		if strings.Contains(f.Type, ":") && !slices.Contains(types, f.Type) {
			types = append(types, f.Type)
		}
	}
	return types
}

// prefixOf is the prefix of the elements of a schema, empty when they have none.
func prefixOf(f *metadata.Format) string {
	prefix, _, found := strings.Cut(f.Type, ":")
	if !found {
		return ""
	}
	return prefix
}

// hasType tells whether a type of records is one of those of the schemas, by whatever prefix.
func hasType(all []*metadata.Format, name string) bool {
	local := name[strings.LastIndexByte(name, ':')+1:]
	return slices.ContainsFunc(all, func(f *metadata.Format) bool {
		known := f.Type[strings.LastIndexByte(f.Type, ':')+1:]
		return known == local && local != "" || local == "MI_Metadata" && known == "MD_Metadata"
	})
}

// view is how records are to be answered.
type view struct {
	Schema     *metadata.Format
	ElementSet string   // brief, summary, full; empty when there are Elements
	Elements   []string // the elements of Dublin Core asked for one by one, some of dublincore.Elements
	Item       string   // below the base, the address of the document of a record but for its identifier, to which entries of Atom lead
	AsPycsw    bool     // in its own schema records are written as pycsw writes them (Config.AsPycsw)
}

// documents tells whether records are answered as they came.
func (v view) documents() bool { return v.ElementSet == dublincore.Full }

// own tells whether the schema is that of the protocol itself.
func (v view) own() bool { return editionIn(v.Schema.Namespace) != nil }

// set is the element set that records are written in: where single elements are asked for of a format that has none by themselves,
// the least.
func (v view) set() string {
	if v.ElementSet == "" {
		return dublincore.Brief
	}
	return v.ElementSet
}

// records writes records one behind the other; addresses on this service begin with the base that it was asked under.
func (v view) records(to []byte, found []record.Record, base string) []byte {
	if v.documents() && v.Schema.CameAll(found) {
		for i := range found {
			to = xmldoc.AppendFragment(to, found[i].Document)
		}
		return to
	}
	for i := range found {
		r := found[i].At(base)
		if v.Item != "" && v.Schema.Namespace == namespaceAtom {
			r.Links = append(slices.Clip(r.Links), record.Link{Rel: "alternate", Href: base + v.Item + url.QueryEscape(r.ID), Type: r.MediaType})
		}
		if v.AsPycsw && v.own() {
			r = shownAsPycsw(r, v.ElementSet)
		}
		if v.ElementSet == "" && v.own() {
			to = dublincore.EncodeElements(r, v.Elements).Append(to)
		} else {
			to = v.Schema.Append(to, &r, v.set())
		}
	}
	return to
}

// decode reads a record of any schema that is written.
func decode(document []byte) (record.Record, error) {
	r, err := metadata.Decode(document)
	if fault.KindOf(err) == fault.Unsupported {
		err = ows.Invalid("Transaction", "%v", err)
	}
	return r, err
}
