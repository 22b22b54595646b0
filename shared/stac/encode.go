package stac

import (
	"bytes"
	"encoding/json"

	"perigee/shared/fault"
)

// encode writes JSON without the escapes for HTML.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fault.Classify(fault.Internal, err, "encoding JSON")
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

func quote(s string) []byte {
	text, err := encode(s)
	if err != nil {
		return []byte(`""`) // a string always encodes
	}
	return text
}
