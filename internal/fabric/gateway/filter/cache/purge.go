package cache

import (
	"context"
	"strings"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// A key is the lines scope, host, target, scheme and port, route and version; that
// of an answer goes on with what chooses it. Whatever a purge names but the route and
// tags is so the beginning of a key.

// part is what the keys of a route have in them. No other line of a key begins so.
func part(route string) string { return "\nroute=" + route + "\n" }

// tag is how an answer is found by one of its tags.
func tag(scope, name string) string { return scope + "\n" + name }

// purge is what a purge of a scope drops.
func purge(scope kernel.Scope, p gateway.CachePurge) tier.Purge {
	out := tier.Purge{Prefix: scope.String() + "\n", Soft: p.Soft}
	if p.Tag != "" {
		out.Tag = tag(scope.String(), p.Tag)
	}
	if p.Route != "" {
		out.Part = part(p.Route)
	}
	if host, target, begins := p.Place(); host != "" {
		out.Prefix += host + "\n" + target
		if !begins {
			out.Prefix += "\n"
		}
	}
	return out
}

// Purge implements gateway.Cache.
func (k *Kind) Purge(ctx context.Context, scope kernel.Scope, p gateway.CachePurge) (dropped int) {
	for _, s := range k.live() {
		dropped += s.cache.Purge(ctx, purge(scope, p))
	}
	return dropped
}

// Hear implements gateway.Cache.
func (k *Kind) Hear(ctx context.Context, scope kernel.Scope, p gateway.CachePurge) {
	for _, s := range k.live() {
		s.cache.Hear(ctx, purge(scope, p))
	}
}

// Forget implements gateway.Cache.
func (k *Kind) Forget(ctx context.Context) {
	for _, s := range k.live() {
		s.cache.Hear(ctx, tier.Purge{All: true})
	}
}

// soften makes an answer stale; a variation has no age.
func (k *Kind) soften(s *stored) *stored {
	if !s.isAnswer() {
		return s
	}
	old := *s
	old.Lifetime = min(s.Lifetime, s.age(k.config.Clock.Now()))
	return &old
}

// split parts a host as a request names it from its port, which may be missing.
func split(host string) (name, port string) {
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		host, port = host[:at], host[at+1:]
	}
	return strings.ToLower(strings.Trim(host, "[]")), port
}
