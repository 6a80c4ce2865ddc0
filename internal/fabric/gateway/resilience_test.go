package gateway_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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

// fleet is one service of several instances; a test may change them while serving.
type fleet struct {
	mu        sync.Mutex
	instances []*instance
}

// instance counts what it is asked.
type instance struct {
	server *httptest.Server
	asked  atomic.Int64
}

func (f *fleet) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return "", "", false
}

func (f *fleet) Endpoints(to []wire.Endpoint, _ kernel.Scope, _, _ string) []wire.Endpoint {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.instances {
		to = append(to, wire.Endpoint{Addr: i.server.Listener.Addr().String()})
	}
	return to
}

func (f *fleet) add(t *testing.T, h http.HandlerFunc) *instance {
	t.Helper()
	i := &instance{}
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			i.asked.Add(1)
		}
		h(w, r)
	}))
	t.Cleanup(i.server.Close)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances = append(f.instances, i)
	return i
}

func (f *fleet) remove(i *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instances = slices.DeleteFunc(f.instances, func(other *instance) bool { return other == i })
}

// startFleet serves one route to a fleet; change may say how.
func startFleet(t *testing.T, change func(*gateway.Rule)) (*fixture, *fleet) {
	t.Helper()
	fl := &fleet{}
	f := start(t, func(c *proxy.Config) { c.Upstreams = fl })
	r := gateway.ToService("orders", host, "", "orders", "")
	if change != nil {
		change(&r.Rules[0])
	}
	put(t, f.routes, dev, r)
	return f, fl
}

// breaks reads a request and breaks the connection.
func breaks(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (f *fixture) send(t *testing.T, method string, body io.Reader, headers ...string) (status int, answer string, h http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, f.url(host, "/"), body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content), resp.Header
}

func TestABusyInstanceGetsLess(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, nil)
	release := make(chan struct{})
	came := make(chan struct{}, 60)
	busy := fl.add(t, func(http.ResponseWriter, *http.Request) { came <- struct{}{}; <-release })
	fl.add(t, says("ok"))
	var wg sync.WaitGroup
	for range 60 { // one after the other, unless the busy one has it
		answered := make(chan struct{})
		wg.Go(func() {
			defer close(answered)
			f.send(t, http.MethodGet, nil)
		})
		select {
		case <-answered:
		case <-came:
		}
	}
	close(release)
	wg.Wait()
	if n := busy.asked.Load(); n != 1 {
		t.Fatalf("the busy instance had %d of 60 requests", n)
	}
}

func TestAsksAgainWhatMayBeSentTwice(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason, method, body string
		bad                  http.HandlerFunc
		retry                *gateway.Retry
		fails                bool
	}{
		{"a read", http.MethodGet, "", breaks, nil, false},
		{"a write that replaces", http.MethodPut, "body", breaks, nil, false},
		{"a write that was seen", http.MethodPost, "body", breaks, nil, true},
		{"a body that is not kept", http.MethodPut, strings.Repeat("x", 70<<10), breaks, nil, true},
		{"no attempts", http.MethodGet, "", breaks, &gateway.Retry{}, true},
		{"a status without codes", http.MethodGet, "", status(503), nil, true},
		{"a status", http.MethodGet, "", status(503), &gateway.Retry{Attempts: 2, Codes: []int{503}}, false},
		{"another status", http.MethodGet, "", status(500), &gateway.Retry{Attempts: 2, Codes: []int{503}}, true},
		{"a status after a write", http.MethodPost, "body", status(503), &gateway.Retry{Attempts: 2, Codes: []int{503}}, true},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			f, fl := startFleet(t, func(r *gateway.Rule) { r.Retry = c.retry })
			bad := fl.add(t, c.bad)
			fl.add(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				_, _ = w.Write(body)
			})
			failed := 0
			for n := 0; bad.asked.Load() == 0 && n < 100; n++ { // until the bad one was asked
				code, answer, _ := f.send(t, c.method, strings.NewReader(c.body))
				if code != http.StatusOK {
					failed++
				} else if answer != c.body {
					t.Fatalf("the service got %d bytes, of %d", len(answer), len(c.body))
				}
			}
			if (failed > 0) != c.fails {
				t.Fatalf("%d failed", failed)
			}
		})
	}
}

