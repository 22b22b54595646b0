package product

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"perigee/shared/fault"
	"perigee/shared/grid"
)

// check tells whether the parts of a configuration fit together; all that do not are joined into one error.
func check(c *Config, s source) error {
	k := checker{config: c, source: s, types: c.coverageTypes()}
	return k.all()
}

// maxErrors is how many mistakes are told at once.
const maxErrors = 100

func (k *checker) all() error {
	k.coverageTypes()
	k.collections()
	k.productTypes()
	k.sets()
	k.layers()
	return errors.Join(k.errs...)
}

type checker struct {
	config *Config
	source source
	types  map[string]CoverageType // by name, with the built-in ones
	own    map[string]int          // how many entries of a list the source holds, where others follow; nil: all
	errs   []error
}

// path is the place of a value: keys are strings, positions in lists are ints.
type path []any

func (p path) to(steps ...any) path { return append(slices.Clone(p), steps...) }

func (p path) String() string {
	var b strings.Builder
	for _, step := range p {
		switch v := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", v)
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(v)
		}
	}
	return b.String()
}

func (k *checker) refuse(at path, format string, args ...any) {
	if len(k.errs) >= maxErrors {
		return
	}
	at = k.named(at)
	k.errs = append(k.errs, k.source.At(k.node(at), at.String(), at.String()+": "+format, args...))
}

// named is a path that names an entry of a list which the source does not hold itself: a position would lead astray.
func (k *checker) named(at path) path {
	list, _ := at[0].(string)
	own, partly := k.own[list]
	if i, ok := step(at); ok && partly && i >= own {
		at = at.to()
		at[1] = k.nameOf(list, i)
	}
	return at
}

// step is the position in a list that the second step of a path is.
func step(at path) (int, bool) {
	if len(at) < 2 {
		return 0, false
	}
	i, ok := at[1].(int)
	return i, ok
}

func (k *checker) nameOf(list string, i int) string {
	switch list {
	case "coverageTypes":
		return k.config.CoverageTypes[i].Name
	case "productTypes":
		return k.config.ProductTypes[i].Name
	}
	return k.config.Layers[i].ID
}

// node finds the node at a path, or the nearest one above it.
func (k *checker) node(at path) ast.Node {
	for ; len(at) > 0; at = at[:len(at)-1] {
		builder := (&yaml.PathBuilder{}).Root()
		for _, step := range at {
			switch v := step.(type) {
			case int:
				builder = builder.Index(uint(v))
			case string:
				builder = builder.Child(v)
			}
		}
		if node, err := builder.Build().FilterNode(k.source.node); err == nil && node != nil {
			return node
		}
	}
	return k.source.node
}

func (k *checker) name(at path, name string, seen map[string]bool) {
	switch {
	case name == "":
		k.refuse(at, "a name is missing")
	case seen[name]:
		k.refuse(at, "the name %q is given twice", name)
	}
	seen[name] = true
}

func (k *checker) coverageTypes() {
	seen := map[string]bool{}
	for i, t := range k.config.CoverageTypes {
		at := path{"coverageTypes", i}
		k.name(at.to("name"), t.Name, seen)
		if len(t.Bands) == 0 {
			k.refuse(at.to("bands"), "the coverage type %q has no bands", t.Name)
		}
		for j, band := range t.Bands {
			if band.Identifier == "" {
				k.refuse(at.to("bands", j, "identifier"), "a band of %q has no identifier", t.Name)
			}
		}
	}
}

func (k *checker) collections() {
	for _, id := range slices.Sorted(maps.Keys(k.config.Collections)) {
		at, c := path{"collections", id}, k.config.Collections[id]
		for i, name := range c.ProductTypes {
			if _, ok := k.config.TypeNamed(name); !ok {
				k.refuse(at.to("product_types", i), "there is no product type %q", name)
			}
		}
		for i, name := range c.CoverageTypes {
			if _, ok := k.types[name]; !ok {
				k.refuse(at.to("coverage_types", i), "there is no coverage type %q", name)
			}
		}
	}
}

func (k *checker) productTypes() {
	seen := map[string]bool{}
	for i, t := range k.config.ProductTypes {
		at := path{"productTypes", i}
		k.name(at.to("name"), t.Name, seen)
		for j, id := range t.Collections {
			if _, ok := k.config.Collections[id]; !ok {
				k.refuse(at.to("collections", j), "the collection %q is not among collections", id)
			}
		}
		if _, ok := t.Browses[t.DefaultBrowse]; !ok && t.DefaultBrowse != "" {
			k.refuse(at.to("defaultBrowse"), "the product type %q has no browse %q", t.Name, t.DefaultBrowse)
		}
		k.browses(at, t, k.bands(at, t))
		for property, value := range t.Filter {
			if !filterable(value) {
				k.refuse(at.to("filter", property), "a filter compares with a text, a number, true or false, or a list of them")
			}
			if text, ok := value.(string); ok && strings.Contains(text, ": ") {
				k.refuse(at.to("filter", property), "the value is %q: between braces, a key that has a colon in it is written in quotes", text)
			}
		}
	}
}

