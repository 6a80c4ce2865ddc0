package session

import (
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// A session's cookie names a key, and by its digests a backend and an instance: a
// client learns no address from it, and can name nothing that the route does not have.
// It is all that there is of a session, so any replica with the key honours it.
const (
	digestSize = 9
	digestText = digestSize * 4 / 3
	tagText    = 4
)

// Backend is what a session names a backend by: its scope in words, the service or the
// address, and the port.
type Backend struct{ Scope, Name, Port string }

// Place is where a client's cookie has it stay; the zero value is nowhere.
type Place struct {
	key               *key
	backend, instance string
}

// Take returns what a client's cookie names, and removes the cookie, which is not the
// service's.
func (k *Keys) Take(h *fasthttp.RequestHeader, s *route.Session) Place {
	value := string(h.Cookie(s.CookieName))
	if value == "" {
		return Place{}
	}
	h.DelCookie(s.CookieName)
	if len(value) != tagText+2*digestText {
		return Place{}
	}
	tag, value := value[:tagText], value[tagText:]
	return Place{key: k.named(tag), backend: value[:digestText], instance: value[digestText:]}
}

// Known tells that the place was named with a key that is honoured.
func (p Place) Known() bool { return p.key != nil }

// At tells whether a backend is the one that is named.
func (p Place) At(b Backend) bool { return p.key != nil && p.key.ofBackend(b) == p.backend }

// With tells whether the instance of an address is the one that is named.
func (p Place) With(addr string) bool { return p.key != nil && p.key.digest(addr) == p.instance }

// Cookie returns the cookie that keeps a client with who answered, as the value of
// Set-Cookie; it is empty where the client's own, which named p, says so already with the
// key of today.
func (k *Keys) Cookie(s *route.Session, p Place, b Backend, addr string, secure bool) string {
	key := k.signing()
	backend, instance := key.ofBackend(b), key.digest(addr)
	if p.key != nil && backend == p.backend && instance == p.instance { // of another key they are others
		return ""
	}
	cookie := s.CookieName + "=" + key.tag + backend + instance + "; Path=/; HttpOnly; SameSite=Lax"
	if life := time.Duration(s.Lifetime); life > 0 {
		cookie += "; Max-Age=" + strconv.FormatInt(int64(life/time.Second), 10)
	}
	if secure {
		cookie += "; Secure"
	}
	return cookie
}

func (k *key) ofBackend(b Backend) string { return k.digest(b.Scope, b.Name, b.Port) }
