package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Sign returns a certificate of a server for names, in lower case, and a public key that
// somebody else has the private key of: the leaf first, and the root, which signs it. Zero times are the
// usual ones; what goes beyond the root is cut. Names may begin with a wildcard.
func (a *Authority) Sign(names []string, public crypto.PublicKey, notBefore, notAfter time.Time) ([]*x509.Certificate, error) {
	for _, name := range names {
		if !a.Certifies(name) {
			return nil, kernel.Errorf(kernel.Denied, "no certificate is issued for %q", name)
		}
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	now := a.options.Clock.Now()
	if notBefore.IsZero() {
		notBefore = now.Add(-backdate)
	}
	if notAfter.IsZero() {
		notAfter = now.Add(a.options.LeafLife)
	}
	if end := a.root.cert.NotAfter; notAfter.After(end) {
		notAfter = end
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Terrace"}}, NotBefore: notBefore, NotAfter: notAfter, DNSNames: names,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root.cert, public, a.root.key)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	return []*x509.Certificate{leaf, a.root.cert}, nil
}

// Certifies tells whether a name, which may begin with a wildcard, lies within the zones.
func (a *Authority) Certifies(name string) bool {
	bare := strings.TrimPrefix(name, "*.")
	if !validName(bare) {
		return false
	}
	for _, zone := range a.options.Zones {
		if bare == zone || strings.HasSuffix(bare, "."+zone) {
			return true
		}
	}
	return false
}
