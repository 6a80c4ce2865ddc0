package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/letsencrypt/challtestsrv"
	"golang.org/x/crypto/acme"

	"github.com/terrace-idp/terrace/test/harness"
)

// theWorld is the world as Let's Encrypt's challenge server plays it: its DNS, and the hosts
// behind all names.
type theWorld struct {
	*challtestsrv.ChallSrv

	dns, http, tls string
}

func startWorld(t *testing.T) theWorld {
	t.Helper()
	o := theWorld{dns: harness.FreeAddress(t), http: harness.FreeAddress(t), tls: harness.FreeAddress(t)}
	server, err := challtestsrv.New(challtestsrv.Config{
		Log: log.New(io.Discard, "", 0), DNSAddrs: []string{o.dns}, HTTPOneAddrs: []string{o.http}, TLSALPNOneAddrs: []string{o.tls},
	})
	if err != nil {
		t.Fatal(err)
	}
	server.SetDefaultDNSIPv6("")
	go server.Run()
	t.Cleanup(server.Shutdown)
	o.ChallSrv = server
	return o
}

// orderer is a client with an account.
type orderer struct {
	*acme.Client

	t    *testing.T
	root string
}

func newOrderer(ctx context.Context, t *testing.T, shop harness.Person, root string) orderer {
	t.Helper()
	var key struct{ ID, Hmac, Directory string }
	if err := json.Unmarshal([]byte(shop.Must(ctx, "acme", "key", "create", "--stage", "dev", "-o", "json").Stdout), &key); err != nil {
		t.Fatal(err)
	}
	secret, err := base64.RawURLEncoding.DecodeString(key.Hmac)
	if err != nil {
		t.Fatal(err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := orderer{&acme.Client{Key: private, DirectoryURL: key.Directory}, t, root}
	if _, err := o.Register(ctx, &acme.Account{ExternalAccountBinding: &acme.ExternalAccountBinding{KID: key.ID, Key: secret}}, acme.AcceptTOS); err != nil {
		t.Fatal(err)
	}
	return o
}

// order has a name certified, whose challenge of a kind meet has met.
func (o orderer) order(ctx context.Context, name, kind string, meet func(*acme.Challenge)) {
	o.t.Helper()
	order, err := o.AuthorizeOrder(ctx, acme.DomainIDs(name))
	if err != nil {
		o.t.Fatalf("%s by %s: %v", name, kind, err)
	}
	z, err := o.GetAuthorization(ctx, order.AuthzURLs[0])
	if err != nil {
		o.t.Fatal(err)
	}
	for _, challenge := range z.Challenges {
		if challenge.Type != kind {
			continue
		}
		meet(challenge)
		if _, err := o.Accept(ctx, challenge); err != nil {
			o.t.Fatal(err)
		}
	}
	if order, err = o.WaitOrder(ctx, order.URI); err != nil {
		o.t.Fatalf("%s by %s: %v", name, kind, err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, private)
	if err != nil {
		o.t.Fatal(err)
	}
	chain, _, err := o.CreateOrderCert(ctx, order.FinalizeURL, csr, true)
	if err != nil {
		o.t.Fatal(err)
	}
	verified(o.t, chain, o.root, strings.Replace(name, "*", "x", 1))
}

// response is the key authorization of a challenge.
func (o orderer) response(c *acme.Challenge) string {
	text, err := o.HTTP01ChallengeResponse(c.Token)
	if err != nil {
		o.t.Fatal(err)
	}
	return text
}

func (o orderer) record(c *acme.Challenge) string {
	text, err := o.DNS01ChallengeRecord(c.Token)
	if err != nil {
		o.t.Fatal(err)
	}
	return text
}

// TestACMEOfADomain orders certificates for names of a domain that its tenant has proven, over
// each kind of challenge, and for wildcards whose challenges lie in Terrace's own DNS.
func TestACMEOfADomain(t *testing.T) {
	t.Parallel()
	ctx, world, pki := t.Context(), startWorld(t), filepath.Join(t.TempDir(), "pki")
	port := func(address string) string {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	control := harness.Start(t, "--resolver", world.dns, "--acme-http-port", port(world.http), "--acme-tls-port", port(world.tls), "--pki", pki)
	shop := control.Project(ctx, t, "shop")
	o := newOrderer(ctx, t, shop, filepath.Join(pki, "root.pem"))
	if _, err := o.AuthorizeOrder(ctx, acme.DomainIDs("api.example.com")); err == nil {
		t.Error("a domain of nobody is ordered")
	}
	var claim struct{ Record struct{ Name, Value string } }
	if err := json.Unmarshal([]byte(shop.Must(ctx, "domain", "add", "example.com", "-o", "json").Stdout), &claim); err != nil {
		t.Fatal(err)
	}
	world.AddDNSTXTRecord(claim.Record.Name, claim.Record.Value)
	shop.Must(ctx, "domain", "verify", "example.com")
	o.root = filepath.Join(t.TempDir(), "domain.pem")
	if err := os.WriteFile(o.root, []byte(shop.Must(ctx, "domain", "show", "example.com", "--authority").Stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	o.order(ctx, "http.example.com", "http-01", func(c *acme.Challenge) { world.AddHTTPOneChallenge(c.Token, o.response(c)) })
	o.order(ctx, "tls.example.com", "tls-alpn-01", func(c *acme.Challenge) { world.AddTLSALPNChallenge("tls.example.com", o.response(c)) })
	o.order(ctx, "*.example.com", "dns-01", func(c *acme.Challenge) { world.AddDNSTXTRecord("_acme-challenge.example.com", o.record(c)) })
	if asked := world.RequestHistory("tls.example.com", challtestsrv.TLSALPNRequestEventType); len(asked) == 0 {
		t.Error("the challenge server was not asked")
	}

	// What a zone of the project has counts more than what the world says.
	shop.Must(ctx, "dns", "zone", "create", "eu.example.com")
	o.order(ctx, "*.eu.example.com", "dns-01", func(c *acme.Challenge) {
		shop.Must(ctx, "dns", "record", "set", "--zone", "eu.example.com", "--", "_acme-challenge", "TXT", o.record(c)) // which may begin with a hyphen
	})
	o.root = filepath.Join(pki, "root.pem")
	own := "dev." + shop.Project + ".localhost"
	if r := shop.Terrace(ctx, "dns", "zone", "create", own); r.Code == 0 || !strings.Contains(r.Stderr, "_acme-challenge.NAME") {
		t.Errorf("a zone below the platform's: %v", r)
	}
	if r := shop.Terrace(ctx, "dns", "zone", "create", "_acme-challenge.dev.demo.localhost"); r.Code == 0 {
		t.Errorf("a zone for challenges of another project: %v", r)
	}
	shop.Must(ctx, "dns", "zone", "create", "_acme-challenge."+own)
	o.order(ctx, "*."+own, "dns-01", func(c *acme.Challenge) {
		shop.Must(ctx, "dns", "record", "set", "--zone", "_acme-challenge."+own, "--", "@", "TXT", o.record(c))
	})
}
