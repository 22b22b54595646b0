package product

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"perigee/shared/fault"
)

// Load reads a configuration strictly: an unknown key, a wrong type or an inconsistency is an error that names the
// file, line, column and key; inconsistencies are reported all together (fault.All lists them). The text holds the keys
// of EOEPCA's `global` map by themselves, under `global`, or within a Flux HelmRelease under spec.values.global. The
// built-in coverage types are added to the result. name is the name of the file in messages.
func Load(name string, text []byte) (Config, error) {
	source := source{name: name}
	v, err := source.decode(text)
	if err != nil {
		return Config{}, err
	}
	config := v.Config
	if err := check(&config, source); err != nil {
		return Config{}, err
	}
	config.normalise()
	return config, nil
}

// LoadSetting reads a configuration from the value of a setting: the text itself, or the path of its file, which read
// opens. A text has line breaks or colons, a path has neither.
func LoadSetting(name, value string, read func(path string) ([]byte, error)) (Config, error) {
	if value == "" || strings.ContainsAny(value, "\n:") {
		return Load(name, []byte(value))
	}
	text, err := read(value)
	if err != nil {
		return Config{}, fault.At(fault.Invalid, name, "%s names a file that cannot be read: %w", name, err)
	}
	return Load(value, text)
}

// source is where a configuration came from, to say so in messages.
type source struct {
	name    string
	root    *ast.MappingNode // the whole document
	node    ast.Node         // the map that holds the keys
	lenient bool             // keys that are not known are passed over
}

// decode reads the document. The decoder panics on some texts that are not well formed; such a text is refused.
func (s *source) decode(text []byte) (v values, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "%s: the text is not a well-formed product configuration", s.name)
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return v, s.failed(err)
	}
	root, err := s.document(file)
	if err != nil || root == nil {
		return v, err
	}
	s.root = root
	if s.node, err = s.global(root); err != nil {
		return v, err
	}
	options := []yaml.DecodeOption{yaml.Strict()}
	if s.lenient {
		options = nil
	}
	if err := yaml.NodeToValue(s.node, &v, options...); err != nil {
		return v, s.failed(err)
	}
	return v, nil
}

func (s source) document(file *ast.File) (*ast.MappingNode, error) {
	bodies := slices.DeleteFunc(slices.Clone(file.Docs), func(d *ast.DocumentNode) bool {
		return d.Body == nil || d.Body.Type() == ast.NullType || d.Body.Type() == ast.CommentType
	})
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
		return s.mapping(bodies[0].Body)
	}
	return nil, s.at(bodies[1].Body, "", "a product configuration is one document, this file has %d", len(bodies))
}

func (s source) mapping(node ast.Node) (*ast.MappingNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n, nil
	case *ast.MappingValueNode:
		return ast.Mapping(n.GetToken(), false, n), nil
	}
	return nil, s.at(node, "", "a map is expected here, not %s", node.Type())
}

// global finds the map that holds the keys, whichever of the accepted forms the document has.
func (s source) global(root *ast.MappingNode) (ast.Node, error) {
	if spec := child(root, "spec"); spec != nil && child(root, "kind") != nil {
		values, err := s.descend(spec, "values")
		if err != nil {
			return nil, err
		}
		return s.chart(values)
	}
	if child(root, "global") != nil {
		return s.chart(root)
	}
	return root, nil
}

// chart takes the values of the chart: `global`, and `vs`, which configures the parts of the original.
func (s source) chart(values *ast.MappingNode) (ast.Node, error) {
	for _, entry := range values.Values {
		if key := entry.Key.GetToken().Value; key != "global" && key != "vs" {
			return nil, s.at(entry.Key, key, "unknown key %q", key)
		}
	}
	return s.descend(values, "global")
}

func (s source) descend(node ast.Node, key string) (*ast.MappingNode, error) {
	parent, err := s.mapping(node)
	if err != nil {
		return nil, err
	}
	value := child(parent, key)
	if value == nil {
		return nil, s.at(node, key, "the key %q is missing here", key)
	}
	return s.mapping(value)
}

func child(parent *ast.MappingNode, key string) ast.Node {
	for _, entry := range parent.Values {
		if entry.Key.GetToken().Value == key {
			return entry.Value
		}
	}
	return nil
}

// failed turns an error of the YAML decoder into one that names file, line and column.
func (s source) failed(err error) error {
	var detailed yaml.Error
	if !errors.As(err, &detailed) || detailed.GetToken() == nil {
		return fault.New(fault.Invalid, "%s: %w", s.name, err)
	}
	token := detailed.GetToken()
	message := detailed.GetMessage()
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		message = "unknown key " + quoted(token.Value)
	}
	return fault.At(fault.Invalid, token.Value, "%s:%d:%d: %s", s.name, token.Position.Line, token.Position.Column, message)
}

func quoted(s string) string { return `"` + s + `"` }

func (s source) at(node ast.Node, locator, format string, args ...any) error {
	err := fault.New(fault.Invalid, format, args...)
	if node == nil || node.GetToken() == nil {
		return fault.At(fault.Invalid, locator, "%s: %s", s.name, err)
	}
	position := node.GetToken().Position
	return fault.At(fault.Invalid, locator, "%s:%d:%d: %s", s.name, position.Line, position.Column, err)
}
