// Package pkitest gives tests of other rooms an authority on a database of its own.
package pkitest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// anybody is an Authorizer that allows all, and a Journal that forgets.
type anybody struct{}

func (anybody) Authorize(context.Context, string, kernel.Scope) error { return nil }
func (anybody) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}
func (anybody) Record(context.Context, kernel.Fact) error { return nil }

// Start returns the authorities of a control plane that has started.
func Start(t testing.TB, o pki.Options) *pki.Service {
	t.Helper()
	sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	d := dbtest.SQLite(t, pkisql.Migrations())
	store := pkisql.NewStore(d)
	s, err := pki.New(pki.Config{
		Options: o, Authorities: store, Inventory: store, Alerts: store, Lists: store, Sealer: sealer, Authorizer: anybody{}, Journal: anybody{}, Tx: d,
		Home: "default", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Workload issues a certificate to a workload, for an hour.
func Workload(t testing.TB, s *pki.Service, of pki.Workload) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	issued, _, err := s.Ask(t.Context(), pki.Request{
		Holder: pki.Holder{Kind: pki.HolderWorkload, Scope: of.Scope, Name: of.Name}, CSR: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), Life: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{issued.Leaf.Raw}, PrivateKey: key, Leaf: issued.Leaf}
}
