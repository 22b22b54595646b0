package tilecache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
)

// AnyTime is the name of the zero time in keys and addresses.
const AnyTime = "default"

// longest is the length in bytes above which a part of a key is replaced by its hash: stores that keep objects as files
// take names of 255 bytes.
const longest = 180

// The media types of tiles, and the endings of their names.
const (
	PNG   = "image/png"
	JPEG  = "image/jpeg"
	Mixed = "image/vnd.jpeg-png" // JPEG where a tile is full, PNG where something shows through
)

// Formats are the media types in which tiles are kept.
func Formats() []string { return []string{PNG, JPEG, Mixed} }

// Key is the name of the object that holds a tile:
//
//	<workspace>/<layer>/<style>/<grid>/<time>/<z>/<x>/<y>.<ext>
//
// Every part is escaped, so that no layer, style or time leaves its place.
func (t Tile) Key() (string, error) {
	ext, err := Extension(t.Format)
	if err != nil {
		return "", err
	}
	parts := []string{part(t.Workspace), part(t.Layer), part(t.Style), part(t.Set.ID), part(TimeName(t.Time)),
		strconv.Itoa(t.At.Z), strconv.Itoa(t.At.Col), strconv.Itoa(t.At.Row)}
	return strings.Join(parts, "/") + "." + ext, nil
}

// place is what a tile is remembered by: all that its key tells, without the making of one.
type place struct {
	workspace, layer, style, set, format string
	from, to                             time.Time
	at                                   grid.Tile
}

func (t Tile) place() place {
	return place{t.Workspace, t.Layer, t.Style, t.Set.ID, t.Format, t.Time.Start.UTC(), t.Time.End.UTC(), t.At}
}

// Extension is the ending of the name of a tile of a media type.
func Extension(mediaType string) (string, error) {
	switch mediaType {
	case PNG:
		return "png", nil
	case JPEG:
		return "jpg", nil
	case Mixed:
		return "mixed", nil
	}
	return "", fault.At(fault.Invalid, "Format", "tiles are %s, not %q", strings.Join(Formats(), ", "), mediaType)
}

// TimeName writes a time without a slash: default, an instant, or start--end.
func TimeName(i record.Interval) string {
	if i.IsZero() {
		return AnyTime
	}
	return strings.ReplaceAll(i.String(), "/", "--")
}

// part escapes one part of a key, injectively: letters, digits, '-', '_', '.', ':' and '~' stand for themselves, except
// a leading '.' or '~', and a '_' that is the whole part; an empty part is '_'; a long one is '~' and its hash.
func part(s string) string {
	if s == "" {
		return "_"
	}
	if len(s) <= longest && isPlain(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) && (i > 0 || c != '.' && c != '~') && s != "_" {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() > longest {
		sum := sha256.Sum256([]byte(s))
		return "~" + hex.EncodeToString(sum[:])
	}
	return b.String()
}

// isPlain tells whether all of a part stands for itself.
func isPlain(s string) bool {
	for i := range len(s) {
		if !plain(s[i]) {
			return false
		}
	}
	return s[0] != '.' && s[0] != '~' && s != "_"
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.:~", c) >= 0
}
