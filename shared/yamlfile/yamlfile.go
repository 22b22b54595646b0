// Package yamlfile reads the YAML of configurations, and tells of what is wrong in one the file, line, column and key.
// Its decoder panics on some texts that are not well formed: who reads recovers.
package yamlfile

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"perigee/shared/fault"
)

// Setting takes a configuration from the value of a setting: the text itself, or the path of its file, which read opens. A
// text has line breaks or colons, a path has neither. The file is the setting where there is none.
func Setting(setting, value string, read func(path string) ([]byte, error)) (file string, text []byte, err error) {
	if value == "" || strings.ContainsAny(value, "\n:") {
		return setting, []byte(value), nil
	}
	text, err = read(value)
	if err != nil {
		return setting, nil, fault.At(fault.Invalid, setting, "%s names a file that cannot be read: %w", setting, err)
	}
	return value, text, nil
}

// File is where a configuration came from.
type File struct {
	Name string // in messages
}

// Document is the one document of a text, nil when there is none; what says what it is, in messages.
func (f File) Document(text []byte, what string) (ast.Node, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, f.Failed(err)
	}
	bodies := slices.DeleteFunc(slices.Clone(file.Docs), func(d *ast.DocumentNode) bool {
		return d.Body == nil || d.Body.Type() == ast.NullType || d.Body.Type() == ast.CommentType
	})
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
		return bodies[0].Body, nil
	}
	return nil, f.At(bodies[1].Body, "", "%s is one document, this file has %d", what, len(bodies))
}

// Map is a node that must be a map, or the fault that it is none.
func (f File) Map(node ast.Node) (*ast.MappingNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n, nil
	case *ast.MappingValueNode:
		return ast.Mapping(n.GetToken(), false, n), nil
	}
	return nil, f.At(node, "", "a map is expected here, not %s", node.Type())
}

// Child is the value of a key of a map, nil when the map does not have it.
func Child(parent *ast.MappingNode, key string) ast.Node {
	for _, e := range parent.Values {
		if e.Key.GetToken().Value == key {
			return e.Value
		}
	}
	return nil
}

// Decode reads a node into a value strictly: a key that it does not have is a fault.
func (f File) Decode(node ast.Node, into any) error {
	if err := yaml.NodeToValue(node, into, yaml.Strict()); err != nil {
		return f.Failed(err)
	}
	return nil
}

// Failed is the fault of an error of the decoder, at the place that the error knows.
func (f File) Failed(err error) error {
	var detailed yaml.Error
	if !errors.As(err, &detailed) || detailed.GetToken() == nil {
		return fault.New(fault.Invalid, "%s: %w", f.Name, err)
	}
	token, message := detailed.GetToken(), detailed.GetMessage()
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		message = `unknown key "` + token.Value + `"`
	}
	return fault.At(fault.Invalid, token.Value, "%s:%d:%d: %s", f.Name, token.Position.Line, token.Position.Column, message)
}

// At is a fault at a node; one that is nil has no place.
func (f File) At(node ast.Node, locator, format string, args ...any) error {
	err := fault.New(fault.Invalid, format, args...)
	if node == nil || node.GetToken() == nil {
		return fault.At(fault.Invalid, locator, "%s: %s", f.Name, err)
	}
	position := node.GetToken().Position
	return fault.At(fault.Invalid, locator, "%s:%d:%d: %s", f.Name, position.Line, position.Column, err)
}
