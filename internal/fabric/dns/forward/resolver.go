package forward

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/miekg/dns"
	"golang.org/x/sync/singleflight"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// staleTTL is the TTL of answers whose time is over, in seconds (RFC 8767 §4).
	staleTTL = 30
	// maxStale is how long they are kept.
	maxStale = 24 * time.Hour
	// patience is how long a client waits before it gets an answer whose time is over (RFC
	// 8767 §5), and total how long servers are asked in all.
	patience = 1800 * time.Millisecond
	total    = 5 * time.Second
	// failed is how long a failure is remembered (RFC 9520 §3.2), and rested how long a
	// server that did not answer comes last.
	failed = 5 * time.Second
	rested = 15 * time.Second
	// maxKeptBytes bounds the memory of the cache, maxAsked the questions underway, and
	// maxWaiting who waits for them.
	maxKeptBytes = 32 << 20
	maxAsked     = 2048
	maxWaiting   = 4096
)

// Resolver asks and keeps. It is safe for concurrent use.
type Resolver struct {
	// Roots are who certifies servers that are asked over TLS; nil are those of the machine.
	Roots *x509.CertPool
	Clock kernel.Clock

	kept    *otter.Cache[key, entry]
	flight  singleflight.Group
	asked   chan struct{}
	waiting atomic.Int64

	mu    sync.Mutex
	idle  map[Server][]idle
	tired map[Server]time.Time
}

type key struct {
	rule, name string
	kind       uint16
	do, cd     bool
}

func (k key) String() string {
	return fmt.Sprintf("%s|%s|%d|%t|%t", k.rule, k.name, k.kind, k.do, k.cd)
}

// entry is what is kept about a question: an answer, or that there was none.
type entry struct {
	answer Answer
	at     time.Time
	// until is when the answer's time is over, and retry when servers are asked again after
	// they have failed.
	until, retry time.Time
	err          string
	size         uint32
}

// New returns a Resolver that knows nothing yet.
func New() *Resolver {
	r := &Resolver{asked: make(chan struct{}, maxAsked), idle: map[Server][]idle{}, tired: map[Server]time.Time{}}
	r.kept = otter.Must(&otter.Options[key, entry]{
		MaximumWeight: maxKeptBytes, Weigher: func(k key, e entry) uint32 { return e.size + uint32(len(k.name)+len(k.rule)) + 200 },
	})
	return r
}

// Question is what is asked, and how.
type Question struct {
	// Name is canonical.
	Name string
	Type uint16
	// DO asks for signatures, CD for no validation (RFC 4035 §3.2).
	DO, CD bool
	// Admit tells whether servers may be asked for it; nil is that they may. What is known is
	// told in any case.
	Admit func() bool
}

// Resolve answers from what is known, or asks the rule's servers. An answer whose time is
// over is better than none. An error is Unavailable and says who failed, and how; or it is
// Limited, where no more may be asked now.
func (r *Resolver) Resolve(ctx context.Context, rule *Rule, q Question) (Answer, error) {
	k := key{rule.id, q.Name, q.Type, q.DO, q.CD}
	now := r.Clock.Now()
	e, known := r.kept.GetIfPresent(k)
	usable := known && e.err == "" && now.Before(e.until.Add(maxStale))
	switch {
	case known && e.err == "" && now.Before(e.until):
		return e.told(now, false), nil
	case known && now.Before(e.retry) && usable:
		return e.told(now, true), nil
	case known && now.Before(e.retry):
		return Answer{}, unavailable(q, errors.New(e.err))
	}
	fresh, err := r.wait(ctx, rule, k, e, q, usable)
	switch {
	case err == nil:
		return fresh.told(r.Clock.Now(), false), nil
	case usable:
		return e.told(r.Clock.Now(), true), nil
	case kernel.Is(err, kernel.Limited):
		return Answer{}, err
	}
	return Answer{}, unavailable(q, err)
}

// wait waits for what servers say, all who ask the same for one and the same.
func (r *Resolver) wait(ctx context.Context, rule *Rule, k key, former entry, q Question, usable bool) (entry, error) {
	if q.Admit != nil && !q.Admit() {
		return entry{}, kernel.Errorf(kernel.Limited, "%s %s: too many questions", q.Name, dns.TypeToString[q.Type])
	}
	defer r.waiting.Add(-1)
	if r.waiting.Add(1) > maxWaiting {
		return entry{}, kernel.Errorf(kernel.Limited, "%d clients wait for answers, and no more may", maxWaiting)
	}
	asked := r.flight.DoChan(k.String(), func() (any, error) { return r.ask(context.WithoutCancel(ctx), rule, k, former) })
	patient := total + time.Second
	if usable {
		patient = patience
	}
	timer := time.NewTimer(patient)
	defer timer.Stop()
	select {
	case result := <-asked:
		e, _ := result.Val.(entry)
		return e, result.Err
	case <-timer.C:
		return entry{}, context.DeadlineExceeded
	case <-ctx.Done():
		return entry{}, ctx.Err()
	}
}

func unavailable(q Question, err error) error {
	return kernel.Errorf(kernel.Unavailable, "%s %s: %w", q.Name, dns.TypeToString[q.Type], err)
}

func (e entry) told(now time.Time, stale bool) Answer {
	a := e.answer
	a.Age, a.Stale = max(now.Sub(e.at), 0), stale
	a.Records, a.Absence = aged(a.Records, a.Age, stale), aged(a.Absence, a.Age, stale)
	return a
}

// ask asks the servers of a rule, one after the other, and keeps what comes of it.
func (r *Resolver) ask(ctx context.Context, rule *Rule, k key, former entry) (entry, error) {
	select {
	case r.asked <- struct{}{}:
		defer func() { <-r.asked }()
	default:
		return entry{}, fmt.Errorf("%d questions are underway, and no more are taken", maxAsked)
	}
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	q := new(dns.Msg).SetQuestion(k.name, k.kind)
	q.SetEdns0(udpSize, k.do)
	q.CheckingDisabled = k.cd
	var errs []error
	for _, s := range r.order(rule.Servers) {
		reply, err := r.query(ctx, s, q)
		r.rest(s, err != nil)
		if err == nil {
			return r.keep(k, s, reply, q.Question[0]), nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	err := errors.Join(errs...)
	former.retry = r.Clock.Now().Add(failed)
	if former.at.IsZero() { // there is nothing to fall back on
		former.err, former.until = err.Error(), former.retry
	}
	r.kept.Set(k, former)
	return entry{}, err
}

func (r *Resolver) keep(k key, s Server, reply *dns.Msg, q dns.Question) entry {
	now := r.Clock.Now()
	a, time := believe(reply, q)
	a.Server = s.String()
	e := entry{answer: a, at: now, until: now.Add(time), size: uint32(reply.Len())}
	if time > 0 {
		r.kept.Set(k, e)
	} else {
		r.kept.Invalidate(k)
	}
	return e
}

// order has servers that lately did not answer come last.
func (r *Resolver) order(servers []Server) []Server {
	now := r.Clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	fit, tired := make([]Server, 0, len(servers)), []Server(nil)
	for _, s := range servers {
		if now.Before(r.tired[s]) {
			tired = append(tired, s)
		} else {
			fit = append(fit, s)
		}
	}
	return append(fit, tired...)
}

func (r *Resolver) rest(s Server, failed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if failed {
		r.tired[s] = r.Clock.Now().Add(rested)
	} else {
		delete(r.tired, s)
	}
}

// Len returns about how many answers are kept.
func (r *Resolver) Len() int { return r.kept.EstimatedSize() }
