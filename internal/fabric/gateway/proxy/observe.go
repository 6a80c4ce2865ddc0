package proxy

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// AccessLog takes the lines of requests. It must not wait, and keeps nothing of a line.
type AccessLog interface {
	Write(l *accesslog.Line)
}

// Tail takes the lines of requests that somebody watches. It must not wait.
type Tail interface {
	// Watched tells whether anybody watches what a tenant serves, or, without a tenant, what
	// no route is found for.
	Watched(tenant string) bool
	Show(l *accesslog.Line)
}

// begin makes a request part of a trace.
func (p *Proxy) begin(x *exchange.Exchange, c *Candidate) {
	route, path := "", ""
	if c != nil {
		route, path = c.entry.Name, c.match.path
	}
	p.config.Tracing.Begin(x, route, path)
}

// done counts and tells of a request that was answered.
func (p *Proxy) done(x *exchange.Exchange, c *Candidate, metrics *routeMetrics) {
	took, status := time.Since(x.Began), x.Response.StatusCode()
	metrics.end(status, took)
	if c == nil {
		p.lost(x, took)
		return
	}
	c.entry.traffic.Count(x.Facts.Consumer, status, took, x.Sent())
	watched := p.config.Tail != nil && p.config.Tail.Watched(c.entry.Scope.Tenant)
	written := p.config.AccessLog != nil && wanted(x)
	if !written && !watched {
		return
	}
	l := line(x, c, took)
	if written {
		p.config.AccessLog.Write(&l)
	}
	if watched {
		p.config.Tail.Show(&l)
	}
}

// wanted tells whether a request is in the access log: failures always are.
func wanted(x *exchange.Exchange) bool {
	t := x.Facts.Telemetry
	if t == nil || t.Sample >= 100 || x.Response.StatusCode() >= http.StatusInternalServerError {
		return true
	}
	return t.Sample > 0 && rand.IntN(100) < t.Sample //nolint:gosec // which request is told is no secret
}

// line tells of a request. Queries stay out of it where their route does not show
// them, since they may hold secrets.
func line(x *exchange.Exchange, c *Candidate, took time.Duration) accesslog.Line {
	l := accesslog.Of(x, took)
	scope := c.entry.Scope
	l.Path, l.Tenant, l.Project, l.Stage, l.Route, l.Rule = x.Path, scope.Tenant, scope.Project, scope.Stage, c.entry.Name, x.Facts.Rule
	if t := x.Facts.Telemetry; t != nil {
		l.Query = accesslog.Query(x.Target, t.ShowQuery)
		if len(t.ShowHeaders) > 0 {
			l.Headers = accesslog.Headers(&x.Request.Header, t.ShowHeaders)
		}
		omit(&l, t.Omit)
	}
	return l
}

// omit leaves out what a route does not want told of who called.
func omit(l *accesslog.Line, what exchange.Omitted) {
	if what.Client {
		l.Client = ""
	}
	if what.Consumer {
		l.Consumer = ""
	}
	if what.UserAgent {
		l.UserAgent = ""
	}
}
