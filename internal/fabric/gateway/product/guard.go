package product

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// by names who refuses calls beyond a quota.
const by = "Product"

// limit makes the filter of a plan's rate limits, nil where it has none. Use tells filters
// apart that do not count together.
func (s *Service) limit(ctx context.Context, p Product, plan Plan, use string) (exchange.Filter, error) {
	if len(plan.RateLimits) == 0 {
		return nil, nil //nolint:nilnil // it has none
	}
	if s.Limits == nil {
		return nil, kernel.Errorf(kernel.Refused, "this gateway counts no rate limits of plans")
	}
	return s.Limits.Compile(ctx, gateway.Policy{
		Scope: p.Scope, Name: "product/" + p.Name + "/" + plan.Name + use, Kind: limit.KindName, Spec: plan.limits(),
	}, gateway.Attachment{})
}

// stand returns what stands between a subscription's calls and the service: rate limits,
// then quotas, so that a call that comes too early uses nothing up.
func (s *Service) stand(l *live, limits exchange.Filter) exchange.Filter {
	g := &guard{s: s, l: l, meter: s.meters.of(l.Subscription), shared: s.Shared != nil && l.hard()}
	for i := range l.quotas {
		if i > 0 {
			g.policy += ", "
		}
		g.policy += l.quotas[i].item()
	}
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) {
			var told state
			if limits == nil {
				told = g.pass(x, next)
			} else {
				limits(func(x *exchange.Exchange) { told = g.pass(x, next) })(x)
			}
			if told.tight != nil {
				g.tell(x, &told)
			}
		}
	}
}

// hard tells that a quota refuses.
func (l *live) hard() bool {
	for i := range l.quotas {
		if !l.quotas[i].Soft {
			return true
		}
	}
	return false
}

// guard counts the calls of one subscription.
type guard struct {
	s      *Service
	l      *live
	meter  *meter
	shared bool
	// policy is what RateLimit-Policy says.
	policy string
}

// pass hands a call on, unless a quota is used up.
func (g *guard) pass(x *exchange.Exchange, next exchange.Handler) state {
	now := g.s.Clock.Now()
	told := g.take(x, now)
	if told.refused != nil {
		g.refuse(x, &told)
		return told
	}
	x.OnDone(func() {
		if n := x.Body.Received() + x.Sent(); n > 0 {
			g.meter.transferred(g.s.Clock.Now(), n)
		}
	})
	next(x)
	if x.Facts.By == limit.KindName && x.Response.StatusCode() == http.StatusTooManyRequests {
		g.giveBack(x, now)
		if told.tight != nil && told.tight.Bytes == 0 {
			told.left++
		}
	}
	return told
}

// giveBack has a call use nothing up that a rate limit behind the quotas has refused: who
// calls has to be known before either, and a route's limits may go by what is found out later.
func (g *guard) giveBack(x *exchange.Exchange, taken time.Time) {
	g.meter.giveBack(taken, g.s.Clock.Now())
	if !g.shared || !g.s.Shared.Ready() {
		return
	}
	var claims []Claim
	for i := range g.l.quotas {
		if q := &g.l.quotas[i]; q.Bytes == 0 {
			from, until := q.Per.Bounds(taken)
			claims = append(claims, Claim{Key: q.key(g.meter.id, from.Unix()), Until: until, Cost: -1})
		}
	}
	if len(claims) > 0 {
		_, _, _ = g.s.Shared.Take(context.WithoutCancel(x.Context()), claims) // what Redis does not hear is used up there
	}
}

// take asks this process, which knows what is used up already, then the others.
func (g *guard) take(x *exchange.Exchange, now time.Time) state {
	if !g.shared || !g.s.Shared.Ready() {
		return g.meter.take(now, g.l.quotas)
	}
	claims, late, told := g.meter.claims(now, g.l.quotas)
	if told.refused != nil {
		return told
	}
	used, refused, ok := g.s.Shared.Take(x.Context(), claims)
	if !ok {
		return g.meter.failed(now, g.l.quotas, late)
	}
	return g.meter.settle(now, g.l.quotas, claims, late, used, refused)
}

// refuse answers as rate limits do: with 429, which clients take for what it is, and with
// when to come again.
func (g *guard) refuse(x *exchange.Exchange, s *state) {
	q := s.refused
	limit, _ := q.of(count{})
	unit := "calls"
	if q.Bytes > 0 {
		unit = "bytes"
	}
	x.Refuse(by, http.StatusTooManyRequests, "Quota exhausted",
		"The "+strconv.FormatInt(limit, 10)+" "+unit+" per "+string(q.Per)+" of the plan "+g.l.Plan+" of "+g.l.Product+" are used up.",
		"try again after "+time.Unix(s.until, 0).UTC().Format(time.RFC3339)+", or subscribe to a larger plan")
	x.Response.Header.Set("Retry-After", strconv.FormatInt(max(1, s.until-s.now), 10))
}

// tell says what is left of the quota that has the least, beside what rate limits say
// (draft-ietf-httpapi-ratelimit-headers).
func (g *guard) tell(x *exchange.Exchange, s *state) {
	var buffer [128]byte
	h := &x.Response.Header
	b := buffer[:0]
	if before := h.Peek("RateLimit"); len(before) > 0 {
		b = append(append(b, before...), ", "...)
	}
	b = append(append(append(b, '"'), s.tight.label()...), `";r=`...)
	b = strconv.AppendInt(b, s.left, 10)
	b = strconv.AppendInt(append(b, ";t="...), max(0, s.until-s.now), 10)
	h.SetBytesV("RateLimit", b)
	if before := h.Peek("RateLimit-Policy"); len(before) > 0 {
		h.Set("RateLimit-Policy", string(before)+", "+g.policy)
		return
	}
	h.Set("RateLimit-Policy", g.policy)
}

// label names a quota in headers and events, such as calls-per-day.
func (q *Quota) label() string {
	bytes := q.Bytes > 0
	switch {
	case q.Per == Hour && bytes:
		return "bytes-per-hour"
	case q.Per == Hour:
		return "calls-per-hour"
	case q.Per == Day && bytes:
		return "bytes-per-day"
	case q.Per == Day:
		return "calls-per-day"
	case q.Per == Week && bytes:
		return "bytes-per-week"
	case q.Per == Week:
		return "calls-per-week"
	case bytes:
		return "bytes-per-month"
	}
	return "calls-per-month"
}

// item is the quota in RateLimit-Policy; a month has no length of its own, and says 31 days.
func (q *Quota) item() string {
	limit, _ := q.of(count{})
	seconds := map[Period]int64{Hour: 3600, Day: 86400, Week: 604800, Month: 31 * 86400}[q.Per]
	out := `"` + q.label() + `";q=` + strconv.FormatInt(limit, 10) + ";w=" + strconv.FormatInt(seconds, 10)
	if q.Bytes > 0 {
		out += `;qu="content-bytes"`
	}
	return out
}

// key names a quota's count to other replicas: all of a subscription lie in one slot of a
// cluster.
func (q *Quota) key(subscription string, from int64) string {
	return "terrace:quota:{" + subscription + "}:" + q.label() + ":" + strconv.FormatInt(from, 10)
}
