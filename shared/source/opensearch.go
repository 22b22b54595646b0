package source

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"perigee/shared/fault"
)

// OpenSearch is what an OpenSearch service finds (HRV-04): its description is read, the template for the format is filled
// with the query, and pages are followed by their links of the relation next. Pages are GeoJSON as resto and others write
// it, Atom, or the JSON of OData. An address that answers with a page by itself is taken as the first one.
type OpenSearch struct {
	Web     Web
	URL     string // of the description, or of a page
	Query   Query
	Service Service
}

// Root is the node where a walk begins.
func (o *OpenSearch) Root() string { return o.URL }

// Visit reads the description or a page.
func (o *OpenSearch) Visit(ctx context.Context, node string) (Found, error) {
	accept := strings.Join(understood(), ", ")
	if o.Service.MediaType != "" && node != o.URL {
		accept = o.Service.MediaType + ", */*;q=0.1"
	}
	if node == o.URL {
		accept = "application/opensearchdescription+xml, " + accept + ", */*;q=0.1"
	}
	reply, err := o.Web.Ask(ctx, Question{URL: node, Accept: accept, Limit: maxReply})
	if err != nil {
		return Found{}, err
	}
	if node == o.URL && isDescription(reply.Body) {
		return o.described(reply)
	}
	return products(reply, o.Service.Mapping)
}

// described leads to the first page of what is asked for.
func (o *OpenSearch) described(reply Reply) (Found, error) {
	d, err := readDescription(reply.Body)
	if err != nil {
		return Found{}, err
	}
	written, err := d.template(o.Service.MediaType)
	if err != nil {
		return Found{}, err
	}
	first, err := template{text: written}.ask(o.Query, cmp.Or(o.Service.PageSize, someOfPage))
	if err != nil {
		return Found{}, err
	}
	first, err = nextAddress(reply.URL, first)
	return Found{Next: []string{first}}, err
}

// products reads a page in whatever format it is.
func products(reply Reply, mapping map[string]string) (Found, error) {
	text := bytes.TrimSpace(reply.Body)
	switch {
	case len(text) > 0 && text[0] == '<':
		return atomPage(reply, mapping)
	case isJSON(text) && !bytes.Contains(text[:min(len(text), 2000)], []byte(`"FeatureCollection"`)) && isOData(text):
		return odataPage(reply, mapping)
	case isJSON(text):
		return geoJSONPage(reply, mapping)
	}
	return Found{}, fault.New(fault.Invalid, "%s answers neither JSON nor XML, but begins with %.60q", reply.URL, text)
}

func isOData(text []byte) bool {
	var top struct {
		Type  string             `json:"type"`
		Value *[]json.RawMessage `json:"value"`
	}
	return json.Unmarshal(text, &top) == nil && top.Value != nil && top.Type == ""
}

// geoJSONPage reads a page of features.
func geoJSONPage(reply Reply, mapping map[string]string) (Found, error) {
	return takeFeatures(reply, func(found *Found, feature []byte, at int) {
		content, err := asItem(feature, reply.URL, mapping)
		found.item(content, err, reply.URL, at, nil)
	}, byAddress)
}

// asItem makes an item of a feature, unless it is one.
func asItem(feature []byte, page string, mapping map[string]string) ([]byte, error) {
	if isItem(feature) {
		return anchoredItem(feature, page)
	}
	p, err := restoProduct(feature)
	if err != nil {
		return feature, err
	}
	return p.item(mapping)
}

// odataPage reads a page of OData.
func odataPage(reply Reply, mapping map[string]string) (Found, error) {
	var page struct {
		Value []json.RawMessage `json:"value"`
		Next  string            `json:"@odata.nextLink"`
	}
	if err := json.Unmarshal(reply.Body, &page); err != nil {
		return Found{}, fault.Classify(fault.Invalid, err, "the page %s cannot be read", reply.URL)
	}
	if err := bearable(len(page.Value)); err != nil {
		return Found{}, err
	}
	var found Found
	for i, raw := range page.Value {
		p, err := odataProduct(raw)
		var content []byte
		if err == nil {
			content, err = p.item(mapping)
		}
		found.item(content, err, reply.URL, i, nil)
	}
	if page.Next != "" && len(page.Value) > 0 {
		next, err := nextAddress(reply.URL, page.Next)
		if err != nil {
			return Found{}, err
		}
		found.Next = []string{next}
	}
	return found, nil
}
