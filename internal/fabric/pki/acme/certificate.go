package acme

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Certificate returns one of an account.
func (s *Service) Certificate(ctx context.Context, a Account, serial string) (Certificate, error) {
	c, err := s.Certificates.Certificate(ctx, serial)
	if kernel.Is(err, kernel.NotFound) || err == nil && c.Account != a.ID {
		return Certificate{}, notFound("certificate")
	}
	return c, err
}

// Revoker is who asks for a revocation: an account, or who has the key of the certificate.
type Revoker struct {
	// Account is nil for who has the key.
	Account *Account
	// Key is the public key that the message was verified with.
	Key any
}

// Revoke revokes a certificate, as DER, for a reason of RFC 5280 §5.3.1 (RFC 8555 §7.6).
func (s *Service) Revoke(ctx context.Context, by Revoker, der []byte, reason int) error {
	if !slices.Contains([]int{0, 1, 3, 4, 5, 9}, reason) {
		return Problemf(BadRevocationReason, "the reason %d is not taken: 0, 1, 3, 4, 5 and 9 are", reason)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return Problemf(Malformed, "the certificate cannot be read: it is base64url of DER")
	}
	if by.Account != nil {
		ctx = acting(ctx, *by.Account)
	}
	return s.change(ctx, func(ctx context.Context) error {
		c, err := s.Certificates.Certificate(ctx, leaf.SerialNumber.Text(16))
		if kernel.Is(err, kernel.NotFound) || err == nil && !c.is(der) {
			return notFound("certificate")
		}
		if err == nil {
			err = s.mayRevoke(ctx, by, c, leaf)
		}
		if err != nil {
			return err
		}
		if !c.RevokedAt.IsZero() {
			return Problemf(AlreadyRevoked, "the certificate was revoked on %s", c.RevokedAt.Format("2006-01-02"))
		}
		return s.revoke(ctx, by, c, reason)
	})
}

func (s *Service) revoke(ctx context.Context, by Revoker, c Certificate, reason int) error {
	c.RevokedAt, c.Reason = s.Clock.Now(), reason
	if err := s.Certificates.SaveCertificate(ctx, c); err != nil {
		return err
	}
	if by.Account == nil { // whoever has its key acts as the account that it was issued to
		ctx = acting(ctx, Account{ID: c.Account, Scope: c.Scope})
	}
	if err := s.Issuer.Revoke(ctx, c.Scope, c.Serial, reason); err != nil {
		return err
	}
	data := c.told()
	data["reason"] = reason
	return s.Journal.Record(ctx, kernel.Fact{Type: "acme-certificate.revoked", Scope: c.Scope, Subject: c.Serial, Data: data})
}

// mayRevoke lets the account that it was issued to, who has its key, and an account that has
// proven all of its names (RFC 8555 §7.6).
func (s *Service) mayRevoke(ctx context.Context, by Revoker, c Certificate, leaf *x509.Certificate) error {
	refused := Problemf(Unauthorized, "the certificate is of another account, and its names are not all proven by this one")
	if by.Account == nil {
		if sameKey(leaf.PublicKey, by.Key) {
			return nil
		}
		return refused
	}
	if by.Account.ID == c.Account {
		return nil
	}
	proven, err := s.Authorizations.ProvenNames(ctx, by.Account.ID, c.Names, s.Clock.Now())
	if err != nil {
		return err
	}
	for _, name := range c.Names {
		if !slices.Contains(proven, name) {
			return refused
		}
	}
	return nil
}

// is tells whether the certificate is what der says.
func (c Certificate) is(der []byte) bool {
	if len(c.Chains) == 0 {
		return false
	}
	block, _ := pem.Decode([]byte(c.Chains[0]))
	return block != nil && bytes.Equal(block.Bytes, der)
}
