package csw

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// getDomain is a GetDomain request (07-006r1, clause 10.7; 12-176r7, clause 7.6).
type getDomain struct {
	Parameters []string // operation.parameter
	Properties []string // queryables
}

// getDomainXML is csw:GetDomain.
type getDomainXML struct {
	Parameters []string `xml:"ParameterName"`
	Properties []string `xml:"PropertyName"`
	Values     []string `xml:"ValueReference"`
}

// maxDomains bounds how many domains one request may ask for.
const maxDomains = 20

func (q *request) parseDomain() getDomain {
	asked := getDomain{Parameters: q.p.List("parameterName"), Properties: append(q.p.List("propertyName"), q.p.List("valueReference")...)}
	if q.body != nil {
		var x getDomainXML
		q.p.Fail(ows.DecodeXML(q.body, &x))
		for _, names := range x.Parameters {
			asked.Parameters = append(asked.Parameters, strings.Split(names, ",")...)
		}
		for _, names := range append(x.Properties, x.Values...) {
			asked.Properties = append(asked.Properties, strings.Split(names, ",")...)
		}
	}
	switch n := len(asked.Parameters) + len(asked.Properties); {
	case n == 0:
		q.p.Fail(ows.MissingParameterValue.At(fault.Invalid, "parameterName", "neither parameterName nor propertyName says whose values are asked for"))
	case n > maxDomains:
		q.p.Fail(ows.Invalid("parameterName", "%d domains are asked for, at most %d may be", n, maxDomains))
	}
	return asked
}

// domainResponse is csw:GetDomainResponse.
type domainResponse struct {
	XMLName xml.Name       `xml:"csw:GetDomainResponse"`
	Root    []xml.Attr     `xml:",any,attr"`
	Domains []domainValues `xml:"csw:DomainValues"`
}

// domainValues is csw:DomainValues. Without a list and a range nothing is known of the domain.
type domainValues struct {
	Type       string       `xml:"type,attr"`
	ResultType string       `xml:"resultType,attr,omitempty"` // of 3.0.0
	Property   string       `xml:"csw:PropertyName,omitempty"`
	Value      string       `xml:"csw:ValueReference,omitempty"` // its name in 3.0.0
	Parameter  string       `xml:"csw:ParameterName,omitempty"`
	List       *valueList   `xml:"csw:ListOfValues"`
	Range      *valuesRange `xml:"csw:RangeOfValues"`
}

type valueList struct {
	Values []domainValue `xml:"csw:Value"`
}

type domainValue struct {
	Count string `xml:"count,attr,omitempty"` // of 3.0.0
	Text  string `xml:",chardata"`
}

type valuesRange struct {
	Min string `xml:"csw:MinValue"`
	Max string `xml:"csw:MaxValue"`
}

// getDomain does GetDomain. Of a name that is none, nothing is known.
func (h handler) getDomain(q *request) (ows.Document, error) {
	asked := q.parseDomain()
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	response := domainResponse{Root: q.edition.answer("GetDomain")}
	for _, name := range asked.Parameters {
		response.Domains = append(response.Domains, h.parameterDomain(q.edition, strings.TrimSpace(name)))
	}
	for _, name := range asked.Properties {
		values, err := h.propertyDomain(q, strings.TrimSpace(name))
		if err != nil {
			return ows.Document{}, err
		}
		response.Domains = append(response.Domains, values)
	}
	return document(response)
}

// parameterDomain is the values that a parameter may have, which the capabilities tell.
func (h handler) parameterDomain(e *edition, name string) domainValues {
	values := domainValues{Type: "csw:Record", Parameter: name}
	if e == csw3 {
		values.ResultType = "available"
	}
	operation, parameter, _ := strings.Cut(name, ".")
	for _, o := range h.operationsOf(e, "") {
		if !strings.EqualFold(o.Name, operation) {
			continue
		}
		i := slices.IndexFunc(o.Parameters, func(d domain) bool { return strings.EqualFold(d.Name, parameter) })
		if i >= 0 {
			values.List = &valueList{}
			for _, v := range o.Parameters[i].values() {
				values.List.Values = append(values.List.Values, domainValue{Text: v})
			}
		}
	}
	return values
}

