package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// source is the document that values come from.
type source struct {
	file     string
	offset   int // lines before the document
	values   map[string]string
	problems *Problems
}

// value is a node of a document and where it is.
type value struct {
	in   *source
	node ast.Node
	line int
	path string
}

func (s *source) root(node ast.Node) value { return value{in: s, node: node, line: s.lineOf(node)} }

func (s *source) lineOf(node ast.Node) int {
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return s.offset + 1
	}
	return s.offset + node.GetToken().Position.Line
}

// fail notes a problem at this value.
func (v value) fail(format string, args ...any) {
	*v.in.problems = append(*v.in.problems, Problem{File: v.in.file, Line: v.line, Path: v.path, Text: fmt.Sprintf(format, args...)})
}

// rest says what becomes of the keys that are not honoured: those that mean nothing on one machine are accepted, those
// of Kubernetes that would mean something are refused as such, and any other is unknown.
type rest struct{ pointless, refused []string }

// fields calls the function of every key and gives the keys that were there.
func (v value) fields(honoured map[string]func(value), others rest) map[string]bool {
	seen := map[string]bool{}
	for _, entry := range v.entries() {
		seen[entry.key] = true
		decode, ok := honoured[entry.key]
		switch {
		case ok:
			decode(entry.value)
		case slices.Contains(others.pointless, entry.key):
		case slices.Contains(others.refused, entry.key):
			entry.fail("is not honoured by local-runner")
		default:
			entry.fail("unknown key")
		}
	}
	return seen
}

// needs notes the keys that are missing.
func (v value) needs(seen map[string]bool, keys ...string) {
	for _, key := range keys {
		if !seen[key] {
			v.fail("%s is missing", key)
		}
	}
}

type entry struct {
	key string
	value
}

// entries are the pairs of a mapping.
func (v value) entries() []entry {
	var pairs []*ast.MappingValueNode
	switch node := v.node.(type) {
	case *ast.MappingNode:
		pairs = node.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{node}
	case *ast.NullNode:
		return nil
	default:
		v.fail("must be a mapping of keys, but is %s", kindOf(v.node))
		return nil
	}
	var all []entry
	for _, pair := range pairs {
		key, ok := pair.Key.(ast.ScalarNode)
		if _, merge := pair.Key.(*ast.MergeKeyNode); !ok || merge {
			value{in: v.in, line: v.in.lineOf(pair.Key), path: v.path}.fail("keys must be plain text; merging and complex keys are not honoured by local-runner")
			continue
		}
		name := fmt.Sprint(key.GetValue())
		all = append(all, entry{name, value{in: v.in, node: pair.Value, line: v.in.lineOf(pair.Key), path: join(v.path, name)}})
	}
	return all
}

// join appends a key to a path; one that would not read well is quoted.
func join(path, key string) string {
	if strings.ContainsAny(key, "./ []\"") || key == "" {
		return fmt.Sprintf("%s[%q]", path, key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// items are the elements of a list.
func (v value) items() []value {
	list, ok := v.node.(*ast.SequenceNode)
	if !ok {
		if _, null := v.node.(*ast.NullNode); !null {
			v.fail("must be a list, but is %s", kindOf(v.node))
		}
		return nil
	}
	all := make([]value, len(list.Values))
	for i, node := range list.Values {
		all[i] = value{in: v.in, node: node, line: v.in.lineOf(node), path: fmt.Sprintf("%s[%d]", v.path, i)}
	}
	return all
}

// yaml11 are words that Kubernetes' YAML 1.1 takes for booleans.
var yaml11 = regexp.MustCompile(`^(?i:yes|no|on|off)$`)

// text is a string, with the placeholders of the layer filled in.
func (v value) text() string {
	switch node := v.node.(type) {
	case *ast.StringNode:
		if token := node.GetToken(); token != nil && token.Origin != "" && yaml11.MatchString(strings.TrimSpace(token.Origin)) {
			v.fail("must be text, but Kubernetes reads %s as true or false: quote it", node.Value)
		}
		return v.fill(node.Value)
	case *ast.LiteralNode:
		return v.fill(node.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		v.fail("must be text, but is %s: quote it", kindOf(v.node))
	default:
		v.fail("must be text, but is %s", kindOf(v.node))
	}
	return ""
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func (v value) fill(text string) string {
	if v.in.values == nil {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := found[2 : len(found)-1]
		filled, ok := v.in.values[name]
		if !ok {
			v.fail("the placeholder %s is unknown", found)
		}
		return filled
	})
}

// said is a text that must not be empty; an empty answer was told as a problem.
func (v value) said() string {
	text := v.text()
	if _, ok := v.node.(*ast.StringNode); ok && text == "" {
		v.fail("must not be empty")
	}
	return text
}

// name is a string that Kubernetes takes as a name (RFC 1123).
func (v value) name() string {
	text := v.said()
	if text != "" && !dnsName.MatchString(text) {
		v.fail("%q is not a name: lower case letters, digits, - and ., at most 253", text)
	}
	return text
}

var dnsName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)

// oneOf is a string of a fixed set.
func (v value) oneOf(allowed ...string) string {
	text := v.said()
	if text != "" && !slices.Contains(allowed, text) {
		v.fail("must be %s, but is %q", strings.Join(allowed, " or "), text)
	}
	return text
}

// integer is a whole number within bounds.
func (v value) integer(least, most int) int {
	node, ok := v.node.(*ast.IntegerNode)
	if !ok {
		v.fail("must be a whole number, but is %s", kindOf(v.node))
		return 0
	}
	return v.bounded(fmt.Sprint(node.Value), least, most)
}

// textInteger is a whole number written as text, as annotations are.
func (v value) textInteger(least, most int) int {
	text := v.said()
	if text == "" {
		return 0
	}
	return v.bounded(text, least, most)
}

func (v value) bounded(text string, least, most int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		v.fail("%q is not a whole number", text)
		return 0
	}
	if n < least || n > most {
		v.fail("must be from %d to %d, but is %d", least, most, n)
	}
	return n
}

// flag is true or false.
func (v value) flag() bool {
	node, ok := v.node.(*ast.BoolNode)
	if !ok {
		v.fail("must be true or false, but is %s", kindOf(v.node))
		return false
	}
	return node.Value
}

// texts is a mapping of keys to strings.
func (v value) texts() map[string]string {
	all := map[string]string{}
	for _, entry := range v.entries() {
		all[entry.key] = entry.text()
	}
	return all
}

// list is a list of strings.
func (v value) list() []string {
	var all []string
	for _, item := range v.items() {
		all = append(all, item.text())
	}
	return all
}

func kindOf(node ast.Node) string {
	switch node.(type) {
	case nil, *ast.NullNode:
		return "empty"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or alias, which local-runner does not honour"
	case *ast.TagNode:
		return "tagged, which local-runner does not honour"
	default:
		return "something else"
	}
}
