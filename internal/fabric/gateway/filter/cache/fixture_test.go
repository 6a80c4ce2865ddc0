package cache_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
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

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var dev = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}

const host = "orders.dev.shop.localhost"

type journal struct{}

func (journal) Record(context.Context, kernel.Fact) error { return nil }

// clock is a clock that a test sets.
type clock struct {
	mu      sync.Mutex
	now     time.Time
	follows bool
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.follows {
		return time.Now()
	}
	return c.now
}

// follow makes it the system's.
func (c *clock) follow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.follows = true
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type upstreams struct{ m sync.Map }

func (u *upstreams) Upstream(_ kernel.Scope, service, _ string) (addr, release string, ok bool) {
	v, ok := u.m.Load(service)
	if !ok {
		return "", "", false
	}
	return v.(string), "rel_1", true //nolint:forcetypeassert // what is stored
}

// fixture is a gateway on sockets with the cache in front of one service.
type fixture struct {
	t       testing.TB
	clock   *clock
	kind    *cache.Kind
	routes  *gateway.Service
	ups     *upstreams
	base    string
	client  *http.Client
	service *service
}

// service answers as a test says, and notes what it was asked.
type service struct {
	mu     sync.Mutex
	asked  []*http.Request
	answer http.HandlerFunc
	// now is when its answers are made.
	now func() time.Time
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Clone(context.Background()))
	answer := s.answer
	s.mu.Unlock()
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	answer(w, r)
}

func (s *service) says(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

func (s *service) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func start(t testing.TB, spec string, change func(*tier.RoomConfig)) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: &clock{now: time.Now()}, ups: &upstreams{}, service: &service{}}
	f.service.now = f.clock.Now
	c := tier.RoomConfig{Clock: f.clock.Now}
	if change != nil {
		change(&c)
	}
	f.kind = cache.NewKind(cache.Config{Room: tier.NewRoom(c), Clock: f.clock.Now})
	d := dbtest.SQLite(t, gatewaysql.Migrations())
	f.routes = gateway.NewService(gateway.Config{
		Store: gatewaysql.NewStore(d), PolicyStore: gatewaysql.NewStore(d), Journal: journal{}, Tx: d, Log: slog.New(slog.DiscardHandler),
		Kinds: []gateway.Kind{f.kind},
	})
	if err := f.routes.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(f.service)
	t.Cleanup(upstream.Close)
	f.ups.m.Store("orders", strings.TrimPrefix(upstream.URL, "http://"))
	f.policy(spec)
	if _, err := f.routes.PutRoute(t.Context(), dev, gateway.ToService("orders", host, "", "orders", "")); err != nil {
		t.Fatal(err)
	}
	f.listen()
	return f
}

func (f *fixture) policy(spec string) {
	f.t.Helper()
	if _, err := f.routes.PutPolicy(f.t.Context(), dev, gateway.Policy{Name: "cache", Kind: cache.KindName, Spec: json.RawMessage(spec)}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) listen() {
	t := f.t
	relay := proxy.New(proxy.Config{Routes: f.routes, Upstreams: f.ups, Log: slog.New(slog.DiscardHandler)})
	server, err := front.Listen(context.Background(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", TLS: &tls.Config{}, ServePlain: true, Handler: relay.Handle, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.base = fmt.Sprintf("http://%s:%d", host, server.PlainPort())
	f.client = &http.Client{
		Transport: &http.Transport{
			DisableCompression: true, MaxIdleConnsPerHost: 64,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", server.PlainPort()))
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       time.Minute,
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		f.kind.Close()
		relay.Close()
	})
}

// got is an answer as a client has it.
type got struct {
	*http.Response

	body string
}

// hit tells that it came from the cache.
func (g got) hit() bool { return strings.Contains(g.Header.Get("Cache-Status"), "; hit") }

// do sends a request; headers are name, value, name, value.
func (f *fixture) do(method, path, body string, headers ...string) got {
	f.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, f.base+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return got{resp, string(content)}
}

func (f *fixture) get(path string, headers ...string) got {
	f.t.Helper()
	return f.do(http.MethodGet, path, "", headers...)
}

// with answers body with headers: name, value, name, value.
func with(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		_, _ = io.WriteString(w, body)
	}
}
