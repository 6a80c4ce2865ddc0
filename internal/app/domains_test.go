package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// provenOnes is a domain.View of domains without certificates.
type provenOnes []string

func (v provenOnes) Proven(context.Context) (all []domain.Version, err error) {
	for _, name := range v {
		all = append(all, domain.Version{Scope: kernel.Scope{Tenant: "acme"}, Name: name, Revision: 1})
	}
	return all, nil
}

func (v provenOnes) Some(_ context.Context, names []string) (all []domain.Domain, err error) {
	for _, name := range names {
		all = append(all, domain.Domain{Scope: kernel.Scope{Tenant: "acme"}, Name: name, State: domain.Verified, Revision: 1})
	}
	return all, nil
}

func (provenOnes) Ending(context.Context, time.Time, int) ([]domain.Domain, error) { return nil, nil }

func (provenOnes) Unlooked(context.Context, time.Time, int) ([]domain.Domain, error) { return nil, nil }

func (provenOnes) Turn(context.Context) (int64, error) { return 1, nil }

func (provenOnes) Count(context.Context, string) (int, error) { return 0, nil }

// shaken is what a client with settings says of what is shown for a name.
func shaken(t *testing.T, shows func(*tls.ClientHelloInfo) (*tls.Certificate, error), client *tls.Config, name string) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_ = tls.Server(conn, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: shows}).HandshakeContext(t.Context())
			_ = conn.Close()
		}
	}()
	client = client.Clone()
	client.ServerName = name
	conn, err := tls.Dial("tcp", l.Addr().String(), client)
	if err == nil {
		_ = conn.Close()
	}
	return err
}

// TestWhichAuthorityCertifiesAHost has a domain of a tenant above the zone of the platform.
func TestWhichAuthorityCertifiesAHost(t *testing.T) {
	t.Parallel()
	routed := []string{"x.apps.example.net", "www.example.net", "v1.api.example.com"}
	authority, err := pki.Own(pki.Options{Zones: []string{"apps.example.net"}, Hosts: func(name string) (pki.Host, bool) { return pki.Host{Name: name}, slices.Contains(routed, name) }})
	if err != nil {
		t.Fatal(err)
	}
	domains := domain.New(domain.Config{View: provenOnes{"example.net", "api.example.com"}, Log: slog.New(slog.DiscardHandler)})
	if err := domains.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := certificates{"apps.example.net", authority, domains}
	under := func(name string) *x509.CertPool {
		own, err := authority.Under(name)
		if err != nil {
			t.Fatal(err)
		}
		return own.Pool()
	}
	trusting := func(roots *x509.CertPool) *tls.Config {
		return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	for host, roots := range map[string]*x509.CertPool{
		"x.apps.example.net": authority.Pool(), "www.example.net": under("example.net"), "v1.api.example.com": under("api.example.com"),
	} {
		if err := shaken(t, c.get, trusting(roots), host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if err := shaken(t, c.get, c.trusting(), host); err != nil {
			t.Errorf("%s, asked from within: %v", host, err)
		}
	}
	for _, host := range []string{"none.example.net", "example.org", "v2.api.example.com", "api.example.com"} {
		if err := shaken(t, c.get, trusting(under("example.net")), host); err == nil {
			t.Errorf("%s has a certificate", host)
		} else if !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("%s: %v, want the alert unrecognized_name", host, err)
		}
	}
	// A client within the process takes no other server for the gateway.
	other, err := pki.Own(pki.Options{Zones: []string{"apps.example.net"}})
	if err != nil {
		t.Fatal(err)
	}
	foreign := certificates{"apps.example.net", other, domains}
	for _, host := range []string{"x.apps.example.net", "www.example.net"} {
		if err := shaken(t, foreign.get, c.trusting(), host); err == nil || !strings.Contains(err.Error(), "unknown authority") {
			t.Errorf("%s of another authority: %v", host, err)
		}
	}
}

// provenLater is a domain.View in which another process proves a domain after the first look.
type provenLater struct {
	provenOnes
	looks *int
}

func (v provenLater) Proven(ctx context.Context) ([]domain.Version, error) {
	if *v.looks++; *v.looks == 1 {
		return nil, nil
	}
	return v.provenOnes.Proven(ctx)
}

// TestAClientWithinLooksAgain where another process has changed a domain just now.
func TestAClientWithinLooksAgain(t *testing.T) {
	t.Parallel()
	authority, err := pki.Own(pki.Options{Zones: []string{"apps.example.net"}, Hosts: func(name string) (pki.Host, bool) { return pki.Host{Name: name}, name == "api.example.com" }})
	if err != nil {
		t.Fatal(err)
	}
	with := func(view domain.View) certificates {
		domains := domain.New(domain.Config{View: view, Log: slog.New(slog.DiscardHandler)})
		if err := domains.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return certificates{"apps.example.net", authority, domains}
	}
	looks := 0
	gateway, client := with(provenOnes{"api.example.com"}), with(provenLater{provenOnes{"api.example.com"}, &looks})
	if err := shaken(t, gateway.get, client.trusting(), "api.example.com"); err != nil || looks != 2 {
		t.Errorf("after %d looks: %v", looks, err)
	}
}
