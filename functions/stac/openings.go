package main

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// opening is a place in the object store that everybody reads at an address.
type opening struct{ prefix, address string }

// readOpenings reads PUBLIC_ASSETS; the narrowest place comes first.
func readOpenings(settings []string) ([]opening, error) {
	var all []opening
	var errs []error
	for _, text := range settings {
		one, err := readOpening(strings.TrimSpace(text))
		if err != nil {
			errs = append(errs, err)
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b opening) int { return cmp.Compare(len(b.prefix), len(a.prefix)) })
	return all, errors.Join(errs...)
}

// readOpening takes whole folders only, so that no neighbour with a longer name is opened with one.
func readOpening(text string) (opening, error) {
	prefix, address, _ := strings.Cut(text, "=")
	u, err := url.Parse(address)
	switch {
	case !strings.HasPrefix(prefix, "s3://") || !strings.HasSuffix(prefix, "/") || strings.Count(prefix, "/") < 3:
		return opening{}, fault.At(fault.Invalid, "PUBLIC_ASSETS", "PUBLIC_ASSETS has %q, whose place is not of the form s3://bucket/ or s3://bucket/folder/", text)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || !strings.HasSuffix(u.Path, "/"):
		return opening{}, fault.At(fault.Invalid, "PUBLIC_ASSETS", "PUBLIC_ASSETS has %q, whose address is not of the form https://host/ or https://host/path/", text)
	}
	return opening{prefix, address}, nil
}

// Public gives the address at which everybody reads a file, where that was set.
func (o objects) Public(href string) (string, bool) {
	for _, one := range o.open {
		key, inside := strings.CutPrefix(href, one.prefix)
		if !inside || key == "" || climbs(key) {
			continue
		}
		segments := strings.Split(key, "/")
		for i := range segments {
			segments[i] = url.PathEscape(segments[i])
		}
		return one.address + strings.Join(segments, "/"), true
	}
	return "", false
}

// climbs tells whether a key has segments by which an address would lead elsewhere.
func climbs(key string) bool {
	segments := strings.Split(key, "/")
	return slices.Contains(segments, "..") || slices.Contains(segments, ".")
}
