// Package tilecache keeps drawn tiles as objects and serves them while they are current. Every stored tile carries the
// revision of the catalogue it was drawn at; an instance holds the revisions in memory and refreshes them with one
// small query a second, so that a hit asks nobody whether it is still fresh, and nothing is ever listed or swept.
package tilecache

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/grid"
	"perigee/shared/record"
)

// Tile is the address of a tile of a layer.
type Tile struct {
	Workspace string
	Layer     string // as it is asked for, e.g. S2L2A__NDVI
	Style     string
	Set       grid.Set
	Time      record.Interval // zero: any time, the newest on top
	At        grid.Tile
	Format    string // media type: PNG, JPEG or Mixed
}

// Question is a tile with what decides whether a kept copy of it will do.
type Question struct {
	Tile
	Workspaces []string // whose records the layer shows, in a fixed order
	Subject    string   // the layer or item whose revisions count
	Keep       bool     // the tile is kept in the store; otherwise it is drawn and at most remembered in memory
	Unverified bool     // nobody could tell whether the layer exists: what is kept is served, however old
}

// Block is a rectangle of tiles that are drawn together. Its tile is the upper left one.
type Block struct {
	Tile
	Cols, Rows int
	Buffer     int   // pixels around the block that are drawn too, and not given: what reaches over a border is whole
	Products   int64 // revision of the workspace's own products that it must be drawn with, or a later one; 0: it has none
	Revision   int64 // of the workspace, which whoever draws must know of
}

// Picture is one encoded tile.
type Picture struct {
	Body      []byte
	MediaType string
	Empty     bool // nothing is on it; the body may be left out
}

// Drawn is one tile of a block as the renderer hands it over.
type Drawn struct {
	Col, Row int // in the tile matrix set
	Picture
	Stale bool // it shows an earlier state than the one it was asked for at: it is given and not kept
}

// State says where a tile came from; it is told in the header Perigee-Cache.
type State string

// The states.
const (
	Memory State = "memory" // remembered by this instance
	Hit    State = "hit"    // read from the store
	Miss   State = "miss"   // drawn for this request
	Empty  State = "empty"  // nothing was ever registered around it
	Stale  State = "stale"  // kept, but nobody could tell whether it is current
)

// Answer is a tile ready to be sent.
type Answer struct {
	Picture
	ETag     string // strong, without quotes
	Modified time.Time
	State    State
}

// Stamp tells which state of the world a tile shows: the configuration of its layer, and the revision of the catalogue
// for each workspace that the layer shows.
type Stamp struct {
	Made      string
	Revisions []int64
}

// String writes the revisions for an object's metadata, separated by dots.
func (s Stamp) String() string {
	parts := make([]string, len(s.Revisions))
	for i, r := range s.Revisions {
		parts[i] = strconv.FormatInt(r, 10)
	}
	return strings.Join(parts, ".")
}

// ParseStamp reads what String wrote; ok is false for anything else.
func ParseStamp(made, revisions string) (s Stamp, ok bool) {
	s.Made = made
	if revisions == "" {
		return s, false
	}
	for part := range strings.SplitSeq(revisions, ".") {
		r, err := strconv.ParseInt(part, 10, 64)
		if err != nil || r < 0 {
			return Stamp{}, false
		}
		s.Revisions = append(s.Revisions, r)
	}
	return s, true
}

// Equal tells whether both show the same state.
func (s Stamp) Equal(o Stamp) bool { return s.Made == o.Made && slices.Equal(s.Revisions, o.Revisions) }

// ahead tells whether s knows of a revision that o does not.
func (s Stamp) ahead(o Stamp) bool {
	if s.Made != o.Made || len(s.Revisions) != len(o.Revisions) {
		return false
	}
	for i, r := range s.Revisions {
		if r > o.Revisions[i] {
			return true
		}
	}
	return false
}

// block is the aligned block of size x size tiles that holds t, cut at the border of the set.
func (t Tile) block(size int) Block {
	cols, rows := t.Set.Size(t.At.Z)
	b := Block{Tile: t}
	b.At.Col, b.At.Row = t.At.Col-t.At.Col%size, t.At.Row-t.At.Row%size
	b.Cols, b.Rows = min(size, cols-b.At.Col), min(size, rows-b.At.Row)
	return b
}

// tiles lists the addresses of a block in row order.
func (b Block) tiles() []grid.Tile {
	var all []grid.Tile
	for row := range b.Rows {
		for col := range b.Cols {
			all = append(all, grid.Tile{Z: b.At.Z, Col: b.At.Col + col, Row: b.At.Row + row})
		}
	}
	return all
}
