package cache

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

const (
	// keep is how long a stale answer with a validator stays, to be asked for.
	keep = 24 * time.Hour
	// linger is how long one without stays, for clients that take stale ones.
	linger = 10 * time.Minute
	// passing is how long nobody waits for the answers to a URL that were for one
	// client each.
	passing = 10 * time.Second
	// maxHead bounds the head of a stored answer.
	maxHead = 32 << 10
)

// fetch has the service answer, stores what may be stored and tells those that
// wait; s is a stored answer that is too old, v its variation.
func (f *filter) fetch(x *exchange.Exchange, next exchange.Handler, q *request, v, s *stored, one *flight) {
	q.keep(x)
	var before fasthttp.ResponseHeader // an answer begun anew loses what the front wants of it
	x.Response.Header.CopyTo(&before)
	conditional := condition(x, q, s)
	q.mark = f.space.cache.Mark()
	sent := f.kind.config.Clock.Now()
	next(x)
	received := f.kind.config.Clock.Now()
	why := reason(q, v, s)
	status := x.Response.StatusCode()
	switch {
	case conditional && status == http.StatusNotModified && x.Facts.By == "":
		if f.freshen(x, q, s, sent, received, one) {
			return
		}
		q.original.CopyTo(&x.Request.Header) // it is of another answer than ours: ask for all of it
		x.Reset()
		before.CopyTo(&x.Response.Header)
		f.fetch(x, next, q, v, nil, one)
	case s != nil && failed(x) && f.bridges(s, received):
		x.Reset()
		before.CopyTo(&x.Response.Header)
		q.at = received
		f.count(q, &f.uses.stale)
		f.deliver(x, q, s, why+"; fwd-status="+strconv.Itoa(status)+"; detail=stale-if-error")
		if one != nil {
			one.land(true)
		}
	default:
		f.count(q, &f.uses.missed)
		f.take(x, q, s, sent, received, why, one)
	}
}

// condition asks the service whether a stored answer still holds (RFC 9111 §4.3.1).
func condition(x *exchange.Exchange, q *request, s *stored) bool {
	if s == nil || s.ETag == "" && s.Modified == "" {
		return false
	}
	h := &x.Request.Header
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Range", "Range"} {
		h.Del(name)
	}
	if s.ETag != "" {
		h.Set("If-None-Match", s.ETag)
	}
	if s.Modified != "" {
		h.Set("If-Modified-Since", s.Modified)
	}
	return true
}

// reason says why the service is asked (RFC 9211 §2.2).
func reason(q *request, v, s *stored) string {
	switch {
	case s != nil && s.Lifetime > s.age(q.at) && !s.NoCache:
		return "fwd=request"
	case s != nil:
		return "fwd=stale"
	case v != nil && !v.Passed:
		return "fwd=vary-miss"
	}
	return "fwd=uri-miss"
}

// failed tells that the service could not answer.
func failed(x *exchange.Exchange) bool {
	switch x.Response.StatusCode() {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// bridges tells that a stale answer may stand for one that failed (RFC 5861 §4).
func (f *filter) bridges(s *stored, now time.Time) bool {
	return !s.Revalidate && !s.NoCache && s.age(now)-s.Lifetime < s.IfError
}

// freshen makes a stored answer new again with a 304 (RFC 9111 §4.3.4) and
// answers with it. false says that the 304 is about another one.
func (f *filter) freshen(x *exchange.Exchange, q *request, s *stored, sent, received time.Time, one *flight) bool {
	newer := fieldsOf(&x.Response.Header)
	if etag := newer.value("ETag"); etag != "" && s.ETag != "" && !weakly(etag, s.ETag) {
		return false
	}
	head := merged(parseHead(s.head), newer)
	how := reason(q, nil, s) + "; fwd-status=304" + collapsed(q)
	made, own := f.assess(q, s.Status, append(head, newer.only("Age")...), sent, received)
	kept := made != nil
	if kept {
		f.finish(made, head, s.body)
		f.put(q, made)
	} else {
		f.space.cache.Purge(context.Background(), tier.Purge{Key: q.base})
		made = &stored{answer: s.answer}
		made.Received, made.Age = received, 0
		f.finish(made, head, s.body)
	}
	if one != nil {
		one.land(own || !kept || made.NoCache || made.Lifetime == 0)
	}
	q.at = received
	f.count(q, &f.uses.missed)
	f.deliver(x, q, made, how)
	return true
}

// count counts a client's request; what is fetched for nobody is none.
func (f *filter) count(q *request, as *atomic.Int64) {
	if !q.behind {
		as.Add(1)
	}
}

func (f fields) only(name string) fields {
	return f.without(func(n string) bool { return !strings.EqualFold(n, name) })
}

func collapsed(q *request) string {
	if q.waited {
		return "; collapsed=?0"
	}
	return ""
}

// take stores an answer while it is passed on, if it may be.
func (f *filter) take(x *exchange.Exchange, q *request, s *stored, sent, received time.Time, why string, one *flight) {
	status := x.Response.StatusCode()
	head := fieldsOf(&x.Response.Header)
	why += "; fwd-status=" + strconv.Itoa(status) + collapsed(q)
	land := func(alone bool) {
		if one != nil {
			one.land(alone)
		}
	}
	f.hideTags(&x.Response.Header)
	if q.head {
		f.compare(q, s, status, head)
		say(x, why)
		return
	}
	var made *stored
	var own bool
	if x.Facts.By == "" {
		made, own = f.assess(q, status, head, sent, received)
	}
	if made != nil && len(f.clean(head).head(status, 0)) > maxHead {
		made = nil
	}
	if made == nil {
		land(true)
		if own && !q.secret {
			f.markPassed(q)
		}
		say(x, why)
		return
	}
	head = f.clean(head)
	if !x.Streams() {
		if body := x.Response.Body(); len(body) <= f.spec.object {
			f.finish(made, head, bytes.Clone(body))
			f.put(q, made)
			why += "; stored"
		}
		land(made.NoCache || made.Lifetime == 0)
		say(x, why)
		return
	}
	f.tee(x, q, made, head, land)
	say(x, why+"; stored")
}

// compare holds a stored answer against the head of a newer one (RFC 9111 §4.3.5).
func (f *filter) compare(q *request, s *stored, status int, head fields) {
	if s == nil || status != http.StatusOK || s.Status != http.StatusOK {
		return
	}
	length := head.value("Content-Length")
	if head.value("ETag") != s.ETag || head.value("Last-Modified") != s.Modified || length != "" && length != strconv.Itoa(len(s.body)) {
		f.space.cache.Purge(context.Background(), tier.Purge{Key: q.base})
	}
}
