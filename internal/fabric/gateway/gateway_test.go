package gateway_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/telemetry"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var (
	dev   = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	other = kernel.Scope{Tenant: "rival", Project: "shop", Stage: "dev"}
)

const host = "orders.dev.shop.localhost"

type journal struct{}

func (journal) Record(context.Context, kernel.Fact) error { return nil }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newService(t testing.TB, d *db.DB, m *proxy.Metrics) *gateway.Service {
	t.Helper()
	s := gateway.NewService(gateway.Config{
		Store: gatewaysql.NewStore(d), PolicyStore: gatewaysql.NewStore(d), Journal: journal{}, Tx: d, Log: quiet(), Metrics: m, Reserved: []string{"portal.localhost"},
		Traffic: &traffic.Book{}, Kinds: []gateway.Kind{named{}, telemetry.New()},
	})
	if err := s.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *gateway.Service, scope kernel.Scope, r gateway.Route) {
	t.Helper()
	if _, err := s.PutRoute(context.Background(), scope, r); err != nil {
		t.Fatal(err)
	}
}

// upstreams are services by name; a test may change them while serving.
type upstreams struct{ m sync.Map }

type upstream struct{ addr, release string }

func (u *upstreams) Upstream(_ kernel.Scope, service, port string) (addr, release string, ok bool) {
	v, ok := u.m.Load(service + port)
	if !ok {
		return "", "", false
	}
	up := v.(upstream) //nolint:forcetypeassert // what is stored
	return up.addr, up.release, true
}

func (u *upstreams) start(t testing.TB, service, release string, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u.m.Store(service, upstream{strings.TrimPrefix(s.URL, "http://"), release})
	return s
}

// fixture is a gateway on sockets, with a client that trusts it and finds
// every host on it.
type fixture struct {
	routes    *gateway.Service
	upstreams *upstreams
	registry  *prometheus.Registry
	server    *front.Server
	client    *http.Client
	authority *pki.Authority
	proxy     *proxy.Proxy
}

func start(t *testing.T, change func(*proxy.Config)) *fixture {
	t.Helper()
	return startWith(t, pki.Options{}, change)
}

// startWith is start with certificates as they are wanted.
func startWith(t *testing.T, certificates pki.Options, change func(*proxy.Config)) *fixture {
	t.Helper()
	f := &fixture{upstreams: &upstreams{}, registry: prometheus.NewRegistry()}
	m, err := proxy.NewMetrics(f.registry)
	if err != nil {
		t.Fatal(err)
	}
	f.routes = newService(t, dbtest.SQLite(t, gatewaysql.Migrations()), m)
	config := proxy.Config{Routes: f.routes, Upstreams: f.upstreams, Log: quiet()}
	if change != nil {
		change(&config)
	}
	if f.authority, err = pki.Own(certificates); err != nil {
		t.Fatal(err)
	}
	config.Roots = f.authority.Pool
	config.ClientCertificate = func() (*tls.Certificate, error) { return f.authority.ClientCertificate("gateway.localhost") }
	relay := proxy.New(config)
	f.proxy = relay
	f.server, err = front.Listen(context.Background(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", TLS: &tls.Config{GetCertificate: f.authority.GetCertificate},
		Handler: relay.Handle, Log: quiet(), Stall: config.Stall, Unrouted: relay.Unrouted,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.client = f.newClient()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(ctx) }()
	go func() { done <- relay.Watch(ctx) }()
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Errorf("serve: %v", err)
			}
		}
		relay.Close()
	})
	return f
}

func (f *fixture) newClient() *http.Client {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(addr)
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dial, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64,
			TLSClientConfig: &tls.Config{RootCAs: f.authority.Pool(), MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
}

func (f *fixture) url(host, path string) string {
	return fmt.Sprintf("https://%s:%d%s", host, f.server.Port(), path)
}

func (f *fixture) get(t testing.TB, host, path string) (*http.Response, string) {
	t.Helper()
	resp, err := f.client.Get(f.url(host, path))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func says(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, what) }
}
