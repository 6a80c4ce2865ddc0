package acmewire_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	xacme "golang.org/x/crypto/acme"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
)

// TestACertificateForEachChallenge has x/crypto's client order over each.
func TestACertificateForEachChallenge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		c := f.registered(t)
		for kind, dnsNames := range map[string][]string{acme.HTTP01: {"a.dev.shop.test", "b.dev.shop.test"}, acme.DNS01: {"*.dev.shop.test", "dev.shop.test"}} {
			leaf := f.issued(t, c, kind, newKey(t), dnsNames...)
			pool := x509.NewCertPool()
			pool.AddCert(f.issuer.cert)
			for _, name := range dnsNames {
				if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: strings.Replace(name, "*", "x", 1)}); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
			}
		}
		for _, kind := range []string{"acme-account.created", "acme-certificate.issued"} {
			if !f.facts.has(kind) {
				t.Errorf("%s is not told", kind)
			}
		}
	})
}

func TestTLSALPN01(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	c := f.registered(t)
	o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs("a.dev.shop.test"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := c.GetAuthorization(t.Context(), o.AuthzURLs[0])
	if err != nil {
		t.Fatal(err)
	}
	chal := challenge(t, z, acme.TLSALPN01)
	cert, err := c.TLSALPN01ChallengeCert(chal.Token, "a.dev.shop.test")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", net.JoinHostPort("127.0.0.1", itoa(f.tlsPort)), &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: []string{"acme-tls/1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*tls.Conn).Handshake() //nolint:forcetypeassert // what it listens for
			_ = conn.Close()
		}
	}()
	if _, err := c.Accept(t.Context(), chal); err != nil {
		t.Fatal(err)
	}
	if _, err := c.WaitAuthorization(t.Context(), z.URI); err != nil {
		t.Fatal(err)
	}
	if _, err := c.WaitOrder(t.Context(), o.URI); err != nil {
		t.Fatal(err)
	}
	// The answer to another challenge, and a server that does not speak the protocol, do not count.
	look := func(name string) *acme.Problem {
		return f.config.Prober.Look(t.Context(), acme.Sought{Scope: shop, Kind: acme.TLSALPN01, Name: name, Token: "x", Authorization: "x.y"})
	}
	if p := look("a.dev.shop.test"); p == nil || p.Type != acme.IncorrectResponse {
		t.Errorf("another answer: %v", p)
	}
	if p := look("b.dev.shop.test"); p == nil || p.Type != acme.Unauthorized {
		t.Errorf("another name: %v", p)
	}
}

