package quota

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/ratelimit"
)

// rates are what this process has seen lately.
type rates struct {
	clock    kernel.Clock
	tenants  *ratelimit.Limiter[string]
	callers  *ratelimit.Limiter[string]
	webhooks *ratelimit.Limiter[string]
	// strangers are addresses, those of IPv6 by their network of 64 bits: one
	// subscriber has all of it.
	strangers *ratelimit.Limiter[netip.Prefix]

	mu      sync.Mutex
	streams map[string]int64
}

func newRates(clock kernel.Clock) *rates {
	return &rates{
		clock: clock, tenants: ratelimit.New[string](), callers: ratelimit.New[string](), webhooks: ratelimit.New[string](),
		strangers: ratelimit.New[netip.Prefix](), streams: map[string]int64{},
	}
}

// window is what rates are told by.
const window = time.Minute

// Request takes a request of somebody who is signed in; runs are not bounded, for a state
// that is not written is lost. It implements httpserver.Limits.
func (s *Service) Request(a kernel.Actor) httpserver.Allowance {
	if a.Kind == kernel.ActorRun || a.Kind == kernel.ActorSystem {
		return httpserver.Allowance{}
	}
	now := s.rates.clock.Now()
	var out httpserver.Allowance
	if n, ok := s.ofTenant(a.Tenant, bound.CallerRequests); ok {
		out = allowance("caller", n, n, s.rates.callers.Take(a.ID, ratelimit.PerMinute(n, n), now))
		if !out.OK() {
			out.Err = tooOften(bound.CallerRequests, "each caller of the tenant "+a.Tenant, n, a.Tenant, out.Retry)
			return out
		}
	}
	n, ok := s.ofTenant(a.Tenant, bound.Requests)
	if !ok {
		return out
	}
	burst, given := s.ofTenant(a.Tenant, bound.Burst)
	if !given {
		burst = n
	}
	all := allowance("tenant", n, burst, s.rates.tenants.Take(a.Tenant, ratelimit.PerMinute(n, burst), now))
	if !all.OK() {
		all.Err = tooOften(bound.Requests, "the tenant "+a.Tenant, n, a.Tenant, all.Retry)
		return all
	}
	if out.Policy != "" && out.Remaining < all.Remaining {
		return out
	}
	return all
}

// Stranger takes a request of nobody who is known.
func (s *Service) Stranger(address netip.Addr) httpserver.Allowance {
	n := s.Strangers
	if n < 1 || !address.IsValid() || address.IsLoopback() {
		return httpserver.Allowance{}
	}
	network := ratelimit.NetworkOf(address)
	out := allowance("address", n, n, s.rates.strangers.Take(network, ratelimit.PerMinute(n, n), s.rates.clock.Now()))
	if !out.OK() {
		out.Err = kernel.Errorf(kernel.Limited, "more than %d requests without a sign-in came from %s in a minute", n, network).
			WithFix("sign in, or try again in %s", seconds(out.Retry))
		out.Err.After = out.Retry
	}
	return out
}

// Webhook takes one webhook of a repository of the tenant.
func (s *Service) Webhook(tenant string) error {
	n, ok := s.ofTenant(tenant, bound.Webhooks)
	if !ok {
		return nil
	}
	if v := s.rates.webhooks.Take(tenant, ratelimit.PerMinute(n, n), s.rates.clock.Now()); !v.OK {
		return tooOften(bound.Webhooks, "the tenant "+tenant, n, tenant, v.Retry)
	}
	return nil
}

// Stream takes a place for an answer that goes on. The places of a tenant are those of
// this process.
func (s *Service) Stream(a kernel.Actor) (done func(), err error) {
	n, ok := s.ofTenant(a.Tenant, bound.Streams)
	if !ok || a.Kind == kernel.ActorRun {
		return func() {}, nil
	}
	r := s.rates
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.streams[a.Tenant] >= n {
		e := kernel.Errorf(kernel.Limited, "the quota %s of the tenant %s is %d, and so many answers go on", bound.Streams, a.Tenant, n).
			WithFix("end one, or %s", raiseTenant(bound.Streams, a.Tenant))
		e.After = window / 4
		return nil, e
	}
	r.streams[a.Tenant]++
	return sync.OnceFunc(func() { r.left(a.Tenant) }), nil
}

func (r *rates) left(tenant string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.streams[tenant]--; r.streams[tenant] <= 0 {
		delete(r.streams, tenant)
	}
}

func allowance(policy string, n, burst int64, v ratelimit.Verdict) httpserver.Allowance {
	return httpserver.Allowance{Policy: policy, Limit: n, Window: window, Burst: burst, Remaining: v.Remaining, Reset: v.Reset, Retry: v.Retry}
}

func tooOften(name Name, whose string, n int64, tenant string, retry time.Duration) *kernel.Error {
	e := kernel.Errorf(kernel.Limited, "the quota %s of %s is %d, and more came", name, whose, n).
		WithFix("try again in %s, or %s", seconds(retry), raiseTenant(name, tenant))
	e.After = retry
	return e
}

func raiseTenant(name Name, tenant string) string {
	return fmt.Sprintf("ask an operator of the platform for `terrace quota set %s=N --tenant %s`", name, tenant)
}

// seconds rounds up.
func seconds(d time.Duration) string {
	return ((d + time.Second - 1) / time.Second * time.Second).String()
}
