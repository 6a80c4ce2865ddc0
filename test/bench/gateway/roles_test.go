package gateway_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/heap"
)

// The test binary is also the processes that are measured: TERRACE_BENCH_ROLE
// says which, with where it listens and where the service does.
const (
	roleVariable    = "TERRACE_BENCH_ROLE"
	listenVariable  = "TERRACE_BENCH_LISTEN"
	serviceVariable = "TERRACE_BENCH_SERVICE"
)

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	roles := map[string]func(context.Context, string, string) error{
		"service": serveService, "reverseproxy": serveReverseProxy, "terrace": serveGateway, "terrace-waf": serveGuarded, "coraza": serveCoraza,
	}
	run := func() int {
		if err := roles[role](ctx, os.Getenv(listenVariable), os.Getenv(serviceVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	collect := func(do func() int) int { return do() }
	if strings.HasPrefix(role, "terrace") {
		collect = heap.Rarely // as the daemon does
	}
	os.Exit(collect(run)) //nolint:gocritic // the process ends
}

// serveService answers 1 KB.
func serveService(ctx context.Context, listen, _ string) error {
	body := []byte(strings.Repeat("x", 1024))
	s := &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(c *fasthttp.RequestCtx) { c.SetBody(body) }}
	go func() {
		<-ctx.Done()
		_ = s.Shutdown()
	}()
	return s.ListenAndServe(listen)
}

type buffers struct{ sync.Pool }

func (b *buffers) Get() []byte {
	if buffer, ok := b.Pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(buffer []byte) { b.Pool.Put(&buffer) }

// serveReverseProxy is the standard library's, with a pool that is large enough
// and buffers that are used again.
func serveReverseProxy(ctx context.Context, listen, service string) error {
	target := &url.URL{Scheme: "http", Host: service}
	s := &http.Server{Addr: listen, ReadHeaderTimeout: time.Minute, Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.SetXForwarded() }, BufferPool: &buffers{},
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true, WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10},
	}}
	go func() {
		<-ctx.Done()
		_ = s.Close()
	}()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

const measuredHost = "orders.dev.shop.localhost"

// serveGateway is the gateway with a thousand routes, its metrics, and what else
// the environment says.
func serveGateway(ctx context.Context, listen, service string) error {
	store := fixed{}
	for i := range count(routesVariable, 1000) {
		if err := store.add(fmt.Sprint("r", i), fmt.Sprintf("r%d.dev.shop.localhost", i)); err != nil {
			return err
		}
	}
	kinds, policies, end := policiesOf(measuredScope(), slog.New(slog.DiscardHandler))
	defer end()
	store.policies = policies
	return store.serve(ctx, listen, service, kinds...)
}

// serve is the gateway with the routes and policies of f, and its metrics.
func (f *fixed) serve(ctx context.Context, listen, service string, kinds ...gateway.Kind) error {
	if err := f.add("orders", measuredHost); err != nil {
		return err
	}
	metrics, err := proxy.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	routes := gateway.NewService(gateway.Config{Store: *f, PolicyStore: *f, Log: log, Metrics: metrics, Kinds: kinds})
	if err := routes.Load(ctx); err != nil {
		return err
	}
	relay := proxy.New(proxy.Config{Routes: routes, Upstreams: one(service), Log: log})
	defer relay.Close()
	server, err := front.Listen(ctx, front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: listen, TLS: &tls.Config{MinVersion: tls.VersionTLS12}, ServePlain: true, Handler: relay.Handle, Log: log,
	})
	if err != nil {
		return err
	}
	return server.Serve(ctx)
}

// one is a service at one address.
type one string

func (o one) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return string(o), "rel_1", true
}

var errFixed = errors.New("nothing is written here")

// fixed are routes that do not change.
type fixed struct {
	routes   []gateway.Route
	policies []gateway.Policy
}

func measuredScope() kernel.Scope {
	return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
}

// add adds a route from a host to the service.
func (f *fixed) add(name, host string) error {
	r, err := gateway.ToService(name, host, "", "orders", "").Normalize()
	r.Scope = measuredScope()
	f.routes = append(f.routes, r)
	return err
}

func (fixed) Put(context.Context, gateway.Route) ([]gateway.Overlap, error) { return nil, errFixed }

func (fixed) Delete(context.Context, kernel.Scope, string) error { return errFixed }

func (fixed) Get(context.Context, kernel.Scope, string) (gateway.Route, error) {
	return gateway.Route{}, errFixed
}

func (f fixed) Routes(context.Context, kernel.Scope) ([]gateway.Route, error) { return f.routes, nil }

func (f fixed) All(context.Context) ([]gateway.Route, error) { return f.routes, nil }

func (fixed) Revision(context.Context) (int64, error) { return 1, nil }

func (fixed) PutPolicy(context.Context, gateway.Policy) error { return errFixed }

func (fixed) DeletePolicy(context.Context, kernel.Scope, string) error { return errFixed }

func (fixed) Policies(context.Context, kernel.Scope) ([]gateway.Policy, error) { return nil, nil }

func (f fixed) AllPolicies(context.Context) ([]gateway.Policy, error) { return f.policies, nil }

// freeAddress returns an address of loopback that nothing listens on.
func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
