package filtertest_test

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cors"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// anybody is an Authorizer.
type anybody struct{}

func (anybody) Authorize(context.Context, string, kernel.Scope) error { return nil }

// TestFiltersOnAHostOfATenantsDomain are as on one of the zone, and keep the two apart.
func TestFiltersOnAHostOfATenantsDomain(t *testing.T) {
	t.Parallel()
	const own = "api.example.com"
	kept := cache.NewKind(cache.Config{})
	t.Cleanup(kept.Close)
	var made atomic.Int64
	g := filtertest.StartWith(t, filtertest.Options{Own: []string{own, "*.eu.example.com"}}, func(w http.ResponseWriter, r *http.Request) {
		made.Add(1)
		w.Header().Set("Cache-Control", "max-age=3600")
		_, _ = io.WriteString(w, r.Host)
	}, cors.New(), kept)
	g.Routes.Cache, g.Routes.Authorizer = kept, anybody{}
	g.Policy(t, cors.KindName, `{"origins": ["https://app.example.com", "https://*.shop.example.com"], "credentials": true}`)
	g.Policy(t, cache.KindName, `{}`)
	client := g.NewClient()
	ask := func(host, path, origin string) (allowed string, anew bool) {
		t.Helper()
		before := made.Load()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.URLOf(host, path), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s%s: %d", host, path, resp.StatusCode)
		}
		return resp.Header.Get("Access-Control-Allow-Origin"), made.Load() > before
	}
	for origin, wanted := range map[string]string{"https://app.example.com": "https://app.example.com", "https://eu.shop.example.com": "https://eu.shop.example.com", "https://evil.example": ""} {
		if got, _ := ask(own, "/cors", origin); got != wanted {
			t.Errorf("%s: %q", origin, got)
		}
	}
	const origin = "https://app.example.com"
	hosts := []string{own, "x.eu.example.com", "y.eu.example.com", filtertest.Host}
	fill := func() {
		for _, host := range hosts {
			ask(host, "/a", origin)
			if _, anew := ask(host, "/a", origin); anew {
				t.Fatalf("%s is not kept", host)
			}
		}
	}
	for what, c := range map[string]struct {
		purge   gateway.CachePurge
		dropped string
	}{
		"a URL":                {gateway.CachePurge{URL: "https://API.example.com/a"}, own},
		"a host":               {gateway.CachePurge{Host: "API.example.com"}, own},
		"a host of a wildcard": {gateway.CachePurge{Host: "x.eu.example.com"}, "x.eu.example.com"},
		"a URL of a wildcard":  {gateway.CachePurge{URL: "y.eu.example.com/*"}, "y.eu.example.com"},
	} {
		fill()
		if n, err := g.Routes.PurgeCache(t.Context(), filtertest.Scope(), c.purge); err != nil || n == 0 {
			t.Errorf("%s drops %d, %v", what, n, err)
		}
		for _, host := range hosts {
			if _, anew := ask(host, "/a", origin); anew != (host == c.dropped) {
				t.Errorf("%s: of %s it is dropped: %v", what, host, anew)
			}
		}
	}
	x, err := g.Routes.Explain(t.Context(), filtertest.Scope(), gateway.Question{URL: "https://x.eu.example.com/a"})
	if err != nil || x.Match == nil || x.Match.Host != "*.eu.example.com" || len(x.Policies) != 2 || !x.Policies[0].Holds {
		t.Errorf("%+v, %v", x, err)
	}
}
