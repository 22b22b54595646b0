package wkt

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// scanner goes through a text.
type scanner struct {
	text   string
	at     int
	reader *Reader
}

func (s *scanner) fail(at int, format string, args ...any) error {
	return &Error{At: at, Message: fmt.Sprintf(format, args...)}
}

// expected is the failure to find what was wanted at the present place.
func (s *scanner) expected(wanted string) error {
	s.space()
	found := "the end"
	if s.at < len(s.text) {
		r, _ := utf8.DecodeRuneInString(s.text[s.at:])
		found = strconv.Quote(string(r))
	}
	return s.fail(s.at, "found %s where %s was expected", found, wanted)
}

func (s *scanner) space() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// sign takes the next character when it is that sign.
func (s *scanner) sign(sign byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == sign {
		s.at++
		return true
	}
	return false
}

// word gives the letters that follow, and takes them.
func (s *scanner) word() string {
	s.space()
	from := s.at
	for s.at < len(s.text) && (s.text[s.at]|0x20 >= 'a' && s.text[s.at]|0x20 <= 'z') {
		s.at++
	}
	return s.text[from:s.at]
}

// run is how many coordinates each position of a geometry has; its first one decides what is left open.
type run struct{ least, most int }

var dimensions = map[string]run{"": {2, 4}, "Z": {3, 3}, "M": {3, 3}, "ZM": {4, 4}}

// geometry reads a tagged text.
func (s *scanner) geometry(depth int) (orb.Geometry, error) {
	s.space()
	from := s.at
	word := s.word()
	kind, dimension, known := kindOf(word)
	if !known {
		s.at = from
		return nil, s.expected("a geometry (POINT, LINESTRING, POLYGON, MULTI… of these, GEOMETRYCOLLECTION)")
	}
	if dimension == "" {
		dimension = s.dimension()
	}
	if strings.EqualFold(s.peekWord(), "EMPTY") {
		return nil, s.fail(from, "the %s is empty: it has no place", kind)
	}
	coordinates := dimensions[dimension]
	if kind == "GEOMETRYCOLLECTION" {
		return s.collection(depth)
	}
	return s.positions(kind, &coordinates, from)
}

// dimension takes Z, M or ZM where it follows.
func (s *scanner) dimension() string {
	word := strings.ToUpper(s.peekWord())
	if _, known := dimensions[word]; !known {
		return ""
	}
	return strings.ToUpper(s.word())
}

func (s *scanner) peekWord() string {
	from := s.at
	word := s.word()
	s.at = from
	return word
}

func (s *scanner) collection(depth int) (orb.Geometry, error) {
	if depth == maxNesting {
		return nil, s.fail(s.at, "geometry collections are nested deeper than %d", maxNesting)
	}
	var all orb.Collection
	err := s.list(func() error {
		g, err := s.geometry(depth + 1)
		all = append(all, g)
		return err
	})
	return all, err
}

