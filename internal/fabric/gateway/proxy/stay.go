package proxy

import (
	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/session"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
)

// stick returns the target that the client's cookie names, as long as it gets
// anything; else one by weight.
func (c *Candidate) stick(at session.Place) *target {
	if at.Known() {
		before := 0
		for i, t := range c.rule.targets {
			if c.rule.shares[i] > before && at.At(c.named(t)) {
				return t
			}
			before = c.rule.shares[i]
		}
	}
	return c.rule.choose()
}

// named is what a session names a target by.
func (c *Candidate) named(t *target) session.Backend {
	return session.Backend{Scope: c.entry.scope, Name: t.name(), Port: t.Port}
}

// stuck returns the member that a cookie names, nil where it is gone or fails.
func stuck(c *upstream.Cluster, at session.Place) *upstream.Member {
	if !at.Known() {
		return nil
	}
	for _, m := range c.Members() {
		if at.With(m.Addr) && m.Usable() {
			return m
		}
	}
	return nil
}

// stay sets the cookie where the client has none that names who answered.
func (p *Proxy) stay(x *exchange.Exchange, c *Candidate, t *target, m *upstream.Member, at session.Place) {
	if cookie := p.config.Sessions.Cookie(c.rule.Session, at, c.named(t), m.Addr, x.Secure()); cookie != "" {
		x.Response.Header.Add(fasthttp.HeaderSetCookie, cookie)
	}
}
