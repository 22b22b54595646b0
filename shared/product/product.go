// Package product is the type system of data access as EOEPCA's view server configures it: product types, coverage
// types, collections and layers, read from the same YAML. Without I/O.
package product

import (
	"perigee/shared/filter"
	"perigee/shared/grid"
)

// Config is the part of EOEPCA's `global` values that says what products are and how they are shown.
type Config struct {
	Metadata      Metadata              `yaml:"metadata"`
	Layers        []Layer               `yaml:"layers"`
	Collections   map[string]Collection `yaml:"collections"`
	CoverageTypes []CoverageType        `yaml:"coverageTypes"`
	ProductTypes  []Type                `yaml:"productTypes"`

	Grids []grid.Definition `yaml:"grids" json:",omitempty"` // tile matrix sets beside the well-known ones; Perigee's own key
}

// Sets are the tile matrix sets that layers may be cached in: the well-known ones, and those that the configuration
// defines. A definition that Load did not take is left out.
func (c Config) Sets() grid.List {
	sets := grid.Sets()
	for _, d := range c.Grids {
		if set, err := grid.New(d); err == nil {
			sets = append(sets, set)
		}
	}
	return sets
}

// Type is a product type: which items it takes, where they are placed and how they look.
type Type struct {
	Name           string                     `yaml:"name" json:"name"`
	Filter         map[string]any             `yaml:"filter" json:"filter,omitempty"` // property -> scalar or list; all must equal
	Collections    []string                   `yaml:"collections" json:"collections,omitempty"`
	MetadataAssets []string                   `yaml:"metadata_assets" json:"metadata_assets,omitempty"`
	Coverages      map[string]CoverageSources `yaml:"coverages" json:"coverages,omitempty"` // by coverage type
	DefaultBrowse  string                     `yaml:"defaultBrowse" json:"default_browse,omitempty"`
	Browses        map[string]Browse          `yaml:"browses" json:"browses,omitempty"`
	Masks          map[string]Mask            `yaml:"masks" json:"masks,omitempty"`
}

// CoverageSources names the assets that hold a coverage, the first present one counts.
type CoverageSources struct {
	Assets []string `yaml:"assets" json:"assets,omitempty"`
}

// Browse is a way to look at a product: a ready-made picture (Asset), expressions over bands, or both; Grey or Red,
// Green and Blue, with Alpha where it is given.
type Browse struct {
	Asset string   `yaml:"asset" json:"asset,omitempty"`
	Red   *Channel `yaml:"red" json:"red,omitempty"`
	Green *Channel `yaml:"green" json:"green,omitempty"`
	Blue  *Channel `yaml:"blue" json:"blue,omitempty"`
	Grey  *Channel `yaml:"grey" json:"grey,omitempty"`
	Alpha *Channel `yaml:"alpha" json:"alpha,omitempty"`

	Styles []Style `yaml:"styles" json:"styles,omitempty"` // of a grey one, beside those that all have; the first is its default
}

// Channel is one colour of a browse: an expression over band identifiers, the value range that is stretched to
// 0..255, and the value that is transparent.
type Channel struct {
	Expression string    `yaml:"expression" json:"expression"`
	Range      []float64 `yaml:"range" json:"range,omitempty"`
	NoData     *float64  `yaml:"nodata" json:"nodata,omitempty"`
}

// Mask is a polygon or raster mask. Validity true: it marks what is valid; false: what is not. A raster marks where
// Expression over its bands is not zero; without one, where its first band is not.
type Mask struct {
	Validity   bool   `yaml:"validity" json:"validity"`
	Asset      string `yaml:"asset" json:"asset,omitempty"`
	Expression string `yaml:"expression" json:"expression,omitempty"`
}

// CoverageType describes the bands of a coverage.
type CoverageType struct {
	Name     string `yaml:"name"`
	DataType string `yaml:"data_type"`
	Bands    []Band `yaml:"bands"`
}

// Band describes a band of a coverage type.
type Band struct {
	Identifier  string     `yaml:"identifier"`
	Name        string     `yaml:"name"`
	Definition  string     `yaml:"definition"`
	Description string     `yaml:"description"`
	NilValues   []NilValue `yaml:"nil_values"`
	UOM         string     `yaml:"uom"`
	Wavelength  float64    `yaml:"wavelength"` // micrometres
}

// NilValue is a value that stands for no value, and why.
type NilValue struct {
	Reason string  `yaml:"reason"`
	Value  float64 `yaml:"value"`
}

// Collection says which product and coverage types a collection takes.
type Collection struct {
	ProductTypes  []string `yaml:"product_types"`
	ProductLevels []string `yaml:"product_levels"`
	CoverageTypes []string `yaml:"coverage_types"`
}

// Layer is a layer of the cache and the client.
type Layer struct {
	ID           string      `yaml:"id"`
	Title        string      `yaml:"title"`
	Abstract     string      `yaml:"abstract"`
	Style        string      `yaml:"style"`
	DisplayColor string      `yaml:"displayColor"`
	Grids        []LayerGrid `yaml:"grids"`
	ParentLayer  string      `yaml:"parentLayer"`
	Search       LayerSearch `yaml:"search"`
}

// LayerGrid says in which tile matrix set, and down to which level, a layer is cached.
type LayerGrid struct {
	Name string `yaml:"name"`
	Zoom int    `yaml:"zoom"`
}

// LayerSearch sets the client's histogram.
type LayerSearch struct {
	HistogramBinCount  int `yaml:"histogramBinCount"`
	HistogramThreshold int `yaml:"histogramThreshold"`
}

// Condition is the filter of a product type as the house's filter expression.
func (t Type) Condition() filter.Expr {
	var all filter.And
	for property, value := range t.Filter {
		all = append(all, filter.Compare{Op: filter.Equal, Left: filter.Property(property), Right: operand(value)})
	}
	return all
}

// operand is a value of a filter: a text is compared with whatever it writes.
func operand(value any) filter.Operand {
	if text, ok := value.(string); ok {
		return filter.Untyped{Text: text}
	}
	literal, ok := filter.Literal(value)
	if !ok { // cannot be: the configuration was checked
		return filter.Untyped{}
	}
	return literal
}
