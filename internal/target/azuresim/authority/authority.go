// Package authority is the certificate authority of the simulated cloud.
//
// It owns one root, made once per folder, and the certificates of the names
// that clients ask for. It does not own which names exist: the caller says.
package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"sync"
	"time"
)

const (
	rootLife = 10 * 365 * 24 * time.Hour
	leafLife = 30 * 24 * time.Hour
	// maxLeaves bounds how many names have certificates at once.
	maxLeaves = 4096
)

// Authority signs certificates for names.
type Authority struct {
	root   *x509.Certificate
	key    *ecdsa.PrivateKey
	now    func() time.Time
	mu     sync.Mutex
	leaves map[string]*tls.Certificate
}

// Create makes a root and returns it as PEM: certificate and key.
func Create(now time.Time) (rootPEM, keyPEM string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("make a root key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Terrace simulated Azure"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(rootLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return "", "", fmt.Errorf("make a root: %w", err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fmt.Errorf("make a root key: %w", err)
	}
	return encode("CERTIFICATE", raw), encode("PRIVATE KEY", rawKey), nil
}

// Open reads what Create made.
func Open(rootPEM, keyPEM string, now func() time.Time) (*Authority, error) {
	pair, err := tls.X509KeyPair([]byte(rootPEM), []byte(keyPEM))
	if err != nil {
		return nil, fmt.Errorf("read the root: %w", err)
	}
	key, is := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !is {
		return nil, errors.New("read the root: its key is of another kind")
	}
	root, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return nil, fmt.Errorf("read the root: %w", err)
	}
	return &Authority{root: root, key: key, now: now, leaves: map[string]*tls.Certificate{}}, nil
}

// Certificate returns the certificate of a name, made when it is first asked for.
func (a *Authority) Certificate(name string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if leaf := a.leaves[name]; leaf != nil && a.now().Before(leaf.Leaf.NotAfter.Add(-time.Hour)) {
		return leaf, nil
	}
	leaf, err := a.leaf(name)
	if err != nil {
		return nil, err
	}
	if len(a.leaves) >= maxLeaves {
		clear(a.leaves)
	}
	a.leaves[name] = leaf
	return leaf, nil
}

func (a *Authority) leaf(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	now := a.now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if name == "localhost" {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.root, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for %s: %w", name, err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for %s: %w", name, err)
	}
	return &tls.Certificate{Certificate: [][]byte{raw, a.root.Raw}, PrivateKey: key, Leaf: parsed}, nil
}

// Bundle returns the root and the machine's own roots as PEM: what SSL_CERT_FILE needs, which
// replaces the machine's roots.
func (a *Authority) Bundle() []byte {
	out := []byte(encode("CERTIFICATE", a.root.Raw))
	for _, path := range systemRoots() {
		raw, err := os.ReadFile(path)
		if err == nil && bytes.Contains(raw, []byte("BEGIN CERTIFICATE")) {
			return append(out, raw...)
		}
	}
	return out
}

// systemRoots are where roots are: an override first, as crypto/x509 reads it.
func systemRoots() []string {
	return []string{
		os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
	}
}

func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return new(big.Int).SetBytes(b)
}

func encode(kind string, raw []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}
