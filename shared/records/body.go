package records

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
)

const maxBody = 1 << 20 // bytes of a query by POST

// queryTypes are the media types of bodies that are queries; without one, and as text, clients send them too.
var queryTypes = map[string]bool{
	"": true, "application/json": true, "application/query-cql-json": true, "application/query-cql2-json": true, "text/xml": true, "text/plain": true,
	"application/x-www-form-urlencoded": true,
}

// postItems answers a query by POST: its body is a condition in CQL2 JSON, or an object of the parameters of a query by
// GET, and what stands in the address counts too. Any other body is a record to be created.
func (a api) postItems(w http.ResponseWriter, r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // without one it is empty
	if !queryTypes[kind] {
		return ogcapi.Allowed(a.write)(w, r)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return fault.New(fault.Invalid, "the body could not be read, or is longer than %d bytes: %w", maxBody, err)
	}
	if isRecord(body) {
		r.Body = io.NopCloser(bytes.NewReader(body))
		return ogcapi.Allowed(a.write)(w, r)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "the query of the address is malformed: %w", err)
	}
	p := ogcapi.NewParams(values)
	readBody(p, values, body)
	return a.list(w, r, p, values, p.Format(r, ogcapi.GeoJSON, ogcapi.HTML))
}

// isRecord tells a record from a query.
func isRecord(body []byte) bool {
	var top struct{ Type string }
	body = bytes.TrimSpace(body)
	return bytes.HasPrefix(body, []byte("<")) || json.Unmarshal(body, &top) == nil && (top.Type == "Feature" || top.Type == "FeatureCollection")
}

// readBody adds what a body says to the parameters.
func readBody(p *ogcapi.Params, values url.Values, body []byte) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || string(body) == "{}" {
		return
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		p.Fail(fault.New(fault.Invalid, "the body is not a JSON object: %w", err))
		return
	}
	if _, parameters := fields["filter"]; !parameters && isCondition(fields) {
		fields = map[string]json.RawMessage{"filter": body}
	}
	if _, asked := fields["filter-lang"]; !asked && fields["filter"] != nil {
		fields["filter-lang"] = json.RawMessage(`"` + languageJSON + `"`)
	}
	turned := values.Has("token") // the page of a link that was followed, wherever the first one began
	for name, value := range fields {
		text, ok := parameter(name, value)
		switch {
		case turned && (name == "offset" || name == "startindex" || name == "token"):
		case !ok:
			p.Fail(fault.At(fault.Invalid, name, "%s is not what the parameter of that name takes", name))
		case values.Has(name) && values.Get(name) != text:
			p.Fail(fault.At(fault.Invalid, name, "%s is given in the address and in the body, and not the same", name))
		default:
			values.Set(name, text)
		}
	}
}

// isCondition tells a condition of CQL2 JSON from parameters.
func isCondition(fields map[string]json.RawMessage) bool {
	for _, mark := range []string{"op", "function", "and", "or", "not"} {
		if fields[mark] != nil {
			return true
		}
	}
	return false
}

// parameter is the value of a field as a parameter of an address.
func parameter(name string, value json.RawMessage) (text string, ok bool) {
	switch value[0] {
	case '"':
		return text, json.Unmarshal(value, &text) == nil
	case '{':
		return string(value), name == "filter"
	case '[':
		return listed(value)
	case 'n':
		return "", true
	}
	return string(value), true
}

// listed writes a list between commas; the keys of an order are objects, or texts.
func listed(value json.RawMessage) (list string, ok bool) {
	var all []any
	if json.Unmarshal(value, &all) != nil {
		return "", false
	}
	parts := make([]string, len(all))
	for i, v := range all {
		switch v := v.(type) {
		case string:
			parts[i] = v
		case float64:
			parts[i] = strconv.FormatFloat(v, 'g', -1, 64)
		case map[string]any:
			field, direction := text(v["field"]), text(v["direction"])
			if field == "" || direction != "" && direction != "asc" && direction != "desc" {
				return "", false
			}
			if direction == "desc" {
				field = "-" + field
			}
			parts[i] = field
		default:
			return "", false
		}
	}
	return strings.Join(parts, ","), true
}
