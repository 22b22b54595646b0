package csw

import (
	"encoding/xml"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// Schema is a metadata format that records are answered in.
type Schema struct {
	URI    string // by which requests ask for it (outputSchema)
	Type   string // of its records, by the usual prefix (typeNames): gmd:MD_Metadata
	Prefix string // and what that prefix
	Space  string // stands for
	// Is tells whether documents with a root element of the name are of the schema: such a document is answered byte for byte.
	Is func(root xml.Name) bool
	// Append writes a record as an element that stands by itself in whatever document it is put.
	Append func(to []byte, r record.Record, set string) ([]byte, error)
}

// dublinCore are the records of the catalogue itself, in the namespace of the edition.
func (e *edition) dublinCore() Schema {
	return Schema{
		URI: e.namespace, Type: "csw:Record", Prefix: "csw", Space: e.namespace,
		Is: func(root xml.Name) bool { return root.Space == e.namespace && root.Local == "Record" },
		Append: func(to []byte, r record.Record, set string) ([]byte, error) {
			return dublincore.Encode(r, set).Append(to), nil
		},
	}
}

// schemas are the formats of an edition, its own first.
func (h handler) schemas(e *edition) []Schema {
	return append([]Schema{e.dublinCore()}, h.Schemas...)
}

// uris lists the names of schemas.
func uris(all []Schema) []string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.URI
	}
	return names
}

// typesOf lists the types of records of schemas, each once.
func typesOf(all []Schema) []string {
	var types []string
	for _, s := range all {
		if s.Type != "" && !slices.Contains(types, s.Type) {
			types = append(types, s.Type)
		}
	}
	return types
}

// hasType tells whether a type of records is one of those of the schemas, by whatever prefix.
func hasType(all []Schema, name string) bool {
	_, local, qualified := strings.Cut(name, ":")
	if !qualified {
		local = name
	}
	return slices.ContainsFunc(all, func(s Schema) bool {
		_, known, _ := strings.Cut(s.Type, ":")
		return known == local || local == "MI_Metadata" && known == "MD_Metadata"
	})
}

// append writes a record in a schema: the document that it came as, where that is of the schema, else what is made from what is
// known of it.
func (s Schema) append(to []byte, r record.Record, set string) ([]byte, error) {
	if set == dublincore.Full && isXML(r.MediaType) {
		document, err := ows.UTF8(r.Document)
		if err == nil && s.Is != nil && s.Is(ows.Root(document)) {
			return append(to, ows.Body(document)...), nil
		}
	}
	return s.Append(to, r, set)
}

// isXML tells whether a media type is that of XML, or of something written in it (RFC 7303).
func isXML(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, ";")
	kind = strings.TrimSpace(kind)
	return strings.HasSuffix(kind, "/xml") || strings.HasSuffix(kind, "+xml")
}
