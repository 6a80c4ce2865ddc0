package domain_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain/domainsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestACertificateIsShownWhereItIsFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx, ca := as(t.Context(), "ada", "acme"), authority(t, nil)
		chain, key := ca.leaf(t, "example.com", "*.example.com")
		if _, err := f.Add(ctx, acme, "example.com"); err != nil {
			t.Fatal(err)
		}
		_, err := f.SetCertificate(ctx, "acme", "example.com", chain, key)
		want(t, "of an unproven domain", err, kernel.Refused, "terrace domain verify example.com")
		if err := f.Remove(ctx, "acme", "example.com"); err != nil {
			t.Fatal(err)
		}
		f.proven(t, acme, "example.com")
		d, err := f.SetCertificate(ctx, "acme", "example.com", chain, key)
		if err != nil || d.Certificate == nil || d.Certificate.SetBy != "ada" || d.Certificate.KeyType != "ECDSA P-256" || d.Certificate.NotAfter.Before(time.Now()) || len(d.Certificate.Fingerprint) != 64 {
			t.Fatalf("%+v, %v", d.Certificate, text(err))
		}
		for host, shown := range map[string]bool{"example.com": true, "api.example.com": true, "a.b.example.com": false, "example.org": false} {
			if got := f.Certificate(host); (got != nil) != shown {
				t.Errorf("%s: %v", host, got != nil)
			}
		}
		// The key is sealed: neither the row nor what is told has it.
		kept, err := domainsql.NewStore(f.db).Get(ctx, "acme", "example.com")
		if err != nil || bytes.Contains(kept.Sealed, []byte("PRIVATE")) || strings.Contains(kept.Chain, "PRIVATE") || len(kept.Sealed) == 0 {
			t.Errorf("the key is kept as it is: %v", err)
		}
		// A replica has it from the rows.
		again := newFixture(t, f.db)
		again.Service = domain.New(f.Config)
		if err := again.Load(ctx); err != nil || again.Certificate("api.example.com") == nil {
			t.Errorf("a replica: %v", err)
		}
		// A closer domain with a certificate of its own comes first.
		f.proven(t, acme, "api.example.com")
		closer, closerKey := ca.leaf(t, "api.example.com")
		if _, err := f.SetCertificate(ctx, "acme", "api.example.com", closer, closerKey); err != nil {
			t.Fatal(text(err))
		}
		if got := f.Certificate("api.example.com"); len(got.Leaf.DNSNames) != 1 {
			t.Errorf("shown: %v", got.Leaf.DNSNames)
		}
		if err := f.RemoveCertificate(ctx, "acme", "api.example.com"); err != nil {
			t.Fatal(err)
		}
		want(t, "none", f.RemoveCertificate(ctx, "acme", "api.example.com"), kernel.NotFound)
		if got := f.Certificate("api.example.com"); got == nil || len(got.Leaf.DNSNames) != 2 {
			t.Error("the domain above does not step in")
		}
	})
}

