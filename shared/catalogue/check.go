package catalogue

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
)

// What a change may measure: whoever sends documents may be a stranger. Names have to fit into index entries together.
const (
	MaxChanges  = 1000     // of one Apply
	maxName     = 800      // bytes of an id, a collection, a layer
	maxHref     = 2000     // bytes
	maxTitle    = 10_000   // bytes
	maxAbstract = 1 << 20  // bytes
	maxKeywords = 1000     //
	maxLayers   = 100      //
	maxJSON     = 4 << 20  // bytes of properties, links, coverages or browses each
	maxNested   = 100      // levels of properties
	maxDocument = 64 << 20 // bytes
)

// checkTexts refuses what no text of the database can hold.
func checkTexts(texts ...string) error {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return fault.New(fault.Invalid, "a text is not valid UTF-8, or holds a zero character")
		}
	}
	return nil
}

// checkChange refuses a change that cannot be written, before anything is.
func checkChange(c record.Change) error {
	if err := checkNames(c); err != nil {
		return err
	}
	if c.Delete {
		return nil
	}
	if err := checkSizes(c); err != nil {
		return err
	}
	if err := checkTime(c.Record.Time); err != nil {
		return err
	}
	if c.Record.Footprint == nil {
		return nil
	}
	return geo.Check(c.Record.Footprint)
}

func checkNames(c record.Change) error {
	r := c.Record
	if err := checkTexts(r.ID, r.Collection, c.Source.Href, c.Source.Version); err != nil {
		return err
	}
	if strings.ContainsFunc(r.ID+r.Collection, unicode.IsControl) && !c.Delete {
		return fault.At(fault.Invalid, "id", "the id %q or the collection %q holds a control character: events could not name them", r.ID, r.Collection)
	}
	if r.ID == "" && !(c.Delete && c.Source.Href != "") {
		return fault.At(fault.Invalid, "id", "the record has no id")
	}
	if c.Anywhere && (c.Source.Href != "" || r.Collection != "") {
		return fault.At(fault.Internal, "collection", "the record %q is to be deleted in any collection, and from one place", r.ID)
	}
	if !c.Delete && r.Type == "" {
		return fault.At(fault.Internal, "type", "the record %q has no type", r.ID)
	}
	return firstTooLong(
		length{"id", len(r.ID), maxName}, length{"collection", len(r.Collection), maxName}, length{"type", len(r.Type), maxName},
		length{"href", len(c.Source.Href), maxHref}, length{"product_type", len(r.ProductType), maxName})
}

func checkSizes(c record.Change) error {
	r := c.Record
	texts := append([]string{r.Title, r.Abstract, r.MediaType, r.Type, r.ProductType}, r.Keywords...)
	lengths := []length{
		{"title", len(r.Title), maxTitle}, {"abstract", len(r.Abstract), maxAbstract}, {"document", len(r.Document), maxDocument},
		{"keywords", len(r.Keywords), maxKeywords}, {"layers", len(c.Layers), maxLayers},
	}
	for _, k := range r.Keywords {
		lengths = append(lengths, length{"keywords", len(k), maxTitle})
	}
	for _, l := range c.Layers {
		texts, lengths = append(texts, l), append(lengths, length{"layers", len(l), maxName})
	}
	for _, v := range c.Coverages {
		texts, lengths = append(texts, v.Href), append(lengths, length{"assets", len(v.Href), maxHref})
	}
	if err := checkTexts(texts...); err != nil {
		return err
	}
	return firstTooLong(lengths...)
}

// length is something that is counted, and how much it may be.
type length struct {
	what      string
	is, atMax int
}

func firstTooLong(lengths ...length) error {
	for _, l := range lengths {
		if l.is > l.atMax {
			return fault.At(fault.Invalid, l.what, "%s has the length %d, at most %d are possible", l.what, l.is, l.atMax)
		}
	}
	return nil
}

func checkTime(i record.Interval) error {
	if !i.Start.IsZero() && !i.End.IsZero() && i.End.Before(i.Start) {
		return fault.At(fault.Invalid, "datetime", "the time %s ends before it starts", i)
	}
	for _, t := range []struct {
		year  int
		given bool
	}{{i.Start.Year(), !i.Start.IsZero()}, {i.End.Year(), !i.End.IsZero()}} {
		if t.given && (t.year < 1 || t.year > 9999) {
			return fault.At(fault.Invalid, "datetime", "the year %d cannot be kept", t.year)
		}
	}
	return nil
}
