package cache_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// tagging answers with the path as one of the tags, fresh for a minute.
func tagging(headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Tag", "all, "+strings.Trim(r.URL.Path, "/"))
		with("x", append([]string{"Cache-Control", "max-age=60"}, headers...)...)(w, r)
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	if _, err := f.routes.PutRoute(t.Context(), dev, gateway.ToService("second", "second.dev.shop.localhost", "", "orders", "")); err != nil {
		t.Fatal(err)
	}
	f.service.says(tagging())
	all := []string{"orders /a", "orders /b", "orders /b?q=1", "orders /b/c", "second /a"}
	cases := []struct {
		name  string
		scope kernel.Scope
		purge gateway.CachePurge
		gone  string
	}{
		{"a tag", dev, gateway.CachePurge{Tag: "a"}, "orders /a, second /a"},
		{"a tag of a route", dev, gateway.CachePurge{Tag: "a", Route: "second"}, "second /a"},
		{"a tag of a host", dev, gateway.CachePurge{Tag: "all", Host: "SECOND.dev.shop.localhost"}, "second /a"},
		{"a part of a tag", dev, gateway.CachePurge{Tag: "al"}, ""},
		{"a URL", dev, gateway.CachePurge{URL: "https://" + strings.ToUpper(host) + "/b"}, "orders /b"},
		{"a URL with a query", dev, gateway.CachePurge{URL: host + ":81/b?q=1"}, "orders /b?q=1"},
		{"the beginning of a URL", dev, gateway.CachePurge{URL: "http://" + host + "/b*"}, "orders /b, orders /b?q=1, orders /b/c"},
		{"all of a host as a URL", dev, gateway.CachePurge{URL: host + "*"}, "orders /a, orders /b, orders /b?q=1, orders /b/c"},
		{"a host", dev, gateway.CachePurge{Host: "second.dev.shop.localhost"}, "second /a"},
		{"the beginning of a host", dev, gateway.CachePurge{Host: "second.dev"}, ""},
		{"a route", dev, gateway.CachePurge{Route: "orders"}, "orders /a, orders /b, orders /b?q=1, orders /b/c"},
		{"the beginning of a route", dev, gateway.CachePurge{Route: "order"}, ""},
		{"another tenant's", kernel.Scope{Tenant: "rival", Project: "shop", Stage: "dev"}, gateway.CachePurge{Tag: "all"}, ""},
		{"another stage's", kernel.Scope{Tenant: "acme", Project: "shop", Stage: "de"}, gateway.CachePurge{All: true}, ""},
		{"everything", dev, gateway.CachePurge{All: true}, strings.Join(all, ", ")},
		{"everything, softly", dev, gateway.CachePurge{All: true, Soft: true}, strings.Join(all, ", ")},
		{"a tag, softly", dev, gateway.CachePurge{Tag: "b", Soft: true}, "orders /b, orders /b?q=1"},
	}
	ask := func(what string) got {
		route, path, _ := strings.Cut(what, " ")
		return f.get(path, "Host", route+".dev.shop.localhost:80")
	}
	for _, c := range cases {
		for _, what := range all {
			if g := ask(what); g.Header.Get("Cache-Tag") != "" {
				t.Error("the client sees tags")
			}
		}
		f.kind.Purge(context.Background(), c.scope, c.purge)
		var gone []string
		for _, what := range all {
			if !ask(what).hit() {
				gone = append(gone, what)
			}
		}
		if got := strings.Join(gone, ", "); got != c.gone {
			t.Errorf("purge of %s: %q is gone, want %q", c.name, got, c.gone)
		}
	}
}

