// Package geoparquet writes STAC items as stac-geoparquet 1.1.0
// (https://github.com/radiantearth/stac-geoparquet-spec), which is GeoParquet 1.1.0, and reads such files of whatever
// program: a row is an item, its properties are columns, its footprint is WKB, and what is nested stays so.
//
// Columns are of one type each, and know no difference between a member that is null and one that is missing. What an
// item has beyond them stands in one more column, unmapped, as JSON: the items that are read back are equal, as JSON, to
// those that were written. What is not kept is the order of members, which JSON gives no meaning, and how a number is
// spelt (10.0 comes back as 10).
package geoparquet

import (
	"slices"

	"perigee/shared/fault"
	"perigee/shared/parquet"
)

// MediaType is that of a file (IANA: application/vnd.apache.parquet).
const MediaType = "application/vnd.apache.parquet"

// The members of an item that are columns by themselves, and the column of what has none.
const (
	columnID         = "id"
	columnCollection = "collection"
	columnGeometry   = "geometry"
	columnBBox       = "bbox"
	columnVersion    = "stac_version"
	columnExtensions = "stac_extensions"
	columnLinks      = "links"
	columnAssets     = "assets"
	columnUnmapped   = "unmapped"

	memberType       = "type"
	memberProperties = "properties"
	typeFeature      = "Feature"
)

// fixed are the names of columns that are no properties.
var fixed = []string{memberType, columnID, columnCollection, columnGeometry, columnBBox, columnVersion, columnExtensions, columnLinks, columnAssets, memberProperties, columnUnmapped}

// times are the properties that are columns of timestamps (STAC 1.1.0 common metadata, date and time).
var times = []string{"datetime", "start_datetime", "end_datetime", "created", "updated", "published", "expires", "unpublished"}

// keyGeo and keySTAC are where a file tells of its geometries and of its collections.
const (
	keyGeo  = "geo"
	keySTAC = "stac-geoparquet"

	versionGeo  = "1.1.0"
	versionSTAC = "1.1.0"
)

// metadataGeo is what GeoParquet 1.1.0 tells of a file (format-specs/geoparquet.md). Without a crs, it is OGC:CRS84.
type metadataGeo struct {
	Version string                 `json:"version"`
	Primary string                 `json:"primary_column"`
	Columns map[string]metadataOne `json:"columns"`
}

type metadataOne struct {
	Encoding string    `json:"encoding"`
	Types    []string  `json:"geometry_types"`
	BBox     []float64 `json:"bbox,omitempty"`
	Covering *covering `json:"covering,omitempty"`
}

// covering names the columns that bound the geometries.
type covering struct {
	BBox struct {
		XMin [2]string `json:"xmin"`
		YMin [2]string `json:"ymin"`
		XMax [2]string `json:"xmax"`
		YMax [2]string `json:"ymax"`
	} `json:"bbox"`
}

func coveredBy(column string) *covering {
	c := &covering{}
	c.BBox.XMin, c.BBox.YMin = [2]string{column, "xmin"}, [2]string{column, "ymin"}
	c.BBox.XMax, c.BBox.YMax = [2]string{column, "xmax"}, [2]string{column, "ymax"}
	return c
}

// leaf is an optional column.
func leaf(name string, typ parquet.Type, logical parquet.Logical) *parquet.Node {
	return &parquet.Node{Name: name, Repetition: parquet.Optional, Type: typ, Logical: logical}
}

// group is an optional group.
func group(name string, children ...*parquet.Node) *parquet.Node {
	return &parquet.Node{Name: name, Repetition: parquet.Optional, Children: children}
}

// list is an optional list, in the three levels that the format prescribes (LogicalTypes, lists).
func list(name string, element *parquet.Node) *parquet.Node {
	element.Name = "element"
	repeated := &parquet.Node{Name: "list", Repetition: parquet.Repeated, Children: []*parquet.Node{element}}
	return &parquet.Node{Name: name, Repetition: parquet.Optional, Logical: parquet.List, Children: []*parquet.Node{repeated}}
}

// boxSides are the fields of the column bbox, of two dimensions or of three, in the order of a bbox.
func boxSides(three bool) []string {
	if three {
		return []string{"xmin", "ymin", "zmin", "xmax", "ymax", "zmax"}
	}
	return []string{"xmin", "ymin", "xmax", "ymax"}
}

func child(n *parquet.Node, name string) *parquet.Node {
	if i := slices.IndexFunc(n.Children, func(c *parquet.Node) bool { return c.Name == name }); i >= 0 {
		return n.Children[i]
	}
	return nil
}

func invalid(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
