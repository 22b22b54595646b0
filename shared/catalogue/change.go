package catalogue

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// change is a change that was checked and made ready to be written.
type change struct {
	index int // among those that were given
	record.Change
	time       time.Time // by which changes of the same thing are ordered
	version    string    // of the record: by its content
	layers     []string
	footprint  []byte
	properties []byte
	links      []byte
	coverages  []byte
	text       string
	words      string
}

// anyCollection is what the tombstone of an id is kept under that counts in all collections. No collection is called like
// that, for it could not be named by events.
const anyCollection = "\x01"

// newChange checks and prepares a change for a workspace. One without a time counts as asked for now.
func newChange(index int, workspace string, given record.Change, now time.Time) (*change, error) {
	c := &change{index: index, Change: given, time: micro(given.Source.Time)}
	c.Record.Workspace = workspace
	if given.Source.Time.IsZero() {
		c.time = now
	}
	if err := checkChange(given); err != nil || given.Delete {
		if given.Delete && given.Anywhere {
			c.Record.Collection = anyCollection
		}
		return c, err
	}
	if err := c.encode(); err != nil {
		return c, err
	}
	text := filter.TextOf(c.Record)
	c.text = strings.ToLower(text)
	c.words = strings.Join(filter.Words(c.text), " ")
	return c, nil
}

func (c *change) encode() (err error) {
	r := &c.Record
	if r.Keywords == nil {
		r.Keywords = []string{}
	}
	c.layers = slices.Compact(slices.Sorted(slices.Values(c.Layers)))
	if c.footprint, err = encode(r.Footprint); err != nil {
		return err
	}
	if c.properties, err = marshal("properties", r.Properties, "{}"); err != nil {
		return err
	}
	if c.links, err = marshal("links", r.Links, "[]"); err != nil {
		return err
	}
	if c.coverages, err = marshal("assets", c.Coverages, "[]"); err != nil {
		return err
	}
	if c.Browses, err = browses(c.Browses); err != nil {
		return err
	}
	c.version = c.digest()
	return nil
}

func browses(given json.RawMessage) (json.RawMessage, error) {
	if len(given) == 0 {
		return nil, nil
	}
	return marshal("browses", given, "null")
}

// marshal writes JSON as the database takes it.
func marshal(what string, v any, empty string) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fault.At(fault.Invalid, what, "%s cannot be written as JSON: %w", what, err)
	}
	if string(text) == "null" {
		return []byte(empty), nil
	}
	if len(text) > maxJSON {
		return nil, fault.At(fault.Invalid, what, "%s has %d bytes as JSON, at most %d are possible", what, len(text), maxJSON)
	}
	if depth(text) > maxNested {
		return nil, fault.At(fault.Invalid, what, "%s is nested deeper than %d", what, maxNested)
	}
	if bytes.Contains(text, []byte(`\u0000`)) {
		return nil, fault.At(fault.Invalid, what, "%s holds a zero character", what)
	}
	return text, nil
}

// depth is how deep objects and arrays are nested in JSON.
func depth(text []byte) int {
	deepest, level, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			level++
			deepest = max(deepest, level)
		case b == '}' || b == ']':
			level--
		}
	}
	return deepest
}

// digest identifies everything that a record says and shows, so that the same registered again is known as such.
func (c *change) digest() string {
	hash := sha256.New()
	add := func(parts ...[]byte) {
		for _, part := range parts {
			length := len(part)
			hash.Write([]byte{byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length)})
			hash.Write(part)
		}
	}
	r := c.Record
	add(r.Document, []byte(r.MediaType), []byte(r.Type), []byte(r.Title), []byte(r.Abstract), []byte(r.ProductType))
	add([]byte(r.Time.String()), c.footprint, c.properties, c.links, c.coverages, c.Browses)
	for _, list := range [][]string{r.Keywords, c.layers} {
		add([]byte(strings.Join(list, "\x00")))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// drawable tells whether the change's record has something to draw, standalone whether it is a layer by itself.
func (c *change) drawable() bool   { return len(c.Coverages) > 0 }
func (c *change) standalone() bool { return c.drawable() && c.Record.ProductType == "" }
