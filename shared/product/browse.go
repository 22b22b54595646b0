package product

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"perigee/shared/record"
)

// channels are the channels that the browse has, by their keys in the configuration.
func (b Browse) channels() iter.Seq2[string, *Channel] {
	return func(yield func(string, *Channel) bool) {
		for _, c := range []struct {
			key     string
			channel *Channel
		}{{"red", b.Red}, {"green", b.Green}, {"blue", b.Blue}, {"grey", b.Grey}, {"alpha", b.Alpha}} {
			if c.channel != nil && !yield(c.key, c.channel) {
				return
			}
		}
	}
}

// IsZero tells whether the browse says nothing of how to draw.
func (b Browse) IsZero() bool {
	return b.Asset == "" && b.Red == nil && b.Green == nil && b.Blue == nil && b.Grey == nil && b.Alpha == nil
}

// BrowseOf finds how a product is to be drawn: the named browse of its product type, or of the rendering that was made
// for it when no type matched; an empty name asks for the default one.
func (c Config) BrowseOf(p record.Product, name string) (Browse, bool) {
	t, ok := c.TypeNamed(p.Type)
	if p.Type == "" {
		ok = len(p.Browses) > 0 && json.Unmarshal(p.Browses, &t) == nil
	}
	if !ok {
		return Browse{}, false
	}
	if name == "" {
		name = t.defaultBrowse()
	}
	browse, ok := t.Browses[name]
	return browse, ok
}

// BrowseNames lists the browses of a product type: the default one, then the others by name.
func (t Type) BrowseNames() []string {
	names := slices.Sorted(maps.Keys(t.Browses))
	first := t.defaultBrowse()
	if i := slices.Index(names, first); i > 0 {
		names = append([]string{first}, slices.Delete(names, i, i+1)...)
	}
	return names
}

// defaultBrowse is the configured default, else TRUE_COLOR, else the first by name (REG-29: a single browse is it).
func (t Type) defaultBrowse() string {
	if t.DefaultBrowse != "" {
		return t.DefaultBrowse
	}
	if _, ok := t.Browses[TrueColor]; ok || len(t.Browses) == 0 {
		return TrueColor
	}
	return slices.Min(slices.Collect(maps.Keys(t.Browses)))
}
