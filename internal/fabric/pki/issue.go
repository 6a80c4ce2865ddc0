package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

const (
	// signerFile holds the key and the certificate of the authority that signs for workloads.
	signerFile      = "workloads-key.pem"
	signerLife      = 5 * 365 * 24 * time.Hour
	minWorkloadLife = time.Minute
)

// Signer is the authority of workloads for who has its key.
type Signer struct {
	dir, domain string
	clock       kernel.Clock
}

// OpenSigner opens the authority of workloads in the folder of an Authority, which has to
// be there. Its key is made when the first certificate is issued.
func OpenSigner(dir, zone string, clock kernel.Clock) (*Signer, error) {
	if _, err := os.Stat(KeyPath(dir)); err != nil {
		return nil, kernel.Errorf(kernel.NotFound, "there is no authority in %s", dir).WithFix("name the folder with --pki: it is pki in the data folder of terraced up, unless it was set")
	}
	return &Signer{dir: dir, domain: zone, clock: clock}, nil
}

// Issue returns the certificate of a workload for the key of a request (RFC 2986), as PEM.
// Of the request nothing else counts. Without one the key is made, and returned as well.
func (s *Signer) Issue(of Workload, life time.Duration, request []byte) (cert, key []byte, err error) {
	if err := of.check(); err != nil {
		return nil, nil, err
	}
	if life < minWorkloadLife || life > MaxWorkloadLife {
		return nil, nil, kernel.Errorf(kernel.Invalid, "a certificate of a workload is valid from %s to %s", minWorkloadLife, MaxWorkloadLife).WithFix("give another life")
	}
	public, key, err := keyOf(request)
	if err != nil {
		return nil, nil, err
	}
	by, err := s.current()
	if err != nil {
		return nil, nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, fmt.Errorf("issue a certificate of a workload: %w", err)
	}
	now := s.clock.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: of.Name}, URIs: []*url.URL{of.URI(s.domain)},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, public, by.key)
	if err != nil {
		return nil, nil, fmt.Errorf("issue a certificate of a workload: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key, nil
}

// Rotate has another key sign from now on. Certificates of the ones before stay trusted
// until they end, unless they are distrusted.
func (s *Signer) Rotate(distrust bool) error {
	next, err := s.make()
	if err != nil {
		return err
	}
	if err := s.trust(next.cert, distrust); err != nil {
		return err
	}
	return next.save(filepath.Join(s.dir, signerFile))
}

// current is what signs; one that would end before a leaf does is replaced.
func (s *Signer) current() (*root, error) {
	path := filepath.Join(s.dir, signerFile)
	r, err := readRoot(path)
	switch {
	case err == nil && r.cert.NotAfter.After(s.clock.Now().Add(MaxWorkloadLife)):
		return r, s.trust(r.cert, false)
	case err == nil:
		if err := s.Rotate(false); err != nil {
			return nil, err
		}
		return readRoot(path)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if r, err = s.make(); err != nil {
		return nil, err
	}
	content, err := r.content()
	if err != nil {
		return nil, err
	}
	if err := wholefile.Create(path, content); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the authority of workloads: %w", err)
	}
	if r, err = readRoot(path); err != nil { // of several at once the first has made it
		return nil, err
	}
	return r, s.trust(r.cert, false)
}

// trust has a certificate be trusted before the others that have not ended, or alone.
func (s *Signer) trust(first *x509.Certificate, alone bool) error {
	path := filepath.Join(s.dir, workloadsFile)
	raw, err := readBounded(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	before, err := certificatesOf(path, raw)
	if err != nil {
		return err
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: first.Raw})
	for _, cert := range before {
		if !alone && !cert.Equal(first) && cert.NotAfter.After(s.clock.Now()) {
			content = append(content, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})...)
		}
	}
	return publish(path, content)
}

// make makes a key with a root that can say who is of the trust domain, and certify
// nothing else (RFC 5280 §4.2.1.10).
func (s *Signer) make() (*root, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the authority of workloads: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("make the authority of workloads: %w", err)
	}
	now := s.clock.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: "Terrace workloads " + serial.Text(36)[:6]},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(signerLife), URIs: []*url.URL{{Scheme: "spiffe", Host: s.domain}},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedURIDomains: []string{s.domain}, ExcludedDNSDomains: []string{""},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the authority of workloads: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the authority of workloads: %w", err)
	}
	return &root{cert: cert, key: key}, nil
}

// keyOf returns the public key of a request, or makes a key.
func keyOf(request []byte) (public crypto.PublicKey, key []byte, err error) {
	if len(request) == 0 {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, fmt.Errorf("make a key: %w", err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return nil, nil, fmt.Errorf("make a key: %w", err)
		}
		return private.Public(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
	}
	public, err = ParseRequest(request)
	return public, nil, err
}
