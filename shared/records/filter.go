package records

import (
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/cql"
	"perigee/shared/filter/cql2"
	"perigee/shared/filter/literal"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
)

// The encodings of filters, by their names in the parameter filter-lang (19-079r2, 6.3). The last one is what catalogues
// were asked by before.
const (
	languageText = "cql2-text"
	languageJSON = "cql2-json"
	languageCQL  = "cql-text"
)

var languages = []string{languageText, languageJSON, languageCQL}

// readFilter reads filter, filter-lang and filter-crs (19-079r2, /req/filter).
func readFilter(p *ogcapi.Params) filter.Expr {
	text, language, crs := p.Text("filter"), p.Text("filter-lang"), readCRS(p, "filter-crs")
	if language == "" {
		language = languageText
	}
	if !slices.Contains(languages, language) {
		p.Fail(fault.At(fault.Invalid, "filter-lang", "a filter is written in %s, not in %q", strings.Join(languages, ", "), language))
		return nil
	}
	if text == "" {
		return nil
	}
	e, err := parseFilter(language, crs, text)
	p.Fail(err)
	return e
}

func parseFilter(language string, crs geo.CRS, text string) (filter.Expr, error) {
	var e filter.Expr
	var err error
	switch language {
	case languageJSON:
		e, err = cql2.ParseJSONIn(crs, []byte(text), names{})
	case languageCQL:
		if e, err = cql.Parse(text, names{}); err != nil {
			err = fault.At(fault.Invalid, "filter", "%w", err)
		}
	default:
		e, err = cql2.ParseTextIn(crs, text, names{})
	}
	if err != nil {
		return nil, err
	}
	e = inRecords(e)
	return e, filter.Check(e, nil)
}

// readCRS reads the name of a reference system, longitude and latitude when none is named.
func readCRS(p *ogcapi.Params, name string) geo.CRS {
	text := strings.TrimSpace(p.Text(name))
	if text == "" {
		return geo.CRS84
	}
	if inner, safe := strings.CutPrefix(text, "["); safe { // a CURIE as it is safe among URIs
		text = strings.TrimSuffix(inner, "]")
	}
	crs, err := literal.CRS(text, false)
	if err != nil {
		p.Fail(fault.At(fault.Invalid, name, "%s: %w", name, err))
		return geo.CRS84
	}
	return crs
}
