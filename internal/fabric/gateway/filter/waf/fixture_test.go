package waf_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning/tuningsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// fixture is a front with the firewall before a service.
type fixture struct {
	kind     *waf.Kind
	addr     string
	registry *prometheus.Registry
	log      *records
	counts   *tuning.Counts
	route    string

	mu sync.Mutex
	// judged counts the requests that came as far as the firewall.
	judged int
	// got are the bodies that the service got.
	got []string
}

func scope() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

func policy(spec string) gateway.Policy {
	return gateway.Policy{Scope: scope(), Name: "guard", Kind: waf.KindName, Spec: json.RawMessage(spec)}
}

// start serves with a policy in front of a service; nil echoes the body.
func start(t testing.TB, spec string, service http.HandlerFunc) *fixture {
	t.Helper()
	registry := prometheus.NewRegistry()
	m, err := waf.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	log := &records{}
	counts := &tuning.Counts{Store: tuningsql.NewStore(dbtest.SQLite(t, tuningsql.Migrations()))}
	f := lane(t, waf.NewKind(slog.New(log), m, counts), log, registry, "orders", spec, service)
	f.counts = counts
	return f
}

// lane serves one route of a kind that others may serve routes of, too.
func lane(t testing.TB, kind *waf.Kind, log *records, registry *prometheus.Registry, route, spec string, service http.HandlerFunc) *fixture {
	t.Helper()
	f := &fixture{kind: kind, registry: registry, log: log, route: route}
	filter, err := f.kind.Compile(context.Background(), policy(spec), gateway.Attachment{Scope: scope(), Route: route})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.got = append(f.got, string(body))
		f.mu.Unlock()
		if service != nil {
			service(w, r)
			return
		}
		echo(w, body)
	}))
	t.Cleanup(server.Close)
	services := upstream.NewCluster(upstream.Config{})
	t.Cleanup(services.Close)
	services.Update([]upstream.Endpoint{{Addr: server.Listener.Addr().String()}})
	handler := exchange.Chain(f.pass(services), filter)
	f.serve(t, func(x *exchange.Exchange) {
		f.mu.Lock()
		f.judged++
		f.mu.Unlock()
		handler(x)
	})
	return f
}

func (f *fixture) pass(services *upstream.Cluster) exchange.Handler {
	return func(x *exchange.Exchange) {
		x.Request.Header.SetRequestURI("/")
		x.Request.Header.Del("Connection")
		if err := services.Pick(nil).Do(x, upstream.Call{HeadTimeout: time.Minute, Stall: time.Minute, Idle: time.Minute}); err != nil {
			x.Refuse("test", http.StatusBadGateway, "the service failed", err.Error(), "")
		}
	}
}

func (f *fixture) serve(t testing.TB, handler exchange.Handler) {
	t.Helper()
	server, err := front.Listen(context.Background(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), ServePlain: true, Handler: handler,
		TLS: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none here") }},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	f.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(server.PlainPort()))
}

// echo answers what a request asks for in its body: a status, headers and a body.
func echo(w http.ResponseWriter, body []byte) {
	var wish struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
		Encoded []byte            `json:"encodedBody"`
	}
	if json.Unmarshal(body, &wish) != nil {
		_, _ = io.WriteString(w, "fine")
		return
	}
	w.Header().Set("Content-Type", "text/html")
	for name, value := range wish.Headers {
		w.Header().Set(name, value)
	}
	if wish.Status > 0 {
		w.WriteHeader(wish.Status)
	}
	_, _ = w.Write(append([]byte(wish.Body), wish.Encoded...))
}

// send writes a request as it is and returns the answer.
func (f *fixture) send(t testing.TB, wire []byte) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := conn.Write(wire); err != nil {
		return 0, err.Error()
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	content, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(content)
}

func (f *fixture) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.judged
}

// findings are what is kept of the route.
func (f *fixture) findings(t testing.TB) []tuning.Finding {
	t.Helper()
	if err := f.counts.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := f.counts.Store.Findings(t.Context(), everything(), kernel.PageRequest{Limit: kernel.MaxPageSize})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func everything() tuning.Query {
	return tuning.Query{Scope: kernel.Scope{Tenant: "acme"}, Within: kernel.Reach{All: true}}
}

// records keeps what is logged.
type records struct {
	mu  sync.Mutex
	all []map[string]any
}

func (*records) Enabled(context.Context, slog.Level) bool { return true }
func (r *records) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r *records) WithGroup(string) slog.Handler          { return r }

func (r *records) Handle(_ context.Context, record slog.Record) error {
	line := map[string]any{"message": record.Message}
	record.Attrs(func(a slog.Attr) bool {
		line[a.Key] = a.Value.Any()
		return true
	})
	r.keep(line)
	return nil
}

// Write implements proxy.AccessLog.
func (r *records) Write(l *accesslog.Line) {
	line := map[string]any{}
	if err := json.Unmarshal(l.AppendJSON(nil), &line); err != nil {
		panic(err) // a line is JSON
	}
	r.keep(line)
}

func (r *records) keep(line map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, line)
}

// take returns what has been logged about a route, and forgets it.
func (r *records) take(route string) (of []map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(line map[string]any) bool {
		if line["route"] != route {
			return false
		}
		of = append(of, line)
		return true
	})
	return of
}
