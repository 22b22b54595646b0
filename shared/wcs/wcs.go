// Package wcs is the Web Coverage Service 2.0.1 (OGC 09-110r4) with its Earth Observation application profile (OGC 10-140r1): the
// operations GetCapabilities, DescribeCoverage, DescribeEOCoverageSet and GetCoverage, by key-value pairs (09-147r3) and by XML
// (09-148r1), with the extensions for reference systems (11-053r1), range subsetting (12-040), scaling (12-039), interpolation
// (12-049) and GeoTIFF (12-100r1). Coverages are the rasters of the items of a catalogue, dataset series its collections and items.
package wcs

import (
	"context"
	"io"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The versions whose requests are answered; the answers are those of the first.
const (
	version201 = "2.0.1"
	version200 = "2.0.0"
)

// Store is where coverages are found and taken from.
type Store interface {
	// Contents is what capabilities list: the dataset series and the coverages that stand alone; with a condition (OGC CQL), the
	// coverages of the products that it selects.
	Contents(ctx context.Context, sc scope.Scope, conditions Conditions) (Contents, error)
	// Coverages finds coverages by their identifiers, in the order of these. Those that are not there are left out.
	Coverages(ctx context.Context, sc scope.Scope, ids []string) ([]Coverage, error)
	// Set finds the coverages and series that identifiers stand for. Identifiers of nothing are in Unknown.
	Set(ctx context.Context, sc scope.Scope, q SetQuery) (Set, error)
	// Cut plans to take a part out of a coverage. What there is not is an Invalid failure: located at "subset" where that lies
	// outside, at "crs" where a system is not known, at "format", "scale" and "size".
	Cut(ctx context.Context, sc scope.Scope, c Cut) (Piece, error)
}

// Conditions confine what capabilities list (OGC CQL); empty ones do not.
type Conditions struct {
	Products string
	Series   string
}

// Contents is what capabilities list in one state.
type Contents struct {
	Coverages []Coverage
	Series    []Series
	Sequence  int64 // of the state, higher for a later one; 0: not known
}

// Coverage is a raster of an item.
type Coverage struct {
	ID        string // an NCName: see Identifier
	Product   string // the item that it is of
	Parent    string // the collection of the item
	Time      record.Interval
	Footprint orb.Geometry // longitude and latitude
	Grid      geo.Grid
	Fields    []Field
	Source    any // for Store itself
}

// Field is a band of a coverage.
type Field struct {
	Name        string
	Description string
	NoData      *float64
}

// Series is a dataset series: a collection, or an item with its coverages.
type Series struct {
	ID     string // an NCName
	Title  string
	Bounds orb.Bound // longitude and latitude
	Time   record.Interval
}

// SetQuery asks for what belongs to some identifiers, each of a collection, an item or a coverage.
type SetQuery struct {
	IDs       []string
	Area      orb.Geometry // longitude and latitude; nil: anywhere
	Time      record.Interval
	Contained bool // footprint and time lie within these, and do not only meet them
	Start     int  // of the coverages and series, those that are passed over
	Count     int  // of the coverages and series, at most so many
	Coverages bool // are wanted
	Series    bool // are wanted
}

// Set is an answer to a SetQuery.
type Set struct {
	Series    []Series
	Coverages []Coverage
	Matched   int      // there are in all
	Unknown   []string // identifiers of nothing
}

// Cut is what is to be taken out of a coverage, and as what.
type Cut struct {
	Coverage      Coverage
	Fields        []int   // by their places; none: all
	SubsettingCRS geo.CRS // of Min and Max; 0: that of the coverage
	Min, Max      [2]*float64
	OutputCRS     geo.CRS // 0: that of the coverage
	Scale         [2]Scale
	Interpolation string // one of Interpolations; empty: the nearest pixel
	Format        string // media type
	GeoTIFF       GeoTIFF
}

// Scale says how many pixels come out along an axis; the zero value leaves them.
type Scale struct {
	Size   int
	Factor float64
}

// GeoTIFF is how a GeoTIFF is encoded (12-100r1 table 3).
type GeoTIFF struct {
	Compression string // one of Compressions; empty: none
	Quality     int    // of JPEG; 0: the usual one
	Predictor   int    // 2: of neighbours, 3: of floating point numbers; 0: none
	ByBand      bool
	Tile        [2]int // zero: strips
}

// Piece is a part of a coverage that can be made.
type Piece interface {
	// Place is the grid of the part.
	Place() geo.Grid
	// EntityTag is the same for the same file, without quotes.
	EntityTag() string
	// Open makes the file, or as much of it as is needed to read it. Making it, and each reading, is given up after some time.
	Open(ctx context.Context, patience time.Duration) (Content, error)
}

// Content is the bytes of a file and how many there are.
type Content interface {
	io.ReadSeeker
	Size() int64
}

// Config is what a service says of itself and how much it gives.
type Config struct {
	Service      ows.Service
	CRS          []geo.CRS                  // that are advertised; any that the store knows can be asked for
	Formats      []string                   // by media type, the native one first
	Extensions   func(format string) string // of the names of files
	CountDefault int                        // descriptions in one answer at most; 0 stands for 100
	Downloads    int                        // at the same time; others are told to come back. 0 stands for 4
	Timeout      time.Duration              // of everything but reading on; 0 stands for 50 s
	Patience     time.Duration              // with a reader who takes nothing; 0 stands for half a minute
}

func (c Config) withDefaults() Config {
	if len(c.CRS) == 0 {
		c.CRS = []geo.CRS{geo.WGS84, geo.WebMercator, 3035}
	}
	if c.CountDefault <= 0 {
		c.CountDefault = 100
	}
	if c.Downloads <= 0 {
		c.Downloads = 4
	}
	if c.Timeout <= 0 {
		c.Timeout = 50 * time.Second
	}
	if c.Patience <= 0 {
		c.Patience = 30 * time.Second
	}
	return c
}
