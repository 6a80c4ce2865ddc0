package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// BenchmarkProxy compares the gateway with a bare ReverseProxy that has an
// equal transport, both in front of the same service, and reports the ratio of
// their times.
func BenchmarkProxy(b *testing.B) {
	service := httptest.NewServer(says("ok"))
	b.Cleanup(service.Close)
	target, err := url.Parse(service.URL)
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	bare := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport,
	})
	b.Cleanup(bare.Close)
	full := httptest.NewServer(newBenchProxy(b, target.Host))
	b.Cleanup(full.Close)

	var bareTime, fullTime float64
	b.Run("bare", func(b *testing.B) { bareTime = drive(b, bare.URL) })
	b.Run("gateway", func(b *testing.B) {
		fullTime = drive(b, full.URL)
		if bareTime > 0 {
			b.ReportMetric(fullTime/bareTime, "ratio")
		}
	})
}

func newBenchProxy(b *testing.B, addr string) *gateway.Proxy {
	b.Helper()
	m, err := gateway.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	routes := newService(b, dbtest.SQLite(b, gatewaysql.Migrations()), m)
	put(b, routes, dev, gateway.Route{Name: "orders", Host: host, Service: "orders"})
	u := &upstreams{}
	u.m.Store("orders", upstream{addr, "rel_1"})
	proxy := gateway.NewProxy(gateway.ProxyConfig{Routes: routes, Upstreams: u, Log: quiet()})
	b.Cleanup(proxy.Close)
	return proxy
}

// drive sends requests in parallel and returns the nanoseconds per request.
func drive(b *testing.B, base string) float64 {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequest(http.MethodGet, base, nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.Host = host
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Errorf("status %d", resp.StatusCode)
				return
			}
		}
	})
	return float64(b.Elapsed().Nanoseconds()) / float64(b.N)
}
