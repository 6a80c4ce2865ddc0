package pki

import (
	"container/list"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// backdate makes certificates valid for clients whose clocks are behind.
	backdate = time.Hour
	// maxCached bounds how many leaves are kept in memory.
	maxCached = 4096
)

// Options change how an Authority works; the zero value issues for every name
// under localhost.
type Options struct {
	// Zones are the zones whose names the root may certify, localhost when
	// empty. They are written into the root: no other name is ever trusted by it.
	Zones []string
	// Allow tells whether a leaf may be issued for a name within the zones; nil
	// allows each.
	Allow func(name string) bool
	// LeafLife is DefaultLeafLife when 0; leaves are renewed at two thirds of it.
	LeafLife time.Duration
	Clock    kernel.Clock
}

// Authority issues certificates.
type Authority struct {
	options Options
	dir     string
	root    *root

	flight singleflight.Group
	mu     sync.Mutex
	leaves map[string]*list.Element
	recent *list.List
	// under are the authorities of domains outside of the zones.
	under map[string]*Authority
}

type leaf struct {
	name    string
	cert    *tls.Certificate
	renewAt time.Time
}

// Open reads the authority's root from dir, or makes one.
func Open(dir string, o Options) (*Authority, error) {
	if len(o.Zones) == 0 {
		o.Zones = []string{"localhost"}
	}
	if o.LeafLife == 0 {
		o.LeafLife = DefaultLeafLife
	}
	r, err := openRoot(dir, o)
	if err != nil {
		return nil, err
	}
	return &Authority{options: o, dir: dir, root: r, leaves: map[string]*list.Element{}, recent: list.New(), under: map[string]*Authority{}}, nil
}

// RootPEM returns the root's certificate.
func (a *Authority) RootPEM() []byte { return a.root.pem() }

// RootPath returns the file with the root's certificate, for clients to trust.
func (a *Authority) RootPath() string { return filepath.Join(a.dir, rootFile) }

// KeyPath returns the file in an authority's folder that has its key.
func KeyPath(dir string) string { return filepath.Join(dir, keyFile) }

// Pool returns the root's certificate as the only one to trust.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root.cert)
	return pool
}

// GetCertificate is for tls.Config: it returns the leaf for the name that the
// client asks for, making or renewing it. A client that sends no name, because
// it connects to an address, gets the leaf of localhost.
func (a *Authority) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if name == "" {
		name = "localhost"
	}
	return a.Certificate(name)
}

// Certificate returns the leaf for a name in lower case. Callers at once share
// one issue.
func (a *Authority) Certificate(name string) (*tls.Certificate, error) {
	if cert := a.cached(name); cert != nil {
		return cert, nil
	}
	if !a.mayIssue(name) {
		return nil, kernel.Errorf(kernel.Denied, "no certificate is issued for %q", name)
	}
	cert, err, _ := a.flight.Do(name, func() (any, error) {
		if cert := a.cached(name); cert != nil {
			return cert, nil // the flight before has issued it
		}
		return a.issue(name, name, x509.ExtKeyUsageServerAuth)
	})
	if err != nil {
		return nil, err
	}
	return cert.(*tls.Certificate), nil //nolint:forcetypeassert // what the flight returns
}

// ClientCertificate returns the leaf by which a part of the platform proves to a
// server that it is name, in lower case.
func (a *Authority) ClientCertificate(name string) (*tls.Certificate, error) {
	key := "client " + name // a space is in no name of a server
	if cert := a.cached(key); cert != nil {
		return cert, nil
	}
	if !a.mayIssue(name) {
		return nil, kernel.Errorf(kernel.Denied, "no certificate is issued for %q", name)
	}
	cert, err, _ := a.flight.Do(key, func() (any, error) { return a.issue(key, name, x509.ExtKeyUsageClientAuth) })
	if err != nil {
		return nil, err
	}
	return cert.(*tls.Certificate), nil //nolint:forcetypeassert // what the flight returns
}

func (a *Authority) mayIssue(name string) bool {
	if !validName(name) {
		return false
	}
	for _, zone := range a.options.Zones {
		if name == zone {
			return true
		}
		if strings.HasSuffix(name, "."+zone) {
			return a.options.Allow == nil || a.options.Allow(name)
		}
	}
	return false
}

func validName(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

func (a *Authority) cached(name string) *tls.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	element := a.leaves[name]
	if element == nil {
		return nil
	}
	l := element.Value.(*leaf) //nolint:forcetypeassert // the list holds leaves
	if !a.options.Clock.Now().Before(l.renewAt) {
		return nil
	}
	a.recent.MoveToFront(element)
	return l.cert
}

func (a *Authority) keep(l *leaf) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.leaves[l.name]; old != nil {
		a.recent.Remove(old)
	}
	a.leaves[l.name] = a.recent.PushFront(l)
	for a.recent.Len() > maxCached {
		oldest := a.recent.Back()
		delete(a.leaves, a.recent.Remove(oldest).(*leaf).name) //nolint:forcetypeassert // the list holds leaves
	}
}

// issue makes a leaf (RFC 5280; RFC 6125 names it in the SAN alone) and keeps it
// under a key.
func (a *Authority) issue(key, name string, usage x509.ExtKeyUsage) (*tls.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", name, err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", name, err)
	}
	now := a.options.Clock.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Terrace"}},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(a.options.LeafLife), DNSNames: []string{name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
		BasicConstraintsValid: true,
	}
	if name == "localhost" {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root.cert, private.Public(), a.root.key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", name, err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", name, err)
	}
	cert := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: parsed}
	a.keep(&leaf{name: key, cert: cert, renewAt: now.Add(a.options.LeafLife * 2 / 3)})
	return cert, nil
}

// newSerial returns 127 random bits (RFC 5280 §4.1.2.2 allows 20 octets).
func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}
