package gateway_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	wire "github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// counts are what clients of one kind got.
type counts struct{ ok, failed atomic.Int64 }

// load sends requests of a kind until ctx ends.
func (f *fixture) load(ctx context.Context, wg *sync.WaitGroup, host, method string, c *counts) {
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				req, err := http.NewRequest(method, f.url(host, "/"), strings.NewReader("body"))
				if err != nil {
					return
				}
				resp, err := f.client.Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
				}
				if err != nil || resp.StatusCode != http.StatusOK {
					c.failed.Add(1)
				} else {
					c.ok.Add(1)
				}
			}
		})
	}
}

// TestFaultsUnderLoad has one of three instances die, hang, reset connections
// and answer garbage while clients ask: who may be asked twice sees nothing of
// it, nor do the clients of another service.
func TestFaultsUnderLoad(t *testing.T) {
	t.Parallel()
	faults := map[string]http.HandlerFunc{
		"dies":    nil,
		"hangs":   hangs,
		"resets":  resets,
		"garbage": garbage,
		"half":    half,
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			victim := &fleet{}
			f := start(t, func(c *proxy.Config) { c.Upstreams = victim })
			r := gateway.ToService("victim", host, "", "victim", "")
			r.Rules[0].Retry = &gateway.Retry{Attempts: 3, BudgetPercent: 50, Backoff: kernel.Duration(time.Millisecond)}
			r.Rules[0].Timeouts.Backend = kernel.Duration(2 * time.Second)
			r.Rules[0].Backends[0].Outliers = &wire.Outliers{ConsecutiveErrors: 3}
			put(t, f.routes, dev, r)
			const elsewhere = "other.dev.shop.localhost"
			bystander := gateway.ToService("bystander", elsewhere, "", "bystander", "")
			bystander.Rules[0].Backends[0].SlowStart = 1 // a cluster of its own
			put(t, f.routes, dev, bystander)
			var broken atomic.Bool
			well := func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(w, "ok")
			}
			bad := victim.add(t, func(w http.ResponseWriter, r *http.Request) {
				if broken.Load() && fault != nil && !strings.HasPrefix(r.Host, elsewhere) {
					fault(w, r)
					return
				}
				well(w, r)
			})
			victim.add(t, well)
			victim.add(t, well)
			var reads, writes, others counts
			ctx, cancel := context.WithCancel(context.Background())
			var wg sync.WaitGroup
			f.load(ctx, &wg, host, http.MethodGet, &reads)
			f.load(ctx, &wg, host, http.MethodPost, &writes)
			f.load(ctx, &wg, elsewhere, http.MethodGet, &others)
			filtertest.Until(t, "what is counted", func() bool { return reads.ok.Load() > 50 && writes.ok.Load() > 50 })
			before := bad.asked.Load()
			broken.Store(true)
			if fault == nil {
				_ = bad.server.Listener.Close()
				bad.server.CloseClientConnections()
			}
			from, fromWrites := reads.ok.Load(), writes.ok.Load()
			filtertest.Until(t, "what is counted", func() bool { return reads.ok.Load() > from+200 && writes.ok.Load() > fromWrites+100 })
			cancel()
			wg.Wait()
			t.Logf("%s: reads %d ok, %d failed; writes %d ok, %d failed; others %d ok, %d failed; the bad instance was asked %d times after", name,
				reads.ok.Load(), reads.failed.Load(), writes.ok.Load(), writes.failed.Load(), others.ok.Load(), others.failed.Load(), bad.asked.Load()-before)
			if reads.failed.Load() > 0 || others.failed.Load() > 0 {
				t.Errorf("%d reads and %d requests to others failed", reads.failed.Load(), others.failed.Load())
			}
			if writes.failed.Load() > 12 {
				t.Errorf("%d writes failed: the instance is not left out", writes.failed.Load())
			}
		})
	}
}

func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then the server sees that the client leaves
	<-r.Context().Done()
}

func resets(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func garbage(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "\x16\x03\x01 nothing of HTTP\r\n\r\n")
	_ = conn.Close()
}

// half ends its answer too early.
func half(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
	_ = conn.Close()
}
