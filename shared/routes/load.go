package routes

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"perigee/shared/fault"
)

// Load reads a configuration of routes strictly: an unknown key, a wrong type or an inconsistency is an error that names
// the file, line, column and key; those of several routes are reported together (fault.All lists them). The text holds the
// keys of EOEPCA's registrar by themselves, under `config`, within the values of its chart under vs.registrar.config, or
// within a Flux HelmRelease with such values. A text that says nothing of a registrar gives Default. name is the name of
// the file in messages.
func Load(name string, text []byte) (Config, error) {
	return loader{name: name}.load(text)
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

// LoadValues reads the routes that the values of the chart hold under vs.registrar.config, from the value of a setting as
// LoadSetting does. What else the text holds is another's to read; values that say nothing of a registrar give Default.
func LoadValues(name, value string, read func(path string) ([]byte, error)) (Config, error) {
	if value != "" && !strings.ContainsAny(value, "\n:") {
		text, err := read(value)
		if err != nil {
			return Config{}, fault.At(fault.Invalid, name, "%s names a file that cannot be read: %w", name, err)
		}
		name, value = value, string(text)
	}
	return loader{name: name, values: true}.load([]byte(value))
}

// loader reads a text and tells where in it something is wrong.
type loader struct {
	name   string
	values bool // the text is the values of the whole chart
}

// load reads the whole text. The YAML decoder panics on some texts that are not well formed; such a text is refused.
func (l loader) load(text []byte) (c Config, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "%s: the text is not a well-formed configuration of routes", l.name)
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return c, l.failed(err)
	}
	root, err := l.document(file)
	if err != nil {
		return c, err
	}
	var stores []Source
	if root != nil && l.values {
		stores, err = l.stores(root)
	}
	if root != nil && err == nil {
		root, err = l.registrar(root)
	}
	if err != nil {
		return c, err
	}
	if c = Default(); root != nil {
		c, err = l.config(root)
	}
	if len(c.Sources) == 0 {
		c.Sources = stores
	}
	return c, err
}

func (l loader) document(file *ast.File) (*ast.MappingNode, error) {
	bodies := slices.DeleteFunc(slices.Clone(file.Docs), func(d *ast.DocumentNode) bool {
		return d.Body == nil || d.Body.Type() == ast.NullType || d.Body.Type() == ast.CommentType
	})
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
		return l.mapping(bodies[0].Body)
	}
	return nil, l.at(bodies[1].Body, "", "a configuration of routes is one document, this file has %d", len(bodies))
}

// registrar finds the map that holds the keys; there is none in values that leave the registrar as it is.
func (l loader) registrar(root *ast.MappingNode) (*ast.MappingNode, error) {
	values, err := l.below(root, "spec", "values")
	if err != nil {
		return nil, err
	}
	if values != nil {
		root = values
	}
	switch {
	case child(root, "vs") != nil:
		return l.below(root, "vs", "registrar", "config")
	case l.values, child(root, "global") != nil:
		return nil, nil
	case child(root, "config") != nil:
		return l.below(root, "config")
	}
	return root, nil
}

// below descends by keys, nil where one is missing or holds nothing.
func (l loader) below(at *ast.MappingNode, keys ...string) (*ast.MappingNode, error) {
	for _, key := range keys {
		inner := child(at, key)
		if inner == nil || inner.Type() == ast.NullType {
			return nil, nil
		}
		var err error
		if at, err = l.mapping(inner); err != nil {
			return nil, err
		}
	}
	return at, nil
}

func (l loader) mapping(node ast.Node) (*ast.MappingNode, error) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n, nil
	case *ast.MappingValueNode:
		return ast.Mapping(n.GetToken(), false, n), nil
	}
	return nil, l.at(node, "", "a map is expected here, not %s", node.Type())
}

func child(parent *ast.MappingNode, key string) ast.Node {
	for _, e := range parent.Values {
		if e.Key.GetToken().Value == key {
			return e.Value
		}
	}
	return nil
}

func (l loader) decode(node ast.Node, into any) error {
	if err := yaml.NodeToValue(node, into, yaml.Strict()); err != nil {
		return l.failed(err)
	}
	return nil
}

// failed turns an error of the YAML decoder into one that names file, line and column.
func (l loader) failed(err error) error {
	var detailed yaml.Error
	if !errors.As(err, &detailed) || detailed.GetToken() == nil {
		return fault.New(fault.Invalid, "%s: %w", l.name, err)
	}
	token, message := detailed.GetToken(), detailed.GetMessage()
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		message = `unknown key "` + token.Value + `"`
	}
	return fault.At(fault.Invalid, token.Value, "%s:%d:%d: %s", l.name, token.Position.Line, token.Position.Column, message)
}

func (l loader) at(node ast.Node, locator, format string, args ...any) error {
	err := fault.New(fault.Invalid, format, args...)
	if node == nil || node.GetToken() == nil {
		return fault.At(fault.Invalid, locator, "%s: %s", l.name, err)
	}
	position := node.GetToken().Position
	return fault.At(fault.Invalid, locator, "%s:%d:%d: %s", l.name, position.Line, position.Column, err)
}
