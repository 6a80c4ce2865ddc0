// Package filtertest has policies tried as clients meet them: through a real
// gateway on sockets, in front of real services.
package filtertest

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
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// Host is the host of the route that Start makes; its name is Route.
const (
	Host  = "orders.dev.shop.localhost"
	Route = "orders"
)

// Scope is whose the route is.
func Scope() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

type journal struct{}

func (journal) Record(context.Context, kernel.Fact) error { return nil }

type one struct{ addr string }

func (o one) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return o.addr, "", true
}

// Gateway is one that serves Host with a service behind it.
type Gateway struct {
	Routes *gateway.Service
	Server *front.Server
	Client *http.Client
	TLS    *tls.Config
}

// Options change how a Gateway is started.
type Options struct {
	// Stall is how long one step of a transfer may take, 0 for the default.
	Stall time.Duration
	// AccessLog gets the lines of requests; nil writes none.
	AccessLog proxy.AccessLog
	// AsksCertificate tells for which names clients are asked for a certificate; nil asks nobody.
	AsksCertificate func(serverName string) bool
	// Also are more hosts with a route, named Route, to the same service, and whose they are.
	Also map[string]kernel.Scope
	// Own are more hosts of the route itself, in domains that its tenant has proven.
	Own []string
}

// proven are hosts that are proven, whatever a route is of.
type proven route.Domains

func (proven) Routable(context.Context, kernel.Scope, string) error { return nil }

func (p proven) Holdings(context.Context) (route.Domains, error) { return route.Domains(p), nil }

// Start serves until the test ends; stall is how long one step of a transfer
// may take, 0 for the default.
func Start(t testing.TB, stall time.Duration, service http.HandlerFunc, kinds ...gateway.Kind) *Gateway {
	t.Helper()
	return StartWith(t, Options{Stall: stall}, service, kinds...)
}

// StartWith is Start with more to say.
func StartWith(t testing.TB, o Options, service http.HandlerFunc, kinds ...gateway.Kind) *Gateway {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	upstream := httptest.NewServer(service)
	t.Cleanup(upstream.Close)
	store := gatewaysql.NewStore(dbtest.SQLite(t, gatewaysql.Migrations()))
	g := &Gateway{Routes: gateway.NewService(gateway.Config{
		Store: store, PolicyStore: store, Journal: journal{}, Tx: none{}, Log: log, Kinds: kinds,
	})}
	if len(o.Own) > 0 {
		own := proven{}
		for _, host := range o.Own {
			own[strings.TrimPrefix(host, "*.")] = Scope()
		}
		g.Routes.Domains = own
	}
	if err := g.Routes.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	hosts := map[string]kernel.Scope{Host: Scope()}
	maps.Copy(hosts, o.Also)
	for host, scope := range hosts {
		r := gateway.ToService(Route, host, "", "orders", "")
		if host == Host {
			r.Hosts = append(r.Hosts, o.Own...)
		}
		if _, err := g.Routes.PutRoute(t.Context(), scope, r); err != nil {
			t.Fatal(err)
		}
	}
	certificate, pool := certificate(t, append(slices.Collect(maps.Keys(hosts)), o.Own...))
	var err error
	relay := proxy.New(proxy.Config{
		Routes: g.Routes, Upstreams: one{strings.TrimPrefix(upstream.URL, "http://")}, Log: log, Stall: o.Stall, AccessLog: o.AccessLog,
	})
	g.Server, err = front.Listen(t.Context(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", ServePlain: true, TLS: &tls.Config{Certificates: []tls.Certificate{certificate}},
		Handler: relay.Handle, Log: log, Stall: o.Stall, AsksCertificate: o.AsksCertificate,
	})
	if err != nil {
		t.Fatal(err)
	}
	g.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, ServerName: Host}
	g.Client = client(g.TLS)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
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

// NewClient finds every host at the gateway, follows no redirect, and shows certificates.
func (g *Gateway) NewClient(certificates ...tls.Certificate) *http.Client {
	config := g.TLS.Clone()
	config.ServerName, config.Certificates = "", certificates
	return client(config)
}

// certificate is one for hosts, and what trusts it.
func certificate(t testing.TB, hosts []string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: hosts, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

type none struct{}

func (none) InTx(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }

func client(config *tls.Config) *http.Client {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(addr)
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64, TLSClientConfig: config},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
}

// Policy attaches a policy of a kind to the route's stage; its name is kind.
func (g *Gateway) Policy(t testing.TB, kind, spec string) {
	t.Helper()
	if err := g.Put(t.Context(), kind, spec); err != nil {
		t.Fatal(err)
	}
}

// Put is Policy with its error.
func (g *Gateway) Put(ctx context.Context, kind, spec string) error {
	return g.PutAt(ctx, Scope(), kind, spec)
}

// PutAt is Put for another scope.
func (g *Gateway) PutAt(ctx context.Context, scope kernel.Scope, kind, spec string) error {
	_, err := g.Routes.PutPolicy(ctx, scope, gateway.Policy{Name: strings.ToLower(kind), Kind: kind, Spec: json.RawMessage(spec)})
	return err //nolint:wrapcheck // the test's own
}

// URL is where a path of Host is.
func (g *Gateway) URL(path string) string { return g.URLOf(Host, path) }

// URLOf is where a path of a host is.
func (g *Gateway) URLOf(host, path string) string {
	return fmt.Sprintf("https://%s:%d%s", host, g.Server.Port(), path)
}

// Do sends a request, with headers in pairs, and reads the answer.
func (g *Gateway) Do(t testing.TB, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	resp, text, err := g.Try(t.Context(), method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return resp, text
}

// Try is Do with its error.
func (g *Gateway) Try(ctx context.Context, method, path, body string, headers ...string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, g.URL(path), strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := g.Client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

// Echo answers 200 with what it was sent.
func Echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = w.Write(body)
}
