package app

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

// broughtCertificates has the inventory know those that tenants have brought for their domains.
type broughtCertificates struct {
	domains interface {
		Turn(ctx context.Context) (int64, error)
		Proven(ctx context.Context) ([]domain.Version, error)
		Some(ctx context.Context, names []string) ([]domain.Domain, error)
	}
	pki *pki.Service
	// turn is that of the domains when it looked last.
	turn int64
}

// Round writes down those that are not known yet.
func (b *broughtCertificates) Round(ctx context.Context) error {
	turn, err := b.domains.Turn(ctx)
	if err != nil || turn == b.turn {
		return err
	}
	proven, err := b.domains.Proven(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(proven, domainsAtOnce) {
		names := make([]string, 0, len(some))
		for _, v := range some {
			names = append(names, v.Name)
		}
		all, err := b.domains.Some(ctx, names)
		if err != nil {
			return err
		}
		if err := b.bring(ctx, all); err != nil {
			return err
		}
	}
	b.turn = turn
	return nil
}

// domainsAtOnce is how many domains are held in memory with their chains.
const domainsAtOnce = 200

func (b *broughtCertificates) bring(ctx context.Context, all []domain.Domain) error {
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
