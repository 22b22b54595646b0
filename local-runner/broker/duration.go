package broker

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
)

// ParseDuration reads an ISO 8601 duration such as PT0.2S or P1DT12H. Only the last number may have a fraction. Years and
// months have no fixed length, and a negative wait has no meaning: both are refused.
func ParseDuration(s string) (time.Duration, error) {
	var sum durationSum
	if err := sum.read(s); err != nil {
		return 0, fault.New(fault.Invalid, "%q is not an ISO 8601 duration such as PT0.2S: %w", s, err)
	}
	return sum.total, nil
}

// ParseTimeout reads the duration of delivery.timeout, which must not be zero.
func ParseTimeout(s string) (time.Duration, error) {
	d, err := ParseDuration(s)
	if err == nil && d == 0 {
		err = fault.New(fault.Invalid, "the timeout %q is zero", s)
	}
	return d, err
}

// unit is a designator of ISO 8601-1, 5.5.2 that has a fixed length.
type unit struct {
	designator byte
	length     time.Duration
}

type durationSum struct {
	total    time.Duration
	fraction bool // the last number had one
}

func (d *durationSum) read(s string) error {
	rest, ok := strings.CutPrefix(s, "P")
	date, clock, timed := strings.Cut(rest, "T")
	if !ok || rest == "" || timed && clock == "" {
		return errors.New("it is P, then days, then T and a time")
	}
	if err := d.add(date, []unit{{'W', 7 * 24 * time.Hour}, {'D', 24 * time.Hour}}); err != nil {
		return err
	}
	return d.add(clock, []unit{{'H', time.Hour}, {'M', time.Minute}, {'S', time.Second}})
}

// add reads numbers with units; the units must come in the order given.
func (d *durationSum) add(s string, units []unit) error {
	for s != "" {
		end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != ',' })
		if end < 1 {
			return fmt.Errorf("a number and its unit are expected at %q", s)
		}
		for len(units) > 0 && units[0].designator != s[end] {
			units = units[1:]
		}
		if len(units) == 0 {
			return fmt.Errorf("the unit %q is unknown here or out of order (years and months have no fixed length)", s[end])
		}
		if err := d.addOne(s[:end], units[0].length); err != nil {
			return err
		}
		s, units = s[end+1:], units[1:]
	}
	return nil
}

func (d *durationSum) addOne(number string, length time.Duration) error {
	if d.fraction {
		return errors.New("only the last number may have a fraction")
	}
	whole, decimals, fraction := strings.Cut(strings.Replace(number, ",", ".", 1), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > math.MaxInt64/int64(length) {
		return fmt.Errorf("%q is not a number or is too large", number)
	}
	part := time.Duration(n) * length
	if fraction {
		f, err := strconv.ParseFloat("0."+decimals, 64)
		if err != nil || decimals == "" {
			return fmt.Errorf("%q is not a number", number)
		}
		part += min(time.Duration(math.Round(f*float64(length))), math.MaxInt64-part)
	}
	if part > math.MaxInt64-d.total {
		return fmt.Errorf("%q is too large", number)
	}
	d.total, d.fraction = d.total+part, fraction
	return nil
}
