package cache

import (
	"context"
	"net/url"
	"strings"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// invalidate drops what an unsafe request may have changed (RFC 9111 §4.4): its
// own place, and those that its answer names, on the same host.
func (f *filter) invalidate(x *exchange.Exchange, host, target string) {
	if status := x.Response.StatusCode(); status < 200 || status >= 400 {
		return
	}
	places := []string{f.target(target)}
	for _, name := range []string{"Location", "Content-Location"} {
		if at, ok := sameOrigin(x, string(x.Response.Header.Peek(name)), host, target); ok {
			places = append(places, f.target(at))
		}
	}
	for _, place := range places {
		f.space.cache.Purge(context.WithoutCancel(x.Context()), tier.Purge{Key: f.url(x, host, place)})
	}
}

// sameOrigin resolves a place that an answer names, if it lies where the
// request went.
func sameOrigin(x *exchange.Exchange, place, host, target string) (string, bool) {
	if place == "" {
		return "", false
	}
	scheme := "http"
	if x.Secure() {
		scheme = "https"
	}
	base, err := url.Parse(scheme + "://" + host + target)
	if err != nil {
		return "", false
	}
	to, err := base.Parse(place)
	if err != nil || to.Scheme != scheme || !strings.EqualFold(to.Host, host) {
		return "", false
	}
	return to.RequestURI(), true
}