func TestRetriesHaveABudget(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Retry = &gateway.Retry{Attempts: 3, Codes: []int{503}, Backoff: kernel.Duration(time.Millisecond), BudgetPercent: 10}
	})
	bad := fl.add(t, status(503))
	for range 100 {
		if code, _, _ := f.send(t, http.MethodGet, nil); code != 503 {
			t.Fatalf("status %d", code)
		}
	}
	if n := bad.asked.Load(); n < 115 || n > 121 { // a reserve of ten, and a tenth of a hundred
		t.Fatalf("100 requests became %d", n)
	}
}

func TestWhoFailsIsLeftOut(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Retry = &gateway.Retry{}
		r.Backends[0].Outliers = &wire.Outliers{ConsecutiveErrors: 3, BaseEjection: kernel.Duration(time.Minute)}
	})
	bad := fl.add(t, breaks)
	good := fl.add(t, says("ok"))
	failed := 0
	for range 200 {
		if code, _, _ := f.send(t, http.MethodGet, nil); code != http.StatusOK {
			failed++
		}
	}
	if failed != 3 || bad.asked.Load() != 3 || good.asked.Load() != 197 {
		t.Errorf("%d failed; the bad one was asked %d times, the good one %d", failed, bad.asked.Load(), good.asked.Load())
	}
	good.server.Config.Handler = http.HandlerFunc(breaks)
	for range 10 {
		if code, _, _ := f.send(t, http.MethodGet, nil); code != http.StatusBadGateway {
			t.Fatalf("status %d: more than half are left out", code)
		}
	}
}

func TestErrorRateLeavesOut(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Backends[0].Outliers = &wire.Outliers{ErrorPercent: 50, MinRequests: 10, BaseEjection: kernel.Duration(time.Minute)}
	})
	bad := fl.add(t, status(500))
	fl.add(t, says("ok"))
	for range 100 {
		f.send(t, http.MethodGet, nil)
	}
	if n := bad.asked.Load(); n != 10 {
		t.Fatalf("the bad one was asked %d times", n)
	}
}

