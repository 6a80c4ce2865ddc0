package quota_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func person(tenant, name string) kernel.Actor {
	return kernel.Actor{ID: "usr_" + tenant + name, Name: name, Kind: kernel.ActorUser, Tenant: tenant}
}

// still is a clock that stands.
func still() time.Time { return time.Unix(1_000_000, 0) }

func TestATenantThatFloodsTakesNothingFromOthers(t *testing.T) {
	t.Parallel()
	s := quota.New(quota.Config{Clock: still, Defaults: bound.Limits{bound.Requests: 100, bound.CallerRequests: 60, bound.Burst: 80, bound.Webhooks: 2, bound.Streams: 1}})
	passed := map[string]int{}
	for range 1000 {
		for _, who := range []string{"a", "b"} {
			if a := s.Request(person("noisy", who)); a.OK() {
				passed[who]++
			} else if a.Err == nil || a.Err.Kind != kernel.Limited || a.Err.After <= 0 || !strings.Contains(a.Err.Fix, "terrace quota set") {
				t.Fatalf("%+v", a)
			}
		}
	}
	if passed["a"] > 60 || passed["a"]+passed["b"] != 80 {
		t.Errorf("%v passed", passed)
	}
	if a := s.Request(person("quiet", "c")); !a.OK() || a.Policy != "caller" || a.Remaining != 59 {
		t.Errorf("%+v", a)
	}
	if a := s.Request(kernel.Actor{ID: "run_1", Kind: kernel.ActorRun, Tenant: "noisy"}); !a.OK() {
		t.Errorf("a run cannot write its state: %+v", a)
	}
	for i, want := range []kernel.Kind{"", "", kernel.Limited} {
		if err := s.Webhook("noisy"); kernel.KindOf(err) != want {
			t.Errorf("webhook %d: %v", i, err)
		}
	}
	if err := s.Webhook("quiet"); err != nil {
		t.Error(err)
	}
	done, err := s.Stream(person("noisy", "a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stream(person("noisy", "b")); !kernel.Is(err, kernel.Limited) {
		t.Errorf("a stream too many: %v", err)
	}
	if _, err := s.Stream(person("quiet", "c")); err != nil {
		t.Error(err)
	}
	done()
	done()
	if _, err := s.Stream(person("noisy", "b")); err != nil {
		t.Error(err)
	}
	if _, err := s.Stream(person("noisy", "b")); err == nil {
		t.Error("an end that was told twice gave two places back")
	}
}

func TestStrangersAreBoundedByAddress(t *testing.T) {
	t.Parallel()
	s := quota.New(quota.Config{Clock: still, Strangers: 2})
	for _, tt := range []struct {
		address string
		ok      bool
	}{
		{"192.0.2.1", true},
		{"192.0.2.1", true},
		{"192.0.2.1", false},
		{"::ffff:192.0.2.1", false},
		{"192.0.2.2", true},
		{"2001:db8::1", true},
		{"2001:db8::2", true},
		{"2001:db8::3", false},
		{"2001:db8:0:1::1", true},
		{"127.0.0.1", true},
		{"127.0.0.1", true},
		{"127.0.0.1", true},
	} {
		if a := s.Stranger(netip.MustParseAddr(tt.address)); a.OK() != tt.ok {
			t.Errorf("%s: %+v", tt.address, a)
		}
	}
}

// TestOverHTTP: what is refused says when to come again, and what is left is told.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	s := quota.New(quota.Config{Clock: still, Strangers: 1, Defaults: bound.Limits{bound.Requests: 2}})
	serve := func(who httpserver.Authenticator, address string, header http.Header) *http.Response {
		router := httpserver.NewRouter(httpserver.Options{Authenticator: who, Limits: s, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
		router.Get("/x", func(http.ResponseWriter, *http.Request) {})
		router.Get("/healthz", func(http.ResponseWriter, *http.Request) {})
		path := "/x"
		if header.Get("Probe") != "" {
			path = "/healthz"
		}
		r, w := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil), httptest.NewRecorder()
		r.RemoteAddr, r.Header = address+":4000", header
		router.ServeHTTP(w, r)
		return w.Result()
	}
	signed := http.Header{"Authorization": {"Bearer x"}}
	for i, want := range []string{`200 "tenant";r=1;t=30 `, `200 "tenant";r=0;t=60 `, `429 "tenant";r=0;t=60 30`} {
		res := serve(httpserver.As(person("acme", "ada")), "192.0.2.9", signed)
		_ = res.Body.Close()
		if got := fmt.Sprint(res.StatusCode, " ", res.Header.Get("RateLimit"), " ", res.Header.Get("Retry-After")); got != want || res.Header.Get("RateLimit-Policy") != `"tenant";q=2;w=60` {
			t.Errorf("%d: %s, want %s; policy %s", i, got, want, res.Header.Get("RateLimit-Policy"))
		}
	}
	for name, tt := range map[string]struct {
		address string
		header  http.Header
		second  int
	}{
		"nobody":                {"192.0.2.1", http.Header{}, 429},
		"a token for nobody":    {"192.0.2.2", http.Header{"Authorization": {"Bearer wrong"}}, 429},
		"behind a proxy":        {"10.0.0.1", http.Header{"X-Forwarded-For": {"198.51.100.1, 192.0.2.3, 10.1.1.1"}}, 429},
		"who says it is behind": {"192.0.2.4", http.Header{"X-Forwarded-For": {"198.51.100.2"}}, 429},
		"a probe":               {"192.0.2.5", http.Header{"Probe": {"yes"}}, 200},
	} {
		var last *http.Response
		for range 2 {
			last = serve(nobody{}, tt.address, tt.header)
			_ = last.Body.Close()
		}
		if last.StatusCode != tt.second {
			t.Errorf("%s: %d", name, last.StatusCode)
		}
	}
	for address, ok := range map[string]bool{"192.0.2.3": false, "198.51.100.1": true, "192.0.2.4": false, "198.51.100.2": true} {
		if a := s.Stranger(netip.MustParseAddr(address)); a.OK() != ok {
			t.Errorf("%s: %+v", address, a)
		}
	}
}

// nobody knows no token.
type nobody struct{}

func (nobody) Authenticate(context.Context, string) (kernel.Actor, error) {
	return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "nobody has this token")
}

func BenchmarkRequest(b *testing.B) {
	s := quota.New(quota.Config{Defaults: bound.Limits{bound.Requests: 1 << 40, bound.CallerRequests: 1 << 40}})
	people := make([]kernel.Actor, 10_000)
	for i := range people {
		people[i] = person(fmt.Sprint("t", i%50), fmt.Sprint(i))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if a := s.Request(people[i%len(people)]); !a.OK() {
			b.Fatal(a.Err)
		}
	}
}
