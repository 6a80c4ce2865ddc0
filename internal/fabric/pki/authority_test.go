package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func own(t testing.TB, o pki.Options) *pki.Authority {
	t.Helper()
	a, err := pki.Own(o)
	must(t, err)
	return a
}

func TestLeafIsTrustedByTheRoot(t *testing.T) {
	t.Parallel()
	a := own(t, pki.Options{})
	chain := shown(t, a, host)
	must(t, server(chain, a.Pool(), time.Now()))
	leaf := chain[0]
	if leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature || len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
		t.Fatalf("usages: ca %v, %v, %v", leaf.IsCA, leaf.KeyUsage, leaf.ExtKeyUsage)
	}
	if err := verify(chain, a.Pool(), time.Now(), x509.ExtKeyUsageServerAuth, "other.dev.shop.localhost"); err == nil {
		t.Fatal("the leaf holds for another name")
	}
	if len(chain) != 2 || !chain[1].MaxPathLenZero || chain[1].PermittedURIDomains == nil || chain[1].PermittedEmailAddresses == nil {
		t.Fatalf("the intermediate: %d certificates", len(chain))
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	a := own(t, pki.Options{})
	for _, name := range []string{host, "127.0.0.1"} {
		if err := handshake(a.GetCertificate, &tls.Config{ServerName: name, RootCAs: a.Pool(), MinVersion: tls.VersionTLS12}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// handshake has a client shake hands with a server.
func handshake(shows func(*tls.ClientHelloInfo) (*tls.Certificate, error), config *tls.Config) error {
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn := tls.Server(server, &tls.Config{GetCertificate: shows, MinVersion: tls.VersionTLS12})
		_ = conn.Handshake()
		_ = server.Close()
	}()
	err := tls.Client(client, config).Handshake()
	_ = client.Close()
	<-done
	return err
}

func TestIssuesOnlyWhatIsAllowed(t *testing.T) {
	t.Parallel()
	a := own(t, pki.Options{Hosts: func(name string) (pki.Host, bool) {
		return pki.Host{Name: name}, name == host || name == "localhost" || name == "example.com"
	}})
	for name, allowed := range map[string]bool{
		host: true, "localhost": true, "other.dev.shop.localhost": false, "example.com": false, "evillocalhost": false, "*.localhost": false, "": false,
		strings.Repeat("a.", 130) + "localhost": false,
	} {
		if _, err := a.Certificate(name); (err == nil) != allowed || err != nil && !kernel.Is(err, kernel.Denied) {
			t.Errorf("%q: %v, want allowed %v", name, err, allowed)
		}
	}
}

// TestNamesUnderAWildcardShareACertificate has clients ask for names at random.
func TestNamesUnderAWildcardShareACertificate(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	serials := map[string]bool{}
	a := own(t, pki.Options{Hosts: func(name string) (pki.Host, bool) {
		return pki.Host{Name: "*.dev.shop.localhost"}, strings.HasSuffix(name, ".dev.shop.localhost")
	}, Issued: func(e pki.Entry) {
		mu.Lock()
		defer mu.Unlock()
		serials[e.Serial] = true
	}})
	for n := range 100 {
		name := fmt.Sprintf("x%d.dev.shop.localhost", n)
		must(t, verify(shown(t, a, name), a.Pool(), time.Now(), x509.ExtKeyUsageServerAuth, name))
	}
	if len(serials) != 1 {
		t.Errorf("%d certificates were made", len(serials))
	}
}

func TestConcurrentHandshakesIssueOnce(t *testing.T) {
	t.Parallel()
	a := own(t, pki.Options{})
	var wg sync.WaitGroup
	certs := make([]*tls.Certificate, 64)
	for i := range certs {
		wg.Go(func() { certs[i], _ = a.Certificate(host) })
	}
	wg.Wait()
	for _, c := range certs {
		if c == nil || c != certs[0] {
			t.Fatal("more than one certificate was issued")
		}
	}
}

func TestRenewsAtTwoThirdsOfLife(t *testing.T) {
	t.Parallel()
	c := &clock{}
	a := own(t, pki.Options{Clock: c.now, LeafLife: 30 * day})
	serial := func() string { return shown(t, a, host)[0].SerialNumber.String() }
	first := serial()
	c.advance(19 * day)
	if serial() != first {
		t.Fatal("renewed before two thirds of its life")
	}
	c.advance(3 * day)
	if serial() == first {
		t.Fatal("not renewed after two thirds of its life")
	}
}

// TestNotAllAreRenewedAtOnce has many be due, of which some wait longer than others.
func TestNotAllAreRenewedAtOnce(t *testing.T) {
	t.Parallel()
	c := &clock{}
	a := own(t, pki.Options{Clock: c.now, LeafLife: 24 * day})
	const hosts = 64
	serials := func() (all [hosts]string) {
		for n := range all {
			all[n] = shown(t, a, fmt.Sprintf("h%d.localhost", n))[0].SerialNumber.String()
		}
		return all
	}
	first := serials()
	c.advance(16*day + 12*time.Hour) // the middle of the window
	renewed := 0
	for n, serial := range serials() {
		if serial != first[n] {
			renewed++
		}
	}
	if renewed == 0 || renewed == hosts {
		t.Errorf("%d of %d are renewed in the middle of the window", renewed, hosts)
	}
}

// TestClocksThatAreWrong has clients whose clocks are an hour behind and ahead, while
// certificates are made and renewed.
func TestClocksThatAreWrong(t *testing.T) {
	t.Parallel()
	c := &clock{}
	a := own(t, pki.Options{Clock: c.now, LeafLife: day})
	shaken := 0
	for range 25 {
		for _, skew := range []time.Duration{-time.Hour, 0, time.Hour} {
			config := &tls.Config{ServerName: host, RootCAs: a.Pool(), MinVersion: tls.VersionTLS12, Time: func() time.Time { return c.now().Add(skew) }}
			if err := handshake(a.GetCertificate, config); err != nil {
				t.Fatalf("%s: %v", skew, err)
			}
			shaken++
		}
		c.advance(4 * time.Hour)
	}
	if shaken != 75 {
		t.Errorf("%d handshakes", shaken)
	}
}

func TestTheRootOfADomainCertifiesNothingElse(t *testing.T) {
	t.Parallel()
	a := own(t, pki.Options{})
	u, err := a.Under("example.com")
	must(t, err)
	for _, name := range []string{"example.com", "api.example.com", "a.b.example.com"} {
		chain := shown(t, u, name)
		if err := server(chain, u.Pool(), time.Now()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if server(chain, a.Pool(), time.Now()) == nil {
			t.Errorf("%s is certified by the root of the zone", name)
		}
	}
	for _, name := range []string{"example.org", "com", "notexample.com", "localhost", "127.0.0.1"} {
		if _, err := u.Certificate(name); err == nil {
			t.Errorf("a certificate for %s", name)
		}
	}
	o, err := a.Under("example.org")
	must(t, err)
	if server(shown(t, o, "example.org"), u.Pool(), time.Now()) == nil {
		t.Error("a leaf of another domain is trusted")
	}
	if _, err := a.Under("Not A Domain"); err == nil {
		t.Error("an authority of no domain")
	}
}

func BenchmarkCachedCertificate(b *testing.B) {
	a := own(b, pki.Options{})
	for b.Loop() {
		if _, err := a.Certificate(host); err != nil {
			b.Fatal(err)
		}
	}
}
