package limit

import (
	"net/http"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// filter is one policy for one route.
type filter struct {
	kind   *Kind
	state  *state
	limits []*limit
	// prefix is the policy in words; header is that of RateLimit-Policy.
	prefix, header string
	// later tells that a limit is counted once the answer is known.
	later, hide bool
}

func (f *filter) filter(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		var room [maxLimits]ask
		n := f.asks(x, &room)
		if n == 0 {
			next(x)
			return
		}
		v := f.take(x, room[:n])
		if v.refused != nil {
			f.refuse(x, v)
			return
		}
		next(x)
		if f.later {
			f.count(x, room[:n])
		}
		f.tell(x, v)
	}
}

// asks says what a request wants of each limit that is for it.
func (f *filter) asks(x *exchange.Exchange, room *[maxLimits]ask) (n int) {
	method := string(x.Request.Header.Method())
	pooled, _ := f.kind.buffers.Get().(*[]byte)
	defer f.kind.buffers.Put(pooled)
	for _, l := range f.limits {
		if !l.applies(method) {
			continue
		}
		key := l.key((*pooled)[:0], x)
		room[n] = ask{id: f.kind.id(key), limit: l, cost: l.cost(method), counts: !l.later()}
		if f.kind.Shared != nil {
			room[n].key = f.name(key)
		}
		n++
	}
	return n
}

// take asks this process, which knows what is reached already, then the others.
func (f *filter) take(x *exchange.Exchange, asks []ask) verdict {
	now, shared := f.kind.now(), f.kind.Shared
	if shared == nil || !shared.Ready() {
		return f.state.take(asks, now, true)
	}
	v := f.state.take(asks, now, false)
	if v.refused != nil {
		return v
	}
	if reply, ok := shared.Take(x.Context(), claims(asks)); ok {
		return f.state.learn(asks, now, reply)
	}
	return f.state.take(asks, f.kind.now(), true)
}

func claims(asks []ask) []Claim {
	out := make([]Claim, len(asks))
	for i := range asks {
		a := &asks[i]
		out[i] = Claim{Key: a.key, Counts: a.counts, Windows: make([]Span, len(a.limit.windows))}
		for w := range a.limit.windows {
			of := &a.limit.windows[w]
			out[i].Windows[w] = Span{Name: strconv.FormatInt(of.per.Milliseconds(), 10), Step: of.step(a.cost), Tolerance: of.tolerance}
		}
	}
	return out
}

// count counts what could not be before: answers of a status, and bytes.
func (f *filter) count(x *exchange.Exchange, asks []ask) {
	status := x.Response.StatusCode()
	for i := range asks {
		a := asks[i]
		if !a.limit.later() || !a.limit.counts(status) {
			continue
		}
		if !a.limit.bytes {
			f.add(a)
			continue
		}
		x.OnDone(func() {
			if a.cost = x.Body.Received() + x.Sent(); a.cost > 0 {
				f.add(a)
			}
		})
	}
}

// add counts beyond the limit, too: the next ones wait for it.
func (f *filter) add(a ask) {
	a.counts = true
	f.state.add(&a, f.kind.now())
	if shared := f.kind.Shared; shared != nil && shared.Ready() {
		shared.Add(claims([]ask{a}))
	}
}

func (f *filter) refuse(x *exchange.Exchange, v verdict) {
	after := strconv.FormatInt(seconds(v.wait), 10)
	x.Refuse(f.kind.name, http.StatusTooManyRequests, "Too many requests", "The limit "+v.refused.name+" of this route is reached.",
		"try again in "+(time.Duration(seconds(v.wait))*time.Second).String())
	x.Response.Header.Set("Retry-After", after)
	f.tell(x, v)
}

// tell says what is left, of the window that has the least
// (draft-ietf-httpapi-ratelimit-headers).
func (f *filter) tell(x *exchange.Exchange, v verdict) {
	if f.hide {
		return
	}
	var buffer [96]byte
	b := append(buffer[:0], '"')
	b = append(b, v.tight.label...)
	b = append(b, `";r=`...)
	b = strconv.AppendInt(b, v.tight.remaining(v.ahead), 10)
	b = append(b, ";t="...)
	b = strconv.AppendInt(b, seconds(max(0, v.ahead)), 10)
	h := &x.Response.Header
	h.SetBytesV("RateLimit", b)
	h.Set("RateLimit-Policy", f.header)
}
