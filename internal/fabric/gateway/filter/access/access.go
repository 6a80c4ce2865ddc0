// Package access is the kind AccessPolicy: which networks a route's clients may
// come from, and which proxies are believed when they say where a client is.
//
// It owns the lists and what X-Forwarded-For is worth. Who a client is, beyond
// its address, is for kinds that authenticate.
package access

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
)

// KindName is the kind's name.
const KindName = "AccessPolicy"

// maxNetworks bounds each list.
const maxNetworks = 10_000

// maxHops is how many proxies are looked behind.
const maxHops = 32

// document is the spec of an AccessPolicy.
type document struct {
	// Allow are the only networks that clients may come from; none allows all.
	Allow []network `json:"allow,omitempty"`
	// Deny are networks that they may not come from, whatever Allow says.
	Deny []network `json:"deny,omitempty"`
	// TrustedProxies are believed what X-Forwarded-For says.
	TrustedProxies []network `json:"trustedProxies,omitempty"`
}

// network is one in CIDR notation, or a single address.
type network struct{ netip.Prefix }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *network) UnmarshalText(text []byte) error {
	if addr, err := netip.ParseAddr(string(text)); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		n.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	switch {
	case err != nil || p.Addr().Is4In6():
		return fmt.Errorf("%q is no network such as 10.0.0.0/8 or fd00::/8, and no address", text)
	case p.Masked() != p:
		return fmt.Errorf("%q has bits beyond its length: the network is %s", text, p.Masked())
	}
	n.Prefix = p
	return nil
}

// Kind is the kind AccessPolicy.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (*Kind) Compile(_ context.Context, p gateway.Policy, _ gateway.Attachment) (exchange.Filter, error) {
	var d document
	r := spec.Read(p.Spec, &d)
	lists := []struct {
		path string
		of   []network
	}{{"allow", d.Allow}, {"deny", d.Deny}, {"trustedProxies", d.TrustedProxies}}
	empty := true
	for _, l := range lists {
		empty = empty && len(l.of) == 0
		if len(l.of) > maxNetworks {
			r.Add(l.path, "", "%d networks are more than the %d that a list may have", len(l.of), maxNetworks)
		}
	}
	if empty {
		r.Add("", "give allow, deny or trustedProxies", "the policy says nothing")
	}
	for i, n := range d.TrustedProxies {
		if n.Bits() == 0 {
			r.Add(fmt.Sprintf("trustedProxies[%d]", i), "name the networks of the proxies", "%s believes everybody: each client could choose its address", n)
		}
	}
	if err := r.Err(KindName, p.Name); err != nil {
		return nil, err
	}
	f := &filter{allow: newSet(d.Allow), deny: newSet(d.Deny), proxies: newSet(d.TrustedProxies)}
	return f.filter, nil
}

// set is a set of networks: a lookup costs one look per length of a prefix.
type set struct {
	networks map[netip.Prefix]struct{}
	four     []int
	six      []int
}

func newSet(networks []network) *set {
	s := &set{networks: map[netip.Prefix]struct{}{}}
	seen := map[[2]int]bool{}
	for _, n := range networks {
		s.networks[n.Prefix] = struct{}{}
		length := [2]int{n.Addr().BitLen(), n.Bits()}
		if seen[length] {
			continue
		}
		seen[length] = true
		if n.Addr().Is4() {
			s.four = append(s.four, n.Bits())
		} else {
			s.six = append(s.six, n.Bits())
		}
	}
	return s
}

func (s *set) empty() bool { return len(s.networks) == 0 }

func (s *set) has(a netip.Addr) bool {
	lengths := s.six
	if a.Is4() {
		lengths = s.four
	}
	for _, bits := range lengths {
		if p, err := a.Prefix(bits); err == nil {
			if _, ok := s.networks[p]; ok {
				return true
			}
		}
	}
	return false
}

type filter struct{ allow, deny, proxies *set }

func (f *filter) filter(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		addr := x.Address()
		if !f.proxies.empty() && f.proxies.has(addr) {
			if real := f.behind(x, addr); real != addr {
				addr, x.Client = real, &net.TCPAddr{IP: real.AsSlice()}
			}
		}
		if f.deny.has(addr) || !f.allow.empty() && !f.allow.has(addr) {
			x.Refuse(KindName, http.StatusForbidden, "Address not allowed", "This route does not answer to the network that the request comes from.", "")
			return
		}
		next(x)
	}
}

// behind returns the client as the proxies say it: from the right, since each
// adds whom it got the request from, the first that is no trusted proxy. What
// is left of that one, a client may have written itself.
func (f *filter) behind(x *exchange.Exchange, addr netip.Addr) netip.Addr {
	lines := x.Request.Header.PeekAll("X-Forwarded-For")
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		for line := lines[i]; len(line) > 0; hops++ {
			var entry []byte
			if at := bytes.LastIndexByte(line, ','); at >= 0 {
				line, entry = line[:at], line[at+1:]
			} else {
				line, entry = nil, line
			}
			hop, ok := address(bytes.TrimSpace(entry))
			if !ok || hops == maxHops {
				return addr // whoever wrote this is the last one known
			}
			if addr = hop; !f.proxies.has(addr) {
				return addr
			}
		}
	}
	return addr
}

// address reads an address, with or without a port.
func address(text []byte) (netip.Addr, bool) {
	s := string(text)
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		if a, err := netip.ParseAddr(s[1 : len(s)-1]); err == nil {
			return a.Unmap().WithZone(""), true
		}
	}
	return netip.Addr{}, false
}
