package postprocess

import (
	"maps"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// The names of the postprocessors.
const (
	typeTitle       = "title"
	typeSentinel1   = "sentinel1"
	typeSentinel2   = "sentinel2"
	typeSentinel3   = "sentinel3"
	typeLandsat     = "landsat"
	typeDeclarative = "declarative"
	typeExternal    = "external"
)

// maker makes a postprocessor of its settings; at is their place, for messages.
type maker func(at string, kwargs map[string]any) (Postprocessor, error)

func makers() map[string]maker {
	return map[string]maker{
		typeTitle:       plain(Title),
		typeSentinel1:   ofProducts(sentinel1),
		typeSentinel2:   ofProducts(sentinel2, "asset_keys"),
		typeSentinel3:   ofProducts(sentinel3),
		typeLandsat:     ofProducts(landsat8),
		typeDeclarative: declarative,
		typeExternal:    external,
	}
}

// aliases are the Python class paths by which EOEPCA's configurations name postprocessors, whatever package they stood in.
var aliases = map[string]string{
	"postprocess_title":                        typeTitle,
	"TitlePostprocessor":                       typeTitle,
	"postprocess_sentinel1":                    typeSentinel1,
	"CREODIASOpenSearchSentinel1Postprocessor": typeSentinel1,
	"postprocess_sentinel2":                    typeSentinel2,
	"CREODIASOpenSearchSentinel2Postprocessor": typeSentinel2,
	"postprocess_sentinel3":                    typeSentinel3,
	"CREODIASOpenSearchSentinel3Postprocessor": typeSentinel3,
	"postprocess_landsat8":                     typeLandsat,
	"CREODIASOpenSearchLandsat8Postprocessor":  typeLandsat,
	"landsat8": typeLandsat,
}

// aliasModule is the Python module of the class paths.
const aliasModule = "harvester_eoepca.postprocess."

// Names lists the names of our postprocessors.
func Names() []string { return slices.Sorted(maps.Keys(makers())) }

// Lookup makes the postprocessor of a name, ours or a Python class path, with its settings.
func Lookup(name string, kwargs map[string]any) (Postprocessor, error) {
	return lookup("", "process", name, kwargs)
}

func lookup(at, key, name string, kwargs map[string]any) (Postprocessor, error) {
	known := name
	if alias, ok := aliases[strings.TrimPrefix(name, aliasModule)]; ok {
		known = alias
	}
	if isAddress(name) {
		if kwargs["url"] != nil {
			return nil, wrongAt(within(within(at, "kwargs"), "url"), "is given twice, here and as %s", key)
		}
		known, kwargs = typeExternal, maps.Clone(kwargs)
		if kwargs == nil {
			kwargs = map[string]any{}
		}
		kwargs["url"] = name
	}
	make, ok := makers()[known]
	if !ok {
		return nil, fault.At(fault.Invalid, within(at, key), "%s is %q, but the postprocessors are %s, the class paths of %s* that stand for them, and external services by their URL",
			within(at, key), name, strings.Join(Names(), ", "), aliasModule)
	}
	return make(within(at, "kwargs"), kwargs)
}

// plain is a postprocessor without settings.
func plain(p Postprocessor) maker {
	return func(at string, kwargs map[string]any) (Postprocessor, error) {
		k := settings{at: at, values: kwargs}
		return p, k.err()
	}
}

// within is the place of a key in a place.
func within(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}
