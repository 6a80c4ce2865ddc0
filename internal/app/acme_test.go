package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/domain"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// zoneOr knows names of a zone and of domains.
type zoneOr struct {
	zone    string
	domains *domain.Service
}

func (z zoneOr) Certifiable(_ context.Context, _ kernel.Scope, name string) (string, error) {
	name = strings.TrimPrefix(name, "*.")
	if within(name, z.zone) {
		return "", nil
	}
	if in := z.domains.Of(name); in != "" {
		return in, nil
	}
	return "", kernel.Errorf(kernel.Refused, "%s is nobody's", name)
}

// TestWhatAKeyOfATenantMayOrder asks for names of its own projects and of others.
func TestWhatAKeyOfATenantMayOrder(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	for _, one := range [][2]string{{"acme", "shop"}, {"rival", "bank"}} {
		if _, _, err := a.access.tenants.CreateTenant(a.owner(t), tenant.NewTenant{Name: one[0], Project: one[1], CostCenter: "1", Owner: "me"}); err != nil {
			t.Fatal(err)
		}
	}
	names := acmeNames{a.access.tenants, a.fabric.pki}
	issuer := acmeIssuer{a.fabric.pki, a.fabric.authority, a.fabric.domains}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	its := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	for name, c := range map[string]struct {
		scope kernel.Scope
		may   bool
	}{
		"x.dev.shop.localhost": {kernel.Scope{Tenant: "acme"}, true}, "shop.localhost": {kernel.Scope{Tenant: "acme"}, true},
		"x.prod.shop.localhost": {kernel.Scope{Tenant: "acme", Project: "shop"}, true}, "y.test.shop.localhost": {kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, false},
		"x.dev.bank.localhost": {kernel.Scope{Tenant: "acme"}, false}, "x.dev.none.localhost": {kernel.Scope{Tenant: "acme"}, false}, "www.example.com": {kernel.Scope{Tenant: "acme"}, false},
	} {
		checked := names.Check(its, c.scope, name, false)
		_, err := issuer.Issue(its, acme.Request{Scope: c.scope, Account: "acc_1", DNSNames: []string{name}, PublicKey: key.Public()})
		if (checked == nil) != c.may || (err == nil) != c.may {
			t.Errorf("%s for %s: ordered with %v, issued with %v", name, c.scope, checked, err)
		}
	}
}

// TestWhichAuthorityCertifiesAnOrder has names of the zone, of domains, and of both.
func TestWhichAuthorityCertifiesAnOrder(t *testing.T) {
	t.Parallel()
	service := pkitest.Start(t, pki.Options{Zones: []string{"apps.example.net"}})
	authority := service.Authority()
	domains := domain.New(domain.Config{View: provenOnes{"example.net", "api.example.com"}, Log: slog.New(slog.DiscardHandler)})
	if err := domains.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	under, err := authority.Under("example.net")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	service.Names = zoneOr{"apps.example.net", domains}
	issuer := acmeIssuer{service, authority, domains}
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	for _, tc := range []struct {
		names []string
		roots *x509.CertPool
	}{
		{[]string{"*.dev.shop.apps.example.net", "dev.shop.apps.example.net"}, authority.Pool()}, {[]string{"www.example.net", "*.eu.example.net"}, under.Pool()},
	} {
		made, err := issuer.Issue(t.Context(), acme.Request{DNSNames: tc.names, PublicKey: key.Public(), NotAfter: until})
		if err != nil || len(made.Chains) != 1 || len(made.Chains[0]) != 2 || !made.Leaf.NotAfter.Equal(until) || len(made.Leaf.AuthorityKeyId) == 0 {
			t.Fatalf("%v: %+v, %v", tc.names, made, err)
		}
		above := x509.NewCertPool()
		above.AddCert(made.Chains[0][1])
		for _, name := range tc.names {
			if _, err := made.Leaf.Verify(x509.VerifyOptions{Roots: tc.roots, Intermediates: above, DNSName: strings.Replace(name, "*", "x", 1)}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, names := range [][]string{{"x.apps.example.net", "www.example.net"}, {"www.example.net", "v1.api.example.com"}, {"nobody.example.org"}} {
		if _, err := issuer.Issue(t.Context(), acme.Request{DNSNames: names, PublicKey: key.Public()}); !kernel.Is(err, kernel.Refused) && !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%v: %v", names, err)
		}
	}
}
