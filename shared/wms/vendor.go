package wms

import (
	"regexp"
	"strings"

	"perigee/shared/ows"
)

// The bounds of the lists that EOxServer's parameters hold.
const (
	maxSort      = 10
	maxVariables = 50
)

var sortForm = regexp.MustCompile(`^(.+?)[ :](?i:(a|asc|ascending|d|desc|descending))$`)

// readSort reads SORTBY: names of properties with a letter for the direction behind them, A or D ("eo:cloud_cover A").
func readSort(p *ows.Params) []Sort {
	var keys []Sort
	entries := p.List("sortby")
	if len(entries) > maxSort {
		p.Fail(ows.Invalid("sortBy", "the order has %d keys, at most %d are possible", len(entries), maxSort))
		return nil
	}
	for _, entry := range entries {
		key := Sort{Property: strings.TrimLeft(entry, "+-"), Descending: strings.HasPrefix(entry, "-")}
		if found := sortForm.FindStringSubmatch(entry); found != nil {
			key = Sort{Property: strings.TrimSpace(found[1]), Descending: strings.EqualFold(found[2][:1], "d")}
		}
		if key.Property == "" {
			p.Fail(ows.Invalid("sortBy", "%q names no property", entry))
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

var variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)

// readVariables reads VARIABLES, the values of var('name') in expressions: a=1,b=text.
func readVariables(p *ows.Params) map[string]any {
	entries := p.List("variables")
	if len(entries) == 0 {
		return nil
	}
	if len(entries) > maxVariables {
		p.Fail(ows.Invalid("variables", "%d variables are given, at most %d are possible", len(entries), maxVariables))
		return nil
	}
	values := map[string]any{}
	for _, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || !variableForm.MatchString(name) {
			p.Fail(ows.Invalid("variables", "%q is not of the form name=value", entry))
			continue
		}
		values[name] = value
		if number, err := parseNumber(value); err == nil {
			values[name] = number
		}
	}
	return values
}
