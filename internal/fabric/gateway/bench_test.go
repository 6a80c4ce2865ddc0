package gateway_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkProxy compares the gateway with a bare ReverseProxy that has an
// equal transport and buffers, both in front of the same service. Each turn
// sends a request through the one and then through the other, so that both meet
// the same load; it reports the time of each and their ratio.
func BenchmarkProxy(b *testing.B) {
	service := httptest.NewServer(says("ok"))
	b.Cleanup(service.Close)
	target, err := url.Parse(service.URL)
	if err != nil {
		b.Fatal(err)
	}
	bare := httptest.NewServer(newBareProxy(b, target))
	b.Cleanup(bare.Close)
	full := benchURL(b, target.Host)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	b.Cleanup(client.CloseIdleConnections)

	var bareTime, fullTime atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			bareTime.Add(int64(request(b, client, bare.URL)))
			fullTime.Add(int64(request(b, client, full)))
		}
	})
	b.ReportMetric(float64(bareTime.Load())/float64(b.N), "ns/bare")
	b.ReportMetric(float64(fullTime.Load())/float64(b.N), "ns/gateway")
	b.ReportMetric(float64(fullTime.Load())/float64(bareTime.Load()), "ratio")
}

type pool struct{ sync.Pool }

func (p *pool) Get() []byte {
	if buffer, ok := p.Pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, 32<<10)
}

func (p *pool) Put(buffer []byte) { p.Pool.Put(&buffer) }

func newBareProxy(b *testing.B, target *url.URL) http.Handler {
	b.Helper()
	transport := &http.Transport{
		MaxIdleConnsPerHost: 256, DisableCompression: true, WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10,
	}
	b.Cleanup(transport.CloseIdleConnections)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport, BufferPool: &pool{},
	}
}

func benchURL(b testing.TB, addr string) string {
	b.Helper()
	m, err := proxy.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	routes := newService(b, dbtest.SQLite(b, gatewaysql.Migrations()), m)
	put(b, routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	u := &upstreams{}
	u.m.Store("orders", upstream{addr, "rel_1"})
	relay := proxy.New(proxy.Config{Routes: routes, Upstreams: u, Log: quiet()})
	server, err := front.Listen(context.Background(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", TLS: &tls.Config{}, ServePlain: true, Handler: relay.Handle, Log: quiet(),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	b.Cleanup(func() {
		cancel()
		<-done
		relay.Close()
	})
	return fmt.Sprintf("http://127.0.0.1:%d", server.PlainPort())
}

func request(b *testing.B, client *http.Client, base string) time.Duration {
	req, err := http.NewRequest(http.MethodGet, base, nil)
	if err != nil {
		b.Error(err)
		return 0
	}
	req.Host = host
	began := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		b.Error(err)
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.Errorf("status %d", resp.StatusCode)
	}
	return time.Since(began)
}
