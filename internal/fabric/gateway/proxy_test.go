package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	wire "github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestRoutesByHostAndLongestPath(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, name := range []string{"root", "api", "v2"} {
		f.upstreams.start(t, name, "", says(name))
	}
	put(t, f.routes, dev, gateway.ToService("root", host, "/", "root", ""))
	put(t, f.routes, dev, gateway.ToService("api", host, "/api", "api", ""))
	put(t, f.routes, dev, gateway.ToService("v2", host, "/api/v2", "v2", ""))
	cases := []struct{ path, want string }{
		{"/", "root"},
		{"/x", "root"},
		{"/api", "api"},
		{"/api/x", "api"},
		{"/apis", "root"},
		{"/api/v2/x", "v2"},
		{"/api/v2/../v1", "api"},
		{"//api/x", "api"},
	}
	for _, c := range cases {
		if resp, body := f.get(t, host, c.path); body != c.want || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s, want %s", c.path, resp.StatusCode, body, c.want)
		}
	}
}

func TestAnswersForItself(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *proxy.Config) {
		c.ResponseTimeout = 50 * time.Millisecond
		c.MaxBody = 1000
	})
	put(t, f.routes, dev, gateway.ToService("down", "down.dev.shop.localhost", "/only", "down", ""))
	put(t, f.routes, dev, gateway.ToService("gone", "gone.dev.shop.localhost", "", "gone", ""))
	put(t, f.routes, dev, gateway.ToService("slow", "slow.dev.shop.localhost", "", "slow", ""))
	f.upstreams.start(t, "gone", "", says("")).Close()
	f.upstreams.start(t, "slow", "", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	cases := []struct {
		reason, host, path string
		status             int
	}{
		{"an unknown host", "none.dev.shop.localhost", "/", http.StatusNotFound},
		{"an unknown path", "down.dev.shop.localhost", "/", http.StatusNotFound},
		{"no ready instance", "down.dev.shop.localhost", "/only", http.StatusServiceUnavailable},
		{"nothing listens", "gone.dev.shop.localhost", "/", http.StatusBadGateway},
		{"no answer in time", "slow.dev.shop.localhost", "/", http.StatusGatewayTimeout},
	}
	for _, c := range cases {
		resp, body := f.get(t, c.host, c.path)
		var problem struct{ Title, Detail string }
		if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Title == "" || problem.Detail == "" {
			t.Errorf("%s: no problem: %s", c.reason, body)
		}
		if resp.StatusCode != c.status || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s, want %d", c.reason, resp.StatusCode, resp.Header.Get("Content-Type"), c.status)
		}
		if (resp.Header.Get("Retry-After") != "") != (c.status == http.StatusServiceUnavailable) {
			t.Errorf("%s: Retry-After %q", c.reason, resp.Header.Get("Retry-After"))
		}
	}
	for _, length := range []int64{2000, -1} { // said at once, and found out while sending
		req, err := http.NewRequest(http.MethodPost, f.url("slow.dev.shop.localhost", "/"), io.LimitReader(zeros{}, 2000))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("a large body of length %d: %d", length, resp.StatusCode)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	seen := make(chan http.Header, 1)
	f.upstreams.start(t, "orders", "rel_1", func(w http.ResponseWriter, r *http.Request) {
		h := r.Header.Clone()
		h.Set("Host", r.Host)
		seen <- h
		w.Header().Set("Terrace-Release", "forged")
		w.Header().Set("Terrace-Other", "forged")
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	req, err := http.NewRequest(http.MethodGet, f.url(host, "/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil", "X-Forwarded-Proto": "gopher", "X-Forwarded-User": "admin",
		"Forwarded": "for=6.6.6.6", "X-Real-Ip": "6.6.6.6", "Terrace-Actor": "admin", "Terrace-Release": "evil",
		"Proxy-Authorization": "secret", "Te": "trailers", "Traceparent": trace, "Authorization": "Bearer mine",
	} {
		req.Header.Set(name, value)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Errorf("HTTP/%d, want 2", resp.ProtoMajor)
	}
	if got := resp.Header.Get("Terrace-Release"); got != "rel_1" || resp.Header.Get("Terrace-Other") != "" {
		t.Errorf("release %q, other %q", got, resp.Header.Get("Terrace-Other"))
	}
	got := <-seen
	want := map[string]string{
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": fmt.Sprintf("%s:%d", host, f.server.Port()), "X-Forwarded-Proto": "https",
		"X-Forwarded-User": "", "Forwarded": "", "X-Real-Ip": "", "Terrace-Actor": "", "Terrace-Release": "", "Proxy-Authorization": "",
		"Traceparent": trace, "Authorization": "Bearer mine", "Host": fmt.Sprintf("%s:%d", host, f.server.Port()),
	}
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("the service sees %s: %q, want %q", name, got.Get(name), value)
		}
	}
}

func TestPlainIsSentToTLS(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	resp, err := f.client.Post(fmt.Sprintf("http://%s:%d/a/b?c=d", host, f.server.PlainPort()), "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusPermanentRedirect || resp.Header.Get("Location") != f.url(host, "/a/b?c=d") {
		t.Fatalf("%d to %s", resp.StatusCode, resp.Header.Get("Location"))
	}
}

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	// Events come further apart than a client may stall.
	f := start(t, func(c *proxy.Config) { c.Stall = 500 * time.Millisecond })
	next := make(chan struct{})
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-next:
			case <-r.Context().Done():
				return
			}
			<-time.After(700 * time.Millisecond)
		}
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	resp, err := f.client.Get(f.url(host, "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.ProtoMajor != 2 {
		t.Fatalf("HTTP/%d, want 2", resp.ProtoMajor)
	}
	lines := bufio.NewScanner(resp.Body)
	for i := range 3 { // each event arrives before the service sends the next
		if !lines.Scan() || lines.Text() != fmt.Sprintf("data: %d", i) || !lines.Scan() {
			t.Fatalf("event %d: %q, %v", i, lines.Text(), lines.Err())
		}
		next <- struct{}{}
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		accept := wire.Accept([]byte(r.Header.Get("Sec-WebSocket-Key")))
		conn, buffers, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "+accept+"\r\n\r\n")
		_, _ = io.Copy(conn, buffers) // an echo
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), &tls.Config{
		ServerName: host, RootCAs: f.authority.Pool(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host)
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = resp.Body.Close()
	for _, word := range []string{"hello\n", "again\n"} {
		_, _ = io.WriteString(conn, word)
		if got, err := r.ReadString('\n'); err != nil || got != word {
			t.Fatalf("%q, %v", got, err)
		}
	}
}

// TestClientThatStallsIsCutOff sends half a body and stops.
func TestClientThatStallsIsCutOff(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *proxy.Config) { c.Stall = 100 * time.Millisecond })
	f.upstreams.start(t, "orders", "", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), &tls.Config{
		ServerName: host, RootCAs: f.authority.Pool(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\nhalf", host)
	_, err = io.ReadAll(conn)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // what the connection returns
		t.Fatal("the connection stays open")
	}
}

