package pki_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func billing() pki.Workload {
	return pki.Workload{Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "prod"}, Name: "billing"}
}

// workloads opens both sides of an authority in a folder.
func workloads(t *testing.T, dir string, clock kernel.Clock) (*pki.Signer, *pki.Workloads) {
	t.Helper()
	open(t, dir, pki.Options{})
	s, err := pki.OpenSigner(dir, "localhost", clock)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pki.OpenWorkloads(dir, "localhost", clock)
	if err != nil {
		t.Fatal(err)
	}
	return s, w
}

func issue(t *testing.T, s *pki.Signer, request []byte) (*x509.Certificate, []byte) {
	t.Helper()
	cert, key, err := s.Issue(billing(), time.Hour, request)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(cert)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return leaf, key
}

func holds(w *pki.Workloads, leaf *x509.Certificate) bool {
	_, err := leaf.Verify(x509.VerifyOptions{Roots: w.Roots(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err == nil
}

func TestACertificateSaysWhichWorkloadItsHolderIs(t *testing.T) {
	t.Parallel()
	s, w := workloads(t, t.TempDir(), nil)
	leaf, key := issue(t, s, nil)
	if holds(w, leaf) {
		t.Fatal("it is trusted before anybody looked")
	}
	if err := w.Look(); err != nil || !holds(w, leaf) {
		t.Fatalf("it is not trusted: %v", err)
	}
	scope, name, ok := w.Whose(leaf)
	if !ok || (pki.Workload{Scope: scope, Name: name}) != billing() || leaf.URIs[0].String() != "spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/billing" {
		t.Errorf("%v %s %v", scope, name, leaf.URIs)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: w.Roots(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err == nil {
		t.Error("it is good for a server")
	}
	if block, _ := pem.Decode(key); block == nil || block.Type != "PRIVATE KEY" {
		t.Errorf("key: %s", key)
	}
	for _, text := range []string{
		"spiffe://evil/tenant/acme/project/shop/stage/prod/workload/billing", "spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/",
		"spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/a/b", "https://localhost/tenant/acme/project/shop/stage/prod/workload/billing",
		"spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/%62illing", "spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/billing?x",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, ok := w.Whose(&x509.Certificate{URIs: []*url.URL{u}}); ok {
			t.Errorf("%s is a workload", text)
		}
	}
}

func TestAnotherKeySignsForWorkloads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, w := workloads(t, dir, nil)
	old, _ := issue(t, s, nil)
	look := func() {
		t.Helper()
		if err := w.Look(); err != nil {
			t.Fatal(err)
		}
	}
	look()
	same := w.Roots()
	if look(); w.Roots() != same {
		t.Error("roots change where nothing has")
	}
	if err := s.Rotate(false); err != nil {
		t.Fatal(err)
	}
	young, _ := issue(t, s, nil)
	look()
	if !holds(w, old) || !holds(w, young) || old.Issuer.String() == young.Issuer.String() {
		t.Errorf("after a rotation: %t and %t", holds(w, old), holds(w, young))
	}
	if err := s.Rotate(true); err != nil {
		t.Fatal(err)
	}
	look()
	if holds(w, old) || holds(w, young) {
		t.Error("what is distrusted holds")
	}
	last, _ := issue(t, s, nil)
	if !holds(w, last) {
		t.Error("the last does not hold")
	}
	if err := os.WriteFile(filepath.Join(dir, "workloads.pem"), []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Look(); !kernel.Is(err, kernel.Invalid) || !holds(w, last) {
		t.Errorf("a damaged file: %v, %t", err, holds(w, last))
	}
}

func TestASignerThatEndsIsReplaced(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s, w := workloads(t, t.TempDir(), c.now)
	old, _ := issue(t, s, nil)
	c.advance(5*365*24*time.Hour - 24*time.Hour)
	young, _ := issue(t, s, nil)
	if err := w.Look(); err != nil || young.Issuer.String() == old.Issuer.String() {
		t.Errorf("%v, %s", err, young.Issuer)
	}
	if _, err := young.Verify(x509.VerifyOptions{Roots: w.Roots(), CurrentTime: c.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
}

func TestSeveralMakeOneSigner(t *testing.T) {
	t.Parallel()
	s, w := workloads(t, t.TempDir(), nil)
	leaves := make([]*x509.Certificate, 8)
	var all sync.WaitGroup
	for i := range leaves {
		all.Go(func() { leaves[i], _ = issue(t, s, nil) })
	}
	all.Wait()
	if err := w.Look(); err != nil {
		t.Fatal(err)
	}
	for _, leaf := range leaves {
		if !holds(w, leaf) {
			t.Error("one is not trusted")
		}
	}
}

func TestOfARequestItsKeyCounts(t *testing.T) {
	t.Parallel()
	s, _ := workloads(t, t.TempDir(), nil)
	_, strong, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	csr := func(key any) []byte {
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{"evil.localhost"}}, key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	}
	leaf, key := issue(t, s, csr(strong))
	if len(leaf.DNSNames) != 0 || key != nil || !strong.Public().(ed25519.PublicKey).Equal(leaf.PublicKey) { //nolint:forcetypeassert // what it is
		t.Errorf("%v, %s", leaf.DNSNames, key)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(csr(other))
	forged := pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: append(bytes.Clone(block.Bytes[:len(block.Bytes)-1]), block.Bytes[len(block.Bytes)-1]^1)})
	for reason, request := range map[string][]byte{"a weak key": csr(weak), "no request": []byte("x"), "a signature that is wrong": forged} {
		if _, _, err := s.Issue(billing(), time.Hour, request); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	for reason, of := range map[string]pki.Workload{"no stage": {Scope: kernel.Scope{Tenant: "acme", Project: "shop"}, Name: "x"}, "a path": {Scope: billing().Scope, Name: "a/b"}} {
		if _, _, err := s.Issue(of, time.Hour, nil); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, _, err := s.Issue(billing(), 90*24*time.Hour, nil); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a long life: %v", err)
	}
	if _, err := pki.OpenSigner(t.TempDir(), "localhost", nil); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("a folder without an authority: %v", err)
	}
}
