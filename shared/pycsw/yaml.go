package pycsw

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"perigee/shared/fault"
	"perigee/shared/plainyaml"
)

// maxDepth bounds the maps within each other.
const maxDepth = 16

// readYAML reads pycsw.yml, or values of a chart that hold it.
func readYAML(name string, text []byte) (settings []setting, err error) {
	if err := plainyaml.Check(name, text); err != nil {
		return nil, err
	}
	defer func() { // the parser panics on some texts that are not well formed
		if recover() != nil {
			settings, err = nil, fault.New(fault.Invalid, "%s: the text is not well-formed YAML", name)
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "%s", name)
	}
	for _, document := range file.Docs {
		if settings, err = flatten(name, settings, document.Body, "", "", 0, 0); err != nil {
			return nil, err
		}
	}
	return chart(settings), nil
}

// flatten makes settings of the leaves of a tree.
func flatten(name string, settings []setting, node ast.Node, key, path string, index, depth int) ([]setting, error) {
	if depth > maxDepth {
		return nil, fault.New(fault.Invalid, "%s:%d: the text is nested too deeply", name, node.GetToken().Position.Line)
	}
	var err error
	switch n := node.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
	case *ast.MappingNode:
		for _, v := range n.Values {
			if settings, err = flatten(name, settings, v, key, path, index, depth); err != nil {
				return nil, err
			}
		}
	case *ast.MappingValueNode:
		own := n.Key.GetToken().Value
		return flatten(name, settings, n.Value, join(key, own), join(path, strings.ToLower(own)), index, depth+1)
	case *ast.SequenceNode:
		return list(name, settings, n, key, path, depth)
	default:
		return append(settings, setting{line: node.GetToken().Position.Line, key: key, path: path, index: index, values: []string{scalar(node)}}), nil
	}
	return settings, nil
}

// list makes one setting of a list of values, and settings of each element of a list of maps.
func list(name string, settings []setting, n *ast.SequenceNode, key, path string, depth int) ([]setting, error) {
	s := setting{line: n.GetToken().Position.Line, key: key, path: path, list: true}
	maps := 0
	for i, v := range n.Values {
		switch v.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			var err error
			if settings, err = flatten(name, settings, v, key, path, i, depth+1); err != nil {
				return nil, err
			}
			maps++
		default:
			s.values = append(s.values, scalar(v))
		}
	}
	if maps == 0 {
		settings = append(settings, s)
	}
	return settings, nil
}

func scalar(node ast.Node) string {
	if s, is := node.(*ast.StringNode); is {
		return s.Value
	}
	return strings.TrimSpace(node.GetToken().Value)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// chart takes pycsw's part out of the values of a chart, where all beside it is Kubernetes' business. In those of 1.x
// the names are those of the INI file's.
func chart(settings []setting) []setting {
	const prefix = "pycsw.config."
	var inside []setting
	for _, s := range settings {
		at := strings.Index("."+s.path, "."+prefix) // global.pycsw.config. when it is a part of another chart
		if at < 0 {
			continue
		}
		s.path = s.path[at+len(prefix):]
		if section, key, found := strings.Cut(s.path, "."); found {
			s.path = place(strings.Replace(section, "inspire", "metadata:inspire", 1), key)
		}
		inside = append(inside, s)
	}
	if inside == nil {
		return settings
	}
	return inside
}
