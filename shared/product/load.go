package product

import (
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"perigee/shared/fault"
	"perigee/shared/yamlfile"
)

// Load reads a configuration strictly: an unknown key, a wrong type or an inconsistency is an error that names the
// file, line, column and key; inconsistencies are reported all together (fault.All lists them). The text holds the keys
// of EOEPCA's `global` map by themselves, under `global`, or within a Flux HelmRelease under spec.values.global. The
// built-in coverage types are added to the result. name is the name of the file in messages.
func Load(name string, text []byte) (Config, error) {
	source := source{File: yamlfile.File{Name: name}}
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
	file, text, err := yamlfile.Setting(name, value, read)
	if err != nil {
		return Config{}, err
	}
	return Load(file, text)
}

// source is where a configuration came from, to say so in messages.
type source struct {
	yamlfile.File
	root    *ast.MappingNode // the whole document
	node    ast.Node         // the map that holds the keys
	lenient bool             // keys that are not known are passed over
}

// decode reads the document. The decoder panics on some texts that are not well formed; such a text is refused.
func (s *source) decode(text []byte) (v values, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "%s: the text is not a well-formed product configuration", s.Name)
		}
	}()
	root, err := s.document(text)
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
		return v, s.Failed(err)
	}
	return v, nil
}

func (s source) document(text []byte) (*ast.MappingNode, error) {
	body, err := s.Document(text, "a product configuration")
	if err != nil || body == nil {
		return nil, err
	}
	return s.Map(body)
}

// global finds the map that holds the keys, whichever of the accepted forms the document has.
func (s source) global(root *ast.MappingNode) (ast.Node, error) {
	if spec := yamlfile.Child(root, "spec"); spec != nil && yamlfile.Child(root, "kind") != nil {
		values, err := s.descend(spec, "values")
		if err != nil {
			return nil, err
		}
		return s.chart(values)
	}
	if yamlfile.Child(root, "global") != nil {
		return s.chart(root)
	}
	return root, nil
}

// chart takes the values of the chart: `global`, and `vs`, which configures the parts of the original.
func (s source) chart(values *ast.MappingNode) (ast.Node, error) {
	for _, entry := range values.Values {
		if key := entry.Key.GetToken().Value; key != "global" && key != "vs" {
			return nil, s.At(entry.Key, key, "unknown key %q", key)
		}
	}
	return s.descend(values, "global")
}

func (s source) descend(node ast.Node, key string) (*ast.MappingNode, error) {
	parent, err := s.Map(node)
	if err != nil {
		return nil, err
	}
	value := yamlfile.Child(parent, key)
	if value == nil {
		return nil, s.At(node, key, "the key %q is missing here", key)
	}
	return s.Map(value)
}