// TestSlowServiceIsNotCutOff sends a whole body, after which the service takes
// longer than the client may stall.
func TestSlowServiceIsNotCutOff(t *testing.T) {
	t.Parallel()
	f := start(t, func(c *proxy.Config) { c.Stall = 500 * time.Millisecond })
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-time.After(700 * time.Millisecond)
		_, _ = io.WriteString(w, "done")
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	transport := f.newClient().Transport.(*http.Transport) //nolint:forcetypeassert // of our own
	transport.ForceAttemptHTTP2 = false
	transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
	defer transport.CloseIdleConnections()
	for _, client := range []*http.Client{f.client, {Transport: transport}} {
		resp, err := client.Post(f.url(host, "/"), "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || string(body) != "done" {
			t.Fatalf("HTTP/%d: %q, %v", resp.ProtoMajor, body, err)
		}
	}
}

// TestSwapsUnderLoad replaces routes and services while requests run: not one
// may fail.
func TestSwapsUnderLoad(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "blue", "rel_1", says("ok"))
	f.upstreams.start(t, "green", "rel_2", says("ok"))
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "blue", ""))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var served atomic.Int64
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				resp, err := f.client.Get(f.url(host, "/"))
				if err != nil {
					t.Errorf("request: %v", err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || string(body) != "ok" {
					t.Errorf("answer: %d %q, %v", resp.StatusCode, body, err)
					return
				}
				served.Add(1)
			}
		})
	}
	for i := range 60 {
		put(t, f.routes, dev, gateway.ToService("orders", host, "", []string{"green", "blue"}[i%2], ""))
		put(t, f.routes, dev, gateway.ToService(fmt.Sprintf("r%d", i), fmt.Sprintf("r%d.dev.shop.localhost", i), "", "x", ""))
	}
	cancel()
	wg.Wait()
	t.Logf("%d requests served during 120 swaps, none failed", served.Load())
	if served.Load() == 0 {
		t.Fatal("nothing was served: the test proves nothing")
	}
}

