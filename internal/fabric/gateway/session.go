package gateway

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
)

// A session's cookie names a backend and an instance by keyed digests: a client
// learns no address from it, and can name nothing that the route does not have.
const (
	digestSize = 9
	digestText = digestSize * 4 / 3
)

func newSessionKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return key
}

func (p *Proxy) digest(of ...string) string {
	mac := hmac.New(sha256.New, p.sessionKey)
	_, _ = mac.Write([]byte(strings.Join(of, "\n")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:digestSize])
}

// kept returns the backend and the instance that a client's cookie names, as
// digests; the cookie itself is not the service's.
func (p *Proxy) kept(x *exchange.Exchange, s *Session) (backend, instance string) {
	value := string(x.Request.Header.Cookie(s.CookieName))
	if value == "" {
		return "", ""
	}
	x.Request.Header.DelCookie(s.CookieName)
	if len(value) != 2*digestText {
		return "", ""
	}
	return value[:digestText], value[digestText:]
}

// stick returns the target that the client's cookie names, as long as it gets
// anything; else one by weight.
func (p *Proxy) stick(r *rule, scope, backend string) *target {
	if backend != "" {
		for i, t := range r.targets {
			if (i == 0 && r.shares[0] > 0 || i > 0 && r.shares[i] > r.shares[i-1]) && p.digest(scope, t.name(), t.Port) == backend {
				return t
			}
		}
	}
	return r.choose()
}

// instance returns the member that a digest names, nil where it is gone or fails.
func (p *Proxy) instance(c *upstream.Cluster, digest string) *upstream.Member {
	if digest == "" {
		return nil
	}
	for _, m := range c.Members() {
		if p.digest(m.Addr) == digest && m.Usable() {
			return m
		}
	}
	return nil
}

// keep sets the cookie where the client has none that names who answered.
func (p *Proxy) keep(x *exchange.Exchange, s *Session, c *candidate, t *target, m *upstream.Member, backend, instance string) {
	b, i := p.digest(c.entry.scope, t.name(), t.Port), p.digest(m.Addr)
	if b == backend && i == instance {
		return
	}
	cookie := s.CookieName + "=" + b + i + "; Path=/; HttpOnly; SameSite=Lax"
	if life := time.Duration(s.Lifetime); life > 0 {
		cookie += "; Max-Age=" + strconv.FormatInt(int64(life/time.Second), 10)
	}
	if x.Secure() {
		cookie += "; Secure"
	}
	x.Response.Header.Add(fasthttp.HeaderSetCookie, cookie)
}
