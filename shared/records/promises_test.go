package records

import (
	"testing"

	"perigee/shared/ogcapi"
	"perigee/shared/ogcapi/ogcapitest"
)

// RC-22: every route keeps what this API promises of all, and is described in OpenAPI as it is.
func TestEveryRoute(t *testing.T) {
	_, m := catalogueOf(t)
	rs := api{Config: Config{Title: "Catalogue", Description: "What there is.", Store: m, Transactions: m}, room: ogcapi.NewRoom()}.routes()
	ogcapitest.Check(t, ogcapitest.API{
		Handler: behindEdge(rs), Patterns: rs.Patterns(), Root: Root, Description: openAPI,
		Fill: map[string]string{"collection": "metadata:main", "item": "S2A_33UXP_20260430"},
	})
}
