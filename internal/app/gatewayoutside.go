package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// outside connects the gateway to addresses that routes name: public ones, and those of
// the networks that the configuration lists, but never to what the platform listens on.
type outside struct {
	guard egress.Guard
	// ports are those that this process listens on.
	ports []string
	// own are the addresses of this machine.
	own func() ([]net.Addr, error)
}

func newOutside(p *platform) outside {
	o := outside{guard: egress.Guard{Allow: p.config.Backends(), What: "backends of routes", Setting: "gatewayNetworks"}, own: net.InterfaceAddrs}
	for _, address := range []string{p.config.Listen, p.config.NATS, p.config.DNS, p.config.Gateway, p.config.GatewayHTTP, p.config.XDS} {
		if _, port, err := net.SplitHostPort(address); err == nil {
			o.ports = append(o.ports, port)
		}
	}
	return o
}

// dial is for proxy.Config. Addresses are judged after names are resolved.
func (o outside) dial(ctx context.Context, addr string, clear bool) (net.Conn, error) {
	d := o.guard.Dialer(clear)
	allowed := d.Control
	d.Control = func(network, address string, c syscall.RawConn) error {
		if err := allowed(network, address, c); err != nil {
			return err
		}
		return o.notHere(address)
	}
	return d.DialContext(ctx, "tcp", addr)
}

// Reach implements gateway.Outside. A name is not looked up: what it leads to may change.
func (o outside) Reach(addr string, clear bool) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %s: %w", addr, err)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return nil //nolint:nilerr // it is a name
	}
	if err := o.guard.Check(ip, clear); err != nil {
		return err
	}
	return o.notHere(net.JoinHostPort(host, port))
}

// notHere refuses what the platform listens on.
func (o outside) notHere(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	_, port, _ := net.SplitHostPort(address) // it was parsed
	if slices.Contains(o.ports, port) && o.here(at.Addr().Unmap()) {
		return fmt.Errorf("%s is the platform's own", address)
	}
	return nil
}

func (o outside) here(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return true
	}
	all, err := o.own()
	if err != nil {
		return true // who knows
	}
	return slices.ContainsFunc(all, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && p.Addr().Unmap() == addr
	})
}
