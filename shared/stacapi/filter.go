package stacapi

import (
	"encoding/json"
	"slices"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// The encodings of filters, by their names in the parameter filter-lang (OGC 19-079r2, 6.3).
const (
	languageText = "cql2-text"
	languageJSON = "cql2-json"
)

// crs84 are the names of the one reference system that the geometries of filters may have.
var crs84 = []string{"http://www.opengis.net/def/crs/OGC/1.3/CRS84", "CRS84"}

// readFilter reads the parameters filter, filter-lang and filter-crs (https://github.com/stac-api-extensions/filter).
func readFilter(p *ogcapi.Params, by filter.Names) filter.Expr {
	text, language, crs := p.Text("filter"), p.Text("filter-lang"), p.Text("filter-crs")
	p.Fail(checkCRS(crs))
	if language != "" && language != languageText && language != languageJSON {
		p.Fail(errLanguage(language))
		return nil
	}
	if text == "" {
		return nil
	}
	e, err := parseFilter(language == languageJSON, text, by)
	p.Fail(err)
	return e
}

// readFilter reads the fields of the same names of a search's body. The filter is JSON unless filter-lang says otherwise.
func (b *bodyReader) readFilter() filter.Expr {
	language, crs := languageJSON, ""
	b.read("filter-lang", "a string", &language)
	b.read("filter-crs", "a string", &crs)
	b.fail(checkCRS(crs))
	raw := b.take("filter")
	switch {
	case language != languageText && language != languageJSON:
		b.fail(errLanguage(language))
		return nil
	case raw == nil || string(raw) == "{}":
		return nil
	case language == languageJSON:
		e, err := parseFilter(true, string(raw), stac.Names{})
		b.fail(err)
		return e
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		b.fail(fault.At(fault.Invalid, "filter", "filter is not a string of %s", languageText))
		return nil
	}
	e, err := parseFilter(false, text, stac.Names{})
	b.fail(err)
	return e
}

func checkCRS(crs string) error {
	if crs != "" && !slices.Contains(crs84, crs) {
		return fault.At(fault.Invalid, "filter-crs", "the geometries of a filter are in %s, not in %q", crs84[0], crs)
	}
	return nil
}

func errLanguage(language string) error {
	return fault.At(fault.Invalid, "filter-lang", "a filter is written in %s or %s, not in %q", languageText, languageJSON, language)
}

func parseFilter(asJSON bool, text string, by filter.Names) (filter.Expr, error) {
	var e filter.Expr
	var err error
	if asJSON {
		e, err = cql2.ParseJSON([]byte(text), by)
	} else {
		e, err = cql2.ParseText(text, by)
	}
	if err != nil {
		return nil, err
	}
	e = stac.WithTimes(e)
	return e, filter.Check(e, nil)
}
