package stac

import (
	"cmp"

	"perigee/shared/record"
)

// Record is what filters and searches know of an item: its identity but for the workspace, and its core properties. An
// item that names no collection is record.Uncollected; its title is its id when it has no other.
func (i *Item) Record() record.Record {
	return record.Record{
		Key:        record.Key{Collection: cmp.Or(i.Collection, record.Uncollected), ID: i.ID},
		Type:       record.TypeItem,
		Title:      cmp.Or(text(i.Properties["title"]), i.ID),
		Abstract:   text(i.Properties["description"]),
		Keywords:   texts(i.Properties["keywords"]),
		Time:       i.Time,
		Footprint:  i.Geometry,
		Properties: i.Properties,
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func texts(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, e := range list {
		if s := text(e); s != "" {
			all = append(all, s)
		}
	}
	return all
}
