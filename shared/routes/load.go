package routes

import (
	"github.com/goccy/go-yaml/ast"

	"perigee/shared/fault"
	"perigee/shared/yamlfile"
)

// Load reads a configuration of routes strictly: an unknown key, a wrong type or an inconsistency is an error that names
// the file, line, column and key; those of several routes are reported together (fault.All lists them). The text holds the
// keys of EOEPCA's registrar by themselves, under `config`, within the values of its chart under vs.registrar.config, or
// within a Flux HelmRelease with such values. A text that says nothing of a registrar gives Default. name is the name of
// the file in messages.
func Load(name string, text []byte) (Config, error) {
	return loader{File: yamlfile.File{Name: name}}.load(text)
}

// LoadSetting reads a configuration from the value of a setting: the text itself, or the path of its file, which read
// opens. A text has line breaks or colons, a path has neither.
func LoadSetting(name, value string, read func(path string) ([]byte, error)) (Config, error) {
	file, text, err := yamlfile.Setting(name, value, read)
	if err != nil {
		return Config{}, err
	}
	return Load(file, text)
}

// LoadValues reads the routes that the values of the chart hold under vs.registrar.config, from the value of a setting as
// LoadSetting does. What else the text holds is another's to read; values that say nothing of a registrar give Default.
func LoadValues(name, value string, read func(path string) ([]byte, error)) (Config, error) {
	file, text, err := yamlfile.Setting(name, value, read)
	if err != nil {
		return Config{}, err
	}
	return loader{File: yamlfile.File{Name: file}, values: true}.load(text)
}

// loader reads a text and tells where in it something is wrong.
type loader struct {
	yamlfile.File
	values bool // the text is the values of the whole chart
}

// load reads the whole text. The YAML decoder panics on some texts that are not well formed; such a text is refused.
func (l loader) load(text []byte) (c Config, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "%s: the text is not a well-formed configuration of routes", l.Name)
		}
	}()
	root, err := l.document(text)
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

func (l loader) document(text []byte) (*ast.MappingNode, error) {
	body, err := l.Document(text, "a configuration of routes")
	if err != nil || body == nil {
		return nil, err
	}
	return l.Map(body)
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
	case yamlfile.Child(root, "vs") != nil:
		return l.below(root, "vs", "registrar", "config")
	case l.values, yamlfile.Child(root, "global") != nil:
		return nil, nil
	case yamlfile.Child(root, "config") != nil:
		return l.below(root, "config")
	}
	return root, nil
}

// below descends by keys, nil where one is missing or holds nothing.
func (l loader) below(at *ast.MappingNode, keys ...string) (*ast.MappingNode, error) {
	for _, key := range keys {
		inner := yamlfile.Child(at, key)
		if inner == nil || inner.Type() == ast.NullType {
			return nil, nil
		}
		var err error
		if at, err = l.Map(inner); err != nil {
			return nil, err
		}
	}
	return at, nil
}
