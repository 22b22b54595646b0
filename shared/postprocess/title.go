package postprocess

import (
	"context"
	"encoding/json"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

// Title gives an item without a title its id for one (HRV-15); every other byte stays.
func Title(_ context.Context, item []byte, _ Reach) ([]byte, error) {
	var said struct {
		ID         string          `json:"id"`
		Properties json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(item, &said); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the item cannot be read")
	}
	properties := said.Properties
	if len(properties) == 0 || string(properties) == "null" {
		properties = json.RawMessage("{}")
	}
	var title struct {
		Title *json.RawMessage `json:"title"`
	}
	if err := json.Unmarshal(properties, &title); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the properties of the item %q cannot be read", said.ID)
	}
	if title.Title != nil {
		return item, nil
	}
	id, err := json.Marshal(said.ID)
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "writing a title")
	}
	if properties, err = stac.SpliceMember(properties, "title", id); err != nil {
		return nil, err
	}
	return stac.SpliceMember(item, "properties", properties)
}
