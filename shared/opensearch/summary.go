package opensearch

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fact is a name with its value, for people.
type fact struct{ name, value string }

// facts are what people are told of a record.
func (e entry) facts() []fact {
	all := []fact{{"identifier", e.ID}}
	add := func(name, value string) {
		if value != "" {
			all = append(all, fact{name, value})
		}
	}
	add("collection", e.Collection)
	add("product type", e.ProductType)
	add("time", when(e.Time))
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
		if value, ok := plainValue(e.Properties[name]); ok && len(all) < maxFacts {
			add(name, value)
		}
	}
	return all
}

// maxFacts bounds the table of a record.
const maxFacts = 40

func plainValue(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return fmt.Sprint(v), true
	case []any:
		var list []string
		for _, one := range v {
			text, ok := plainValue(one)
			if _, nested := one.([]any); !ok || nested {
				return "", false
			}
			list = append(list, text)
		}
		return strings.Join(list, ", "), len(list) > 0
	}
	return "", false
}

// table is the summary of a record as HTML.
type table struct {
	XMLName xml.Name   `xml:"table"`
	Rows    []tableRow `xml:"tr"`
}

type tableRow struct {
	Name  string `xml:"th"`
	Value string `xml:"td"`
}

// summary is the record for people: its abstract, and a table of what is known of it.
func (e entry) summary() string {
	t := table{}
	for _, f := range e.facts() {
		t.Rows = append(t.Rows, tableRow{f.name, f.value})
	}
	text, err := xml.Marshal(t)
	if err != nil {
		return ""
	}
	if e.Abstract == "" {
		return string(text)
	}
	first, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"p"`
		Text    string   `xml:",chardata"`
	}{Text: e.Abstract})
	if err != nil {
		return string(text)
	}
	return string(first) + string(text)
}
