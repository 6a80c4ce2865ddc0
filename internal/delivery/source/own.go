package source

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

type overrideKey struct{}

// WithOverride lets an admin change what belongs to a source, for the reason.
func WithOverride(ctx context.Context, reason string) context.Context {
	if reason = strings.TrimSpace(reason); reason == "" {
		return ctx
	}
	return context.WithValue(ctx, overrideKey{}, reason)
}

// MayChange refuses to change by hand what belongs to a source, but for an admin
// who says why; the source puts it back unless it was told not to heal.
func (s *Service) MayChange(ctx context.Context, scope kernel.Scope, k Key) error {
	if ctx.Value(reconcilingKey{}) != nil {
		return nil
	}
	o, name, err := s.Store.Owner(ctx, scope.Tenant, k)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	n, err := s.Store.Get(ctx, scope.Tenant, name)
	if err != nil {
		return err
	}
	reason, given := ctx.Value(overrideKey{}).(string)
	if !given {
		return kernel.Errorf(kernel.Refused, "%s is kept in the repository %s, %s on %s: it is not changed by hand", k, n.where(), o.File, n.Branch).
			WithFix("change the file; or, as an admin, say why it cannot wait with --override REASON")
	}
	if err := s.Authorizer.Authorize(ctx, ActionOverride, scope.InProject(k.Project)); err != nil {
		return err
	}
	return s.record(ctx, n, "source.overridden", reason, map[string]any{"object": k.String(), "file": o.File})
}
