package csw

import (
	"encoding/json"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/transaction"
)

// updated is the change that gives properties of a record new values: in its document, whatever it is written in.
func updated(r record.Record, properties []recordProperty) (transaction.Change, error) {
	c := transaction.Change{
		Operation: transaction.Replace, Kind: transaction.Record, Collection: r.Collection, ID: r.ID, MediaType: r.MediaType, Versions: []string{r.Version},
	}
	var err error
	if isXML(r.MediaType) {
		c.MediaType = mediaXML
		c.Document, err = setXML(r, properties)
		return c, err
	}
	c.Operation, c.MediaType = transaction.Patch, ""
	if r.Type == record.TypeItem || r.Type == record.TypeCollection {
		c.Kind = r.Type
	}
	c.Document, err = mergePatch(r, properties)
	return c, err
}

// setXML writes values into the document of a record.
func setXML(r record.Record, properties []recordProperty) ([]byte, error) {
	document, err := ows.UTF8(r.Document)
	if err != nil {
		return nil, err
	}
	for _, p := range properties {
		value := ""
		if p.Value != nil {
			value = strings.TrimSpace(*p.Value)
		}
		if document, err = setProperty(document, p.Name, value); err != nil {
			return nil, fault.Classify(fault.KindOf(err), err, "the record %q", r.ID)
		}
	}
	return document, nil
}

// setProperty writes a value where a document has a property; a record of Dublin Core that lacks the element gets it.
func setProperty(document []byte, name, value string) ([]byte, error) {
	root := ows.Root(document).Local
	for _, path := range pathsOf(root, name) {
		changed, set, err := ows.SetText(document, path, value, codeOf)
		if err != nil || set {
			return changed, err
		}
	}
	property := elementOf(strings.ToLower(withoutPrefix(withoutPath(name))))
	if element := dublincore.Element(property, value); isDublinCore(root) && element != nil {
		return ows.Insert(document, element)
	}
	return nil, ows.Invalid("RecordProperty", "the document has nothing at %q that could be changed", name)
}

// codeOf is the attribute by which elements of code lists say their value (ISO 19139, CodeListValue_Type): their text is for people.
const codeOf = "codeListValue"

func isDublinCore(root string) bool {
	return root == "Record" || root == "SummaryRecord" || root == "BriefRecord"
}

// mergePatch gives properties of a document of JSON new values (RFC 7396).
func mergePatch(r record.Record, properties []recordProperty) ([]byte, error) {
	members := map[string]any{}
	for _, p := range properties {
		property, text, err := names{}.Property(p.Name)
		if err == nil && (text || property == placeProperty) {
			err = ows.Invalid("RecordProperty", "%s cannot be given a value", p.Name)
		}
		if err != nil {
			return nil, err
		}
		members[memberOf(property)] = jsonValue(property, p.Value)
	}
	if r.Type == record.TypeCollection {
		return json.Marshal(members)
	}
	patch, err := json.Marshal(map[string]any{"properties": members})
	return patch, fault.Classify(fault.Internal, err, "encoding a patch")
}

// memberOf is what a property is called in documents of STAC and of OGC API - Records.
func memberOf(property filter.Property) string {
	switch property {
	case filter.PropertyAbstract:
		return "description"
	}
	return string(stored(property))
}

// jsonValue is a value as JSON: what writes a number or a truth value is one, but in texts.
func jsonValue(property filter.Property, value *string) any {
	if value == nil {
		return nil
	}
	text := strings.TrimSpace(*value)
	switch property {
	case filter.PropertyTitle, filter.PropertyAbstract:
		return text
	case filter.PropertyKeywords:
		return []string{text}
	}
	var scalar any
	if json.Unmarshal([]byte(text), &scalar) == nil {
		switch scalar.(type) {
		case float64, bool:
			return scalar
		}
	}
	return text
}

// isXML tells whether a media type is that of XML, or of something written in it (RFC 7303).
func isXML(mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, ";")
	kind = strings.TrimSpace(kind)
	return strings.HasSuffix(kind, "/xml") || strings.HasSuffix(kind, "+xml")
}
