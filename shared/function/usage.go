package function

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// usage prints the settings of a function. It reads the tags itself: envconfig's own way goes through text/template, which
// calls methods by name, so that the linker would have to keep every exported method of every type that a program holds.
func usage(w io.Writer, name string, config reflect.Type) error {
	table := append(settings(config), setting{"LOG_LEVEL", "String", "default info", "", "debug, info, warn or error"})
	var widths [len(setting{}) - 1]int
	for _, s := range table {
		for i := range widths {
			widths[i] = max(widths[i], len(s[i]))
		}
	}
	text := name + " is a function: it serves HTTP on $PORT (default 8080) until SIGTERM.\nIt takes no arguments; its settings are:\n\n"
	for _, s := range table {
		line := ""
		for i, width := range widths {
			line += fmt.Sprintf("  %-*s", width, s[i])
		}
		text += strings.TrimRight(line+"  "+s[len(widths)], " ") + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

// setting is a line of the table: name, type, default, whether it is required, description.
type setting [5]string

// settings are what the environment gives the fields of a configuration, those of embedded structs included.
func settings(config reflect.Type) []setting {
	var all []setting
	for i := range config.NumField() {
		field := config.Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			all = append(all, settings(field.Type)...)
			continue
		}
		s := setting{strings.ToUpper(cmp.Or(field.Tag.Get("envconfig"), field.Name)), typeName(field.Type), "", "", field.Tag.Get("desc")}
		if value := field.Tag.Get("default"); value != "" {
			s[2] = "default " + value
		}
		if required, err := strconv.ParseBool(field.Tag.Get("required")); err == nil && required {
			s[3] = "required"
		}
		all = append(all, s)
	}
	return all
}

// typeName says in words what a setting holds.
func typeName(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Slice:
		return "Comma-separated list of " + typeName(t.Elem())
	case t.PkgPath() != "": // a type with a meaning of its own, such as a duration
		return t.Name()
	case t.Kind() == reflect.String:
		return "String"
	case t.Kind() == reflect.Bool:
		return "True or False"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return "Integer"
	}
	return t.String()
}
