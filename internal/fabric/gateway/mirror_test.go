package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	wire "github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// mirrored returns how many copies had each result.
func mirrored(t *testing.T, r *prometheus.Registry) map[string]int {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, family := range families {
		if family.GetName() != "terrace_gateway_mirrored_requests_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == "result" {
					out[l.GetValue()] += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return out
}

func mirroring(t *testing.T, mirrors ...route.Mirror) *fixture {
	t.Helper()
	f := start(t, nil)
	r := gateway.ToService("orders", host, "/api", "orders", "")
	prefix := "/v2"
	r.Rules[0].Rewrite = &route.Rewrite{Prefix: &prefix}
	r.Rules[0].Mirrors = mirrors
	put(t, f.routes, dev, r)
	return f
}

// TestMirror copies requests as they reach the service that answers; what the copy
// is answered with, or that nobody answers it, is nothing to the client.
func TestMirror(t *testing.T) {
	t.Parallel()
	f := mirroring(t, route.Mirror{Service: "next"}, route.Mirror{Service: "nobody"})
	seen := make(chan string, 10)
	tell := func(w http.ResponseWriter, r *http.Request, who string) {
		body, _ := io.ReadAll(r.Body)
		seen <- fmt.Sprintf("%s: %s %s %s for %s, copy %q", who, r.Method, r.RequestURI, body, r.Header.Get("X-Forwarded-For"), r.Header.Get("Terrace-Mirrored"))
		_, _ = io.WriteString(w, who)
	}
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) { tell(w, r, "orders") })
	f.upstreams.start(t, "next", "", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		tell(w, r, "next")
	})
	for _, body := range []string{"", "body", strings.Repeat("x", 64<<10)} {
		req, err := http.NewRequest(http.MethodPost, f.url(host, "/api/a?b=c"), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Terrace-Mirrored", "forged")
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK || string(answer) != "orders" {
			t.Errorf("%d %s", resp.StatusCode, answer)
		}
		got := map[string]bool{<-seen: true, <-seen: true}
		for _, want := range []string{
			"orders: POST /v2/a?b=c " + body + ` for 127.0.0.1, copy ""`, "next: POST /v2/a?b=c " + body + ` for 127.0.0.1, copy "true"`,
		} {
			if !got[want] {
				t.Errorf("not seen: %.100s; but %.200v", want, got)
			}
		}
	}
	filtertest.Until(t, "what is counted", func() bool { m := mirrored(t, f.registry); return m["answered"] == 3 && m["failed"] == 3 })
	for _, body := range []io.Reader{struct{ io.Reader }{strings.NewReader("of unknown length")}, strings.NewReader(strings.Repeat("x", 64<<10+1))} {
		resp, err := f.client.Post(f.url(host, "/api/a"), "text/plain", body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if who := <-seen; !strings.HasPrefix(who, "orders") {
			t.Errorf("a request that cannot be copied is seen by %.20s", who)
		}
	}
	if m := mirrored(t, f.registry); m["skipped"] != 4 || m["answered"] != 3 {
		t.Errorf("copies: %v", m)
	}
}

// TestMirrorsThatHangDelayNobody has the second service answer nothing at all: its
// places fill up, the rest is counted, and the clients see nothing of it.
func TestMirrorsThatHangDelayNobody(t *testing.T) {
	t.Parallel()
	f := mirroring(t, route.Mirror{Service: "next"})
	f.upstreams.start(t, "orders", "", says("ok"))
	var stuck atomic.Int64
	release := make(chan struct{})
	f.upstreams.start(t, "next", "", func(http.ResponseWriter, *http.Request) {
		stuck.Add(1)
		<-release
	})
	t.Cleanup(func() { close(release) })
	var failed atomic.Int64
	var wg sync.WaitGroup
	const clients, each = 8, 100
	began := time.Now()
	for range clients {
		wg.Go(func() {
			for range each {
				if resp, body := f.get(t, host, "/api/"); resp.StatusCode != http.StatusOK || body != "ok" {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	m := mirrored(t, f.registry)
	t.Logf("%d requests in %s, %d failed; copies under way %d, %v", clients*each, time.Since(began).Round(time.Millisecond), failed.Load(), stuck.Load(), m)
	if failed.Load() > 0 || m["dropped"] != clients*each-256 || stuck.Load() > 256 {
		t.Errorf("%d failed, %v, %d under way", failed.Load(), m, stuck.Load())
	}
}

// TestMirrorsGetTheirShare of the requests.
func TestMirrorsGetTheirShare(t *testing.T) {
	t.Parallel()
	none, half := 0, 50
	f := mirroring(t, route.Mirror{Service: "none", Percent: &none}, route.Mirror{Service: "half", Percent: &half})
	f.upstreams.start(t, "orders", "", says("ok"))
	var nothing, some atomic.Int64
	f.upstreams.start(t, "none", "", func(http.ResponseWriter, *http.Request) { nothing.Add(1) })
	f.upstreams.start(t, "half", "", func(http.ResponseWriter, *http.Request) { some.Add(1) })
	for range 200 {
		f.get(t, host, "/api/")
	}
	filtertest.Until(t, "what is counted", func() bool { return mirrored(t, f.registry)["answered"] == int(some.Load()) })
	if nothing.Load() > 0 || some.Load() < 50 || some.Load() > 150 {
		t.Errorf("%d and %d of 200", nothing.Load(), some.Load())
	}
}

// TestCopiesCountForNoClient: a service that fails on copies alone is as well as before
// for those who ask it, with the breaker that both have.
func TestCopiesCountForNoClient(t *testing.T) {
	t.Parallel()
	settings := wire.Settings{Breaker: &wire.Breaker{Window: kernel.Duration(time.Minute), MinRequests: 5, ErrorPercent: 10, OpenFor: kernel.Duration(time.Minute)}}
	f := start(t, nil)
	r := gateway.ToService("orders", host, "/api", "orders", "")
	r.Rules[0].Backends[0].Settings = settings
	r.Rules[0].Mirrors = []route.Mirror{{Service: "orders", Settings: settings}}
	put(t, f.routes, dev, r)
	var copies atomic.Int64
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Terrace-Mirrored") != "" {
			copies.Add(1)
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	for n := range int64(20) {
		if resp, _ := f.get(t, host, "/api/"); resp.StatusCode != http.StatusOK {
			t.Fatalf("after %d copies a client gets %d", copies.Load(), resp.StatusCode)
		}
		if n < 10 { // then the copies' own breaker is open
			filtertest.Until(t, "a copy to be counted", func() bool { m := mirrored(t, f.registry); return int64(m["answered"]+m["failed"]) == n+1 })
		}
	}
	if n := copies.Load(); n < 5 || n > 10 {
		t.Errorf("%d copies came, of which a breaker lets 5 and a few through", n)
	}
}

// TestCopiesGiveTheirPlacesBack: many after each other all come; one that is not answered
// within the rule's time fails, and one of an upgrade is none.
func TestCopiesGiveTheirPlacesBack(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	r := gateway.ToService("orders", host, "", "orders", "")
	r.Rules[0].Mirrors = []route.Mirror{{Service: "next"}}
	r.Rules[0].Timeouts.Backend = kernel.Duration(2 * time.Second)
	put(t, f.routes, dev, r)
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			agrees("", func(c net.Conn, r io.Reader) { _, _ = io.Copy(c, r) })(w, r)
		}
	})
	f.upstreams.start(t, "next", "", func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hangs" {
			hangs(nil, r)
		}
	})
	const copies = 300 // more than there are places
	for n := range copies {
		f.get(t, host, "/")
		if n%100 == 99 {
			filtertest.Until(t, "a copy to be counted", func() bool { m := mirrored(t, f.registry); return m["answered"] == n+1 })
		}
	}
	f.get(t, host, "/hangs")
	filtertest.Until(t, "a copy to be counted", func() bool { return mirrored(t, f.registry)["failed"] == 1 })
	f.tunnel(t, "")
	if m := mirrored(t, f.registry); m["skipped"] != 1 || m["dropped"] != 0 || m["answered"] != copies {
		t.Errorf("copies: %v", m)
	}
}
