package outward

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"perigee/shared/fault"
)

// Guard says which addresses may be reached. The zero Guard reaches public ones only: neither loopback nor link-local nor
// private addresses, nor those that stand for others. What is checked is the address that is dialled, so that neither a
// name nor a redirection leads around it.
type Guard struct {
	blocks []netip.Prefix
	hosts  []string
	open   bool
}

// Open is the guard that lets everything pass: for addresses that the operator wrote.
func Open() Guard { return Guard{open: true} }

// ParseGuard reads what may be reached beside public addresses: blocks (10.1.0.0/16), single addresses, and names of hosts,
// which are trusted to lead where they should.
func ParseGuard(allowed []string) (Guard, error) {
	var g Guard
	for _, one := range allowed {
		one = strings.TrimSpace(one)
		block, err := netip.ParsePrefix(one)
		if at, single := netip.ParseAddr(one); single == nil {
			block, err = netip.PrefixFrom(at, at.BitLen()), nil
		}
		switch {
		case one == "":
		case err == nil:
			g.blocks = append(g.blocks, block.Masked())
		case strings.ContainsAny(one, "/:@?# "):
			return g, fault.New(fault.Invalid, "%q is neither a block of addresses, nor an address, nor the name of a host", one)
		default:
			g.hosts = append(g.hosts, strings.ToLower(strings.TrimSuffix(one, ".")))
		}
	}
	return g, nil
}

// And is the guard that lets another host pass too, given by its name or address.
func (g Guard) And(host string) Guard {
	if at, err := netip.ParseAddr(host); err == nil {
		at = at.Unmap().WithZone("")
		g.blocks = append(slices.Clone(g.blocks), netip.PrefixFrom(at, at.BitLen()))
		return g
	}
	g.hosts = append(slices.Clone(g.hosts), strings.ToLower(strings.TrimSuffix(host, ".")))
	return g
}

// Dial connects to what a guard lets pass.
func (g Guard) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "%s is no address", address)
	}
	if !g.open && !slices.Contains(g.hosts, strings.ToLower(strings.TrimSuffix(host, "."))) {
		dialer.Control = func(_, dialled string, _ syscall.RawConn) error {
			if at, err := netip.ParseAddrPort(dialled); err != nil || !g.allows(at.Addr()) {
				return fault.New(fault.Forbidden, "%s lies inside: it is not an address that may be reached from here", address)
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// Check refuses an address of the web that is known to lead inside without asking who it is.
func (g Guard) Check(address string) error {
	at, err := Parse(address)
	if err != nil {
		return err
	}
	if ip, err := netip.ParseAddr(at.Hostname()); err == nil && !g.open && !g.allows(ip) {
		return fault.New(fault.Forbidden, "%s lies inside: it is not an address that may be reached from here", at.Host)
	}
	return nil
}

func (g Guard) allows(at netip.Addr) bool {
	at = at.Unmap().WithZone("")
	return Public(at) || slices.ContainsFunc(g.blocks, func(p netip.Prefix) bool { return p.Contains(at) })
}

// inside are address blocks of which package netip does not know that they are not public: this network (RFC 1122), shared
// (RFC 6598), protocol assignments (RFC 6890), documentation (RFC 5737, RFC 3849), benchmarks (RFC 2544), translation to
// IPv4 (RFC 6052, RFC 8215), Teredo, 6to4, discarded (RFC 6666), site-local and reserved ones.
func inside() []string {
	return []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32", "2002::/16", "100::/64", "fec0::/10", "::/96",
	}
}

// Public tells whether an address belongs to the public internet.
func Public(at netip.Addr) bool {
	at = at.Unmap().WithZone("")
	if !at.IsGlobalUnicast() || at.IsPrivate() || at.IsLoopback() || at.IsLinkLocalUnicast() {
		return false
	}
	return !slices.ContainsFunc(inside(), func(block string) bool {
		p, err := netip.ParsePrefix(block)
		return err != nil || p.Contains(at)
	})
}
