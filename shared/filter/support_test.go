package filter

import (
	"encoding/json"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/record"
)

// named are columns that are easy to read.
func named() Columns {
	return Columns{
		ID: "id", Collection: "collection", Type: "type", Title: "title", Abstract: "abstract", ProductType: "product", Keywords: "keywords",
		Datetime: "known", DatetimeIndexed: "datetime", Start: "start", End: "finish", Created: "created", Modified: "modified", Properties: "p", Footprint: "g",
		Period: "period", Words: "words", Text: "text", Functions: "f",
	}
}

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func sample() record.Record {
	return record.Record{
		Key: record.Key{Collection: "S2", ID: "scene"}, Type: record.TypeItem, Title: "Sea ice", Keywords: []string{"polar", "Ice"},
		Time: record.Interval{Start: noon, End: noon.Add(time.Hour)}, Footprint: orb.Bound{Min: orb.Point{10, 40}, Max: orb.Point{11, 41}},
		Properties: map[string]any{
			"cloud": 12.5, "count": 3, "large": json.Number("9007199254740993"), "orbit": "33", "level": "L2A", "done": true, "nothing": nil,
			"bands": []any{"VV", "VH"}, "names": []string{"a"}, "mixed": []any{1.0, "1", true, nil, map[string]any{}}, "empty": []any{},
			"made": "2024-05-01T00:00:00+02:00", "at": noon, "day": "2024-05-01", "more": map[string]any{"a": 1}, "city": "Straße in Århus",
			"half": 0.5, "zero": 0, "twelve": 12,
		},
	}
}