// TestAsksAgainWhenAnInstanceIsGone gives an address that takes no connection
// first, as of a process that has just been replaced.
func TestAsksAgainWhenAnInstanceIsGone(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(says(""))
	gone.Close()
	moving := &moving{gone: strings.TrimPrefix(gone.URL, "http://")}
	f := start(t, func(c *proxy.Config) { c.Upstreams = moving })
	moving.next = f.upstreams
	f.upstreams.start(t, "orders", "rel_2", says("new"))
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	resp, body := f.get(t, host, "/")
	if body != "new" || resp.Header.Get(proxy.ReleaseHeader) != "rel_2" {
		t.Fatalf("%d %s by %s", resp.StatusCode, body, resp.Header.Get(proxy.ReleaseHeader))
	}
}

type moving struct {
	gone  string
	asked atomic.Int64
	next  proxy.Upstreams
}

func (m *moving) Upstream(scope kernel.Scope, service, port string) (addr, release string, ok bool) {
	if m.asked.Add(1) == 1 {
		return m.gone, "rel_1", true
	}
	return m.next.Upstream(scope, service, port)
}

func TestMetricsAndAccessLog(t *testing.T) {
	t.Parallel()
	var log keptLines
	f := start(t, func(c *proxy.Config) { c.AccessLog = &log })
	f.upstreams.start(t, "orders", "", says("ok"))
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	put(t, f.routes, dev, gateway.ToService("old", "old.dev.shop.localhost", "", "orders", ""))
	f.get(t, host, "/path?token=hidden")
	f.get(t, "none.localhost", "/")
	if err := f.routes.DeleteRoute(context.Background(), dev, "old"); err != nil {
		t.Fatal(err)
	}
	f.client.CloseIdleConnections()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(f.registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	metrics := w.Body.String()
	for _, line := range []string{
		`terrace_gateway_requests_total{code="2xx",project="shop",route="orders",stage="dev",tenant="acme"} 1`,
		`terrace_gateway_requests_total{code="4xx",project="",route="",stage="",tenant=""} 1`,
		`terrace_gateway_request_duration_seconds_count{project="shop",route="orders",stage="dev",tenant="acme"} 1`,
		`terrace_gateway_requests_in_flight{project="shop",route="orders",stage="dev",tenant="acme"} 0`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("no %s in\n%s", line, metrics)
		}
	}
	if strings.Contains(metrics, `route="old"`) {
		t.Error("the series of a deleted route stay")
	}
	if s := log.text(); !strings.Contains(s, `"path":"/path"`) || !strings.Contains(s, `"route":"orders"`) || strings.Contains(s, "hidden") {
		t.Errorf("access log: %s", s)
	}
}
