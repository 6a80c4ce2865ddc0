package pki

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// Revoke revokes a certificate of a scope by its serial, for rooms that have asked for
// permission themselves. One that is revoked already is a Conflict.
func (s *Service) Revoke(ctx context.Context, scope kernel.Scope, serial string, reason Reason) error {
	_, err := s.revoke(ctx, serial, reason, "", func(e Entry) error {
		if !contains(scope, e.Holder.Scope) {
			return unknown(serial)
		}
		return nil
	})
	return err
}

// contains tells whether a scope lies within another one.
func contains(outer, inner kernel.Scope) bool {
	return outer.Tenant == inner.Tenant && (outer.Project == "" || outer.Project == inner.Project) && (outer.Stage == "" || outer.Stage == inner.Stage)
}

// revoke revokes what may be revoked.
func (s *Service) revoke(ctx context.Context, id string, reason Reason, why string, may func(Entry) error) (e Entry, err error) {
	if !slices.Contains(Reasons(), reason) {
		return e, kernel.Errorf(kernel.Invalid, "%q is no reason that a certificate is revoked for", reason).WithFix("use one of RFC 5280 §5.3.1: %s", Reasons())
	}
	actor, _ := kernel.ActorFrom(ctx)
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Authorities.Hold(ctx); err != nil {
			return err
		}
		if e, err = s.Certificate(ctx, id); err != nil {
			return err
		}
		if err := may(e); err != nil {
			return err
		}
		if e.Issuer == "" {
			return kernel.Errorf(kernel.Refused, "certificate %s was issued by %s, which alone can revoke it", id, e.IssuerName).WithFix("revoke it there, and bring another one")
		}
		e.Revoked = &Revocation{At: s.Clock.Now(), Reason: reason, By: actor.Name}
		if err := s.Inventory.Revoke(ctx, id, *e.Revoked); err != nil {
			return err
		}
		return s.tell(ctx, e, "certificate.revoked", why)
	})
	if err == nil {
		db.AfterCommit(ctx, func() { s.renew(ctx) })
	}
	return e, err
}

// recognise describes a certificate that the inventory may lack, as after a restore of the
// database, if an authority of Terrace has signed it.
func (s *Service) recognise(ctx context.Context, leaf *x509.Certificate) (Entry, error) {
	all, err := s.Authorities.All(ctx)
	if err != nil {
		return Entry{}, err
	}
	e := EntryOf(leaf, s.holderOf(leaf), s.Clock.Now())
	e.ID = e.Serial
	for _, c := range all {
		if c.Cert != nil && c.Kind != CADomains && leaf.CheckSignatureFrom(c.Cert) == nil {
			e.Issuer = c.ID
			return e, nil
		}
	}
	if v := s.authority.view.Load(); v.seed != nil && len(leaf.DNSNames) > 0 {
		for _, domain := range above(leaf.DNSNames[0]) {
			if by, err := v.seed.issuer(domain, s.Address); err == nil && leaf.CheckSignatureFrom(by.cert) == nil {
				e.Issuer = by.id
				return e, nil
			}
		}
	}
	return e, kernel.Errorf(kernel.NotFound, "no authority of Terrace has signed this certificate").WithFix("give one that terrace certificate list has, or had")
}

// holderOf reads whose a certificate is from what it says.
func (s *Service) holderOf(leaf *x509.Certificate) Holder {
	if len(leaf.URIs) == 1 {
		if w, ok := s.workloads.parse(leaf.URIs[0]); ok {
			return Holder{Kind: HolderWorkload, Scope: w.Scope, Name: w.Name}
		}
	}
	h := Holder{Kind: HolderRoute, Scope: kernel.Scope{Tenant: s.Home}}
	if len(leaf.DNSNames) > 0 {
		h.Name = leaf.DNSNames[0]
	}
	return h
}

// above are a name and all that it lies below, the closest first.
func above(name string) (all []string) {
	for i := range len(name) {
		if i == 0 || name[i-1] == '.' {
			all = append(all, name[i:])
		}
	}
	return all
}
