package source

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"perigee/shared/fault"
	"perigee/shared/plainyaml"
)

// Load reads the configuration of harvesters strictly: an unknown key, a wrong type or what is not supported yet is an
// error that names the file, line, column and key; those of several harvesters are reported together. The text holds the
// keys of EOEPCA's harvester by themselves, under `config`, or within the values of its chart under vs.harvester.config.
// name is the name of the file in messages.
func Load(name string, text []byte) (Config, error) {
	l := loader{name: name}
	return l.load(text)
}

// LoadOne reads the configuration of one harvester: in any form that Load reads, or as the harvester itself, without a list
// around it, which may lack its name. A configuration of several is one of the harvester with the name. A stranger may have
// written it: it is plain YAML, without anchors and what is nested deeply.
func LoadOne(harvester, name string, text []byte) (c Config, err error) {
	l := loader{name: name}
	if err := plainyaml.Check(name, text); err != nil {
		return c, err
	}
	defer func() {
		if recover() != nil {
			c, err = Config{}, fault.New(fault.Invalid, "%s: the text is not a well-formed configuration of a harvester", l.name)
		}
	}()
	if file, parsed := parser.ParseBytes(text, 0); parsed == nil {
		body, _ := l.document(file) // Load tells what is wrong
		if one, mapped := l.mapping(body); body != nil && mapped == nil && child(one, "resource") != nil {
			c.filesystems = map[string]filesystem{}
			err = l.harvester(harvester, one, &c)
			return c, err
		}
	}
	if c, err = Load(name, text); err != nil {
		return c, err
	}
	if len(c.entries) > 1 {
		c.entries = slices.DeleteFunc(c.entries, func(e named) bool { return e.name != harvester })
	}
	return c, nil
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

// loader reads a text and tells where in it something is wrong.
type loader struct{ name string }

// load reads the whole text. The YAML decoder panics on some texts that are not well formed; such a text is refused.
func (l loader) load(text []byte) (c Config, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "%s: the text is not a well-formed configuration of harvesters", l.name)
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return c, l.failed(err)
	}
	body, err := l.document(file)
	if err != nil || body == nil {
		return c, err
	}
	c.filesystems = map[string]filesystem{}
	if _, list := body.(*ast.SequenceNode); list { // the harvesters by themselves, as ad-hoc configurations have them
		return c, l.harvesters(body, &c)
	}
	root, err := l.mapping(body)
	if err != nil {
		return c, err
	}
	if root, err = l.unwrapped(root); err != nil || root == nil {
		return c, err
	}
	return l.config(root)
}

