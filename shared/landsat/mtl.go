// Package landsat makes STAC items of the metadata files (MTL) that come with the products of Landsat 8 and 9, of
// collection 1 and 2, in each of their three forms: XML, ODL text and JSON (LSDS-1822, Landsat 8-9 Level 1 Data Format
// Control Book).
package landsat

import (
	"bytes"
	"encoding/json"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/xmldoc"
)

// MaxMTL bounds a metadata file, in bytes; real ones have some 20 kB.
const MaxMTL = 1 << 20

// The bounds of what a metadata file says.
const (
	maxGroups = 200
	maxValues = 5000
)

// MTL is what a metadata file says: values by group and name.
type MTL struct {
	root   string
	groups map[string]map[string]string
	values int
}

// ReadMTL reads a metadata file in whichever of its forms.
func ReadMTL(text []byte) (MTL, error) {
	m := MTL{groups: map[string]map[string]string{}}
	if len(text) > MaxMTL {
		return m, fault.At(fault.Invalid, "MTL", "the metadata file has %d bytes, more than the %d that are read", len(text), MaxMTL)
	}
	read := m.readText
	switch trimmed := bytes.TrimSpace(text); {
	case bytes.HasPrefix(trimmed, []byte("<")):
		read = m.readXML
	case bytes.HasPrefix(trimmed, []byte("{")):
		read = m.readJSON
	}
	if err := read(text); err != nil {
		return m, err
	}
	if m.root != "LANDSAT_METADATA_FILE" && m.root != "L1_METADATA_FILE" {
		return m, fault.At(fault.Invalid, "MTL", "the metadata file begins with %.40q, not LANDSAT_METADATA_FILE or L1_METADATA_FILE", m.root)
	}
	return m, nil
}

// set keeps a value; a name that comes again in its group keeps its first.
func (m *MTL) set(group, name, value string) error {
	values, ok := m.groups[group]
	if !ok {
		values = map[string]string{}
		m.groups[group] = values
	}
	if m.values++; m.values > maxValues || len(m.groups) > maxGroups {
		return fault.At(fault.Invalid, "MTL", "the metadata file has more than %d values, or %d groups", maxValues, maxGroups)
	}
	if _, said := values[name]; !said {
		values[name] = value
	}
	return nil
}

func (m *MTL) readXML(text []byte) error {
	root, err := xmldoc.Parse(text)
	if err != nil {
		return fault.At(fault.Invalid, "MTL", "the metadata file: %w", err)
	}
	m.root = root.Local
	for group := range root.Children() {
		for value := range group.Children() {
			if err := m.set(group.Local, value.Local, value.Text()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *MTL) readJSON(text []byte) error {
	var file map[string]map[string]map[string]string
	if err := json.Unmarshal(text, &file); err != nil {
		return fault.At(fault.Invalid, "MTL", "the metadata file is no JSON of groups of texts: %w", err)
	}
	for root, groups := range file {
		if m.root = root; len(file) > 1 {
			return fault.At(fault.Invalid, "MTL", "the metadata file has %d roots", len(file))
		}
		for group, values := range groups {
			for name, value := range values {
				if err := m.set(group, name, value); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readText reads the Object Description Language: GROUP = name, name = value, END_GROUP = name, END.
func (m *MTL) readText(text []byte) error {
	var open []string
	for number, line := range strings.Split(string(text), "\n") {
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
		switch {
		case name == "" && !ok:
		case name == "END" && !ok:
			return m.ended(open)
		case !ok || name == "":
			return fault.At(fault.Invalid, "MTL", "line %d of the metadata file is no name = value", number+1)
		case name == "GROUP":
			if open = append(open, value); len(open) == 1 {
				m.root = value
			}
		case name == "END_GROUP":
			if len(open) == 0 || open[len(open)-1] != value {
				return fault.At(fault.Invalid, "MTL", "line %d of the metadata file ends the group %.40q, which is not open", number+1, value)
			}
			open = open[:len(open)-1]
		case len(open) == 0:
			return fault.At(fault.Invalid, "MTL", "line %d of the metadata file is in no group", number+1)
		default:
			if err := m.set(open[len(open)-1], name, value); err != nil {
				return err
			}
		}
	}
	return m.ended(open)
}

func (m *MTL) ended(open []string) error {
	if len(open) > 0 {
		return fault.At(fault.Invalid, "MTL", "the group %.40q of the metadata file does not end", open[len(open)-1])
	}
	return nil
}

// order is where values are looked for: what the product itself is comes before what it was made of. The groups of
// collection 1 stand behind those of collection 2.
var order = []string{
	"PRODUCT_CONTENTS", "IMAGE_ATTRIBUTES", "PROJECTION_ATTRIBUTES", "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", "LEVEL2_SURFACE_TEMPERATURE_PARAMETERS",
	"LEVEL1_PROCESSING_RECORD", "LEVEL1_RADIOMETRIC_RESCALING", "LEVEL1_PROJECTION_PARAMETERS",
	"METADATA_FILE_INFO", "PRODUCT_METADATA", "RADIOMETRIC_RESCALING", "PROJECTION_PARAMETERS",
}

// text finds the first value of one of the names.
func (m MTL) text(names ...string) string {
	for _, name := range names {
		for _, group := range order {
			if value := m.groups[group][name]; value != "" && value != "NULL" {
				return value
			}
		}
	}
	return ""
}

// number finds a number.
func (m MTL) number(names ...string) (float64, bool) { return xmldoc.ParseNumber(m.text(names...)) }

// isCollection1 tells whether the product is of collection 1, or older.
func (m MTL) isCollection1() bool { return m.root == "L1_METADATA_FILE" }
