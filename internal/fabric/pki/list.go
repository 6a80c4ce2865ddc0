package pki

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// listLife is how long a list of what was revoked is good; another one is made after half
	// of it, and as soon as something is revoked.
	listLife = 24 * time.Hour
)

// List is what an authority has revoked (RFC 5280 §5).
type List struct {
	// Issuer is the authority's id.
	Issuer string
	// Number grows with each.
	Number int64
	// Turn is of what state of the authorities and revocations it is.
	Turn       int64
	NextUpdate time.Time
	DER        []byte
}

// ThisUpdate is from when on the list is good.
func (l List) ThisUpdate() time.Time { return l.NextUpdate.Add(-listLife - backdate) }

// RevocationList returns the current list of an authority, NotFound where it signs nothing any
// more. It is public.
func (s *Service) RevocationList(ctx context.Context, id string) (List, error) {
	by, err := s.issuerByID(id)
	if err != nil {
		return List{}, err
	}
	turn, err := s.Authorities.Turn(ctx)
	if err != nil {
		return List{}, err
	}
	latest, err := s.Lists.Latest(ctx, id)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return List{}, err
	}
	if err == nil && latest.Turn == turn && s.Clock.Now().Before(latest.NextUpdate.Add(-listLife/2)) {
		return latest, nil
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		latest, err = s.renewList(ctx, by)
		return err
	})
	return latest, err
}

// renewList makes another list. Its number is that of the time, so that it grows also where
// the database was restored from a backup.
func (s *Service) renewList(ctx context.Context, by *issuer) (List, error) {
	turn, err := s.Authorities.Turn(ctx)
	if err != nil {
		return List{}, err
	}
	before, err := s.Lists.Latest(ctx, by.id)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return List{}, err
	}
	now := s.Clock.Now()
	revoked, err := s.Lists.RevokedBy(ctx, by.id, now)
	if err != nil {
		return List{}, err
	}
	l := List{Issuer: by.id, Number: max(before.Number+1, now.UnixMilli()), Turn: turn, NextUpdate: now.Add(listLife)}
	if l.DER, err = l.sign(by, revoked); err != nil {
		return List{}, err
	}
	return l, s.Lists.Keep(ctx, l)
}

// WorkloadRevocations returns the current lists of those who sign for workloads, and of those
// who did and are trusted still, as DER. It is public.
func (s *Service) WorkloadRevocations(ctx context.Context) (lists [][]byte, err error) {
	all, err := s.Authorities.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range ofKind(all, CAWorkloads, CAActive, CAFormer) {
		l, err := s.RevocationList(ctx, c.ID)
		if kernel.Is(err, kernel.NotFound) {
			continue // its key is gone, and with it what could be said
		}
		if err != nil {
			return nil, err
		}
		lists = append(lists, l.DER)
	}
	return lists, nil
}

func (l List) sign(by *issuer, revoked []Entry) ([]byte, error) {
	t := &x509.RevocationList{Number: big.NewInt(l.Number), ThisUpdate: l.ThisUpdate(), NextUpdate: l.NextUpdate}
	for _, e := range revoked {
		serial, ok := new(big.Int).SetString(e.Serial, 16)
		if !ok {
			return nil, kernel.Errorf(kernel.Internal, "%q is no serial", e.Serial)
		}
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: e.Revoked.At, ReasonCode: e.Revoked.Reason.Code()})
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, by.cert, by.key)
	if err != nil {
		return nil, fmt.Errorf("sign the list of what was revoked: %w", err)
	}
	return der, nil
}

// issuerByID is an authority that tells what it has revoked.
func (s *Service) issuerByID(id string) (*issuer, error) {
	v := s.authority.view.Load()
	if by := v.issuers[id]; by != nil {
		return by, nil
	}
	none := kernel.Errorf(kernel.NotFound, "there is no authority %s that signs", id)
	name, ok := strings.CutPrefix(id, "domain:")
	if name, err := url.PathUnescape(name); ok && err == nil && v.seed != nil && validName(name) && s.Proven != nil && s.Proven(name) {
		return v.seed.issuer(name, s.Address)
	}
	return nil, none
}

// AuthorityCertificate returns the certificate of an authority that signs, as DER. It is
// public: certificates say where it is.
func (s *Service) AuthorityCertificate(id string) ([]byte, error) {
	by, err := s.issuerByID(id)
	if err != nil {
		return nil, err
	}
	return by.cert.Raw, nil
}

// TrustedRoots returns the roots that clients should trust, as PEM. It is public.
func (s *Service) TrustedRoots() []byte { return s.authority.RootPEM() }
