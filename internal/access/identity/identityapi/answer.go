package identityapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// answer is what an operation answers.
type answer[T any] struct{ Body T }

// answered does something in the caller's tenant, or a project of it, and answers what came
// of it as it is on the wire.
func answered[D, W any](ctx context.Context, project string, wire func(D) W, do func(kernel.Scope) (D, error)) (*answer[W], error) {
	scope, err := httpserver.Scope(ctx, project)
	if err != nil {
		return nil, err
	}
	d, err := do(scope)
	if err != nil {
		return nil, err
	}
	return &answer[W]{Body: wire(d)}, nil
}

// done does something in the caller's tenant of which nothing is answered.
func done(ctx context.Context, do func(kernel.Scope) error) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, do(scope)
}

// pages has each of a page be as it is on the wire.
func pages[D, W any](wire func(D) W) func(kernel.Page[D]) kernel.Page[W] {
	return func(p kernel.Page[D]) kernel.Page[W] { return pageOf(p, wire) }
}