// TestASoftPurgeLetsStaleAnswersBeUsed while a newer one is fetched, and where the
// service fails; without leave it asks at once.
func TestASoftPurgeLetsStaleAnswersBeUsed(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	f.service.says(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/while":
			tagging("Cache-Control", "stale-while-revalidate=30")(w, r)
		case "/error":
			tagging("Cache-Control", "stale-if-error=30")(w, r)
		default:
			tagging("ETag", `"1"`)(w, r)
		}
	})
	paths := []string{"/while", "/error", "/asked"}
	for _, path := range paths {
		f.get(path)
	}
	f.clock.forward(5 * time.Second)
	if n := f.kind.Purge(context.Background(), dev, gateway.CachePurge{Tag: "all", Soft: true}); n != 3 {
		t.Errorf("%d were purged", n)
	}
	f.service.says(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	want := map[string]string{
		"/while": "terrace; hit; detail=stale-while-revalidate; ttl=0",
		"/error": "terrace; fwd=stale; fwd-status=503; detail=stale-if-error; ttl=0",
		"/asked": "terrace; fwd=stale; fwd-status=503",
	}
	for _, path := range paths {
		if g := f.get(path); g.Header.Get("Cache-Status") != want[path] {
			t.Errorf("%s: %q, want %q", path, g.Header.Get("Cache-Status"), want[path])
		}
	}
}

// TestReplicasPurge has two gateways on one Redis, and one that hears of purges by
// events alone.
func TestReplicasPurge(t *testing.T) {
	t.Parallel()
	r := cachetest.Redis(t)
	a := start(t, `{}`, func(c *tier.RoomConfig) { c.Shared = r.Connect(t) })
	b := start(t, `{}`, func(c *tier.RoomConfig) { c.Shared = r.Connect(t) })
	deaf := start(t, `{}`, nil)
	for _, f := range []*fixture{a, b, deaf} {
		f.service.says(tagging())
	}
	for _, p := range []gateway.CachePurge{{Tag: "x"}, {URL: host + "/x"}, {Host: host}, {Route: "orders"}, {All: true}, {All: true, Soft: true}} {
		a.get("/x")
		b.get("/x")
		deaf.get("/x")
		a.kind.Purge(context.Background(), dev, p)
		deaf.kind.Hear(context.Background(), dev, p)
		cachetest.Until(t, "the other replica to hear of it", func() bool { return !b.get("/x").hit() })
		if deaf.get("/x").hit() {
			t.Errorf("%+v: what was heard of by an event is there", p)
		}
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	f := start(t, `{"bypass": {"paths": ["/past"]}}`, nil)
	if _, err := f.routes.PutRoute(t.Context(), dev, gateway.ToService("idle", "idle.dev.shop.localhost", "", "orders", "")); err != nil {
		t.Fatal(err)
	}
	f.service.says(tagging("Cache-Control", "stale-while-revalidate=30"))
	for _, path := range []string{"/a", "/a", "/a", "/b", "/past"} {
		f.get(path)
	}
	f.clock.forward(70 * time.Second)
	f.get("/a")
	cachetest.Until(t, "the newer answer", func() bool { return f.service.count() == 4 })
	ratio := 0.6
	want := []gateway.CacheUse{{Route: "idle", Policy: "cache"}, {Route: "orders", Policy: "cache", Entries: 2, Hits: 2, Stale: 1, Misses: 2, Bypassed: 1, Ratio: &ratio}}
	got := f.kind.Uses(dev)
	if len(got) == 2 && got[1].Bytes > 500 && got[1].Bytes < 5000 {
		got[1].Bytes = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := f.kind.Uses(kernel.Scope{Tenant: "rival", Project: "shop", Stage: "dev"}); len(got) != 0 {
		t.Errorf("another tenant sees %v", got)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(f.kind)
	text := `
# HELP terrace_gateway_cache_requests_total Requests of routes with a cache, by route and how they were answered: hit, stale, miss or bypass.
# TYPE terrace_gateway_cache_requests_total counter
terrace_gateway_cache_requests_total{how="bypass",route="idle",scope="acme/shop/dev"} 0
terrace_gateway_cache_requests_total{how="bypass",route="orders",scope="acme/shop/dev"} 1
terrace_gateway_cache_requests_total{how="hit",route="idle",scope="acme/shop/dev"} 0
terrace_gateway_cache_requests_total{how="hit",route="orders",scope="acme/shop/dev"} 2
terrace_gateway_cache_requests_total{how="miss",route="idle",scope="acme/shop/dev"} 0
terrace_gateway_cache_requests_total{how="miss",route="orders",scope="acme/shop/dev"} 2
terrace_gateway_cache_requests_total{how="stale",route="idle",scope="acme/shop/dev"} 0
terrace_gateway_cache_requests_total{how="stale",route="orders",scope="acme/shop/dev"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(text)); err != nil {
		t.Error(err)
	}
}
