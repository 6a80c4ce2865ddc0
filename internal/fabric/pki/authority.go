package pki

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxCached bounds how many leaves are kept in memory, and how many authorities of domains.
const maxCached = 4096

// Host is what a certificate is made for when a name is asked for.
type Host struct {
	// Name is the name itself, or a wildcard that takes it in.
	Name   string
	Holder Holder
}

// Options change how an Authority works; the zero value issues for every name under localhost.
type Options struct {
	// Zones are the zones whose names it certifies, localhost when empty.
	Zones []string
	// Hosts tells what a certificate for a name is made for, and whether one may be made; nil
	// allows each name within the zones.
	Hosts func(name string) (Host, bool)
	// LeafLife is DefaultLeafLife when 0; leaves are renewed past two thirds of it, see
	// RenewalWindow.
	LeafLife time.Duration
	// Issued is told of each leaf, and must not wait; nil is nobody.
	Issued func(Entry)
	Clock  kernel.Clock
}

// Authority issues certificates from what it holds in memory: no handshake waits for a
// database.
type Authority struct {
	options Options
	// domain is that of an authority of a tenant's domain, "" for the zones'.
	domain string
	view   *atomic.Pointer[view]

	flight *singleflight.Group
	leaves *lru.Cache[string, *leaf]
	// under are the authorities of domains outside of the zones.
	under *lru.Cache[string, derived]
}

type leaf struct {
	cert    *tls.Certificate
	by      *issuer
	renewAt time.Time
}

func newAuthority(o Options) (*Authority, error) {
	if len(o.Zones) == 0 {
		o.Zones = []string{"localhost"}
	}
	if o.LeafLife == 0 {
		o.LeafLife = DefaultLeafLife
	}
	a := &Authority{options: o, view: &atomic.Pointer[view]{}, flight: &singleflight.Group{}}
	a.view.Store(&view{pool: x509.NewCertPool(), trust: newTrust(nil, nil)})
	var err error
	if a.leaves, err = lru.New[string, *leaf](maxCached); err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	if a.under, err = lru.New[string, derived](maxCached); err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	return a, nil
}

// Own returns an authority of this process alone, whose root ends with it.
func Own(o Options) (*Authority, error) {
	a, err := newAuthority(o)
	if err != nil {
		return nil, err
	}
	v, err := ownView(a.options.Zones, o.Clock.Now())
	if err != nil {
		return nil, err
	}
	a.view.Store(v)
	return a, nil
}

// RootPEM returns the roots that clients should trust, the one that certifies first.
func (a *Authority) RootPEM() []byte { return pemOf(a.Roots()...) }

// Pool returns the roots that clients should trust.
func (a *Authority) Pool() *x509.CertPool {
	if a.domain == "" {
		return a.view.Load().pool
	}
	return poolOf(a.Roots())
}

// Roots returns them as certificates.
func (a *Authority) Roots() []*x509.Certificate {
	if a.domain == "" {
		return a.view.Load().roots
	}
	if by, err := a.signer(); err == nil {
		return []*x509.Certificate{by.cert}
	}
	return nil
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
	host, ok := a.host(name)
	if !ok {
		return nil, kernel.Errorf(kernel.Denied, "no certificate is issued for %q", name)
	}
	return a.leaf(host, ProfileServer)
}

// ClientCertificate returns the leaf by which a part of the platform proves to a
// server that it is name, in lower case.
func (a *Authority) ClientCertificate(name string) (*tls.Certificate, error) {
	host, ok := a.host(name)
	if !ok {
		return nil, kernel.Errorf(kernel.Denied, "no certificate is issued for %q", name)
	}
	return a.leaf(host, ProfileClient)
}

// host tells what a certificate for a name is made for.
func (a *Authority) host(name string) (Host, bool) {
	if !validName(name) || !a.inZone(name) {
		return Host{}, false
	}
	if a.options.Hosts == nil {
		return Host{Name: name, Holder: Holder{Kind: HolderRoute, Name: name}}, true
	}
	host, ok := a.options.Hosts(name)
	return host, ok && a.inZone(strings.TrimPrefix(host.Name, "*."))
}

func (a *Authority) inZone(name string) bool {
	if a.domain != "" {
		return within(name, a.domain)
	}
	for _, zone := range a.options.Zones {
		if within(name, zone) {
			return true
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

// leaf returns the leaf of a host, from memory where it signs still and is not due.
func (a *Authority) leaf(host Host, profile Profile) (*tls.Certificate, error) {
	by, err := a.signer()
	if err != nil {
		return nil, err
	}
	key := string(profile) + " " + a.domain + " " + host.Name
	if l := a.kept(key, by); l != nil {
		return l.cert, nil
	}
	cert, err, _ := a.flight.Do(key, func() (any, error) {
		if l := a.kept(key, by); l != nil {
			return l.cert, nil // the flight before has issued it
		}
		return a.issue(key, by, host, profile)
	})
	if err != nil {
		return nil, err
	}
	return cert.(*tls.Certificate), nil //nolint:forcetypeassert // what the flight returns
}

// kept returns a leaf that is not due or revoked, and of the authority that signs now.
func (a *Authority) kept(key string, by *issuer) *leaf {
	l, ok := a.leaves.Get(key)
	if !ok || l.by.id != by.id || !a.options.Clock.Now().Before(l.renewAt) || a.view.Load().trust.has(l.cert.Leaf) {
		return nil
	}
	return l
}

// signer is who signs.
func (a *Authority) signer() (*issuer, error) {
	v := a.view.Load()
	if v.signer == nil {
		return nil, kernel.Errorf(kernel.Unavailable, "there is no authority of certificates yet").WithFix("start a control plane on this database first: terraced up")
	}
	if a.domain == "" {
		return v.signer, nil
	}
	return v.seed.issuer(a.domain, v.signer.address)
}

// issue makes a leaf and keeps it under a key.
func (a *Authority) issue(key string, by *issuer, host Host, profile Profile) (*tls.Certificate, error) {
	private, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", host.Name, err)
	}
	now := a.options.Clock.Now()
	b := blank{public: private.Public(), usages: profile.Usages(), dns: []string{host.Name}, notBefore: now.Add(-backdate), notAfter: now.Add(a.options.LeafLife)}
	if host.Name == "localhost" {
		b.ips = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	signed, err := by.sign(b)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for %s: %w", host.Name, err)
	}
	cert := &tls.Certificate{PrivateKey: private, Leaf: signed}
	for _, one := range by.issued(signed).Chain {
		cert.Certificate = append(cert.Certificate, one.Raw)
	}
	before, _ := a.leaves.Peek(key)
	a.leaves.Add(key, &leaf{cert: cert, by: by, renewAt: renewAt(now, signed.NotAfter)})
	a.tell(by.entry(signed, host.Holder, profile, now), before)
	return cert, nil
}

// renewAt is when a leaf is renewed: in the window of RenewalWindow, each at a time of its own,
// so that what was made at once, as after a start, is not renewed at once.
func renewAt(from, until time.Time) time.Time {
	start, end := RenewalWindow(Entry{NotBefore: from, NotAfter: until})
	return start.Add(rand.N(max(1, end.Sub(start)))) //nolint:gosec // nobody gains by guessing it
}

// tell has a leaf be written down.
func (a *Authority) tell(e Entry, before *leaf) {
	if a.options.Issued == nil {
		return
	}
	if before != nil {
		e.RenewedFrom = before.cert.Leaf.SerialNumber.Text(16)
	}
	a.options.Issued(e)
}
