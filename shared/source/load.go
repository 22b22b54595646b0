package source

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"perigee/shared/fault"
	"perigee/shared/plainyaml"
	"perigee/shared/yamlfile"
)

// Load reads the configuration of harvesters strictly: an unknown key, a wrong type or what is not supported yet is an
// error that names the file, line, column and key; those of several harvesters are reported together. The text holds the
// keys of EOEPCA's harvester by themselves, under `config`, or within the values of its chart under vs.harvester.config.
// name is the name of the file in messages.
func Load(name string, text []byte) (Config, error) {
	l := loader{yamlfile.File{Name: name}}
	return l.load(text)
}

// LoadOne reads the configuration of one harvester: in any form that Load reads, or as the harvester itself, without a list
// around it, which may lack its name. A configuration of several is one of the harvester with the name. A stranger may have
// written it: it is plain YAML, without anchors and what is nested deeply.
func LoadOne(harvester, name string, text []byte) (c Config, err error) {
	l := loader{yamlfile.File{Name: name}}
	if err := plainyaml.Check(name, text); err != nil {
		return c, err
	}
	defer func() {
		if recover() != nil {
			c, err = Config{}, fault.New(fault.Invalid, "%s: the text is not a well-formed configuration of a harvester", l.Name)
		}
	}()
	if body, wrong := l.document(text); wrong == nil && body != nil { // else Load tells what is wrong
		if one, wrong := l.Map(body); wrong == nil && yamlfile.Child(one, "resource") != nil {
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
	file, text, err := yamlfile.Setting(name, value, read)
	if err != nil {
		return Config{}, err
	}
	return Load(file, text)
}

// loader reads a text and tells where in it something is wrong.
type loader struct{ yamlfile.File }

// load reads the whole text. The YAML decoder panics on some texts that are not well formed; such a text is refused.
func (l loader) load(text []byte) (c Config, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Invalid, "%s: the text is not a well-formed configuration of harvesters", l.Name)
		}
	}()
	body, err := l.document(text)
	if err != nil || body == nil {
		return c, err
	}
	c.filesystems = map[string]filesystem{}
	if _, list := body.(*ast.SequenceNode); list { // the harvesters by themselves, as ad-hoc configurations have them
		return c, l.harvesters(body, &c)
	}
	root, err := l.Map(body)
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
		inner := yamlfile.Child(root, wrapper.first)
		for _, key := range wrapper.rest {
			if inner == nil {
				break
			}
			if root, err = l.Map(inner); err != nil {
				return nil, err
			}
			if inner = yamlfile.Child(root, key); inner == nil {
				return nil, nil
			}
		}
		if inner == nil {
			continue
		}
		if inner.Type() == ast.NullType {
			return nil, nil
		}
		if root, err = l.Map(inner); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func (l loader) document(text []byte) (ast.Node, error) {
	return l.Document(text, "a configuration of harvesters")
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
			errs = append(errs, l.At(e.Key, key, "unknown key %q", key))
		}
	}
	if harvesters := yamlfile.Child(root, "harvesters"); harvesters != nil && harvesters.Type() != ast.NullType {
		errs = append(errs, l.harvesters(harvesters, &c))
	}
	return c, errors.Join(errs...)
}

func (l loader) filesystems(at ast.Node, all map[string]filesystem) error {
	if at.Type() == ast.NullType {
		return nil
	}
	named, err := l.Map(at)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range named.Values {
		name := e.Key.GetToken().Value
		var f filesystem
		err := l.Decode(e.Value, &f)
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
	named, err := l.Map(at)
	if err != nil {
		return err
	}
	for _, e := range named.Values {
		add(e.Key.GetToken().Value, e.Value)
	}
	return errors.Join(errs...)
}

func (l loader) harvester(key string, node ast.Node, c *Config) error {
	at, err := l.Map(node)
	if err != nil {
		return err
	}
	name := key
	if given := yamlfile.Child(at, "name"); given != nil && given.GetToken() != nil {
		name = given.GetToken().Value
	}
	switch {
	case name == "":
		return l.At(node, "name", "a harvester has no name")
	case key != "" && name != key:
		return l.At(yamlfile.Child(at, "name"), "name", "the harvester %q calls itself %q", key, name)
	case slices.Contains(c.Names(), name):
		return l.At(node, "name", "there are two harvesters %q", name)
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
	if err := l.Decode(at, &strict); err != nil {
		return nil, err
	}
	tell := func(p *problem) error { return l.problem(at, "harvester "+name, p) }
	if _, err := readFilter(strict.Filter); err != nil {
		return nil, tell(wrong("filter", "%v", err))
	}
	var all map[string]any
	if err := l.Decode(at, &all); err != nil {
		return nil, err
	}
	all, twice := normal(all, "")
	if twice != nil {
		return nil, tell(twice)
	}
	e, err := read(all)
	if err != nil {
		return nil, l.At(at, "", "harvester %s: %v", name, err)
	}
	if p := e.problem(filesystems); p != nil {
		return nil, tell(p)
	}
	all["name"] = name
	return all, nil
}

// typed refuses a resource without a type, or of one that is not known, before its keys are looked at.
func (l loader) typed(name string, at *ast.MappingNode) error {
	node := yamlfile.Child(at, "resource")
	if node == nil {
		return l.At(at, "resource", "harvester %s: the key %q is missing here", name, "resource")
	}
	resource, err := l.Map(node)
	if err != nil {
		return err
	}
	given := yamlfile.Child(resource, "type")
	if given == nil {
		return l.At(node, "resource.type", "harvester %s: the key %q is missing here", name, "type")
	}
	if kind := given.GetToken().Value; !slices.Contains(types(), kind) {
		return l.At(given, "resource.type", "harvester %s: the type of resource %q is none of %s", name, kind, strings.Join(types(), ", "))
	}
	return nil
}

// problem tells what is wrong at the line of its key, or the nearest one above it: the keys of postprocessors may stand in
// lists, as in postprocessors[0].kwargs. A section that the first generation does not have is passed over.
func (l loader) problem(node ast.Node, of string, p *problem) error {
	var shown []string
	for part := range strings.SplitSeq(p.at, ".") {
		key, places, _ := strings.Cut(part, "[")
		parent, err := l.Map(node)
		if err != nil {
			parent = &ast.MappingNode{}
		}
		switch {
		case yamlfile.Child(parent, key) != nil:
			node = yamlfile.Child(parent, key)
		case yamlfile.Child(parent, older[key]) != nil:
			key = older[key]
			node = yamlfile.Child(parent, key)
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
	return l.At(node, at, "%s: %s: %s", of, at, p.text)
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