func TestCertificatesThatAreRefused(t *testing.T) {
	t.Parallel()
	f, ca := sqlite(t), authority(t, nil)
	ctx := as(t.Context(), "ada", "acme")
	f.proven(t, acme, "example.com")
	if err := f.route(t, prod, "shop", "shop.example.com"); err != nil {
		t.Fatal(err)
	}
	if err := f.route(t, prod, "web", "web.example.com"); err != nil {
		t.Fatal(err)
	}
	between := authority(t, ca)
	key := newKey(t)
	made := func(by *issuer, change func(*x509.Certificate)) string {
		return signed(t, by, key, func(c *x509.Certificate) {
			c.DNSNames = []string{"*.example.com"}
			change(c)
		}).pem
	}
	good := made(between, func(*x509.Certificate) {})
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	small := signed(t, ca, weak, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.Subject.CommonName = true, x509.KeyUsageCertSign, "authority"
	})
	weakLeaf := signed(t, nil, weak, func(c *x509.Certificate) { c.DNSNames = []string{"*.example.com"} }).pem
	own := pemOf(t, key)
	curve, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forCurve := signed(t, between, curve, func(c *x509.Certificate) { c.DNSNames = []string{"*.example.com"} }).pem
	damaged := strings.Replace(between.pem, "\n", "\n*", 1)
	if _, err := f.SetCertificate(ctx, "acme", "example.com", made(between, func(c *x509.Certificate) { c.DNSNames = []string{"shop.example.com"} }), own); err != nil {
		t.Fatal("one that is not for every host, where none was before:", text(err))
	}
	for what, tc := range map[string]struct{ chain, key, says string }{
		"no PEM":                 {"hello", own, "certificate: there is no certificate in it"},
		"no key":                 {good, "hello", "key: there is no private key in it"},
		"both":                   {"", "", "key: there is no private key in it"},
		"a key in the chain":     {good + own, own, "there is a private key among the certificates"},
		"garbage":                {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", own, "certificate 1 cannot be read"},
		"garbage for a key":      {good, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read as a PRIVATE KEY"},
		"an encrypted key":       {good, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "openssl pkey"},
		"another key":            {good, pemOf(t, newKey(t)), "key: it does not belong to the certificate of *.example.com"},
		"too much":               {strings.Repeat("x", domain.MaxPEM+1), own, "more than 65536 bytes"},
		"too many":               {strings.Repeat(good, 11), own, "more than 10 certificates"},
		"the wrong order":        {good + ca.pem + between.pem, own, "certificate 1 of the chain was not signed by the one after it"},
		"an authority first":     {between.pem + good, own, "the first certificate is that of an authority"},
		"expired":                {made(between, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), own, "certificate 1 of the chain has expired on"},
		"not yet":                {made(between, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), own, "holds from"},
		"an expired authority":   {expiredChain(t, key), own, "certificate 2 of the chain has expired on"},
		"for clients":            {made(between, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), own, "not for servers"},
		"without names":          {made(between, func(c *x509.Certificate) { c.DNSNames = nil; c.Subject.CommonName = "shop.example.com" }), own, "names no host"},
		"for another domain":     {made(between, func(c *x509.Certificate) { c.DNSNames = []string{"*.example.org", "notexample.com"} }), own, "none of which takes in example.com"},
		"not for a route's host": {made(between, func(c *x509.Certificate) { c.DNSNames = []string{"example.com"} }), own, "shop.example.com: the certificate is not for it, the one before is, and route shop of shop/prod"},
		"a weak key":             {weakLeaf, pemOf(t, weak), "it has 1024 bits"},
		"a weak authority":       {made(small, func(*x509.Certificate) {}) + small.pem, own, "certificate 2 of the chain, of CN=authority, has a key of RSA with 1024 bits"},
		"signed with SHA-1":      {made(between, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }) + between.pem, own, "certificate 1 of the chain is signed with ECDSA-SHA1, which clients refuse; have it issued anew"},
		"expired, with its zone": {made(between, func(c *x509.Certificate) {
			c.NotAfter = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
			c.NotBefore = c.NotAfter.Add(-time.Hour)
		}), own, "has expired on 2020-01-02 03:04:05 UTC"},
		"a curve that TLS 1.3 has not":     {forCurve, pemOf(t, curve), "P-224, which TLS 1.3 does not have"},
		"a giant key":                      {good, "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIE", 4<<10/3+1) + "\n-----END RSA PRIVATE KEY-----\n", "larger than any key of RSA with 4096 bits"},
		"a damaged authority":              {good + damaged, own, "1 of its 2 blocks can be read"},
		"a damaged leaf":                   {strings.Replace(good, "\n", "\n*", 1) + between.pem, own, "1 of its 2 blocks can be read"},
		"a chain that skips one":           {good + ca.pem, own, "certificate 1 of the chain was not signed by the one after it"},
		"an authority before its own leaf": {between.pem + ca.pem + good, own, "the first certificate is that of an authority"},
		"a root before its authority":      {good + between.pem + between.pem, own, "certificate 2 of the chain was not signed by the one after it"},
	} {
		_, err := f.SetCertificate(ctx, "acme", "example.com", tc.chain, tc.key)
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(text(err), tc.says) {
			t.Errorf("%s: %s", what, text(err))
		}
		if told, ok := errors.AsType[*kernel.Error](err); what == "an authority first" && (!ok || len(told.Problems) != 1) {
			t.Errorf("%s: more than one thing is said: %s", what, text(err))
		}
		if strings.Contains(text(err), "AAAA") {
			t.Errorf("%s: the refusal repeats the key", what)
		}
	}
	if shown := f.Certificate("shop.example.com"); shown == nil || shown.Leaf.DNSNames[0] != "shop.example.com" {
		t.Error("a refused certificate is shown")
	}
	for what, chain := range map[string]string{"leaf alone": good, "up to the root": good + between.pem + ca.pem} {
		if _, err := f.SetCertificate(ctx, "acme", "example.com", chain, own); err != nil {
			t.Errorf("%s: %s", what, text(err))
		}
		var shown strings.Builder
		for _, der := range f.Certificate("shop.example.com").Certificate {
			_ = pem.Encode(&shown, &pem.Block{Type: "CERTIFICATE", Bytes: der})
		}
		if shown.String() != chain {
			t.Errorf("%s: it is shown in another order", what)
		}
	}
}

