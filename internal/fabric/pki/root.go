package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

const (
	// keyFile holds the root's key and certificate, and is the only file that is
	// read; rootFile is a copy of the certificate for clients.
	keyFile  = "root-key.pem"
	rootFile = "root.pem"
	rootLife = 10 * 365 * 24 * time.Hour
)

type root struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (r *root) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.cert.Raw})
}

// openRoot reads the root, or makes one where there is none or where it would
// end before a leaf does.
func openRoot(dir string, o Options) (*root, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	path := filepath.Join(dir, keyFile)
	r, err := readRoot(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r, err = makeRoot(path, o)
	case err == nil && r.cert.NotAfter.Before(o.Clock.Now().Add(o.LeafLife)):
		r, err = makeRoot(path, o)
	case err == nil:
		err = checkZones(r, dir, o.Zones)
	}
	if err != nil {
		return nil, err
	}
	return r, publish(filepath.Join(dir, rootFile), r.pem())
}

func checkZones(r *root, dir string, zones []string) error {
	for _, zone := range zones {
		if !slices.Contains(r.cert.PermittedDNSDomains, zone) {
			return kernel.Errorf(kernel.Invalid, "the root certificate in %s does not cover the zone %s", dir, zone).
				WithFix("move %s away: a new root is made at the next start, and clients must trust it anew", dir)
		}
	}
	return nil
}

func readRoot(path string) (*root, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read root certificate: %w", err)
	}
	r := &root{}
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "EC PRIVATE KEY":
			r.key, err = x509.ParseECPrivateKey(block.Bytes)
		case "CERTIFICATE":
			r.cert, err = x509.ParseCertificate(block.Bytes)
		}
		if err != nil {
			return nil, fmt.Errorf("read root certificate: %w", err)
		}
	}
	if r.key == nil || r.cert == nil || !r.key.PublicKey.Equal(r.cert.PublicKey) {
		return nil, kernel.Errorf(kernel.Invalid, "%s does not hold a root certificate with its key", path).
			WithFix("restore the file, or move it away: a new root is made at the next start")
	}
	return r, nil
}

// makeRoot makes a root that can certify names of the zones and loopback
// addresses alone (RFC 5280 §4.2.1.10): whoever trusts it trusts nothing else.
func makeRoot(path string, o Options) (*root, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make root certificate: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("make root certificate: %w", err)
	}
	now := o.Clock.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: "Terrace local root " + serial.Text(36)[:6]},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(rootLife),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: o.Zones, PermittedIPRanges: loopback(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make root certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make root certificate: %w", err)
	}
	r := &root{cert: cert, key: key}
	return r, r.save(path)
}

func loopback() []*net.IPNet {
	return []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
}

// content is the file with the key and the certificate.
func (r *root) content() ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(r.key)
	if err != nil {
		return nil, fmt.Errorf("save root certificate: %w", err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), r.pem()...), nil
}

func (r *root) save(path string) error {
	content, err := r.content()
	if err != nil {
		return err
	}
	return wholefile.Replace(path, content, 0o600)
}

// publish writes the certificate's copy unless it is there already.
func publish(path string, content []byte) error {
	if present, err := os.ReadFile(path); err == nil && slices.Equal(present, content) {
		return nil
	}
	return wholefile.Replace(path, content, 0o644)
}
