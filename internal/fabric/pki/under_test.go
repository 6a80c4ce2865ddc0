package pki_test

import (
	"bytes"
	"crypto/x509"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

func under(t *testing.T, a *pki.Authority, domain string) *pki.Authority {
	t.Helper()
	u, err := a.Under(domain)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestTheRootOfADomainFollowsFromTheKey opens the same folder twice, as a control plane and a
// gateway beside it do.
func TestTheRootOfADomainFollowsFromTheKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, second := open(t, folder, pki.Options{}), open(t, folder, pki.Options{})
	one := under(t, first, "example.com")
	if !bytes.Equal(one.RootPEM(), under(t, second, "example.com").RootPEM()) {
		t.Error("two processes with one key have two roots for a domain")
	}
	if bytes.Equal(one.RootPEM(), under(t, first, "example.org").RootPEM()) || bytes.Equal(one.RootPEM(), under(t, open(t, t.TempDir(), pki.Options{}), "example.com").RootPEM()) {
		t.Error("another domain, or another key, has the same root")
	}
	for _, name := range []string{"example.com", "api.example.com", "a.b.example.com"} {
		cert, err := under(t, second, "example.com").Certificate(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: one.Pool()}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: first.Pool()}); err == nil {
			t.Errorf("%s is certified by the root of the zone", name)
		}
	}
}

func TestTheRootOfADomainCertifiesNothingElse(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir(), pki.Options{})
	u := under(t, a, "example.com")
	for _, name := range []string{"example.org", "com", "notexample.com", "localhost", "127.0.0.1"} {
		if _, err := u.Certificate(name); err == nil {
			t.Errorf("a certificate for %s", name)
		}
	}
	// Whoever has the key of example.com cannot use it for another domain either.
	other, err := under(t, a, "example.org").Certificate("example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Leaf.Verify(x509.VerifyOptions{DNSName: "example.org", Roots: u.Pool()}); err == nil {
		t.Error("a leaf of another domain is trusted")
	}
	if _, err := a.Under("Not A Domain"); err == nil {
		t.Error("an authority of no domain")
	}
}
