package product

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"perigee/shared/fault"
	"perigee/shared/yamlfile"
)

// What an overlay may hold. The layers of a configuration are gone through often, each with all ways to look at it.
const (
	maxEntries = 500  // of a kind, browses of all product types among them
	maxName    = 200  // bytes of a name
	maxLayers  = 1000 // that an overlay adds
)

// LoadOverlay reads strictly what a workspace lays over the configuration of the system, and gives the whole. The text
// holds the keys of EOEPCA's `global` map, by themselves or below `global`, but for those of a deployment: nobody keeps
// credentials in it. Mistakes are told as by Load, those among them that are one only together with the system's
// configuration.
func LoadOverlay(name string, text []byte, system Config) (Config, error) {
	s := source{File: yamlfile.File{Name: name}}
	if err := s.plain(text); err != nil {
		return Config{}, err
	}
	v, err := s.decode(text)
	if err != nil {
		return Config{}, err
	}
	if err := s.belongs(v); err != nil {
		return Config{}, err
	}
	over := v.Config
	if err := s.bounded(over); err != nil {
		return Config{}, err
	}
	over.plainFilters()
	whole := system.Under(over)
	k := checker{config: &whole, source: s, types: whole.coverageTypes(), own: map[string]int{
		"coverageTypes": len(over.CoverageTypes), "productTypes": len(over.ProductTypes), "layers": len(over.Layers),
	}}
	if err := k.all(); err != nil {
		return Config{}, err
	}
	if n := whole.shown() - system.shown(); n > maxLayers {
		return Config{}, s.At(s.node, "collections", "these are %d layers more than the system has, at most %d are possible", n, maxLayers)
	}
	return whole, nil
}

// ReadOverlay reads what LoadOverlay took before, maybe that of a later version: what is not known is passed over.
func ReadOverlay(text []byte) (over Config, err error) {
	s := source{File: yamlfile.File{Name: "overlay"}, lenient: true}
	if err := s.plain(text); err != nil {
		return Config{}, err
	}
	v, err := s.decode(text)
	if err != nil {
		return Config{}, err
	}
	v.plainFilters()
	return v.Config, nil
}

// Under is the configuration with another one laid over it: what has the same name is replaced as a whole, the rest is
// added. What is laid over comes first, so that its product types take their items before those of c do. Neither is changed.
func (c Config) Under(over Config) Config {
	whole := Config{
		Metadata:      cmp.Or(over.Metadata, c.Metadata),
		Layers:        under(c.Layers, over.Layers, func(l Layer) string { return l.ID }),
		Collections:   maps.Clone(c.Collections),
		CoverageTypes: under(c.CoverageTypes, over.CoverageTypes, func(t CoverageType) string { return t.Name }),
		ProductTypes:  under(c.ProductTypes, over.ProductTypes, func(t Type) string { return t.Name }),
		Grids:         c.Grids,
	}
	if whole.Collections == nil {
		whole.Collections = map[string]Collection{}
	}
	maps.Copy(whole.Collections, over.Collections)
	return whole
}

func under[T any](lower, over []T, name func(T) string) []T {
	names := map[string]bool{}
	for _, one := range over {
		names[name(one)] = true
	}
	whole := slices.Clone(over)
	for _, one := range lower {
		if !names[name(one)] {
			whole = append(whole, one)
		}
	}
	return whole
}

// YAML writes the configuration in the keys that Load reads.
func (c Config) YAML() ([]byte, error) {
	text, err := yaml.MarshalWithOptions(c, yaml.OmitEmpty())
	return text, fault.Classify(fault.Internal, err, "writing a product configuration")
}

// YAMLToJSON writes as JSON what a text says that LoadOverlay took, or that YAML wrote.
func YAMLToJSON(text []byte) ([]byte, error) {
	out, err := yaml.YAMLToJSON(text)
	return out, fault.Classify(fault.Internal, err, "writing a product configuration as JSON")
}

// belongs refuses the keys that are a deployment's.
func (s source) belongs(v values) error {
	if s.node == nil {
		return nil
	}
	var errs []error
	for _, key := range []string{"vs", "spec"} {
		if node := yamlfile.Child(s.root, key); node != nil {
			errs = append(errs, s.At(node, key, "the key %q does not belong here: an overlay holds the keys of global, by themselves or below global", key))
		}
	}
	keys, err := s.Map(s.node)
	if err != nil {
		return err
	}
	for _, key := range []string{"env", "startup_scripts", "ingress", "storage", "grids"} {
		if node := yamlfile.Child(keys, key); node != nil {
			errs = append(errs, s.At(node, key, "the key %q is the deployment's: a workspace does not set it", key))
		}
	}
	return errors.Join(errs...)
}

// bounded refuses an overlay with more than can be gone through again and again.
func (s source) bounded(over Config) error {
	var errs []error
	check := func(what string, is, most int) {
		if is > most {
			errs = append(errs, s.At(s.node, what, "%s: these are %d, at most %d are possible", what, is, most))
		}
	}
	name := func(what, name string) {
		if len(name) > maxName {
			errs = append(errs, s.At(s.node, what, "%s: the name %.40q… has %d bytes, at most %d are possible", what, name, len(name), maxName))
		}
	}
	browses, members, stops := 0, 0, 0
	for _, t := range over.ProductTypes {
		browses, members = browses+len(t.Browses)+len(t.Masks), members+len(t.Collections)
		name("productTypes", t.Name)
		for browse, b := range t.Browses {
			name("browses", browse)
			for _, s := range b.Styles {
				name("styles", s.Name)
				stops += 1 + len(s.Stops)
			}
		}
	}
	for id := range over.Collections {
		name("collections", id)
		if id == "" {
			errs = append(errs, s.At(s.node, "collections", "collections: a name is missing"))
		}
	}
	for _, l := range over.Layers {
		name("layers", l.ID)
		check("layers.grids", len(l.Grids), 10)
	}
	check("layers", len(over.Layers), maxEntries)
	check("collections", len(over.Collections), maxEntries)
	check("coverageTypes", len(over.CoverageTypes), maxEntries)
	check("productTypes", len(over.ProductTypes), maxEntries)
	check("productTypes.browses", browses, maxEntries)
	check("productTypes.collections", members, maxEntries)
	check("productTypes.browses.styles.stops", stops, 10*maxEntries)
	return errors.Join(errs...)
}

// shown counts the layers that the collections and their browses are, were there data in all of them.
func (c Config) shown() int {
	n := len(c.Collections)
	for id := range c.Collections {
		n += len(c.browseNames(id))
	}
	return n
}
