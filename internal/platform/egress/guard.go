// Package egress keeps what tenants have Terrace call away from networks inside.
//
// It owns which addresses those are, and the check when a connection is made. Which
// networks are allowed all the same its callers say.
package egress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// DialTimeout bounds how long a connection may take.
const DialTimeout = 5 * time.Second

// Guard says which addresses may be called. Addresses are checked when a
// connection is made, after names are resolved: a name cannot change its mind.
type Guard struct {
	// Allow are networks that may be reached although they are private, in the clear too.
	Allow []netip.Prefix
	// What is called so, in messages: "sinks" unless it is said.
	What string
	// Setting is the key of the configuration that has Allow: sinkNetworks unless it is said.
	Setting string
	// Lookup finds the addresses of a name, nil is the machine's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// special are networks that nobody on the internet is in, besides those that
// package netip knows (RFC 6890, RFC 6052, RFC 4380, RFC 3056).
func special() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("168.63.129.16/32"), // what Azure serves a machine inside of it
		netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
		netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
	}
}

// Check refuses an address that may not be called; clear tells that nothing
// protects what is sent there.
func (g Guard) Check(addr netip.Addr, clear bool) error {
	addr = addr.Unmap().WithZone("")
	if slices.ContainsFunc(g.Allow, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return nil
	}
	private := !addr.IsGlobalUnicast() || addr.IsPrivate() || slices.ContainsFunc(special(), func(p netip.Prefix) bool { return p.Contains(addr) })
	switch {
	case private:
		return &Forbidden{fmt.Sprintf("%s is an address inside, which %s may not have: see %s in the configuration", addr, cmp.Or(g.What, "sinks"), cmp.Or(g.Setting, "sinkNetworks"))}
	case clear:
		return &Forbidden{fmt.Sprintf("%s would be called in the clear: use TLS", addr)}
	default:
		return nil
	}
}

// Forbidden is an address that this installation does not allow.
type Forbidden struct{ message string }

// Error says which address it is.
func (f *Forbidden) Error() string { return f.message }

// Dialer connects to allowed addresses only.
func (g Guard) Dialer(clear bool) *net.Dialer {
	return &net.Dialer{Timeout: DialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address %s: %w", address, err)
		}
		return g.Check(at.Addr(), clear)
	}}
}

// Resolve checks a host before anything is kept: each of its addresses now. One
// that does not resolve is checked when it is dialled.
func (g Guard) Resolve(ctx context.Context, host string, clear bool) error {
	_, err := g.Addresses(ctx, host, clear)
	if _, forbidden := errors.AsType[*Forbidden](err); forbidden {
		return err
	}
	return nil
}

// Addresses returns those of a host, all of which may be called: for a program that
// connects itself, and is told where to.
func (g Guard) Addresses(ctx context.Context, host string, clear bool) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, g.Check(addr, clear)
	}
	if isNumber(host) {
		return nil, &Forbidden{fmt.Sprintf("%q is an address in a form that programs read in several ways: write it as four numbers, or a name", host)}
	}
	ctx, cancel := context.WithTimeout(ctx, DialTimeout)
	defer cancel()
	lookup := g.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		if err := g.Check(addr, clear); err != nil {
			return nil, err
		}
	}
	return addrs, nil
}

// isNumber reports hosts that some programs take for an address: 2130706433, 0x7f.1,
// 0177.0.0.1. No name ends so (RFC 3696 §2).
func isNumber(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// Machines connects to networks inside as well, where what is called serves people there, and
// to no link-local address: there clouds tell a machine its metadata, and who it is.
func Machines() *net.Dialer {
	return &net.Dialer{Timeout: DialTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("address %s: %w", address, err)
		}
		addr := at.Addr().Unmap().WithZone("")
		if addr.IsLinkLocalUnicast() || addr == netip.MustParseAddr("fd00:ec2::254") || addr == netip.MustParseAddr("168.63.129.16") {
			return &Forbidden{fmt.Sprintf("%s is where a cloud tells this machine who it is, and serves nobody else", addr)}
		}
		return nil
	}}
}
