package exchange

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// Tail is what a client sends behind a request's body (RFC 9110 §6.5).
type Tail struct {
	// Announced are the names that the head has told of; more may come.
	Announced []string
	// Read returns the fields once the body has ended.
	Read func() http.Header
}

// SetTail tells the body what comes behind it.
func (b *Body) SetTail(t Tail) { b.tail = t }

// Distrust has fields of some names not passed on behind the body: those that
// only a filter may set.
func (b *Body) Distrust(names func(name []byte) bool) {
	if b.tail.Read != nil {
		b.distrusted = append(b.distrusted, names)
	}
}

// Tailed tells that fields may come behind the body.
func (b *Body) Tailed() bool { return b.tail.Read != nil }

// Announced are the names of what comes behind the body that may be passed on;
// has tells which fields the head has, which no trailer may say again.
func (b *Body) Announced(has func(name string) bool) []string {
	var out []string
	for _, name := range b.tail.Announced {
		if b.passes(name, has) {
			out = append(out, name)
		}
	}
	return out
}

// Trailer returns what came behind the body and may be passed on, once the body
// has been read to its end; nil for nothing.
func (b *Body) Trailer(has func(name string) bool) http.Header {
	if !b.over || b.tail.Read == nil {
		return nil
	}
	var out http.Header
	for name, values := range b.tail.Read() {
		if len(values) > 0 && b.passes(name, has) {
			if out == nil {
				out = http.Header{}
			}
			out[http.CanonicalHeaderKey(name)] = values
		}
	}
	return out
}

// TrailingOf returns the fields of a service's trailer that may be passed on.
func TrailingOf(h http.Header) http.Header {
	for name := range h {
		if !Trailing(name) {
			h = h.Clone()
			maps.DeleteFunc(h, func(name string, _ []string) bool { return !Trailing(name) })
			return h
		}
	}
	return h
}

func (b *Body) passes(name string, has func(name string) bool) bool {
	return Trailing(name) && !has(name) &&
		!slices.ContainsFunc(b.distrusted, func(names func([]byte) bool) bool { return names([]byte(name)) })
}

// Trailing tells that a field may stand behind a body: not what frames, routes,
// authenticates or controls a message (RFC 9110 §6.5.1), nor what only the
// platform may say.
func Trailing(name string) bool {
	lower := strings.ToLower(name)
	switch lower {
	case "content-length", "transfer-encoding", "host", "connection", "content-type", "content-encoding", "content-range", "set-cookie", "cookie",
		"authorization", "www-authenticate", "cache-control", "location", "date", "expires", "vary", "age", "pragma", "range", "max-forwards":
		return false
	}
	return route.Token(name) && !route.Hop(lower) && !route.Distrusted(lower)
}
