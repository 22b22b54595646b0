// Package wkt reads well-known text (OGC 06-103r4, clause 7) as it stands within the texts of filters: the geometry that
// a text begins with, and where it ends.
package wkt

import (
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// The bounds of what is read.
const (
	MaxPositions = 10_000 // of all geometries of a Reader
	maxNesting   = 4      // of collections within each other
)

// Error tells what is wrong with a text, and at which byte of it.
type Error struct {
	At      int
	Message string
}

// Error is the message, with the byte counted from 1.
func (e *Error) Error() string { return "at character " + strconv.Itoa(e.At+1) + ": " + e.Message }

// Reader reads geometries, which have no more than MaxPositions positions in all. Its zero value is ready.
type Reader struct{ positions int }

// Starts tells whether a word names a kind of geometry, so that the text it begins is one for Read.
func Starts(word string) bool {
	_, _, known := kindOf(word)
	return known
}

// Read reads the geometry that a text begins with, without regard to case, and tells how many bytes it takes. What
// follows is the caller's. Heights and measures are read and dropped. Lines have two positions at least, rings four and
// the last of them is the first; a geometry without positions is refused. That positions lie on the globe is not
// checked (geo.Check does), because their reference system is not known here. A failure is an *Error.
func (r *Reader) Read(text string) (orb.Geometry, int, error) {
	s := scanner{text: text, reader: r}
	g, err := s.geometry(0)
	if err != nil {
		return nil, 0, err
	}
	return g, s.at, nil
}

// kinds are the names of geometries.
var kinds = map[string]bool{
	"POINT": true, "LINESTRING": true, "POLYGON": true, "MULTIPOINT": true, "MULTILINESTRING": true, "MULTIPOLYGON": true,
	"GEOMETRYCOLLECTION": true,
}

// kindOf takes a word apart into a kind and the dimension that some write together with it: POINTZ.
func kindOf(word string) (kind, dimension string, known bool) {
	kind = strings.ToUpper(word)
	for _, suffix := range []string{"", "ZM", "Z", "M"} {
		if bare, found := strings.CutSuffix(kind, suffix); found && kinds[bare] {
			return bare, suffix, true
		}
	}
	return "", "", false
}
