package ogcapi

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// Params reads the query parameters of a request. Each reading method makes its parameter known; Err reports all faults
// together, a parameter that nobody asked for among them (17-069r4, 7.6).
type Params struct {
	values url.Values
	known  map[string]bool
	errs   []error
}

// ReadParams takes the query of a request.
func ReadParams(r *http.Request) *Params {
	values, err := url.ParseQuery(r.URL.RawQuery)
	p := &Params{values: values, known: map[string]bool{}}
	if err != nil {
		p.errs = append(p.errs, fault.New(fault.Invalid, "the query of the address is malformed: %w", err))
	}
	if values.Get("f") == HTML.Names[0] { // forms of pages send what was left empty
		maps.DeleteFunc(values, func(_ string, of []string) bool { return len(of) == 1 && of[0] == "" })
	}
	return p
}

// Text is a parameter as it is, empty when it was not given.
func (p *Params) Text(name string) string {
	p.known[name] = true
	if n := len(p.values[name]); n > 1 {
		p.Fail(fault.At(fault.Invalid, name, "%s is given %d times", name, n))
	}
	return p.values.Get(name)
}

// Has tells whether a parameter was given, possibly empty.
func (p *Params) Has(name string) bool {
	p.known[name] = true
	return p.values.Has(name)
}

// List is a parameter of values between commas.
func (p *Params) List(name string) []string {
	text := p.Text(name)
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// Limit is the size of a page: by default def, and never more than most, whatever is asked (17-069r4, 7.15.2).
func (p *Params) Limit(def, most int) int {
	text := p.Text("limit")
	if !p.values.Has("limit") {
		return def
	}
	limit, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) && !strings.HasPrefix(text, "-") {
		limit, err = most, nil
	}
	if err != nil || limit < 1 {
		p.Fail(fault.At(fault.Invalid, "limit", "limit is %q, not a whole number from 1", text))
		return def
	}
	return min(limit, most)
}

// BBox is the parameter bbox as a geometry, nil when it was not given.
func (p *Params) BBox() orb.Geometry {
	text := p.Text("bbox")
	if !p.values.Has("bbox") {
		return nil
	}
	var numbers []float64
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			p.Fail(fault.At(fault.Invalid, "bbox", "bbox has %q where a number belongs", part))
			return nil
		}
		numbers = append(numbers, v)
	}
	box, err := BBox(numbers)
	p.Fail(err)
	return box
}

// Datetime is the parameter datetime, zero when it was not given.
func (p *Params) Datetime() record.Interval {
	text := p.Text("datetime")
	if !p.values.Has("datetime") {
		return record.Interval{}
	}
	i, err := Datetime(text)
	p.Fail(err)
	return i
}

// Fail adds a fault found elsewhere; nil adds nothing.
func (p *Params) Fail(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

// Err is everything that is wrong with the parameters, nil when nothing is.
func (p *Params) Err() error {
	offered := strings.Join(slices.Sorted(maps.Keys(p.known)), ", ")
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !p.known[name] && len(p.errs) <= maxFaults {
			p.errs = append(p.errs, fault.At(fault.Invalid, name, "there is no parameter %q here, but %s", name, offered))
		}
	}
	return errors.Join(p.errs...)
}

// NewParams takes parameters that did not come as the query of an address.
func NewParams(values url.Values) *Params { return &Params{values: values, known: map[string]bool{}} }

// DropEmpty forgets those of the named parameters that have no value.
func (p *Params) DropEmpty(names ...string) {
	for _, name := range names {
		if p.values.Get(name) == "" && len(p.values[name]) < 2 {
			delete(p.values, name)
		}
	}
}

// Others lists the parameters that nobody asked for so far.
func (p *Params) Others() []string {
	var others []string
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !p.known[name] {
			others = append(others, name)
		}
	}
	return others
}
