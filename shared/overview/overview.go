// Package overview says what overview mosaics are, and where they are kept. An overview mosaic holds raw bands of all that
// a layer shows, the newest on top, in chunks of a fixed grid: a map of much of the world reads a few of them, however
// many products there are. The finest chunks are made of products, each of the others of the four below it; each tells
// at which revisions of the catalogue it was made.
package overview

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/record"
)

// Side is how many pixels a chunk has in each direction. A chunk is a tile of Grid, drawn with twice the pixels: as fine
// as the tiles of the next level.
const Side = 2 * grid.TileSize

// Finest is the level of the finest chunks, which are as fine as the tiles of level 6.
const Finest = 5

// Grid is the grid of the chunks.
func Grid() grid.Set { return grid.GoogleMapsCompatible }

// Chunk is a part of the overview mosaic of a layer.
type Chunk struct {
	Workspace string
	Layer     string
	At        grid.Tile
}

// Prefix is where in the bucket of the cache chunks lie.
const Prefix = "overviews/"

// Key is the name of the object that holds a chunk.
func (c Chunk) Key() string {
	return Prefix + strings.Join([]string{part(c.Workspace), part(c.Layer), strconv.Itoa(c.At.Z), strconv.Itoa(c.At.Col), strconv.Itoa(c.At.Row)}, "/") + ".tif"
}

// longest is the length in bytes above which a part of a key is replaced by its hash: stores that keep objects as files
// take names of 255 bytes.
const longest = 180

// part escapes a part of a key; an empty one is "_".
func part(s string) string {
	if s == "" {
		return "_"
	}
	escaped := strings.NewReplacer("_", "%5F", ".", "%2E", "~", "%7E").Replace(url.PathEscape(s))
	if len(escaped) <= longest {
		return escaped
	}
	sum := sha256.Sum256([]byte(s))
	return "~" + hex.EncodeToString(sum[:])
}

// Children are the chunks that a chunk is made of; none of the finest.
func (c Chunk) Children() []Chunk {
	if c.At.Z >= Finest {
		return nil
	}
	var all []Chunk
	for i := range 4 {
		child := c
		child.At = grid.Tile{Z: c.At.Z + 1, Col: 2*c.At.Col + i%2, Row: 2*c.At.Row + i/2}
		all = append(all, child)
	}
	return all
}

// Level is the level whose chunks are as fine as pixels of a size in Web Mercator's metres, or a little finer; false when
// none is.
func Level(pixel float64) (z int, ok bool) {
	const alike = 1.01
	for z = 0; z <= Finest; z++ {
		if Grid().Resolution(z)/2 <= pixel*alike {
			return z, true
		}
	}
	return 0, false
}

// Meta is what is told of a chunk, as metadata of its object.
type Meta struct {
	Revisions []int64  // of the workspaces that the layer shows, at which it was made
	State     State    //
	Bands     []string // in the order of the file
	Kind      string   // the data type, by GDAL's name
	NoData    float64  // the value that stands for none; NaN with floating point numbers
	Type      string   // the product type of all that it shows
}

// State says what a chunk holds.
type State string

// The states.
const (
	Filled State = "filled"
	Empty  State = "empty" // nothing that has data
	Apart  State = "apart" // products whose bands cannot be put together: the products have to be read
)

// The names of the metadata.
const (
	metaRevisions = "revision"
	metaState     = "state"
	metaBands     = "bands"
	metaKind      = "kind"
	metaNoData    = "nodata"
	metaType      = "type"
)

// Map writes the metadata.
func (m Meta) Map() map[string]string {
	all := map[string]string{metaRevisions: revisions(m.Revisions), metaState: string(m.State)}
	if m.State == Filled {
		var bands []string
		for _, b := range m.Bands {
			bands = append(bands, url.QueryEscape(b))
		}
		all[metaBands], all[metaKind] = strings.Join(bands, ","), m.Kind
		all[metaNoData], all[metaType] = strconv.FormatFloat(m.NoData, 'g', -1, 64), url.QueryEscape(m.Type)
	}
	return all
}

func revisions(all []int64) string {
	var texts []string
	for _, r := range all {
		texts = append(texts, strconv.FormatInt(r, 10))
	}
	return strings.Join(texts, ".")
}

// ParseMeta reads what Map wrote; false for anything else.
func ParseMeta(all map[string]string) (m Meta, ok bool) {
	for text := range strings.SplitSeq(all[metaRevisions], ".") {
		r, err := strconv.ParseInt(text, 10, 64)
		if err != nil || r < 0 {
			return Meta{}, false
		}
		m.Revisions = append(m.Revisions, r)
	}
	if m.State = State(all[metaState]); m.State != Filled {
		return m, m.State == Empty || m.State == Apart
	}
	for text := range strings.SplitSeq(all[metaBands], ",") {
		band, err := url.QueryUnescape(text)
		if err != nil || band == "" {
			return Meta{}, false
		}
		m.Bands = append(m.Bands, band)
	}
	var err, notType error
	m.NoData, err = strconv.ParseFloat(all[metaNoData], 64)
	m.Type, notType = url.QueryUnescape(all[metaType])
	m.Kind = all[metaKind]
	return m, err == nil && notType == nil && slices.Contains([]string{"UInt16", "Int16", "Float32"}, m.Kind)
}

// At tells whether a chunk was made at revisions.
func (m Meta) At(revisions []int64) bool { return slices.Equal(m.Revisions, revisions) }

// Cover is a chunk as a coverage: an object of a state, which is what the metadata say.
func (c Chunk) Cover(m Meta, href, etag string) record.Coverage {
	b := Grid().Bounds(c.At)
	pixel := (b.Max[0] - b.Min[0]) / Side
	cover := record.Coverage{Asset: "overview", Href: href, ETag: etag, Grid: geo.Grid{
		CRS: Grid().CRS, Transform: [6]float64{b.Min[0], pixel, 0, b.Max[1], 0, -pixel}, Width: Side, Height: Side,
		BlockWidth: grid.TileSize, BlockHeight: grid.TileSize, DataType: m.Kind, Bands: len(m.Bands), NoData: noData(m.NoData),
	}}
	for i, name := range m.Bands {
		cover.Bands = append(cover.Bands, record.Band{Name: name, Index: i + 1, NoData: noData(m.NoData)})
	}
	return cover
}

func noData(v float64) *float64 {
	if math.IsNaN(v) {
		return nil // what is no number is no data anyway
	}
	return &v
}