func TestHealthChecks(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Backends[0].Health = &wire.HealthCheck{
			Path: "/healthz", Interval: kernel.Duration(100 * time.Millisecond), Healthy: 1, Unhealthy: 2,
		}
	})
	var ill [2]atomic.Bool
	for i := range 2 {
		fl.add(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" && ill[i].Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = fmt.Fprint(w, i)
		})
	}
	// answers waits until a run of requests is answered by these alone.
	answers := func(want ...string) {
		t.Helper()
		filtertest.Until(t, "answers by "+strings.Join(want, " and "), func() bool {
			seen := map[string]bool{}
			for range 20 {
				code, answer, _ := f.send(t, http.MethodGet, nil)
				if code != http.StatusOK {
					answer = fmt.Sprint(code)
				}
				seen[answer] = true
			}
			return len(seen) == len(want) && !slices.ContainsFunc(want, func(w string) bool { return !seen[w] })
		})
	}
	answers("0", "1")
	ill[0].Store(true)
	answers("1")
	ill[1].Store(true)
	answers("503")
	ill[0].Store(false)
	answers("0")
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Backends[0].Breaker = &wire.Breaker{ErrorPercent: 50, MinRequests: 5, OpenFor: kernel.Duration(300 * time.Millisecond)}
	})
	var well atomic.Bool
	i := fl.add(t, func(w http.ResponseWriter, _ *http.Request) {
		if !well.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	refused := 0
	for range 20 {
		if code, _, h := f.send(t, http.MethodGet, nil); code == http.StatusServiceUnavailable && h.Get("Retry-After") != "" {
			refused++
		}
	}
	if i.asked.Load() < 5 || refused == 0 || int(i.asked.Load())+refused != 20 {
		t.Fatalf("asked %d times, refused %d", i.asked.Load(), refused)
	}
	well.Store(true)
	filtertest.Until(t, "the breaker half open, then closed", func() bool {
		code, _, _ := f.send(t, http.MethodGet, nil)
		return code == http.StatusOK
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) { r.Backends[0].Limits = &wire.Limits{MaxConnections: 1, MaxPending: 1} })
	release := make(chan struct{})
	i := fl.add(t, func(http.ResponseWriter, *http.Request) { <-release })
	codes := make(chan int, 10)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			code, _, _ := f.send(t, http.MethodGet, nil)
			codes <- code
		})
	}
	for range 8 {
		if code := <-codes; code != http.StatusServiceUnavailable {
			t.Errorf("status %d beyond the limits", code)
		}
	}
	if n := i.asked.Load(); n > 1 {
		t.Errorf("%d requests at once", n)
	}
	close(release)
	wg.Wait()
	for range 2 {
		if code := <-codes; code != http.StatusOK {
			t.Errorf("status %d within the limits", code)
		}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Session = &gateway.Session{CookieName: "stay", Lifetime: kernel.Duration(time.Hour)}
	})
	name := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, "%d%s", n, r.Header.Get("Cookie")) }
	}
	for n := range 3 {
		fl.add(t, name(n))
	}
	_, first, h := f.send(t, http.MethodGet, nil)
	cookie, attributes, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	if attributes != " Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure" {
		t.Errorf("attributes %s", attributes)
	}
	stays := func(when string) {
		t.Helper()
		for range 20 {
			_, answer, h := f.send(t, http.MethodGet, nil, "Cookie", "a=b; "+cookie)
			if answer != first+"a=b" || h.Get("Set-Cookie") != "" {
				t.Fatalf("%s: %s, want %s; %s", when, answer, first, h.Get("Set-Cookie"))
			}
		}
	}
	stays("at first")
	for n := range 3 {
		fl.add(t, name(n+3))
	}
	stays("with more instances")
	at := int(first[0] - '0')
	fl.remove(fl.instances[(at+1)%3])
	stays("with fewer instances")
	for _, i := range fl.instances {
		if i.server.URL != "" && strings.Contains(cookie, strings.TrimPrefix(i.server.URL, "http://")) {
			t.Error("the cookie tells an address")
		}
	}
	for _, forged := range []string{"stay=x", "stay=" + strings.Repeat("A", 28)} {
		if code, _, h := f.send(t, http.MethodGet, nil, "Cookie", forged); code != http.StatusOK || h.Get("Set-Cookie") == "" {
			t.Errorf("%s: %d, no new cookie", forged, code)
		}
	}
}

// TestSessionsKeepTheirBackend splits clients by weight: each stays on its side,
// until that side gets nothing any more.
func TestSessionsKeepTheirBackend(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "blue", "", says("blue"))
	f.upstreams.start(t, "green", "", says("green"))
	route := func(blue, green int) gateway.Route {
		r := gateway.ToService("orders", host, "", "", "")
		r.Rules[0].Backends = []gateway.Backend{{Service: "blue", Weight: &blue}, {Service: "green", Weight: &green}}
		r.Rules[0].Session = &gateway.Session{CookieName: "stay"}
		return r
	}
	put(t, f.routes, dev, route(1, 1))
	cookies := map[string]string{}
	for try := 0; len(cookies) < 2 && try < 1000; try++ {
		_, answer, h := f.send(t, http.MethodGet, nil)
		cookies[answer], _, _ = strings.Cut(h.Get("Set-Cookie"), ";")
	}
	put(t, f.routes, dev, route(1, 99))
	for want, cookie := range cookies {
		for range 20 {
			if _, answer, _ := f.send(t, http.MethodGet, nil, "Cookie", cookie); answer != want {
				t.Fatalf("%s went to %s", want, answer)
			}
		}
	}
	put(t, f.routes, dev, route(0, 1))
	if _, answer, h := f.send(t, http.MethodGet, nil, "Cookie", cookies["blue"]); answer != "green" || h.Get("Set-Cookie") == "" {
		t.Fatalf("a weight of 0 gets a session: %s", answer)
	}
}

