package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"
)

const (
	// backdate makes certificates valid for clients whose clocks are behind.
	backdate = time.Hour
	// caBackdate is for those of authorities: what they sign at once is valid as well then.
	caBackdate = 24 * time.Hour
	rootLife   = 10 * 365 * 24 * time.Hour
	// intermediateLife is longer than two thirds of it, when it is replaced, by much more than
	// any certificate lives.
	intermediateLife = 2 * 365 * 24 * time.Hour
	signerLife       = 5 * 365 * 24 * time.Hour
	// nobody is a domain that there is not (RFC 6761 §6.4). A kind of name that name constraints
	// do not mention is unconstrained, so that they permit it here alone.
	nobody = "invalid"
)

// keyed is an authority's certificate with its key.
type keyed struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newSerial returns 127 random bits (RFC 5280 §4.1.2.2 allows 20 octets): no state has to be
// kept for them to be new, also where a database was restored.
func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// keyID is the identifier of a key (RFC 7093 §2, method 1).
func keyID(key *ecdsa.PublicKey) ([]byte, error) {
	point, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("identify a key: %w", err)
	}
	sum := sha256.Sum256(point)
	return sum[:20], nil
}

// authorityTemplate is what certificates of all authorities have in common. Its subject has
// a random end, by which generations are told apart.
func authorityTemplate(name string, key *ecdsa.PublicKey, now time.Time, life time.Duration) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("make a serial: %w", err)
	}
	id, err := keyID(key)
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Terrace"}, CommonName: name + " " + serial.Text(36)[:6]}, SubjectKeyId: id,
		NotBefore: now.Add(-caBackdate), NotAfter: now.Add(life),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, IsCA: true,
	}, nil
}

// constrain has a certificate of an authority hold for names of zones and loopback addresses
// alone (RFC 5280 §4.2.1.10).
func constrain(t *x509.Certificate, zones []string) {
	t.PermittedDNSDomainsCritical, t.PermittedDNSDomains, t.PermittedURIDomains = true, zones, zones
	t.PermittedIPRanges, t.PermittedEmailAddresses = loopback(), []string{nobody}
}

// newRoot makes a root of zones: whoever trusts it trusts nothing else.
func newRoot(zones []string, now time.Time) (keyed, error) {
	return selfSigned("Terrace root", now, rootLife, func(t *x509.Certificate) { constrain(t, zones) })
}

// newWorkloads makes an authority that can say who is of a trust domain, and certify nothing
// else.
func newWorkloads(domain string, now time.Time) (keyed, error) {
	return selfSigned("Terrace workloads", now, signerLife, func(t *x509.Certificate) {
		t.URIs, t.MaxPathLenZero = []*url.URL{{Scheme: "spiffe", Host: domain}}, true
		t.PermittedDNSDomainsCritical, t.PermittedURIDomains, t.PermittedEmailAddresses = true, []string{domain}, []string{nobody}
		t.ExcludedDNSDomains, t.ExcludedIPRanges = []string{""}, everywhere()
	})
}

func selfSigned(name string, now time.Time, life time.Duration, change func(*x509.Certificate)) (keyed, error) {
	key, err := newKey()
	if err != nil {
		return keyed{}, fmt.Errorf("make %s: %w", name, err)
	}
	t, err := authorityTemplate(name, &key.PublicKey, now, life)
	if err != nil {
		return keyed{}, err
	}
	change(t)
	cert, err := signed(t, t, key.Public(), key)
	return keyed{cert, key}, err
}

// intermediateTemplate is that of an authority below a root.
func intermediateTemplate(zones []string, key *ecdsa.PublicKey, now time.Time) (*x509.Certificate, error) {
	t, err := authorityTemplate("Terrace intermediate", key, now, intermediateLife)
	if err != nil {
		return nil, err
	}
	t.MaxPathLenZero = true
	constrain(t, zones)
	return t, nil
}

// certify has a root sign the certificate of an intermediate, which does not outlive it.
func (by keyed) certify(t *x509.Certificate, key *ecdsa.PublicKey) (*x509.Certificate, error) {
	if t.NotAfter.After(by.cert.NotAfter) {
		t.NotAfter = by.cert.NotAfter
	}
	return signed(t, by.cert, key, by.key)
}

// cross has a root that clients trust already sign the key and the name of an intermediate.
func (by keyed) cross(of *x509.Certificate, key *ecdsa.PublicKey, now time.Time) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("make a serial: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber: serial, RawSubject: of.RawSubject, SubjectKeyId: of.SubjectKeyId, NotBefore: now.Add(-caBackdate), NotAfter: of.NotAfter,
		KeyUsage: of.KeyUsage, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	if t.NotBefore.Before(by.cert.NotBefore) {
		t.NotBefore = by.cert.NotBefore
	}
	return by.certify(t, key)
}

// signed signs a certificate and reads it back.
func signed(t, by *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, by, public, key)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("sign a certificate: %w", err)
	}
	return cert, nil
}

func loopback() []*net.IPNet {
	return []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
}

// everywhere are all addresses: a root that names no addresses could certify each.
func everywhere() []*net.IPNet {
	return []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}}
}