func TestAWildcardIsProvenInDNSAlone(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	c := f.registered(t)
	o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs("*.dev.shop.test"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := c.GetAuthorization(t.Context(), o.AuthzURLs[0])
	if err != nil || !z.Wildcard || len(z.Challenges) != 1 || z.Challenges[0].Type != acme.DNS01 || z.Identifier.Value != "dev.shop.test" {
		t.Errorf("%+v, %v", z, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	c := f.registered(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = "h" + itoa(i) + ".dev.shop.test"
	}
	for name, tc := range map[string]struct {
		ids  []xacme.AuthzID
		says string
		opts []xacme.OrderOption
	}{
		"another stage":        {ids: xacme.DomainIDs("a.prod.shop.test"), says: acme.RejectedIdentifier},
		"some of many":         {ids: xacme.DomainIDs("a.dev.shop.test", "a.prod.shop.test", "b.prod.shop.test"), says: acme.RejectedIdentifier},
		"an address as a name": {ids: xacme.DomainIDs("127.0.0.1"), says: acme.RejectedIdentifier},
		"no name":              {ids: xacme.DomainIDs("a b.dev.shop.test"), says: acme.RejectedIdentifier},
		"two wildcards":        {ids: xacme.DomainIDs("*.*.dev.shop.test"), says: acme.RejectedIdentifier},
		"an address":           {ids: xacme.IPIDs("127.0.0.1"), says: acme.UnsupportedIdentifier},
		"none":                 {says: acme.Malformed},
		"too many":             {ids: xacme.DomainIDs(many...), says: acme.Malformed},
		"too long":             {ids: xacme.DomainIDs("a.dev.shop.test"), says: acme.Malformed, opts: []xacme.OrderOption{xacme.WithOrderNotAfter(time.Now().Add(91 * 24 * time.Hour))}},
		"ended":                {ids: xacme.DomainIDs("a.dev.shop.test"), says: acme.Malformed, opts: []xacme.OrderOption{xacme.WithOrderNotAfter(time.Now().Add(-time.Hour))}},
	} {
		_, err := c.AuthorizeOrder(t.Context(), tc.ids, tc.opts...)
		wantProblem(t, name, err, tc.says)
	}
	o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs("a.dev.shop.test"))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = c.CreateOrderCert(t.Context(), o.FinalizeURL, request(t, newKey(t), "a.dev.shop.test"), false)
	wantProblem(t, "before it is proven", err, acme.OrderNotReady)
	f.prove(t, c, o, acme.HTTP01)
	for name, csr := range map[string][]byte{
		"other names": request(t, newKey(t), "b.dev.shop.test"), "more names": request(t, newKey(t), "a.dev.shop.test", "b.dev.shop.test"),
		"the account's key": request(t, c.Key, "a.dev.shop.test"), "garbage": []byte("x"),
	} {
		_, _, err = c.CreateOrderCert(t.Context(), o.FinalizeURL, csr, false)
		wantProblem(t, name, err, acme.BadCSR)
	}
	other := f.registered(t)
	if _, err := other.GetOrder(t.Context(), o.URI); problem(err) != acme.Malformed {
		t.Errorf("another account's order: %v", err)
	}
	if _, err := other.GetAuthorization(t.Context(), o.AuthzURLs[0]); problem(err) != acme.Malformed {
		t.Errorf("another account's authorization: %v", err)
	}
}

func TestNotBeforeAndNotAfter(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	c := f.registered(t)
	from, to := time.Now().Add(time.Minute).UTC().Truncate(time.Second), time.Now().Add(48*time.Hour).UTC().Truncate(time.Second)
	o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs("a.dev.shop.test"), xacme.WithOrderNotBefore(from), xacme.WithOrderNotAfter(to))
	if err != nil || !o.NotBefore.Equal(from) || !o.NotAfter.Equal(to) {
		t.Fatalf("%+v, %v", o, err)
	}
	f.prove(t, c, o, acme.HTTP01)
	chain, address, err := c.CreateOrderCert(t.Context(), o.FinalizeURL, request(t, newKey(t), "a.dev.shop.test"), false)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil || !leaf.NotBefore.Equal(from) || !leaf.NotAfter.Equal(to) {
		t.Errorf("%s to %s, %v", leaf.NotBefore, leaf.NotAfter, err)
	}
	if all, err := c.ListCertAlternates(t.Context(), address); err != nil || len(all) != 1 {
		t.Errorf("alternate chains: %v, %v", all, err)
	} else if chain, err := c.FetchCert(t.Context(), all[0], true); err != nil || len(chain) != 1 {
		t.Errorf("the alternate chain has %d, %v", len(chain), err)
	}
}

func TestAChallengeThatFails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		c := f.registered(t)
		for name, tc := range map[string]struct{ kind, says string }{
			"a.dev.shop.test": {acme.HTTP01, acme.Unauthorized}, "nowhere.dev.shop.test": {acme.HTTP01, acme.DNS}, "b.dev.shop.test": {acme.DNS01, acme.DNS}, "c.dev.shop.test": {acme.TLSALPN01, acme.Connection},
		} {
			o, err := c.AuthorizeOrder(t.Context(), xacme.DomainIDs(name))
			if err != nil {
				t.Fatal(err)
			}
			z, err := c.GetAuthorization(t.Context(), o.AuthzURLs[0])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Accept(t.Context(), challenge(t, z, tc.kind)); err != nil {
				t.Fatal(err)
			}
			if _, err = c.WaitAuthorization(t.Context(), z.URI); err == nil {
				t.Errorf("%s is proven", name)
			}
			z, err = c.GetAuthorization(t.Context(), z.URI)
			if err != nil || z.Status != xacme.StatusInvalid || len(z.Challenges) != 1 || problem(z.Challenges[0].Error) != tc.says {
				t.Errorf("%s: %+v, %v", name, z, err)
			}
			if o, err = c.GetOrder(t.Context(), o.URI); err != nil || o.Status != xacme.StatusInvalid || o.Error == nil {
				t.Errorf("%s: the order is %+v, %v", name, o, err)
			}
		}
		if !f.facts.has("acme-order.failed") {
			t.Error("nobody is told")
		}
	})
}

// TestNothingInsideIsCalled has challenges lead to where no account may have Terrace call.
func TestNothingInsideIsCalled(t *testing.T) {
	t.Parallel()
	f := sqlite(t, nil)
	look := func(kind string) *acme.Problem {
		return f.config.Prober.Look(t.Context(), acme.Sought{Scope: shop, Kind: kind, Name: "a.dev.shop.test", Token: "token", Authorization: "token.print"})
	}
	f.world.put("/.well-known/acme-challenge/token", "token.print\n")
	if p := look(acme.HTTP01); p != nil {
		t.Fatal(p)
	}
	f.world.put("redirect /.well-known/acme-challenge/token", "/elsewhere")
	f.world.put("/elsewhere", "token.print")
	if p := look(acme.HTTP01); p != nil {
		t.Errorf("a redirect is not followed: %v", p)
	}
	for what, to := range map[string]string{
		"metadata": "http://169.254.169.254/x", "another port": "http://a.dev.shop.test:22/x", "itself": "/.well-known/acme-challenge/token", "a file": "file:///etc/passwd", "a number": "http://2130706433/x",
	} {
		f.world.put("redirect /.well-known/acme-challenge/token", to)
		if p := look(acme.HTTP01); p == nil || p.Type != acme.Connection {
			t.Errorf("%s: %v", what, p)
		}
	}
	for _, inside := range []string{"10.0.0.1", "169.254.169.254", "::1", "127.0.0.2"} {
		f.world.mu.Lock()
		f.world.addr = netip.MustParseAddr(inside)
		f.world.mu.Unlock()
		for _, kind := range []string{acme.HTTP01, acme.TLSALPN01} {
			if p := look(kind); p == nil || p.Type != acme.Connection || !strings.Contains(p.Detail, "acmeNetworks") {
				t.Errorf("%s of %s: %v", kind, inside, p)
			}
		}
	}
}
