package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// clock is a clock that tests move.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(by time.Duration) { c.offset.Add(int64(by)) }

func open(t *testing.T, dir string, o pki.Options) *pki.Authority {
	t.Helper()
	a, err := pki.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestLeafIsTrustedByTheRoot(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir(), pki.Options{})
	cert, err := a.Certificate("orders.dev.shop.localhost")
	if err != nil {
		t.Fatal(err)
	}
	leaf := cert.Leaf
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "orders.dev.shop.localhost", Roots: a.Pool()}); err != nil {
		t.Fatal(err)
	}
	if leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature || len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
		t.Fatalf("usages: ca %v, %v, %v", leaf.IsCA, leaf.KeyUsage, leaf.ExtKeyUsage)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "other.dev.shop.localhost", Roots: a.Pool()}); err == nil {
		t.Fatal("the leaf holds for another name")
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir(), pki.Options{})
	for _, name := range []string{"orders.dev.shop.localhost", "127.0.0.1"} {
		client, server := net.Pipe()
		done := make(chan error, 1)
		go func() {
			conn := tls.Server(server, &tls.Config{GetCertificate: a.GetCertificate, MinVersion: tls.VersionTLS12})
			done <- conn.Handshake()
			_ = conn.Close()
		}()
		conn := tls.Client(client, &tls.Config{ServerName: name, RootCAs: a.Pool(), MinVersion: tls.VersionTLS12})
		if err := conn.Handshake(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = client.Close()
		<-done
	}
}

func TestIssuesOnlyWhatIsAllowed(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir(), pki.Options{Allow: func(name string) bool { return name == "orders.dev.shop.localhost" }})
	cases := []struct {
		name    string
		allowed bool
	}{
		{"orders.dev.shop.localhost", true},
		{"localhost", true},
		{"other.dev.shop.localhost", false},
		{"example.com", false},
		{"evillocalhost", false},
		{"*.localhost", false},
		{"", false},
		{strings.Repeat("a.", 130) + "localhost", false},
	}
	for _, c := range cases {
		_, err := a.Certificate(c.name)
		if (err == nil) != c.allowed || err != nil && !kernel.Is(err, kernel.Denied) {
			t.Errorf("%q: %v, want allowed %v", c.name, err, c.allowed)
		}
	}
}

func TestConcurrentHandshakesIssueOnce(t *testing.T) {
	t.Parallel()
	a := open(t, t.TempDir(), pki.Options{})
	var wg sync.WaitGroup
	certs := make([]*tls.Certificate, 64)
	for i := range certs {
		wg.Go(func() { certs[i], _ = a.Certificate("orders.dev.shop.localhost") })
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
	a := open(t, t.TempDir(), pki.Options{Clock: c.now, LeafLife: 30 * 24 * time.Hour})
	serial := func() string {
		cert, err := a.Certificate("orders.dev.shop.localhost")
		if err != nil {
			t.Fatal(err)
		}
		return cert.Leaf.SerialNumber.String()
	}
	first := serial()
	c.advance(19 * 24 * time.Hour)
	if serial() != first {
		t.Fatal("renewed before two thirds of its life")
	}
	c.advance(2 * 24 * time.Hour)
	if serial() == first {
		t.Fatal("not renewed after two thirds of its life")
	}
}

func TestRootOutlivesAStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir, pki.Options{})
	again := open(t, dir, pki.Options{})
	if string(first.RootPEM()) != string(again.RootPEM()) {
		t.Fatal("a start makes another root")
	}
	published, err := os.ReadFile(again.RootPath())
	if err != nil || string(published) != string(first.RootPEM()) {
		t.Fatalf("the published root differs: %v", err)
	}
	if strings.Contains(string(published), "PRIVATE") {
		t.Fatal("the published root holds a key")
	}
	late := &clock{}
	late.advance(11 * 365 * 24 * time.Hour)
	if string(open(t, dir, pki.Options{Clock: late.now}).RootPEM()) == string(first.RootPEM()) {
		t.Fatal("a root that has ended is used")
	}
}

func TestKeyFileIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "pki")
	open(t, dir, pki.Options{})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "PRIVATE") && info.Mode().Perm() != 0o600 {
			t.Fatalf("%s holds a key and has mode %v", e.Name(), info.Mode())
		}
	}
}

func TestRootCertifiesNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir, pki.Options{})
	_, err := pki.Open(dir, pki.Options{Zones: []string{"localhost", "terrace.example"}})
	if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "terrace.example") {
		t.Fatalf("a root that does not cover a zone is used: %v", err)
	}
	block, _ := pem.Decode(open(t, dir, pki.Options{}).RootPEM())
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !root.PermittedDNSDomainsCritical || !slices.Equal(root.PermittedDNSDomains, []string{"localhost"}) || !root.MaxPathLenZero {
		t.Fatalf("the root may certify %v, critical %v", root.PermittedDNSDomains, root.PermittedDNSDomainsCritical)
	}
}

func TestDamagedRootIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir, pki.Options{})
	if err := os.WriteFile(filepath.Join(dir, "root-key.pem"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pki.Open(dir, pki.Options{}); !kernel.Is(err, kernel.Invalid) {
		t.Fatalf("got %v", err)
	}
}

func BenchmarkCachedCertificate(b *testing.B) {
	a, err := pki.Open(b.TempDir(), pki.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.Certificate("orders.dev.shop.localhost"); err != nil {
			b.Fatal(err)
		}
	}
}
