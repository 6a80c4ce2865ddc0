package acme

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

const (
	// patience bounds one look at a challenge.
	patience = 20 * time.Second
	// maxRedirects is how many are followed (RFC 8555 §8.3 leaves it open).
	maxRedirects = 10
	// maxAnswer bounds what is read of an answer: a key authorization has under 100 characters.
	maxAnswer = 1 << 10
)

// Resolver looks names up, as the accounts of a scope may rely on them.
type Resolver interface {
	// TXT returns the texts of a name. That there are none is no error.
	TXT(ctx context.Context, scope kernel.Scope, name string) ([]string, error)
	Addresses(ctx context.Context, scope kernel.Scope, name string) ([]netip.Addr, error)
}

// Probe looks whether challenges are met, from here.
type Probe struct {
	Resolver Resolver
	// Guard says which addresses may be called.
	Guard egress.Guard
	// HTTPPort and TLSPort are 80 and 443 unless they are set.
	HTTPPort, TLSPort int
}

var _ Prober = Probe{}

// Look implements Prober.
func (p Probe) Look(ctx context.Context, c Sought) *Problem {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch c.Kind {
	case HTTP01:
		return p.http01(ctx, c)
	case DNS01:
		return p.dns01(ctx, c)
	case TLSALPN01:
		return p.tlsALPN01(ctx, c)
	}
	return Problemf(ServerInternal, "challenges of type %s are not looked at", c.Kind)
}

// dial connects to a host: each address that the guard lets, until one answers.
func (p Probe) dial(ctx context.Context, scope kernel.Scope, network, host, port string) (net.Conn, error) {
	guard := p.Guard
	guard.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return p.Resolver.Addresses(ctx, scope, host)
	}
	// http-01 has no TLS by definition, which is no reason to refuse an address.
	addrs, err := guard.Addresses(ctx, host, false)
	if err != nil {
		return nil, err
	}
	dialer := guard.Dialer(false)
	failed := fmt.Errorf("%s has no address", host)
	for _, addr := range addrs {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(addr.String(), port))
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

// unreached says why nothing was read.
func unreached(address string, err error) *Problem {
	if failed, ok := errors.AsType[*net.DNSError](err); ok {
		return Problemf(DNS, "%s: %s", address, failed.Err)
	}
	if failed, ok := errors.AsType[*lookupError](err); ok {
		return Problemf(DNS, "%s: %s", address, failed.Error())
	}
	if failed, ok := errors.AsType[*url.Error](err); ok { // the address is said already
		err = failed.Err
	}
	return Problemf(Connection, "%s cannot be asked: %s", address, cut(err.Error()))
}

// lookupError is a name that has no addresses.
type lookupError struct{ name, why string }

// Error says which it is.
func (e *lookupError) Error() string { return "the addresses of " + e.name + ": " + e.why }

// NoAddress is the error of a Resolver for a name that has no addresses.
func NoAddress(name, why string) error { return &lookupError{name, why} }