// propertyDomain is the values that a property has.
func (h handler) propertyDomain(q *request, name string) (domainValues, error) {
	values := domainValues{Type: "csw:Record", Property: name}
	if q.edition == csw3 {
		values.ResultType, values.Property, values.Value = "available", "", name
	}
	property, text, err := names{}.Property(name)
	if err != nil {
		return values, err
	}
	if text || property == placeProperty {
		return values, nil
	}
	found, err := h.valuesOf(q, property)
	if err != nil {
		return values, err
	}
	switch {
	case h.DomainRange:
		values.Range = rangeOf(found, property)
	case found.Values != nil:
		values.List = listOf(q.edition, found.Values, property, h.DomainCounts)
	case found.Min != "":
		values.Range = &valuesRange{found.Min, found.Max}
	}
	return values, nil
}

// valuesOf are the values of a queryable: of one that several properties answer those of all of them. Of metadata that do not say when they were
// changed, the catalogue knows.
func (h handler) valuesOf(q *request, property filter.Property) (all Domain, err error) {
	if h.AsPycsw {
		property = domainAsPycsw(property)
	}
	properties := either[property]
	switch {
	case property == filter.PropertyType:
		return h.typesOf(q)
	case property == stampProperty:
		properties = []filter.Property{record.PropertyDateStamp}
	case properties == nil:
		properties = []filter.Property{property}
	}
	for _, p := range properties {
		one, err := h.Store.Domain(q.Context(), scope.FromContext(q.Context()).Scope, p)
		if err != nil {
			return all, err
		}
		all = all.with(one)
	}
	if property == stampProperty && len(all.Values) == 0 {
		return h.Store.Domain(q.Context(), scope.FromContext(q.Context()).Scope, filter.PropertyModified)
	}
	return all, nil
}

// typesOf are the types of records by the words that records show: those that name an address of a vocabulary by that.
func (h handler) typesOf(q *request) (Domain, error) {
	sc := scope.FromContext(q.Context()).Scope
	words, err := h.Store.Domain(q.Context(), sc, filter.PropertyType)
	if err != nil {
		return words, err
	}
	addresses, err := h.Store.Domain(q.Context(), sc, dublincore.PropertyType)
	if err != nil || len(addresses.Values) == 0 {
		return words, err
	}
	counts, counted := map[string]int64{}, true // of those that show the word
	for _, v := range words.Values {
		counts[dublincore.TypeOf(v.Text)] += v.Count
		counted = counted && v.Count > 0
	}
	for _, v := range addresses.Values {
		if word := dublincore.TypeReceived(v.Text); counts[word] > 0 {
			counts[word] -= v.Count
		}
		counted = counted && v.Count > 0
	}
	var shown []Value
	for word, n := range counts {
		if !counted {
			shown = append(shown, Value{Text: word})
		} else if n > 0 {
			shown = append(shown, Value{word, n})
		}
	}
	return Domain{}.with(Domain{Values: addresses.Values}).with(Domain{Values: shown}), nil
}

// with is a domain with the values of another, in their order.
func (d Domain) with(other Domain) Domain {
	if len(d.Values) == 0 && d.Min == "" {
		return other
	}
	d.Values = slices.SortedStableFunc(slices.Values(append(slices.Clip(d.Values), other.Values...)), func(a, b Value) int { return strings.Compare(a.Text, b.Text) })
	if d.Min+other.Min != "" { // of one of them not all values are listed
		d.Min, d.Max = min(cmp.Or(d.Min, other.Min), cmp.Or(other.Min, d.Min)), max(d.Max, other.Max)
		if n := len(d.Values); n > 0 {
			d.Min, d.Max = min(d.Min, d.Values[0].Text), max(d.Max, d.Values[n-1].Text)
		}
	}
	return d
}

// rangeOf is the ends of the values of a property, in the words of the protocol; nil of one that has none.
func rangeOf(d Domain, property filter.Property) *valuesRange {
	switch {
	case d.Min != "":
		return &valuesRange{d.Min, d.Max}
	case len(d.Values) == 0:
		return nil
	case property == filter.PropertyType: // words of ours have another order
		words := listOf(csw2, d.Values, property, false).Values
		return &valuesRange{words[0].Text, words[len(words)-1].Text}
	}
	return &valuesRange{d.Values[0].Text, d.Values[len(d.Values)-1].Text}
}
