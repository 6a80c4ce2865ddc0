package filtertest_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/access"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cors"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/headers"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/shed"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
)

// TestEventsThroughAllFilters has a service send events, each once the client has
// the one before: no filter holds any of them back, nor ends what rests for longer
// than a client may stall. It is so for both protocols, and for a client that has
// asked for the same before, where a cache could think of it.
func TestEventsThroughAllFilters(t *testing.T) {
	t.Parallel()
	metrics, err := waf.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	cached := cache.NewKind(cache.Config{})
	t.Cleanup(cached.Close)
	next := make(chan struct{})
	const stall = 300 * time.Millisecond
	g := filtertest.Start(t, stall, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-cache")
		for i := range 4 {
			if i == 2 {
				<-time.After(2 * stall)
			}
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-next:
			case <-r.Context().Done():
				return
			}
		}
	}, access.New(), shed.New(), cors.New(), waf.NewKind(slog.New(slog.DiscardHandler), metrics, nil), limit.New(limit.Config{}), cached, headers.New())
	for kind, spec := range map[string]string{
		access.KindName:  `{"allow": ["127.0.0.0/8", "::1"]}`,
		shed.KindName:    `{"route": {"limit": 10}}`,
		cors.KindName:    `{"origins": ["https://app.example"]}`,
		waf.KindName:     `{"mode": "Blocking"}`,
		limit.KindName:   `{"limits": [{"windows": [{"limit": 100, "per": "1m"}]}]}`,
		cache.KindName:   `{}`,
		headers.KindName: `{}`,
	} {
		g.Policy(t, kind, spec)
	}
	secure := g.TLS.Clone()
	secure.NextProtos = []string{"http/1.1"}
	one := &http.Client{Transport: &http.Transport{
		DialContext: g.Client.Transport.(*http.Transport).DialContext, TLSClientConfig: secure, //nolint:forcetypeassert // what Start makes
	}, Timeout: time.Minute}
	t.Cleanup(one.CloseIdleConnections)
	for _, client := range []*http.Client{g.Client, one, g.Client} {
		req, err := http.NewRequest(http.MethodGet, g.URL("/events"), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/event-stream")
		req.Header.Set("Origin", "https://app.example")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") == "" || resp.Header.Get("RateLimit") == "" {
			t.Errorf("%s: %d, %v", resp.Proto, resp.StatusCode, resp.Header)
		}
		lines := bufio.NewScanner(resp.Body)
		for i := range 4 {
			if !lines.Scan() || lines.Text() != fmt.Sprintf("data: %d", i) || !lines.Scan() {
				t.Fatalf("%s, event %d: %q, %v", resp.Proto, i, lines.Text(), lines.Err())
			}
			select {
			case next <- struct{}{}:
			case <-time.After(time.Minute):
				t.Fatalf("%s, event %d: the service waits for nothing", resp.Proto, i)
			}
		}
		_ = resp.Body.Close()
	}
}
