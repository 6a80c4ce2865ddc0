package pki

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Request is an order of somebody who has to be allowed it.
type Request struct {
	Holder Holder
	Names  []string
	// CSR is a certificate request as PEM (RFC 2986), of which the key alone counts.
	CSR     []byte
	Profile Profile
	Life    time.Duration
}

// Certificates returns those of a tenant that the actor sees, that which ends first first,
// without their bytes.
func (s *Service) Certificates(ctx context.Context, tenant string, f Filter, page kernel.PageRequest) (kernel.Page[Entry], error) {
	scope := kernel.Scope{Tenant: tenant}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Page[Entry]{}, err
	}
	reach, err := s.Authorizer.Allowed(ctx, actionRead, scope)
	if err != nil {
		return kernel.Page[Entry]{}, err
	}
	f.At = s.Clock.Now()
	return s.Inventory.List(ctx, tenant, reach, f, page)
}

// Show returns a certificate of a tenant that the actor sees.
func (s *Service) Show(ctx context.Context, tenant, id string) (Entry, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return Entry{}, err
	}
	e, err := s.Certificate(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	if e.Holder.Scope.Tenant != tenant {
		return Entry{}, unknown(id)
	}
	if err := s.Authorizer.Authorize(ctx, actionRead, e.Holder.Scope); err != nil {
		if kernel.Is(err, kernel.Denied) {
			return Entry{}, unknown(id)
		}
		return Entry{}, err
	}
	return e, nil
}

// Ask issues the certificate of a request to who may have it.
func (s *Service) Ask(ctx context.Context, r Request) (Issued, Entry, error) {
	if err := s.Authorizer.Authorize(ctx, actionIssue, r.Holder.Scope); err != nil {
		return Issued{}, Entry{}, err
	}
	if s.Places != nil {
		if err := s.Places.Check(ctx, r.Holder.Scope); err != nil {
			return Issued{}, Entry{}, err
		}
	}
	switch r.Holder.Kind {
	case HolderWorkload, HolderService, HolderDatabase:
	case HolderRoute, HolderACME, HolderDomain, HolderVault, HolderPlatform:
		return Issued{}, Entry{}, kernel.Errorf(kernel.Invalid, "certificates of kind %s are made by Terrace itself", r.Holder.Kind).WithFix("ask for one of a workload, a service or a database")
	default:
		return Issued{}, Entry{}, kernel.Errorf(kernel.Invalid, "%q is no kind of holder", r.Holder.Kind)
	}
	public, err := ParseRequest(r.CSR)
	if err != nil {
		return Issued{}, Entry{}, err
	}
	if r.Profile == "" {
		r.Profile = ProfileServer
		if r.Holder.Kind == HolderWorkload {
			r.Profile = ProfileClient
		}
	}
	if !validName(r.Holder.Name) {
		return Issued{}, Entry{}, kernel.Errorf(kernel.Invalid, "%q is no name of a %s", r.Holder.Name, r.Holder.Kind).WithFix("give the name in lower-case letters, digits and hyphens")
	}
	return s.issue(ctx, Order{Holder: r.Holder, DNSNames: r.Names, PublicKey: public, Profile: r.Profile, Life: r.Life}, "")
}

// Renew issues a certificate in the place of one, for the key of a request, or for the same
// key where there is none. The one before stays valid until it ends.
func (s *Service) Renew(ctx context.Context, tenant, id string, csr []byte) (Issued, Entry, error) {
	before, err := s.Show(ctx, tenant, id)
	if err != nil {
		return Issued{}, Entry{}, err
	}
	if err := s.Authorizer.Authorize(ctx, actionIssue, before.Holder.Scope); err != nil {
		return Issued{}, Entry{}, err
	}
	switch {
	case before.Holder.Kind == HolderRoute || before.Holder.Kind == HolderPlatform:
		return Issued{}, Entry{}, kernel.Errorf(kernel.Refused, "the gateway renews this certificate by itself").WithFix("have it make another one at once by revoking it: terrace certificate revoke %s", id)
	case before.Holder.Kind == HolderVault:
		return Issued{}, Entry{}, kernel.Errorf(kernel.Refused, "this certificate lies in a key vault, and is renewed there by itself").WithFix("have another one made at once by revoking it: terrace certificate revoke %s", id)
	case before.Issuer == "" || before.Holder.Kind == HolderACME:
		return Issued{}, Entry{}, kernel.Errorf(kernel.Refused, "the holder of this certificate renews it").WithFix("renew it where it was asked for")
	case before.Revoked != nil:
		return Issued{}, Entry{}, kernel.Errorf(kernel.Refused, "certificate %s was revoked", id).WithFix("ask for another one with: terrace certificate issue")
	}
	leaf, err := x509.ParseCertificate(before.DER)
	if err != nil {
		return Issued{}, Entry{}, kernel.Errorf(kernel.Internal, "certificate %s: %w", id, err)
	}
	public := leaf.PublicKey
	if len(csr) > 0 {
		if public, err = ParseRequest(csr); err != nil {
			return Issued{}, Entry{}, err
		}
	}
	return s.issue(ctx, Order{
		Holder: before.Holder, DNSNames: leaf.DNSNames, IPs: leaf.IPAddresses, URIs: leaf.URIs, PublicKey: public, Profile: before.Profile,
		Life: (before.NotAfter.Sub(before.NotBefore) - backdate).Round(time.Second),
	}, id)
}

// Withdraw revokes a certificate of a tenant, as somebody who may.
func (s *Service) Withdraw(ctx context.Context, tenant, id string, reason Reason, why string) (Entry, error) {
	e, err := s.Show(ctx, tenant, id)
	if err != nil {
		return e, err
	}
	if err := s.Authorizer.Authorize(ctx, actionRevoke, e.Holder.Scope); err != nil {
		return e, err
	}
	return s.revoke(ctx, id, reason, why, func(Entry) error { return nil })
}

// WithdrawCertificate revokes a certificate, given as PEM, that an authority of Terrace has
// signed, also where the inventory lacks it: as after the database was restored from a backup.
// It is for who runs the platform.
func (s *Service) WithdrawCertificate(ctx context.Context, text string, reason Reason, why string) (Entry, error) {
	if err := s.Authorizer.Authorize(ctx, actionAuthority, kernel.Scope{Tenant: s.Home}); err != nil {
		return Entry{}, err
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return Entry{}, kernel.Errorf(kernel.Invalid, "that is no certificate as PEM").WithFix("give the file that begins with -----BEGIN CERTIFICATE-----")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return Entry{}, kernel.Errorf(kernel.Invalid, "that is no certificate: %w", err).WithFix("give the file that begins with -----BEGIN CERTIFICATE-----")
	}
	var e Entry
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		found, err := s.recognise(ctx, leaf)
		if err != nil {
			return err
		}
		if err := s.Inventory.Add(ctx, []Entry{found}); err != nil {
			return err
		}
		e, err = s.revoke(ctx, found.ID, reason, why, func(Entry) error { return nil })
		return err
	})
	return e, err
}
