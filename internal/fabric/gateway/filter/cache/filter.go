package cache

import (
	"context"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// filter is a policy at a route.
type filter struct {
	kind  *Kind
	spec  *rules
	space *space
	uses  *uses
	// scope begins the keys of the route's URLs, version ends them.
	scope, version string
}

// handle answers from the cache, or stores what the service answers.
func (f *filter) handle(x *exchange.Exchange, next exchange.Handler) {
	switch method := string(x.Request.Header.Method()); {
	case method == http.MethodGet, method == http.MethodHead && f.spec.head:
		if f.bypassed(x) {
			f.pass(x, next, "bypass")
			return
		}
		f.find(x, next, f.understand(x))
	case method == http.MethodHead, method == http.MethodOptions, method == http.MethodTrace:
		f.pass(x, next, "method")
	default: // unsafe, or unknown: it may change what is stored (RFC 9111 §4.4)
		host, target := string(x.Request.Header.Host()), x.Target
		f.pass(x, next, "method")
		f.invalidate(x, host, target)
	}
}

// pass has the service answer, and stores nothing.
func (f *filter) pass(x *exchange.Exchange, next exchange.Handler, why string) {
	f.uses.pastIt.Add(1)
	next(x)
	f.hideTags(&x.Response.Header)
	say(x, "fwd="+why)
}

// find looks for an answer, and has one made where there is none: for all that
// ask at once, where it turns out to be for all.
func (f *filter) find(x *exchange.Exchange, next exchange.Handler, q *request) {
	var patience <-chan time.Time
	for {
		v, s := f.lookup(x.Context(), q)
		how := f.use(q, s)
		switch {
		case how == fresh:
			f.uses.hit.Add(1)
			f.deliver(x, q, s, "hit")
			return
		case how == staleWhile:
			f.uses.stale.Add(1)
			f.refreshBehind(x, next, q, v, s)
			f.deliver(x, q, s, "hit; detail=stale-while-revalidate")
			return
		case q.cc.onlyHere:
			f.uses.missed.Add(1)
			x.Refuse(KindName, http.StatusGatewayTimeout, "Not cached", "The request asks for a stored answer, and there is none.", "")
			say(x, "detail=only-if-cached")
			return
		case !f.together(q, v, s):
			f.fetch(x, next, q, v, s, nil)
			return
		}
		one, lead := f.space.flights.board(f.flightKey(q, v))
		if lead {
			f.lead(x, next, q, v, s, one)
			return
		}
		if patience == nil {
			timer := time.NewTimer(f.spec.wait)
			defer timer.Stop()
			patience = timer.C
		}
		q.waited = true
		select {
		case <-one.done:
			if !one.alone {
				continue
			}
		case <-patience:
		case <-x.Context().Done():
		}
		f.fetch(x, next, q, v, s, nil)
		return
	}
}

// lead fetches for all that wait; they go on at the latest when the exchange ends.
func (f *filter) lead(x *exchange.Exchange, next exchange.Handler, q *request, v, s *stored, one *flight) {
	x.OnDone(func() { one.land(false) })
	f.fetch(x, next, q, v, s, one)
}

func (f *filter) flightKey(q *request, v *stored) string {
	if v == nil {
		return q.base
	}
	return f.answerKey(q, v)
}

// together tells that a request may wait for the answer to another one.
func (f *filter) together(q *request, v, s *stored) bool {
	switch {
	case f.spec.wait == 0, q.head, q.span != "", q.noneMatch != "" && s == nil, q.since != "" && s == nil:
		return false
	case q.cc.noCache, q.cc.noStore, q.cc.maxAge != absent, q.cc.minFresh != absent:
		return false
	case q.secret && !f.spec.consumer:
		return false
	}
	return (v == nil || !v.Passed) && (s == nil || !s.NoCache && s.Lifetime > 0)
}

// lookup returns the variation of a URL and the answer for a request.
func (f *filter) lookup(ctx context.Context, q *request) (variation, found *stored) {
	e, ok := f.space.cache.Get(ctx, q.base)
	if !ok {
		return nil, nil
	}
	variation = e.Value
	if variation.Passed {
		return variation, nil
	}
	if e, ok = f.space.cache.Get(ctx, f.answerKey(q, variation)); !ok {
		return variation, nil
	}
	return variation, e.Value
}

// use is how a stored answer may be used.
type use int

const (
	// ask the service first.
	ask use = iota
	fresh
	staleWhile
)

// use judges an answer for a request (RFC 9111 §4).
func (f *filter) use(q *request, s *stored) use {
	if s == nil || s.NoCache || q.cc.noCache {
		return ask
	}
	age := s.age(q.at)
	left := s.Lifetime - age
	if q.cc.maxAge != absent && age > q.cc.maxAge || q.cc.minFresh != absent && left < q.cc.minFresh {
		return ask
	}
	switch {
	case left > 0:
		return fresh
	case s.Revalidate:
		return ask
	case q.cc.anyStale, q.cc.maxStale != absent && -left <= q.cc.maxStale:
		return fresh
	case -left < s.WhileRevalidate:
		return staleWhile
	}
	return ask
}

// refreshBehind asks the service for a newer answer while clients get the old
// one; one request at a time does.
func (f *filter) refreshBehind(x *exchange.Exchange, next exchange.Handler, q *request, v, s *stored) {
	one, lead := f.space.flights.board(f.flightKey(q, v))
	if !lead {
		return
	}
	again := *q
	again.head, again.behind = false, true
	again.noneMatch, again.since, again.span, again.spanIf = "", "", "", ""
	behind := copied(x)
	f.kind.background(func(ctx context.Context) {
		defer one.land(false)
		f.again(ctx, behind, next, &again, v, s)
	})
	if f.kind.running.Err() != nil {
		one.land(false)
	}
}
