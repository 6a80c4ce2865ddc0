package proxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/session"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tracing"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
)

const (
	// unseenAttempts is how often a request goes to another instance that the one
	// before has not seen.
	unseenAttempts = 3
	defaultBudget  = 20
	defaultBackoff = 25 * time.Millisecond
	maxBackoff     = time.Second
)

// byDefault is what is asked again where a rule says nothing: once what broke.
var byDefault = route.Retry{Attempts: 1} //nolint:gochecknoglobals // never written to

// asking is one exchange on its way to the instances of a service.
type asking struct {
	p       *Proxy
	x       *exchange.Exchange
	c       *Candidate
	t       *target
	cluster *upstream.Cluster
	retry   *route.Retry
	// tried are the members that have failed it.
	tried  []*upstream.Member
	unseen int
	again  int
}

// ask has an instance of a service answer.
func (p *Proxy) ask(x *exchange.Exchange, c *Candidate) {
	var at session.Place
	if s := c.rule.Session; s != nil {
		at = p.config.Sessions.Take(&x.Request.Header, s)
	}
	t := c.stick(at)
	if t == nil {
		x.Refuse("gateway", http.StatusInternalServerError, "No backend", "The weights of all services of this route are 0.", "")
		return
	}
	if t.Outside() && !p.leave(x, c, t) {
		return
	}
	a := asking{p: p, x: x, c: c, t: t, retry: c.rule.Retry, cluster: p.cluster(t)}
	if a.retry == nil {
		a.retry = &byDefault
	}
	percent := a.retry.BudgetPercent
	if percent == 0 {
		percent = defaultBudget
	}
	a.cluster.Budget.Earn(percent)
	m := stuck(a.cluster, at)
	for {
		if m == nil {
			m = a.cluster.Pick(a.tried)
		}
		if m == nil {
			a.none()
			return
		}
		err := a.try(m)
		if !a.more(err) {
			if err != nil {
				p.fail(x, c, t, err)
				return
			}
			break
		}
		a.tried = append(a.tried, m)
		m = nil
		x.Reset()
		p.refresh(t, a.cluster)
	}
	returned(x)
	if c.rule.Session != nil {
		p.stay(x, c, t, m, at)
	}
}

// none answers where no instance may be asked.
func (a *asking) none() {
	if a.p.config.Upstreams == nil && !a.t.Outside() { // to come back would not help
		a.x.Refuse("gateway", http.StatusServiceUnavailable, "Service not reached from here",
			a.t.said()+" is not reached from this gateway.", "ask whoever runs the service")
		a.tell("a workload's instances are processes of the control plane's machine, which the gateway of terraced up alone reaches",
			"ask that gateway, or give the route a backend with a url")
		return
	}
	detail, fix := a.t.said()+" has no ready instance.", "see its state with: terrace status"
	switch {
	case len(a.cluster.Members()) > 0:
		detail = a.t.said() + " has no instance that is well."
	case a.misses():
		detail, fix = a.t.said()+" has no port "+a.t.Port+".", "name one of its ports in the route, see: terrace gateway explain URL"
		if a.t.Port == "" {
			detail = a.t.said() + " has several ports, and the route names none."
		}
	}
	a.x.Unavailable("gateway", 1, "Service not ready", detail, "try again later; where it lasts, tell whoever runs the service")
	a.tell(detail, fix)
}

// misses tells that the service runs, and has no such port.
func (a *asking) misses() bool {
	known, ok := a.p.config.Upstreams.(Ports)
	if !ok || a.t.Outside() {
		return false
	}
	ports := known.Ports(a.t.scope, a.t.Service)
	return len(ports) > 0 && !route.HasPort(ports, a.t.Port)
}

// tell has whoever runs the service know of a request that nobody could be asked for.
func (a *asking) tell(why, fix string) {
	a.p.config.Log.WarnContext(a.x.Context(), "a service could not be asked", "service", a.t.name(), "route", a.c.entry.Name, "scope", a.c.entry.scope, "why", why, "fix", fix)
}

// try has one instance answer.
func (a *asking) try(m *upstream.Member) error {
	x, timeouts := a.x, &a.c.rule.Timeouts
	x.Facts.Upstream, x.Facts.Release = m.Addr, m.Release
	x.Facts.Attempts++
	timeout := a.p.config.ResponseTimeout
	if t := time.Duration(timeouts.Backend); t > 0 {
		timeout = t
	} else if t, ok := grpcTimeout(x); ok {
		timeout = t
	}
	if t := time.Duration(timeouts.Request); t > 0 {
		timeout = min(timeout, t-time.Since(x.Began))
	}
	if timeout <= 0 {
		return context.DeadlineExceeded
	}
	call := upstream.Call{HeadTimeout: timeout, Stall: a.p.config.Stall, Idle: a.p.config.StreamIdle}
	if t := time.Duration(timeouts.Idle); t > 0 {
		call.Idle = t
	}
	span := a.p.config.Tracing.Attempt(x, a.t.Secure(), m.Addr, x.Facts.Attempts)
	began := time.Now()
	err := m.Do(x, call)
	tracing.End(span, x, err)
	a.count(m.Addr, err, time.Since(began))
	return err //nolint:wrapcheck // judged by its kind
}

// count has an instance judged by its answer, up to its head; what the client broke, and what
// a breaker kept back, says nothing of it.
func (a *asking) count(addr string, err error, took time.Duration) {
	var busy *upstream.BusyError
	status := http.StatusBadGateway
	switch {
	case err == nil:
		status = a.x.Response.StatusCode()
	case a.x.Context().Err() != nil || a.x.Body.Err() != nil || errors.As(err, &busy):
		return
	}
	a.p.config.Instances.Count(addr, status, took)
}

// more tells whether the exchange may be asked again, after a pause.
func (a *asking) more(err error) bool {
	if err == nil && (len(a.retry.Codes) == 0 || !slices.Contains(a.retry.Codes, a.x.Response.StatusCode())) {
		return false
	}
	var busy *upstream.BusyError
	if a.x.Context().Err() != nil || errors.As(err, &busy) || !a.x.Body.Rewind() {
		return false
	}
	if upstream.Unseen(err) {
		a.unseen++
		return a.unseen <= unseenAttempts && (len(a.cluster.Members()) > 1 || a.moved()) && a.pause(a.unseen-1)
	}
	if a.again >= a.retry.Attempts || !upstream.Idempotent(a.x.Request.Header.Method()) {
		return false
	}
	if a.c.rule.Retry == nil && isTimeout(err) {
		return false // twice the wait is for the rule to say
	}
	if !a.cluster.Budget.Spend() {
		return false
	}
	a.again++
	return a.pause(a.again)
}

// moved tells that the service answers at another address since.
func (a *asking) moved() bool {
	before := a.cluster.Members()
	a.p.refresh(a.t, a.cluster)
	return !slices.Equal(before, a.cluster.Members())
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// pause waits before the nth time, 0 not at all; false where no time is left.
func (a *asking) pause(n int) bool {
	if n == 0 {
		return true
	}
	wait := defaultBackoff
	if b := time.Duration(a.retry.Backoff); b > 0 {
		wait = b
	}
	wait = min(wait<<(n-1), max(maxBackoff, wait))
	wait = wait/2 + rand.N(wait/2+1) //nolint:gosec // spreads requests
	if t := time.Duration(a.c.rule.Timeouts.Request); t > 0 && time.Since(a.x.Began)+wait >= t {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.x.Context().Done():
		return false
	}
}
