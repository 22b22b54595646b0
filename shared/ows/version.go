package ows

import (
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// Negotiate picks the version of a GetCapabilities request as OWS Common says (06-121r3 clause 7.3.2): the first of
// ACCEPTVERSIONS that is supported. Without that list the old way holds: VERSION by NegotiateOld, or else the first of
// supported, which are in the order of preference. A failure is noted, with the preferred version returned.
func (p *Params) Negotiate(supported ...string) string {
	accepted := p.List("acceptversions")
	if accepted == nil {
		return NegotiateOld(p.Get("version"), supported...)
	}
	version, err := NegotiateNew(accepted, supported...)
	p.Fail(err)
	return version
}

// NegotiateNew gives the first accepted version that is supported.
func NegotiateNew(accepted []string, supported ...string) (string, error) {
	for _, version := range accepted {
		if slices.Contains(supported, version) {
			return version, nil
		}
	}
	return supported[0], VersionNegotiationFailed.At(fault.Invalid, "acceptversions",
		"none of the versions %s is supported, only %s", strings.Join(accepted, ", "), strings.Join(supported, ", "))
}

// NegotiateOld gives the supported version nearest to the one asked, the way of WMS (06-042 clause 6.2.4): itself, the
// next lower one, or the lowest of all; without one, the first of supported.
func NegotiateOld(asked string, supported ...string) string {
	if asked == "" || slices.Contains(supported, asked) {
		return either(asked, supported[0])
	}
	ordered := slices.SortedFunc(slices.Values(supported), CompareVersions)
	answer := ordered[0]
	for _, version := range ordered {
		if CompareVersions(version, asked) <= 0 {
			answer = version
		}
	}
	return answer
}

// Version is the version of a request other than GetCapabilities, which must name one that is supported; what is wrong
// is noted, with the preferred version, the first, returned.
func (p *Params) Version(supported ...string) string {
	asked := p.Need("version")
	if slices.Contains(supported, asked) {
		return asked
	}
	if asked != "" {
		p.Fail(Invalid("version", "version %q is not supported, only %s", asked, strings.Join(supported, ", ")))
	}
	return supported[0]
}

// CompareVersions orders version numbers part by part; what is not a number counts as 0.
func CompareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		if d := part(as, i) - part(bs, i); d != 0 {
			return d
		}
	}
	return 0
}

func part(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	n, err := strconv.Atoi(parts[i])
	if err != nil || n < 0 {
		return 0
	}
	return min(n, 1<<30)
}

func either(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