// positions reads the text of a geometry that is no collection.
func (s *scanner) positions(kind string, c *run, from int) (g orb.Geometry, err error) {
	switch kind {
	case "POINT":
		var p orb.Point
		p, err = s.point(c)
		g = p
	case "LINESTRING":
		var l orb.LineString
		l, err = s.line(c)
		g = l
	case "POLYGON":
		var p orb.Polygon
		p, err = s.polygon(c)
		g = p
	case "MULTIPOINT":
		g, err = s.multiPoint(c)
	case "MULTILINESTRING":
		g, err = many(s, func() (orb.LineString, error) { return s.line(c) }, func(all []orb.LineString) orb.Geometry { return orb.MultiLineString(all) })
	default:
		g, err = many(s, func() (orb.Polygon, error) { return s.polygon(c) }, func(all []orb.Polygon) orb.Geometry { return orb.MultiPolygon(all) })
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

// many reads a list of parts and makes one geometry of them.
func many[T any](s *scanner, part func() (T, error), whole func([]T) orb.Geometry) (orb.Geometry, error) {
	var all []T
	err := s.list(func() error {
		one, err := part()
		all = append(all, one)
		return err
	})
	return whole(all), err
}

// list reads parts between parentheses, one at least.
func (s *scanner) list(part func() error) error {
	if !s.sign('(') {
		return s.expected("(")
	}
	for {
		if err := part(); err != nil {
			return err
		}
		if s.sign(')') {
			return nil
		}
		if !s.sign(',') {
			return s.expected(", or )")
		}
	}
}

func (s *scanner) point(c *run) (orb.Point, error) {
	if !s.sign('(') {
		return orb.Point{}, s.expected("(")
	}
	p, err := s.position(c)
	if err == nil && !s.sign(')') {
		err = s.expected(")")
	}
	return p, err
}

// multiPoint reads points in parentheses of their own, as the standard has it, or bare ones, as many write them.
func (s *scanner) multiPoint(c *run) (orb.Geometry, error) {
	var all orb.MultiPoint
	err := s.list(func() error {
		read := s.position
		if s.space(); s.at < len(s.text) && s.text[s.at] == '(' {
			read = s.point
		}
		p, err := read(c)
		all = append(all, p)
		return err
	})
	return all, err
}

func (s *scanner) line(c *run) (orb.LineString, error) {
	s.space()
	from := s.at
	var all orb.LineString
	err := s.list(func() error {
		p, err := s.position(c)
		all = append(all, p)
		return err
	})
	if err == nil && len(all) < 2 {
		err = s.fail(from, "a line has two positions at least")
	}
	return all, err
}

func (s *scanner) polygon(c *run) (orb.Polygon, error) {
	var rings orb.Polygon
	err := s.list(func() error {
		s.space()
		from := s.at
		ring, err := s.line(c)
		if err == nil && (len(ring) < 4 || ring[0] != ring[len(ring)-1]) {
			err = s.fail(from, "a ring has four positions at least, the last of which is the first")
		}
		rings = append(rings, orb.Ring(ring))
		return err
	})
	return rings, err
}

// position reads the coordinates of one position; all positions of a geometry have as many as its first.
func (s *scanner) position(c *run) (orb.Point, error) {
	s.space()
	from := s.at
	if s.reader.positions++; s.reader.positions > MaxPositions {
		return orb.Point{}, s.fail(from, "there are more than %d positions", MaxPositions)
	}
	var values [4]float64
	n := 0
	for n < c.most && (n < c.least || s.numeric()) {
		v, err := s.number()
		if err != nil {
			return orb.Point{}, err
		}
		values[n] = v
		n++
	}
	c.least, c.most = n, n
	return orb.Point{values[0], values[1]}, nil
}

// numeric tells whether a number follows.
func (s *scanner) numeric() bool {
	s.space()
	return s.at < len(s.text) && strings.IndexByte("+-.0123456789", s.text[s.at]) >= 0
}

// number reads a finite number, which stands by itself.
func (s *scanner) number() (float64, error) {
	s.space()
	n := Number(s.text[s.at:])
	if n == 0 || !strings.ContainsRune(" \t\r\n,()", next(s.text[s.at+n:])) {
		return 0, s.expected("a number")
	}
	v, err := strconv.ParseFloat(s.text[s.at:s.at+n], 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, s.fail(s.at, "%.60s is not a number that can be reckoned with", s.text[s.at:s.at+n])
	}
	s.at += n
	return v, nil
}

// next is the character that a text begins with, a space at its end.
func next(text string) rune {
	if text == "" {
		return ' '
	}
	r, _ := utf8.DecodeRuneInString(text)
	return r
}

// Number tells how many bytes at the beginning of a text are a number: a sign, digits with a point somewhere before,
// after or among them, an exponent. It is 0 where the text begins with none.
func Number(text string) int {
	at := signed(text, 0)
	whole := digits(text, at)
	at, found := whole, whole > signed(text, 0)
	if at < len(text) && text[at] == '.' {
		fraction := digits(text, at+1)
		found = found || fraction > at+1
		at = fraction
	}
	if !found {
		return 0
	}
	if at < len(text) && text[at]|0x20 == 'e' {
		from := signed(text, at+1)
		if exponent := digits(text, from); exponent > from {
			at = exponent
		}
	}
	return at
}

func signed(text string, at int) int {
	if at < len(text) && (text[at] == '+' || text[at] == '-') {
		return at + 1
	}
	return at
}

func digits(text string, at int) int {
	for at < len(text) && text[at] >= '0' && text[at] <= '9' {
		at++
	}
	return at
}
