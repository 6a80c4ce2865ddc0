package domain

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Associated binds a sealed key to its domain, so that it opens nowhere else.
func Associated(tenant, name string) []byte {
	return []byte("gateway domain key\x00" + tenant + "\x00" + name)
}

// SetCertificate has the gateway show a certificate on the hosts of a domain that it is for,
// from then on. The chain is PEM, the leaf first; the key is PEM and is kept sealed.
func (s *Service) SetCertificate(ctx context.Context, tenant, text, chain, key string) (Domain, error) {
	seen, err := s.changeable(ctx, tenant, text)
	if err == nil {
		err = unproven(seen)
	}
	if err != nil {
		return Domain{}, err
	}
	// What takes long comes before the transaction, which others wait for.
	p, err := parse(chain, key, s.Clock.Now())
	if err != nil {
		return Domain{}, err
	}
	defer clear(p.key)
	sealed, err := s.Sealer.SealFor(ctx, tenant, p.key, Associated(tenant, seen.Name))
	if err != nil {
		return Domain{}, kernel.Errorf(kernel.Unavailable, "the key of %s cannot be sealed: %w", seen.Name, err)
	}
	var set Domain
	err = s.write(ctx, tenant, seen.Name, func(ctx context.Context, d Domain) error {
		if err := sameClaim(d, seen); err != nil {
			return err
		}
		if err := s.covers(ctx, d, p); err != nil {
			return err
		}
		actor, _ := kernel.ActorFrom(ctx)
		c := p.describe()
		c.SetAt, c.SetBy = s.Clock.Now().UTC(), actor.Name
		d.Certificate, d.Chain, d.Sealed, d.WarnAt = &c, p.chain, sealed, nextEnding(c, c.SetAt)
		set = d
		return s.keepCertificate(ctx, d, "gateway-domain.certificate_set", c, nil)
	})
	return set, err
}

// unproven refuses a certificate before a domain is proven.
func unproven(d Domain) error {
	if d.State == Verified {
		return nil
	}
	return kernel.Errorf(kernel.Refused, "domain %s is not proven yet, and has no certificate before", d.Name).
		WithFix("see which record proves it with: terrace domain show %s; then: terrace domain verify %[1]s", d.Name)
}

// covers refuses a certificate that is for no host of the domain, or not for one that routes
// have and that the one before is for. Hosts that neither is for have had another one, and
// have it still.
func (s *Service) covers(ctx context.Context, d Domain, p *pair) error {
	if !p.within(d.Name) {
		return kernel.Errorf(kernel.Invalid, "the certificate is not for %s", d.Name).WithProblems(kernel.Problem{
			Path: "certificate", Message: "it is for " + p.names() + ", none of which takes in " + d.Name + " or a name below it", Fix: "give one that has " + d.Name + " or *." + d.Name + " among its names",
		})
	}
	before := leafOf(d.Chain)
	if before == nil {
		return nil
	}
	hosts, err := s.Routes.HostsWithin(ctx, d.Scope.Tenant, d.Name)
	if err != nil {
		return err
	}
	others, err := s.others(ctx, d)
	if err != nil {
		return err
	}
	var problems []kernel.Problem
	for _, h := range hosts {
		if o := owner(append(others, d), h.Host); o != nil && o.Name == d.Name && covers(before, h.Host) && !p.covers(h.Host) {
			problems = append(problems, kernel.Problem{
				Path: h.Host, Message: "the certificate is not for it, the one before is, and route " + h.Route + " of " + h.Scope.Project + "/" + h.Scope.Stage + " has it",
				Fix: apart(d, h.Host),
			})
		}
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the certificate is not for all hosts of %s", d.Name).WithProblems(problems...)
	}
	return nil
}

// apart says what to do about a host that a certificate is not for.
func apart(d Domain, host string) string {
	if bare := strings.TrimPrefix(host, "*."); bare != d.Name {
		return "give one for it as well, or have it in a domain of its own: terrace domain add " + bare
	}
	return "give one that has " + host + " among its names as well"
}

// RemoveCertificate has Terrace's own authority certify the hosts of a domain again.
func (s *Service) RemoveCertificate(ctx context.Context, tenant, text string) error {
	return s.change(ctx, tenant, text, func(ctx context.Context, d Domain) error {
		if d.Certificate == nil {
			return kernel.Errorf(kernel.NotFound, "domain %s has no certificate of its own", d.Name).WithFix("see what its hosts have with: terrace domain show %s", d.Name)
		}
		c := *d.Certificate
		d.Certificate, d.Chain, d.Sealed, d.WarnAt = nil, "", nil, nil
		return s.keepCertificate(ctx, d, "gateway-domain.certificate_removed", c, nil)
	})
}

// keepCertificate writes a domain, and tells what was done with a certificate of it.
func (s *Service) keepCertificate(ctx context.Context, d Domain, fact string, c Certificate, more map[string]any) error {
	if err := s.Store.Save(ctx, d); err != nil {
		return err
	}
	data := map[string]any{"fingerprint": c.Fingerprint, "names": c.Names, "notAfter": c.NotAfter}
	maps.Copy(data, more)
	return s.record(ctx, d, fact, data)
}

// Changeable returns a domain that is proven to who may change it, with the certificate that it has
// of its own.
func (s *Service) Changeable(ctx context.Context, tenant, text string) (Domain, error) {
	d, err := s.changeable(ctx, tenant, text)
	if err == nil {
		err = unproven(d)
	}
	return d, err
}

// Pair opens the certificate that a domain has of its own, to who may change it: both as PEM.
// Who has copied it somewhere says so with Copied.
func (s *Service) Pair(ctx context.Context, tenant, text string) (chain string, key []byte, err error) {
	d, err := s.Changeable(ctx, tenant, text)
	if err != nil {
		return "", nil, err
	}
	if d.Certificate == nil {
		return "", nil, kernel.Errorf(kernel.NotFound, "domain %s has no certificate of its own", d.Name)
	}
	if key, err = s.Sealer.Open(ctx, d.Sealed, Associated(d.Scope.Tenant, d.Name)); err != nil {
		return "", nil, kernel.Errorf(kernel.Unavailable, "the key of %s cannot be opened: %w", d.Name, err)
	}
	return d.Chain, key, nil
}

// Copied records, in the transaction of the context, that a certificate of a domain and its key
// were copied somewhere.
func (s *Service) Copied(ctx context.Context, tenant, text string, leaf *x509.Certificate, to string) error {
	d, err := s.Changeable(ctx, tenant, text)
	if err != nil {
		return err
	}
	c := (&pair{certs: []*x509.Certificate{leaf}}).describe()
	return s.record(ctx, d, "gateway-domain.certificate_copied", map[string]any{"fingerprint": c.Fingerprint, "names": c.Names, "notAfter": c.NotAfter, "to": to})
}

// open makes the certificate of a domain ready for handshakes.
func (s *Service) open(ctx context.Context, d Domain) (*tls.Certificate, error) {
	key, err := s.Sealer.Open(ctx, d.Sealed, Associated(d.Scope.Tenant, d.Name))
	if err != nil {
		return nil, err
	}
	defer clear(key)
	cert, err := tls.X509KeyPair([]byte(d.Chain), key)
	return &cert, err
}
