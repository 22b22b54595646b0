package ows

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// maxList bounds the entries of a list that a stranger sends.
const maxList = 1000

// Int is a whole number from low to high; absent when the parameter is missing.
func (p *Params) Int(name string, absent, low, high int) int {
	value := p.Get(name)
	if value == "" {
		return absent
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		p.Fail(Invalid(name, "%s is %q, not a whole number from %d to %d", name, value, low, high))
		return absent
	}
	return n
}

// Float is a finite number; absent when the parameter is missing.
func (p *Params) Float(name string, absent float64) float64 {
	value := p.Get(name)
	if value == "" {
		return absent
	}
	f, err := parseFloat(value)
	if err != nil {
		p.Fail(Invalid(name, "%s is %q, not a number", name, value))
		return absent
	}
	return f
}

// Bool is TRUE or FALSE in any case; absent when the parameter is missing.
func (p *Params) Bool(name string, absent bool) bool {
	switch value := p.Get(name); strings.ToLower(value) {
	case "":
		return absent
	case "true":
		return true
	case "false":
		return false
	default:
		p.Fail(Invalid(name, "%s is %q, neither TRUE nor FALSE", name, value))
		return absent
	}
}

// Choice is one of the allowed values in their spelling, whatever the case it was asked in; absent when the parameter is
// missing.
func (p *Params) Choice(name, absent string, allowed ...string) string {
	value := p.Get(name)
	if value == "" {
		return absent
	}
	i := slices.IndexFunc(allowed, func(a string) bool { return strings.EqualFold(a, value) })
	if i < 0 {
		p.Fail(Invalid(name, "%s is %q, not one of %s", name, value, strings.Join(allowed, ", ")))
		return absent
	}
	return allowed[i]
}

// List is the entries of a comma-separated list, empty ones included; nil when the parameter is missing or empty.
func (p *Params) List(name string) []string {
	value := p.Get(name)
	if value == "" {
		return nil
	}
	if strings.Count(value, ",") >= maxList {
		p.Fail(Invalid(name, "%s has more than %d entries", name, maxList))
		return nil
	}
	entries := strings.Split(value, ",")
	for i := range entries {
		entries[i] = strings.TrimSpace(entries[i])
	}
	return entries
}

// CRS is a coordinate reference system; absent when the parameter is missing.
func (p *Params) CRS(name string, absent geo.CRS) geo.CRS {
	value := p.Get(name)
	if value == "" {
		return absent
	}
	crs, err := geo.ParseCRS(value)
	if err != nil {
		p.Fail(Invalid(name, "%v", err))
		return absent
	}
	return crs
}

// Times is a list of instants and intervals (record.ParseInterval, and the third part, a period, that WMS allows and
// that means nothing here); nil when the parameter is missing.
func (p *Params) Times(name string) []record.Interval {
	var times []record.Interval
	for _, entry := range p.List(name) {
		interval, err := parseTime(entry)
		if err != nil {
			p.Fail(Invalid(name, "%v", err))
			continue
		}
		times = append(times, interval)
	}
	return times
}

func parseTime(entry string) (record.Interval, error) {
	if parts := strings.Split(entry, "/"); len(parts) == 3 {
		entry = parts[0] + "/" + parts[1]
	}
	return record.ParseInterval(entry)
}

// BBox is a bounding box as it was sent: lower corner, upper corner, and its own CRS (zero when it names none). How the
// axes are ordered is for the service to say.
type BBox struct {
	Lower, Upper [2]float64
	CRS          geo.CRS
}

// BBox reads minx,miny,maxx,maxy with an optional CRS; ok is false when the parameter is missing or wrong.
func (p *Params) BBox(name string) (box BBox, ok bool) {
	entries := p.List(name)
	if entries == nil {
		return BBox{}, false
	}
	box, err := parseBBox(name, entries)
	p.Fail(err)
	return box, err == nil
}

func parseBBox(name string, entries []string) (box BBox, err error) {
	if len(entries) == 5 {
		if box.CRS, err = geo.ParseCRS(entries[4]); err != nil {
			return BBox{}, Invalid(name, "%v", err)
		}
		entries = entries[:4]
	}
	if len(entries) != 4 {
		return BBox{}, Invalid(name, "%s has %d entries, not the four numbers of two corners", name, len(entries))
	}
	var numbers [4]float64
	for i, entry := range entries {
		if numbers[i], err = parseFloat(entry); err != nil {
			return BBox{}, Invalid(name, "%q in %s is not a number", entry, name)
		}
	}
	box.Lower, box.Upper = [2]float64{numbers[0], numbers[1]}, [2]float64{numbers[2], numbers[3]}
	return box, nil
}

// parseFloat also takes the exponent of a number whose plus sign was not escaped, and so came as a space.
func parseFloat(s string) (float64, error) {
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, " ", "+"), 64)
	if err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
		err = strconv.ErrRange
	}
	return f, err
}
