package source

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// OData is the Products of an OData service as CREODIAS and the Copernicus Data Space Ecosystem have it: the query becomes a
// $filter, and pages are followed by @odata.nextLink.
type OData struct {
	Web     Web
	URL     string // of Products
	Query   Query
	Service Service
}

// Root is the node where a walk begins.
func (o *OData) Root() string { return o.URL }

// Visit asks for a page; at the root, for the first one.
func (o *OData) Visit(ctx context.Context, node string) (Found, error) {
	asked := node
	if node == o.URL {
		first, err := o.first()
		if err != nil {
			return Found{}, err
		}
		asked = first
	}
	reply, err := o.Web.Ask(ctx, Question{URL: asked, Accept: mediaJSON, Limit: maxReply})
	if err != nil {
		return Found{}, err
	}
	if !isOData(reply.Body) {
		return Found{}, fault.New(fault.Invalid, "%s is no answer of OData", reply.URL)
	}
	return odataPage(reply, o.Service.Mapping)
}

// quoted is a text of OData.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// first is the address of the first page. Parameters that begin with $ are those of OData; others are attributes of
// products, or conditions on the properties that every product has.
func (o *OData) first() (string, error) {
	q := o.Query
	begins, ends := "ContentDate/Start", "ContentDate/Start"
	switch q.Property {
	case "", "sensed":
	case "published":
		begins, ends = "PublicationDate", "PublicationDate"
	case "modified", "updated":
		begins, ends = "ModificationDate", "ModificationDate"
	default:
		return "", fault.At(fault.Invalid, "time.property", "the time %q is none of sensed, published, modified", q.Property)
	}
	var conditions []string
	for _, name := range q.Collections {
		conditions = append(conditions, "Collection/Name eq "+quoted(name))
	}
	if len(conditions) > 1 {
		conditions = []string{"(" + strings.Join(conditions, " or ") + ")"}
	}
	if !q.Begin.IsZero() {
		conditions = append(conditions, begins+" ge "+q.begin())
	}
	if !q.End.IsZero() {
		conditions = append(conditions, ends+" le "+q.end())
	}
	if len(q.BBox) > 0 {
		conditions = append(conditions, "OData.CSC.Intersects(area=geography'SRID=4326;"+q.wkt()+"')")
	}
	params := []string{"$top", strconv.Itoa(cmp.Or(o.Service.PageSize, someOfPage)), "$expand", "Attributes", "$orderby", "PublicationDate asc"}
	for _, name := range slices.Sorted(maps.Keys(q.Extra)) {
		if strings.HasPrefix(name, "$") {
			params = append(params, name, q.Extra[name])
			continue
		}
		conditions = append(conditions, fmt.Sprintf("Attributes/OData.CSC.StringAttribute/any(att:att/Name eq %s and att/OData.CSC.StringAttribute/Value eq %s)", quoted(name), quoted(q.Extra[name])))
	}
	return withParams(o.URL, append(params, "$filter", strings.Join(conditions, " and "))...), nil
}
