package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// neighbours are two tenants with an admin each, of whom the tokens are told.
func (a *App) neighbours(t testing.TB) (noisy, quiet string) {
	t.Helper()
	token := func(tenant string) string {
		ctx := kernel.WithActor(t.Context(), kernel.System("test", tenant))
		if err := a.access.tenants.Bootstrap(ctx, tenant, "demo"); err != nil {
			t.Fatal(err)
		}
		scope := kernel.Scope{Tenant: tenant}
		if _, err := a.access.identity.CreateUser(ctx, scope, identity.NewUser{Name: "ada", Password: matrixPassword, Role: identity.Admin}); err != nil {
			t.Fatal(err)
		}
		secret, _, err := a.access.identity.CreateToken(ctx, scope, identity.NewToken{Name: "test", User: "ada"})
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	return token("noisy"), token("quiet")
}

// request sends one request, and returns how it was answered.
func request(ctx context.Context, h http.Handler, token, method, path string, in any) *http.Response {
	body := &bytes.Buffer{}
	if in != nil {
		_ = json.NewEncoder(body).Encode(in) // tests' own values
	}
	r, w := httptest.NewRequestWithContext(ctx, method, path, body), httptest.NewRecorder()
	r.Header.Set("Authorization", "Bearer "+token)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	h.ServeHTTP(w, r)
	return w.Result()
}

// limit sets a quota of a tenant.
func (a *App) limit(t testing.TB, tenant string, limits bound.Limits) {
	t.Helper()
	operator := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	if err := a.access.quotas.Set(operator, kernel.Scope{Tenant: tenant}, quota.Change{Set: limits}); err != nil {
		t.Fatal(err)
	}
}

// Two hundred requests of a tenant at once: what is over its rate is refused, and each of
// the other tenant's is answered.
func TestATenantThatFloodsIsRefusedAndItsNeighbourServed(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	noisy, quiet := a.neighbours(t)
	a.limit(t, "noisy", bound.Limits{bound.Requests: 20})
	h := a.handler()
	var mu sync.Mutex
	statuses := map[int]int{}
	var flood sync.WaitGroup
	for range 200 {
		flood.Go(func() {
			res := request(t.Context(), h, noisy, http.MethodGet, "/api/v1/projects", nil)
			_ = res.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			statuses[res.StatusCode]++
			if res.StatusCode == http.StatusTooManyRequests && (res.Header.Get("Retry-After") == "" || res.Header.Get("RateLimit") == "") {
				t.Errorf("it does not say when to come again: %v", res.Header)
			}
		})
	}
	for range 30 {
		res := request(t.Context(), h, quiet, http.MethodGet, "/api/v1/projects", nil)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Header.Get("RateLimit") != "" {
			t.Errorf("the neighbour: %d %v", res.StatusCode, res.Header)
		}
	}
	flood.Wait()
	if statuses[200] < 20 || statuses[200] > 30 || statuses[200]+statuses[429] != 200 { // one comes back every three seconds
		t.Errorf("%v", statuses)
	}
}

// Whatever a tenant is made to hold to, it is by the doors that everybody uses.
func TestQuotasHoldAtTheDoors(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	noisy, quiet := a.neighbours(t)
	a.limit(t, "noisy", bound.Limits{bound.Projects: 1, bound.Secrets: 1, bound.ServiceAccounts: 1, bound.Tokens: 2})
	h := a.handler()
	for i, tt := range []struct {
		token, method, path string
		in                  any
		want                int
	}{
		{noisy, http.MethodPost, "/api/v1/projects", map[string]any{"name": "second", "costcenter": "cc", "owner": "ada"}, 409},
		{quiet, http.MethodPost, "/api/v1/projects", map[string]any{"name": "second", "costcenter": "cc", "owner": "ada"}, 201},
		{noisy, http.MethodPost, "/api/v1/service-accounts", map[string]any{"name": "ci", "owner": "ada"}, 201},
		{noisy, http.MethodPost, "/api/v1/service-accounts", map[string]any{"name": "cd", "owner": "ada"}, 409},
		{noisy, http.MethodPost, "/api/v1/users/ada/tokens", map[string]any{"name": "two"}, 201},
		{noisy, http.MethodPost, "/api/v1/users/ada/tokens", map[string]any{"name": "three"}, 409},
		{noisy, http.MethodPut, "/api/v1/projects/demo/secrets/one?stage=dev", map[string]any{"value": "x"}, 200},
		{noisy, http.MethodPut, "/api/v1/projects/demo/secrets/one?stage=dev", map[string]any{"value": "y"}, 200},
		{noisy, http.MethodPut, "/api/v1/projects/demo/secrets/two?stage=dev", map[string]any{"value": "x"}, 409},
	} {
		res := request(t.Context(), h, tt.token, tt.method, tt.path, tt.in)
		var p struct{ Detail, Fix string }
		_ = json.NewDecoder(res.Body).Decode(&p)
		_ = res.Body.Close()
		if res.StatusCode != tt.want || tt.want == 409 && (p.Detail == "" || p.Fix == "") {
			t.Errorf("%d: %s %s: %d %+v", i, tt.method, tt.path, res.StatusCode, p)
		}
	}
	a.metersAnHour(t)
	for token, want := range map[string]float64{noisy: 8, quiet: 1} {
		if got := meteredRequests(t, h, token); got != want {
			t.Errorf("a tenant is told that it sent %v requests, want %v", got, want)
		}
	}
}

// metersAnHour closes the hour that it is.
func (a *App) metersAnHour(t *testing.T) {
	t.Helper()
	now := time.Now()
	for _, at := range []time.Time{now, now.Add(time.Hour + 10*time.Minute)} {
		a.access.usage.Clock = func() time.Time { return at }
		if err := a.access.usage.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// meteredRequests is what the tenant of a token is told by an event that it sent in an hour.
func meteredRequests(t *testing.T, h http.Handler, token string) (sent float64) {
	t.Helper()
	res := request(t.Context(), h, token, http.MethodGet, "/api/v1/events?type=dev.terrace.usage.metered&limit=100", nil)
	defer func() { _ = res.Body.Close() }()
	var list struct {
		Items []struct {
			Type string
			Data struct {
				From, To   time.Time
				Quantities map[string]float64
			}
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.StatusCode, err)
	}
	for _, e := range list.Items {
		if e.Type != "dev.terrace.usage.metered.v1" && e.Type != "dev.terrace.usage.metered" || e.Data.To.Sub(e.Data.From) != time.Hour {
			t.Errorf("%+v", e)
		}
		sent += e.Data.Quantities["requests"]
	}
	return sent
}

// A tenant that follows as much as it may is refused the next stream; another one's begin,
// and its own do again once one has ended.
func TestATenantThatFollowsAllLeavesItsNeighbourStreams(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	noisy, quiet := a.neighbours(t)
	a.limit(t, "noisy", bound.Limits{bound.Streams: 2})
	server := httptest.NewServer(a.handler())
	t.Cleanup(server.Close)
	follow := func(token string) (status int, end func()) {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Accept", "text/event-stream")
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, func() { stop(); _ = res.Body.Close() }
	}
	var ends []func()
	for i, tt := range []struct {
		token string
		want  int
	}{{noisy, 200}, {noisy, 200}, {noisy, 429}, {quiet, 200}, {quiet, 200}, {quiet, 200}, {noisy, 429}} {
		status, end := follow(tt.token)
		defer end()
		ends = append(ends, end)
		if status != tt.want {
			t.Errorf("stream %d: %d, want %d", i, status, tt.want)
		}
	}
	ends[0]()
	for deadline := time.Now().Add(time.Minute); ; {
		status, end := follow(noisy)
		defer end()
		if status == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a place is never given back: %d", status)
		}
	}
}

// What a tenant sends is bounded, whatever it says of its length: it is refused before it
// takes the memory of others.
func TestWhatATenantSendsIsBounded(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	noisy, quiet := a.neighbours(t)
	server := httptest.NewServer(a.handler())
	t.Cleanup(server.Close)
	send := func(path string) int {
		t.Helper()
		body := io.LimitReader(endless{}, 1<<30)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL+path, struct{ io.Reader }{body}) // of no known length
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+noisy)
		req.Header.Set("Content-Type", "application/json")
		res, err := server.Client().Do(req)
		if err != nil {
			return http.StatusRequestEntityTooLarge // it was cut off while it sent
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, path := range []string{"/api/v1/projects/demo/secrets/one?stage=dev", "/api/v1/budgets/mine", "/api/v1/quotas"} {
		if status := send(path); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", path, status)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 512<<20 { // tests beside this one allocate, too
		t.Errorf("three bodies of 1 GiB took %d MiB", grown>>20)
	}
	res := request(t.Context(), a.handler(), quiet, http.MethodGet, "/api/v1/projects", nil)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the neighbour: %d", res.StatusCode)
	}
}

// endless is JSON that does not end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// BenchmarkNeighbour measures how long a request of one tenant takes while another one,
// with a limit, sends as many as it can, as a ratio to the same without the flood.
func BenchmarkNeighbour(b *testing.B) {
	a := benchApp(b)
	noisy, quiet := a.neighbours(b)
	a.limit(b, "noisy", bound.Limits{bound.Requests: 600, bound.Burst: 10})
	h := a.handler()
	median := func() time.Duration {
		took := make([]time.Duration, 0, b.N)
		for range b.N {
			begin := time.Now()
			res := request(b.Context(), h, quiet, http.MethodGet, "/api/v1/projects", nil)
			_ = res.Body.Close()
			took = append(took, time.Since(begin))
			if res.StatusCode != http.StatusOK {
				b.Fatal(res.Status)
			}
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	alone := median()
	ctx, stop := context.WithCancel(b.Context())
	var flood sync.WaitGroup
	refused := make([]int, 4)
	for i := range refused {
		flood.Go(func() {
			for ctx.Err() == nil {
				res := request(ctx, h, noisy, http.MethodGet, "/api/v1/projects", nil)
				_ = res.Body.Close()
				if res.StatusCode == http.StatusTooManyRequests {
					refused[i]++
				}
			}
		})
	}
	crowded := median()
	stop()
	flood.Wait()
	b.ReportMetric(float64(crowded)/float64(alone), "x-alone")
	b.ReportMetric(float64(alone.Microseconds()), "us-alone")
	b.ReportMetric(float64(refused[0]+refused[1]+refused[2]+refused[3]), "refused")
}