// expiredChain is a leaf for the key behind an authority whose time is over.
func expiredChain(t *testing.T, key crypto.Signer) string {
	t.Helper()
	over := signed(t, nil, newKey(t), func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.NotAfter = true, x509.KeyUsageCertSign, time.Now().Add(-time.Minute)
	})
	return signed(t, over, key, func(c *x509.Certificate) { c.DNSNames = []string{"*.example.com"} }).pem + over.pem
}

// TestACertificateIsReplacedUnderLoad shakes hands while certificates come and go.
func TestACertificateIsReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	f, ca := newFixture(t, dbtest.SQLite(t, migrations()...)), authority(t, nil)
	ctx := as(t.Context(), "ada", "acme")
	f.proven(t, acme, "example.com")
	set := func() {
		chain, key := ca.leaf(t, "*.example.com")
		if _, err := f.SetCertificate(ctx, "acme", "example.com", chain, key); err != nil {
			t.Error(text(err))
		}
	}
	set()
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	var clients sync.WaitGroup
	stop := make(chan struct{})
	serials := make([]map[string]bool, 4)
	for i := range serials {
		serials[i] = map[string]bool{}
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				left, right := net.Pipe()
				server := tls.Server(right, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
					return f.Certificate(h.ServerName), nil
				}})
				go func() { _ = server.HandshakeContext(ctx) }()
				client := tls.Client(left, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: "api.example.com"})
				if err := client.HandshakeContext(ctx); err != nil {
					t.Errorf("a handshake fails: %v", err)
					return
				}
				serials[i][client.ConnectionState().PeerCertificates[0].SerialNumber.String()] = true
				_, _ = left.Close(), right.Close()
			}
		})
	}
	for range 10 {
		set()
	}
	close(stop)
	clients.Wait()
	if f.Certificate("api.example.com") == nil {
		t.Error("no certificate")
	}
}

// lone is a Sealer that finds out whether it works within a transaction.
type lone struct {
	domain.Sealer
	within bool
}

func (l *lone) SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error) {
	l.within = l.within || db.InTransaction(ctx)
	return l.Sealer.SealFor(ctx, tenant, plain, associated)
}

// TestNobodyWaitsWhileAKeyIsSealed has what takes long before the transaction, and what it
// was made for looked at again within.
func TestNobodyWaitsWhileAKeyIsSealed(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	ctx := as(t.Context(), "ada", "acme")
	f.proven(t, acme, "example.com")
	sealer := &lone{Sealer: f.Sealer}
	f.Sealer = sealer
	chain, key := authority(t, nil).leaf(t, "example.com")
	if _, err := f.SetCertificate(ctx, "acme", "example.com", chain, key); err != nil || sealer.within {
		t.Errorf("sealed within a transaction: %v, %s", sealer.within, text(err))
	}
	f.Sealer = &meanwhile{Sealer: f.Sealer, do: func() {
		if err := f.Remove(ctx, "acme", "example.com"); err != nil {
			t.Error(err)
		}
		f.proven(t, acme, "example.com")
	}}
	_, err := f.SetCertificate(ctx, "acme", "example.com", chain, key)
	want(t, "removed and proven anew meanwhile", err, kernel.Stale)
}

// meanwhile is a Sealer while which something else happens.
type meanwhile struct {
	domain.Sealer
	do func()
}

func (m *meanwhile) SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error) {
	m.do()
	return m.Sealer.SealFor(ctx, tenant, plain, associated)
}
