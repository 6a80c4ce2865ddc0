package oauth

import (
	"context"

	"github.com/terrace-idp/terrace/internal/access/provider"
)

type whyKey struct{}

// withWhy returns a context in which a session that ends does so for a reason.
func withWhy(ctx context.Context, why string) context.Context {
	return context.WithValue(ctx, whyKey{}, &why)
}

func because(ctx context.Context, why string) {
	if to, ok := ctx.Value(whyKey{}).(*string); ok {
		*to = why
	}
}

func whyIn(ctx context.Context) string {
	if why, ok := ctx.Value(whyKey{}).(*string); ok {
		return *why
	}
	return provider.EndedByClient
}
