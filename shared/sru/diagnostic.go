package sru

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"perigee/shared/fault"
	language "perigee/shared/filter/sru"
	"perigee/shared/ows"
)

// maxForm bounds the bytes of a form.
const maxForm = 256 << 10

// form gives the parameters of a request, wherever they stand. One that comes twice is refused.
func form(r *http.Request) (map[string]string, error) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); media != "application/x-www-form-urlencoded" {
			return nil, failure(unsupportedValue, "Content-Type", "a request that is posted is a form")
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
		if err != nil || len(body) > maxForm {
			return nil, failure(unsupportedValue, "body", "the form cannot be read, or has more than %d bytes", maxForm)
		}
		text = strings.Trim(text+"&"+string(body), "&")
	}
	read, err := ows.ParseQuery(text)
	if err != nil {
		return nil, failure(unsupportedValue, "query", "the parameters cannot be read")
	}
	values := map[string]string{}
	for name, given := range read {
		name = named(name)
		if _, again := values[name]; again || len(given) > 1 {
			return nil, failure(unsupportedValue, name, "%.100s comes more than once", name)
		}
		values[name] = given[0]
	}
	return values, nil
}

// named is a parameter as the protocol writes it, in whatever case it came.
func named(name string) string {
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return k
		}
	}
	return name
}

// code is a diagnostic of the list of SRU (http://www.loc.gov/standards/sru/diagnostics/diagnosticsList.html).
type code int

const (
	unsupportedOperation code = 4
	unsupportedVersion   code = 5
	unsupportedValue     code = 6
	missingParameter     code = 7
	unsupportedParameter code = 8
	syntaxError          code = 10
	unsupportedIndex     code = 16
	unsupportedRelation  code = 19
	outOfRange           code = 61
	unknownSchema        code = 66
	unsupportedPacking   code = 71
	unsupportedXPath     code = 72
	unsupportedSort      code = 80
)

var messages = map[code]string{
	unsupportedOperation: "Unsupported operation", unsupportedVersion: "Unsupported version", unsupportedValue: "Unsupported parameter value",
	missingParameter: "Mandatory parameter not supplied", unsupportedParameter: "Unsupported parameter", syntaxError: "Query syntax error",
	unsupportedIndex: "Unsupported index", unsupportedRelation: "Unsupported relation", outOfRange: "First record position out of range",
	unknownSchema: "Unknown schema for retrieval", unsupportedPacking: "Unsupported record packing", unsupportedXPath: "XPath retrieval unsupported",
	unsupportedSort: "Sort not supported",
}

// problem is a failure with its diagnostic.
type problem struct {
	code code
	error
}

func (p problem) Unwrap() error { return p.error }

func failure(c code, locator, text string, args ...any) error {
	return problem{code: c, error: fault.At(fault.Invalid, locator, text, args...)}
}

// codeOf is the diagnostic of a failure.
func codeOf(err error) code {
	var p problem
	if errors.As(err, &p) {
		return p.code
	}
	switch fault.LocatorOf(err) {
	case language.LocatorIndex:
		return unsupportedIndex
	case language.LocatorRelation:
		return unsupportedRelation
	}
	return syntaxError
}

type diagnostics struct {
	Diagnostics []diagnostic `xml:"diag:diagnostic"`
}

type diagnostic struct {
	Namespace string `xml:"xmlns:diag,attr"`
	URI       string `xml:"diag:uri"`
	Details   string `xml:"diag:details,omitempty"`
	Message   string `xml:"diag:message"`
}

// refusal is the answer to a request that cannot be done.
func refusal(err error) searchRetrieveResponse {
	answer := searchRetrieveResponse{Root: root(), Version: version, Diagnostics: &diagnostics{}}
	for _, e := range fault.All(err) {
		c := codeOf(e)
		answer.Diagnostics.Diagnostics = append(answer.Diagnostics.Diagnostics, diagnostic{
			Namespace: "http://www.loc.gov/zing/srw/diagnostic/", URI: fmt.Sprintf("info:srw/diagnostic/1/%d", c), Details: ows.TextOf(e), Message: messages[c],
		})
	}
	return answer
}
