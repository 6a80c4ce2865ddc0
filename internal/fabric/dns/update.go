package dns

import (
	"context"
	"slices"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxUpdate bounds the records of a dynamic update.
const maxUpdate = 500

// rcode is an error that is answered with a code.
type rcode int

func (r rcode) Error() string { return dns.RcodeToString[int(r)] }

// Update does what a dynamic update asks for (RFC 2136), signed by a key: all of it in one
// transaction with the fact, or nothing. It returns the code of the reply.
func (s *Service) Update(ctx context.Context, k *heldKey, update *dns.Msg) int {
	err := s.update(ctx, k, update)
	if code, ok := err.(rcode); ok { //nolint:errorlint // nothing wraps it
		return int(code)
	}
	switch {
	case err == nil:
		return dns.RcodeSuccess
	case kernel.Is(err, kernel.Unavailable), kernel.Is(err, kernel.Internal):
		s.Log.ErrorContext(ctx, "a dynamic update could not be kept", "key", k.KeyName, "error", err)
		return dns.RcodeServerFailure
	}
	s.Log.InfoContext(ctx, "a dynamic update was refused", "key", k.KeyName, "error", err)
	return dns.RcodeRefused
}

func (s *Service) update(ctx context.Context, k *heldKey, update *dns.Msg) error {
	if len(update.Question) != 1 || update.Question[0].Qtype != dns.TypeSOA || update.Question[0].Qclass != dns.ClassINET {
		return rcode(dns.RcodeFormatError)
	}
	if len(update.Answer)+len(update.Ns) > maxUpdate {
		return rcode(dns.RcodeRefused)
	}
	if zone.Canonical(update.Question[0].Name) != zone.Canonical(k.Zone) {
		return rcode(dns.RcodeNotAuth)
	}
	if err := prescan(k, update.Ns); err != nil || len(update.Answer)+len(update.Ns) == 0 {
		return err
	}
	actor := kernel.Actor{ID: "dns-key:" + k.KeyName, Name: "DNS key " + k.KeyName, Kind: kernel.ActorService, Tenant: k.Scope.Tenant}
	return s.write(kernel.WithActor(ctx, actor), func(ctx context.Context) error {
		if _, err := s.Book.Get(ctx, KindKey, k.Scope.Tenant, k.Name); err != nil {
			return rcode(dns.RcodeNotAuth) // it was deleted a moment ago
		}
		z, err := s.zone(ctx, k.Scope.Tenant, k.Zone)
		if err != nil {
			return err
		}
		return s.changeHeld(ctx, z, namesOf(update), func(_ context.Context, z Zone, all []Held) (put, drop []Held, err error) {
			d := newDraft(z, all)
			if err := d.meets(update.Answer); err != nil {
				return nil, nil, err
			}
			return s.applied(d, update.Ns)
		})
	})
}

// namesOf are the names that an update is about.
func namesOf(update *dns.Msg) (names []string) {
	for _, rr := range slices.Concat(update.Answer, update.Ns) {
		if name := zone.Canonical(rr.Header().Name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// applied applies updates to a draft, and returns what they change.
func (s *Service) applied(d *draft, updates []dns.RR) (put, drop []Held, err error) {
	for _, rr := range updates {
		d.apply(rr)
	}
	put, drop = d.changes()
	for _, h := range slices.Concat(put, drop) {
		if old := d.before[place{h.Name, h.Type}]; old.Endpoint != "" {
			return nil, nil, rcode(dns.RcodeRefused)
		}
	}
	for i, h := range put {
		if put[i], err = s.admitSet(d.zone, h); err != nil {
			return nil, nil, err
		}
	}
	return put, drop, clash(d.all())
}

// prescan checks the form of updates and whether the key may make them (RFC 2136 §3.4.1).
func prescan(k *heldKey, updates []dns.RR) error {
	for _, rr := range updates {
		h := rr.Header()
		name, kind := zone.Canonical(h.Name), dns.TypeToString[h.Rrtype]
		if !zone.Within(name, zone.Canonical(k.Zone)) {
			return rcode(dns.RcodeNotZone)
		}
		switch h.Class {
		case dns.ClassINET:
			if h.Rrtype == dns.TypeANY || h.Rrtype == dns.TypeAXFR || h.Rrtype == dns.TypeIXFR {
				return rcode(dns.RcodeFormatError)
			}
		case dns.ClassANY:
			if h.Ttl != 0 || h.Rdlength != 0 || h.Rrtype == dns.TypeAXFR || h.Rrtype == dns.TypeIXFR {
				return rcode(dns.RcodeFormatError)
			}
		case dns.ClassNONE:
			if h.Ttl != 0 || h.Rrtype == dns.TypeANY {
				return rcode(dns.RcodeFormatError)
			}
		default:
			return rcode(dns.RcodeFormatError)
		}
		if h.Rrtype != dns.TypeANY && !slices.Contains(zone.Types(), kind) {
			return rcode(dns.RcodeRefused)
		}
		if h.Rrtype == dns.TypeANY && len(k.Types) > 0 || h.Rrtype != dns.TypeANY && !k.mayUpdate(name, kind) || h.Rrtype == dns.TypeANY && !k.mayUpdate(name, "ANY") {
			return rcode(dns.RcodeRefused)
		}
	}
	return nil
}
