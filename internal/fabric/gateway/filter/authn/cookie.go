package authn

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// cookieName begins with __Host-: browsers take such cookies over TLS alone, and from this
// host alone (RFC 6265bis §4.1.3.2).
func (l *login) cookieName(what string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{l.scope.String(), l.policy, l.name}, "\x00")))
	return "__Host-terrace-" + what + "-" + hexOf(sum[:4])
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// value joins the pieces of a session's cookies.
func (l *login) value(x *exchange.Exchange) string {
	h, name := &x.Request.Header, l.cookieName("session")
	first := string(h.Cookie(name))
	count, value, ok := strings.Cut(first, ".")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 || n > maxChunks {
		return ""
	}
	for i := 1; i < n; i++ {
		piece := h.Cookie(name + "-" + strconv.Itoa(i))
		if len(piece) == 0 {
			return ""
		}
		value += string(piece)
	}
	return value
}

// cookies are those of a session. One that is too large goes without what is only for
// signing out at the provider.
func (l *login) cookies(x *exchange.Exchange, s *session) ([]string, error) {
	value, err := l.seal(x, "session", s)
	if err != nil {
		return nil, err
	}
	if len(value) > chunk*maxChunks {
		smaller := *s
		if smaller.Hint = ""; s.Hint == "" {
			return nil, errors.New("what the provider says of somebody is too large for cookies")
		}
		return l.cookies(x, &smaller)
	}
	life := int(min(l.idle, l.absolute).Seconds())
	n, name := (len(value)+chunk-1)/chunk, l.cookieName("session")
	var out []string
	for i := range maxChunks {
		at := name
		if i > 0 {
			at += "-" + strconv.Itoa(i)
		}
		switch {
		case i < n:
			piece := value[i*chunk : min(len(value), (i+1)*chunk)]
			if i == 0 {
				piece = strconv.Itoa(n) + "." + piece
			}
			out = append(out, cookie(at, piece, life))
		case len(x.Request.Header.Cookie(at)) > 0:
			out = append(out, cookie(at, "", -1))
		}
	}
	return out, nil
}

// clear removes every cookie of the policy that the browser has.
func (l *login) clear(x *exchange.Exchange) []string {
	var out []string
	for name := range x.Request.Header.Cookies() {
		if l.isOwn(string(name)) {
			out = append(out, cookie(string(name), "", -1))
		}
	}
	return out
}

func (l *login) isOwn(name string) bool {
	return strings.HasPrefix(name, l.cookieName("session")) || strings.HasPrefix(name, l.cookieName("flow")+"-")
}

// strip takes the cookies out of the request: they mean nothing to a service, and whoever
// had them could be who is signed in.
func (l *login) strip(x *exchange.Exchange) {
	var found []string
	for name := range x.Request.Header.Cookies() {
		if strings.HasPrefix(string(name), "__Host-terrace-") && l.isOwn(string(name)) {
			found = append(found, string(name))
		}
	}
	for _, name := range found {
		x.Request.Header.DelCookie(name)
	}
}

func cookie(name, value string, life int) string {
	c := http.Cookie{Name: name, Value: value, Path: "/", MaxAge: life, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	return c.String()
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decodeCookie(value string) ([]byte, error) {
	if len(value) > chunk*maxChunks {
		return nil, errors.New("it is too large")
	}
	return base64.RawURLEncoding.DecodeString(value) //nolint:wrapcheck // it is only told from none
}
