package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// certificateOf is a certificate of a workload that is called nothing.
func certificateOf(t testing.TB, scope kernel.Scope, now time.Time) pki.Entry {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	e := pki.EntryOf(leaf, pki.Holder{Kind: pki.HolderWorkload, Scope: scope, Name: "nothing"}, now)
	e.ID, e.Issuer = aCertificate, "ca_of_a_test"
	return e
}

// requestOf is a certificate request.
func requestOf(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// broughtOnes is what has the proven domains of tenants.
type broughtOnes []domain.Domain

func (b broughtOnes) Proven(context.Context) (all []domain.Version, err error) {
	for _, d := range b {
		all = append(all, domain.Version{Scope: d.Scope, Name: d.Name, Revision: 1})
	}
	return all, nil
}

func (broughtOnes) Turn(context.Context) (int64, error) { return 1, nil }

func (b broughtOnes) Some(context.Context, []string) ([]domain.Domain, error) { return b, nil }

// TestTheInventoryHasWhatTenantsBrought looks twice, as every process does.
func TestTheInventoryHasWhatTenantsBrought(t *testing.T) {
	t.Parallel()
	s, now := pkitest.Start(t, pki.Options{}), time.Now().UTC()
	e := certificateOf(t, kernel.Scope{Tenant: "acme"}, now)
	all := broughtOnes{
		{Scope: kernel.Scope{Tenant: "acme"}, Name: "example.com", Chain: e.PEM(), Certificate: &domain.Certificate{SetAt: now}},
		{Scope: kernel.Scope{Tenant: "acme"}, Name: "example.org"},
	}
	for range 2 {
		if err := (&broughtCertificates{domains: all, pki: s}).Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.Certificates(t.Context(), "acme", pki.Filter{Kind: pki.HolderDomain}, kernel.PageRequest{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Holder.Name != "example.com" || page.Items[0].ID != e.Fingerprint {
		t.Errorf("%v, %v", page.Items, err)
	}
	if err := s.Revoke(t.Context(), kernel.Scope{Tenant: "acme"}, e.Fingerprint, pki.Superseded); !kernel.Is(err, kernel.Refused) {
		t.Errorf("another authority's is revoked: %v", err)
	}
}
