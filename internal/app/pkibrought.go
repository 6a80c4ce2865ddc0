package app

import (
	"context"
	"crypto/x509"
	"encoding/pem"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

// broughtCertificates has the inventory know those that tenants have brought for their domains.
type broughtCertificates struct {
	domains interface {
		Verified(ctx context.Context) ([]domain.Domain, error)
	}
	pki *pki.Service
}

// Round writes down those that are not known yet.
func (b broughtCertificates) Round(ctx context.Context) error {
	all, err := b.domains.Verified(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Certificate == nil {
			continue
		}
		block, _ := pem.Decode([]byte(d.Chain))
		if block == nil {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue // it was read when it was brought
		}
		e := pki.EntryOf(leaf, pki.Holder{Kind: pki.HolderDomain, Scope: d.Scope, Name: d.Name}, d.Certificate.SetAt)
		if err := b.pki.Bring(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
