// Package authntest has a gateway with policies on sockets, and an issuer of tokens,
// for the tests of what stands in front of services.
package authntest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// Host is where the service is, and Other where a second one of another project is.
const (
	Host  = "orders.dev.shop.localhost"
	Other = "orders.dev.bank.localhost"
)

// Dev is the scope of Host, and Bank that of Other, which is of another tenant.
func Dev() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

// Bank is the scope of Other.
func Bank() kernel.Scope { return kernel.Scope{Tenant: "rival", Project: "bank", Stage: "dev"} }

// Seen is what the service says of a request: it answers with what it was asked.
type Seen struct {
	Method, Host, URI string
	Header            http.Header
}

// Gateway is a gateway in front of one service.
type Gateway struct {
	Service *gateway.Service
	Client  *http.Client
	Server  *front.Server

	roots *x509.CertPool
}

// Start serves Host and Other with kinds of policies, until the test ends.
func Start(t testing.TB, asks func(string) bool, kinds ...gateway.Kind) *Gateway {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(Seen{r.Method, r.Host, r.RequestURI, r.Header})
	}))
	t.Cleanup(service.Close)
	d, quiet := dbtest.SQLite(t, gatewaysql.Migrations()), slog.New(slog.DiscardHandler)
	g := &Gateway{Service: gateway.NewService(gateway.Config{
		Store: gatewaysql.NewStore(d), PolicyStore: gatewaysql.NewStore(d), Journal: journal{}, Tx: d, Log: quiet, Kinds: kinds,
	})}
	must(t, g.Service.Load(t.Context()))
	for host, scope := range map[string]kernel.Scope{Host: Dev(), Other: Bank()} {
		_, err := g.Service.PutRoute(t.Context(), scope, gateway.ToService("orders", host, "/", "orders", ""))
		must(t, err)
	}
	relay := proxy.New(proxy.Config{Routes: g.Service, Upstreams: upstream(strings.TrimPrefix(service.URL, "http://")), Log: quiet})
	var certificate tls.Certificate
	certificate, g.roots = certified(t)
	var err error
	g.Server, err = front.Listen(t.Context(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		Handler: relay.Handle, Log: quiet, AsksCertificate: asks, ServePlain: true,
	})
	must(t, err)
	g.Client = g.NewClient()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Server.Serve(ctx) }()
	t.Cleanup(func() {
		g.Client.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		relay.Close()
	})
	return g
}

// NewClient finds every host at the gateway, follows no redirect, and shows certs.
func (g *Gateway) NewClient(certs ...tls.Certificate) *http.Client {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(addr)
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64,
			TLSClientConfig: &tls.Config{RootCAs: g.roots, MinVersion: tls.VersionTLS12, Certificates: certs},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}

// URL returns an address at the gateway.
func (g *Gateway) URL(host, path string) string {
	return fmt.Sprintf("https://%s:%d%s", host, g.Server.Port(), path)
}

// Put attaches a policy to a scope.
func (g *Gateway) Put(t testing.TB, scope kernel.Scope, kind, spec string) {
	t.Helper()
	_, err := g.Service.PutPolicy(t.Context(), scope, gateway.Policy{Name: strings.ToLower(kind), Kind: kind, Spec: json.RawMessage(spec)})
	must(t, err)
}

// Answer is what a client gets; Seen is set where the service was asked.
type Answer struct {
	*http.Response

	Body string
	Seen Seen
}

// Do asks over HTTP/2; headers are names and values by turns.
func (g *Gateway) Do(t testing.TB, method, host, path string, headers ...string) Answer {
	t.Helper()
	return g.With(t, g.Client, method, host, path, headers...)
}

// With asks with a client.
func (g *Gateway) With(t testing.TB, client *http.Client, method, host, path string, headers ...string) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.URL(host, path), nil)
	must(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header[headers[i]] = append(req.Header[headers[i]], headers[i+1])
	}
	resp, err := client.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	a := Answer{Response: resp, Body: string(body)}
	if resp.StatusCode == http.StatusOK {
		_ = json.Unmarshal(body, &a.Seen)
	}
	return a
}

// certified makes the gateway's certificate, and who trusts it.
func certified(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{Host, Other}, NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	leaf, err := x509.ParseCertificate(raw)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}, roots
}

type journal struct{}

// Record implements gateway.Journal.
func (journal) Record(context.Context, kernel.Fact) error { return nil }

type upstream string

// Upstream implements proxy.Upstreams.
func (u upstream) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return string(u), "", true
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