// bands collects the identifiers that the browses of a product type may use.
func (k *checker) bands(at path, t Type) map[string]bool {
	bands := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(t.Coverages)) {
		coverage, ok := k.types[name]
		if !ok {
			k.refuse(at.to("coverages", name), "there is no coverage type %q", name)
		}
		if len(t.Coverages[name].Assets) == 0 {
			k.refuse(at.to("coverages", name, "assets"), "no asset is named that holds this coverage")
		}
		for _, band := range coverage.Bands {
			bands[band.Identifier] = true
		}
	}
	return bands
}

func (k *checker) browses(at path, t Type, bands map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(t.Browses)) {
		at, b := at.to("browses", name), t.Browses[name]
		if strings.Contains(name, Separator) {
			k.refuse(at, "the name of a browse must not hold %q", Separator)
		}
		colours := b.Red != nil || b.Green != nil || b.Blue != nil
		switch {
		case colours && b.Grey != nil:
			k.refuse(at, "a browse is grey or has red, green and blue, not both")
		case colours && (b.Red == nil || b.Green == nil || b.Blue == nil):
			k.refuse(at, "red, green and blue belong together")
		case !colours && b.Grey == nil && b.Asset == "":
			k.refuse(at, "a browse needs an asset, a grey channel, or red, green and blue")
		}
		k.styles(at, b)
		for key, channel := range b.channels() {
			k.channel(at.to(key), *channel, bands)
		}
	}
}

func (k *checker) channel(at path, c Channel, bands map[string]bool) {
	if strings.TrimSpace(c.Expression) == "" {
		k.refuse(at, "an expression is missing")
	}
	for _, name := range expressionNames(c.Expression) {
		if !bands[name] {
			k.refuse(at.to("expression"), "no coverage of the product type has a band %q", name)
		}
	}
	if len(c.Range) != 0 && (len(c.Range) != 2 || c.Range[0] >= c.Range[1]) {
		k.refuse(at.to("range"), "a range is two numbers, the lower one first")
	}
}

func (k *checker) layers() {
	seen := map[string]bool{}
	for i, l := range k.config.Layers {
		at := path{"layers", i}
		k.name(at.to("id"), l.ID, seen)
		base, _ := Split(l.ID)
		if _, ok := k.config.Collections[base]; !ok && base != "" {
			k.refuse(at.to("id"), "the layer %q shows no collection: %q is not among collections", l.ID, base)
		}
		for j, g := range l.Grids {
			k.grid(at.to("grids", j), g)
		}
		if l.ParentLayer != "" && !slices.ContainsFunc(k.config.Layers, func(o Layer) bool { return o.ID == l.ParentLayer }) {
			k.refuse(at.to("parentLayer"), "there is no layer %q", l.ParentLayer)
		}
		if k.circular(l) {
			k.refuse(at.to("parentLayer"), "the parents of %q lead back to it", l.ID)
		}
	}
}

// circular tells whether a layer is above itself. Being its own direct parent is how the original marks a top layer.
func (k *checker) circular(l Layer) bool {
	parents := map[string]string{}
	for _, o := range k.config.Layers {
		if o.ParentLayer != o.ID {
			parents[o.ID] = o.ParentLayer
		}
	}
	at := parents[l.ID]
	for range k.config.Layers {
		if at == l.ID {
			return true
		}
		at = parents[at]
	}
	return false
}

// maxSets is how many tile matrix sets a configuration may define: capabilities list them with all their levels.
const maxSets = 50

// sets checks the definitions of tile matrix sets.
func (k *checker) sets() {
	seen := map[string]bool{}
	for i, d := range k.config.Grids {
		at := path{"grids", i}
		if _, err := grid.New(d); err != nil {
			k.refuse(at.to(fault.LocatorOf(err)), "%s", err)
		}
		if seen[d.Name] || i >= maxSets {
			k.refuse(at.to("name"), "%q is defined twice, or is one of more than %d", d.Name, maxSets)
		}
		seen[d.Name] = true
	}
}

func (k *checker) grid(at path, g LayerGrid) {
	set, err := k.config.Sets().Named(g.Name)
	if err != nil {
		k.refuse(at.to("name"), "%s", err)
		return
	}
	if g.Zoom < 0 || g.Zoom >= set.Levels {
		k.refuse(at.to("zoom"), "%s has the levels 0 to %d", set.ID, set.Levels-1)
	}
}

var identifiers = regexp.MustCompile(`[0-9.]*[A-Za-z_][A-Za-z0-9_]*\s*\(?`)

// expressionNames lists the bands an expression uses: its names that are neither functions nor the exponent of a number.
func expressionNames(expression string) []string {
	var names []string
	for _, m := range identifiers.FindAllString(expression, -1) {
		if strings.HasSuffix(m, "(") || strings.ContainsRune("0123456789.", rune(m[0])) {
			continue
		}
		names = append(names, strings.TrimSpace(m))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
