package domain

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// lookupPatience bounds a lookup, with all that the resolver tries.
const lookupPatience = 10 * time.Second

// Lookup asks a resolver.
type Lookup struct {
	// Address is host:port of the resolver; empty are those of the machine.
	Address string
}

// TXT implements Resolver.
func (l Lookup) TXT(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupPatience)
	defer cancel()
	texts, err := l.resolver().LookupTXT(ctx, name+".") // with the dot no search list is tried
	if failed, ok := errors.AsType[*net.DNSError](err); ok && failed.IsNotFound {
		return nil, nil
	}
	if failed, ok := errors.AsType[*net.DNSError](err); ok && l.Address != "" {
		asked := *failed
		asked.Server = l.Address // the Go resolver names that of the machine, whatever it dials
		err = &asked
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the resolver does not tell the TXT records of %s: %w", name, err).
			WithFix("try again; an operator sets which resolver is asked with the key resolver of the configuration")
	}
	return texts, nil
}

// Addresses returns those of a name.
func (l Lookup) Addresses(ctx context.Context, name string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupPatience)
	defer cancel()
	return l.resolver().LookupNetIP(ctx, "ip", name+".") //nolint:wrapcheck // it names what was asked
}

func (l Lookup) resolver() *net.Resolver {
	r := &net.Resolver{PreferGo: true}
	if l.Address != "" {
		var dialer net.Dialer
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, l.Address)
		}
	}
	return r
}
