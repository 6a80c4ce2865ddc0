package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/acme"

	"github.com/terrace-idp/terrace/test/harness"
)

// killing kills the daemon before the first request that fetches a certificate, and boots it
// again.
type killing struct {
	daemon *harness.Daemon
	once   sync.Once
	killed bool
}

// RoundTrip implements http.RoundTripper.
func (k *killing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/acme/certificate/") {
		k.once.Do(func() {
			k.daemon.Kill()
			k.daemon.Boot()
			k.killed = true
		})
	}
	return http.DefaultTransport.RoundTrip(r) //nolint:wrapcheck // the error of the transport itself
}

// TestACME goes from a key to a certificate of the platform's root, with a daemon that dies
// between the order and the download, and to the end of the account with its key.
func TestACME(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var answers sync.Map
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := answers.Load(r.URL.Path); ok {
			_, _ = w.Write([]byte(text.(string))) //nolint:forcetypeassert // what is stored below
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(web.Close)
	_, port, err := net.SplitHostPort(web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	pki := filepath.Join(t.TempDir(), "pki")
	control := harness.Start(t, "--acme-http-port", port, "--pki", pki)
	shop := control.Project(ctx, t, "shop")
	var key struct{ ID, Hmac, Directory string }
	if err := json.Unmarshal([]byte(shop.Must(ctx, "acme", "key", "create", "--stage", "dev", "--note", "e2e", "-o", "json").Stdout), &key); err != nil {
		t.Fatal(err)
	}
	secret, err := base64.RawURLEncoding.DecodeString(key.Hmac)
	if err != nil {
		t.Fatal(err)
	}
	if r := shop.Must(ctx, "acme", "key", "list"); !strings.Contains(r.Stdout, key.ID) || strings.Contains(r.Stdout, key.Hmac) {
		t.Errorf("the keys: %v", r)
	}
	between := &killing{daemon: control}
	private := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	c := &acme.Client{Key: private(), DirectoryURL: key.Directory, HTTPClient: &http.Client{Transport: between}}
	if _, err := c.Register(ctx, &acme.Account{ExternalAccountBinding: &acme.ExternalAccountBinding{KID: key.ID, Key: secret}}, acme.AcceptTOS); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"api.prod.shop.localhost", "*.shop.localhost", "shop.localhost", "api.dev.demo.localhost", "api.example.com"} {
		if _, err := c.AuthorizeOrder(ctx, acme.DomainIDs(other)); err == nil || !strings.Contains(err.Error(), "rejectedIdentifier") {
			t.Errorf("%s of somebody else: %v", other, err)
		}
	}
	ofTenant(t, shop, private())
	const name = "api.dev.shop.localhost"
	o, err := c.AuthorizeOrder(ctx, acme.DomainIDs(name))
	if err != nil {
		t.Fatal(err)
	}
	z, err := c.GetAuthorization(ctx, o.AuthzURLs[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, chal := range z.Challenges {
		if chal.Type != "http-01" {
			continue
		}
		text, err := c.HTTP01ChallengeResponse(chal.Token)
		if err != nil {
			t.Fatal(err)
		}
		answers.Store(c.HTTP01ChallengePath(chal.Token), text)
		if _, err := c.Accept(ctx, chal); err != nil {
			t.Fatal(err)
		}
	}
	if o, err = c.WaitOrder(ctx, o.URI); err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, private())
	if err != nil {
		t.Fatal(err)
	}
	chain, _, err := c.CreateOrderCert(ctx, o.FinalizeURL, csr, true)
	if err != nil {
		t.Fatal(err)
	}
	if !between.killed {
		t.Error("the daemon was not killed")
	}
	verified(t, chain, filepath.Join(pki, "root.pem"), name)
	if err := c.RevokeCert(ctx, nil, chain[0], acme.CRLReasonSuperseded); err != nil {
		t.Error(err)
	}
	shop.Must(ctx, "acme", "key", "revoke", key.ID)
	if _, err := c.AuthorizeOrder(ctx, acme.DomainIDs(name)); err == nil {
		t.Error("an account of a revoked key orders")
	}
	if r := shop.Terrace(ctx, "acme", "key", "revoke", "eab_none"); r.Code != 3 {
		t.Errorf("a key that there is not: %v", r)
	}
	if strings.Contains(control.WholeLog(), key.Hmac) {
		t.Error("the log has the secret")
	}
}

// ofTenant orders with a key for all projects.
func ofTenant(t *testing.T, shop harness.Person, private *ecdsa.PrivateKey) {
	t.Helper()
	var key struct{ ID, Hmac, Directory string }
	if err := json.Unmarshal([]byte(shop.Must(t.Context(), "acme", "key", "create", "--tenant", "--life", "1d", "-o", "json").Stdout), &key); err != nil {
		t.Fatal(err)
	}
	secret, err := base64.RawURLEncoding.DecodeString(key.Hmac)
	if err != nil {
		t.Fatal(err)
	}
	c := &acme.Client{Key: private, DirectoryURL: key.Directory}
	if _, err := c.Register(t.Context(), &acme.Account{ExternalAccountBinding: &acme.ExternalAccountBinding{KID: key.ID, Key: secret}}, acme.AcceptTOS); err != nil {
		t.Fatal(err)
	}
	for name, may := range map[string]bool{"api.prod.shop.localhost": true, "api.dev.demo.localhost": true, "*.shop.localhost": true, "api.dev.none.localhost": false, "api.example.com": false} {
		if _, err := c.AuthorizeOrder(t.Context(), acme.DomainIDs(name)); (err == nil) != may {
			t.Errorf("%s with a key of the tenant: %v", name, err)
		}
	}
}

// verified holds a chain against a root.
func verified(t *testing.T, chain [][]byte, root, name string) {
	t.Helper()
	raw, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM(raw) {
		t.Fatal("there is no root")
	}
	for _, der := range chain[1:] {
		between.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: name}); err != nil {
		t.Error(err)
	}
}
