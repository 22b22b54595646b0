package stac

import (
	"time"

	"perigee/shared/record"
)

// DecodeItem reads an item. All faults of the document come back joined, each located by its path. An item needs an id,
// a geometry, if only null, and a time; what else STAC asks for (links, stac_version, a bbox) may be missing.
func DecodeItem(raw []byte) (*Item, error) {
	r := &reader{}
	top, err := openDocument(r, raw, TypeItem)
	if err != nil {
		return nil, err
	}
	properties := top.get("properties").open()
	item := &Item{
		ID:         top.get("id").id(),
		Geometry:   top.get("geometry").footprint(),
		Time:       itemTime(properties),
		Properties: properties.plain(0),
		Assets:     assets(top.get("assets").open(), properties),
		Links:      links(top.get("links")),
		Raw:        raw,
	}
	if c := top.get("collection"); !c.absent() {
		item.Collection = c.id()
	}
	if top.get("properties").absent() {
		properties.fail("is missing")
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return item, nil
}

// itemTime is the interval of start_datetime and end_datetime (or the older start_time and end_time), else the instant
// of datetime; a datetime of null needs the interval (STAC 1.1.0 item-spec, datetime).
func itemTime(properties object) record.Interval {
	start, end := properties.first("start_datetime", "start_time"), properties.first("end_datetime", "end_time")
	at := properties.get("datetime")
	if start.absent() || end.absent() {
		if at.absent() {
			at.fail("is missing: an item needs it, or start_datetime and end_datetime")
		}
		return at.instant()
	}
	at.instant()
	i := record.Interval{Start: start.instant().Start, End: end.instant().End}
	if !i.Start.IsZero() && !i.End.IsZero() && i.End.Before(i.Start) {
		end.fail("lies before %s", start.path)
	}
	return i
}

// instant reads a date-time, or a date, which stands for the whole day; a time without a zone is UTC.
func (n node) instant() record.Interval {
	before := n.r.faults()
	text := n.text()
	if text == "" {
		if !n.absent() && n.r.faults() == before {
			n.fail("is empty")
		}
		return record.Interval{}
	}
	i, err := record.ParseInterval(text)
	if err != nil || i.Start.IsZero() || i.End.Sub(i.Start) > 24*time.Hour {
		n.fail("is %q, which is not a date-time such as 2026-04-30T10:00:31Z", text)
		return record.Interval{}
	}
	return i
}

// Links reads the links of an item or a collection that was decoded before, and nothing else of it.
func Links(raw []byte) ([]Link, error) {
	e, err := NewEditor(raw)
	if err != nil {
		return nil, err
	}
	return e.Links()
}

func links(n node) []Link {
	var all []Link
	for _, e := range n.list(maxMembers) {
		o := e.open()
		all = append(all, Link{
			Rel: o.get("rel").required(), Href: o.get("href").required(), Type: o.get("type").text(), Title: o.get("title").text(),
			Raw: e.raw,
		})
	}
	return all
}
