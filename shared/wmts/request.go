package wmts

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// TileOutOfRange is the exception code for a row or column that a tile matrix does not have (07-057r7 table 24).
const TileOutOfRange ows.Code = "TileOutOfRange"

// anyTime is the value of the dimension that stands for all times, the newest on top.
const anyTime = "default"

// ParseTime reads a value of the time dimension: default, an instant, a day (a month, a year), or an interval whose ends
// are parted by "--", which goes into an address, or "/".
func ParseTime(s string) (record.Interval, error) {
	if s == "" || strings.EqualFold(s, anyTime) {
		return record.Interval{}, nil
	}
	i, err := record.ParseInterval(strings.Replace(s, "--", "/", 1))
	if err != nil {
		return record.Interval{}, ows.Invalid("time", "%v", err)
	}
	return i, nil
}

// DefaultStyle is the style of a request that names none.
const DefaultStyle = "default"

// parts are the parts of a tile's address as they were sent, whichever way.
type parts struct {
	layer, style, time, set, z, col, row, format string
}

// tile checks the parts and reports all that is wrong with them.
func (p parts) tile(sets grid.List) (Tile, error) {
	var errs []error
	t := Tile{Layer: p.layer, Style: p.style, Format: p.format}
	if t.Style == "" {
		t.Style = DefaultStyle
	}
	var err error
	if t.Time, err = ParseTime(p.time); err != nil {
		errs = append(errs, err)
	}
	if t.Set, err = sets.Named(p.set); err != nil {
		errs = append(errs, ows.Invalid("TileMatrixSet", "%v", err))
	}
	t.At = grid.Tile{Z: whole("TileMatrix", p.z, &errs), Col: whole("TileCol", p.col, &errs), Row: whole("TileRow", p.row, &errs)}
	if len(errs) == 0 {
		return t, inRange(t)
	}
	return t, errors.Join(errs...)
}

// whole reads a whole number, or notes that it is none.
func whole(name, value string, errs *[]error) int {
	n, err := strconv.Atoi(value)
	if err != nil {
		*errs = append(*errs, ows.Invalid(name, "%s is %q, not a whole number", name, value))
	}
	return n
}

// inRange checks that the set has the tile.
func inRange(t Tile) error {
	err := t.Set.Has(t.At)
	switch at := fault.LocatorOf(err); {
	case err == nil:
		return nil
	case at == "TileRow", at == "TileCol":
		return TileOutOfRange.At(fault.Invalid, at, "%v", err)
	default:
		return ows.Invalid(at, "%v", err)
	}
}

// kvpTile reads a GetTile request in key-value pairs (07-057r7 table 29).
func kvpTile(p *ows.Params, sets grid.List) (Tile, error) {
	p.Version(Version)
	got := parts{layer: p.Need("layer"), style: p.Get("style"), time: p.Get("time"), set: p.Need("tilematrixset"),
		z: p.Need("tilematrix"), col: p.Need("tilecol"), row: p.Need("tilerow"), format: kvpFormat(p)}
	if err := p.Err(); err != nil {
		return Tile{}, err
	}
	return got.tile(sets)
}

func kvpFormat(p *ows.Params) string {
	return p.Choice("format", png, mediaTypes...)
}

// restTile reads the address of a tile: {layer}/{style}[/{time}]/{set}/{z}/{row}/{col}.{ext}, each part escaped.
func restTile(path string, sets grid.List) (Tile, error) {
	segments, ext, err := address(path)
	if err != nil {
		return Tile{}, err
	}
	if len(segments) == 6 {
		segments = append(segments[:2:2], append([]string{anyTime}, segments[2:]...)...)
	}
	if len(segments) != 7 {
		return Tile{}, noResource(path)
	}
	p := parts{layer: segments[0], style: segments[1], time: segments[2], set: segments[3], z: segments[4], row: segments[5], col: segments[6]}
	return p.in(ext, sets)
}

// xyzTile reads {layer}/{z}/{x}/{y}.{ext}.
func xyzTile(path string, query *ows.Params, sets grid.List) (Tile, error) {
	segments, ext, err := address(path)
	if err != nil {
		return Tile{}, err
	}
	if len(segments) != 4 {
		return Tile{}, noResource(path)
	}
	p := parts{layer: segments[0], style: query.Get("style"), time: query.Get("time"), set: grid.GoogleMapsCompatible.ID,
		z: segments[1], col: segments[2], row: segments[3]}
	if err := query.Err(); err != nil {
		return Tile{}, err
	}
	return p.in(ext, sets)
}

// in completes the parts by the ending of the address.
func (p parts) in(ext string, sets grid.List) (Tile, error) {
	var known bool
	if p.format, known = formats[strings.ToLower(ext)]; !known {
		return Tile{}, ows.Invalid("format", "tiles end in .png, .jpg or .mixed, not %q", ext)
	}
	return p.tile(sets)
}

// address parts a path at its slashes and cuts the ending of the last part off.
func address(path string) (segments []string, ext string, err error) {
	segments = strings.Split(path, "/")
	for i, s := range segments {
		if segments[i], err = url.PathUnescape(s); err != nil || segments[i] == "" {
			return nil, "", noResource(path)
		}
	}
	last := len(segments) - 1
	segments[last], ext, _ = strings.Cut(segments[last], ".")
	return segments, ext, nil
}

func noResource(path string) error {
	return fault.New(fault.NotFound, "there is nothing at %q; the capabilities tell the addresses of tiles", path)
}