// unwrapped finds the configuration within the values of EOEPCA's chart, or of the release of one, or under its own key. A
// chart that says nothing of harvesters has none.
func (l loader) unwrapped(root *ast.MappingNode) (*ast.MappingNode, error) {
	var err error
	for _, wrapper := range []struct {
		first string
		rest  []string
	}{{"spec", []string{"values"}}, {"vs", []string{"harvester", "config"}}, {"config", nil}} {
		inner := child(root, wrapper.first)
		for _, key := range wrapper.rest {
			if inner == nil {
				break
			}
			if root, err = l.mapping(inner); err != nil {
				return nil, err
			}
			if inner = child(root, key); inner == nil {
				return nil, nil
			}
		}
		if inner == nil {
			continue
		}
		if inner.Type() == ast.NullType {
			return nil, nil
		}
		if root, err = l.mapping(inner); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func (l loader) document(file *ast.File) (ast.Node, error) {
	bodies := slices.DeleteFunc(slices.Clone(file.Docs), func(d *ast.DocumentNode) bool {
		return d.Body == nil || d.Body.Type() == ast.NullType || d.Body.Type() == ast.CommentType
	})
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
		return bodies[0].Body, nil
	}
	return nil, l.at(bodies[1].Body, "", "a configuration of harvesters is one document, this file has %d", len(bodies))
}

// config reads the top level; redis is where the original's queues are, and of no effect here.
func (l loader) config(root *ast.MappingNode) (Config, error) {
	c := Config{filesystems: map[string]filesystem{}}
	var errs []error
	for _, e := range root.Values {
		switch key := e.Key.GetToken().Value; key {
		case "redis", "harvesters":
		case "filesystems":
			errs = append(errs, l.filesystems(e.Value, c.filesystems))
		default:
			errs = append(errs, l.at(e.Key, key, "unknown key %q", key))
		}
	}
	if harvesters := child(root, "harvesters"); harvesters != nil && harvesters.Type() != ast.NullType {
		errs = append(errs, l.harvesters(harvesters, &c))
	}
	return c, errors.Join(errs...)
}

func (l loader) filesystems(at ast.Node, all map[string]filesystem) error {
	if at.Type() == ast.NullType {
		return nil
	}
	named, err := l.mapping(at)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range named.Values {
		name := e.Key.GetToken().Value
		var f filesystem
		err := l.decode(e.Value, &f)
		if p := f.problem(); err == nil && p != nil {
			err = l.problem(e.Value, "filesystem "+name, p)
		}
		all[name] = f
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// harvesters reads a list of harvesters with names, or a map by their names.
func (l loader) harvesters(at ast.Node, c *Config) error {
	var errs []error
	add := func(name string, node ast.Node) { errs = append(errs, l.harvester(name, node, c)) }
	if list, ok := at.(*ast.SequenceNode); ok {
		for _, node := range list.Values {
			add("", node)
		}
		return errors.Join(errs...)
	}
	named, err := l.mapping(at)
	if err != nil {
		return err
	}
	for _, e := range named.Values {
		add(e.Key.GetToken().Value, e.Value)
	}
	return errors.Join(errs...)
}

func (l loader) harvester(key string, node ast.Node, c *Config) error {
	at, err := l.mapping(node)
	if err != nil {
		return err
	}
	name := key
	if given := child(at, "name"); given != nil && given.GetToken() != nil {
		name = given.GetToken().Value
	}
	switch {
	case name == "":
		return l.at(node, "name", "a harvester has no name")
	case key != "" && name != key:
		return l.at(child(at, "name"), "name", "the harvester %q calls itself %q", key, name)
	case slices.Contains(c.Names(), name):
		return l.at(node, "name", "there are two harvesters %q", name)
	}
	written, err := l.written(name, at, c.filesystems)
	if err == nil {
		c.entries = append(c.entries, named{name, written})
	}
	return err
}

// written reads a harvester strictly and writes it in the keys of the second generation.
func (l loader) written(name string, at *ast.MappingNode, filesystems map[string]filesystem) (map[string]any, error) {
	if err := l.typed(name, at); err != nil {
		return nil, err
	}
	var strict entry
	if err := l.decode(at, &strict); err != nil {
		return nil, err
	}
	tell := func(p *problem) error { return l.problem(at, "harvester "+name, p) }
	if _, err := readFilter(strict.Filter); err != nil {
		return nil, tell(wrong("filter", "%v", err))
	}
	var all map[string]any
	if err := l.decode(at, &all); err != nil {
		return nil, err
	}
	all, twice := normal(all, "")
	if twice != nil {
		return nil, tell(twice)
	}
	e, err := read(all)
	if err != nil {
		return nil, l.at(at, "", "harvester %s: %v", name, err)
	}
	if p := e.problem(filesystems); p != nil {
		return nil, tell(p)
	}
	all["name"] = name
	return all, nil
}

// typed refuses a resource without a type, or of one that is not known, before its keys are looked at.
func (l loader) typed(name string, at *ast.MappingNode) error {
	node := child(at, "resource")
	if node == nil {
		return l.at(at, "resource", "harvester %s: the key %q is missing here", name, "resource")
	}
	resource, err := l.mapping(node)
	if err != nil {
		return err
	}
	given := child(resource, "type")
	if given == nil {
		return l.at(node, "resource.type", "harvester %s: the key %q is missing here", name, "type")
	}
	if kind := given.GetToken().Value; !slices.Contains(types(), kind) {
		return l.at(given, "resource.type", "harvester %s: the type of resource %q is none of %s", name, kind, strings.Join(types(), ", "))
	}
	return nil
}

// problem tells what is wrong at the line of its key, or the nearest one above it: the keys of postprocessors may stand in
// lists, as in postprocessors[0].kwargs. A section that the first generation does not have is passed over.
func (l loader) problem(node ast.Node, of string, p *problem) error {
	var shown []string
	for part := range strings.SplitSeq(p.at, ".") {
		key, places, _ := strings.Cut(part, "[")
		parent, err := l.mapping(node)
		if err != nil {
			parent = &ast.MappingNode{}
		}
		switch {
		case child(parent, key) != nil:
			node = child(parent, key)
		case child(parent, older[key]) != nil:
			key = older[key]
			node = child(parent, key)
		case isSection(key):
			continue
		}
		if places != "" {
			key += "[" + places
		}
		shown = append(shown, key)
		node = placed(node, places)
	}
	at := strings.Join(shown, ".")
	return l.at(node, at, "%s: %s: %s", of, at, p.text)
}

// placed is the element of a list at the places of a key, such as 0] or 0][2]; the node itself where it is no such list.
func placed(node ast.Node, places string) ast.Node {
	for place := range strings.SplitSeq(strings.TrimSuffix(places, "]"), "][") {
		list, ok := node.(*ast.SequenceNode)
		i, err := strconv.Atoi(place)
		if !ok || err != nil || i < 0 || i >= len(list.Values) {
			return node
		}
		node = list.Values[i]
	}
	return node
}

// isSection tells whether a key is the section of a type of resource.
func isSection(key string) bool {
	return slices.ContainsFunc(types(), func(name string) bool { return strings.ToLower(name) == key })
}

// older are the words of the first generation for keys of the second.
var older = map[string]string{"postprocessors": "postprocess", "format": "format_config"}

func (l loader) decode(node ast.Node, into any) error {
	if err := yaml.NodeToValue(node, into, yaml.Strict()); err != nil {
		return l.failed(err)
	}
	return nil
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
