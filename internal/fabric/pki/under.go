package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// seed is what the roots of domains outside of the zones follow from: every process that has
// it has the same roots, byte for byte, with nothing to keep of each.
type seed struct {
	id string
	// secret is the pseudorandom key (RFC 5869 §2.2) of a root's key, from which that one
	// cannot be told.
	secret []byte
	// of is the certificate of that root.
	of *x509.Certificate

	mu      sync.Mutex
	issuers map[string]*issuer
}

// derived is the authority of a domain, and what it follows from.
type derived struct {
	*Authority

	from *seed
}

// newSeed makes the seed of a root.
func newSeed(id string, of keyed) (*seed, error) {
	raw, err := of.key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("make the seed of domains: %w", err)
	}
	secret, err := hkdf.Extract(sha256.New, raw, nil)
	if err != nil {
		return nil, fmt.Errorf("make the seed of domains: %w", err)
	}
	return &seed{id: id, secret: secret, of: of.cert}, nil
}

// domainIssuer is the id of a domain's authority.
func domainIssuer(domain string) string { return "domain:" + domain }

// Under returns the authority of a domain outside of the zones, in lower case. Its root may
// certify the domain and what lies below it alone (RFC 5280 §4.2.1.10).
func (a *Authority) Under(domain string) (*Authority, error) {
	if !validName(domain) {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no domain", domain)
	}
	v := a.view.Load()
	if v.seed == nil {
		_, err := a.signer()
		return nil, err
	}
	if known, ok := a.under.Get(domain); ok && known.from == v.seed {
		return known.Authority, nil
	}
	u := &Authority{options: a.options, domain: domain, view: a.view, flight: a.flight, leaves: a.leaves, under: a.under}
	if _, err := u.signer(); err != nil {
		return nil, err
	}
	a.under.Add(domain, derived{u, v.seed})
	return u, nil
}

// issuer returns the root of a domain. Those that were asked for are kept, up to a bound.
func (s *seed) issuer(domain, address string) (*issuer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.issuers[domain]; known != nil {
		return known, nil
	}
	made, err := s.derive(domain)
	if err != nil {
		return nil, fmt.Errorf("make the authority of %s: %w", domain, err)
	}
	if s.issuers == nil {
		s.issuers = map[string]*issuer{}
	}
	for name := range s.issuers {
		if len(s.issuers) < maxCached {
			break
		}
		delete(s.issuers, name)
	}
	s.issuers[domain] = &issuer{id: domainIssuer(domain), cert: made.cert, key: made.key, address: address}
	return s.issuers[domain], nil
}

// derive makes the root of a domain.
func (s *seed) derive(domain string) (keyed, error) {
	key, err := derivedKey(s.secret, domain)
	if err != nil {
		return keyed{}, err
	}
	id, err := keyID(&key.PublicKey)
	if err != nil {
		return keyed{}, err
	}
	serial := sha256.Sum256(append([]byte("root of a domain\x00"+domain+"\x00"), s.of.Raw...))
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:15]), Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: "Terrace root of " + shortened(domain)},
		SubjectKeyId: id, NotBefore: s.of.NotBefore, NotAfter: s.of.NotAfter,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{domain}, ExcludedIPRanges: everywhere(),
	}
	if !s.of.MaxPathLenZero { // those of a root from before there was a database are as they were
		template.PermittedURIDomains, template.PermittedEmailAddresses = []string{domain}, []string{nobody}
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key) // without randomness it is signed as RFC 6979 has it
	if err != nil {
		return keyed{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return keyed{cert, key}, err
}

// derivedKey makes a key of a secret (RFC 5869), with 64 bits more than the order of the
// curve has, so that none is likelier than another (FIPS 186-5 A.2.1).
func derivedKey(secret []byte, domain string) (*ecdsa.PrivateKey, error) {
	curve := elliptic.P256()
	const length = 40
	wide, err := hkdf.Expand(sha256.New, secret, "root of a domain\x00"+domain, length)
	if err != nil {
		return nil, err
	}
	one := big.NewInt(1)
	d := new(big.Int).SetBytes(wide)
	d.Add(d.Mod(d, new(big.Int).Sub(curve.Params().N, one)), one)
	return ecdsa.ParseRawPrivateKey(curve, d.FillBytes(make([]byte, 32)))
}

// shortened has a domain fit a common name, which has 64 characters (RFC 5280 A.1).
func shortened(domain string) string {
	const most = 64 - len("Terrace root of ")
	if len(domain) > most {
		return domain[len(domain)-most:]
	}
	return domain
}