func TestAnAnswerTakesNoLongerThanItsRuleSays(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Timeouts = gateway.Timeouts{Backend: kernel.Duration(100 * time.Millisecond), Request: kernel.Duration(time.Minute)}
		r.Retry = &gateway.Retry{Attempts: 3}
	})
	slow := fl.add(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	fl.add(t, says("ok"))
	for slow.asked.Load() == 0 {
		if code, answer, _ := f.send(t, http.MethodGet, nil); code != http.StatusOK || answer != "ok" {
			t.Fatalf("%d %s: what hangs is not asked again", code, answer)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	second := kernel.Duration(time.Second)
	cases := []struct {
		path   string
		change func(*gateway.Rule)
	}{
		{"protocol", func(r *gateway.Rule) { r.Backends[0].Protocol = "gopher" }},
		{"tls", func(r *gateway.Rule) { r.Backends[0].TLS = &wire.TLS{} }},
		{"tls.ca", func(r *gateway.Rule) { r.Backends[0].Protocol, r.Backends[0].TLS = "https", &wire.TLS{CA: "none"} }},
		{"tls.serverName", func(r *gateway.Rule) { r.Backends[0].Protocol, r.Backends[0].TLS = "h2", &wire.TLS{ServerName: "a b"} }},
		{"healthCheck.path", func(r *gateway.Rule) { r.Backends[0].Health = &wire.HealthCheck{} }},
		{"healthCheck.interval", func(r *gateway.Rule) { r.Backends[0].Health = &wire.HealthCheck{Path: "/", Interval: 1} }},
		{"outliers.errorPercent", func(r *gateway.Rule) { r.Backends[0].Outliers = &wire.Outliers{ErrorPercent: 101} }},
		{"outliers.maxEjection", func(r *gateway.Rule) {
			r.Backends[0].Outliers = &wire.Outliers{BaseEjection: 2 * second, MaxEjection: second}
		}},
		{"breaker.errorPercent", func(r *gateway.Rule) { r.Backends[0].Breaker = &wire.Breaker{} }},
		{"limits.maxRequests", func(r *gateway.Rule) { r.Backends[0].Limits = &wire.Limits{MaxRequests: -1} }},
		{"limits.maxPending", func(r *gateway.Rule) { r.Backends[0].Limits = &wire.Limits{MaxPending: 1} }},
		{"slowStart", func(r *gateway.Rule) { r.Backends[0].SlowStart = -1 }},
		{"retry.codes[0]", func(r *gateway.Rule) { r.Retry = &gateway.Retry{Codes: []int{404}} }},
		{"retry.attempts", func(r *gateway.Rule) { r.Retry = &gateway.Retry{Attempts: 11} }},
		{"session.cookieName", func(r *gateway.Rule) { r.Session = &gateway.Session{CookieName: "a b"} }},
		{"session.lifetime", func(r *gateway.Rule) { r.Session = &gateway.Session{CookieName: "a", Lifetime: 1} }},
	}
	for _, c := range cases {
		r := gateway.ToService("orders", host, "", "orders", "")
		c.change(&r.Rules[0])
		_, err := r.Normalize()
		var invalid *kernel.Error
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		problems := invalid.Problems
		if len(problems) != 1 || !strings.HasSuffix(problems[0].Path, c.path) {
			t.Errorf("%s: %v", c.path, problems)
		}
	}
	r := gateway.ToService("orders", host, "", "orders", "")
	r.Rules[0].Backends[0].Settings = wire.Settings{
		Protocol: "grpc", TLS: &wire.TLS{ServerName: "orders.localhost", ClientCertificate: true},
		Health: &wire.HealthCheck{Path: "/healthz"}, Outliers: &wire.Outliers{}, Breaker: &wire.Breaker{ErrorPercent: 50},
		Limits: &wire.Limits{MaxRequests: 1, MaxPending: 1}, SlowStart: second,
	}
	if _, err := r.Normalize(); err != nil {
		t.Error(err)
	}
}
