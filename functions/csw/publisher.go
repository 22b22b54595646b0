package main

import (
	"net/http"
	"net/netip"
	"strings"

	"perigee/shared/fault"
)

// clients are the addresses that may ask for changes of the catalogue.
type clients struct {
	any      bool
	blocks   []netip.Prefix
	patterns [][]string // the parts of addresses of IPv4, an asterisk for any
}

// parseClients reads addresses as pycsw has them as allowed_ips: single ones, blocks (10.0.0.0/8), and with an asterisk for any part
// (192.168.1.*) or for all of them.
func parseClients(list []string) (clients, error) {
	var c clients
	for _, one := range list {
		one = strings.TrimSpace(one)
		block, err := netip.ParsePrefix(one)
		if at, single := netip.ParseAddr(one); single == nil {
			block, err = netip.PrefixFrom(at, at.BitLen()), nil
		}
		parts := strings.Split(one, ".")
		switch {
		case one == "":
		case one == "*":
			c.any = true
		case err == nil:
			c.blocks = append(c.blocks, block.Masked())
		case len(parts) == 4 && isPattern(parts):
			c.patterns = append(c.patterns, parts)
		default:
			return c, fault.At(fault.Invalid, "CSW_WRITERS", "CSW_WRITERS has %q, which is no address, no block of addresses and no pattern like 192.168.1.*", one)
		}
	}
	return c, nil
}

// isPattern tells whether parts of an address are numbers or asterisks.
func isPattern(parts []string) bool {
	for _, part := range parts {
		if _, err := netip.ParseAddr("0.0.0." + part); part != "*" && err != nil {
			return false
		}
	}
	return true
}

// may is why a request may not ask for changes: every address that it came by, as proxies have noted, must be one of the clients.
// One that a stranger adds opens nothing.
func (c clients) may(r *http.Request) error {
	if c.any {
		return nil
	}
	var came []string
	for _, list := range r.Header.Values("X-Forwarded-For") {
		came = append(came, strings.Split(list, ",")...)
	}
	if len(came) == 0 {
		came = []string{r.RemoteAddr}
	}
	for _, address := range came {
		if !c.has(strings.TrimSpace(address)) {
			return fault.New(fault.Forbidden, "changes are not taken from the address %.100s", address)
		}
	}
	return nil
}

func (c clients) has(address string) bool {
	at, err := netip.ParseAddr(strings.Trim(address, "[]"))
	if port, with := netip.ParseAddrPort(address); with == nil {
		at, err = port.Addr(), nil
	}
	if err != nil {
		return false
	}
	at = at.Unmap().WithZone("")
	for _, block := range c.blocks {
		if block.Contains(at) {
			return true
		}
	}
	for _, pattern := range c.patterns {
		if at.Is4() && matches(pattern, strings.Split(at.String(), ".")) {
			return true
		}
	}
	return false
}

func matches(pattern, parts []string) bool {
	for i, part := range parts {
		if pattern[i] != "*" && pattern[i] != part {
			return false
		}
	}
	return true
}
