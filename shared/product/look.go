package product

import (
	"maps"
	"slices"
	"strings"
)

// LookKind is what a layer draws of products.
type LookKind string

// The kinds of looks.
const (
	LookPicture  LookKind = "picture"  // a browse
	LookOutlines LookKind = "outlines" // the lines of footprints
	LookOutlined LookKind = "outlined" // the default browse with the lines of footprints
	LookMask     LookKind = "mask"     // the area of a mask
	LookHeatmap  LookKind = "heatmap"  // how many footprints lie over each other
)

// Look is a way of looking at products, as the name of a layer tells it behind the first separator (RND-03).
type Look struct {
	Kind   LookKind
	Browse string // of a picture; empty for the default one
	Mask   string // by which the look is cut out, or that it shows; empty: none
}

// The beginnings of the names of looks that a mask cuts out.
const (
	maskedPrefix         = "masked_"
	outlinesMaskedPrefix = "outlines_masked_"
)

// ParseLook reads what stands behind the first separator of a layer's name: nothing or bands, outlines, outlined,
// heatmap, the name of a browse or of a mask, masked_ or outlines_masked_ before the name of a mask, and the name of a
// browse with another separator and masked_ and the name of a mask. It is not ok for any other text, nor for browses and
// masks that are not among those given.
func ParseLook(suffix string, browses, masks []string) (look Look, ok bool) {
	switch suffix {
	case "", "bands":
		return Look{Kind: LookPicture}, true
	case "outlines":
		return Look{Kind: LookOutlines}, true
	case "outlined":
		return Look{Kind: LookOutlined}, true
	case "heatmap":
		return Look{Kind: LookHeatmap}, true
	}
	if slices.Contains(browses, suffix) {
		return Look{Kind: LookPicture, Browse: suffix}, true
	}
	if slices.Contains(masks, suffix) {
		return Look{Kind: LookMask, Mask: suffix}, true
	}
	if mask, ok := strings.CutPrefix(suffix, outlinesMaskedPrefix); ok && slices.Contains(masks, mask) {
		return Look{Kind: LookOutlines, Mask: mask}, true
	}
	browse := ""
	if before, after, double := strings.Cut(suffix, Separator); double {
		if browse, suffix = before, after; !slices.Contains(browses, browse) {
			return Look{}, false
		}
	}
	mask, ok := strings.CutPrefix(suffix, maskedPrefix)
	return Look{Kind: LookPicture, Browse: browse, Mask: mask}, ok && slices.Contains(masks, mask)
}

// String is what ParseLook reads.
func (l Look) String() string {
	switch {
	case l.Kind == LookPicture && l.Mask != "" && l.Browse != "":
		return l.Browse + Separator + maskedPrefix + l.Mask
	case l.Kind == LookPicture && l.Mask != "":
		return maskedPrefix + l.Mask
	case l.Kind == LookPicture:
		return l.Browse
	case l.Kind == LookOutlines && l.Mask != "":
		return outlinesMaskedPrefix + l.Mask
	case l.Kind == LookMask:
		return l.Mask
	}
	return string(l.Kind)
}

// MaskNames lists the masks of a product type by name.
func (t Type) MaskNames() []string { return slices.Sorted(maps.Keys(t.Masks)) }

// Browses lists the browses of the product types that place their items in a collection.
func (c Config) Browses(collection string) []string { return c.browseNames(collection) }

// Masks lists the masks of the product types that place their items in a collection.
func (c Config) Masks(collection string) []string {
	var names []string
	for _, t := range c.ProductTypes {
		if !slices.Contains(t.Collections, collection) {
			continue
		}
		for _, name := range t.MaskNames() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
