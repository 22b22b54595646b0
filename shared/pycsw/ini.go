package pycsw

import (
	"bytes"
	"strings"

	"perigee/shared/fault"
)

// isINI tells whether the first line that says something begins a section.
func isINI(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != ';' {
			return line[0] == '['
		}
	}
	return false
}

// readINI reads pycsw.cfg as Python's configparser does: lines that begin with space go on with the value before.
func readINI(name string, text []byte) ([]setting, error) {
	var settings []setting
	section, number := "", 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';':
		case line[0] == ' ' || line[0] == '\t':
			if len(settings) == 0 {
				return nil, fault.New(fault.Invalid, "%s:%d: a value goes on that never began", name, number)
			}
			last := &settings[len(settings)-1]
			last.values[0] = strings.TrimSpace(last.values[0] + "\n" + trimmed)
		case line[0] == '[':
			end := strings.IndexByte(line, ']')
			if end < 0 {
				return nil, fault.New(fault.Invalid, "%s:%d: the name of a section ends with ]", name, number)
			}
			section = strings.TrimSpace(line[1:end])
		default:
			i := strings.IndexAny(line, "=:")
			if i < 1 || section == "" {
				return nil, fault.New(fault.Invalid, "%s:%d: %.60q is neither a section nor a setting", name, number, line)
			}
			key := strings.TrimSpace(line[:i])
			settings = append(settings, setting{line: number, key: section + "." + key, path: place(section, strings.ToLower(key)), values: []string{strings.TrimSpace(line[i+1:])}})
		}
	}
	return settings, nil
}

// place is where pycsw.yml has a setting of the INI file; other settings stay where they are.
func place(section, key string) string {
	switch section {
	case "metadata:main", "metadata":
		for _, part := range []string{"identification", "provider", "contact"} {
			if name, found := strings.CutPrefix(key, part+"_"); found {
				return "metadata." + part + "." + name
			}
		}
		return "metadata." + key
	case "metadata:inspire":
		return "metadata.inspire." + key
	case "server":
		switch key {
		case "profiles", "federatedcatalogues":
			return key
		case "xml_pretty_print":
			return "server.pretty_print"
		}
	}
	return section + "." + key
}
