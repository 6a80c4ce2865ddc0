package pki

import (
	"container/list"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Under returns the authority of a domain outside of the zones, in lower case. Its root may
// certify the domain and what lies below it alone (RFC 5280 §4.2.1.10), and follows from the
// authority's own key: every process that has this key has the same root, byte for byte.
func (a *Authority) Under(domain string) (*Authority, error) {
	if !validName(domain) {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no domain", domain)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.under[domain]; u != nil {
		return u, nil
	}
	r, err := a.root.under(domain)
	if err != nil {
		return nil, fmt.Errorf("make the authority of %s: %w", domain, err)
	}
	if len(a.under) >= maxCached {
		clear(a.under)
	}
	u := &Authority{
		options: Options{Zones: []string{domain}, LeafLife: a.options.LeafLife, Clock: a.options.Clock},
		root:    r, leaves: map[string]*list.Element{}, recent: list.New(), under: map[string]*Authority{},
	}
	a.under[domain] = u
	return u, nil
}

// under derives the root of a domain.
func (r *root) under(domain string) (*root, error) {
	secret, err := r.key.Bytes()
	if err != nil {
		return nil, err //nolint:wrapcheck // told by Under
	}
	key, err := derivedKey(secret, domain)
	if err != nil {
		return nil, err
	}
	serial := sha256.Sum256(append([]byte("root of a domain\x00"+domain+"\x00"), r.cert.Raw...))
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial[:15]), Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: "Terrace root of " + shortened(domain)},
		NotBefore: r.cert.NotBefore, NotAfter: r.cert.NotAfter,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{domain}, ExcludedIPRanges: everywhere(),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key) // without randomness it is signed as RFC 6979 has it
	if err != nil {
		return nil, err //nolint:wrapcheck // told by Under
	}
	cert, err := x509.ParseCertificate(der)
	return &root{cert: cert, key: key}, err
}

// everywhere are all addresses: a root that names no addresses could certify each.
func everywhere() []*net.IPNet {
	return []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}}
}

// derivedKey makes a key of a secret (RFC 5869), with 64 bits more than the order of the
// curve has, so that none is likelier than another (FIPS 186-5 A.2.1).
func derivedKey(secret []byte, domain string) (*ecdsa.PrivateKey, error) {
	curve := elliptic.P256()
	const length = 40
	wide, err := hkdf.Key(sha256.New, secret, nil, "root of a domain\x00"+domain, length)
	if err != nil {
		return nil, err //nolint:wrapcheck // told by Under
	}
	one := big.NewInt(1)
	d := new(big.Int).SetBytes(wide)
	d.Add(d.Mod(d, new(big.Int).Sub(curve.Params().N, one)), one)
	return ecdsa.ParseRawPrivateKey(curve, d.FillBytes(make([]byte, 32))) //nolint:wrapcheck // told by Under
}

// shortened has a domain fit a common name, which has 64 characters (RFC 5280 A.1).
func shortened(domain string) string {
	const most = 64 - len("Terrace root of ")
	if len(domain) > most {
		return domain[len(domain)-most:]
	}
	return domain
}
