// Package shed is the kind ConcurrencyPolicy: how large a request may be, how
// many may be under way at once, and what is turned away while a service has
// more to do than it can.
//
// It owns the bounds of one route at one moment. How much may come in a time is
// the affair of limits.
package shed

import (
	"context"
	"hash/maphash"
	"net/http"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/kept"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// KindName is the kind's name.
const KindName = "ConcurrencyPolicy"

// document is the spec of a ConcurrencyPolicy.
type document struct {
	// MaxTargetBytes bounds path and query, MaxHeadBytes all headers together,
	// MaxBodyBytes the body; 0 is the gateway's own bound.
	MaxTargetBytes int64 `json:"maxTargetBytes,omitempty"`
	MaxHeadBytes   int64 `json:"maxHeadBytes,omitempty"`
	MaxBodyBytes   int64 `json:"maxBodyBytes,omitempty"`
	// Route bounds what is under way on the route, until answers have been sent.
	Route *routeDocument `json:"route,omitempty"`
	// Caller bounds what is under way of each caller.
	Caller *callerDocument `json:"caller,omitempty"`
	// Adaptive finds the bound by how long the service takes.
	Adaptive *adaptiveDocument `json:"adaptive,omitempty"`
	// RetryAfter is what clients are told that are turned away.
	RetryAfter kernel.Duration `json:"retryAfter,omitempty"`
}

type routeDocument struct {
	Limit int64           `json:"limit"`
	Queue int64           `json:"queue,omitempty"`
	Wait  kernel.Duration `json:"wait,omitempty"`
}

type callerDocument struct {
	Limit int64 `json:"limit"`
	// Header names callers; without one they are told by their address.
	Header string `json:"header,omitempty"`
}

type adaptiveDocument struct {
	Min     int64           `json:"min,omitempty"`
	Max     int64           `json:"max,omitempty"`
	Initial int64           `json:"initial,omitempty"`
	Queue   int64           `json:"queue,omitempty"`
	Wait    kernel.Duration `json:"wait,omitempty"`
}

// Bounds of a spec.
const (
	most    = 1 << 20
	maxWait = time.Minute
	maxBody = 1 << 40
)

// Kind is the kind ConcurrencyPolicy.
type Kind struct {
	seed maphash.Seed
	// routes are what is under way, by route and policy.
	routes kept.Map[owner, under]
}

type owner struct {
	scope, route kernel.Scope
	policy, name string
}

// under is what is under way on one route.
type under struct {
	gate     gate
	callers  callers
	adaptive adaptive
}

// New returns the kind.
func New() *Kind { return &Kind{seed: maphash.MakeSeed()} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (k *Kind) Compile(_ context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error) {
	d := document{RetryAfter: kernel.Duration(time.Second)}
	r := spec.Read(p.Spec, &d)
	d.check(r)
	if err := r.Err(KindName, p.Name); err != nil {
		return nil, err
	}
	f := &filter{document: d, kind: k, after: strconv.Itoa(int((time.Duration(d.RetryAfter) + time.Second - 1) / time.Second))}
	f.under = k.routes.Get(owner{p.Scope, at.Scope, p.Name, at.Route}, func() *under { return &under{} })
	if d.Adaptive != nil {
		f.limiter = f.under.adaptive.of(*d.Adaptive)
	}
	return f.filter, nil
}

func (d *document) check(r *spec.Reader) {
	if d.MaxTargetBytes == 0 && d.MaxHeadBytes == 0 && d.MaxBodyBytes == 0 && d.Route == nil && d.Caller == nil && d.Adaptive == nil {
		r.Add("", "give route, caller, adaptive or one of the sizes", "the policy says nothing")
	}
	r.Int("maxTargetBytes", d.MaxTargetBytes, 0, 64<<10)
	r.Int("maxHeadBytes", d.MaxHeadBytes, 0, 64<<10)
	r.Int("maxBodyBytes", d.MaxBodyBytes, 0, maxBody)
	if after := time.Duration(d.RetryAfter); after < 0 || after > time.Hour {
		r.Add("retryAfter", "use 0s to 1h", "%s is out of bounds", after)
	}
	if d.Route != nil {
		r.Int("route.limit", d.Route.Limit, 1, most)
		waiting(r, "route", d.Route.Queue, &d.Route.Wait)
	}
	if d.Caller != nil {
		r.Int("caller.limit", d.Caller.Limit, 1, most)
		if d.Caller.Header != "" && !route.Token(d.Caller.Header) {
			r.Add("caller.header", "", "%q cannot be the name of a header", d.Caller.Header)
		}
	}
	if a := d.Adaptive; a != nil {
		a.fill()
		r.Int("adaptive.min", a.Min, 1, most)
		r.Int("adaptive.max", a.Max, a.Min, most)
		r.Int("adaptive.initial", a.Initial, a.Min, a.Max)
		waiting(r, "adaptive", a.Queue, &a.Wait)
	}
}

func (a *adaptiveDocument) fill() {
	if a.Min == 0 {
		a.Min = 1
	}
	if a.Max == 0 {
		a.Max = max(200, a.Min)
	}
	if a.Initial == 0 {
		a.Initial = min(max(20, a.Min), a.Max)
	}
}

func waiting(r *spec.Reader, path string, queue int64, wait *kernel.Duration) {
	r.Int(path+".queue", queue, 0, most)
	if *wait == 0 && queue > 0 {
		*wait = kernel.Duration(time.Second)
	}
	if w := time.Duration(*wait); w < 0 || w > maxWait {
		r.Add(path+".wait", "use 1ms to 1m", "%s is out of bounds", w)
	}
	if *wait > 0 && queue == 0 {
		r.Add(path+".queue", "say how many requests may wait", "nobody may wait")
	}
}

type filter struct {
	document

	kind    *Kind
	under   *under
	limiter limiter
	// after is RetryAfter in seconds.
	after string
}

func (f *filter) filter(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		if !f.fits(x) || f.Caller != nil && !f.admit(x) || f.Route != nil && !f.enter(x) {
			return
		}
		if f.limiter == nil {
			next(x)
			return
		}
		f.adapt(x, next)
	}
}

// fits holds the sizes of a request against their bounds.
func (f *filter) fits(x *exchange.Exchange) bool {
	switch {
	case f.MaxTargetBytes > 0 && int64(len(x.Target)) > f.MaxTargetBytes:
		x.Refuse(KindName, http.StatusRequestURITooLong, "Address too long", "Path and query are longer than this route takes.", "")
	case f.MaxHeadBytes > 0 && head(x) > f.MaxHeadBytes:
		x.Refuse(KindName, http.StatusRequestHeaderFieldsTooLarge, "Headers too large", "The headers are larger than this route takes.", "")
	case f.MaxBodyBytes > 0 && !x.Body.Limit(f.MaxBodyBytes):
		x.Refuse(KindName, http.StatusRequestEntityTooLarge, "Request too large", "The body is larger than this route takes.", "")
	default:
		return true
	}
	return false
}

// head is how large all headers are together, as HTTP/1.1 writes them.
func head(x *exchange.Exchange) (n int64) {
	for name, value := range x.Request.Header.All() {
		n += int64(len(name) + len(value) + len(": \r\n"))
	}
	return n
}

// admit counts a caller's requests until their answers have been sent.
func (f *filter) admit(x *exchange.Exchange) bool {
	key := f.caller(x)
	if !f.under.callers.enter(key, f.Caller.Limit) {
		x.Refuse(KindName, http.StatusTooManyRequests, "Too many requests at once", "One caller may have "+strconv.FormatInt(f.Caller.Limit, 10)+" requests under way on this route.",
			"wait for answers before sending more")
		x.Response.Header.Set("Retry-After", f.after)
		return false
	}
	x.OnDone(func() { f.under.callers.leave(key) })
	return true
}

func (f *filter) caller(x *exchange.Exchange) uint64 {
	if f.Caller.Header != "" {
		if value := x.Request.Header.Peek(f.Caller.Header); len(value) > 0 {
			return maphash.Bytes(f.kind.seed, value)
		}
	}
	a := x.Address()
	if six := a.As16(); !a.Is4() {
		return maphash.Bytes(f.kind.seed, six[:8]) // a client has all of its network (RFC 6177)
	}
	four := a.As4()
	return maphash.Bytes(f.kind.seed, four[:])
}

// enter waits for the route's turn.
func (f *filter) enter(x *exchange.Exchange) bool {
	if !f.under.gate.enter(x.Context(), f.Route.Limit, f.Route.Queue, time.Duration(f.Route.Wait)) {
		f.overloaded(x)
		return false
	}
	x.OnDone(f.under.gate.leave)
	return true
}

func (f *filter) overloaded(x *exchange.Exchange) {
	x.Refuse(KindName, http.StatusServiceUnavailable, "Too busy", "This route has more requests under way than it takes.", "try again later")
	x.Response.Header.Set("Retry-After", f.after)
}

// adapt measures how long the service takes for the answer's head; how fast a
// client takes the rest says nothing about the service.
func (f *filter) adapt(x *exchange.Exchange, next exchange.Handler) {
	permit, ok := f.under.adaptive.enter(x.Context(), f.limiter, f.Adaptive.Queue, time.Duration(f.Adaptive.Wait))
	if !ok {
		f.overloaded(x)
		return
	}
	finished := false
	defer func() { // a defect behind this must not hold the permit for ever
		if !finished {
			permit.Drop()
		}
	}()
	next(x)
	finished = true
	if x.Facts.Attempts == 0 { // no service was asked
		permit.Drop()
		return
	}
	permit.Record()
}
