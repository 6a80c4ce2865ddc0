package vcs

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Bind adds or changes a binding.
func (s *Service) Bind(ctx context.Context, scope kernel.Scope, name string, b Binding) (Binding, error) {
	r, err := s.allowed(ctx, ActionBind, scope, name)
	if err != nil {
		return b, err
	}
	if err := b.check(s.Stages); err != nil {
		return b, err
	}
	return b, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutBinding(ctx, r.Scope, r.ID, b); err != nil {
			return err
		}
		if s.Bound != nil {
			if err := s.Bound(ctx, r, b.on(r)); err != nil {
				return err
			}
		}
		return s.record(ctx, r, "repo.bound", map[string]any{"binding": b})
	})
}

// Unbind removes a binding.
func (s *Service) Unbind(ctx context.Context, scope kernel.Scope, name, binding string) error {
	r, err := s.allowed(ctx, ActionBind, scope, name)
	if err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.RemoveBinding(ctx, r.Scope, r.ID, binding); err != nil {
			return err
		}
		return s.record(ctx, r, "repo.unbound", map[string]any{"binding": binding})
	})
}

// Bindings returns the bindings of a repository, by name.
func (s *Service) Bindings(ctx context.Context, scope kernel.Scope, name string) ([]Binding, error) {
	r, err := s.allowed(ctx, ActionRead, scope, name)
	if err != nil {
		return nil, err
	}
	return s.Store.Bindings(ctx, r.Scope, r.ID)
}
