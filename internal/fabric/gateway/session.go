package gateway

import (
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
)

// A session's cookie names a key, and by its digests a backend and an instance: a
// client learns no address from it, and can name nothing that the route does not have.
// It is all that there is of a session, so any replica with the key honours it.
const (
	digestSize = 9
	digestText = digestSize * 4 / 3
	tagText    = 4
)

// staying is where a client's cookie has it stay; without a key nowhere.
type staying struct {
	key               *sessionKey
	backend, instance string
}

// kept returns what a client's cookie names; the cookie itself is not the service's.
func (p *Proxy) kept(x *exchange.Exchange, s *Session) staying {
	value := string(x.Request.Header.Cookie(s.CookieName))
	if value == "" {
		return staying{}
	}
	x.Request.Header.DelCookie(s.CookieName)
	if len(value) != tagText+2*digestText {
		return staying{}
	}
	tag, value := value[:tagText], value[tagText:]
	return staying{key: p.config.Sessions.named(tag), backend: value[:digestText], instance: value[digestText:]}
}

// stick returns the target that the client's cookie names, as long as it gets
// anything; else one by weight.
func (p *Proxy) stick(r *rule, scope string, at staying) *target {
	if at.key != nil {
		for i, t := range r.targets {
			if (i == 0 && r.shares[0] > 0 || i > 0 && r.shares[i] > r.shares[i-1]) && at.key.digest(scope, t.name(), t.Port) == at.backend {
				return t
			}
		}
	}
	return r.choose()
}

// instance returns the member that a cookie names, nil where it is gone or fails.
func (p *Proxy) instance(c *upstream.Cluster, at staying) *upstream.Member {
	if at.key == nil {
		return nil
	}
	for _, m := range c.Members() {
		if at.key.digest(m.Addr) == at.instance && m.Usable() {
			return m
		}
	}
	return nil
}

// keep sets the cookie where the client has none that names who answered, or one
// of an older key.
func (p *Proxy) keep(x *exchange.Exchange, s *Session, c *candidate, t *target, m *upstream.Member, at staying) {
	key := p.config.Sessions.signing()
	b, i := key.digest(c.entry.scope, t.name(), t.Port), key.digest(m.Addr)
	if at.key != nil && at.key.tag == key.tag && b == at.backend && i == at.instance {
		return
	}
	cookie := s.CookieName + "=" + key.tag + b + i + "; Path=/; HttpOnly; SameSite=Lax"
	if life := time.Duration(s.Lifetime); life > 0 {
		cookie += "; Max-Age=" + strconv.FormatInt(int64(life/time.Second), 10)
	}
	if x.Secure() {
		cookie += "; Secure"
	}
	x.Response.Header.Add(fasthttp.HeaderSetCookie, cookie)
}
